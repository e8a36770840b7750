"""What every scenario needs: the tools' command lines, a place for its trees, the reference result."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from benchmarks import measure, verify
from benchmarks.measure import Contender, Result
from benchmarks.process import Command, Failed, Unavailable, Usage, run

_FOREIGN = ("CI", "GIT_", "PRE_COMMIT", "PREK_", "PYTHON", "QUALITYGATE_", "RUFF_", "SKIP")
"""Beginnings of variables that would change what is measured."""


@dataclasses.dataclass
class Bench:
    """One run of the benchmark."""

    scratch: Path
    """Holds everything that is made; removed at the end."""
    tools: Path
    """The `bin` folder with all contenders."""
    quick: bool
    rounds: int
    timeout: float
    """Seconds for one command."""
    deadline: float
    """No measurement begins after this time of `time.monotonic`."""
    progress: Callable[[str], None]
    notes: list[str] = dataclasses.field(default_factory=list)
    """What the reader must know to read the table."""

    @functools.cached_property
    def env(self) -> Mapping[str, str]:
        """The environment of every command: the caller's, without what would change the tools."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_FOREIGN)}
        return kept | {
            "PATH": f"{self.tools}:{os.environ['PATH']}",
            "NO_COLOR": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PREK_HOME": str(self.scratch / "prek"),
            "PRE_COMMIT_HOME": str(self.scratch / "pre-commit"),
        }

    def path(self, name: str) -> Path:
        """A place in the scratch folder, with its parents."""
        path = self.scratch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def tool(self, root: Path, name: str, *args: str) -> Command:
        """The command line of one of the installed tools, in *root*."""
        return Command((str(self.tools / name), *args), root, self.env)

    def git(self, root: Path, *args: str) -> None:
        """Run git in *root*, untimed."""
        self.once(Command(("git", *args), root, self.env, frozenset({0})))

    def once(self, *commands: Command) -> None:
        """Run *commands* one after another, untimed.

        Raises:

            Unavailable, Failed: As `process.run` does.
        """
        for command in commands:
            run([command], 10 * self.timeout, self.scratch)

    def warm_up(self, *commands: Command) -> None:
        """The same; a command that fails here shows itself when it is measured."""
        with contextlib.suppress(Unavailable, Failed):
            self.once(*commands)

    def alternate(self, contenders: Iterable[Contender], rounds: int | None = None) -> dict[str, Result]:
        """Measure *contenders* side by side."""
        return measure.alternate(
            [*contenders], rounds or self.rounds, self.timeout, self.scratch, self.progress, self.deadline
        )

    def gate(self, root: Path, name: str) -> Gate:
        """A user of `qualitygate check` in *root* with a cache folder of its own; *name* is unique in the run."""
        return Gate(self, root, self.path(f"gates/{name}"))


class Gate:
    """`qualitygate check` in one tree."""

    def __init__(self, bench: Bench, root: Path, place: Path) -> None:
        self._bench, self.root = bench, root
        self.cache, self.report, self.lines = place / "cache", place / "report.json", place / "report.txt"
        place.mkdir(parents=True, exist_ok=True)

    def command(self, *options: str, env: Mapping[str, str] | None = None, full: bool = True) -> Command:
        """The command line. The cache folder is named by the environment.

        Args:

            full: Whether to write the JSON report, with every measurement, or one line per finding.
        """
        written = f"json={self.report}" if full else f"text={self.lines}"
        argv = (str(self._bench.tools / "qualitygate"), "check", "--no-progress", "--report", written, *options)
        return Command(argv, self.root, {**self._bench.env, "QUALITYGATE_CACHE_DIR": str(self.cache), **(env or {})})

    def forget(self) -> None:
        """Empty the cache folder and remove the report."""
        shutil.rmtree(self.cache, ignore_errors=True)
        self.report.unlink(missing_ok=True)

    def cold(self, name: str, expected: Reference, *options: str) -> Contender:
        """A contender that begins with an empty cache."""
        return self.contender(name, expected, *options, prepare=self.forget)

    def contender(
        self, name: str, expected: Reference, *options: str,
        prepare: Callable[[], object] | None = None, env: Mapping[str, str] | None = None, full: bool = True,
    ) -> Contender:
        """A contender whose report is compared with *expected*, run after run.

        Args:

            full: As in `command`, for the run that is measured. After one that is not full, another run, which is not
                measured, writes the full report from what the first left in the cache.
        """

        def before() -> None:
            self.report.unlink(missing_ok=True)
            self.lines.unlink(missing_ok=True)
            if prepare:
                prepare()

        def difference() -> str:
            if not full:
                if told := verify.line_difference(self.lines, expected.lines()):
                    return told
                self._bench.once(self.command(*options, env=env))
            return verify.difference(self.report, expected.report())

        return Contender(name, ((self.command(*options, env=env, full=full),),), before, difference)


class Reference:
    """The report of `--no-cache --jobs 1` on a tree, made when it is first asked for."""

    def __init__(self, bench: Bench, root: Path, name: str, *options: str) -> None:
        self._bench, self._options = bench, options
        self._gate = bench.gate(root, f"reference-{name}")
        self._made = False

    def report(self) -> Path:
        """The report's file.

        Raises:

            Unavailable, Failed: There is none.
        """
        self._make()
        return self._gate.report

    def lines(self) -> Path:
        """The same run's report with one line per finding; raises as `report`."""
        self._make()
        return self._gate.lines

    def _make(self) -> None:
        if not self._made:
            self._bench.progress(f"reference result for {self._gate.root.name}")
            lines = ("--report", f"text={self._gate.lines}")
            self._bench.once(self._gate.command("--no-cache", *self._options, "--jobs", "1", *lines))
            self._made = True


def slowest(name: str, results: Sequence[Result]) -> Result:
    """The slowest of *results* by its median, called *name*."""
    measured = [result for result in results if result.median() is not None]
    if not measured:
        return Result(name, note="not available: none of them could be measured")
    return dataclasses.replace(max(measured, key=lambda result: result.median() or 0.0), name=name)


def total(name: str, results: Sequence[Result]) -> Result:
    """All of *results* one after another, round by round, called *name*."""
    missing = [f"{result.name}: {result.note}" for result in results if result.note]
    if missing:
        return Result(name, note=f"not available: {missing[0]}")
    rounds = zip(*(result.samples for result in results), strict=True)
    return Result(name, [Usage.summed(samples) for samples in rounds])
