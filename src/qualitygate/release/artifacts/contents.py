"""Whether the members of an archive are what they should be, and nothing else is among them."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping

from qualitygate.model.names import visible
from qualitygate.release.artifacts.archives import Archive, Member, Unsound, open_archive
from qualitygate.release.artifacts.flaw import Flaw
from qualitygate.release.artifacts.metadata import dist_info, read_metadata, top_folder
from qualitygate.release.artifacts.reading import Artifact

_NOT_A_PACKAGE = frozenset({"test", "tests", "doc", "docs", "example", "examples", "benchmark", "benchmarks"})
"""Names at the top of a wheel that would be installed beside everybody else's."""
_COMPILED = ("__pycache__",)
_SIGNATURES = ("RECORD.jws", "RECORD.p7s")
_GENERATED = ("PKG-INFO", "setup.cfg")
"""What build backends add to an sdist."""


def content_flaws(artifact: Artifact) -> Iterator[Flaw]:
    """What is wrong with the members of one file."""
    try:
        with open_archive(artifact.path) as archive:
            for rule, place, message in _problems(artifact, archive):
                yield Flaw(artifact.name, rule, place, message)
    except (Unsound, OSError) as error:
        yield Flaw(artifact.name, "unsound", "", f"it can not be read: {visible(str(error))}; build it anew")


Problem = tuple[str, str, str]
"""Rule, place, message."""


def _problems(artifact: Artifact, archive: Archive) -> Iterator[Problem]:
    for oddity in archive.oddities:
        yield "container", "", f"{oddity}; build it anew"
    for name, count in Counter(member.name for member in archive.members).items():
        if count > 1:
            yield "duplicate", visible(name), f"it is in the archive {count} times; build it anew"
    for member in archive.members:
        yield from _member_problems(member)
    yield from _licence_problems(artifact, archive)
    if artifact.kind == "wheel":
        yield from _top_level_problems(artifact, archive)
        yield from _wheel_problems(archive)


def _member_problems(member: Member) -> Iterator[Problem]:
    if member.name.startswith("/") or ".." in member.name.split("/") or "\\" in member.name:
        yield "path", member.shown, "its name leads out of the archive or means another place elsewhere; build anew"
    if member.kind == "special":
        yield "special", member.shown, "it is neither a file nor a folder nor a link; leave it out"
    if member.kind in ("link", "hard-link") and _leaves(member):
        yield "link", member.shown, "the link leads out of the archive; leave it out"
    if member.name.endswith((".pyc", ".pyo")) or any(part in _COMPILED for part in member.parts):
        yield "compiled", member.shown, "compiled code of one Python is of no use to others; leave it out"


def _leaves(member: Member) -> bool:
    base = "" if member.kind == "hard-link" else posixpath.dirname(member.name)
    target = posixpath.normpath(posixpath.join(base, member.target))
    top = member.parts[0] if member.parts else ""
    return posixpath.isabs(member.target) or target.split("/")[0] != top


def _licence_problems(artifact: Artifact, archive: Archive) -> Iterator[Problem]:
    """PEP 639: every License-File is there; since metadata 2.4 in `licenses` of a wheel."""
    told = read_metadata(archive, artifact.kind)
    if told.metadata_version < "2.4":
        return
    folder = top_folder(archive) if artifact.kind == "sdist" else f"{dist_info(archive)}/licenses"
    for name in told.license_files:
        if not archive.has(f"{folder}/{name}"):
            yield "license-file", visible(name), f"the metadata names it, but {visible(folder)}/ does not have it"


def _top_level_problems(artifact: Artifact, archive: Archive) -> Iterator[Problem]:
    tops = {member.parts[0] for member in archive.members if len(member.parts) > 1}
    for name in sorted(tops & _NOT_A_PACKAGE):
        if name != artifact.normalized.replace("-", "_"):
            yield "top-level", f"{name}/", f"it would be installed as a package called {name}; leave it out"


def _wheel_problems(archive: Archive) -> Iterator[Problem]:
    folder = dist_info(archive)
    for name in ("WHEEL", "RECORD"):
        if not archive.has(f"{folder}/{name}"):
            yield name.lower(), "", f"there is no {name} in {visible(folder)}/; build it anew"
    record = archive.read(f"{folder}/RECORD")
    if record is not None:
        yield from _record_problems(archive, folder, record)


def _record_problems(archive: Archive, folder: str, record: bytes) -> Iterator[Problem]:
    """The wheel specification: RECORD lists every file but itself and its signatures, with hash and size."""
    try:
        rows = [[*row, "", ""] for row in csv.reader(io.StringIO(record.decode(), newline="")) if row]
    except (UnicodeDecodeError, csv.Error) as error:
        yield "record", "", f"RECORD can not be read: {visible(str(error))}; build it anew"
        return
    yield from _differences(archive, folder, {row[0]: (row[1], row[2]) for row in rows})


def _differences(archive: Archive, folder: str, listed: Mapping[str, tuple[str, str]]) -> Iterator[Problem]:
    unlisted = {f"{folder}/RECORD", *(f"{folder}/{name}" for name in _SIGNATURES)}
    files = {member.name: member for member in archive.members if member.kind == "file"}
    for name in sorted(files.keys() - listed.keys() - unlisted):
        yield "record-missing", visible(name), "it is in the wheel and not in RECORD; build it anew"
    for name in sorted(listed.keys() - files.keys()):
        yield "record-extra", visible(name), "it is in RECORD and not in the wheel; build it anew"
    for name in sorted((listed.keys() & files.keys()) - unlisted):
        problem = _difference(archive, files[name], *listed[name])
        if problem:
            yield "record-hash", visible(name), f"RECORD {problem}; build it anew"


def _difference(archive: Archive, member: Member, told: str, size: str) -> str:
    algorithm, _, expected = told.partition("=")
    if algorithm not in ("sha256", "sha384", "sha512") or not expected:
        return "has no strong hash of it"
    digest = hashlib.new(algorithm)
    for chunk in archive.chunks(member):
        digest.update(chunk)
    if base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=") != expected.rstrip("="):
        return "has another hash of it"
    return "" if size in ("", str(member.size)) else "has another size of it"


def sdist_differences(sdist: Artifact, tracked: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Files that git tracks and the sdist does not have, and the reverse, by path from the project's folder.

    Raises:

        Unsound: It can not be read.
    """
    with open_archive(sdist.path) as archive:
        top = top_folder(archive)
        inside = {member.name.removeprefix(f"{top}/") for member in archive.members if member.kind != "folder"}
    made = {name for name in inside if name in _GENERATED or ".egg-info/" in name}
    return tracked - inside, frozenset(inside - tracked - made)
