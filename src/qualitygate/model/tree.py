"""The files that a tool may see, as a value that can be walked like a folder."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping


class Tree:
    """The visible files below a project root, walked with the semantics of `os.walk` and `os.path`.

    The tools' own discovery code runs over this instead of over the disk, so that it sees what git shows and
    nothing else. Paths are relative to the root; undecodable bytes are lone surrogates, as `os.fsdecode` gives them.

    Args:

        files: Paths of files and of links to anything but a folder.

        folder_links: Links to folders inside the root, with the folder's path. A walk does not enter them, as
            `os.walk` does not, but a path given by the user may.

        empty_folders: Folders that exist although they show no file, such as `.git` at the top of a clone.
    """

    def __init__(
        self,
        root: str,
        files: Iterable[str],
        folder_links: Mapping[str, str] | None = None,
        empty_folders: Iterable[str] = (),
    ) -> None:
        self.root = root
        self.files = tuple(sorted(files))
        self.folder_links = dict(folder_links or {})
        self.empty_folders = tuple(empty_folders)
        self._children: dict[str, tuple[list[str], list[str]]] | None = None

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return Tree, (self.root, self.files, self.folder_links, self.empty_folders)

    def __len__(self) -> int:
        return len(self.files)

    @property
    def children(self) -> dict[str, tuple[list[str], list[str]]]:
        """Folder path (`""` is the root) -> names of its folders and of its files, both sorted."""
        if self._children is None:
            self._children = _index(self)
        return self._children

    def relative(self, path: str) -> str | None:
        """*path* as a tool would spell it -> path below the root, `""` for the root, None outside of it."""
        if os.path.isabs(path):
            path = os.path.relpath(path, self.root)
        path = posixpath.normpath(path.replace(os.sep, "/"))
        if path == ".":
            return ""
        if path == ".." or path.startswith("../"):
            return None
        return self._through_links(path)

    def _through_links(self, path: str) -> str:
        for link, target in self.folder_links.items():
            if path == link or path.startswith(link + "/"):
                return posixpath.normpath(posixpath.join(target, path[len(link) + 1 :]))
        return path

    def isdir(self, path: str) -> bool:
        """Like `os.path.isdir`; for a path outside the root the disk is asked."""
        relative = self.relative(path)
        return os.path.isdir(path) if relative is None else relative in self.children

    def isfile(self, path: str) -> bool:
        """Like `os.path.isfile` for a readable file; a broken link is a file of the tree but not `isfile`."""
        relative = self.relative(path)
        if relative is None:
            return os.path.isfile(path)
        return self.shows(relative) and os.path.isfile(os.path.join(self.root, relative))

    def exists(self, path: str) -> bool:
        """Like `os.path.exists`."""
        return self.isdir(path) or self.isfile(path)

    def shows(self, relative: str) -> bool:
        """Whether *relative* (from the root) is one of the files, a broken link included."""
        folder, _, name = relative.rpartition("/")
        _, files = self.children.get(folder, ([], []))
        return name in files

    def walk(
        self, top: str, topdown: bool = True, onerror: object = None, followlinks: bool = False
    ) -> Iterator[tuple[str, list[str], list[str]]]:
        """Like `os.walk(top)`: path strings start with *top* as given; changing the folder list prunes the walk."""
        relative = self.relative(top)
        if relative is None or relative not in self.children:
            return
        folders, files = self.children[relative]
        folders, files = list(folders), list(files)
        yield top, folders, files
        for name in folders:
            if f"{relative}/{name}".lstrip("/") not in self.folder_links:
                yield from self.walk(os.path.join(top, name))


def _index(tree: Tree) -> dict[str, tuple[list[str], list[str]]]:
    folders: dict[str, set[str]] = {"": set()}
    files: dict[str, list[str]] = {}

    def add_folder(path: str) -> None:
        while path and path not in folders:
            folders[path] = set()
            parent, _, name = path.rpartition("/")
            folders.setdefault(parent, set()) if not parent else add_folder(parent)
            folders[parent].add(name)
            path = parent

    for path in tree.files:
        folder, _, name = path.rpartition("/")
        add_folder(folder)
        files.setdefault(folder, []).append(name)
    for path in tree.empty_folders:
        add_folder(path)
    for path in tree.folder_links:
        folder, _, name = path.rpartition("/")
        add_folder(folder)
        folders[folder].add(name)
    return {path: (sorted(names), files.get(path, [])) for path, names in folders.items()}
