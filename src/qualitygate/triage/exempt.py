"""`unreadable-ok`: files of which it is known that a tool can not analyse them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from qualitygate.model.results import CheckRun


def exempt(
    runs: Sequence[CheckRun], patterns: Mapping[str, Sequence[str]]
) -> tuple[tuple[CheckRun, ...], tuple[str, ...]]:
    """*runs* without the exempted problems, and the patterns that exempted nothing.

    Args:

        patterns: Check -> patterns in gitignore's form.
    """
    used: set[str] = set()
    kept = tuple(_without_exempt(run, patterns[run.check], used) for run in runs)
    idle = dict.fromkeys(pattern for own in patterns.values() for pattern in own if pattern not in used)
    return kept, tuple(idle)


def _without_exempt(run: CheckRun, patterns: Sequence[str], used: set[str]) -> CheckRun:
    """*run* without the problems that *patterns* match; those that match are added to *used*."""
    if not run.problems or not patterns:
        return run
    from pathspec import GitIgnoreSpec

    specs = [(pattern, GitIgnoreSpec.from_lines([pattern])) for pattern in patterns]
    problems = []
    told = set()
    for problem in run.problems:
        matching = [pattern for pattern, spec in specs if spec.match_file(problem.path)]
        used.update(matching)
        if matching:
            told.add((problem.path, problem.rule))
        else:
            problems.append(problem)
    return replace(
        run,
        problems=tuple(problems),
        findings=tuple(finding for finding in run.findings if (finding.path, finding.rule) not in told),
    )
