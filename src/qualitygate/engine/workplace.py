"""Where workers run: the project root, or a temporary folder with what tools must read from a disk.

Tools get the files that they look at as bytes. What they open themselves has to be somewhere: their configuration, and
the neighbours of some documents.
"""

from __future__ import annotations

import contextlib
import dataclasses
import os
import posixpath
import re
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from qualitygate.adapters.registry import ADAPTERS
from qualitygate.engine import configuration
from qualitygate.engine.cache.contents import Contents
from qualitygate.engine.tasks import Batch, FileResult, Plan, PlanResult
from qualitygate.errors import ConfigError, SourceError, ToolError
from qualitygate.model.paths import below
from qualitygate.plugin import Adapter, Request
from qualitygate.sources.layout import Layout
from qualitygate.sources.source import Source

_WORD = re.compile(rb"[^\s\"',;:=\[\](){}<>|&#]+")
_TARGET = re.compile(rb"(?:::|:file:)(?=\s+(\S[^\r\n]*))")
"""What a directive of reStructuredText is given, which may be a file; it may begin on the next line."""


class Workplace:
    """The current folder of workers, made when the first one is needed.

    Args:

        source: What is judged.

        contents: What is in its files.

        checks: Adapter and request of each check.

        remote: Whether workers can not see the disk of this process.
    """

    def __init__(
        self,
        source: Source,
        contents: Contents,
        checks: Sequence[tuple[Adapter[Any], Request]],
        remote: bool = False,
    ) -> None:
        self._source = source
        self._contents = contents
        self._checks = checks
        self._by_bytes = remote or not source.on_disk
        self._layout: Layout | None = None
        self._provided: set[str] = set()

    @property
    def root(self) -> str:
        """Absolute path of the folder."""
        if self._source.on_disk:
            return self._source.tree.root
        if self._layout is None:
            self._layout = Layout(self._source)
            self._provide(self._configuration())
            self._require_nothing_above(self._layout)
        return str(self._layout.root)

    def close(self) -> None:
        """Remove the folder if it was made."""
        if self._layout is not None:
            self._layout.close()

    def load(self, batch: Batch) -> Batch:
        """*batch* with the contents of its files, where workers can not read them."""
        if not self._by_bytes:
            return batch
        contents = dict(self._source.read_many(dict.fromkeys(visit.path for visit in batch.visits)))
        visits = tuple(dataclasses.replace(visit, data=contents[visit.path]) for visit in batch.visits)
        return dataclasses.replace(batch, visits=visits)

    def told(self, outcome: PlanResult) -> PlanResult:
        """*outcome* as if the workers had run in the project root."""
        if self._layout is None:
            return outcome
        here, there = str(self._layout.top), self._repository
        if isinstance(outcome, ConfigError):
            return ConfigError([line.replace(here, there) for line in outcome.problems], outcome.hint)
        if isinstance(outcome, ToolError):
            return ToolError(outcome.headline.replace(here, there), outcome.hint.replace(here, there), outcome.kind)
        return dataclasses.replace(
            outcome,
            config_files=tuple(map(self._in_source, outcome.config_files)),
            notes=tuple(note.replace(here, there) for note in outcome.notes),
        )

    def known(self, result: FileResult) -> FileResult:
        """*result* with the other files that it depends on as the source knows them: what it may not have on a disk,
        it must be asked for when the answer is recalled."""
        if result.said is None or not any(os.path.isabs(path) for path, _ in result.said.depends):
            return result
        depends = tuple((self._in_source(path), digest) for path, digest in result.said.depends)
        return dataclasses.replace(result, said=msgspec.structs.replace(result.said, depends=depends))

    def _in_source(self, path: str) -> str:
        """A path that a tool told, relative to the root if it is absolute and lies in the repository."""
        top, root = (self._repository, self._source.tree.root)
        if self._layout is not None:
            top, root = str(self._layout.top), str(self._layout.root)
        return os.path.relpath(path, root) if os.path.isabs(path) and below(top, path) is not None else path

    @property
    def _repository(self) -> str:
        """Absolute path of the top of the repository, or of what is judged."""
        return self._source.tree.root.removesuffix(f"/{self._source.root_prefix}".rstrip("/")) or "/"

    def provide_for(self, plans: Iterable[Plan]) -> None:
        """Put there what the checks of *plans* may read beside the files that they visit."""
        if self._source.on_disk:
            return
        documents = self._documents(plans)
        if documents:
            _ = self.root
            self._provide(documents)

    def materials(self, plans: Iterable[Plan]) -> dict[str, bytes]:
        """Absolute path -> content of what the checks may read on a disk when they look at the visits of *plans*."""
        root = self._source.tree.root
        paths = {*self._configuration(scripts=False), *self._documents(plans)}
        found = {path: content for path, content in self._source.read_many(sorted(paths)) if isinstance(content, bytes)}
        for adapter, request in self._checks:
            for path in filter(os.path.isabs, configuration.candidates(adapter, request, self._source.tree)):
                with contextlib.suppress(OSError):
                    found[path] = configuration.read(self._source, path)
        return {os.path.normpath(os.path.join(root, path)): content for path, content in found.items()}

    def agrees(self, result: FileResult) -> bool:
        """Whether the other files that an answer depends on are those of the source."""
        return result.said is None or all(self._digest(path) == digest for path, digest in result.said.depends)

    def _digest(self, path: str) -> bytes | None:
        try:
            return self._contents.digest(path)
        except ValueError:
            return None

    def _documents(self, plans: Iterable[Plan]) -> set[str]:
        """What checks read whose answers depend on more than one file."""
        tools = {request.check: adapter.name for adapter, request in self._checks}
        reading = [plan for plan in plans if ADAPTERS[tools[plan.check]].has_context]
        if not reading:
            return set()
        documents = {path for plan in reading for _, path in plan.visits}
        documents |= {path for path in self._source.tree.files if path.endswith((".rst", ".txt"))}
        return _with_neighbours(self._source, documents)

    def _require_nothing_above(self, layout: Layout) -> None:
        """Some tools search upward of the project, and would go on where temporary folders are.

        Raises:

            SourceError: A file there would configure a tool.
        """
        for adapter, request in self._checks:
            for path in adapter.config_candidates(request, self._source.tree):
                place = os.path.normpath(layout.root / path)
                if path.startswith("../") and below(layout.top, place) is None and os.path.lexists(place):
                    raise SourceError(
                        f"{place} lies above the temporary folder, so that {adapter.name} would read it",
                        "Remove it, or name another folder for temporary files with the variable TMPDIR.",
                    )

    def _provide(self, paths: Iterable[str]) -> None:
        new = set(paths) - self._provided
        if self._layout is not None and new:
            self._layout.add(new)
            self._provided |= new

    def _configuration(self, scripts: bool = True) -> set[str]:
        """What `resolve` of the checks may read, and with *scripts* `select` too."""
        tree = self._source.tree
        found: set[str] = set()
        for adapter, request in self._checks:
            candidates = configuration.candidates(adapter, request, tree)
            found.update(path for path in candidates if not os.path.isabs(path))
        found |= _named_in(self._source, found)
        return found | self._scripts() if scripts else found

    def _scripts(self) -> set[str]:
        """What the search of some tools for scripts finds."""
        if not any(adapter.finds_scripts for adapter, _ in self._checks):
            return set()
        others = [path for path in self._source.tree.files if not path.endswith(".py")]
        self._contents.learn(others)
        return {path for path in others if self._contents.is_script(path)}


