"""The entries of an index or a commit, and where its symbolic links lead, told without a disk."""

from __future__ import annotations

import errno
import functools
import os
import posixpath
from collections.abc import Callable, Iterable, Iterator
from typing import Literal, NamedTuple

LINK, SUBMODULE = "120000", "160000"

_MOST_LINKS = 40
"""How many links a path may lead through, as in Linux (path_resolution(7))."""


class Entry(NamedTuple):
    """What git stores about a path."""

    mode: str
    """Octal: a regular file unless it is `LINK` or `SUBMODULE`."""
    oid: str


class Place(NamedTuple):
    """Where a path leads."""

    kind: Literal["file", "folder", "outside"]
    path: str
    """Relative to the repository's top (`""` is the top); absolute if outside of it."""


class Entries:
    """All entries of a repository's index or commit, by their path from its top.

    Args:

        top: Absolute path of the top on the disk; a link that spells it out leads into the repository.

        read_many: Gives the contents of blobs.
    """

    def __init__(
        self, top: str, entries: dict[str, Entry], read_many: Callable[[Iterable[str]], Iterator[bytes]]
    ) -> None:
        self._top = top
        self._entries = entries
        self._read_many = read_many

    def follow(self, path: str) -> Place:
        """Where *path* (from the top, or absolute) leads when links are followed, also those in its middle.

        Raises:

            OSError: Nowhere: as the system says it of such a path.
        """
        way = _Way(self._top, path)
        while way.ahead:
            name = way.ahead.pop()
            if name == "..":
                way.go_up()
            elif name not in ("", "."):
                way.done.append(name)
                self._arrive(way)
        if way.outside is not None:
            return Place("outside", way.outside)
        place = "/".join(way.done)
        entry = self._entries.get(place)
        return Place("folder" if entry is None or entry.mode == SUBMODULE else "file", place)

    def _arrive(self, way: _Way) -> None:
        """See what is at the path that is done so far."""
        path = "/".join(way.done)
        entry = self._entries.get(path)
        if entry is None:
            if path not in self._folders:
                raise way.error(errno.ENOENT)
        elif entry.mode == LINK:
            way.enter(self._texts[path])
        elif entry.mode != SUBMODULE and way.ahead:
            raise way.error(errno.ENOTDIR)

    @functools.cached_property
    def _folders(self) -> frozenset[str]:
        folders = {""}
        for path in self._entries:
            folder = path.rpartition("/")[0]
            while folder not in folders:
                folders.add(folder)
                folder = folder.rpartition("/")[0]
        return frozenset(folders)

    @functools.cached_property
    def _texts(self) -> dict[str, str]:
        """What each link says."""
        links = {path: entry.oid for path, entry in self._entries.items() if entry.mode == LINK}
        return {path: os.fsdecode(text) for path, text in zip(links, self._read_many(links.values()), strict=True)}


class _Way:
    """A path while it is being followed."""

    def __init__(self, top: str, path: str) -> None:
        self.done: list[str] = []
        """Names from the top."""
        self.ahead: list[str] = []
        """Names that come after these, the last one first."""
        self.outside: str | None = None
        """Set once the path leaves the repository: where it leads."""
        self._top = top
        self._given = path
        self._links = 0
        self._go(path)

    def go_up(self) -> None:
        """Leave the last folder, or the repository."""
        if self.done:
            self.done.pop()
        else:
            self._go(posixpath.dirname(self._top))

    def enter(self, text: str) -> None:
        """Go where the link leads that was reached last."""
        self._links += 1
        if self._links > _MOST_LINKS:
            raise self.error(errno.ELOOP)
        if not text:
            raise self.error(errno.ENOENT)
        self.done.pop()
        self._go(text)

    def error(self, number: int) -> OSError:
        """The error about the path as it was given."""
        return OSError(number, os.strerror(number), self._given)

    def _go(self, path: str) -> None:
        """Put *path* ahead of what is ahead. If it is absolute, it says where that is, in the repository or not."""
        self.ahead += path.split("/")[::-1]
        if not path.startswith("/"):
            return
        # Two slashes in front, and only two, would be a place of their own to `normpath`.
        path, prefix = "/" + "/".join(reversed(self.ahead)).lstrip("/"), self._top.rstrip("/") + "/"
        if not f"{path}/".startswith(prefix):
            path = posixpath.normpath(path)
        self.done, self.ahead = [], []
        if f"{path}/".startswith(prefix):
            self.ahead = f"{path}/".removeprefix(prefix).removesuffix("/").split("/")[::-1]
        else:
            self.outside = path
