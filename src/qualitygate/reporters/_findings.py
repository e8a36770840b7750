"""The findings that people read one by one, or as a summary where they are too many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import groupby

from qualitygate.model.findings import Finding
from qualitygate.model.limits import OTHERS, TOTAL, covering
from qualitygate.model.results import CheckRun, CheckVerdict, Outcome, Report
from qualitygate.model.severity import SEVERITY_WORDS, Severity
from qualitygate.reporters._layout import Page
from qualitygate.reporters._shared import count, order, place, rerun
from qualitygate.reporters._table import Judged

MOST_FINDINGS = 60
"""More findings than this are summarised."""
WORST = 10
"""How many rules and files a summary names."""

_OTHERS = ("other findings (within limits, soft, info): ", "findings: ")
"""Title of findings for which no check failed; in a shard these are all."""

_STYLES = {
    Severity.INFO: "dim",
    Severity.LOW: "cyan",
    Severity.MEDIUM: "yellow",
    Severity.HIGH: "red",
    Severity.CRITICAL: "bold red",
}


def findings(page: Page, report: Report, checks: Sequence[Judged], verbose: bool) -> frozenset[str]:
    """Add the findings for which checks failed, and if *verbose* then all others.

    Gives the names of the failed checks whose findings are summarised.
    """
    failing: list[Finding] = []
    others: list[Finding] = []
    for run, verdict in checks:
        for finding, counts in _told_apart(run, verdict):
            (failing if counts else others).append(finding)
    graded = frozenset(run.check for run, verdict in checks if verdict and _is_graded(verdict))
    _listed(page, report, failing, graded, "")
    if verbose:
        _listed(page, report, others, graded, _OTHERS[report.shard is not None])
    return frozenset(finding.check for finding in failing) if len(failing) > MOST_FINDINGS else frozenset()


def _told_apart(run: CheckRun, verdict: CheckVerdict | None) -> Iterable[tuple[Finding, bool]]:
    """Each finding of *run*, and whether it counts under a limit for whose breach the check failed."""
    limits = verdict.limits if verdict and verdict.outcome is Outcome.FAIL else ()
    keys = {limit.limit for limit in limits}
    breached = {limit.limit for limit in limits if limit.breached}
    for finding in run.findings:
        key = covering(finding.rule, finding.severity.word, keys)
        if finding.severity > Severity.INFO:
            yield finding, TOTAL in breached or (OTHERS if key is None else key) in breached
        else:
            yield finding, key in breached


def _is_graded(verdict: CheckVerdict) -> bool:
    """Whether it depends on the severity of a finding what is allowed."""
    ceiling = verdict.soft_fail.max_findings if verdict.soft_fail else None
    keys = {limit.limit for limit in verdict.limits} | (set(ceiling) if isinstance(ceiling, dict) else set())
    return not keys.isdisjoint(SEVERITY_WORDS)


def _listed(page: Page, report: Report, shown: Sequence[Finding], graded: frozenset[str], title: str) -> None:
    if not shown:
        return
    page.blank()
    if len(shown) > MOST_FINDINGS:
        _summary(page, report, shown, title)
        return
    if title:
        page.add((title, "bold"))
    for _, of_file in groupby(sorted(shown, key=order), key=lambda finding: finding.path):
        page.blank()
        for _, of_line in groupby(of_file, key=lambda finding: finding.line):
            _line_of_code(page, report, list(of_line), graded)


def _line_of_code(page: Page, report: Report, found: Sequence[Finding], graded: frozenset[str]) -> None:
    """The findings of one line, then its text."""
    for finding in found:
        _finding(page, report, finding, finding.check in graded or finding.severity is Severity.INFO)
    source = found[0].source or ""
    if source.strip():
        page.add((f"      {page.clean(source.strip().expandtabs(4))}", "dim"))


def _finding(page: Page, report: Report, finding: Finding, graded: bool) -> None:
    where = page.name(place(report, finding.path))
    if finding.line is not None:
        where += f":{finding.line}" if finding.column is None else f":{finding.line}:{finding.column}"
    page.flow(
        (where, "bold"),
        ("  ", ""),
        (page.name(f"{finding.check}/{finding.rule}"), _STYLES[finding.severity]),
        (f" ({finding.severity.word})" if graded else "", "dim"),
        (f"  {page.clean(finding.message)}", ""),
    )


def _summary(page: Page, report: Report, shown: Sequence[Finding], title: str) -> None:
    rules = Counter((finding.severity, finding.check, finding.rule) for finding in shown)
    first = {(finding.severity, finding.check, finding.rule): finding.message for finding in reversed(shown)}
    paths = Counter(place(report, finding.path) for finding in shown)
    page.flow((f"{title}{count(len(shown), 'finding')} in {count(len(paths), 'file')}", "bold"))
    page.add((f"  worst {WORST} of {count(len(rules), 'rule')}:" if len(rules) > WORST else "  rules:", ""))
    worst = sorted(rules.items(), key=lambda item: (-item[0][0], -item[1], item[0][1:]))[:WORST]
    for key, number in worst:
        severity, check, rule = key
        label = page.name(f"{check}/{rule}")
        message = page.clean(first[key])
        page.add((f"  {number:>7,}  ", ""), (label, _STYLES[severity]), (f"  {severity.word}: {message}", ""))
    page.add((f"  worst {WORST} of {count(len(paths), 'file')}:" if len(paths) > WORST else "  files:", ""))
    for path, number in sorted(paths.items(), key=lambda item: (-item[1], item[0]))[:WORST]:
        page.add((f"  {number:>7,}  {page.name(path)}", ""))
    page.command("see all of them:", rerun(report, dict.fromkeys(finding.check for finding in shown), whole=True))
