"""Runs checks over a source: plans them, looks at every file that is not known, and puts the answers together."""

from __future__ import annotations

import contextlib
import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from qualitygate.adapters.registry import ADAPTERS
from qualitygate.engine.analysis import Analysis
from qualitygate.engine.answer import Answer
from qualitygate.engine.batches import make_batches
from qualitygate.engine.cache.answers import Cache
from qualitygate.engine.cache.contents import Contents
from qualitygate.engine.pool import DeadlinePassed, Executor, Lost, WorkerPool
from qualitygate.engine.resources import memory_limit
from qualitygate.engine.tasks import FileResult, Plan, PlanResult, Setup
from qualitygate.engine.workplace import Workplace
from qualitygate.errors import ToolError
from qualitygate.model.findings import Located
from qualitygate.model.results import Breakage
from qualitygate.plugin import Adapter, Request
from qualitygate.sources.source import Source

if TYPE_CHECKING:
    from qualitygate.engine.shipment import Shipment

_PLAN_TIMEOUT = 300.0
"""Seconds for a tool to read its configuration and list its files, or to judge all files together."""


@dataclasses.dataclass(frozen=True)
class Limits:
    """Bounds of a run's cost."""

    jobs: int
    file_timeout: float
    """Seconds for all checks of a family to look at one file."""
    deadline: float | None = None
    """Value of `time.monotonic()` at which the run ends."""


#: Called with the number of files looked at so far (each check counts) and of all.
Progress = Callable[[int, int], None]


