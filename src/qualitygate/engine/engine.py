"""Runs checks over a tree: plans them, looks at every file, retries what was lost, and puts the answers together."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import Any

from qualitygate.adapters.registry import ADAPTERS
from qualitygate.engine import worker
from qualitygate.engine.batches import make_batches
from qualitygate.engine.pool import DeadlinePassed, Lost, WorkerPool
from qualitygate.engine.resources import memory_limit
from qualitygate.engine.tasks import Batch, FileResult, Plan, PlanResult, Setup, Visit
from qualitygate.errors import ToolError
from qualitygate.model.findings import Located, Measurement
from qualitygate.model.results import Breakage
from qualitygate.model.tree import Tree
from qualitygate.plugin import Adapter, Request

_HOPELESS = 3
"""A check that broke on so many files is not tried on more."""

_PLAN_TIMEOUT = 300.0
"""Seconds for a tool to read its configuration and list its files."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """Bounds of a run's cost."""

    jobs: int
    file_timeout: float
    """Seconds for all checks of a family to look at one file."""
    deadline: float | None = None
    """Value of `time.monotonic()` at which the run ends."""


@dataclasses.dataclass
class Answer:
    """What one check says about all of its files."""

    check: str
    results: list[FileResult] = dataclasses.field(default_factory=list)
    overall: list[Located] = dataclasses.field(default_factory=list)
    """Findings about all files together."""
    breakage: list[Breakage] = dataclasses.field(default_factory=list)
    notes: list[str] = dataclasses.field(default_factory=list)


#: Called with the number of files looked at so far (each check counts) and of all.
Progress = Callable[[int, int], None]


