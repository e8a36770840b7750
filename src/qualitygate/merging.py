"""Puts the reports of all shards of a run together, and judges once."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from qualitygate import gate
from qualitygate.adapters.registry import ADAPTERS
from qualitygate.agreement import Named, in_order, manifest
from qualitygate.assembly import by_hand, presentable, skip_reason
from qualitygate.config import CheckSettings, Settings
from qualitygate.engine.answer import Answer
from qualitygate.engine.engine import Engine
from qualitygate.engine.tasks import Plan, encode_numbers
from qualitygate.engine.versions import installed
from qualitygate.errors import ShardsError
from qualitygate.model.results import Breakage, CheckRun, Report, SourceInfo
from qualitygate.sources.source import Source
from qualitygate.triage.fingerprint import Fingerprints
from qualitygate.triage.triage import triage


def merge(settings: Settings, reports: Sequence[Named], options: gate.Options) -> Report:
    """The report that one run over all files would have given.

    Args:

        reports: Those of the shards, in any order.

        options: How to judge, and where the tools' own configuration is read; the rest is in the reports.

    Raises:

        UsageError: One of the reports is that of a whole run.

        ShardsError: They are not all shards of one run.
    """
    clock = time.monotonic()
    known = {check.name: check for check in settings.checks}
    shards = in_order(reports, gate.version(), settings.digest, known)
    checks = [known[run.check] for run in shards[0].runs]
    joined = [_joined(check, shards, number) for number, check in enumerate(checks)]
    with contextlib.closing(gate.open_source(settings, options)) as source:
        _require_same_commit(source.info, shards[0].source)
        found = _with_overall(settings, options, checks, joined, source)
    partial = shards[0].scope == "partial"
    runs, verdict, remarks = gate.judged(found, checks, replace(options.terms, partial=partial))
    return Report(
        qualitygate=gate.version(),
        verdict=verdict,
        runs=runs,
        started=min(shard.started for shard in shards),
        seconds=max(shard.seconds for shard in shards) + time.monotonic() - clock,
        source=_source(shards),
        root_prefix=shards[0].root_prefix,
        scope=shards[0].scope,
        config_file=gate.config_file(settings),
        config_digest=settings.digest,
        overrides=(*shards[0].overrides, *options.overrides),
        arguments=(*options.arguments, *shards[0].arguments),
        warnings=_each_once((*_all(shards, "warnings"), *_changed(shards), *remarks)),
        files=sum(shard.files for shard in shards),
    )


def _source(shards: Sequence[Report]) -> SourceInfo:
    """Of all; it was changed if one of them was, and not known if that of one is not."""
    dirty = [shard.source.dirty for shard in shards]
    return replace(shards[0].source, dirty=True if True in dirty else None if None in dirty else False)


def _changed(shards: Sequence[Report]) -> Iterable[str]:
    if any(shard.source.dirty for shard in shards):
        yield "shards were made with uncommitted changes"


def _joined(check: CheckSettings, shards: Sequence[Report], number: int) -> CheckRun:
    """What all shards say about *check*, which stands at place *number* in each of them."""
    runs = [shard.runs[number] for shard in shards]
    files = sum(map(attrgetter("files"), runs))
    version = max(map(attrgetter("version"), runs))  # it is empty where the tool could not be used
    narrowed = any(map(attrgetter("narrowed"), runs))
    return CheckRun(
        check=check.name,
        tool=check.tool,
        version=version,
        files=files,
        cached=sum(map(attrgetter("cached"), runs)),
        seconds=sum(map(attrgetter("seconds"), runs)),
        findings=_all(runs, "findings"),
        measurements=tuple(sorted(_all(runs, "measurements"), key=attrgetter("path"))),
        problems=tuple(sorted(_all(runs, "problems"), key=attrgetter("path"))),
        breakage=tuple(itertools.chain(*map(_told, runs, shards))),
        skip_reason=None if files else skip_reason(Plan(check.name, version, (), narrowed=narrowed)),
        narrowed=narrowed,
        notes=_each_once(_all(runs, "notes")),
        config_files=_each_once(_all(runs, "config_files")),
        by_hand=by_hand(check),
    )


def _all(runs: Iterable[CheckRun | Report], name: str) -> tuple[Any, ...]:
    """What the attribute *name* of all *runs* holds."""
    return tuple(itertools.chain.from_iterable(map(attrgetter(name), runs)))


def _told(run: CheckRun, shard: Report) -> Iterable[Breakage]:
    return (replace(one, message=f"{one.message} ({manifest(shard).shard})") for one in run.breakage)


def _each_once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _with_overall(
    settings: Settings,
    options: gate.Options,
    checks: Sequence[CheckSettings],
    runs: Sequence[CheckRun],
    source: Source,
) -> tuple[CheckRun, ...]:
    """*runs* with the findings about all files together, which no shard could make."""
    crossing = [check for check in checks if ADAPTERS[check.tool].cross_file_rules]
    if not crossing:
        return tuple(runs)
    requests = {check.name: gate.request(check, settings, options) for check in crossing}
    tools = {check.name: check.tool for check in crossing}
    fingerprints = Fingerprints(source.root_prefix)
    with Engine(source, requests, tools, options.limits) as engine:
        return tuple(
            _reduced(engine, check, run, fingerprints) if check in crossing else run
            for check, run in zip(checks, runs, strict=True)
        )


def _require_same_commit(here: SourceInfo, there: SourceInfo) -> None:
    """Old reports must not be taken for those of what is checked out now."""
    if here.commit and there.commit and here.commit != there.commit:
        raise ShardsError(
            f"the shards are of the commit {there.commit[:12]}, and the one checked out here is {here.commit[:12]}",
            "check out that commit, or run the shards again",
        )


def _reduced(engine: Engine, check: CheckSettings, run: CheckRun, fingerprints: Fingerprints) -> CheckRun:
    if run.breakage:
        return run
    _require_same_tool(run)
    answer = Answer(check.name, numbers=[encode_numbers(run.measurements)])
    engine.reduce(Plan(check.name, run.version, (), narrowed=run.narrowed), answer)
    overall = triage(check.name, check.tool, answer.overall, check.policy.severity, fingerprints)
    return replace(
        run,
        findings=(*overall, *run.findings),
        breakage=tuple(map(presentable, answer.breakage)),
        notes=(*run.notes, *answer.notes),
    )


def _require_same_tool(run: CheckRun) -> None:
    """Values over all files are computed here, by the tool of this environment."""
    distribution = ADAPTERS[run.tool].distribution
    version = installed(distribution)
    if version != run.version:
        raise ShardsError(
            f"check {run.check}: the shards were run with {distribution} {run.version}, here is {version or 'none'}",
            f"python -m pip install '{distribution}=={run.version}'",
        )
