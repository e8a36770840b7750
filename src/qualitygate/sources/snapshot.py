"""git's index and its commits as sources: what is judged comes from git's objects, nothing is checked out."""

from __future__ import annotations

import errno
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from qualitygate.errors import SourceError
from qualitygate.model.paths import below
from qualitygate.model.tree import Stored, Tree
from qualitygate.sources import attributes
from qualitygate.sources.entries import some_of
from qualitygate.sources.ignore import Exclusion, exclusion_of
from qualitygate.sources.objects import Objects
from qualitygate.sources.recorded import Recorded, list_commit, list_index
from qualitygate.sources.source import Signature, Source
from qualitygate.sources.stored import LINK, SUBMODULE, Entries, Entry

_AT_ONCE = 64
"""Files whose places are looked up before the first is read."""


def open_index(root: Path, exclude: Sequence[str] = ()) -> Snapshot:
    """What the next commit would hold below *root*; for arguments and errors see `Snapshot` and `list_index`."""
    return Snapshot(list_index(root), root, exclude)


def open_commit(root: Path, ref: str, exclude: Sequence[str] = ()) -> Snapshot:
    """What a commit holds below *root*; for arguments and errors see `Snapshot` and `list_commit`."""
    return Snapshot(list_commit(root, ref), root, exclude)


class Snapshot(Source):
    """The visible files below a project root as git stores them.

    Reading raises SourceError, besides what `Source` says, when git can not give an object that it should have.

    Args:

        recorded: All that the index or the commit holds.

        root: The project root, a folder of the work tree.

        exclude: gitignore patterns, relative to the root, that hide files in addition.

    Raises:

        SourceError: git can not be asked.

        ConfigError: A line of *exclude* is no gitignore pattern.
    """

    def __init__(self, recorded: Recorded, root: Path, exclude: Sequence[str] = ()) -> None:
        exclusion = exclusion_of(exclude)
        self.info = info = recorded.info
        root = root.resolve()
        self.root_prefix = prefix = recorded.prefix(root)
        entries = recorded.entries
        only_names = [path.removeprefix(prefix) for path in recorded.added if path.startswith(prefix)]
        tracked = (path.removeprefix(prefix) for path in entries if path.startswith(prefix))
        self.tracked = frozenset(only_names).union(tracked)
        self._entries = entries
        self._top = recorded.top
        self._objects = Objects(recorded.repository)
        self._stored = Entries(str(recorded.top), entries, self._objects.read_many)
        try:
            seen = _Seen(self._stored, prefix, exclusion)
            seen.sort(entries)
        except BaseException:
            self.close()
            raise
        seen.leave_out(only_names, "added by name only (`git add -N`)", "only their names are added (`git add -N`)")
        place = "the index" if info.kind == "index" else f"commit {str(info.commit)[:10]}"
        stored = Stored(place, frozenset(seen.broken), seen.unshown)
        # Some tools look whether there is a `.git` folder. A clone has one.
        empty_folders = () if self.root_prefix else (".git",)
        self.tree = Tree(str(root), [*seen.files, *seen.links], seen.folder_links, empty_folders, stored)
        self.warnings = (*recorded.warnings, *seen.warnings, *_content_warnings(recorded, prefix, seen.files))
        if not self.tree.files:
            self.warnings += (f"{place} has no file below {root}",)

    @property
    def on_disk(self) -> bool:
        return False

    def signature(self, path: str) -> Signature | None:
        try:
            return ("blob", self._oid(path))
        except OSError:
            return None

    def sizes(self, paths: Iterable[str]) -> dict[str, int]:
        oids = {path: self._oid_or_error(path) for path in paths}
        try:
            known = self._objects.sizes(oid for oid in oids.values() if isinstance(oid, str))
        except SourceError:  # whoever reads the file that is missing will be told
            known = {}
        return {path: known.get(oid, 0) if isinstance(oid, str) else 0 for path, oid in oids.items()}

    def read(self, path: str) -> bytes:
        oid = self._oid(path)
        try:
            return self._objects.read(oid)
        except SourceError as error:
            raise _naming(error, {oid: path}) from None

    def read_many(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes | OSError]]:
        pending = iter(paths)
        while some := list(itertools.islice(pending, _AT_ONCE)):
            places = [(path, self._oid_or_error(path)) for path in some]
            names = {oid: path for path, oid in places if isinstance(oid, str)}
            contents = self._objects.read_many([oid for _, oid in places if isinstance(oid, str)])
            try:
                for path, oid in places:
                    yield path, next(contents) if isinstance(oid, str) else oid
            except SourceError as error:
                raise _naming(error, names) from None

    def close(self) -> None:
        self._objects.close()

    def _oid(self, path: str) -> str:
        entry = self._entries.get(self.root_prefix + path)
        if entry is not None and entry.mode not in (LINK, SUBMODULE):
            return entry.oid
        place = self._stored.follow(path if path.startswith("/") else self.root_prefix + path)
        if place.kind == "outside" and below(self._top, os.path.normpath(os.path.join(self.tree.root, path))) is None:
            raise FileNotFoundError(errno.ENOENT, "it lies outside of the git repository", path)
        if place.kind == "outside":
            raise OSError(errno.EXDEV, f"it leads to {place.path}, outside of the git repository", path)
        if place.kind == "folder":
            raise OSError(errno.EISDIR, "a folder, not a regular file", path)
        return self._entries[place.path].oid

    def _oid_or_error(self, path: str) -> str | OSError:
        try:
            return self._oid(path)
        except OSError as error:
            return error


