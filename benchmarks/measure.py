"""Contenders, and their measurement side by side."""

from __future__ import annotations

import dataclasses
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.process import Command, Failed, Unavailable, Usage, run

TIME_IS_OVER = "not measured: the time of --quick is over"


@dataclasses.dataclass(frozen=True)
class Contender:
    """Something to measure."""

    name: str
    stages: tuple[tuple[Command, ...], ...]
    """One stage after the other; the commands of a stage at the same time."""
    prepare: Callable[[], object] = lambda: None
    """Runs before each measurement, untimed."""
    verify: Callable[[], str] | None = None
    """Runs after each measurement, untimed: what differs from the expected result, or nothing."""


@dataclasses.dataclass
class Result:
    """The measurements of a contender."""

    name: str
    samples: list[Usage] = dataclasses.field(default_factory=list)
    note: str = ""
    """Why there is no measurement."""
    verified: int = 0
    """Runs whose result was compared and found identical."""

    def values(self, metric: str) -> list[float]:
        """One number a round: `seconds`, `processor`, `parent` or `worker`."""
        return [getattr(sample, metric) for sample in self.samples]

    def median(self, metric: str = "seconds") -> float | None:
        """The median over the rounds; nothing if there is no measurement."""
        return statistics.median(self.values(metric)) if self.samples and not self.note else None


def sequence(name: str, commands: Sequence[Command]) -> Contender:
    """A contender that runs *commands* one after another."""
    return Contender(name, tuple((command,) for command in commands))


def alternate(
    contenders: Sequence[Contender],
    rounds: int,
    timeout: float,
    logs: Path,
    progress: Callable[[str], None],
    deadline: float = float("inf"),
) -> dict[str, Result]:
    """Measure all *contenders* once a round (A B C A B C ...), so that noise hits them alike.

    After *deadline*, a time of `time.monotonic`, no measurement begins.
    """
    results = {contender.name: Result(contender.name) for contender in contenders}
    for number in range(1, rounds + 1):
        for contender in contenders:
            result = results[contender.name]
            if time.monotonic() > deadline:
                result.note = result.note or ("" if result.samples else TIME_IS_OVER)
            elif not result.note:
                progress(f"round {number} of {rounds}: {contender.name}")
                _sample(result, contender, timeout, logs)
    return results


def _sample(result: Result, contender: Contender, timeout: float, logs: Path) -> None:
    try:
        result.samples.append(measured(contender, timeout, logs))
        result.verified += contender.verify is not None
    except Unavailable as problem:
        result.note = f"not available: {problem}"
    except (Failed, OSError, subprocess.SubprocessError) as problem:
        result.note = f"failed: {problem}"


def measured(contender: Contender, timeout: float, logs: Path) -> Usage:
    """One measurement of *contender*.

    Raises:

        Unavailable, Failed: There is none.
    """
    contender.prepare()
    usages = [run(stage, timeout, logs) for stage in contender.stages]
    difference = contender.verify() if contender.verify else ""
    if difference:
        raise Failed(f"the result differs: {difference}")
    return Usage.summed(usages)