class Engine:
    """The checks of one run, with the processes that work on them; a context manager.

    Args:

        root: Absolute path of the project root.

        tree: The files that may be seen.

        requests: The checks by name, in order.

        tools: Check -> tool.

        limits: How much it may cost.
    """

    def __init__(
        self, root: str, tree: Tree, requests: Mapping[str, Request], tools: Mapping[str, str], limits: Limits
    ) -> None:
        self._requests = dict(requests)
        self._tools = dict(tools)
        self._root = root
        self._limits = limits
        memory = memory_limit()
        setup = Setup(
            root=root,
            tree=tree,
            tools=self._tools,
            requests=self._requests,
            memory=None if memory is None else max(2**30, memory // limits.jobs),
        )
        preload = sorted({module for check in self._requests for module in self._adapter(check).modules})
        self._pool = WorkerPool(setup, limits.jobs, preload, limits.deadline)

    def __enter__(self) -> Engine:
        self._pool.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pool.__exit__(kind, error, traceback)

    def _adapter(self, check: str) -> Adapter[Any]:
        return ADAPTERS[self._tools[check]]

    def plan(self, progress: Progress = lambda done, total: None) -> dict[str, PlanResult]:
        """What each check would visit, or why it can not be run; in the order of the checks."""
        plans: dict[str, PlanResult] = {}
        try:
            tasks = [(check,) for check in self._requests]

            def tick() -> None:
                progress(len(plans), len(tasks))

            for (check,), outcome in self._pool.run(worker.plan, tasks, _plan_timeout, tick):
                tool = self._tools[check]
                lost = isinstance(outcome, Lost)
                plans[check] = (
                    ToolError(f"{tool}, while being set up: {outcome.message}", kind=outcome.kind) if lost else outcome
                )
        except DeadlinePassed:
            pass
        for check in self._requests:
            plans.setdefault(check, ToolError("the deadline passed before its files were listed", kind="deadline"))
        return {check: plans[check] for check in self._requests}

    def analyse(self, plans: Iterable[Plan], progress: Progress = lambda done, total: None) -> dict[str, Answer]:
        """Look at all files of *plans*; never raises for what a tool or a file does."""
        plans = list(plans)
        answers = {plan.check: Answer(plan.check) for plan in plans}
        run = _Analysis(self._pool, answers, sum(len(plan.visits) for plan in plans), progress)
        unfinished = {plan.check for plan in plans}
        batches = make_batches(plans, self._groups(plans), self._root, self._limits.jobs, self._limits.file_timeout)
        try:
            lost = run.first_pass(batches)
            run.second_pass(lost, at_once=max(_HOPELESS, self._limits.jobs))
            for plan in plans:
                _require_complete(plan, answers[plan.check])
                self._reduce(plan, answers[plan.check])
                unfinished.remove(plan.check)
        except DeadlinePassed:
            for plan in plans:
                if plan.check in unfinished:
                    answers[plan.check].breakage.append(_too_late(plan, answers[plan.check]))
        return answers

    def _groups(self, plans: Sequence[Plan]) -> dict[str, tuple[str, int]]:
        """Check -> family of its tool, and which of the tool's checks it is."""
        seen: Counter[str] = Counter()
        groups = {}
        for plan in plans:
            adapter = self._adapter(plan.check)
            groups[plan.check] = (adapter.family or adapter.name, seen[adapter.name])
            seen[adapter.name] += 1
        return groups

    def _reduce(self, plan: Plan, answer: Answer) -> None:
        """Add the cross-file findings, unless files were hidden from the check or its answer is broken anyway."""
        rules = self._adapter(plan.check).cross_file_rules
        if not rules or answer.breakage:
            return
        if plan.narrowed:
            answer.notes.append(f"{', '.join(sorted(rules))}: not judged, since PATHS hid files")
            return
        measurements: list[Measurement] = [one for result in answer.results for one in result.measurements]
        for _, outcome in self._pool.run(worker.reduce, [(plan.check, measurements)], _plan_timeout):
            if isinstance(outcome, Lost):
                answer.breakage.append(Breakage(kind=outcome.kind, message=outcome.message))
            elif isinstance(outcome, str):
                answer.breakage.append(Breakage(kind="crashed", message=outcome))
            else:
                answer.overall.extend(Located(raw=raw, path=None, source=None) for raw in outcome)


class _Analysis:
    """One walk over all batches, with its second chances."""

    def __init__(self, pool: WorkerPool, answers: dict[str, Answer], total: int, progress: Progress) -> None:
        self._pool = pool
        self._answers = answers
        self._total = total
        self._progress = progress
        self._done = 0

    def first_pass(self, batches: list[Batch]) -> list[Batch]:
        """Run all batches; give those whose worker was lost, cut into single files."""
        lost: list[Batch] = []
        self._progress(0, self._total)
        for (batch,), outcome in self._pool.run(worker.analyse, [(batch,) for batch in batches], _timeout, self._tick):
            if isinstance(outcome, Lost):
                lost.extend(Batch((visit,), batch.file_timeout) for visit in batch.visits)
            else:
                self._keep(outcome)
        return lost

    def second_pass(self, singles: list[Batch], at_once: int) -> None:
        """Look again at each file of lost batches, alone; the file that is lost again breaks its checks."""
        while singles:
            now, singles = singles[:at_once], singles[at_once:]
            now = [batch for batch in now if not self._is_hopeless(batch.visits[0])]
            for (batch,), outcome in self._pool.run(worker.analyse, [(batch,) for batch in now], _timeout, self._tick):
                if isinstance(outcome, Lost):
                    self._break(batch.visits[0], outcome)
                else:
                    self._keep(outcome)

    def _is_hopeless(self, visit: Visit) -> bool:
        return all(len(self._answers[check].breakage) >= _HOPELESS for check, _ in visit.spellings)

    def _keep(self, results: list[FileResult]) -> None:
        for result in results:
            answer = self._answers[result.check]
            answer.results.append(result)
            if result.crash is not None and len(answer.breakage) < _HOPELESS:
                answer.breakage.append(
                    Breakage(kind="crashed", message=f"{result.crash} on {result.path}", path=result.path)
                )
        self._advance(len(results))

    def _break(self, visit: Visit, lost: Lost) -> None:
        for check, _ in visit.spellings:
            self._answers[check].breakage.append(
                Breakage(kind=lost.kind, message=f"{lost.message} on {visit.path}, twice", path=visit.path)
            )
        self._advance(len(visit.spellings))

    def _advance(self, count: int) -> None:
        self._done += count
        self._tick()

    def _tick(self) -> None:
        self._progress(self._done, self._total)


def _plan_timeout(*_: Any) -> float:
    return _PLAN_TIMEOUT


def _require_complete(plan: Plan, answer: Answer) -> None:
    """A check with a file that nobody looked at has no answer, whatever the reason."""
    missing = len(plan.visits) - len(answer.results)
    if missing and not answer.breakage:
        answer.breakage.append(Breakage(kind="killed", message=f"{missing:,} files were not looked at"))


def _too_late(plan: Plan, answer: Answer) -> Breakage:
    missing = len(plan.visits) - len(answer.results)
    message = f"the deadline passed with {missing:,} of {len(plan.visits):,} files to go"
    return Breakage(kind="deadline", message=message)


def _timeout(batch: Batch) -> float:
    """The watchdog in the worker keeps the time of each file; this is for a worker that does not answer at all.

    A batch is small, so that this is ample; one that needs more is looked at again file by file.
    """
    return batch.file_timeout * min(2, len(batch.visits)) + 30
