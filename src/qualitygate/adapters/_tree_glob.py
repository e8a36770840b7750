"""`glob.iglob` over a tree instead of over the disk. Compared with CPython 3.11, 3.12 and 3.13."""

from __future__ import annotations

import fnmatch
import glob
import os
from collections.abc import Iterator

from qualitygate.model.paths import below
from qualitygate.plugin import Tree


class TreeGlob:
    """Stands for the module `glob` where a tool asks for visible files and folders only.

    Outside of the root nothing is there but the folders that lead to it.
    """

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def iglob(self, pattern: str) -> Iterator[str]:
        """Like `glob.iglob(pattern)`: no hidden names unless asked for, and `**` means `*`. In no order."""
        return self._matching(pattern, folders_only=False)

    def _matching(self, pattern: str, folders_only: bool) -> Iterator[str]:
        if not glob.has_magic(pattern):
            if self._is_folder(pattern) if pattern.endswith("/") else self._exists(pattern):
                yield pattern
            return
        folder, name = os.path.split(pattern)
        folders = self._matching(folder, folders_only=True) if glob.has_magic(folder) else iter((folder,))
        for place in folders:
            for found in self._in(place, name, folders_only):
                yield os.path.join(place, found)

    def _in(self, folder: str, name: str, folders_only: bool) -> list[str]:
        """The *name* itself, or if it is a pattern all that match it."""
        if not name:
            return [name] if self._is_folder(folder) else []
        if not glob.has_magic(name):
            return [name] if self._exists(os.path.join(folder, name)) else []
        names = self._names(folder, folders_only)
        return fnmatch.filter((each for each in names if name.startswith(".") or not each.startswith(".")), name)

    def _names(self, folder: str, folders_only: bool) -> list[str]:
        folder = folder or "."
        if not self._is_folder(folder):
            return []
        relative = self._tree.relative(folder)
        if relative is None:  # a folder that leads to the root
            return [os.path.relpath(self._tree.root, self._outside(folder)).partition("/")[0]]
        folders, files = self._tree.children[relative]
        return [*folders] if folders_only else [*folders, *files]

    def _exists(self, path: str) -> bool:
        """Like `os.path.lexists`."""
        above = os.path.split(path.rstrip("/"))[0]
        if above not in ("", path) and not self._is_folder(above):
            return False
        relative = self._tree.relative(path) if path else None
        return self._is_folder(path) or (relative is not None and self._tree.shows(relative) and path[-1] != "/")

    def _is_folder(self, path: str) -> bool:
        above = os.path.split(path.rstrip("/"))[0]
        if above not in ("", path) and not self._is_folder(above):
            return False
        relative = self._tree.relative(path) if path else None
        if relative is not None:
            return relative in self._tree.children
        return bool(path) and below(self._outside(path), self._tree.root) is not None

    def _outside(self, path: str) -> str:
        """The absolute path of one that leads out of the tree, perhaps through links in it."""
        names = path.split("/")
        for count in range(len(names), 0, -1):
            relative = self._tree.relative("/".join(names[:count]) or "/")
            if relative is not None:
                return os.path.normpath(os.path.join(self._tree.root, relative, *names[count:]))
        return os.path.normpath(os.path.join(self._tree.root, path))
