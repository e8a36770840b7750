"""Whether the paths that a configuration or a command line names are there."""

from __future__ import annotations

import os
from collections.abc import Sequence

from qualitygate.model.tree import Stored, Tree


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
    said = _unshown_on_disk(tree, path, relative) if tree.stored is None else _unshown(tree.stored, path, relative)
    if said:
        return said
    where = "" if tree.stored is None else f" in {tree.stored.place}"
    hint = _nearest(tree, relative)
    return f"{path!r}: no such file or folder{where}" + (f"; did you mean {hint!r}?" if hint else "")


def _unshown(stored: Stored, path: str, relative: str) -> str:
    """Why what is at *path* is not shown, by what the source said; empty if there is nothing."""
    for place, reason in stored.unshown.items():
        if place == relative:
            return f"{path!r} is not shown: it is {reason}"
        if relative.startswith(f"{place}/"):
            return f"{path!r} is not shown: {place} is {reason}"
        if place.startswith(f"{relative}/"):
            return f"{path!r} shows no file: {place} is {reason}"
    return ""


def _unshown_on_disk(tree: Tree, path: str, relative: str) -> str:
    """The same by what is on the disk."""
    on_disk = os.path.join(tree.root, relative)
    if os.path.islink(on_disk) and os.path.isdir(on_disk):
        return f"{path!r} is a link to a folder outside of the project root"
    if os.path.isdir(on_disk):
        return f"{path!r} shows no file: everything in it is ignored or excluded, or it is empty or a submodule"
    if os.path.lexists(on_disk):
        return f"{path!r} is there but not shown: it is ignored or excluded, or not a regular file"
    return ""


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