def _named_in(source: Source, files: Iterable[str]) -> set[str]:
    """Files of the tree that the configuration in *files* may name, and those that these name."""
    found: set[str] = set()
    pending = list(files)
    odd = [path for path in source.tree.files if not _WORD.fullmatch(os.fsencode(path))]
    while pending:
        try:
            text = source.read(pending.pop())
        except OSError:
            continue
        places = {posixpath.normpath(os.fsdecode(word)) for word in set(_WORD.findall(text))}
        places.update(path for path in odd if os.fsencode(path) in text)
        named = {path for path in places - found if _holds(source, path)}
        found |= named
        pending += named
    return found


def _with_neighbours(source: Source, documents: Iterable[str]) -> set[str]:
    """*documents*, and the files that their directives may read."""
    found = set(documents)
    pending = sorted(found)
    while pending:
        for path, content in source.read_many(pending):
            if isinstance(content, bytes):
                found.update(_targets(source, path, content))
        pending = sorted(found.difference(documents))
        documents = set(found)
    return found


def _targets(source: Source, path: str, content: bytes) -> Iterable[str]:
    folder = posixpath.dirname(path)
    for match in _TARGET.finditer(content):
        target = os.fsdecode(match[1].strip())
        for place in (posixpath.join(folder, target), target.lstrip("/")):
            place = posixpath.normpath(place)
            if _holds(source, place):
                yield place


def _holds(source: Source, path: str) -> bool:
    """Whether there is such a file. What git stores is there also beside the root, and behind links to folders."""
    if source.tree.shows(path):
        return True
    return not (source.on_disk or path.startswith("/")) and source.signature(path) is not None
