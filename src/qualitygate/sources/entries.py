"""What a listing of the work tree found, before it becomes a tree."""

from __future__ import annotations

import dataclasses
import enum
import os
import stat
from collections.abc import Sequence

from qualitygate.model.paths import below

_NAMED = 5
"""How many names a warning gives before it counts the rest."""


@dataclasses.dataclass
class Listing:
    """Paths relative to the root, in any order."""

    files: list[str] = dataclasses.field(default_factory=list)
    links: list[str] = dataclasses.field(default_factory=list)
    """Symbolic links, to whatever."""
    states: dict[str, os.stat_result] = dataclasses.field(default_factory=dict)
    """Of the files, as they were listed."""
    tracked: frozenset[str] | None = None
    """Paths that git tracks, where it was asked."""
    warnings: list[str] = dataclasses.field(default_factory=list)


def sort_links(root: str, links: Sequence[str]) -> tuple[list[str], dict[str, str], list[str]]:
    """Tell links to folders from others.

    Returns:

        The links that are files of the tree (to a file, broken, or in a loop); those to folders inside *root* with
        the folder's real path relative to it; those to folders outside of it.
    """
    files, folders, outside = [], {}, []
    real_root = os.path.realpath(root)
    for link in links:
        path = os.path.join(root, link)
        if not os.path.isdir(path):
            files.append(link)
            continue
        target = below(real_root, os.path.realpath(path))
        if target is None:
            outside.append(link)
        else:
            folders[link] = "" if target == os.curdir else target
    return files, folders, outside


def some_of(names: Sequence[str]) -> str:
    """The first few of *names* for a message."""
    shown = ", ".join(sorted(names)[:_NAMED])
    return shown if len(names) <= _NAMED else f"{shown} and {len(names) - _NAMED} more"


class Unknown(enum.Enum):
    """What is at a path whose folder can not be searched."""

    UNKNOWN = 0


UNKNOWN = Unknown.UNKNOWN


class Disk:
    """What is at a path of the work tree now, where no folder on the way may be a link."""

    def __init__(self, root: str) -> None:
        self._prefix = os.path.join(root, "")
        self._folders: dict[str, bool] = {"": True}

    def state(self, path: str) -> os.stat_result | None | Unknown:
        """`lstat` of the entry itself; None if there is none, UNKNOWN if it can not be told."""
        return self._lstat(path) if self._is_folder(path.rpartition("/")[0]) else None

    def _lstat(self, path: str) -> os.stat_result | None | Unknown:
        try:
            return os.lstat(self._prefix + path)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            return UNKNOWN

    def _is_folder(self, path: str) -> bool:
        unknown = []
        while path not in self._folders:
            unknown.append(path)
            path = path.rpartition("/")[0]
        known = self._folders[path]
        for folder in reversed(unknown):
            state = self._lstat(folder) if known else None
            known = state is UNKNOWN or (isinstance(state, os.stat_result) and stat.S_ISDIR(state.st_mode))
            self._folders[folder] = known
        return known
