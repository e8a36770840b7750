"""Which checks and which files a run is about."""

from __future__ import annotations

import dataclasses
from collections.abc import Container, Iterator, Mapping, Sequence

from qualitygate.config import CheckSettings, Settings
from qualitygate.engine.tasks import Plan, PlanResult
from qualitygate.errors import NoFilesError, SourceError, UsageError
from qualitygate.model import names
from qualitygate.model.tree import Tree
from qualitygate.sources.paths import missing_paths


def choose(settings: Settings, only: Sequence[str], skip: Sequence[str]) -> tuple[CheckSettings, ...]:
    """The checks that a run is about, in their order.

    Raises:

        UsageError: A name is no check, or no check is left.
    """
    known = [check.name for check in settings.checks]
    unknown = sorted({*only, *skip}.difference(known))
    if unknown:
        raise UsageError(f"there is no check called {unknown[0]}", f"the checks are {', '.join(known)}")
    wanted = set(only or known).difference(skip)
    if not wanted:
        raise UsageError("no check is left to run", "use fewer --only and --skip")
    return tuple(check for check in settings.checks if check.name in wanted)


def require_paths(tree: Tree, checks: Sequence[CheckSettings], paths: Sequence[str]) -> None:
    """Refuse paths that do not exist.

    Raises:

        SourceError: With every one of them, the configured ones with their place.
    """
    problems = [
        f"{check.origins.get('paths', check.name)}: {message}"
        for check in checks
        for message in missing_paths(tree, check.paths)
    ]
    problems += missing_paths(tree, paths)
    if problems:
        raise SourceError("\n".join(dict.fromkeys(problems)), "mend the paths and run again")


def narrow(tree: Tree, plans: Mapping[str, PlanResult], paths: Sequence[str]) -> dict[str, PlanResult]:
    """*plans* without the visits outside of *paths*; all where there are none.

    Args:

        paths: Relative to the root. A link to a folder stands for the folder.

    Raises:

        NoFilesError: No check looks at any of them.
    """
    wanted = {tree.relative(path or ".") for path in paths}
    if not wanted or "" in wanted:
        return dict(plans)
    narrowed = {name: _narrow(plan, wanted) for name, plan in plans.items()}
    if all(isinstance(plan, Plan) and not plan.visits for plan in narrowed.values()):
        given = ", ".join(names.visible(path) for path in paths)
        raise NoFilesError(f"no check looks at anything in {given}", "`qualitygate files` shows what is looked at")
    return narrowed


def _narrow(plan: PlanResult, wanted: Container[str | None]) -> PlanResult:
    if not isinstance(plan, Plan):
        return plan
    visits = tuple(visit for visit in plan.visits if any(place in wanted for place in _with_folders(visit[1])))
    return dataclasses.replace(plan, visits=visits, narrowed=len(visits) < len(plan.visits))


def _with_folders(path: str) -> Iterator[str]:
    """*path* and the folders that it lies in."""
    while path:
        yield path
        path = path.rpartition("/")[0]


def require_files(checks: Sequence[CheckSettings], plans: Mapping[str, PlanResult]) -> None:
    """Refuse configured checks that find no file, unless that is allowed or PATHS are the reason.

    Raises:

        NoFilesError: With every one of them.
    """
    empty = [check for check in checks if _is_empty(plans[check.name]) and check.configured and not check.allow_empty]
    if empty:
        raise NoFilesError(
            "\n".join(
                f"check {check.name} is configured, but finds no file in {', '.join(check.paths)}" for check in empty
            ),
            "correct its `paths`, or allow it with `allow-empty = true`",
        )


def _is_empty(plan: PlanResult) -> bool:
    return isinstance(plan, Plan) and not plan.visits and not plan.narrowed
