"""The composition: settings and sources -> adapters -> triage -> policy -> report."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import os
import shlex
import time
from collections.abc import Iterator, Sequence
from importlib.metadata import version as installed_version

from qualitygate import policy
from qualitygate.adapters.registry import ADAPTERS
from qualitygate.config import CheckSettings, Settings
from qualitygate.engine.engine import Answer, Engine, Limits, Progress
from qualitygate.engine.resources import default_jobs
from qualitygate.engine.tasks import Plan, PlanResult
from qualitygate.errors import ConfigError, NoFilesError, SourceError, ToolError, UsageError
from qualitygate.model import names
from qualitygate.model.results import Breakage, CheckRun, Report
from qualitygate.plugin import Request
from qualitygate.sources.paths import missing_paths
from qualitygate.sources.worktree import WorkTree, open_worktree
from qualitygate.triage.exempt import exempt
from qualitygate.triage.fingerprint import Fingerprints
from qualitygate.triage.triage import encodable, triage

DISTRIBUTION = "pytest-qualitygate"
DEFAULT_FILE_TIMEOUT = 120.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """How one run differs from what the configuration says."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    """Relative to the project root; empty for everything."""
    jobs: int | None = None
    file_timeout: float = DEFAULT_FILE_TIMEOUT
    deadline: float | None = None
    """Seconds for the whole run."""
    strict: bool = False
    exit_zero: bool = False
    soft_exit_code: int = 0
    allow_local_plugins: bool = False
    today: datetime.date | None = None
    """The day, in UTC, that `until` is compared with; None for the clock's."""

    @property
    def partial(self) -> bool:
        """Whether the run looks at less than the configuration says."""
        return bool(self.only or self.skip or self.paths)

    @property
    def overrides(self) -> tuple[str, ...]:
        """The options that change what is judged or how, as typed."""
        flags = {
            "--strict": self.strict,
            "--exit-zero": self.exit_zero,
            "--allow-local-plugins": self.allow_local_plugins,
        }
        return (
            *(f"--only {check}" for check in self.only),
            *(f"--skip {check}" for check in self.skip),
            *(names.display(path) for path in self.paths),
            *(flag for flag, given in flags.items() if given),
        )


def version() -> str:
    """The installed version of this product."""
    return installed_version(DISTRIBUTION)


def run(settings: Settings, options: Options, progress: Progress = lambda done, total: None) -> Report:
    """Run the checks, judge, and report.

    Raises:

        QualityGateError: Nothing could be judged; see its subclasses and their exit code.
    """
    started, clock = datetime.datetime.now(datetime.UTC), time.monotonic()
    with planned(settings, options) as (work, checks, engine, plans):
        _require_files(checks, plans, options)
        answers = engine.analyse([plan for plan in plans.values() if isinstance(plan, Plan)], progress)
    fingerprints = Fingerprints(work.root_prefix)
    runs = tuple(_check_run(check, plans[check.name], answers.get(check.name), fingerprints) for check in checks)
    runs, idle = exempt(runs, {check.name: check.unreadable_ok for check in checks})
    # A narrowed run says nothing about the files it did not see.
    idle = () if options.partial else idle
    verdict = policy.judge(runs, {check.name: check.policy for check in checks}, _terms(options, started))
    return Report(
        qualitygate=version(),
        verdict=verdict,
        runs=runs,
        started=started,
        seconds=time.monotonic() - clock,
        source=work.info,
        root_prefix=work.root_prefix,
        scope="partial" if options.partial else "full",
        config_file=None if settings.file is None else os.path.relpath(settings.file, settings.root),
        config_digest=settings.digest,
        overrides=options.overrides,
        warnings=(
            *settings.warnings,
            *work.warnings,
            *(f'unreadable-ok = ["{pattern}"] exempts nothing; remove it' for pattern in idle),
        ),
        files=len({path for plan in plans.values() if isinstance(plan, Plan) for _, path in plan.visits}),
    )


@contextlib.contextmanager
def planned(
    settings: Settings, options: Options
) -> Iterator[tuple[WorkTree, tuple[CheckSettings, ...], Engine, dict[str, PlanResult]]]:
    """The work tree, the chosen checks, an engine ready to work, and what each check would visit.

    Raises:

        QualityGateError: A name or path does not exist, the files can not be listed, or a tool's arguments or native
            configuration are wrong.
    """
    limits = Limits(
        jobs=options.jobs or default_jobs(),
        file_timeout=options.file_timeout,
        deadline=None if options.deadline is None else time.monotonic() + options.deadline,
    )
    checks = _choose(settings, options)
    work = open_worktree(settings.root, settings.exclude)
    _require_paths(work, checks, options)
    requests = {check.name: _request(check, settings, options) for check in checks}
    tools = {check.name: check.tool for check in checks}
    with Engine(str(settings.root), work.tree, requests, tools, limits) as engine:
        plans = engine.plan()
        problems = [
            line
            for plan in plans.values()
            if isinstance(plan, ConfigError)
            for line in (*plan.problems, *([f"  {plan.hint}"] if plan.hint else []))
        ]
        if problems:
            raise ConfigError(problems)
        yield work, checks, engine, {name: _narrow(plan, options.paths) for name, plan in plans.items()}


