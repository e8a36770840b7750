"""The part of the plug-in that is there when the gate is on: its items, and when its run starts and ends."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_qualitygate import texts
from pytest_qualitygate.command import Command, chosen_checks
from pytest_qualitygate.run import Broken, Run, wait_for

NAME = "qualitygate"

_NODE_ID = re.compile(r"(?:\.\./)*qualitygate::(?P<check>[^:]+)")
"""From a subfolder pytest prints ids relative to it."""


class GateFailure(Exception):
    """A check has more findings than it may have."""


class Gate:
    """Hooks of one session. Under xdist the process that distributes the tests has the run, and the workers look at it.

    Args:

        config: Of pytest, with options that were not looked at yet.

    Raises:

        pytest.UsageError: An option or the gate's configuration is wrong.
    """

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self.run: Run | None = None
        given: dict[str, Any] | None = getattr(config, "workerinput", {}).get(NAME)
        wanted = _take_ids(config)
        if given is not None:
            self.place = Path(given["place"])
            self.checks: list[str] = given["checks"]
            return
        command = Command.of(config)
        self.checks = chosen_checks(config, command.configured, wanted)
        self.place = Path(tempfile.mkdtemp(prefix="qualitygate-pytest-"))
        self.run = Run(command, self.place)
        self._processes = 0

    # --- collection -----------------------------------------------------------------------------------------------

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Put the gate behind everything else that the session collects."""
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            if self._config.option.qualitygate_only:
                report.result[:] = []
            report.result.append(Checks.from_parent(collector, name=NAME, nodeid=NAME, gate=self))
        return report

    # --- the run --------------------------------------------------------------------------------------------------

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker of xdist where to look."""
        self._processes += 1
        node.workerinput[NAME] = {"place": str(self.place), "checks": self.checks}

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Without xdist: work while the tests run."""
        stopped = session.testsfailed and not self._config.option.continue_on_collection_errors
        if not self._config.option.collectonly and not stopped:
            self._start(item.nodeid for item in session.items)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, ids: Sequence[str]) -> None:
        """With xdist: as soon as the first worker knows what is selected; it is the same for all."""
        self._start(ids)

    def _start(self, ids: Iterable[str]) -> None:
        selected = {node_id.removeprefix(f"{NAME}::") for node_id in ids if node_id.startswith(f"{NAME}::")}
        if self.run is not None and selected:
            self.run.start([check for check in self.checks if check in selected], self._processes)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        """Nobody waits any longer: an interrupt or `-x` must not leave a run behind."""
        if self.run is not None:
            self.run.stop()

    def pytest_unconfigure(self) -> None:
        """Leave nothing behind."""
        if self.run is not None:
            self.run.stop()
            shutil.rmtree(self.place, ignore_errors=True)

    # --- report ---------------------------------------------------------------------------------------------------

    def pytest_report_header(self) -> str:
        """Which checks there are."""
        return f"quality gate: {', '.join(self.checks)}"

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """A line for each check."""
        if self.run is not None and self.run.started:
            terminalreporter.section("quality gate")
            for line, look in texts.summary(self.run.selected, self.run.outcome()):
                terminalreporter.write_line(line, **{look: True} if look else {})


def _take_ids(config: pytest.Config) -> list[str]:
    """Take the ids of checks out of the arguments, where pytest would look for files; gives the checks.

    A folder may have the same name, so only what has `::` is an id. `Config.args` is not a documented part of pytest;
    this is the only place that touches it (pytest 8.0 to 9.2).
    """
    matches = [_NODE_ID.fullmatch(argument) for argument in config.args]
    config.args[:] = [argument for argument, match in zip(config.args, matches, strict=True) if match is None]
    return [match["check"] for match in matches if match is not None]


class Checks(pytest.Collector):
    """The gate; its items are checks."""

    def __init__(self, gate: Gate, **known: Any) -> None:
        super().__init__(**known)
        self._gate = gate

    def collect(self) -> Iterator[pytest.Item]:
        """One item per check, in the order of the configuration."""
        for check in self._gate.checks:
            item: Check = Check.from_parent(self, name=check, gate=self._gate)
            item.add_marker(NAME)
            if self.config.pluginmanager.hasplugin("timeout"):
                item.add_marker(pytest.mark.timeout(0))  # it waits for all files, and the gate has timeouts of its own
            yield item


class Check(pytest.Item):
    """What the gate says about one check."""

    def __init__(self, gate: Gate, **known: Any) -> None:
        super().__init__(**known)
        self._gate = gate
        self._told: dict[str, Any] = {}

    def setup(self) -> None:
        """Wait for the run. A check without a trustworthy answer is an error, not a failure."""
        if self._gate.run is not None:
            self._gate.run.start([self.name], 0)  # if whoever called this did not collect as pytest does
        self._told = wait_for(self._gate.place).of(self.name)
        self.user_properties[:] = texts.properties(self._told)
        if self._told["outcome"] == "broken":
            raise Broken(texts.broken(self._told))

    def runtest(self) -> None:
        """Fail as the gate does; a soft failure is an expected one, which `--runxfail` makes a failure."""
        if self._told["skip_reason"]:
            pytest.skip(self._told["skip_reason"])
        if self._told["outcome"] == "pass":
            return
        if self._told["outcome"] == "soft-fail":
            reason = f"soft failure: {texts.soft(self._told)}"
            self.add_marker(pytest.mark.xfail(raises=GateFailure, strict=False, reason=reason))
        raise GateFailure(texts.failure(self._told))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """What the gate says; a traceback would lead into this plug-in."""
        if isinstance(excinfo.value, GateFailure | Broken):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """The gate is about the whole project."""
        return self.config.rootpath, None, f"{NAME} {self.name}"
