"""From measurements to lines, as text for the terminal and as Markdown."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence

from benchmarks.goals import Goal
from benchmarks.measure import Result

HEADER = ("row", "median", "min..max", "cpu s", "MB parent/worker", "identical", "against", "ratio", "goal", "outcome")

MET, MISSED, UNKNOWN = "met", "MISSED", "not measured"


@dataclasses.dataclass(frozen=True)
class Line:
    """One line; every field is text, or empty."""

    row: str
    median: str = ""
    span: str = ""
    processor: str = ""
    memory: str = ""
    identical: str = ""
    against: str = ""
    ratio: str = ""
    goal: str = ""
    outcome: str = ""

    def cells(self) -> tuple[str, ...]:
        """In the order of `HEADER`."""
        return dataclasses.astuple(self)


def lines(group: str, results: Mapping[str, Result], baseline: str, goals: Sequence[Goal]) -> list[Line]:
    """The lines of a group: one for each goal of a row, or one that compares it with *baseline*."""
    absent = {goal.row for goal in goals if goal.group == group} - results.keys()
    rows = {**results, **{row: Result(row, note=UNKNOWN) for row in sorted(absent)}}
    return [
        _line(result, goal, results, first=number == 0)
        for row, result in rows.items()
        for number, goal in enumerate(_wanted(group, row, baseline, goals))
    ]


def _wanted(group: str, row: str, baseline: str, goals: Sequence[Goal]) -> list[Goal]:
    """The goals of *row*; first a comparison without a limit, if none of them is about time."""
    wanted = [goal for goal in goals if (goal.group, goal.row) == (group, row)]
    if any(goal.metric == "seconds" for goal in wanted):
        return wanted
    return [Goal(group, row, float("inf"), "" if row == baseline else baseline), *wanted]


def ratio(result: Result | None, against: Result | None, metric: str = "seconds") -> float | None:
    """The quotient of the medians; nothing if one of them is not measured."""
    if result is None or against is None:
        return None
    above, below = result.median(metric), against.median(metric)
    return above / below if above is not None and below else None


def _line(result: Result, goal: Goal, results: Mapping[str, Result], first: bool) -> Line:
    quotient = ratio(result, results.get(goal.against), goal.metric) if goal.against else None
    actual = quotient if goal.against else result.median(goal.metric)
    limited = goal.limit != float("inf")
    line = Line(
        row=result.name,
        median=_value(result, goal.metric),
        against=goal.against,
        ratio="" if quotient is None else f"{quotient:.3g}",
        goal=_goal(goal) if limited else "",
        outcome=outcome(actual, goal.limit) if limited else "",
    )
    return dataclasses.replace(line, **_details(result)) if first else line


def outcome(actual: float | None, limit: float) -> str:
    """The word for *actual* with a goal of at most *limit*."""
    if actual is None:
        return UNKNOWN
    return MET if actual <= limit else MISSED


def _goal(goal: Goal) -> str:
    unit = "" if goal.against else " s" if goal.metric == "seconds" else f" MB {goal.metric}"
    return f"<= {goal.limit:g}{unit}"


def _value(result: Result, metric: str) -> str:
    median = result.median(metric)
    if median is None:
        return result.note or "not measured"
    return seconds(median) if metric == "seconds" else f"{median:.0f} MB {metric}"


def _details(result: Result) -> dict[str, str]:
    if result.median() is None:
        return {}
    times = result.values("seconds")
    return {
        "span": f"{_number(min(times))}..{_number(max(times))}",
        "processor": f"{result.median('processor'):.2f}",
        "memory": f"{result.median('parent'):.0f}/{result.median('worker'):.0f}",
        "identical": f"{result.verified} of {len(times)}" if result.verified else "",
    }


def seconds(value: float) -> str:
    """With three digits, but never finer than a millisecond."""
    return f"{_number(value)} s"


def _number(value: float) -> str:
    return f"{value:.{3 if value < 1 else 2 if value < 10 else 1}f}"


def text(made: Iterable[Line]) -> str:
    """Aligned columns. What is not measured says why at the line's end."""
    rows = [HEADER, *(line.cells() for line in made)]
    shown = [(row[0], *(cell if len(cell) <= 24 or n else "-" for n, cell in enumerate(row[1:]))) for row in rows]
    widths = [max(len(row[column]) for row in shown) for column in range(len(HEADER))]
    return "\n".join(_padded(row, short, widths) for row, short in zip(rows, shown, strict=True))


def _padded(row: Sequence[str], short: Sequence[str], widths: Sequence[int]) -> str:
    cells = "  ".join(cell.ljust(width) for cell, width in zip(short, widths, strict=True)).rstrip()
    return cells if row[1] == short[1] else f"{cells}  ({row[1]})"


def markdown(made: Iterable[Line]) -> Iterator[str]:
    """A table in Markdown, line by line."""
    yield f"| {' | '.join(HEADER)} |"
    yield f"|{'---|' * len(HEADER)}"
    for line in made:
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line.cells())} |"
