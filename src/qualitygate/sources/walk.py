"""The files of a project that is not under git: all below the root that its `.gitignore` files do not hide."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from qualitygate.errors import SourceError
from qualitygate.sources.entries import Listing
from qualitygate.sources.ignore import Exclusion, Patterns, read_patterns
from qualitygate.sources.read import read_bytes

VCS_FOLDERS = frozenset({".git", ".hg", ".svn", ".bzr", "_darcs", "CVS"})
"""Folders of version control systems."""

CACHE_FOLDERS = frozenset(
    {"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".nox", ".eggs", "node_modules"}
)
"""Folders that tools make and can make again. A folder with a `pyvenv.cfg` is a virtual environment: the third kind
that is not entered."""

_SKIPPED = VCS_FOLDERS | CACHE_FOLDERS

_Level = tuple[int, Patterns]
"""Patterns of a folder's `.gitignore`, and how many characters of a path below are that folder's."""


def list_files(root: Path, exclusion: Exclusion) -> Listing:
    """The regular files and links below *root*. Links to folders, FIFOs, sockets and devices are not entered or read.

    Raises:

        SourceError: A folder can not be listed, or a `.gitignore` can not be read.
    """
    listing = Listing()
    pending: list[tuple[str, tuple[_Level, ...]]] = [("", ())]
    while pending:
        folder, levels = pending.pop()
        prefix = f"{folder}/" if folder else ""
        entries = _entries(root, folder)
        if folder and "pyvenv.cfg" in entries:
            continue
        if ".gitignore" in entries:
            levels = (*levels, (len(prefix), _patterns(root, folder)))
        for name, entry in entries.items():
            path = prefix + name
            if not _is_ignored(path, entry.is_dir(follow_symlinks=False), levels):
                if _is_entered(entry, path, exclusion):
                    pending.append((path, levels))
                else:
                    _add(listing, entry, path)
    return listing


def _is_entered(entry: os.DirEntry[str], path: str, exclusion: Exclusion) -> bool:
    return entry.is_dir(follow_symlinks=False) and entry.name not in _SKIPPED and not exclusion.hides_folder(path)


def _add(listing: Listing, entry: os.DirEntry[str], path: str) -> None:
    if entry.is_symlink():
        listing.links.append(path)
    elif entry.is_file(follow_symlinks=False):
        listing.files.append(path)
        with contextlib.suppress(OSError):
            listing.states[path] = entry.stat(follow_symlinks=False)


def _entries(root: Path, folder: str) -> dict[str, os.DirEntry[str]]:
    """By name. A `.git` that is a file or a link is left out here: git never shows one."""
    try:
        with os.scandir(os.path.join(root, folder)) as entries:
            return {entry.name: entry for entry in entries if entry.name != ".git"}
    except OSError as error:
        raise SourceError(
            f"the folder {folder or root} can not be listed: {error.strerror}",
            "Give yourself the permission, or leave the folder out with `exclude` or .gitignore.",
        ) from None


def _patterns(root: Path, folder: str) -> Patterns:
    path = os.path.join(folder, ".gitignore")
    if os.path.islink(os.path.join(root, path)):  # git does not follow it either
        return Patterns(())
    try:
        return read_patterns(read_bytes(os.path.join(root, path)))
    except OSError as error:
        raise SourceError(
            f"{path} can not be read, so it is unknown which files it hides: {error.strerror}", "Make it readable."
        ) from None


def _is_ignored(path: str, is_folder: bool, levels: tuple[_Level, ...]) -> bool:
    for start, patterns in reversed(levels):
        decision = patterns.decide(path[start:], is_folder)
        if decision is not None:
            return decision
    return False
