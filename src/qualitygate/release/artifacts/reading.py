"""What a distribution file is, by its own bytes."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from pathlib import Path
from typing import IO

from packaging.utils import canonicalize_name

from qualitygate.errors import ReleaseCode, ReleaseError
from qualitygate.model.names import visible
from qualitygate.release.artifacts.archives import CHUNK, Kind, Unsound, archive_in, kind_of, open_regular, reason
from qualitygate.release.artifacts.metadata import read_metadata


@dataclasses.dataclass(frozen=True, kw_only=True)
class Artifact:
    """A wheel or a source distribution."""

    path: Path
    """Absolute."""
    name: str
    """Of the file."""
    kind: Kind
    size: int
    """Bytes."""
    sha256: str
    """Hexadecimal, of the file's bytes."""
    blake2_256: str
    """BLAKE2b with a digest of 32 bytes, hexadecimal, of the file's bytes."""
    project: str
    """Name of the project, as written inside."""
    version: str
    """As written inside."""
    metadata_version: str
    """As written inside."""
    classifiers: tuple[str, ...] = ()
    requires_python: str = ""
    """Empty if the metadata has none."""

    @property
    def normalized(self) -> str:
        """The project's name in its canonical form (PEP 503)."""
        return canonicalize_name(self.project)


def read_artifact(path: Path) -> Artifact:
    """Read a file; name and version are those inside.

    Raises:

        ReleaseError: It is not a sound wheel or `.tar.gz` source distribution, can not be read, or changed meanwhile.
    """
    path = path.absolute()
    try:
        with open_regular(path) as file:
            return _read(path, kind_of(path.name), file)
    except Unsound as error:
        raise _refused(
            f"{visible(path.name)} is neither a sound wheel nor a sound source distribution: {error}",
            "build anew with `python -m build`; a source distribution is a .tar.gz",
        ) from None
    except OSError as error:
        raise _refused(
            f"{visible(path.name)} can not be read: {error.strerror or reason(error)}",
            "is it there, and may you read it?",
        ) from None


def digests(file: IO[bytes]) -> tuple[str, str]:
    """SHA-256 and BLAKE2b-256 of an open file, hexadecimal."""
    sha256, blake2 = hashlib.sha256(), hashlib.blake2b(digest_size=32)
    file.seek(0)
    while chunk := file.read(CHUNK):
        sha256.update(chunk)
        blake2.update(chunk)
    return sha256.hexdigest(), blake2.hexdigest()


def _read(path: Path, kind: Kind, file: IO[bytes]) -> Artifact:
    before = _state(os.fstat(file.fileno()))
    sha256, blake2 = digests(file)
    with archive_in(file, kind) as archive:
        told = read_metadata(archive, kind)
    if not before == _state(os.fstat(file.fileno())) == _state(os.stat(path)):
        raise _refused(
            f"{visible(path.name)} changed while it was read", "wait until whatever writes it is done; what is it?"
        )
    return Artifact(
        path=path,
        name=path.name,
        kind=kind,
        size=before[0],
        sha256=sha256,
        blake2_256=blake2,
        project=told.name,
        version=told.version,
        metadata_version=told.metadata_version,
        classifiers=told.classifiers,
        requires_python=told.requires_python,
    )


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino


def _refused(headline: str, hint: str) -> ReleaseError:
    return ReleaseError(ReleaseCode.REFUSED, headline, hint)