def _choose(settings: Settings, options: Options) -> tuple[CheckSettings, ...]:
    known = [check.name for check in settings.checks]
    for name in (*options.only, *options.skip):
        if name not in known:
            raise UsageError(f"there is no check called {name}", f"the checks are {', '.join(known)}")
    chosen = tuple(
        check
        for check in settings.checks
        if (not options.only or check.name in options.only) and check.name not in options.skip
    )
    if not chosen:
        raise UsageError("no check is left to run", "use fewer --only and --skip")
    return chosen


def _require_paths(work: WorkTree, checks: Sequence[CheckSettings], options: Options) -> None:
    problems = [
        f"{check.origins.get('paths', check.name)}: {message}"
        for check in checks
        for message in missing_paths(work.tree, check.paths)
    ]
    problems += missing_paths(work.tree, options.paths)
    if problems:
        raise SourceError("\n".join(dict.fromkeys(problems)), "mend the paths and run again")


def _request(check: CheckSettings, settings: Settings, options: Options) -> Request:
    return Request(
        check=check.name,
        root=str(settings.root),
        paths=check.paths,
        args=check.args,
        extra_args=check.extra_args,
        require_plugins=check.require_plugins,
        allow_local_plugins=options.allow_local_plugins,
    )


def _narrow(plan: PlanResult, paths: Sequence[str]) -> PlanResult:
    """*plan* without the visits outside of *paths*."""
    if not isinstance(plan, Plan) or not paths or "" in paths:
        return plan
    prefixes = tuple(f"{path}/" for path in paths)
    visits = tuple(visit for visit in plan.visits if visit[1] in paths or visit[1].startswith(prefixes))
    return dataclasses.replace(plan, visits=visits, narrowed=len(visits) < len(plan.visits))


def _require_files(checks: Sequence[CheckSettings], plans: dict[str, PlanResult], options: Options) -> None:
    empty = [
        check
        for check in checks
        if isinstance(plan := plans[check.name], Plan)
        and not plan.visits
        and not plan.narrowed
        and check.configured
        and not check.allow_empty
    ]
    if empty:
        raise NoFilesError(
            "\n".join(f"check {check.name} is configured, but finds no file in {', '.join(check.paths)}" for check in empty),
            "correct its `paths`, or allow it with `allow-empty = true`",
        )


def _check_run(
    check: CheckSettings, plan: PlanResult, answer: Answer | None, fingerprints: Fingerprints
) -> CheckRun:
    adapter = ADAPTERS[check.tool]
    by_hand = tuple(map(shlex.join, adapter.by_hand(check.args, check.extra_args, check.paths)))
    if not isinstance(plan, Plan) or answer is None:
        assert isinstance(plan, ToolError)
        message = encodable(". ".join(filter(None, (plan.headline, plan.hint))))
        broken = (Breakage(kind="tool", message=message),)
        return CheckRun(check=check.name, tool=check.tool, breakage=broken, by_hand=by_hand)
    located = [one for result in answer.results for one in result.findings]
    problems = [result.problem for result in answer.results if result.problem is not None]
    return CheckRun(
        check=check.name,
        tool=check.tool,
        version=plan.version,
        files=len({path for _, path in plan.visits}),
        seconds=sum(result.seconds for result in answer.results),
        findings=triage(check.name, check.tool, [*located, *answer.overall], check.policy.severity, fingerprints),
        measurements=tuple(one for result in answer.results for one in result.measurements),
        problems=tuple(sorted(problems, key=lambda problem: problem.path)),
        breakage=tuple(answer.breakage),
        skip_reason=_skip_reason(plan),
        narrowed=plan.narrowed,
        notes=(*plan.notes, *answer.notes),
        config_files=plan.config_files,
        by_hand=by_hand,
    )


def _skip_reason(plan: Plan) -> str | None:
    if plan.visits:
        return None
    return "none of its files is in PATHS" if plan.narrowed else "no file to look at"


def _terms(options: Options, started: datetime.datetime) -> policy.Terms:
    return policy.Terms(
        today=options.today or started.date(),
        strict=options.strict,
        soft_exit_code=options.soft_exit_code,
        exit_zero=options.exit_zero,
        partial=options.partial,
    )
