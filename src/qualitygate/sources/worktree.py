"""The work tree as a source: what is on disk now, as far as git (or, without git, `.gitignore`) shows it."""

from __future__ import annotations

import os
import re
import stat
import subprocess  # nosec B404 - for a type
from collections.abc import Collection, Iterable, Iterator, Sequence
from pathlib import Path

from qualitygate.errors import SourceError
from qualitygate.model.results import SourceInfo
from qualitygate.model.tree import Tree
from qualitygate.sources import git, walk
from qualitygate.sources.entries import UNKNOWN, Disk, Listing, Unknown, some_of, sort_links
from qualitygate.sources.ignore import Exclusion, exclusion_of
from qualitygate.sources.read import read_bytes
from qualitygate.sources.source import Signature, Source

_SUBMODULE = b"160000"

_TICK = 2 * 10**9
"""Nanoseconds: the coarsest time stamps of a common file system (FAT)."""


class WorkTree(Source):
    """The visible files below a project root as they are on the disk."""

    on_disk = True

    def __init__(self, tree: Tree, info: SourceInfo, root_prefix: str, listing: Listing) -> None:
        self.tree = tree
        self.info = info
        self.root_prefix = root_prefix
        self.warnings = tuple(listing.warnings)
        self.tracked = listing.tracked
        self._states = listing.states
        self._prefix = os.path.join(tree.root, "")

    def signature(self, path: str) -> Signature | None:
        """Size, times in nanoseconds, inode and device of a regular file."""
        state = self._states.get(path)
        if state is None:  # a link, or in a folder that can not be searched
            return None
        return state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino, state.st_dev

    def is_settled(self, path: str, read_at: int) -> bool:
        """Whether the file's times lie so far back that another change would have other ones."""
        state = self._states.get(path)
        return state is not None and max(state.st_mtime_ns, state.st_ctime_ns) < read_at - _TICK

    def sizes(self, paths: Iterable[str]) -> dict[str, int]:
        """As they were listed; of a link, that of its target."""
        return {path: self._size(path) for path in paths}

    def _size(self, path: str) -> int:
        state = self._states.get(path)
        try:
            return os.stat(self._prefix + path).st_size if state is None else state.st_size
        except OSError:
            return 0

    def read(self, path: str) -> bytes:
        """As it is now."""
        return read_bytes(self._prefix + path)


def open_worktree(root: Path, exclude: Sequence[str] = (), hidden: Collection[str] = ()) -> WorkTree:
    """List what is to be seen below *root*.

    In a git work tree: tracked files and untracked ones that are not ignored, without deleted ones, submodules and
    nested repositories. Elsewhere: see `walk`.

    Args:

        root: The project root, an existing folder.

        exclude: gitignore patterns, relative to the root, that hide files in addition.

        hidden: Paths, relative to the root, of untracked files that are not the project's, such as reports.

    Raises:

        SourceError: git has the files but can not be asked, or a folder can not be listed.

        ConfigError: A line of *exclude* is no gitignore pattern.
    """
    root = root.resolve()
    exclusion = exclusion_of(exclude)
    top = git.find_top(root)
    if git.is_used(top):
        repository = git.Git(root, top)
        with repository.begin(*_STATUS) as status, repository.begin(*_LIST) as listed:
            head = repository.head()
            listing, untracked = _listing(repository, listed.result(), exclusion, hidden)
            info = _info(head, None if untracked else status, listing.warnings)
        prefix = repository.prefix
    else:
        listing, info, prefix = walk.list_files(root, exclusion), SourceInfo(), ""
        listing.files[:] = [path for path in listing.files if path not in hidden]
    tree = _tree(root, listing, exclusion)
    if not tree.files and top is not None:
        listing.warnings.append(f"git shows no file below {root}; the repository's top is {top}")
    return WorkTree(tree, info, prefix, listing)


def _tree(root: Path, listing: Listing, exclusion: Exclusion) -> Tree:
    links = [path for path in listing.links if not exclusion.hides(path)]
    file_links, folder_links, outside = sort_links(str(root), links)
    if outside:
        listing.warnings.append(
            f"not judged, because they are links to folders outside of the project root: {some_of(outside)}"
        )
    files = [path for path in listing.files if not exclusion.hides(path)]
    # Some tools look whether there is a `.git` folder. A clone has one, even where this work tree has a file.
    empty_folders = (".git",) if os.path.lexists(root / ".git") else ()
    return Tree(str(root), [*files, *file_links], folder_links, empty_folders)


