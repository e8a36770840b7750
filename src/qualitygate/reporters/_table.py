"""The table of checks: one row each, its remark beside it or below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qualitygate.model.limits import SoftFail
from qualitygate.model.results import CheckRun, CheckVerdict, LimitResult, Outcome, State
from qualitygate.model.severity import Severity
from qualitygate.reporters._layout import Page, cells
from qualitygate.reporters._shared import count

_HEAD = ("check", "state", "found", "allowed", "files", "cached", "time")
_STATE = 1
"""Place of the column `state`. Up to it columns are words, after it numbers, which stand to the right."""
_NAME_WIDTH = 24
_ALLOWED_WIDTH = 10

_STYLES = {
    "clean": "green",
    "budget": "green",
    "reported": "cyan",
    "soft-fail": "yellow",
    "failed": "bold red",
    "broken": "bold magenta",
    "skipped": "dim",
}

Judged = tuple[CheckRun, CheckVerdict | None]


def table(page: Page, checks: Sequence[Judged]) -> None:
    """Add the table to *page*, unless there is nothing to put into it."""
    if not checks:
        return
    rows = [_row(page, run, verdict) for run, verdict in checks]
    widths = [max(cells(cell) for cell in column) for column in zip(_HEAD, *rows, strict=True)]
    page.add(*((cell, "bold") for cell in _padded(_HEAD, widths)))
    for row, (run, verdict) in zip(rows, checks, strict=True):
        spans = [(cell, "") for cell in _padded(row, widths)]
        spans[_STATE] = (spans[_STATE][0], _STYLES.get(row[_STATE], ""))
        remark = page.clean("; ".join(_remarks(run, verdict)))
        if sum(2 + width for width in widths) + 2 + cells(remark) <= page.width:
            page.add(*spans, (f"  {remark}", "dim"))
        else:
            page.add(*spans)
            page.flow((f"    {remark}", "dim"), most=3)


def _padded(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    for number, (cell, width) in enumerate(zip(row, widths, strict=True)):
        gap = " " * (width - cells(cell))
        yield f"  {cell}{gap}" if number <= _STATE else f"  {gap}{cell}"


def _row(page: Page, run: CheckRun, verdict: CheckVerdict | None) -> tuple[str, ...]:
    limits = verdict.limits if verdict else ()
    silent = run.state in (State.BROKEN, State.SKIPPED)
    return (
        page.cut(page.name(run.check), _NAME_WIDTH),
        state(run, verdict),
        "-" if silent else f"{found(run, limits):,}",
        "-" if silent else page.cut(page.name(_allowed(limits)), _ALLOWED_WIDTH),
        f"{run.files:,}",
        f"{run.cached:,}",
        f"{run.seconds:,.1f}s",
    )


def state(run: CheckRun, verdict: CheckVerdict | None) -> str:
    """The word for a check: what its tool said and what the limits made of it."""
    if run.state in (State.BROKEN, State.SKIPPED):
        return run.state.value
    if verdict is None:
        return "not judged"
    if verdict.outcome is not Outcome.PASS:
        return {Outcome.SOFT_FAIL: "soft-fail", Outcome.FAIL: "failed"}.get(verdict.outcome, "broken")
    if not found(run, verdict.limits):
        return "clean"
    return "reported" if all(limit.allowed is None for limit in verdict.limits) else "budget"


def found(run: CheckRun, limits: Sequence[LimitResult]) -> int:
    """Number of findings that count: those of `low` and above, and `info` where a limit names it."""
    if not limits:
        return sum(finding.severity > Severity.INFO for finding in run.findings)
    totals = [limit.actual for limit in limits if limit.limit == "total"]
    return max(totals) if totals else sum(limit.actual for limit in limits)


def _allowed(limits: Sequence[LimitResult]) -> str:
    """The limit in few characters: the breached one of several, else the total, else their sum."""
    breached = [limit for limit in limits if limit.breached and limit.limit != "total"]
    totals = [limit.allowed for limit in limits if limit.limit == "total"]
    if breached:
        return f"{breached[0].limit} {breached[0].allowed:,}"
    return _sum(totals[:1] or [limit.allowed for limit in limits])


def _sum(numbers: Sequence[int | None]) -> str:
    terms = [number for number in numbers if number]
    if not numbers or None in numbers:
        return "any" if numbers else "-"
    written = "+".join(f"{number:,}" for number in terms) or "0"
    return written if len(written) <= _ALLOWED_WIDTH else f"{sum(terms):,}"


def _remarks(run: CheckRun, verdict: CheckVerdict | None) -> Iterator[str]:
    if run.state is State.SKIPPED:
        yield run.skip_reason or ""
    if run.problems:
        yield f"{count(len({problem.path for problem in run.problems}), 'file')} not analysed"
    if verdict and verdict.soft_fail and verdict.outcome in (Outcome.SOFT_FAIL, Outcome.FAIL):
        yield _permission(verdict.soft_fail)
    remarks = sum(finding.severity is Severity.INFO for finding in run.findings)
    if remarks:
        yield f"{remarks:,} info"


def _permission(soft: SoftFail) -> str:
    until = f"until {soft.until.isoformat()}" if soft.until else ""
    owner = f"({soft.owner})" if soft.owner else ""
    return ": ".join(filter(None, (until, " ".join(filter(None, (soft.reason, owner))))))
