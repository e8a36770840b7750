"""`unreadable-ok`: files of which it is known that a tool can not analyse them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from qualitygate.model.findings import FileProblem
from qualitygate.model.results import CheckRun


def exempt(
    runs: Sequence[CheckRun], patterns: Mapping[str, Sequence[str]]
) -> tuple[tuple[CheckRun, ...], tuple[str, ...]]:
    """*runs* without the exempted problems, and the patterns that exempted nothing.

    Args:

        patterns: Check -> patterns in gitignore's form.
    """
    used: set[str] = set()
    kept = tuple(replace(run, problems=_remaining(run.problems, patterns[run.check], used)) for run in runs)
    idle = dict.fromkeys(pattern for own in patterns.values() for pattern in own if pattern not in used)
    return kept, tuple(idle)


def _remaining(problems: tuple[FileProblem, ...], patterns: Sequence[str], used: set[str]) -> tuple[FileProblem, ...]:
    if not problems or not patterns:
        return problems
    from pathspec import GitIgnoreSpec

    specs = {pattern: GitIgnoreSpec.from_lines([pattern]) for pattern in patterns}
    remaining = []
    for problem in problems:
        matching = [pattern for pattern, spec in specs.items() if spec.match_file(problem.path)]
        used.update(matching)
        if not matching:
            remaining.append(problem)
    return tuple(remaining)
