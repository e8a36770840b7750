"""Whether two reports say the same, apart from times and from what came out of the cache."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from benchmarks.process import Failed

_VOLATILE = ("started", "seconds", "cached")


def difference(actual: Path, expected: Path, ignoring: tuple[str, ...] = ()) -> str:
    """Where the first difference is; empty if there is none. *ignoring* names further keys of the top level."""
    return _differs(_facts(actual, ignoring), _facts(expected, ignoring), "report")


def line_difference(actual: Path, expected: Path) -> str:
    """The same for reports with one line per finding."""
    try:
        pairs = itertools.zip_longest(actual.read_text().splitlines(), expected.read_text().splitlines())
    except OSError as problem:
        raise Failed(f"no report: {problem}") from None
    return next((f"a line is {one!r}, expected {other!r}" for one, other in pairs if one != other), "")


def _facts(path: Path, ignoring: tuple[str, ...]) -> dict[str, Any]:
    try:
        report: dict[str, Any] = json.loads(path.read_bytes())
    except (OSError, ValueError) as problem:
        raise Failed(f"no report: {problem}") from None
    for table in (report, *report.get("checks", ())):
        for key in _VOLATILE:
            table.pop(key, None)
    for key in ignoring:
        report.pop(key, None)
    if report.get("verdict") in ("broken", "unjudged", None):
        raise Failed(f"the report's verdict is {report.get('verdict')!r}")
    return report


def _differs(actual: Any, expected: Any, place: str) -> str:
    if actual == expected:
        return ""
    if isinstance(actual, dict) and isinstance(expected, dict):
        if keys := actual.keys() ^ expected.keys():
            return f"only one has {', '.join(sorted(keys))} in {place}"
        return _first((f"{place}.{key}", actual[key], expected[key]) for key in actual)
    if isinstance(actual, list) and isinstance(expected, list) and len(actual) == len(expected):
        return _first((f"{place}[{number}]", *pair) for number, pair in enumerate(zip(actual, expected, strict=True)))
    return f"{place} is {_short(actual)}, expected {_short(expected)}"


def _first(pairs: Iterable[tuple[str, Any, Any]]) -> str:
    return next(filter(None, (_differs(actual, expected, place) for place, actual, expected in pairs)))


def _short(value: Any) -> str:
    if isinstance(value, (dict, list)):
        return f"{len(value)} entries"
    return repr(value)[:120]
