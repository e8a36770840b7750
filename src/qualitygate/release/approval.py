"""Asks the index what is there, and whether this release can go there at all. Only reads."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator, Sequence

from qualitygate.errors import ReleaseCode, ReleaseError
from qualitygate.release import index as indexes
from qualitygate.release import planning, verification
from qualitygate.release.credentials import Credentials
from qualitygate.release.index import Index
from qualitygate.release.index_page import Listed
from qualitygate.release.planning import Plan
from qualitygate.release.preparation import Prepared, Teller
from qualitygate.release.targets import Target
from qualitygate.release.upload import different

_CLOSES_AFTER = datetime.timedelta(days=14)
"""The public index takes no new files for a release that is older (warehouse, `forklift/legacy.py`, July 2026)."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Approval:
    """What is to be approved."""

    access: Credentials
    prepared: Prepared
    new_project: bool
    """Whether a project may be created on the production index."""
    tested: bool
    """Whether these bytes were proven on the test index."""


def approve(wanted: Approval, tell: Teller) -> tuple[Index, Plan]:
    """The index, and what is to be done with each file.

    Raises:

        ReleaseError: The index can not be read, or the release can not go there.
    """
    target = wanted.access.target
    first = wanted.prepared.first
    files = {one.name: one.sha256 for one in wanted.prepared.artifacts}
    release = first.normalized, first.version
    with tell.step("plan") as detail:
        index = indexes.of(wanted.access)
        listed = index.files(first.normalized)
        plan = planning.plan(files, *release, verification.hashes(index, listed, list(files), *release))
        for error in _objections(wanted, plan, listed or ()):
            raise error
        detail("; ".join(f"{file.name}: {file.step.value}" for file in plan.files))
    if plan.new_project:
        tell.warn(f"{first.normalized} is not on the {target.title} yet: this creates the project")
    if target is Target.PROD and not wanted.tested:
        tell.warn(
            "these bytes were not proven on the test index: `release --target test` first, then "
            "`release --target prod --promote RECEIPT`"
        )
    return index, plan


def _objections(wanted: Approval, plan: Plan, listed: Sequence[Listed]) -> Iterator[ReleaseError]:
    first = wanted.prepared.first
    target = wanted.access.target
    for file in plan.conflicts:
        yield different(file.name, file.sha256, file.there)
    if plan.foreign:
        yield ReleaseError(
            ReleaseCode.CONFLICT,
            f"the {target.title} has files of version {first.version} that are not among ours: "
            f"{', '.join(plan.foreign)}",
            "publish from the folder that has them all, or release a new version",
        )
    if plan.new_project and target is Target.PROD and not wanted.new_project:
        yield ReleaseError(
            ReleaseCode.NOT_READY,
            f"{first.normalized} is not on the production index: this would create the project",
            "if that is meant: --new-project",
        )
    begun = _begun(listed, first.normalized, first.version)
    if wanted.access.public and plan.uploads and begun is not None and _is_closed(begun):
        yield ReleaseError(
            ReleaseCode.CONFLICT,
            f"version {first.version} was begun on {begun:%Y-%m-%d}: the index closed it after "
            f"{_CLOSES_AFTER.days} days",
            "release a new version",
        )


def _begun(listed: Sequence[Listed], project: str, version: str) -> datetime.datetime | None:
    """When the first file of a version was uploaded, if the index tells."""
    of_release = [file for file in listed if planning.is_of_release(file.name, project, version)]
    return min((file.uploaded for file in of_release if file.uploaded), default=None)


def _is_closed(begun: datetime.datetime) -> bool:
    return datetime.datetime.now(datetime.UTC) - begun > _CLOSES_AFTER
