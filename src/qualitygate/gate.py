"""The composition: settings and sources -> adapters -> triage -> policy -> report."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import qualitygate
from qualitygate import policy, selection
from qualitygate.assembly import check_run
from qualitygate.config import CheckSettings, Settings
from qualitygate.engine.cache import place
from qualitygate.engine.cache.answers import Cache
from qualitygate.engine.cache.opening import open_cache
from qualitygate.engine.engine import Engine, Limits, Progress
from qualitygate.engine.resources import default_jobs
from qualitygate.engine.tasks import Plan, PlanResult
from qualitygate.errors import ConfigError
from qualitygate.model import names
from qualitygate.model.results import CheckRun, Report, Verdict
from qualitygate.model.shards import Manifest, Shard
from qualitygate.plugin import Request
from qualitygate.sources.recorded import Recorded
from qualitygate.sources.snapshot import Snapshot
from qualitygate.sources.source import Source
from qualitygate.sources.worktree import open_worktree
from qualitygate.triage.exempt import exempt
from qualitygate.triage.fingerprint import Fingerprints

DEFAULT_FILE_TIMEOUT = 120.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options:
    """How one run differs from what the configuration says."""

    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    """Relative to the project root; empty for everything."""
    jobs: int | None = None
    cluster: str | None = None
    """Address of the Dask scheduler whose workers look at the files; None for processes of this machine."""
    file_timeout: float = DEFAULT_FILE_TIMEOUT
    deadline: float | None = None
    """Seconds for the whole run."""
    strict: bool = False
    exit_zero: bool = False
    soft_exit_code: int = 0
    allow_local_plugins: bool = False
    recorded: Recorded | None = None
    """The git index or commit to judge; None for the work tree."""
    use_cache: bool = True
    cache_dir: Path | None = None
    """Absolute; None for the default."""
    keeps: bool = True
    """Whether what is found out is kept in the cache."""
    measurements: bool = True
    """Whether the report is to hold the measurements."""
    hidden: tuple[str, ...] = ()
    """Files of the run's own, relative to the root, that no check may see."""
    arguments: tuple[str, ...] = ()
    """As in `Report.arguments`."""
    today: datetime.date | None = None
    """The day, in UTC, that `until` is compared with; None for the clock's."""
    shard: Shard | None = None
    """Look at this part of the files, and leave the judgement to `merging`."""

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
            "--allow-local-plugins": self.allow_local_plugins,
            "--strict": self.strict,
            "--exit-zero": self.exit_zero,
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
    return qualitygate.__version__


@dataclasses.dataclass(frozen=True)
class Preparation:
    """A run up to the point where files are looked at."""

    source: Source
    checks: tuple[CheckSettings, ...]
    requests: Mapping[str, Request]
    """By check."""
    engine: Engine
    plans: dict[str, PlanResult]
    """What each check would visit, or why its tool can not be used."""
    cache: Cache | None

    @property
    def cache_warnings(self) -> tuple[str, ...]:
        """What is wrong with the cache; complete once the run is over."""
        return () if self.cache is None else self.cache.warnings

    @property
    def good_plans(self) -> list[Plan]:
        """Those of tools that can be used."""
        return [plan for plan in self.plans.values() if isinstance(plan, Plan)]

    def part(self, shard: Shard | None) -> tuple[Mapping[str, PlanResult], Manifest | None]:
        """The plans of *shard*, with what is told about them; without a shard all of them."""
        if shard is None:
            return self.plans, None
        from qualitygate.engine import evidence, shards

        prefix = self.source.root_prefix
        tools = {check.name: check.tool for check in self.checks}
        known = evidence.Evidence(self.source, self.requests, tools, self.cache)
        return shards.own_part(self.plans, shard, prefix), shards.manifest(self.plans, shard, prefix, known)