class Engine:
    """The checks of one run, with the processes that work on them; a context manager.

    Args:

        source: What is judged.

        requests: The checks by name, in order.

        tools: Check -> tool.

        limits: How much it may cost.

        cache: What earlier runs found out; None to do without.

        numbers: Whether measurements are wanted, or only what is found in them.

        cluster: Address of a Dask scheduler whose workers look at the files; None for processes of this machine.
    """

    def __init__(
        self,
        source: Source,
        requests: Mapping[str, Request],
        tools: Mapping[str, str],
        limits: Limits,
        cache: Cache | None = None,
        numbers: bool = True,
        cluster: str | None = None,
    ) -> None:
        self._source = source
        self._requests = dict(requests)
        self._tools = dict(tools)
        self._limits = limits
        self._cache = cache
        self._numbers = numbers
        contents = Contents(source, None, trusted=False) if cache is None else cache.contents
        checks = [(self._adapter(check), request) for check, request in requests.items()]
        self._workplace = Workplace(source, contents, checks, remote=cluster is not None)
        self._pool = WorkerPool(self._setup, limits.jobs, limits.deadline)
        self._analysts: Executor = self._pool if cluster is None else self._on_cluster(cluster)
        self._unfinished: Sequence[Plan] = ()
        self._new: Sequence[str] = ()
        """Checks that had to be planned anew."""

    def _setup(self) -> Setup:
        return self._setup_here().at(self._workplace.root)

    def _setup_here(self) -> Setup:
        """With the project root of this machine."""
        memory = memory_limit()
        return Setup(
            root=self._source.tree.root,
            tree=self._source.tree,
            tools=self._tools,
            requests=self._requests,
            memory=None if memory is None else max(2**30, memory // self._limits.jobs),
            modules=self._modules(),
        )

    def _modules(self) -> tuple[str, ...]:
        """What workers are forked with.

        Much work begins with all of the tools, loaded once. Where little is to be done, which is so where every plan is
        known, loading them one after the other would take longer than the work: each worker loads what it needs.
        """
        tools = {module for check in self._new for module in self._adapter(check).modules}
        return ("qualitygate.engine.worker", *sorted(tools))

    def _on_cluster(self, address: str) -> Executor:
        from qualitygate.engine.dask_executor import DaskExecutor

        return DaskExecutor(address, self._shipment, self._limits.deadline, self._pool, self._workplace.agrees)

    def _shipment(self) -> Shipment:
        from qualitygate.engine import shipment

        return shipment.packed(self._setup_here(), self._workplace.materials(self._unfinished))

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.ExitStack() as stack:
            stack.callback(self._workplace.close)
            stack.callback(self._pool.close)
            stack.callback(self._analysts.close)

    def _adapter(self, check: str) -> Adapter[Any]:
        return ADAPTERS[self._tools[check]]

    # --- planning -------------------------------------------------------------------------------------------------

    def plan(self, progress: Progress = lambda done, total: None) -> dict[str, PlanResult]:
        """What each check would visit, or why it can not be run; in the order of the checks."""
        plans: dict[str, PlanResult] = dict(self._known_plans())
        self._new = [check for check in self._requests if check not in plans]
        tasks = [(check,) for check in self._new]
        try:
            self._plan_anew(tasks, plans, lambda: progress(len(plans), len(self._requests)))
        except DeadlinePassed:
            pass
        for check in self._requests:
            plans.setdefault(check, ToolError("the deadline passed before its files were listed", kind="deadline"))
        return {check: plans[check] for check in self._requests}

    def _known_plans(self) -> dict[str, Plan]:
        if self._cache is None:
            return {}
        known = {check: self._cache.plan(check) for check in self._requests}
        return {check: plan for check, plan in known.items() if plan is not None}

    def _plan_anew(self, tasks: list[tuple[str]], plans: dict[str, PlanResult], tick: Callable[[], None]) -> None:
        for (check,), outcome in self._pool.run("plan", tasks, _plan_timeout, tick):
            if isinstance(outcome, Lost):
                message = f"{self._tools[check]}, while being set up: {outcome.message}"
                plans[check] = ToolError(message, kind=outcome.kind)
                continue
            plans[check] = outcome = self._workplace.told(outcome)
            if self._cache is not None and isinstance(outcome, Plan):
                self._cache.keep_plan(outcome)

    # --- answers --------------------------------------------------------------------------------------------------

    def analyse(self, plans: Iterable[Plan], progress: Progress = lambda done, total: None) -> dict[str, Answer]:
        """Look at all files of *plans*; never raises for what a tool or a file does."""
        plans = list(plans)
        known = {plan.check: self._recalled(plan) for plan in plans}
        found = {check: answer or Answer(check) for check, answer in known.items()}
        unfinished = [plan for plan in plans if known[plan.check] is None]
        self._get_ready(unfinished)
        try:
            self._analyse(unfinished, found, progress)
            while unfinished:
                self._finish(unfinished[0], found[unfinished[0].check])
                del unfinished[0]
        except DeadlinePassed:
            for plan in unfinished:
                found[plan.check].breakage.append(_too_late(plan, found[plan.check]))
        return found

    def _get_ready(self, plans: Sequence[Plan]) -> None:
        """Let the workers for *plans* start while it is found out which files are to be looked at."""
        if plans and self._analysts is self._pool:
            self._pool.warm()

    def _analyse(self, plans: Sequence[Plan], answers: dict[str, Answer], progress: Progress) -> None:
        """What needs nothing but its file goes first, while it is found out what other files mean for the rest."""
        late = [plan for plan in plans if self._has_contexts(plan)]
        contexts = {plan.check: self._begin_contexts(plan) for plan in late}
        total = sum(len(plan.visits) for plan in plans)
        self._unfinished = plans

        def tell() -> None:
            done = (answers[plan.check].looked_at + len(answers[plan.check].breakage) for plan in plans)
            progress(sum(done), total)

        tell()
        self._look_at([plan for plan in plans if plan not in late], lambda plan: [""] * len(plan.visits), answers, tell)
        self._look_at(late, lambda plan: contexts[plan.check](), answers, tell)

    def _look_at(
        self,
        plans: Sequence[Plan],
        contexts: Callable[[Plan], list[str] | None],
        answers: dict[str, Answer],
        tick: Callable[[], None],
    ) -> None:
        """Make all visits of *plans* that have no known result for their contexts."""
        rest = [self._without_known(plan, contexts(plan), answers[plan.check]) for plan in plans]
        rest = [plan for plan in rest if plan.visits]
        if not rest:
            return
        by_check = {plan.check: plan for plan in plans}

        def keep(result: FileResult) -> None:
            result = self._workplace.known(result)
            answers[result.check].add(result)
            if self._cache is not None:
                self._cache.keep(by_check[result.check], result)

        jobs = self._analysts.jobs
        sizes = self._source.sizes({path for plan in rest for _, path in plan.visits})
        batches = make_batches(rest, self._groups(rest), sizes.__getitem__, jobs, self._limits.file_timeout)
        self._workplace.provide_for(rest)
        Analysis(self._analysts, self._workplace.load, answers, keep, tick).run(batches, jobs)

    def _groups(self, plans: Sequence[Plan]) -> dict[str, tuple[str, int]]:
        """Check -> family of its tool, and which of the tool's checks it is."""
        seen: Counter[str] = Counter()
        groups = {}
        for plan in plans:
            adapter = self._adapter(plan.check)
            groups[plan.check] = (adapter.family or adapter.name, seen[adapter.name])
            seen[adapter.name] += 1
        return groups

    def _finish(self, plan: Plan, answer: Answer) -> None:
        _require_complete(plan, answer)
        if not plan.sharded:
            self.reduce(plan, answer)
        if self._cache is not None:
            self._cache.keep_whole(plan, answer)

    def reduce(self, plan: Plan, answer: Answer) -> None:
        """Add the cross-file findings, unless files were hidden from the check or its answer is broken anyway."""
        rules = self._adapter(plan.check).cross_file_rules
        if not rules or answer.breakage:
            return
        if plan.narrowed:
            answer.notes.append(f"{', '.join(sorted(rules))}: not judged, since PATHS hid files")
            return
        for _, outcome in self._pool.run("reduce", [(plan.check, answer.numbers)], _plan_timeout):
            if isinstance(outcome, Lost):
                answer.breakage.append(Breakage(kind=outcome.kind, message=outcome.message))
            elif isinstance(outcome, str):
                answer.breakage.append(Breakage(kind="crashed", message=outcome))
            else:
                answer.overall.extend(Located(raw=raw, path=None, source=None) for raw in outcome)

    # --- what is known already ------------------------------------------------------------------------------------

    def _recalled(self, plan: Plan) -> Answer | None:
        """The whole answer of an earlier run to the same files."""
        answer = None if self._cache is None else self._cache.whole(plan)
        if answer is None or self._cache is None or not self._wants_numbers(plan):
            return answer
        results = self._cache.results(plan, [""] * len(plan.visits), numbers=True)
        answer.numbers = [result.numbers for result in results if result is not None and result.numbers]
        return answer if None not in results else None

    def _wants_numbers(self, plan: Plan) -> bool:
        """Whether somebody needs the measurements besides what was found in them."""
        adapter = self._adapter(plan.check)
        return (self._numbers and adapter.measures) or (plan.sharded and bool(adapter.cross_file_rules))

    def _without_known(self, plan: Plan, contexts: list[str] | None, answer: Answer) -> Plan:
        """*plan* with the visits that are to be made; *answer* gets the results of the others."""
        if self._cache is None or contexts is None or not self._cache.has_results(plan):
            return plan
        adapter = self._adapter(plan.check)
        wanted = (self._numbers and adapter.measures) or bool(adapter.cross_file_rules)
        left = []
        for visit, result in zip(plan.visits, self._cache.results(plan, contexts, wanted), strict=True):
            if result is None:
                left.append(visit)
            else:
                answer.add(result)
                answer.cached += 1
        return dataclasses.replace(plan, visits=tuple(left))

    def context(self, plan: Plan, visit: tuple[str, str]) -> str:
        """As `Adapter.context` gives it for one visit of *plan*."""
        if not self._adapter(plan.check).has_context:
            return ""
        contexts = self._begin_contexts(dataclasses.replace(plan, visits=(visit,)))()
        return contexts[0] if contexts else ""

    def _has_contexts(self, plan: Plan) -> bool:
        """Whether results about single files may be known, and other files matter to them."""
        return self._adapter(plan.check).has_context and self._cache is not None and self._cache.has_results(plan)

    def _begin_contexts(self, plan: Plan) -> Callable[[], list[str] | None]:
        """Let a worker find the contexts of the visits of *plan*; call what is returned for them, None on failure."""
        self._workplace.provide_for([plan])
        task = (plan.check, [spelled for spelled, _ in plan.visits])
        outcome = self._pool.begin("contexts", task, _PLAN_TIMEOUT)

        def contexts() -> list[str] | None:
            found = outcome()
            return found if isinstance(found, list) else None

        return contexts


def _plan_timeout(*_: Any) -> float:
    return _PLAN_TIMEOUT


def _require_complete(plan: Plan, answer: Answer) -> None:
    """A check with a file that nobody looked at has no answer, whatever the reason."""
    missing = len(plan.visits) - answer.looked_at
    if missing and not answer.breakage:
        answer.breakage.append(Breakage(kind="killed", message=f"{missing:,} files were not looked at"))


def _too_late(plan: Plan, answer: Answer) -> Breakage:
    missing = len(plan.visits) - answer.looked_at
    message = f"the deadline passed with {missing:,} of {len(plan.visits):,} files to go"
    return Breakage(kind="deadline", message=message)
