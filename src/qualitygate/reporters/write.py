"""Putting a rendered report into a file, whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator

from qualitygate.errors import UsageError
from qualitygate.model import names

_CURES = {
    errno.ENOSPC: "free some space there, or name a file on another disk",
    errno.EDQUOT: "free some space there, or name a file on another disk",
    errno.EACCES: "name a file in a folder that you may write to",
    errno.EPERM: "name a file in a folder that you may write to",
    errno.EROFS: "that disk is read-only: name a file on another one",
    errno.EISDIR: "name a file in that folder",
    errno.ENOTDIR: "a part of that path is a file, not a folder: name another place",
    errno.EEXIST: "a part of that path is a file, not a folder: name another place",
    errno.ELOOP: "that path is a loop of links: name another place",
    errno.ENAMETOOLONG: "name a file with a shorter path",
}

_DESCRIPTORS = ("/dev/fd/", "/dev/stderr", "/dev/stdout", "/proc/")


def write_report(path: str, pieces: Iterable[str]) -> None:
    """Replace the file *path* by *pieces* of text in UTF-8; a reader sees the old file or the new one, never a part.

    Missing parent folders are made. A link is followed. An existing file keeps its permission bits, a new one gets
    those of the umask. Streams (see `is_stream`) are written to in place.

    Raises:

        UsageError: It can not be written; what was there before is still there, unless it is a stream.
    """
    data = (piece.encode("utf-8", "backslashreplace") for piece in pieces)
    with _explained(path):
        if is_stream(path):
            with open(path, "ab") as stream:
                stream.writelines(data)
        else:
            _replace(os.path.realpath(path), data)


def write_placeholder(path: str, pieces: Iterable[str]) -> None:
    """`write_report` for the text that stands in a file until its run has ended; a stream could not take it back.

    Raises:

        UsageError: As `write_report`.
    """
    with _explained(path):
        stream = is_stream(path)
    if not stream:
        write_report(path, pieces)


def is_stream(path: str) -> bool:
    """Whether *path* is a device, a pipe or a descriptor such as /dev/stdout, which must not be replaced."""
    # Behind a descriptor's name there may be a regular file, which belongs to whoever opened it.
    if os.path.abspath(path).startswith(_DESCRIPTORS):
        return True
    try:
        mode = os.stat(path).st_mode
    except FileNotFoundError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))


@contextlib.contextmanager
def _explained(path: str) -> Iterator[None]:
    try:
        if not path:
            raise OSError(errno.ENOENT, "no file is named")
        if path.endswith("/"):
            raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
        yield
    except OSError as problem:
        cure = _CURES.get(problem.errno or 0, "name another file after `--report FORMAT=`")
        raise UsageError(f"report `{names.visible(path)}`: can not be written: {problem.strerror}", cure) from problem


def _replace(path: str, data: Iterable[bytes]) -> None:
    folder = os.path.dirname(path)
    os.makedirs(folder, exist_ok=True)
    mode = _present_mode(path)
    draft = os.path.join(folder, f".qualitygate-{secrets.token_hex(8)}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with open(descriptor, "wb") as stream:
            if mode is not None:
                os.fchmod(descriptor, mode)
            stream.writelines(data)
        os.replace(draft, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(draft)
        raise


def _present_mode(path: str) -> int | None:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    if stat.S_ISDIR(status.st_mode):
        raise OSError(errno.EISDIR, os.strerror(errno.EISDIR))
    return stat.S_IMODE(status.st_mode)
