"""`qualitygate doctor`: what is installed, configured and slow."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from qualitygate import gate
from qualitygate.adapters.registry import ADAPTERS
from qualitygate.cli import last_run
from qualitygate.cli.common import config_option, load
from qualitygate.config import CheckSettings, Settings
from qualitygate.engine import versions
from qualitygate.engine.cache import place
from qualitygate.engine.resources import cpu_quota, default_jobs, memory_limit
from qualitygate.engine.tasks import Plan, PlanResult
from qualitygate.errors import ExitCode, ToolError
from qualitygate.sources.source import Source

_SLOW = 10.0
"""Seconds of processor time from which `doctor` calls a check slow."""


@click.command("doctor")
@config_option
def command(config: Path | None) -> int:
    """Show what a run would work with; exits with 3 if the tool of a check can not be used."""
    click.echo(f"qualitygate {gate.version()}, Python {platform.python_version()} at {sys.executable}")
    for line in _machine():
        click.echo(f"  {line}")
    click.echo("\ntools")
    for line in _tools():
        click.echo(f"  {line}")
    settings = load(config)
    with gate.prepared(settings, gate.Options()) as ready:
        checks, plans, source = ready.checks, ready.plans, ready.source
    click.echo("\nproject")
    for line in _project(settings, source):
        click.echo(f"  {line}")
    click.echo("\nchecks")
    for line in _checks(settings, checks, plans):
        click.echo(f"  {line}")
    usable = all(isinstance(plan, Plan) for plan in plans.values())
    return int(ExitCode.PASSED if usable else ExitCode.BROKEN)


def _machine() -> Iterator[str]:
    memory, quota = memory_limit(), cpu_quota()
    limits = [f"{os.cpu_count()} processors"]
    if quota is not None:
        limits.append(f"cgroup quota {quota:g}")
    if memory is not None:
        limits.append(f"{memory / 2**30:.1f} GiB memory")
    yield f"{default_jobs()} workers ({', '.join(limits)})"


def _tools() -> Iterator[str]:
    for adapter in ADAPTERS.values():
        version = versions.installed(adapter.distribution)
        if version is None:
            place = "MISSING"
        else:
            place = str(importlib.metadata.distribution(adapter.distribution).locate_file(""))
        yield f"{adapter.name:9} {version or '-':9} {place}"
        try:
            versions.tool_version(adapter)
        except ToolError as error:
            yield f"          {error.headline}: {error.hint}"


def _project(settings: Settings, source: Source) -> Iterator[str]:
    yield f"root           {settings.root}"
    yield f"configuration  {settings.file or 'none: the classic pipeline'}"
    commit = "no git commit" if source.info.commit is None else f"git commit {source.info.commit[:12]}"
    yield f"files          {len(source.tree):,} visible ({commit})"
    yield f"own files      {place.folder(settings.root)}"
    for warning in (*settings.warnings, *source.warnings):
        yield f"warning        {warning}"


def _checks(
    settings: Settings, checks: Sequence[CheckSettings], plans: dict[str, PlanResult]
) -> Iterator[str]:
    times = last_run.recall(settings.root)
    for check in checks:
        name = check.name if check.tool == check.name else f"{check.name} ({check.tool})"
        plan = plans[check.name]
        if isinstance(plan, Plan):
            yield f"{name}: {_count(len(plan.visits))}, {_cost(times.get(check.name))}"
            yield from _details(check, plan)
        else:
            yield f"{name}: BROKEN: {plan}"


def _count(files: int) -> str:
    return "1 file" if files == 1 else f"{files:,} files"


def _cost(time: last_run.CheckTime | None) -> str:
    if time is None:
        return "not run yet"
    slow = ", SLOW" if time.seconds >= _SLOW else ""
    return f"{time.seconds:.1f} s of processor time on {time.when:%Y-%m-%d %H:%M} UTC{slow}"


def _details(check: CheckSettings, plan: Plan) -> Iterator[str]:
    yield f"    arguments      {' '.join(check.args) or 'none'}  [{check.origins.get('args', 'default')}]"
    for label, values in (
        ("configured by", plan.config_files),
        ("plug-in", plan.plugins),
        ("note", plan.notes),
    ):
        for value in values:
            yield f"    {label:14} {value}"
