"""Where this product keeps its own files, and which places it refuses."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Collection
from pathlib import Path

from qualitygate.errors import SourceError
from qualitygate.model.paths import below
from qualitygate.sources import git

FOLDER = ".qualitygate"
DATABASE = "cache.sqlite3"
LOCK = "cache.lock"
COMPANIONS = ("", "-wal", "-shm", "-journal")
"""What SQLite appends to the name for its own files; it takes what a log beside the database says as written."""


def folder(root: Path, given: Path | None = None) -> Path:
    """The folder for files of our own: *given*, else QUALITYGATE_CACHE_DIR, else `.qualitygate` in the root."""
    return given or Path(os.environ.get("QUALITYGATE_CACHE_DIR") or root / FOLDER)


def times_file(root: Path) -> str:
    """Name of the file with the times of the project's last run: several projects may share a folder."""
    project = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:16]
    return f"last-run-{project}.json"


def own_files(root: Path, given: Path | None = None) -> list[str]:
    """Our files below the project root, relative to it, which are none of the project's."""
    inside = below(os.path.realpath(root), os.path.realpath(folder(root, given)))
    if inside is None:
        return []
    files = (*(f"{DATABASE}{suffix}" for suffix in COMPANIONS), LOCK, times_file(root))
    return [os.path.normpath(f"{inside}/{name}") for name in files]


def prepare(place: Path) -> None:
    """Make the folder *place*; one with our own name, or with nothing in it, gets a `.gitignore` that hides it.

    Raises:

        OSError: It can not be made.
    """
    place.mkdir(parents=True, exist_ok=True)
    if place.name == FOLDER or not os.listdir(place):
        # "x" never writes through a link.
        with contextlib.suppress(FileExistsError):
            (place / ".gitignore").open("x").write("*\n")


def require_own(place: Path, root: Path, tracked: Collection[str] | None = None) -> None:
    """Refuse a cache that somebody else could have filled: one that came with the repository, or is a link.

    Args:

        root: The project root.

        tracked: Paths below the root that git tracks; None if they are not known.

    Raises:

        SourceError: The folder with our own name or the database is a link, or git tracks the database.
    """
    if place.name == FOLDER and place.is_symlink():
        raise _refusal(place, "is a link", "Remove the link")
    files = [place / f"{DATABASE}{suffix}" for suffix in COMPANIONS]
    for path in files:
        if path.is_symlink():
            raise _refusal(path, "is a link", "Remove the link")
    if any(path.exists() for path in files) and _is_tracked(place, root, tracked):
        command = f"git rm -r -f {FOLDER}" if place.name == FOLDER else f"git rm -f '{place.name}/{DATABASE}*'"
        raise _refusal(files[0], "is tracked by git", f"Run `{command}` in the folder above it and commit")


def _refusal(path: Path, what: str, cure: str) -> SourceError:
    return SourceError(
        f"the cache {path} {what}, so its content need not be this machine's own",
        f"{cure}, or run with --no-cache.",
    )


def _is_tracked(place: Path, root: Path, tracked: Collection[str] | None) -> bool:
    place = place.resolve()
    inside = below(os.path.realpath(root), place)
    top = git.find_top(place)
    if tracked is not None and inside is not None and top == git.find_top(root):
        # On a file system that does not tell cases apart, another spelling is the same file.
        names = {os.path.normpath(f"{inside}/{DATABASE}{suffix}").casefold() for suffix in COMPANIONS}
        longest = max(map(len, names))
        return any(len(path) <= longest and path.casefold() in names for path in tracked)
    if top is None or below(top / ".git", place) is not None:
        return False
    listed = git.Git(place, top).run("ls-files", "-z", "--", f":(icase){DATABASE}*")
    return bool(listed.stdout)
