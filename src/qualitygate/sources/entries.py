"""What a listing of the work tree found, before it becomes a tree."""

from __future__ import annotations

import dataclasses
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


class Disk:
    """What is at a path of the work tree now, where no folder on the way may be a link."""

    def __init__(self, root: str) -> None:
        self._root = root
        self._folders: dict[str, bool] = {"": True}

    def mode(self, path: str) -> int | None:
        """`st_mode` of the entry itself; None if there is none. 0 if it can not be told."""
        return self._lstat(path) if self._is_folder(path.rpartition("/")[0]) else None

    def _lstat(self, path: str) -> int | None:
        try:
            return os.lstat(os.path.join(self._root, path)).st_mode
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            return 0

    def _is_folder(self, path: str) -> bool:
        unknown = []
        while path not in self._folders:
            unknown.append(path)
            path = path.rpartition("/")[0]
        known = self._folders[path]
        for folder in reversed(unknown):
            mode = self._lstat(folder) if known else None
            known = self._folders[folder] = mode is not None and (mode == 0 or stat.S_ISDIR(mode))
        return known
