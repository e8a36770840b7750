"""Wheels: zip archives.

A zip archive tells its content twice: in a header before each member, and in the directory at its end. Where the two
differ, or leave bytes between them, readers see different things; the rules here are those of warehouse
(`utils/zipfiles.py`, `forklift/legacy.py`).
"""

from __future__ import annotations

import contextlib
import stat
import struct
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO

from qualitygate.model.names import visible
from qualitygate.release.artifacts.archives import (
    BROKEN,
    Archive,
    Member,
    MemberKind,
    Unsound,
    reason,
    require_few,
    require_small,
)

_LOCAL = struct.Struct("<4s2xHH8xLLHH")
"""The header before a member (APPNOTE.TXT, 4.3.7): signature, flags, method, packed and plain size, lengths."""
_IN_EXTRA = 0xFFFFFFFF
"""A size that is in the extra field (APPNOTE.TXT, 4.5.3)."""
_END_SIZE = 22
_ZIP64_END = 56 + 20
"""Bytes of the end record and of its locator, if there are such for large archives."""
_MAX_TARGET = 4096
"""Bytes of a link's target that are read."""
_UNIX = 3


@contextlib.contextmanager
def opened(file: IO[bytes], size: int) -> Iterator[Archive]:
    """The archive in *file* of *size* bytes.

    Raises:

        Unsound: It is not a sound zip archive, or passes a limit.
    """
    file.seek(0)
    try:
        archive = zipfile.ZipFile(file)
    except (*BROKEN, OSError) as error:
        raise Unsound(f"it is no sound zip archive: {reason(error)}") from None
    with archive:
        entries = archive.infolist()
        require_few(len(entries))
        require_small(sum(entry.file_size for entry in entries), size)
        members = [_member(archive, position, entry) for position, entry in enumerate(entries)]
        yield _Zip(archive, members, list(_oddities(archive, file, size)))


class _Zip(Archive):
    def __init__(self, archive: zipfile.ZipFile, members: Sequence[Member], oddities: Sequence[str]) -> None:
        super().__init__(members, oddities)
        self._archive = archive
        self._entries = archive.infolist()

    def _stream(self, member: Member) -> IO[bytes]:
        return self._archive.open(self._entries[member.position])


def _member(archive: zipfile.ZipFile, position: int, entry: zipfile.ZipInfo) -> Member:
    name = entry.orig_filename
    kind = _kind(entry, name)
    target = _target(archive, entry) if kind == "link" else ""
    return Member(name.removesuffix("/"), kind, entry.file_size, target, position)


def _kind(entry: zipfile.ZipInfo, name: str) -> MemberKind:
    if name.endswith("/"):
        return "folder"
    mode = entry.external_attr >> 16
    if entry.create_system != _UNIX or not stat.S_IFMT(mode) or stat.S_ISREG(mode):
        return "file"
    return "link" if stat.S_ISLNK(mode) else "special"


def _target(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    try:
        with archive.open(entry) as stream:
            return stream.read(_MAX_TARGET).decode("utf-8", "surrogateescape")
    except BROKEN as error:
        raise Unsound(f"{visible(entry.orig_filename)} can not be unpacked: {reason(error)}") from None


def _oddities(archive: zipfile.ZipFile, file: IO[bytes], size: int) -> Iterator[str]:
    """What the index refuses, each kind once."""
    entries = archive.infolist()
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        yield "it is compressed by something else than deflate"
    if any(entry.comment for entry in entries):
        yield "a member has a comment"
    yield from _framing(archive, file, size)


def _framing(archive: zipfile.ZipFile, file: IO[bytes], size: int) -> Iterator[str]:
    """The first place where the headers before the members are not what the directory at the end says."""
    position = 0
    for entry in sorted(archive.infolist(), key=lambda entry: entry.header_offset):
        if entry.header_offset != position:
            yield f"there are bytes that belong to no member before {visible(entry.orig_filename)}"
            return
        problem, position = _header(file, entry, position)
        if problem:
            yield f"the header before {visible(entry.orig_filename)} {problem}"
            return
    start = archive.start_dir
    if start != position:
        yield "there are bytes that belong to no member before the directory"
    elif not _ends_well(archive, file, start, size):
        yield "there are bytes behind the directory that belong to nothing"


def _header(file: IO[bytes], entry: zipfile.ZipInfo, position: int) -> tuple[str, int]:
    """What is wrong with a header, and where the next one has to be."""
    file.seek(position)
    data = file.read(_LOCAL.size)
    if len(data) < _LOCAL.size:
        return "is cut off", position
    signature, flags, method, packed, plain, name_size, extra_size = _LOCAL.unpack(data)
    name = file.read(name_size)
    after = position + _LOCAL.size + name_size + extra_size + entry.compress_size
    if signature != b"PK\x03\x04" or method != entry.compress_type or name.decode("utf-8", "replace") != (
        entry.orig_filename.encode("utf-8", "replace").decode("utf-8", "replace")
    ):
        return "is of another member", after
    if flags & 0x08:
        return "leaves the size open (a data descriptor)", after
    if packed not in (entry.compress_size, _IN_EXTRA) or plain not in (entry.file_size, _IN_EXTRA):
        return "gives another size than the directory", after
    return "", after


def _ends_well(archive: zipfile.ZipFile, file: IO[bytes], start: int, size: int) -> bool:
    """Whether the directory is followed by its end records and nothing else."""
    file.seek(start)
    rest = file.read(size - start)
    end = len(rest) - len(archive.comment) - _END_SIZE
    if end < 0 or not rest.startswith(b"PK\x05\x06", end):
        return False
    length = sum(_entry_size(rest, offset) for offset in _entries(rest, end))
    return end - length in (0, _ZIP64_END)


def _entries(rest: bytes, end: int) -> Iterator[int]:
    offset = 0
    while offset + 46 <= end and rest.startswith(b"PK\x01\x02", offset):
        yield offset
        offset += _entry_size(rest, offset)


def _entry_size(rest: bytes, offset: int) -> int:
    name, extra, comment = struct.unpack_from("<HHH", rest, offset + 28)
    return 46 + int(name) + int(extra) + int(comment)
