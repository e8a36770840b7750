"""What git's index or a commit holds, all of it, listed once: a run reads both its policy and its files from that."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from qualitygate.errors import SourceError
from qualitygate.model.paths import below
from qualitygate.model.results import SourceInfo
from qualitygate.sources import git
from qualitygate.sources.entries import some_of
from qualitygate.sources.stored import Entry

# By the length of an object id: what is known of SHA-1 and SHA-256 repositories before any object is read.
_EMPTY_BLOB = {
    40: "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    64: "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
}
_EMPTY_TREE = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    64: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}


@dataclasses.dataclass(frozen=True)
class Recorded:
    """The entries of a repository's index or commit."""

    repository: git.Git
    """Its commands run at the top of the work tree."""
    info: SourceInfo
    entries: dict[str, Entry]
    """By path from the top."""
    added: Sequence[str] = ()
    """Paths that were added to the index by name only."""
    warnings: Sequence[str] = ()

    @property
    def top(self) -> Path:
        """Top of the work tree, absolute and without links."""
        return self.repository.root

    def prefix(self, folder: Path) -> str:
        """Path of *folder*, which must have no links, from the top, with a final slash; empty for the top.

        Raises:

            SourceError: It is outside of the work tree.
        """
        path = below(self.top, folder)
        if path is None:
            raise SourceError(f"{folder} lies outside of the git repository of {self.top}", "Name a folder in it.")
        return "" if path == os.curdir else f"{path}/"


def list_index(folder: Path) -> Recorded:
    """What the next commit would hold. `GIT_INDEX_FILE` is honoured; nothing is written.

    Args:

        folder: Any in a git work tree.

    Raises:

        SourceError: git can not be asked, or there are conflicts.
    """
    repository = _repository(folder)
    entries = _index_entries(repository)
    added = _only_names(repository, entries)
    for path in added:
        del entries[path]
    warnings: list[str] = []
    info = _index_info(repository, warnings)
    return Recorded(repository, info, entries, added, warnings)


def list_commit(folder: Path, ref: str) -> Recorded:
    """What a commit holds.

    Args:

        folder: Any in a git work tree.

        ref: Names the commit, as git understands it.

    Raises:

        SourceError: git can not be asked, or *ref* names no commit.
    """
    repository = _repository(folder)
    commit = _commit(repository, ref)
    tree = repository.ask("rev-parse", f"{commit}^{{tree}}").decode("ascii").strip()
    entries: dict[str, Entry] = {}
    for described, path in _records(repository.ask("ls-tree", "-r", "-z", "--full-tree", commit)):
        mode, _, oid = described.split(" ")
        entries[path] = Entry(mode, oid)
    return Recorded(repository, SourceInfo(kind="commit", commit=commit, tree=tree, dirty=False), entries)


def _repository(folder: Path) -> git.Git:
    folder = folder.resolve()
    top = git.find_top(folder)
    if not git.is_used(top):
        raise SourceError(
            f"{folder} is not in a git repository", "Run in a checkout of one, or judge the files that are on the disk."
        )
    repository = git.Git(top or folder, top)
    above = repository.prefix.rstrip("/")
    return git.Git(Path(str(repository.root).removesuffix(above)), top) if above else repository


def _records(output: bytes) -> Iterator[tuple[str, str]]:
    """What stands before and behind the tab, in each record of `ls-files --stage -z` or `ls-tree -z`."""
    for record in os.fsdecode(output).split("\0"):
        if record:
            described, _, path = record.partition("\t")
            yield described, path


def _index_entries(repository: git.Git) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    unmerged: dict[str, None] = {}
    for described, path in _records(repository.ask("ls-files", "-z", "--stage")):
        mode, oid, stage = described.split(" ")
        entries[path] = Entry(mode, oid)
        if stage != "0":
            unmerged[path] = None
    if unmerged:
        raise SourceError(
            f"the index has unresolved conflicts: {some_of(list(unmerged))}",
            "Resolve the conflicts and `git add` the files.",
        )
    return entries


def _only_names(repository: git.Git, entries: Mapping[str, Entry]) -> list[str]:
    """The entries made by `git add -N`, which stand for an empty file and will not be in the next commit."""
    suspects = {path for path, entry in entries.items() if entry.oid == _EMPTY_BLOB[len(entry.oid)]}
    if not suspects:
        return []
    nothing = _EMPTY_TREE[len(entries[next(iter(suspects))].oid)]
    listed = repository.ask("diff-index", *_DIFF, "--name-only", "-z", nothing, "--")
    return sorted(suspects.difference(os.fsdecode(listed).split("\0")))


_DIFF = ("--cached", "--ita-invisible-in-index", "--no-renames", "--no-ext-diff", "--ignore-submodules=none")
"""Compare the index as the next commit would hold it, whatever the configuration leaves out."""


def _index_info(repository: git.Git, warnings: list[str]) -> SourceInfo:
    head = repository.head()
    if head is None:
        return SourceInfo(kind="index", dirty=True)
    commit, tree = head
    compared = repository.run("diff-index", *_DIFF, "--quiet", commit, "--")
    if compared.returncode == 0:
        return SourceInfo(kind="index", commit=commit, tree=tree, dirty=False)
    if compared.returncode != 1:
        said = os.fsdecode(compared.stderr).strip().splitlines() or ["no message"]
        warnings.append(f"git can not tell whether the index differs from the commit: {said[-1]}")
    return SourceInfo(kind="index", commit=commit, dirty=True if compared.returncode == 1 else None)


def _commit(repository: git.Git, ref: str) -> str:
    """The id of the commit that *ref* names."""
    if ref and "\0" not in ref:
        named = repository.run("rev-parse", "--verify", "-q", "--end-of-options", f"{ref}^{{commit}}")
        oid = named.stdout.decode("ascii", "replace").strip()
        if named.returncode == 0 and re.fullmatch("[0-9a-f]{40}|[0-9a-f]{64}", oid):
            return oid
    raise SourceError(f"{ref!r} names no commit of the repository of {repository.root}", _hint(repository, ref))


def _hint(repository: git.Git, ref: str) -> str:
    import difflib

    listed = repository.run("for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/tags", "refs/remotes")
    near = difflib.get_close_matches(ref, os.fsdecode(listed.stdout).splitlines())
    if near:
        return f"Did you mean {' or '.join(near)}?"
    if repository.run("rev-parse", "--is-shallow-repository").stdout.strip() == b"true":
        return "The clone is shallow: if the commit is older, get it with `git fetch --unshallow`."
    return "Name a branch, a tag or a commit; what only a remote has must be fetched first."
