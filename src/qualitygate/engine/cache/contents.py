"""Digests of a source's files, remembered so that an unchanged file need not be read.

A file counts as unchanged while its signature (for the work tree size, times, inode and device) is the one under which
it was read. As in git's index, a time stamp proves nothing where the file could have been written again within the
same tick of the clock: such a file is read again (git's documentation calls this "racy git").
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Iterable

import msgspec

from qualitygate.model import names
from qualitygate.sources.source import Signature, Source


class _Known(msgspec.Struct, array_like=True, frozen=True):
    """What was found out by reading a file."""

    signature: list[int | str]
    """Empty where it would prove nothing."""
    digest: bytes
    script: bool
    """Whether it begins with `#!`."""


class _Index(msgspec.Struct, array_like=True):
    host: str
    files: dict[str, _Known]


_DECODER = msgspec.msgpack.Decoder(_Index)


class Contents:
    """What is in the files of one source.

    Args:

        source: The files.

        remembered: What `encode` gave for an earlier state of them, perhaps of another machine, or nothing.

        trusted: Whether signatures prove anything; in CI a checkout or a restored cache may set any time.
    """

    def __init__(self, source: Source, remembered: bytes | None, trusted: bool) -> None:
        self._source = source
        self._trusted = trusted
        self._files: dict[str, _Known | None] = {}
        self._before: dict[str, _Known] = {}
        self.changed = False
        """Whether there is something new to remember."""
        if remembered is not None and trusted:
            try:
                index = _DECODER.decode(remembered)
            except msgspec.MsgspecError:
                return
            if index.host == host():
                self._before = index.files

    def learn(self, paths: Iterable[str]) -> None:
        """Find out the digests of *paths*, reading those that are not known to be unchanged."""
        unknown = []
        for path in paths:
            if path in self._files:
                continue
            known = self._before.get(path)
            if known is not None and _same(known.signature, self._source.signature(path)):
                self._files[path] = known
            else:
                unknown.append(path)
        began = time.time_ns()
        for path, data in self._source.read_many(unknown):
            if isinstance(data, OSError):
                self._files[path] = None
                continue
            signature = self._source.signature(path) if self._source.is_settled(path, began) else None
            known = _Known(list(signature or ()), content_digest(data), data.startswith(b"#!"))
            self._files[path] = known
            self.changed = self.changed or known != self._before.get(path)

    def digest(self, path: str) -> bytes | None:
        """Of the content of *path*; None if it can not be read."""
        if path not in self._files:
            self.learn([path])
        known = self._files[path]
        return None if known is None else known.digest

    def before(self, path: str) -> bytes | None:
        """The digest that was remembered."""
        known = self._before.get(path)
        return None if known is None else known.digest

    def scripts(self, paths: Iterable[str]) -> bytes:
        """A digest over those of *paths* that begin with `#!`, by name and content."""
        paths = list(paths)
        self.learn(paths)
        text = hashlib.sha256()
        for path in paths:
            known = self._files[path]
            if known is not None and known.script:
                text.update(os.fsencode(path) + b"\0" + known.digest)
        return text.digest()

    def is_script(self, path: str) -> bool:
        """Whether the file begins with `#!`."""
        self.learn([path])
        known = self._files[path]
        return known is not None and known.script

    def encode(self) -> bytes:
        """What is worth remembering, of files that are still there."""
        kept = {path: known for path, known in self._before.items() if self._source.tree.shows(path)}
        kept |= {path: known for path, known in self._files.items() if known is not None}
        try:
            return msgspec.msgpack.encode(_Index(host(), kept))
        except UnicodeEncodeError:  # names that are not UTF-8: their files are read each time
            kept = {path: known for path, known in kept.items() if names.is_text(path)}
            return msgspec.msgpack.encode(_Index(host(), kept))


def content_digest(data: bytes) -> bytes:
    """Identifies the content of a file."""
    return hashlib.sha256(data).digest()


def host() -> str:
    """Identifies this machine: time stamps and inodes mean nothing on another."""
    try:
        with open("/etc/machine-id", encoding="ascii") as stream:
            machine = stream.read().strip()
    except (OSError, UnicodeError):
        machine = ""
    return f"{os.uname().nodename} {machine}"


def _same(known: list[int | str], signature: Signature | None) -> bool:
    return bool(known) and signature is not None and known == list(signature)
