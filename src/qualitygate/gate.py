"""The composition: settings and sources -> adapters -> triage -> policy -> report."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version as installed_version

from qualitygate import policy, selection
from qualitygate.assembly import check_run
from qualitygate.config import CheckSettings, Settings
from qualitygate.engine.engine import Engine, Limits, Progress
from qualitygate.engine.resources import default_jobs
from qualitygate.engine.tasks import Plan, PlanResult
from qualitygate.errors import ConfigError
from qualitygate.model import names
from qualitygate.model.results import CheckRun, Report
from qualitygate.plugin import Request
from qualitygate.sources.worktree import WorkTree, open_worktree
from qualitygate.triage.exempt import exempt
from qualitygate.triage.fingerprint import Fingerprints

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
    hidden: tuple[str, ...] = ()
    """Files of the run's own, relative to the root, that no check may see."""
    arguments: tuple[str, ...] = ()
    """As in `Report.arguments`."""
    today: datetime.date | None = None
    """The day, in UTC, that `until` is compared with; None for the clock's."""

    @property
    def terms(self) -> policy.Terms:
        """The circumstances of the judgement."""
        return policy.Terms(
            today=self.today or datetime.datetime.now(datetime.UTC).date(),
            strict=self.strict,
            soft_exit_code=self.soft_exit_code,
            exit_zero=self.exit_zero,
            partial=self.partial,
        )

    @property
    def limits(self) -> Limits:
        """The bounds of the run's cost; the time begins now."""
        return Limits(
            jobs=self.jobs or default_jobs(),
            file_timeout=self.file_timeout,
            deadline=None if self.deadline is None else time.monotonic() + self.deadline,
        )

    @property
    def partial(self) -> bool:
        """Whether the run looks at less than the configuration says."""
        return bool(self.only or self.skip or self.paths)

    @property
    def overrides(self) -> tuple[str, ...]:
        """The options that change what is judged or how; paths are relative to the root."""
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
            *([f"--today {self.today}"] if self.today else []),
        )


def version() -> str:
    """The installed version of this product."""
    return installed_version(DISTRIBUTION)


@dataclasses.dataclass(frozen=True)
class Preparation:
    """A run up to the point where files are looked at."""

    work: WorkTree
    checks: tuple[CheckSettings, ...]
    engine: Engine
    plans: dict[str, PlanResult]
    """What each check would visit, or why its tool can not be used."""

    @property
    def good_plans(self) -> list[Plan]:
        """Those of tools that can be used."""
        return [plan for plan in self.plans.values() if isinstance(plan, Plan)]


def run(settings: Settings, options: Options, progress: Progress = lambda done, total: None) -> Report:
    """Run the checks, judge, and report.

    Raises:

        QualityGateError: Nothing could be judged; see its subclasses and their exit code.
    """
    started, clock = datetime.datetime.now(datetime.UTC), time.monotonic()
    with prepared(settings, options, progress) as ready:
        selection.require_files(ready.checks, ready.plans)
        answers = ready.engine.analyse(ready.good_plans, progress)
    fingerprints = Fingerprints(ready.work.root_prefix)
    found = [
        check_run(check, ready.plans[check.name], answers.get(check.name), fingerprints) for check in ready.checks
    ]
    runs, idle = exempt(found, {check.name: check.unreadable_ok for check in ready.checks})
    return Report(
        qualitygate=version(),
        verdict=policy.judge(runs, {check.name: check.policy for check in ready.checks}, options.terms),
        runs=runs,
        started=started,
        seconds=time.monotonic() - clock,
        source=ready.work.info,
        root_prefix=ready.work.root_prefix,
        scope="partial" if options.partial else "full",
        config_file=None if settings.file is None else os.path.relpath(settings.file, settings.root),
        config_digest=settings.digest,
        overrides=options.overrides,
        arguments=options.arguments,
        warnings=_warnings(settings, ready.work, runs, () if options.partial else idle),
        files=len({path for plan in ready.good_plans for _, path in plan.visits}),
    )


@contextlib.contextmanager
def prepared(
    settings: Settings, options: Options, progress: Progress = lambda done, total: None
) -> Iterator[Preparation]:
    """List the files, start the workers, and let each check plan its visits.

    Raises:

        QualityGateError: A name or path does not exist, the files can not be listed, or a tool's arguments or native
            configuration are wrong.
    """
    limits = options.limits
    checks = selection.choose(settings, options.only, options.skip)
    work = open_worktree(settings.root, settings.exclude, options.hidden)
    selection.require_paths(work.tree, checks, options.paths)
    requests = {check.name: _request(check, settings, options) for check in checks}
    tools = {check.name: check.tool for check in checks}
    with Engine(str(settings.root), work.tree, requests, tools, limits) as engine:
        plans = engine.plan(progress)
        _require_right_configuration(checks, plans)
        narrowed = selection.narrow(work.tree, plans, options.paths)
        yield Preparation(work, checks, engine, narrowed)


def _require_right_configuration(checks: Sequence[CheckSettings], plans: Mapping[str, PlanResult]) -> None:
    lines: list[str] = []
    for check in checks:
        plan = plans[check.name]
        if isinstance(plan, ConfigError):
            lines += plan.problems
            lines += [f"  {plan.hint}"] if plan.hint else []
            lines.append(f"  the arguments of {check.name} are from {check.origins['args']}")
    if lines:
        raise ConfigError(lines)


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


def _warnings(
    settings: Settings, work: WorkTree, runs: Sequence[CheckRun], idle: Sequence[str]
) -> tuple[str, ...]:
    """What is worth telling about the run as a whole; *idle* are the `unreadable-ok` patterns without use."""
    complete = not any(run.breakage for run in runs)  # else a pattern's file may not have been looked at
    return (
        *settings.warnings,
        *work.warnings,
        *(f'unreadable-ok = ["{pattern}"] exempts nothing; remove it' for pattern in idle if complete),
    )
