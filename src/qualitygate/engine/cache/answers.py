"""Plans and answers by everything that they depend on: the cache as the engine sees it.

Kept are the tools' raw findings and measurements, from before severities and limits: changing a policy costs nothing.
What went wrong is never kept. A whole answer, about all files of a check, stands beside the answers about each file, so
that a run in which nothing changed reads one entry per check.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from qualitygate.adapters.registry import ADAPTERS
from qualitygate.engine import configuration
from qualitygate.engine.answer import Answer
from qualitygate.engine.cache import keys, store
from qualitygate.engine.cache.contents import Contents, content_digest
from qualitygate.engine.cache.packages import Packages
from qualitygate.engine.cache.steadiness import Steadiness
from qualitygate.engine.cache.store import Store
from qualitygate.engine.isolation import safe_path
from qualitygate.engine.tasks import FileResult, Plan, Said
from qualitygate.model.findings import FileProblem, Located
from qualitygate.plugin import Adapter, Request
from qualitygate.sources.source import Source

_FLUSH = 500
"""So many new answers are written at once; an interrupted run keeps what was written."""

Depends = tuple[tuple[str, bytes | None], ...]
"""Files and digests of their contents, None for one that can not be read."""


class _KeptPlan(msgspec.Struct, frozen=True, array_like=True):
    plan: Plan
    configuration: Depends
    """Files that `resolve` read, also such as were not known before."""


class _Whole(msgspec.Struct, frozen=True, array_like=True):
    """An answer about all files of a check."""

    findings: tuple[Located, ...]
    problems: tuple[FileProblem, ...]
    overall: tuple[Located, ...]
    notes: tuple[str, ...]
    depends: Depends


class _Remembered(msgspec.Struct, frozen=True, array_like=True):
    parts: dict[str, str]


_REMEMBERED = msgspec.msgpack.Decoder(_Remembered)
_PLANS = msgspec.msgpack.Decoder(_KeptPlan)
_WHOLES = msgspec.msgpack.Decoder(_Whole)
_SAID = msgspec.msgpack.Decoder(Said)
_SEEN = b"seen"


class Cache:
    """What is known from earlier runs over one source.

    Args:

        opened: The file.

        source: What is judged.

        requests: The checks by name.

        tools: Check -> tool.

        trust_signatures: Whether unchanged time stamps prove an unchanged file.

        keeps: Whether what is new is written.
    """

    def __init__(
        self,
        opened: Store,
        source: Source,
        requests: Mapping[str, Request],
        tools: Mapping[str, str],
        trust_signatures: bool,
        keeps: bool = True,
    ) -> None:
        self._keeps = keeps
        self._store = opened
        self._source = source
        self._requests = requests
        self._tools = tools
        kind = "worktree" if source.on_disk else "git"
        self._state_key = keys.digest("contents", kind, source.tree.root)
        remembered = opened.get(store.STATE, self._state_key)
        self.contents = Contents(source, remembered[0] if remembered else None, trust_signatures or not source.on_disk)
        self.inputs = keys.Inputs(source, Packages(safe_path(sys.path, source.tree.root)))
        self._depends: dict[str, set[tuple[str, bytes | None]]] = {check: set() for check in requests}
        self._others: dict[str, bytes | None] = {}
        self._news: dict[str, list[tuple[int, bytes, bytes, bytes | None]]] = {}
        """What is to be kept of each check, once it is known that nothing changed meanwhile."""
        self._read: dict[str, set[str]] = {}
        """Files that a check's new answers were made from, besides those that they are about."""
        self._steadiness = Steadiness(source.tree.root)
        self._noted: set[str] = set()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What is wrong with the cache's file."""
        return tuple(self._store.warnings)

    def close(self) -> None:
        """Write what is new."""
        if self.contents.changed and self._keeps:
            self._store.put(store.STATE, self._state_key, self.contents.encode())
        for check in self._news:
            parts = self.plan_parts(check)
            self._put(check, store.STATE, self._parts_key(check), _Remembered({name: parts[name] for name in parts}))
        self._flush()
        self._store.close()

    def _flush(self) -> None:
        """Write what was made from files that are as they were."""
        for check, entries in self._news.items():
            if self._keeps and (not self._source.on_disk or self._steadiness.holds(self._read.get(check, ()))):
                for entry in entries:
                    self._store.put(*entry)
            entries.clear()
        self._store.flush()

    # --- keys -----------------------------------------------------------------------------------------------------

    def adapter(self, check: str) -> Adapter[Any]:
        """Of the check's tool."""
        return ADAPTERS[self._tools[check]]

    @functools.cache  # noqa: B019 - lives as long as the run
    def parts(self, check: str) -> keys.Parts:
        """What the answers of a check depend on besides the files."""
        adapter, request = self.adapter(check), self._requests[check]
        candidates = configuration.candidates(adapter, request, self._source.tree)
        self._steadiness.note(candidates)
        self._read[check] = set(candidates)
        return self.inputs.check_parts(adapter, request)

    @functools.cache  # noqa: B019 - lives as long as the run
    def plan_parts(self, check: str) -> keys.Parts:
        """What the plan of a check depends on."""
        adapter = self.adapter(check)
        files = self._source.tree.files
        scripts = self.contents.scripts(p for p in files if not p.endswith(".py")) if adapter.finds_scripts else b""
        return self.inputs.plan_parts(adapter, self._requests[check], self.parts(check), scripts)

    def unkept(self, plan: Plan) -> str:
        """Why the answers of a check must not be kept; empty if they may."""
        return plan.uncacheable or self._changeable(plan.check)

    @functools.cache  # noqa: B019 - lives as long as the run
    def _changeable(self, check: str) -> str:
        names = self.inputs.changeable(self.adapter(check))
        return f"the code of {', '.join(names)} can change at any time (an editable installation)" if names else ""

    def file_key(self, plan: Plan, visit: tuple[str, str], digest: bytes, context: str) -> bytes:
        """Where the answer about one file is kept."""
        spelled, relative = visit
        return keys.digest(self._answers_key(plan), spelled, relative, plan.facts.get(spelled, ""), context, digest)

    def _answers_key(self, plan: Plan) -> bytes:
        return self._answers_keys(plan.check, plan.config_files)

    @functools.cache  # noqa: B019 - lives as long as the run
    def _answers_keys(self, check: str, config_files: tuple[str, ...]) -> bytes:
        read = {f"read {path}": self.inputs.file(path) for path in config_files}
        return keys.of({**self.parts(check), **read})

    def _parts_key(self, check: str) -> bytes:
        return keys.digest("parts", self._source.tree.root, check)

    def remembered_parts(self, check: str) -> keys.Parts | None:
        """`plan_parts` of the newest run that kept something of a check."""
        entry = self._store.get(store.STATE, self._parts_key(check))
        try:
            return None if entry is None else _REMEMBERED.decode(entry[0]).parts
        except msgspec.MsgspecError:
            return None

    # --- plans ----------------------------------------------------------------------------------------------------

    def plan(self, check: str) -> Plan | None:
        """The plan of an earlier run, if nothing that it depends on changed."""
        if self._changeable(check):
            return None
        entry = self._store.get(store.PLAN, keys.of(self.plan_parts(check)))
        if entry is None:
            return None
        try:
            kept = _PLANS.decode(entry[0])
        except msgspec.MsgspecError:
            return None
        return kept.plan if self._are_unchanged(kept.configuration) else None

    def keep_plan(self, plan: Plan) -> None:
        """Remember a plan."""
        if self._changeable(plan.check):
            return
        read = tuple((path, self._digest(path)) for path in plan.config_files)
        self._put(plan.check, store.PLAN, keys.of(self.plan_parts(plan.check)), _KeptPlan(plan, read))

    # --- answers --------------------------------------------------------------------------------------------------

    def whole(self, plan: Plan) -> Answer | None:
        """What is known about all files of a plan together."""
        key = self._whole_key(plan)
        entry = None if key is None else self._store.get(store.ANSWER, key)
        if entry is None:
            return None
        try:
            kept = _WHOLES.decode(entry[0])
        except msgspec.MsgspecError:
            return None
        if not self._are_unchanged(kept.depends):
            return None
        count = len(plan.visits)
        return Answer(
            plan.check,
            findings=list(kept.findings),
            problems=list(kept.problems),
            overall=list(kept.overall),
            notes=list(kept.notes),
            looked_at=count,
            cached=count,
        )

    def keep_whole(self, plan: Plan, answer: Answer) -> None:
        """Remember a complete answer."""
        key = None if answer.breakage else self._whole_key(plan)
        if key is not None:
            depends = tuple(sorted(self._depends[plan.check], key=repr))
            found = (tuple(answer.findings), tuple(answer.problems), tuple(answer.overall), tuple(answer.notes))
            self._note_reading(plan)
            self._put(plan.check, store.ANSWER, key, _Whole(*found, depends))

    def _whole_key(self, plan: Plan) -> bytes | None:
        """None where the answer can not be kept as a whole."""
        hidden_context = (plan.narrowed or plan.sharded) and self.adapter(plan.check).has_context
        if self.unkept(plan) or hidden_context:
            return None
        self.contents.learn(relative for _, relative in plan.visits)
        fields: list[str | bytes] = [self._answers_key(plan), str((plan.narrowed, plan.sharded))]
        for spelled, relative in plan.visits:
            digest = self.contents.digest(relative)
            if digest is None:
                return None
            fields += (spelled, relative, plan.facts.get(spelled, ""), digest)
        return keys.digest(*fields)

    def has_results(self, plan: Plan) -> bool:
        """Whether it is worth looking for answers about single files."""
        return not self.unkept(plan) and self._store.get(store.RESULT, self._seen_key(plan)) is not None

    def _seen_key(self, plan: Plan) -> bytes:
        return keys.digest(self._answers_key(plan), _SEEN)

    def results(self, plan: Plan, contexts: Sequence[str], numbers: bool) -> list[FileResult | None]:
        """What is known about each visit of a plan.

        Args:

            contexts: As `Adapter.context` gives them for the visits.

            numbers: Whether measurements are wanted too.
        """
        self.contents.learn(relative for _, relative in plan.visits)
        places: list[bytes | None] = []
        for visit, context in zip(plan.visits, contexts, strict=True):
            digest = self.contents.digest(visit[1])
            places.append(None if digest is None else self.file_key(plan, visit, digest, context))
        entries = self._store.get_many(store.RESULT, dict.fromkeys(place for place in places if place), numbers)
        return [
            None if place is None else self._recalled(plan.check, visit, entries.get(place))
            for visit, place in zip(plan.visits, places, strict=True)
        ]

    def changed_dependencies(self, plan: Plan, visit: tuple[str, str], context: str) -> list[str] | None:
        """Files that the kept answer about one file depends on and that changed; None if no answer is kept."""
        digest = self.contents.digest(visit[1])
        entry = digest and self._store.get(store.RESULT, self.file_key(plan, visit, digest, context))
        if not entry:
            return None
        depends = _SAID.decode(entry[0]).depends if entry[0] else ()
        return [path for path, digest in depends if self._digest(path) != digest]

    def _recalled(self, check: str, visit: tuple[str, str], entry: store.Entry | None) -> FileResult | None:
        if entry is None:
            return None
        said = None
        if entry[0]:
            try:
                said = _SAID.decode(entry[0])
            except msgspec.MsgspecError:
                return None
            if not self._are_unchanged(said.depends):
                return None
            self._depends[check].update(said.depends)
        return FileResult(check, *visit, said=said, numbers=entry[1] or b"")

    def keep(self, plan: Plan, result: FileResult) -> None:
        """Remember what was said about one file, unless something went wrong."""
        if result.digest is None or result.crash is not None or self.unkept(plan):
            self._depends[plan.check].add((result.path, None))  # nor is it part of what is known about all files
            return
        key = self.file_key(plan, (result.spelled, result.path), result.digest, result.context)
        if result.said is not None:
            self._depends[plan.check].update(result.said.depends)
        if result.digest == self.contents.digest(result.path):
            self._note_reading(plan)
            self._put(plan.check, store.RESULT, key, result.said, result.numbers)
            self._put(plan.check, store.RESULT, self._seen_key(plan), None)
        else:
            # It was changed during the run: what is known about all files together belongs to no state of them.
            self._depends[plan.check].add((result.path, None))
        if sum(map(len, self._news.values())) >= 2 * _FLUSH:
            self._flush()

    def _note_reading(self, plan: Plan) -> None:
        """What workers read for the answers of *plan*: its configuration, documents that matter to later ones."""
        if plan.check not in self._noted:
            self._noted.add(plan.check)
            self._read[plan.check].update(plan.config_files)
            if self.adapter(plan.check).has_context:
                self._read[plan.check].update(relative for _, relative in plan.visits)

    def _put(
        self, check: str, kind: int, key: bytes, value: msgspec.Struct | None, numbers: bytes | None = None
    ) -> None:
        try:
            encoded = b"" if value is None else msgspec.msgpack.encode(value)
        except UnicodeEncodeError:  # a name that is not UTF-8
            return
        self._news.setdefault(check, []).append((kind, key, encoded, numbers or None))

    # --- files that answers depend on -----------------------------------------------------------------------------

    def _are_unchanged(self, depends: Iterable[tuple[str, bytes | None]]) -> bool:
        return all(self._digest(path) == digest for path, digest in depends)

    def _digest(self, path: str) -> bytes | None:
        """Of any file, in the project or not; None if it can not be read."""
        if self._source.tree.shows(path):
            return self.contents.digest(path)
        if path not in self._others:
            try:
                self._others[path] = content_digest(configuration.read(self._source, path))
            except (OSError, ValueError):
                self._others[path] = None
        return self._others[path]
