"""What is shown of a report (`qualitygate-report/1`) in pytest's output, and nothing more."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pytest_qualitygate.run import Outcome

MOST_FINDINGS = 20
"""More than these are counted only: the command that is named shows all."""

Told = dict[str, Any]
"""What is told of a check; made of what JSON can hold, since processes hand it on."""

_WORDS = {"pass": "passed", "soft-fail": "soft failure", "fail": "failed", "broken": "broken"}  # nosec B105
_LOOKS = {"pass": "green", "soft-fail": "yellow", "fail": "red", "broken": "red"}  # nosec B105


def told(report: dict[str, Any], shown: Callable[[str], str]) -> dict[str, Told]:
    """What is told of each check of *report*; *shown* gives the command that shows all findings of a check."""
    first: dict[str, list[str]] = {check["check"]: [] for check in report["checks"]}
    for finding in report["findings"]:
        if finding["severity"] != "info" and len(first[finding["check"]]) < MOST_FINDINGS:
            first[finding["check"]].append(_finding(finding))
    return {check["check"]: _told(check, first[check["check"]], shown(check["check"])) for check in report["checks"]}


def _told(check: dict[str, Any], findings: Sequence[str], command: str) -> Told:
    counts = check["counts"]
    total = [limit for limit in check["limits"] if limit["limit"] == "total"]
    return {
        "check": check["check"],
        "version": f"{check['tool']} {check['version']}",
        "outcome": check["outcome"],
        "skip_reason": check["skip_reason"],
        "sentence": check["sentence"],
        "found": counts["total"] - counts["by_severity"]["info"],
        "allowed": "any" if not total or total[0]["allowed"] is None else total[0]["allowed"],
        "files": check["files"],
        "cached": check["cached"],
        "seconds": check["seconds"],
        "soft": (check["soft_fail"] or {}).get("reason", ""),
        "errors": [_error(error) for error in check["errors"]],
        "findings": list(findings),
        "command": command,
    }


def untold(check: str, reason: str) -> Told:
    """What is told of a check when there is no report on it."""
    return {"check": check, "outcome": "broken", "sentence": reason.partition("\n")[0], "errors": [reason], "found": 0}


def _error(error: dict[str, Any]) -> str:
    if error["broken"]:
        return str(error["message"])
    return f"{error['path']}: not analysed: {error['kind']}: {error['message']}"


def _finding(finding: dict[str, Any]) -> str:
    where = ":".join(str(part) for part in (finding["path"], finding["line"], finding["column"]) if part is not None)
    text = f"{where or '.'}  {finding['rule']}  {finding['message']}"
    return f"{text}\n    {finding['source'].strip()}" if finding["source"] else text


def failure(check: Told) -> str:
    """Why a check failed: verdict, first findings, and how to see the rest."""
    lines = [check["sentence"], "", *check["errors"], *check["findings"]]
    more = check["found"] - len(check["findings"])
    if more > 0:
        lines.append(f"and {more:,} more")
    return "\n".join([*lines, "", f"to see all: {check['command']}"])


def broken(check: Told) -> str:
    """Why a check has no trustworthy answer."""
    return "\n".join([f"{check['check']} gave no trustworthy answer", *check["errors"]])


def soft(check: Told) -> str:
    """Why a soft failure is one."""
    return ": ".join(part for part in (check["sentence"], check["soft"]) if part)


def properties(check: Told) -> list[tuple[str, object]]:
    """For JUnit files and the like."""
    keys = ("outcome", "found", "allowed", "files", "cached", "version")
    return [(f"qualitygate.{key}", check[key]) for key in keys if key in check]


def summary(selected: Sequence[str], outcome: Outcome) -> Iterator[tuple[str, str]]:
    """A line for each check, and the name of its colour or ""."""
    if outcome.broken:
        yield outcome.broken.partition("\n")[0], "red"
        return
    rows = [outcome.of(check) for check in selected]
    yield f"{'check':<10}  {'verdict':<12}  {'found':>7}  {'allowed':>7}  {'files':>6}  {'cached':>6}  {'time':>6}", ""
    for row in rows:
        yield _row(row), "" if row.get("skip_reason") else _LOOKS[row["outcome"]]


def _row(row: Told) -> str:
    if row.get("skip_reason"):
        return f"{row['check']:<10}  skipped: {row['skip_reason']}"
    if "files" not in row:
        return f"{row['check']:<10}  {_WORDS[row['outcome']]}: {row['sentence']}"
    allowed = row["allowed"] if isinstance(row["allowed"], str) else f"{row['allowed']:,}"
    numbers = f"{row['found']:>7,}  {allowed:>7}  {row['files']:>6,}  {row['cached']:>6,}  {row['seconds']:>5.1f}s"
    line = f"{row['check']:<10}  {_WORDS[row['outcome']]:<12}  {numbers}"
    return f"{line}  {row['soft']}" if row["outcome"] == "soft-fail" and row["soft"] else line
