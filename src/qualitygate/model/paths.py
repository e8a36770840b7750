"""Paths as text."""

from __future__ import annotations

import os


def below(root: str | os.PathLike[str], path: str | os.PathLike[str]) -> str | None:
    """*path* relative to *root*, with forward slashes, `.` for the root itself; None if it lies outside.

    Nothing is looked up on the disk: links are to be resolved before, where they matter.
    """
    relative = os.path.relpath(path, root)
    if relative == os.pardir or relative.startswith(os.pardir + os.sep):
        return None
    return relative.replace(os.sep, "/")
