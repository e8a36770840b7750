"""`qualitygate check`: runs the checks, judges, reports."""

from __future__ import annotations

import datetime
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from qualitygate import gate
from qualitygate.cli import last_run
from qualitygate.cli.common import (
    cache_dir_option,
    config_option,
    judging_options,
    listed,
    load,
    look_options,
    repeating,
    root_relative,
)
from qualitygate.cli.progress import reporting_progress
from qualitygate.cli.reports import ReportingCommand, Target, publish, report_option
from qualitygate.cli.shard import require_shardable, shard_option
from qualitygate.engine.executors import LOCAL, dask_address
from qualitygate.errors import UsageError
from qualitygate.model.paths import below
from qualitygate.model.shards import Shard
from qualitygate.reporters import FORMATS


def _parse_executor(ctx: click.Context, param: click.Parameter, value: str) -> str | None:
    return dask_address(value)


class _Seconds(click.FloatRange):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if math.isnan(number):  # no comparison, and so no range, is true or false of it
            self.fail(f"{value!r} is no number of seconds", param, ctx)
        return number


_SECONDS = _Seconds(min=0, min_open=True, max=10**6)


@click.command("check", cls=ReportingCommand)
@click.argument("paths", nargs=-1, type=click.Path(path_type=str))
@config_option
@click.option("--only", "only", multiple=True, metavar="CHECK", help="run only this check (repeatable)")
@click.option("--skip", "skip", multiple=True, metavar="CHECK", help="leave this check out (repeatable)")
@report_option
@shard_option
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    envvar="QUALITYGATE_JOBS",
    help="worker processes (default: what CPU affinity, cgroup quota and memory allow) [env: QUALITYGATE_JOBS]",
)
@click.option(
    "--executor",
    default=LOCAL,
    show_default=True,
    callback=_parse_executor,
    metavar="local|dask=ADDRESS",
    help="where files are looked at: here, or by the workers of a Dask cluster (tls:// or on this machine)",
)
@click.option(
    "--file-timeout",
    type=_SECONDS,
    default=gate.DEFAULT_FILE_TIMEOUT,
    show_default=True,
    metavar="S",
    help="seconds a tool may spend on one file",
)
@click.option(
    "--deadline",
    type=_SECONDS,
    envvar="QUALITYGATE_DEADLINE",
    metavar="S",
    help="seconds for the whole run; what is not done by then is broken (exit 3) [env: QUALITYGATE_DEADLINE]",
)
@click.option("--staged", is_flag=True, help="judge what is staged in git's index, all of it, not the work tree")
@click.option("--at", "ref", metavar="REF", help="judge the files of this git commit, not the work tree")
@cache_dir_option
@click.option("--no-cache", is_flag=True, help="neither read nor write the cache")
@judging_options
@click.option("--allow-local-plugins", is_flag=True, help="let flake8 import plug-ins from the checked project")
@click.option("--no-progress", is_flag=True, help="show no progress bar")
@look_options
def command(
    paths: tuple[str, ...],
    config: Path | None,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    reports: tuple[Target, ...],
    shard: Shard | None,
    jobs: int | None,
    executor: str | None,
    file_timeout: float,
    deadline: float | None,
    staged: bool,
    ref: str | None,
    cache_dir: Path | None,
    no_cache: bool,
    soft_exit_code: int,
    exit_zero: bool,
    strict: bool,
    allow_local_plugins: bool,
    today: datetime.date | None,
    quiet: bool,
    verbose: bool,
    no_progress: bool,
    color: str,
) -> int:
    """Run the checks, judge them by their limits, and report.

    PATHS narrow the run to files and folders; limits over all files together (xenon's average) are then not judged.
    The summary goes to standard error.
    """
    judging = {"--strict": strict, "--exit-zero": exit_zero, "--soft-exit-code": soft_exit_code, "--today": today}
    require_shardable(shard, [name for name, _ in reports], judging)
    _require_compatible(staged, ref, executor, allow_local_plugins)
    recorded = listed(ref) if staged or ref is not None else None
    settings = load(config, recorded)
    options = gate.Options(
        only=only,
        skip=skip,
        paths=tuple(root_relative(path, settings.root) for path in paths),
        jobs=jobs,
        cluster=executor,
        file_timeout=file_timeout,
        deadline=deadline,
        recorded=recorded,
        use_cache=not no_cache,
        cache_dir=cache_dir,
        measurements=any(FORMATS[name].measurements for name, _ in reports),
        strict=strict,
        exit_zero=exit_zero,
        soft_exit_code=soft_exit_code,
        allow_local_plugins=allow_local_plugins,
        today=today,
        shard=shard,
        hidden=_inside(settings.root, [path for _, path in reports]),
        arguments=(*repeating(strict, today), *_repeating(config, staged, ref, allow_local_plugins, paths)),
    )
    with reporting_progress(enabled=not (no_progress or quiet), color=color) as progress:
        report = gate.run(settings, options, progress)
    if not no_cache:
        last_run.remember(settings.root, report, cache_dir)
    return publish(report, reports, settings.root, color, verbose, quiet)


def _require_compatible(staged: bool, ref: str | None, executor: str | None, local_plugins: bool) -> None:
    if staged and ref is not None:
        raise UsageError("--staged and --at can not be combined", "choose one of them")
    if executor is not None and local_plugins:
        raise UsageError(
            "--allow-local-plugins and --executor dask can not be combined",
            "workers of a cluster have no checkout to import plug-ins from",
        )


def _repeating(
    config: Path | None, staged: bool, ref: str | None, local_plugins: bool, paths: Sequence[str]
) -> tuple[str, ...]:
    """The command line, as typed, that another run needs to find the same; --only and --skip left out."""
    return (
        *(["--config", str(config)] if config else []),
        *(["--staged"] if staged else []),
        *([f"--at={ref}"] if ref is not None else []),
        *(["--allow-local-plugins"] if local_plugins else []),
        *(["--"] if any(path.startswith("-") for path in paths) else []),
        *paths,
    )


def _inside(root: Path, paths: Sequence[str]) -> tuple[str, ...]:
    """Those of *paths* that lie below *root*, relative to it."""
    found = (below(os.path.realpath(root), os.path.realpath(path)) for path in paths if path != "-")
    return tuple(path for path in found if path is not None)
