"""The work tree as a source: what is on disk now, as far as git (or, without git, `.gitignore`) shows it."""

from __future__ import annotations

import dataclasses
import os
import re
import stat
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from qualitygate.errors import ConfigError, SourceError
from qualitygate.model.results import SourceInfo
from qualitygate.model.tree import Tree
from qualitygate.sources import git, walk
from qualitygate.sources.entries import Disk, Listing, some_of, sort_links
from qualitygate.sources.ignore import Exclusion, Patterns

_SUBMODULE = b"160000"


@dataclasses.dataclass(frozen=True)
class WorkTree:
    """The visible files below a project root, and what is known about their state."""

    tree: Tree
    info: SourceInfo
    root_prefix: str
    """Path of the root below git's top level, with a final slash, or empty."""
    warnings: tuple[str, ...]


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
    exclusion = _exclusion(exclude)
    top = git.find_top(root)
    if git.is_used(top):
        repository = git.Git(root, top)
        listing, untracked = _list_with_git(repository, exclusion, hidden)
        info = _info(repository, changed=untracked, warnings=listing.warnings)
        prefix = repository.prefix
    else:
        listing, info, prefix = walk.list_files(root, exclusion), SourceInfo(), ""
        listing.files[:] = [path for path in listing.files if path not in hidden]
    tree = _tree(root, listing, exclusion)
    if not tree.files and top is not None:
        listing.warnings.append(f"git shows no file below {root}; the repository's top is {top}")
    return WorkTree(tree, info, prefix, tuple(listing.warnings))


def _exclusion(exclude: Sequence[str]) -> Exclusion:
    patterns = Patterns(exclude)
    if patterns.errors:
        raise ConfigError([f"exclude: {line!r} is not a gitignore pattern" for line in patterns.errors])
    return Exclusion(patterns)


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


def _list_with_git(repository: git.Git, exclusion: Exclusion, hidden: Collection[str]) -> tuple[Listing, bool]:
    """The listing, and whether some of it is untracked."""
    done = repository.run(
        "ls-files", "-z", "-t", "--stage", "--cached", "--others", "--exclude-standard", "--", "."
    )
    if done.returncode != 0:
        raise repository.refusal("ls-files", done.stderr)
    _require_all_folders_listed(done.stderr, exclusion)
    listing = Listing()
    submodules: list[str] = []
    nested: list[str] = []
    not_checked_out = 0
    untracked = False
    disk = Disk(str(repository.root))
    for tag, mode, path in _records(done.stdout, hidden):
        if mode == _SUBMODULE:
            submodules.append(path)
        elif path.endswith("/"):
            nested.append(path)
        else:
            kind = disk.mode(path)
            not_checked_out += kind is None and tag == b"S"
            untracked = _add(listing, path, kind) and tag == b"?" or untracked
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


def _add(listing: Listing, path: str, kind: int | None) -> bool:
    """Put what is at *path* into the listing, unless it is gone or became a folder, whose files are listed too."""
    if kind is None or stat.S_ISDIR(kind):
        return False
    (listing.links if stat.S_ISLNK(kind) else listing.files).append(path)
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


def _info(repository: git.Git, changed: bool, warnings: list[str]) -> SourceInfo:
    """Commit and tree of HEAD, and whether the visible files below the root differ from it."""
    named = repository.run("rev-parse", "HEAD", "HEAD^{tree}")
    if named.returncode != 0:
        if repository.run("rev-parse", "-q", "--verify", "HEAD").returncode == 0:
            raise repository.refusal("rev-parse", named.stderr)
        return SourceInfo(dirty=True)  # no commit yet
    commit, tree = named.stdout.decode("ascii").split()
    dirty: bool | None = changed
    if not changed:
        # Not `diff --quiet`, which writes the index whatever GIT_OPTIONAL_LOCKS says (2.39).
        options = ("--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=all", "--no-renames")
        compared = repository.run("status", *options, "--", ".")
        dirty = bool(compared.stdout) if compared.returncode == 0 else None
        if dirty is None:
            said = os.fsdecode(compared.stderr).strip().splitlines() or ["no message"]
            warnings.append(f"git can not tell whether files differ from the commit: {said[-1]}")
    return SourceInfo(commit=commit, tree=tree, dirty=dirty)
