"""Reading one file of the work tree, which may have become anything since it was listed."""

from __future__ import annotations

import errno
import os
import stat

_KINDS = {
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFDIR: "a folder",
}


def read_bytes(path: str) -> bytes:
    """The content of the regular file at *path*, links followed. Never waits for a writer.

    Raises:

        OSError: It can not be read, or is not a regular file; the message says what it is. The error's `filename`
            is *path* as given.
    """
    # Opening a device can have effects and opening a socket fails obscurely, so look first; the second look is for
    # a name that was replaced in between, and O_NONBLOCK for a FIFO that came in between.
    _require_regular(os.stat(path), path)
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    with open(descriptor, "rb") as stream:
        _require_regular(os.fstat(descriptor), path)
        return stream.read()


def _require_regular(status: os.stat_result, path: str) -> None:
    kind = stat.S_IFMT(status.st_mode)
    if kind != stat.S_IFREG:
        number = errno.EISDIR if kind == stat.S_IFDIR else errno.EINVAL
        raise OSError(number, f"{_KINDS.get(kind, 'a special file')}, not a regular file", path)
