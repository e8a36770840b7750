"""Runs the programs that a release needs, bounded in time and never left behind."""

from __future__ import annotations

import dataclasses
import os
import signal
import subprocess  # nosec B404 - the release's tools are programs
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from qualitygate.release.isolation import child_environment


@dataclasses.dataclass(frozen=True)
class Done:
    """How a program ended."""

    code: int
    output: str
    """Both its streams. As the program wrote it: may hold secrets."""
    timed_out: bool = False

    @property
    def failed(self) -> bool:
        """Whether it did not do what it was asked for."""
        return self.timed_out or self.code != 0

    @property
    def why(self) -> str:
        """Why it failed, in a line."""
        return "it took too long" if self.timed_out else self.last_line

    @property
    def last_line(self) -> str:
        """The last line that says something."""
        lines = [line.strip() for line in self.output.splitlines() if line.strip()]
        return lines[-1] if lines else "no message"


def run(
    argv: Sequence[str | Path],
    *,
    timeout: float,
    cwd: Path | None = None,
    variables: Mapping[str, str] | None = None,
    without: Sequence[str] = (),
) -> Done:
    """Run a program and wait for it; it and all it started are ended when the time is over or this is interrupted.

    Args:

        timeout: Seconds.

        variables: For this program, on top of what all get.

        without: Patterns of variables that others get and this one does not.

    Raises:

        OSError: It can not be started.
    """
    process = subprocess.Popen(  # nosec B603 - no shell, arguments are ours
        _tethered(argv),
        cwd=cwd,
        env=child_environment(variables, without),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=timeout)
        return Done(process.returncode, output.decode(errors="replace"))
    except subprocess.TimeoutExpired:
        _end(process)
        output, _ = process.communicate()
        return Done(process.returncode, output.decode(errors="replace"), timed_out=True)
    except BaseException:
        _end(process)
        process.wait()
        raise


def tool(module: str, *args: str | Path) -> list[str | Path]:
    """The command line of a tool that is installed beside this one."""
    return [sys.executable, "-P", "-m", module, *args]


def _end(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _tethered(argv: Sequence[str | Path]) -> list[str]:
    """A command line that ends with this process, where the system can do that."""
    line = [str(part) for part in argv]
    if sys.platform != "linux":
        return line
    return [sys.executable, "-I", "-S", str(Path(__file__).with_name("tether.py")), str(os.getpid()), *line]
