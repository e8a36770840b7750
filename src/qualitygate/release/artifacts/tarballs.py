"""Source distributions: gzip'ed tar archives."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO, cast

from qualitygate.release.artifacts.archives import (
    BROKEN,
    CHUNK,
    MAX_MEMBERS,
    MAX_TEXT,
    MIB,
    Archive,
    Member,
    MemberKind,
    Unsound,
    reason,
    require_few,
    require_small,
)

_IN_MEMORY = 32 * MIB
"""Bytes; an archive that unpacks to more is unpacked to a temporary file."""


@contextlib.contextmanager
def opened(file: IO[bytes], size: int) -> Iterator[Archive]:
    """The archive in *file* of *size* bytes.

    Raises:

        Unsound: It is not a sound gzip'ed tar archive, or passes a limit.
    """
    file.seek(0)
    if file.read(2) != b"\x1f\x8b":
        raise Unsound("it is not compressed by gzip")
    if zipfile.is_zipfile(file):
        raise Unsound("it is a zip archive as well: readers would disagree about its content")
    with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY) as plain:
        _unpack(file, size, cast("IO[bytes]", plain))
        tar, infos = _listed(cast("IO[bytes]", plain))
        with tar:
            yield _Tarball(tar, infos, list(_oddities(cast("IO[bytes]", plain), tar, infos)))


class _Tarball(Archive):
    def __init__(self, tar: tarfile.TarFile, infos: Sequence[tarfile.TarInfo], oddities: Sequence[str]) -> None:
        super().__init__([_member(position, info) for position, info in enumerate(infos)], oddities)
        self._tar = tar
        self._infos = infos

    def _stream(self, member: Member) -> IO[bytes]:
        stream = self._tar.extractfile(self._infos[member.position])
        if stream is None:
            raise ValueError("it has no content")
        return stream


class _Cautious:
    """A file for `tarfile`, which would read a header of any size that the archive names into memory."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        if not 0 <= size <= MAX_TEXT:
            raise ValueError(f"a header of more than {MAX_TEXT:,} bytes")
        return self._file.read(size)


def _unpack(file: IO[bytes], size: int, plain: IO[bytes]) -> None:
    file.seek(0)
    unpacked = 0
    try:
        with gzip.GzipFile(fileobj=file) as stream:
            while chunk := stream.read(CHUNK):
                unpacked += len(chunk)
                require_small(unpacked, size)
                plain.write(chunk)
    except (*BROKEN, gzip.BadGzipFile) as error:
        raise Unsound(f"it can not be unpacked: {reason(error)}") from None
    plain.seek(0)


def _listed(plain: IO[bytes]) -> tuple[tarfile.TarFile, list[tarfile.TarInfo]]:
    try:
        tar = tarfile.open(
            fileobj=cast("IO[bytes]", _Cautious(plain)), mode="r:", encoding="utf-8", errors="surrogateescape"
        )
        infos = list(itertools.islice(tar, MAX_MEMBERS + 1))
    except (*BROKEN, OSError) as error:
        raise Unsound(f"it is no sound tar archive: {reason(error)}") from None
    require_few(len(infos))
    require_small(sum(info.size for info in infos if info.isfile()), plain.seek(0, 2))
    return tar, infos


def _member(position: int, info: tarfile.TarInfo) -> Member:
    kind = _kind(info)
    target = info.linkname if kind in ("link", "hard-link") else ""
    return Member(info.name, kind, info.size if kind == "file" else 0, target, position)


def _kind(info: tarfile.TarInfo) -> MemberKind:
    kinds: dict[bytes, MemberKind] = {
        tarfile.DIRTYPE: "folder", tarfile.SYMTYPE: "link", tarfile.LNKTYPE: "hard-link",
    }  # fmt: skip
    return "file" if info.isfile() else kinds.get(info.type, "special")


def _oddities(plain: IO[bytes], tar: tarfile.TarFile, infos: Sequence[tarfile.TarInfo]) -> Iterator[str]:
    """What other readers may see in another way: `tarfile` takes a damaged header for the end."""
    if any(info.issparse() for info in infos):
        yield "it has sparse members, which the index refuses"
    plain.seek(tar.offset)
    while chunk := plain.read(CHUNK):
        if chunk.strip(b"\0"):
            yield "there is something behind the last member: a damaged header, or hidden data"
            return
