"""Everything that was measured, and the documents made of it."""

from __future__ import annotations

import dataclasses
import importlib.metadata
import json
import os
import platform
from collections.abc import Mapping

from benchmarks import table
from benchmarks.goals import GOALS
from benchmarks.measure import Result
from benchmarks.scenarios import SCENARIOS

_PACKAGES = (
    "pytest-qualitygate", "flake8", "doc8", "yamllint", "bandit", "radon", "xenon", "prek", "pre-commit", "ruff",
    "distributed",
)


def environment(cores: int) -> str:
    """What the numbers depend on. Holds this process, and so all commands, to the first *cores* cores."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    versions = ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)
    return (
        f"{len(os.sched_getaffinity(0))} cores, load {os.getloadavg()[0]:.1f} before, {platform.machine()}, "
        f"{platform.system()} {platform.release()}, Python {platform.python_version()}\n{versions}"
    )


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "(not installed)"


@dataclasses.dataclass
class Outcome:
    """Groups with their results."""

    environment: str
    quick: bool
    results: dict[str, Mapping[str, Result]] = dataclasses.field(default_factory=dict)
    notes: dict[str, list[str]] = dataclasses.field(default_factory=dict)

    def add(self, group: str, results: Mapping[str, Result], notes: list[str]) -> None:
        """A group is done."""
        self.results[group], self.notes[group] = results, notes

    def lines(self, group: str) -> list[table.Line]:
        """The lines of *group*."""
        return table.lines(group, self.results[group], SCENARIOS[group].baseline, GOALS)

    @property
    def failed(self) -> bool:
        """Whether a command crashed or a result was not the expected one. A goal that is missed is no failure."""
        return any(result.note.startswith("failed") for rows in self.results.values() for result in rows.values())

    def section(self, group: str) -> str:
        """A group for the terminal."""
        notes = "".join(f"\nnote: {note}" for note in self.notes[group])
        return f"\n{group}: {SCENARIOS[group].title}\n{table.text(self.lines(group))}{notes}"

    def summary(self) -> str:
        """The machine, the goals in one sentence, and the results in another."""
        rows = [result for group in self.results.values() for result in group.values()]
        differing = [result.name for result in rows if "differs" in result.note]
        said = [
            f"\n{self.environment}",
            f"goals: {self._goals()}",
            f"results: {sum(result.verified for result in rows)} runs identical to the reference "
            f"(--no-cache --jobs 1), not identical: {', '.join(differing) or 'none'}",
        ]
        if self.quick:
            said.append("--quick: small trees and one round; the numbers say that it works, no more")
        return "\n".join(said)

    def _goals(self) -> str:
        outcomes = [line.outcome for group in self.results for line in self.lines(group)]
        return ", ".join(f"{outcomes.count(word)} {word.lower()}" for word in (table.MET, table.MISSED, table.UNKNOWN))

    def markdown(self) -> str:
        """The document with all tables."""
        parts = ["# Benchmarks", "", *(f"{line}  " for line in self.summary().strip().splitlines()), ""]
        for group in self.results:
            parts += [f"## {SCENARIOS[group].title}", "", *table.markdown(self.lines(group)), ""]
            parts += [f"Note: {note}\n" for note in self.notes[group]]
        return "\n".join(parts)

    def json(self) -> str:
        """Every single measurement."""
        groups = {
            group: {
                "rows": {row: dataclasses.asdict(result) for row, result in results.items()},
                "lines": [dataclasses.asdict(line) for line in self.lines(group)],
                "notes": self.notes[group],
            }
            for group, results in self.results.items()
        }
        return json.dumps({"environment": self.environment.splitlines(), "groups": groups}, indent=2) + "\n"
