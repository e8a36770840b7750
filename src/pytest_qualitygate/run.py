"""The one run of a session: a process that works beside the tests, and what it leaves for whoever waits for it."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import signal
import subprocess  # nosec B404 - it runs the command, which the user chooses
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pytest_qualitygate import texts
from pytest_qualitygate.command import Command

_OUTCOME = "outcome.json"
_NICE = 10
"""Tests come first: the gate takes what they leave of the processors, and all of them once they are done."""
_POLL = 0.02  # seconds
_GRACE = 10  # seconds


class Broken(Exception):
    """A check has no trustworthy answer."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a run said, cut down to what is shown."""

    broken: str
    """Why there is no answer of any check; empty if there is one."""
    checks: dict[str, dict[str, Any]]
    """As `texts.told` gives them."""

    def of(self, check: str) -> dict[str, Any]:
        """What is said about one check."""
        if self.broken:
            return texts.untold(check, self.broken)
        return self.checks.get(check) or texts.untold(check, "the report does not have it")


class Run:
    """`qualitygate check` in the background.

    Args:

        command: What to run.

        place: A folder of its own, which all processes of the session can read.
    """

    def __init__(self, command: Command, place: Path) -> None:
        self._command = command
        self._place = place
        self._process: subprocess.Popen[bytes] | None = None
        self._thread: threading.Thread | None = None
        self._stopped = False
        self.selected: list[str] = []

    @property
    def started(self) -> bool:
        """Whether there is a run."""
        return self._thread is not None

    def start(self, checks: Sequence[str], beside: int) -> None:
        """Run *checks*, once: later calls do nothing.

        Args:

            beside: Number of processes that tests run in besides the one that waits for the gate.
        """
        if self.started:
            return
        self.selected = list(checks)
        line = [*self._command.line, "check", *self._command.config, "--no-progress", "--color=never", *_jobs(beside)]
        if checks != self._command.configured:
            line += [f"--only={check}" for check in checks]
        line += [f"--report={report}" for report in (f"json={self._place / 'report.json'}", *self._command.reports)]
        try:
            with open(self._place / "stderr", "wb") as said:
                self._process = subprocess.Popen(  # nosec B603
                    line,
                    cwd=self._command.root,
                    env=self._command.environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                )
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICE)
        except OSError as error:
            _publish(self._place, Outcome(f"`{' '.join(self._command.line)}` can not be run: {error}", {}))
        self._thread = threading.Thread(target=self._watch, name="qualitygate", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        if self._process is not None:
            code = self._process.wait()
            _publish(self._place, Outcome("it was stopped", {}) if self._stopped else self._read(code))

    def _read(self, code: int) -> Outcome:
        said = (self._place / "stderr").read_text(errors="replace").strip()
        try:
            report = json.loads((self._place / "report.json").read_bytes())
            judged = report["verdict"] not in ("unjudged", "nothing") and report["exit_code"] == code
            if judged:
                return Outcome("", texts.told(report, self._command.shown))
        except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            said = said or f"its report can not be read: {error}"
        return Outcome(f"`qualitygate check` ended with {_ending(code)}\n{said}".strip(), {})

    def outcome(self) -> Outcome:
        """What it said; waits for its end."""
        return wait_for(self._place)

    def stop(self) -> None:
        """End it if it still runs."""
        if self._thread is None:
            return
        if self._process is not None and self._process.poll() is None:
            self._stopped = True
            self._process.send_signal(signal.SIGTERM)  # it ends its workers itself
            self._thread.join(_GRACE)
            if self._process.poll() is None:
                self._process.kill()
        self._thread.join()


def _jobs(beside: int) -> list[str]:
    """The processors that tests leave, if those run in processes of their own."""
    if not beside or "QUALITYGATE_JOBS" in os.environ:
        return []
    return [f"--jobs={max(1, len(os.sched_getaffinity(0)) - beside)}"]


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _publish(place: Path, outcome: Outcome) -> None:
    draft = place / "draft"
    draft.write_text(json.dumps(dataclasses.asdict(outcome)))
    draft.replace(place / _OUTCOME)


@functools.cache
def wait_for(place: Path) -> Outcome:
    """What the run that was given *place* said; waits for its end.

    Raises:

        Broken: The folder is not there, or went away.
    """
    while place.is_dir():
        with contextlib.suppress(FileNotFoundError):
            return Outcome(**json.loads((place / _OUTCOME).read_bytes()))
        time.sleep(_POLL)
    raise Broken("the folder of the gate's run is gone; workers on other machines can not take part")
