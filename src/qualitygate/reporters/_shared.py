"""What several formats need: hostile text made harmless, and one order of findings."""

from __future__ import annotations

import shlex
from collections.abc import Iterable

from qualitygate.model import names
from qualitygate.model.findings import Finding
from qualitygate.model.results import Report


def one_line(text: str) -> str:
    """Prose as one line that can be encoded: line breaks are spaces, other control characters are made visible."""
    parts = (part.strip(" \t\r") for part in text.split("\n"))
    return names.visible(" ".join(part for part in parts if part))


def place(report: Report, path: str | None) -> str:
    """*path*, or for what has no path the file that can be changed to cure it."""
    return names.visible(path or report.config_file or ".")


def order(finding: Finding) -> tuple[str, int, int, str, str]:
    """Sort key: path, line, column, check, rule; what is not given comes first."""
    return (finding.path or "", finding.line or 0, finding.column or 0, finding.check, finding.rule)


def rerun(report: Report, checks: Iterable[str], whole: bool = False) -> str:
    """The command that repeats the run for *checks* alone; if *whole*, with every finding on standard output."""
    only = [word for check in checks for word in ("--only", check)]
    return shlex.join(["qualitygate", "check", *only, *(["--report", "text=-"] if whole else []), *report.arguments])


def count(number: int, noun: str) -> str:
    """`1 finding`, `1,200 findings`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
