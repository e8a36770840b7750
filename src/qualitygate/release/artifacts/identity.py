"""Whether files are one release: the same project and version inside, under the names that an index wants."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from packaging.utils import InvalidWheelFilename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from qualitygate.model.names import visible
from qualitygate.release.artifacts.archives import MIB, Kind
from qualitygate.release.artifacts.flaw import Flaw
from qualitygate.release.artifacts.reading import Artifact

_METADATA_VERSIONS = ("1.0", "1.1", "1.2", "2.1", "2.2", "2.3", "2.4", "2.5")
"""That the public index takes (warehouse, `forklift/metadata.py`, August 2026)."""
_LARGEST = 100 * MIB
"""Bytes of a file that the public index takes, unless a project has a limit of its own (warehouse)."""
_LOCAL_PLATFORM = re.compile(r"linux_(?!armv[67]l$)")
"""Platform tags that say nothing about the system a wheel runs on (warehouse, `forklift/legacy.py`)."""


def identity_flaws(artifacts: Sequence[Artifact], *, public: bool, kinds: frozenset[Kind]) -> Iterator[Flaw]:
    """What keeps *artifacts* from being one release.

    Args:

        public: Whether they are to go to the public index.

        kinds: What must be among them; there is never more than one sdist.
    """
    yield from _set_flaws(artifacts, kinds)
    for artifact in artifacts:
        yield from _version_flaws(artifact)
        yield from _name_flaws(artifact)
        if artifact.metadata_version not in _METADATA_VERSIONS:
            yield Flaw(
                artifact.name, "metadata-version", "",
                f"its metadata has the version {visible(artifact.metadata_version)}, which indexes do not take; use a "
                "newer build backend",
            )
        if public:
            yield from _public_flaws(artifact)


def _set_flaws(artifacts: Sequence[Artifact], kinds: frozenset[Kind]) -> Iterator[Flaw]:
    found = [artifact.kind for artifact in artifacts]
    for kind in sorted(kinds - set(found)):
        yield Flaw("", f"no-{kind}", "", f"there is no {kind}; build one")
    if found.count("sdist") > 1:
        names = ", ".join(artifact.name for artifact in artifacts if artifact.kind == "sdist")
        yield Flaw("", "several-sdists", "", f"a release has one sdist, and these are several: {names}")
    first = artifacts[0]
    for artifact in artifacts[1:]:
        if artifact.normalized != first.normalized:
            yield Flaw(
                artifact.name, "other-project", "",
                f"it is of the project {visible(artifact.project)}, {first.name} of {visible(first.project)}; publish "
                "each for itself",
            )
        elif _version(artifact) != _version(first):
            yield Flaw(
                artifact.name, "other-version", "",
                f"inside it has the version {visible(artifact.version)}, {first.name} has {visible(first.version)}; "
                "build all files anew, from one source",
            )


def _version(artifact: Artifact) -> Version | str:
    try:
        return Version(artifact.version)
    except InvalidVersion:
        return artifact.version


def _version_flaws(artifact: Artifact) -> Iterator[Flaw]:
    version = _version(artifact)
    if isinstance(version, str):
        yield Flaw(
            artifact.name, "version", "", f"its version {visible(version)} is none (PEP 440); mend it in the project"
        )
    elif version.local:
        yield Flaw(
            artifact.name, "local-version", "",
            f"its version {version} has a local part, which indexes do not take; release a tagged, clean commit",
        )


def _name_flaws(artifact: Artifact) -> Iterator[Flaw]:
    version = _version(artifact)
    if isinstance(version, str):
        return
    stem = f"{artifact.normalized.replace('-', '_')}-{version}"
    if artifact.kind == "sdist":
        if artifact.name != f"{stem}.tar.gz":
            yield Flaw(
                artifact.name, "file-name", "", f"it must be called {stem}.tar.gz (PEP 625); use a newer build backend"
            )
        return
    try:
        parse_wheel_filename(artifact.name)
    except InvalidWheelFilename as error:
        yield Flaw(artifact.name, "file-name", "", f"its name is no wheel's (PEP 427): {visible(str(error))}")
        return
    if not artifact.name.startswith(f"{stem}-"):
        yield Flaw(artifact.name, "file-name", "", f"its name must begin with {stem}- (PEP 427); use a newer backend")


def _public_flaws(artifact: Artifact) -> Iterator[Flaw]:
    for classifier in artifact.classifiers:
        if classifier.startswith("Private ::"):
            yield Flaw(
                artifact.name, "private", "",
                f"the classifier {visible(classifier)!r} keeps it from the public index; publish it elsewhere",
            )
    if artifact.size > _LARGEST:
        yield Flaw(artifact.name, "size", "", f"it has {artifact.size:,} bytes, the index takes {_LARGEST:,}")
    if artifact.kind == "wheel":
        platforms = artifact.name.removesuffix(".whl").rpartition("-")[2].split(".")
        for platform in filter(_LOCAL_PLATFORM.match, platforms):
            yield Flaw(
                artifact.name, "platform", "",
                f"the index does not take the platform tag {visible(platform)}; repair the wheel with auditwheel",
            )