def run(settings: Settings, options: Options, progress: Progress = lambda done, total: None) -> Report:
    """Run the checks, judge, and report.

    Raises:

        QualityGateError: Nothing could be judged; see its subclasses and their exit code.
    """
    started, clock = datetime.datetime.now(datetime.UTC), time.monotonic()
    with prepared(settings, options, progress) as ready:
        selection.require_files(ready.checks, ready.plans)
        plans, manifest = ready.part(options.shard)
        good_plans = [plan for plan in plans.values() if isinstance(plan, Plan)]
        answers = ready.engine.analyse(good_plans, progress)
    source = ready.source
    fingerprints = Fingerprints(source.root_prefix)
    found = tuple(check_run(check, plans[check.name], answers.get(check.name), fingerprints) for check in ready.checks)
    if manifest is None:
        runs, verdict, remarks = judged(found, ready.checks, options.terms)
    else:
        runs, verdict, remarks = found, policy.unjudged(found), ()
    return Report(
        qualitygate=version(),
        verdict=verdict,
        runs=runs,
        started=started,
        seconds=time.monotonic() - clock,
        source=source.info,
        root_prefix=source.root_prefix,
        scope="partial" if options.partial else "full",
        config_file=config_file(settings),
        config_digest=settings.digest,
        overrides=options.overrides,
        arguments=options.arguments,
        warnings=(*settings.warnings, *source.warnings, *ready.cache_warnings, *remarks),
        files=len({path for plan in good_plans for _, path in plan.visits}),
        shard=manifest,
    )


def judged(
    found: Sequence[CheckRun], checks: Sequence[CheckSettings], terms: policy.Terms
) -> tuple[tuple[CheckRun, ...], Verdict, tuple[str, ...]]:
    """*found* without what is exempt, the verdict on it, and what is worth telling about the exemptions."""
    runs, idle = exempt(found, {check.name: check.unreadable_ok for check in checks})
    verdict = policy.judge(runs, {check.name: check.policy for check in checks}, terms)
    # A pattern's file may be one that was not looked at.
    complete = not terms.partial and not any(run.breakage for run in runs)
    remarks = [f'unreadable-ok = ["{pattern}"] exempts nothing; remove it' for pattern in idle if complete]
    return runs, verdict, tuple(remarks)


def config_file(settings: Settings) -> str | None:
    """As in `Report.config_file`."""
    return None if settings.file is None else os.path.relpath(settings.file, settings.root)


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
    requests = {check.name: request(check, settings, options) for check in checks}
    tools = {check.name: check.tool for check in checks}
    with contextlib.ExitStack() as stack:
        source = stack.enter_context(contextlib.closing(open_source(settings, options)))
        selection.require_paths(source.tree, checks, options.paths)
        cache = None
        if options.use_cache:
            cache = open_cache(settings.root, options.cache_dir, source, requests, tools, options.keeps)
            stack.enter_context(contextlib.closing(cache))
        engine = stack.enter_context(
            Engine(source, requests, tools, limits, cache, options.measurements, options.cluster)
        )
        plans = engine.plan(progress)
        _require_right_configuration(checks, plans)
        narrowed = selection.narrow(source.tree, plans, options.paths)
        yield Preparation(source, checks, requests, engine, narrowed, cache)


def open_source(settings: Settings, options: Options) -> Source:
    """What is to be judged."""
    if options.recorded is not None:
        return Snapshot(options.recorded, settings.root, settings.exclude)
    hidden = (*options.hidden, *place.own_files(settings.root, options.cache_dir))
    return open_worktree(settings.root, settings.exclude, hidden)


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


def request(check: CheckSettings, settings: Settings, options: Options) -> Request:
    """What the tool of *check* is asked for."""
    return Request(
        check=check.name,
        root=str(settings.root),
        paths=check.paths,
        args=check.args,
        extra_args=check.extra_args,
        require_plugins=check.require_plugins,
        cacheable_plugins=check.cacheable_plugins,
        allow_local_plugins=options.allow_local_plugins,
    )
