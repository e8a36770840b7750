"""Whether the paths that a configuration or a command line names are there."""

from __future__ import annotations

import os
from collections.abc import Sequence

from qualitygate.model.tree import Tree


def missing_paths(tree: Tree, paths: Sequence[str]) -> list[str]:
    """One sentence for each of *paths* (relative to the root, or absolute) at which the tree shows nothing."""
    return [sentence for path in paths if (sentence := _missing(tree, path))]


def _missing(tree: Tree, path: str) -> str:
    if not path:
        return "'': a path must not be empty; '.' is the project root"
    relative = tree.relative(path)
    if relative is None:
        return f"{path!r} lies outside of the project root {tree.root}"
    if tree.shows(relative) or relative in tree.children:
        return ""
    return _unshown(tree, path, relative)


def _unshown(tree: Tree, path: str, relative: str) -> str:
    """Why there is nothing at *path*, by what is on the disk."""
    on_disk = os.path.join(tree.root, relative)
    if os.path.islink(on_disk) and os.path.isdir(on_disk):
        return f"{path!r} is a link to a folder outside of the project root"
    if os.path.isdir(on_disk):
        return f"{path!r} shows no file: everything in it is ignored or excluded, or it is empty or a submodule"
    if os.path.lexists(on_disk):
        return f"{path!r} is there but not shown: it is ignored or excluded, or not a regular file"
    hint = _nearest(tree, relative)
    return f"{path!r}: no such file or folder" + (f"; did you mean {hint!r}?" if hint else "")


def _nearest(tree: Tree, relative: str) -> str:
    """The visible path most like *relative*: next to it, or else at the first folder of it that is missing."""
    import difflib

    done, parts = "", relative.split("/")
    while parts and (inner := f"{done}/{parts[0]}".lstrip("/")) in tree.children:
        done = inner
        del parts[0]
    folders, files = tree.children[done]
    candidates = folders + files if len(parts) == 1 else folders
    close = difflib.get_close_matches(parts[0], candidates, n=1)
    return "/".join(filter(None, (done, *close, *parts[1:]))) if close else ""
