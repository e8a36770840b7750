"""The files that a tool may see, as a value that can be walked like a folder."""

from __future__ import annotations

import dataclasses
import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping


@dataclasses.dataclass(frozen=True)
class Stored:
    """What a tree must know of files that are not those on the disk, because the disk can not be asked about them."""

    place: str
    """Where they are, as in "no such file in PLACE"."""
    broken: frozenset[str] = frozenset()
    """Those of the tree's files that are links to nothing."""
    unshown: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Files and folders that are there but not in the tree, with the reason, as in "it is REASON". A folder stands
    for all that is in it."""


class Tree:
    """The visible files below a project root, walked with the semantics of `os.walk` and `os.path`.

    The tools' own discovery code runs over this instead of over the disk, so that it sees what git shows and
    nothing else. Paths are relative to the root; undecodable bytes are lone surrogates, as `os.fsdecode` gives them.
    As with `os.path`, a relative path means something only where the root is the current folder.

    Args:

        files: Paths of files and of links to anything but a folder.

        folder_links: Links to folders inside the root, with the folder's real path (`""` is the root). A walk does
            not enter them, as `os.walk` does not, but a path given by the user may.

        empty_folders: Folders that exist although they show no file, such as `.git` at the top of a clone.

        stored: Given if the files are not those that the disk has below the root, which is then never asked.
    """

    def __init__(
        self,
        root: str,
        files: Iterable[str],
        folder_links: Mapping[str, str] | None = None,
        empty_folders: Iterable[str] = (),
        stored: Stored | None = None,
    ) -> None:
        self.root = root
        self.files = tuple(sorted(files))
        self.folder_links = dict(folder_links or {})
        self.empty_folders = tuple(empty_folders)
        self.stored = stored
        self._file_set = frozenset(self.files)
        self._children: dict[str, tuple[list[str], list[str]]] | None = None

    def __reduce__(self) -> tuple[type, tuple[object, ...]]:
        return Tree, (self.root, self.files, self.folder_links, self.empty_folders, self.stored)

    def at(self, root: str) -> Tree:
        """The same files below another root."""
        return self if root == self.root else Tree(root, *self.__reduce__()[1][1:])  # type: ignore[arg-type]

    def __len__(self) -> int:
        return len(self.files)

    @property
    def children(self) -> dict[str, tuple[list[str], list[str]]]:
        """Folder path (`""` is the root) -> names of its folders and of its files, both sorted."""
        if self._children is None:
            self._children = _index(self)
        return self._children

    def relative(self, path: str) -> str | None:
        """*path* as a tool would spell it -> path below the root, `""` for the root, None outside of it.

        Links to folders are followed. A path that the tree does not hold is cleaned as text.
        """
        plain = path[2:] if path.startswith("./") else path
        if plain in self._file_set:
            return plain
        return self._resolve(path)

    def _resolve(self, path: str) -> str | None:
        if os.path.isabs(path):
            inside = _below(self.root, path)
            if inside is None:
                return None
            path = inside
        parts: list[str] = []
        names = path.split("/")
        for place, name in enumerate(names, start=1):
            if name == "..":
                if not parts:  # up from the root, and perhaps back into it
                    return self._resolve("/".join([os.path.dirname(self.root).rstrip("/"), *names[place:]]))
                parts.pop()
            elif name not in ("", "."):
                parts.append(name)
                target = self.folder_links.get("/".join(parts)) if self.folder_links else None
                if target is not None:
                    parts = target.split("/") if target else []
        return "/".join(parts)

    def isdir(self, path: str) -> bool:
        """Like `os.path.isdir`; for a path outside the root the disk is asked."""
        if not path:
            return False
        relative = self.relative(path)
        return os.path.isdir(path) if relative is None else relative in self.children

    def isfile(self, path: str) -> bool:
        """Like `os.path.isfile`: a broken link is no file. The disk says what is behind it, if the files are there."""
        relative = self.relative(path)
        if relative is None:
            return os.path.isfile(path)
        shown = relative in self._file_set and not path.endswith(("/", "/."))
        if self.stored is not None:
            return shown and relative not in self.stored.broken
        return shown and os.path.isfile(os.path.join(self.root, relative))

    def exists(self, path: str) -> bool:
        """Like `os.path.exists`, which is false for a broken link, for all but FIFOs, sockets and devices."""
        return self.isdir(path) or self.isfile(path)

    def shows(self, relative: str) -> bool:
        """Whether *relative* (from the root) is one of the files, a broken link included."""
        return relative in self._file_set

    def walk(
        self, top: str, topdown: bool = True, onerror: object = None, followlinks: bool = False
    ) -> Iterator[tuple[str, list[str], list[str]]]:
        """Like `os.walk(top)`: path strings start with *top* as given; changing the folder list prunes the walk.

        A folder that does not exist gives nothing, and *onerror* is never called.

        Raises:

            NotImplementedError: For `topdown=False` and `followlinks=True`, which no supported tool uses.
        """
        if not topdown or followlinks:
            raise NotImplementedError("Tree.walk goes top-down and does not follow links")
        relative = self.relative(top) if top else None
        return iter(()) if relative is None else self._walk(top, relative)

    def _walk(self, top: str, relative: str) -> Iterator[tuple[str, list[str], list[str]]]:
        pending = [(top, relative)]
        while pending:
            spelled, folder = pending.pop()
            if folder not in self.children:
                continue
            folders, files = (list(names) for names in self.children[folder])
            yield spelled, folders, files
            for name in reversed(folders):
                below = f"{folder}/{name}" if folder else name
                if below not in self.folder_links:
                    pending.append((os.path.join(spelled, name), below))


def _below(root: str, path: str) -> str | None:
    """The absolute *path* without *root*, its links and dots untouched where possible; None outside of it."""
    prefix = root.rstrip("/") + "/"
    if path.startswith(prefix):
        return path.removeprefix(prefix)
    path = posixpath.normpath(path)
    if path == root:
        return ""
    return path.removeprefix(prefix) if path.startswith(prefix) else None


def _index(tree: Tree) -> dict[str, tuple[list[str], list[str]]]:
    folders: dict[str, set[str]] = {"": set()}
    files: dict[str, list[str]] = {}
    entries: list[tuple[str, str]] = []

    def add_folder(path: str) -> None:
        while path not in folders:
            folders[path] = set()
            parent, _, name = path.rpartition("/")
            entries.append((parent, name))
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
        entries.append((folder, name))
    for folder, name in entries:
        folders[folder].add(name)
    return {path: (sorted(names), files.get(path, [])) for path, names in folders.items()}