class _Seen:
    """The entries below the root, sorted by what a tree makes of them."""

    def __init__(self, stored: Entries, prefix: str, exclusion: Exclusion) -> None:
        self.files: list[str] = []
        self.links: list[str] = []
        """Those that a tree shows as files."""
        self.folder_links: dict[str, str] = {}
        self.broken: list[str] = []
        self.unshown: dict[str, str] = {}
        self.warnings: list[str] = []
        self._stored = stored
        self._prefix = prefix
        self._exclusion = exclusion

    def sort(self, entries: Mapping[str, Entry]) -> None:
        """Take in what is below the root."""
        start = len(self._prefix)
        submodules: list[str] = []
        outside: list[str] = []
        for path, entry in entries.items():
            if not path.startswith(self._prefix):
                continue
            path = path[start:]
            if entry.mode == SUBMODULE:
                submodules.append(path)
            elif self._exclusion.hides(path):
                self.unshown[self._highest_hidden(path)] = "excluded"
            elif entry.mode != LINK:
                self.files.append(path)
            elif not self._sort_link(path):
                outside.append(path)
        self.leave_out(submodules, "a submodule", "they are submodules")
        self.leave_out(
            outside,
            "a link to a folder outside of the project root",
            "they are links to folders outside of the project root",
        )

    def leave_out(self, paths: Iterable[str], reason: str, reason_for_all: str) -> None:
        """Note, and tell of, those of *paths* that are not excluded."""
        shown = [path for path in paths if not self._exclusion.hides_folder(path)]
        self.unshown |= dict.fromkeys(shown, reason)
        if shown:
            self.warnings.append(f"not judged, because {reason_for_all}: {some_of(shown)}")

    def _sort_link(self, path: str) -> bool:
        """Whether the link has a place in the tree; a link to a folder outside of the root has not."""
        try:
            kind, target = self._stored.follow(self._prefix + path)
        except OSError:
            self.broken.append(path)
            kind, target = "file", ""
        if kind == "folder":
            inside = f"{target}/" if target else ""
            if not inside.startswith(self._prefix):
                return False
            self.folder_links[path] = inside.removeprefix(self._prefix).rstrip("/")
            return True
        if kind == "outside":
            if os.path.isdir(target):
                return False
            if not os.path.isfile(target):
                self.broken.append(path)
        self.links.append(path)
        return True

    def _highest_hidden(self, path: str) -> str:
        """The excluded folder that *path* lies in, the outermost one; else itself."""
        folder = path.rpartition("/")[0]
        while folder and self._exclusion.hides_folder(folder):
            path, folder = folder, folder.rpartition("/")[0]
        return path


def _content_warnings(recorded: Recorded, prefix: str, files: Sequence[str]) -> list[str]:
    """That a checkout would hold other bytes, where that is so."""
    repository = recorded.repository
    given = any(path.rpartition("/")[2] == ".gitattributes" for path in recorded.entries)
    if not files or not (given or attributes.are_given(repository)):
        return []
    commit = recorded.info.commit if recorded.info.kind == "commit" else None
    paths = attributes.converted(repository, [prefix + path for path in files], commit)
    names = some_of([path.removeprefix(prefix) for path in paths])
    return [f"judged as stored in git, not as a checkout would convert them: {names}"] if paths else []


def _naming(error: SourceError, paths: Mapping[str, str]) -> SourceError:
    """*error* with the path of the object that it is about; *paths* by object id."""
    path = next((path for oid, path in paths.items() if oid in error.headline), None)
    if path is None and len(paths) == 1:
        path = next(iter(paths.values()))
    return error if path is None else SourceError(f"{path}: {error.headline}", error.hint)
