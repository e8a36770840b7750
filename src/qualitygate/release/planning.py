"""What is to be done with each file, by what the index has. Pure."""

from __future__ import annotations

import dataclasses
import enum
from collections.abc import Mapping, Sequence

from packaging.utils import (
    InvalidSdistFilename,
    InvalidWheelFilename,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

from qualitygate.release.index_page import Listed


class Step(enum.Enum):
    """What becomes of a file."""

    UPLOAD = "upload"
    PRESENT = "already there"
    CONFLICT = "conflict"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Planned:
    """One file of the release."""

    name: str
    sha256: str
    step: Step
    there: str = ""
    """SHA-256 of what the index has under that name."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Plan:
    """All files of a release, in the order of upload."""

    files: tuple[Planned, ...]
    foreign: tuple[str, ...]
    """Files of this version on the index that are not ours."""
    new_project: bool

    @property
    def uploads(self) -> tuple[Planned, ...]:
        """What is missing."""
        return tuple(file for file in self.files if file.step is Step.UPLOAD)

    @property
    def conflicts(self) -> tuple[Planned, ...]:
        """What is there with other bytes."""
        return tuple(file for file in self.files if file.step is Step.CONFLICT)


def plan(files: Mapping[str, str], project: str, version: str, listed: Mapping[str, str] | None) -> Plan:
    """Compare our files with those of an index.

    Wheels come first and the sdist last: as long as a wheel is missing, an installer that finds the sdist would build
    from it.

    Args:

        files: SHA-256 by file name.

        project: Its normalised name.

        version: Of the release.

        listed: SHA-256 by file name, of all files of the project; None if the index does not know it.
    """
    known = listed or {}
    ordered = sorted(files, key=lambda name: (name.endswith(".tar.gz"), name))
    return Plan(
        files=tuple(_planned(name, files[name], known.get(name)) for name in ordered),
        foreign=tuple(sorted(name for name in known if name not in files and is_of_release(name, project, version))),
        new_project=listed is None,
    )


def _planned(name: str, ours: str, theirs: str | None) -> Planned:
    step = Step.UPLOAD if theirs is None else Step.PRESENT if theirs == ours else Step.CONFLICT
    return Planned(name=name, sha256=ours, step=step, there=theirs or "")


def is_of_release(name: str, project: str, version: str) -> bool:
    """Whether a file name is of this version of the project, whose name is normalised."""
    try:
        parsed = parse_wheel_filename(name)[:2] if name.endswith(".whl") else parse_sdist_filename(name)
        return parsed == (project, Version(version))
    except (InvalidSdistFilename, InvalidWheelFilename, InvalidVersion):
        return False


def relevant(listed: Sequence[Listed], names: Sequence[str], project: str, version: str) -> tuple[Listed, ...]:
    """The files that a plan needs to know the bytes of."""
    return tuple(file for file in listed if file.name in names or is_of_release(file.name, project, version))
