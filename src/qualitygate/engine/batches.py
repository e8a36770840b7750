"""Cuts the files of all checks into batches of similar work, the heaviest first."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping

from qualitygate.engine.tasks import Batch, Plan, Visit

_PARTS_PER_WORKER = 8
_SMALLEST = 32 * 1024
_FILE_COST = 2048
"""Bytes a file counts for besides its size: opening and reporting cost something too."""


def make_batches(
    plans: Iterable[Plan], groups: Mapping[str, Hashable], size: Callable[[str], int], jobs: int, file_timeout: float
) -> list[Batch]:
    """Batches over all *plans*.

    Args:

        plans: What each check visits.

        groups: Check -> group. Checks of one group that visit the same file share its visit; they must be of
            different tools, since a process serves one configuration of a tool at a time.

        size: Path relative to the root -> bytes of the file.

        jobs: Number of workers; each gets about eight batches, so that they finish together.

        file_timeout: Seconds allowed per file.
    """
    weights: dict[str, int] = {}
    visits_of: dict[Hashable, list[Visit]] = {}
    for group, members in _grouped(plans, groups).items():
        visits_of[group] = _visits(members)
        for visit in visits_of[group]:
            if visit.path not in weights:
                weights[visit.path] = size(visit.path) + _FILE_COST
    total = sum(weights[visit.path] for visits in visits_of.values() for visit in visits)
    target = max(_SMALLEST, total // (jobs * _PARTS_PER_WORKER))
    weighed = [
        (sum(weights[visit.path] for visit in visits), Batch(tuple(visits), file_timeout))
        for group_visits in visits_of.values()
        for visits in _cut(group_visits, weights, target)
    ]
    weighed.sort(key=lambda pair: pair[0], reverse=True)
    return [batch for _, batch in weighed]


def _grouped(plans: Iterable[Plan], groups: Mapping[str, Hashable]) -> dict[Hashable, list[Plan]]:
    found: dict[Hashable, list[Plan]] = {}
    for plan in plans:
        found.setdefault(groups[plan.check], []).append(plan)
    return found


def _visits(plans: list[Plan]) -> list[Visit]:
    """One visit per file for the checks of a group; a check that visits a file twice gets a visit of its own."""
    if len(plans) == 1:
        return [Visit(relative, ((plans[0].check, path),)) for path, relative in plans[0].visits]
    shared: dict[tuple[str, int], list[tuple[str, str]]] = {}
    for plan in plans:
        times: dict[str, int] = {}
        for path, relative in plan.visits:
            times[relative] = times.get(relative, 0) + 1
            shared.setdefault((relative, times[relative]), []).append((plan.check, path))
    return [Visit(relative, tuple(spellings)) for (relative, _), spellings in shared.items()]


def _cut(visits: list[Visit], weights: Mapping[str, int], target: int) -> Iterable[list[Visit]]:
    part: list[Visit] = []
    weight = 0
    for visit in sorted(visits, key=lambda visit: weights[visit.path], reverse=True):
        part.append(visit)
        weight += weights[visit.path]
        if weight >= target:
            yield part
            part, weight = [], 0
    if part:
        yield part
