"""Checks the archive of an upload (warehouse, `forklift/legacy.py`, `utils/zipfiles.py`, `utils/wheel.py`)."""

from __future__ import annotations

import configparser
import csv
import dataclasses
import gzip
import io
import posixpath
import re
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterable

from tests.release.strict_index.replies import bad
from tests.release.strict_index.settings import MIB

_RATIO, _RATIO_FROM = 50, 64 * MIB
_UNPACKED = 256 * MIB
"""Bytes to which an sdist may unpack here; warehouse sets no limit."""
_MEMBER = 16 * MIB
"""Bytes of the largest member that is read."""
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError)


@dataclasses.dataclass(frozen=True)
class Contents:
    """What is in an archive."""

    names: tuple[str, ...]
    top: str
    """The one top folder of an sdist; empty for a wheel."""
    read: Callable[[str], bytes | None]
    """The bytes of a member; None if there is none of this name, or it is not a file."""


def open_archive(filename: str, data: bytes, more: str) -> Contents:
    """Check an archive, whatever it holds.

    Args:

        more: Address of the page about archives, which some texts name.

    Raises:

        Refusal: It is not sound.
    """
    zipped, tarred = _is(zipfile.is_zipfile, data), _is(tarfile.is_tarfile, data)
    if zipped and tarred:
        raise _invalid("File is both a zip and a tar file")
    try:
        if filename.endswith(".tar.gz"):
            if not tarred:
                raise _invalid("File is not a tarfile")
            return _open_tar(data, more)
        if not zipped:
            raise _invalid("File is not a zipfile")
        return _open_zip(filename, data, more)
    except _BROKEN:
        raise _invalid("None") from None


def _invalid(text: str) -> Exception:
    return bad(f"Invalid distribution file. {text}")


def _is(test: Callable[[io.BytesIO], bool], data: bytes) -> bool:
    try:
        return test(io.BytesIO(data))
    except _BROKEN:
        return False


def _top(names: Iterable[str]) -> str:
    """The folder that all members are in.

    Raises:

        Refusal: There is not exactly one.
    """
    try:
        common = posixpath.commonpath(list(names)).split("/")[0]
    except ValueError:
        common = ""
    if common in ("", ".", ".."):
        raise _invalid("Incorrect number of top-level directories in sdist")
    return common


def _open_tar(data: bytes, more: str) -> Contents:
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as stream:
        unpacked = stream.read(_UNPACKED + 1)
    if len(unpacked) > _UNPACKED:
        raise _invalid(f"File exceeds compression ratio of {_RATIO}")
    archive = tarfile.open(fileobj=io.BytesIO(unpacked), mode="r:")
    members = {member.name: member for member in archive.getmembers()}
    if any(member.issparse() for member in members.values()):
        raise _invalid(f"tar archive not accepted: Sparse members are not allowed. See {more} for more information")
    top = _top(members)
    if f"{top}/PKG-INFO" not in members:
        raise _invalid(f"PKG-INFO not found at {top}/PKG-INFO")

    def read(name: str) -> bytes | None:
        member = members.get(name)
        if member is None or not member.isfile() or member.size > _MEMBER:
            return None
        stream = archive.extractfile(member)
        return stream.read() if stream is not None else None

    return Contents(tuple(members), top, read)


def _open_zip(filename: str, data: bytes, more: str) -> Contents:
    archive = zipfile.ZipFile(io.BytesIO(data))
    entries = archive.infolist()
    size = sum(entry.file_size for entry in entries)
    if size > _RATIO_FROM and size / len(data) > _RATIO:
        raise _invalid(f"File exceeds compression ratio of {_RATIO}")
    if any(entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for entry in entries):
        raise _invalid("File does not use a supported compression type")
    names = tuple(archive.namelist())
    top = _top(names) if filename.endswith(".zip") else ""
    needed = f"{top}/PKG-INFO" if top else f"{dist_info(filename)}/WHEEL"
    if needed not in names:
        raise _invalid(f"{posixpath.basename(needed)} not found at {needed}")
    problem = _framing(archive, data)
    if problem:
        raise _invalid(f"ZIP archive not accepted: {problem}. See {more} for more information")

    def read(name: str) -> bytes | None:
        return archive.read(name) if name in names and archive.getinfo(name).file_size <= _MEMBER else None

    return Contents(names, top, read)


def dist_info(filename: str) -> str:
    """The folder of a wheel's metadata, by its file name.

    Raises:

        Refusal: It is no wheel's name.
    """
    parts = filename.split("-", 2)
    if len(parts) != 3:
        raise _invalid("Unable to parse name and version from wheel filename")
    return f"{parts[0]}-{parts[1]}.dist-info"


def _framing(archive: zipfile.ZipFile, data: bytes) -> str:
    """Whether one who reads from the front sees what one who reads the directory at the end sees."""
    position, seen = 0, set()
    for entry in sorted(archive.infolist(), key=lambda entry: entry.header_offset):
        if entry.orig_filename in seen:
            return "Duplicate filename in local headers"
        seen.add(entry.orig_filename)
        if entry.header_offset != position:
            return "Unknown record signature"
        problem, position = _local_header(entry, data, position)
        if problem:
            return problem
    if position != archive.start_dir:
        return "Unknown record signature"
    end = data.rfind(b"PK\x05\x06")
    return "Trailing data" if end + 22 + len(archive.comment) != len(data) else ""


def _local_header(entry: zipfile.ZipInfo, data: bytes, position: int) -> tuple[str, int]:
    if len(data) < position + 30:
        return "Malformed zip file", position
    flags, packed, size, name_size, extra_size = struct.unpack_from("<6xH10xLLHH", data, position)
    start = position + 30
    name = data[start:start + name_size]
    if any(byte < 0x20 or byte == 0x7F for byte in name):
        return "Invalid character in filename", position
    if flags & 0x08:
        return "ZIP contains a data descriptor", position
    if name.decode("utf-8", "replace") != entry.orig_filename:
        return "Filename not in central directory", position
    if packed not in (entry.compress_size, 0xFFFFFFFF) or size not in (entry.file_size, 0xFFFFFFFF):
        return "Mis-matched data size", position
    return "", start + name_size + extra_size + entry.compress_size


def record_difference(contents: Contents, folder: str) -> str | None:
    """How a wheel's RECORD differs from its members; empty if it does not, None if it can not be read."""
    data = contents.read(f"{folder}/RECORD")
    try:
        rows = list(csv.reader((data or b"").decode().splitlines()))
    except (UnicodeError, csv.Error):
        return None
    if data is None:
        return None
    signatures = {f"{folder}/RECORD.jws", f"{folder}/RECORD.p7s"}
    listed = {row[0].replace("\\", "/") for row in rows if row}
    there = {name for name in contents.names if not name.endswith("/")} - signatures
    return "" if listed == there else f"RECORD and members differ in {sorted(listed ^ there)}"


def sound_entry_points(contents: Contents, folder: str) -> bool:
    """Whether a wheel's entry points, if it has any, can be read and name no paths."""
    data = contents.read(f"{folder}/entry_points.txt")
    if data is None:
        return True
    parser = configparser.ConfigParser(delimiters=("=",))
    try:
        parser.read_string(data.decode())
        commands = [name for kind in ("console_scripts", "gui_scripts") if kind in parser for name in parser[kind]]
    except (UnicodeError, configparser.Error):
        return False
    return all(re.fullmatch(r"[\w.-]+", name) for name in commands)
