"""One line per finding, `path:line:col: check/rule message`, for editors and grep.

A file that a tool could not analyse is `path: check/unreadable kind: message`, a check without a trustworthy answer is
`path: check/broken message`. What has no path carries the name of the configuration file, or `.`.
"""

from __future__ import annotations

from collections.abc import Iterator

from qualitygate.model import names
from qualitygate.model.results import Report
from qualitygate.reporters._shared import one_line, order, place

UNJUDGED = "qualitygate: not judged: the run did not finish"

_Entry = tuple[tuple[str, int, int, str, str], str]


def render(report: Report) -> Iterator[str]:
    """The lines of *report*, sorted by path, line, column, check and rule; empty when there is nothing to tell."""
    lines = [line for _, line in sorted(_entries(report), key=lambda entry: entry[0])]
    if report.verdict.word == "unjudged":
        lines.append(UNJUDGED if report.shard is None else f"qualitygate: not judged: {report.shard.shard}")
    yield from (f"{line}\n" for line in lines)


def _entries(report: Report) -> Iterator[_Entry]:
    for run in report.runs:
        for finding in run.findings:
            numbers = [str(number) for number in (finding.line, finding.column) if number is not None]
            where = ":".join([place(report, finding.path), *(numbers if finding.line is not None else [])])
            what = names.visible(f"{finding.check}/{finding.rule}")
            yield order(finding), f"{where}: {what} {one_line(finding.message)}"
        check = names.visible(run.check)
        for problem in run.problems:
            line = f"{check}/unreadable {one_line(problem.kind)}: {one_line(problem.message)}"
            yield (problem.path, 0, 0, run.check, ""), f"{place(report, problem.path)}: {line}"
        for breakage in run.breakage:
            line = f"{check}/broken {one_line(breakage.message)}"
            yield (breakage.path or "", 0, 0, run.check, ""), f"{place(report, breakage.path)}: {line}"
