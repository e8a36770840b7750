"""Core metadata, as far as a release looks at it."""

from __future__ import annotations

import dataclasses

from packaging.metadata import parse_email

from qualitygate.model.names import visible
from qualitygate.release.artifacts.archives import BROKEN, Archive, Kind, Unsound, reason

_DIST_INFO = ".dist-info"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Metadata:
    """Fields of PKG-INFO or METADATA, as written; see the core metadata specification."""

    metadata_version: str
    name: str
    version: str
    classifiers: tuple[str, ...]
    requires_python: str
    """Empty if there is none."""
    license_files: tuple[str, ...]


def metadata_name(archive: Archive, kind: Kind) -> str:
    """Name of the member that holds the metadata: `TOP/PKG-INFO` of an sdist, `X.dist-info/METADATA` of a wheel.

    Raises:

        Unsound: There is not exactly one such folder, or it has no such file.
    """
    folder, file = (top_folder(archive), "PKG-INFO") if kind == "sdist" else (dist_info(archive), "METADATA")
    if not archive.has(f"{folder}/{file}"):
        raise Unsound(f"there is no {file} in {visible(folder)}/")
    return f"{folder}/{file}"


def top_folder(archive: Archive) -> str:
    """The one folder at the top of an sdist (PEP 517, "Source distributions").

    Raises:

        Unsound: There is not exactly one.
    """
    tops = {member.parts[0] if member.parts else "" for member in archive.members}
    if len(tops) != 1 or tops & {"", ".."}:
        raise Unsound(f"it has not one folder at its top, but {_few(tops)}")
    return tops.pop()


def dist_info(archive: Archive) -> str:
    """The one `.dist-info` folder of a wheel (PEP 427).

    Raises:

        Unsound: There is not exactly one.
    """
    found = {member.parts[0] for member in archive.members if len(member.parts) > 1}
    folders = {name for name in found if name.endswith(_DIST_INFO)}
    if len(folders) != 1:
        raise Unsound(f"it has not one {_DIST_INFO} folder, but {_few(folders)}")
    return folders.pop()


def _few(names: set[str]) -> str:
    ordered = [visible(name) or "a name without one" for name in sorted(names)]
    more = f" and {len(ordered) - 3} more" if len(ordered) > 3 else ""
    return ", ".join(ordered[:3]) + more if ordered else "none"


def read_metadata(archive: Archive, kind: Kind) -> Metadata:
    """The metadata in an archive.

    Raises:

        Unsound: There is none, or it lacks a field that it must have.
    """
    where = metadata_name(archive, kind)
    try:
        raw, unread = parse_email(archive.read(where) or b"")
    except (*BROKEN, TypeError, AttributeError) as error:
        raise Unsound(f"{visible(where)} can not be read: {reason(error)}") from None
    for field in ("metadata-version", "name", "version"):
        if not raw.get(field.replace("-", "_")):
            problem = "more than one, or one that is not UTF-8," if field in unread else "none"
            raise Unsound(f"{visible(where)} must have one field {field.title()}, and has {problem}".rstrip(","))
    return Metadata(
        metadata_version=raw["metadata_version"],
        name=raw["name"],
        version=raw["version"],
        classifiers=tuple(raw.get("classifiers", ())),
        requires_python=raw.get("requires_python", ""),
        license_files=tuple(raw.get("license_files", ())),
    )
