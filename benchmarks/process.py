"""Runs commands in processes of their own: wall time, processor time, peak memory.

Linux only: memory is read from `/proc`, the end of a process is awaited through its file descriptor.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import os
import select
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

_SAMPLE_EVERY = 0.05
"""Seconds between two looks at the memory of a running command."""

_ORPHANS = 2.0
"""Seconds that processes which a command leaves behind have to end."""

_SET_CHILD_SUBREAPER = 36
"""From `linux/prctl.h`."""


class Unavailable(Exception):
    """The command does not exist, or refuses what it is asked for (exit 2)."""


class Failed(Exception):
    """The command ended in a way that gives no measurement: a crash, a time-out, a wrong result."""


@dataclasses.dataclass(frozen=True)
class Command:
    """A command line. Its result is a measurement if it exits with one of *allowed*."""

    argv: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    allowed: frozenset[int] = frozenset({0, 1})


@dataclasses.dataclass(frozen=True)
class Usage:
    """What a command, or several, cost."""

    seconds: float
    """From the start of the first to the end of the last."""
    processor: float
    """Seconds of processor time, of all its processes."""
    parent: float
    """Peak resident memory of the process that was started, in MB (10^6 bytes)."""
    worker: float
    """Peak resident memory of the largest process below it, in MB; 0 if none was seen."""
    parts: tuple[float, ...] = ()
    """Wall time of each command."""

    @classmethod
    def summed(cls, usages: Sequence[Usage]) -> Usage:
        """All of *usages* one after another."""
        return cls(
            seconds=sum(usage.seconds for usage in usages),
            processor=sum(usage.processor for usage in usages),
            parent=max(usage.parent for usage in usages),
            worker=max(usage.worker for usage in usages),
            parts=tuple(part for usage in usages for part in usage.parts),
        )


def run(commands: Sequence[Command], timeout: float, logs: Path) -> Usage:
    """Run *commands* at the same time; what they print goes to files in *logs*.

    Raises:

        Unavailable, Failed: At least one of them gives no measurement.
    """
    with contextlib.ExitStack() as stack:
        begin = time.monotonic()
        runs = [stack.enter_context(_started(command, logs / f"output-{n}")) for n, command in enumerate(commands)]
        _attend(runs, begin, timeout)
    for one in runs:
        one.judge()
    return Usage(
        seconds=max(one.ended for one in runs) - begin,
        processor=sum(one.processor for one in runs),
        parent=max(one.memory.parent for one in runs),
        worker=max(one.memory.worker for one in runs),
        parts=tuple(one.ended - begin for one in runs),
    )


def adopt_orphans(yes: bool = True) -> None:
    """Become the parent of processes whose own has ended, such as a fork server: else their time would be lost."""
    ctypes.CDLL(None).prctl(_SET_CHILD_SUBREAPER, int(yes), 0, 0, 0)


def _attend(runs: Sequence[_Run], begin: float, timeout: float) -> None:
    """Look at the memory of *runs* until all have ended; soon at first, since some end soon."""
    while waiting := [one for one in runs if not one.ended]:
        elapsed = time.monotonic() - begin
        if elapsed > timeout:
            raise Failed(f"not done after {timeout:.0f} s: {' '.join(waiting[0].command.argv)}")
        for one in waiting:
            one.memory.sample()
        _wait(waiting, min(_SAMPLE_EVERY, 0.01 + elapsed / 10))


class _Memory:
    """Peaks of the processes of one session, as the kernel keeps them for each process."""

    def __init__(self, session: int) -> None:
        self._session = session
        self._others: set[int] = set()
        self._members: set[int] = {session}
        self.parent = self.worker = 0.0

    def sample(self) -> None:
        for pid in {int(name) for name in os.listdir("/proc") if name.isdigit()} - self._others - self._members:
            with contextlib.suppress(OSError):
                (self._members if os.getsid(pid) == self._session else self._others).add(pid)
        for pid in self._members:
            peak = _peak(pid)
            if pid == self._session:
                self.parent = max(self.parent, peak)
            else:
                self.worker = max(self.worker, peak)


def _peak(pid: int) -> float:
    try:
        with open(f"/proc/{pid}/status", "rb") as stream:
            status = stream.read()
    except OSError:
        return 0.0
    _, found, rest = status.partition(b"VmHWM:")
    return int(rest.split()[0]) * 1024 / 1e6 if found else 0.0


class _Run:
    """A command that was started."""

    def __init__(self, command: Command, process: subprocess.Popen[bytes], log: Path) -> None:
        self.command, self.log, self.pid = command, log, process.pid
        self.descriptor = os.pidfd_open(process.pid)
        self.memory = _Memory(process.pid)
        self.ended = self.processor = 0.0
        self.code = 0

    def reap(self) -> None:
        """Called once the process has ended."""
        self.ended = time.monotonic()
        _, status, usage = os.wait4(self.pid, 0)
        self.code = os.waitstatus_to_exitcode(status)
        self.processor = usage.ru_utime + usage.ru_stime

    def reap_orphans(self) -> None:
        """Wait for what is left of its process group, which else would disturb the next measurement."""
        end = time.monotonic() + _ORPHANS
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, _, usage = os.wait4(-self.pid, os.WNOHANG)
                self.processor += usage.ru_utime + usage.ru_stime
                if pid == 0 and time.monotonic() > end:
                    os.killpg(self.pid, signal.SIGKILL)
                elif pid == 0:
                    time.sleep(0.005)

    def judge(self) -> None:
        text = self.log.read_text(errors="replace")
        message = _message(text)
        if self.code == 2:
            raise Unavailable(message)
        # A tool that gives up half-way often exits with the 1 that also means findings.
        if self.code not in self.command.allowed or "\nTraceback (most recent call last)" in f"\n{text}":
            raise Failed(f"exit {self.code} of `{' '.join(self.command.argv)[:160]}`: {message}")


def _message(text: str) -> str:
    """The line of *text* that says what is wrong: the first that looks like it, or the last."""
    lines = [line for line in text.splitlines() if line.strip()] or ["no output"]
    found = (line for line in lines if line.lower().startswith(("error:", "qualitygate:")))
    return next(found, lines[-1])[:200]


@contextlib.contextmanager
def _started(command: Command, log: Path) -> Iterator[_Run]:
    try:
        with log.open("wb") as stream:
            process = subprocess.Popen(
                command.argv, cwd=command.cwd, env=command.env, stdin=subprocess.DEVNULL, stdout=stream,
                stderr=subprocess.STDOUT, start_new_session=True,
            )
    except FileNotFoundError as problem:
        raise Unavailable(str(problem)) from None
    one = _Run(command, process, log)
    try:
        yield one
    finally:
        if not one.ended:
            os.killpg(one.pid, signal.SIGKILL)
            one.reap()
        one.reap_orphans()
        process.returncode = one.code
        os.close(one.descriptor)


def _wait(runs: Sequence[_Run], seconds: float) -> None:
    poll = select.poll()
    for one in runs:
        poll.register(one.descriptor, select.POLLIN)
    ended = {descriptor for descriptor, _ in poll.poll(seconds * 1000)}
    for one in runs:
        if one.descriptor in ended:
            one.reap()
