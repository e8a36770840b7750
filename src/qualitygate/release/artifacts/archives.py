"""The members of a wheel or of a source distribution as values, read within limits.

Archives are read as data: nothing is unpacked to a folder, and no name in one is used as a path.
"""

from __future__ import annotations

import abc
import contextlib
import dataclasses
import os
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Literal

from qualitygate.model.names import visible

MIB = 1 << 20
CHUNK = MIB
"""Bytes that are read at a time."""
RATIO, RATIO_FROM = 50, 64 * MIB
"""An archive that unpacks to more than RATIO_FROM bytes and to more than RATIO times its size is taken for a bomb
(warehouse, `forklift/legacy.py`, which asks this of zip files only)."""
MAX_UNPACKED = 4096 * MIB
"""Bytes of all members together; our own limit."""
MAX_MEMBERS = 100_000
"""Our own limit."""
MAX_TEXT = 16 * MIB
"""Bytes of a member that is read as a whole, such as METADATA; our own limit."""

Kind = Literal["sdist", "wheel"]
MemberKind = Literal["file", "folder", "link", "hard-link", "special"]

BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, struct.error, EOFError, ArithmeticError, LookupError, ValueError,
    RuntimeError,
)  # fmt: skip
"""What the standard library raises for damaged archives; encryption and unknown compression are `RuntimeError`s."""


class Unsound(Exception):
    """An archive, or a part of one, can not be read, or passes a limit; the text says what."""


@dataclasses.dataclass(frozen=True)
class Member:
    """One entry of an archive."""

    name: str
    """As written in the archive, without the final slash of a folder; bytes that are not UTF-8 are surrogates."""
    kind: MemberKind
    size: int
    """Bytes that it unpacks to."""
    target: str = ""
    """Where a link leads, as written: relative to its own folder, or to the archive's top for a hard link."""
    position: int = 0
    """Of the entry in the archive."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The name, split at slashes, without empty parts and `.`."""
        return tuple(part for part in self.name.split("/") if part not in ("", "."))

    @property
    def shown(self) -> str:
        """The name for people, on one line."""
        return visible(self.name)


class Archive(abc.ABC):
    """The members of an open archive.

    Args:

        members: In the order of the archive.

        oddities: What about the container itself would make readers disagree about its content; sentences.
    """

    def __init__(self, members: Sequence[Member], oddities: Sequence[str]) -> None:
        self.members = tuple(members)
        self.oddities = tuple(oddities)
        self._files = {member.name: member for member in members if member.kind == "file"}

    @abc.abstractmethod
    def _stream(self, member: Member) -> IO[bytes]:
        """The unpacked bytes of a file."""

    def has(self, name: str) -> bool:
        """Whether there is a file of this name."""
        return name in self._files

    def chunks(self, member: Member) -> Iterator[bytes]:
        """The unpacked bytes of a file, at most `CHUNK` at a time; nothing for a folder or a link.

        Raises:

            Unsound: They can not be unpacked, or are not what the archive says about them.
        """
        if member.kind != "file":
            return
        left = member.size
        try:
            with self._stream(member) as stream:
                while chunk := stream.read(CHUNK):
                    left -= len(chunk)
                    yield chunk
        except BROKEN as error:
            raise Unsound(f"{member.shown} can not be unpacked: {reason(error)}") from None
        if left:
            raise Unsound(f"{member.shown} does not have the size that the archive says")

    def read(self, name: str) -> bytes | None:
        """The bytes of the file of this name; None if there is none.

        Raises:

            Unsound: It can not be unpacked or is larger than `MAX_TEXT`.
        """
        member = self._files.get(name)
        if member is None:
            return None
        if member.size > MAX_TEXT:
            raise Unsound(f"{member.shown} has {member.size:,} bytes, more than {MAX_TEXT:,}")
        return b"".join(self.chunks(member))


def kind_of(name: str) -> Kind:
    """What a file is, by its name.

    Raises:

        Unsound: It is neither; an sdist is a `.tar.gz` (PEP 625).
    """
    if name.endswith(".tar.gz"):
        return "sdist"
    if name.endswith(".whl"):
        return "wheel"
    raise Unsound("its name ends neither with .tar.gz nor with .whl")


@contextlib.contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open the archive at *path*, closed at the end of the `with`.

    Raises:

        Unsound: It is not a sound archive of the kind that its name says, or passes a limit.

        OSError: It can not be read.
    """
    with open_regular(path) as file, archive_in(file, kind_of(path.name)) as archive:
        yield archive


@contextlib.contextmanager
def open_regular(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for reading; something else, such as a pipe, is not waited for.

    Raises:

        Unsound: It is not a file.

        OSError: It can not be opened.
    """
    with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise Unsound("it is not a file")
        yield file


@contextlib.contextmanager
def archive_in(file: IO[bytes], kind: Kind) -> Iterator[Archive]:
    """The archive in an open file. Raises as `open_archive`."""
    from qualitygate.release.artifacts import tarballs, zips

    size = os.fstat(file.fileno()).st_size
    opened = tarballs.opened(file, size) if kind == "sdist" else zips.opened(file, size)
    with opened as archive:
        yield archive


def allowance(size: int) -> int:
    """Bytes to which an archive of *size* bytes may unpack."""
    return min(max(RATIO_FROM, RATIO * size), MAX_UNPACKED)


def require_few(count: int) -> None:
    """Raises Unsound: an archive has too many members."""
    if count > MAX_MEMBERS:
        raise Unsound(f"it has more than {MAX_MEMBERS:,} members")


def require_small(unpacked: int, size: int) -> None:
    """Raises Unsound: an archive of *size* bytes unpacks to too much."""
    limit = allowance(size)
    if unpacked > limit:
        raise Unsound(f"it unpacks to more than {limit:,} bytes, which is too much for its {size:,} bytes")


def reason(error: BaseException) -> str:
    """What an exception says, on one line."""
    return visible(str(error)) or type(error).__name__
