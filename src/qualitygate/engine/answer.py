"""What one check says about all of its files."""

from __future__ import annotations

import dataclasses

from qualitygate.engine.tasks import FileResult
from qualitygate.model.findings import FileProblem, Located
from qualitygate.model.results import Breakage

HOPELESS = 3
"""A check that broke on so many files is not tried on more."""


@dataclasses.dataclass
class Answer:
    """Gathered result by result."""

    check: str
    findings: list[Located] = dataclasses.field(default_factory=list)
    problems: list[FileProblem] = dataclasses.field(default_factory=list)
    numbers: list[bytes] = dataclasses.field(default_factory=list)
    """Measurements of one file each, encoded; not all of them where nobody asked for them."""
    overall: list[Located] = dataclasses.field(default_factory=list)
    """Findings about all files together."""
    breakage: list[Breakage] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)
    seconds: float = 0.0
    """Processor time."""
    looked_at: int = 0
    """Visits that have a result."""
    cached: int = 0
    """How many of them needed no work."""

    def add(self, result: FileResult) -> None:
        """Take in what was said about one file."""
        self.looked_at += 1
        self.seconds += result.seconds
        if result.said is not None:
            self.findings += result.said.findings
            if result.said.problem is not None:
                self.problems.append(result.said.problem)
        if result.numbers:
            self.numbers.append(result.numbers)
        if result.crash is not None and len(self.breakage) < HOPELESS:
            message = f"{result.crash} on {result.path}"
            self.breakage.append(Breakage(kind="crashed", message=message, path=result.path))
