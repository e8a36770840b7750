"""The table of checks: one row each, its remark beside it or below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qualitygate.model.limits import TOTAL, SoftFail
from qualitygate.model.results import CheckRun, CheckVerdict, LimitResult, Outcome, State
from qualitygate.model.severity import Severity
from qualitygate.reporters._layout import Page, cells
from qualitygate.reporters._shared import count

_HEAD = ("check", "state", "found", "allowed", "files", "cached", "time")
_STATE = 1
"""Place of the column `state`. Up to it columns are words, after it numbers, which stand to the right."""
_NAME_WIDTH = 24
_ALLOWED_WIDTH = 16

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


def table(page: Page, checks: Sequence[Judged], permissions: bool = True) -> None:
    """Add the table to *page*, unless there is nothing to put into it.

    Args:

        permissions: Say in the row of a failed check why it may fail softly.
    """
    if not checks:
        return
    rows = [_row(page, run, verdict) for run, verdict in checks]
    widths = [max(cells(cell) for cell in column) for column in zip(_HEAD, *rows, strict=True)]
    page.add(*((cell, "bold") for cell in _padded(_HEAD, widths)))
    for row, (run, verdict) in zip(rows, checks, strict=True):
        spans = [(cell, "") for cell in _padded(row, widths)]
        spans[_STATE] = (spans[_STATE][0], _STYLES.get(row[_STATE], ""))
        remark = page.clean("; ".join(filter(None, _remarks(run, verdict, permissions))))
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
        "-" if silent else page.name(_allowed(limits)),
        f"{run.files:,}",
        f"{run.cached:,}",
        f"{run.seconds:,.1f}s",
    )


def state(run: CheckRun, verdict: CheckVerdict | None) -> str:
    """The word for a check: what its tool said and what the limits made of it."""
    if verdict is None or run.state in (State.BROKEN, State.SKIPPED):
        return run.state.value
    if verdict.outcome is not Outcome.PASS:
        return {Outcome.SOFT_FAIL: "soft-fail", Outcome.FAIL: "failed"}.get(verdict.outcome, "broken")
    if not found(run, verdict.limits):
        return "clean"
    return "reported" if all(limit.allowed is None for limit in verdict.limits) else "budget"


def found(run: CheckRun, limits: Sequence[LimitResult]) -> int:
    """Number of findings that count: those of `low` and above, and `info` where a limit names it."""
    if not limits:
        return sum(finding.severity > Severity.INFO for finding in run.findings)
    totals = [limit.actual for limit in limits if limit.limit == TOTAL]
    return max(totals) if totals else sum(limit.actual for limit in limits)


def _allowed(limits: Sequence[LimitResult]) -> str:
    """The limit in few characters: one number, `any`, or of several limits the breached ones if they are short."""
    if not limits:
        return "-"
    if all(limit.allowed is None for limit in limits):
        return "any"
    if len(limits) == 1:
        return f"{limits[0].allowed:,}"
    breached = ", ".join(f"{limit.limit} {limit.allowed:,}" for limit in limits if limit.breached)
    return breached if 0 < len(breached) <= _ALLOWED_WIDTH else "limits"


def _remarks(run: CheckRun, verdict: CheckVerdict | None, permissions: bool) -> Iterator[str]:
    if run.state is State.SKIPPED:
        yield run.skip_reason or ""
    if run.problems:
        yield f"{count(len({problem.path for problem in run.problems}), 'file')} not analysed"
    if permissions and verdict and verdict.outcome in (Outcome.SOFT_FAIL, Outcome.FAIL):
        yield _permission(verdict.soft_fail or SoftFail())
    yield _info(run)


def _info(run: CheckRun) -> str:
    number = sum(finding.severity is Severity.INFO for finding in run.findings)
    return f"{number:,} info" if number else ""


def _permission(soft: SoftFail) -> str:
    until = f"until {soft.until.isoformat()}" if soft.until else ""
    owner = f"({soft.owner})" if soft.owner else ""
    return ": ".join(filter(None, (until, " ".join(filter(None, (soft.reason, owner))))))
