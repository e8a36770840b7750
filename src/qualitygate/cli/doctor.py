"""`qualitygate doctor`: what is installed, configured and slow."""

from __future__ import annotations

import datetime
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
from qualitygate.engine.resources import cpu_quota, default_jobs, memory_limit
from qualitygate.engine.tasks import Plan, PlanResult
from qualitygate.errors import ExitCode
from qualitygate.sources.worktree import WorkTree

_SLOW = 10.0
"""Seconds of processor time from which `doctor` calls a check slow."""


@click.command("doctor")
@config_option
def command(config: Path | None) -> int:
    """Show what a run would work with; exits with 3 if a tool is missing or can not be used."""
    click.echo(f"qualitygate {gate.version()}, Python {platform.python_version()} at {sys.executable}")
    for line in _machine():
        click.echo(f"  {line}")
    click.echo("\ntools")
    for line in _tools():
        click.echo(f"  {line}")
    settings = load(config)
    with gate.planned(settings, gate.Options()) as (work, checks, _, plans):
        pass
    click.echo("\nproject")
    for line in _project(settings, work):
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
    from packaging.specifiers import SpecifierSet

    for adapter in ADAPTERS.values():
        try:
            found = importlib.metadata.distribution(adapter.distribution)
        except importlib.metadata.PackageNotFoundError:
            yield f"{adapter.name:9} MISSING   python -m pip install '{adapter.distribution}{adapter.versions}'"
            continue
        supported = found.version in SpecifierSet(adapter.versions, prereleases=True)
        remark = "" if supported else f"   NOT SUPPORTED: only {adapter.versions} is"
        yield f"{adapter.name:9} {found.version:9} {found.locate_file('')}{remark}"


def _project(settings: Settings, work: WorkTree) -> Iterator[str]:
    yield f"root           {settings.root}"
    yield f"configuration  {settings.file or 'none: the classic pipeline'}"
    commit = "not a git work tree" if work.info.commit is None else f"git commit {work.info.commit[:12]}"
    yield f"files          {len(work.tree):,} visible ({commit})"
    yield f"own files      {last_run.folder(settings.root)}"
    for warning in (*settings.warnings, *work.warnings):
        yield f"warning        {warning}"


def _checks(
    settings: Settings, checks: Sequence[CheckSettings], plans: dict[str, PlanResult]
) -> Iterator[str]:
    recalled = last_run.recall(settings.root)
    if recalled.checks:
        when = datetime.datetime.fromtimestamp(recalled.when, datetime.UTC)
        yield f"(times are processor time of the last run, {when:%Y-%m-%d %H:%M} UTC)"
    for check in checks:
        plan = plans[check.name]
        tool = "" if check.tool == check.name else f" ({check.tool})"
        if not isinstance(plan, Plan):
            yield f"{check.name}{tool}: BROKEN: {plan}"
            continue
        time = recalled.checks.get(check.name)
        cost = "not run yet" if time is None else f"{time.seconds:.1f} s"
        slow = ", SLOW" if time is not None and time.seconds >= _SLOW else ""
        yield f"{check.name}{tool}: {len(plan.visits):,} files, {cost}{slow}"
        yield f"    arguments      {' '.join(check.args) or 'none'}  [{check.origins.get('args', 'default')}]"
        for file in plan.config_files:
            yield f"    configured by  {file}"
        for plugin in plan.plugins:
            yield f"    plug-in        {plugin}"
        for note in plan.notes:
            yield f"    note           {note}"