_LIST = ("ls-files", "-z", "-t", "--stage", "--cached", "--others", "--exclude-standard", "--", ".")

# Not `diff --quiet`, which writes the index whatever GIT_OPTIONAL_LOCKS says (2.39).
_STATUS = (
    "status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=all", "--no-renames", "--", "."
)


def _listing(
    repository: git.Git, done: subprocess.CompletedProcess[bytes], exclusion: Exclusion, hidden: Collection[str]
) -> tuple[Listing, bool]:
    """What `_LIST` gave, and whether some of it is untracked."""
    if done.returncode != 0:
        raise repository.refusal("ls-files", done.stderr)
    _require_all_folders_listed(done.stderr, exclusion)
    listing = Listing()
    submodules: list[str] = []
    nested: list[str] = []
    not_checked_out = 0
    untracked = False
    disk = Disk(str(repository.root))
    tracked: list[str] = []
    for tag, mode, path in _records(done.stdout, hidden):
        if tag != b"?":
            tracked.append(path)
        if mode == _SUBMODULE:
            submodules.append(path)
        elif path.endswith("/"):
            nested.append(path)
        else:
            state = disk.state(path)
            not_checked_out += state is None and tag == b"S"
            untracked = _add(listing, path, state) and tag == b"?" or untracked
    listing.tracked = frozenset(tracked)
    _warn(listing, "not judged, because they are submodules", submodules, exclusion)
    _warn(listing, "not judged, because they are git repositories of their own", nested, exclusion)
    if not_checked_out:
        listing.warnings.append(f"{not_checked_out} tracked files are not judged: the checkout is sparse")
    return listing, untracked


def _records(output: bytes, hidden: Collection[str]) -> Iterator[tuple[bytes, bytes, str]]:
    """Tag, mode (empty for an untracked entry) and path of each entry of `git ls-files -z -t --stage --others`.

    Each path once: git lists an unmerged file once per side. Without the untracked entries that are *hidden*.
    """
    seen: set[str] = set()
    for tag, mode, path in _all_records(output):
        if path not in seen and not (tag == b"?" and path in hidden):
            seen.add(path)
            yield tag, mode, path


def _all_records(output: bytes) -> Iterator[tuple[bytes, bytes, str]]:
    for record in output.split(b"\0"):
        if record.startswith(b"? "):
            yield b"?", b"", os.fsdecode(record[2:])
        elif record:
            described, _, path = record.partition(b"\t")
            tag, mode, *_ = described.split(b" ")
            yield tag, mode, os.fsdecode(path)


def _add(listing: Listing, path: str, state: os.stat_result | None | Unknown) -> bool:
    """Put what is at *path* into the listing, unless it is gone or became a folder, whose files are listed too."""
    if state is None:
        return False
    if state is UNKNOWN:
        listing.files.append(path)
    elif stat.S_ISDIR(state.st_mode):
        return False
    elif stat.S_ISLNK(state.st_mode):
        listing.links.append(path)
    else:
        listing.files.append(path)
        listing.states[path] = state
    return True


def _warn(listing: Listing, sentence: str, paths: Sequence[str], exclusion: Exclusion) -> None:
    shown = [path.rstrip("/") for path in paths if not exclusion.hides_folder(path.rstrip("/"))]
    if shown:
        listing.warnings.append(f"{sentence}: {some_of(shown)}")


def _require_all_folders_listed(stderr: bytes, exclusion: Exclusion) -> None:
    """git only warns about an untracked folder that it can not list, and succeeds (2.39)."""
    for folder, reason in re.findall(r"could not open directory '(.*?)/?': (.*)", os.fsdecode(stderr)):
        if not exclusion.hides_folder(folder):
            raise SourceError(
                f"the folder {folder} can not be listed: {reason}",
                "Give yourself the permission, or leave the folder out with `exclude` or .gitignore.",
            )


def _info(head: tuple[str, str] | None, status: git.Begun | None, warnings: list[str]) -> SourceInfo:
    """Commit and tree of HEAD, and whether the visible files below the root differ from it.

    Args:

        status: `_STATUS`; None where it is known that files differ.
    """
    if head is None:
        return SourceInfo(dirty=True)  # no commit yet
    dirty: bool | None = True
    if status is not None:
        compared = status.result()
        dirty = bool(compared.stdout) if compared.returncode == 0 else None
        if dirty is None:
            said = os.fsdecode(compared.stderr).strip().splitlines() or ["no message"]
            warnings.append(f"git can not tell whether files differ from the commit: {said[-1]}")
    return SourceInfo(commit=head[0], tree=head[1], dirty=dirty)
