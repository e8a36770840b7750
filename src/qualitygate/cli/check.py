"""`qualitygate check`: runs the checks, judges, reports."""

from __future__ import annotations

import datetime
import itertools
import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from qualitygate import gate
from qualitygate.cli import last_run
from qualitygate.cli.common import config_option, load, print_whole, root_relative
from qualitygate.cli.guard import tell
from qualitygate.cli.progress import reporting_progress
from qualitygate.cli.terminal import color_option, stderr_look
from qualitygate.errors import ReportError, UsageError
from qualitygate.model.paths import below
from qualitygate.model.results import Report
from qualitygate.reporters import FORMATS, unjudged
from qualitygate.reporters.write import write_placeholder, write_report

Target = tuple[str, str]
"""Format and file."""


def _parse_reports(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> tuple[Target, ...]:
    targets = []
    for value in values:
        name, equals, path = value.partition("=")
        if not equals or not path:
            raise UsageError(f"--report {value}: expected FORMAT=FILE", f"the formats are {', '.join(FORMATS)}")
        if name not in FORMATS:
            raise UsageError(f"--report {value}: there is no format called {name}", f"use {', '.join(FORMATS)}")
        targets.append((name, path))
    files = [path if path == "-" else os.path.realpath(path) for _, path in targets]
    for path in files:
        if files.count(path) > 1:
            raise UsageError(f"--report: two reports would be written to {path}", "give each its own file")
    return tuple(targets)


class _Seconds(click.FloatRange):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if math.isnan(number):  # no comparison, and so no range, is true or false of it
            self.fail(f"{value!r} is no number of seconds", param, ctx)
        return number


_SECONDS = _Seconds(min=0, min_open=True, max=10**6)


class _Check(click.Command):
    """First of all, whatever else is wrong: a green report of an earlier run must not be taken for this one's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        not_judged = unjudged(gate.version(), datetime.datetime.now(datetime.UTC))
        for name, path in _targets_in(args):
            if name in FORMATS and path != "-":
                write_placeholder(path, FORMATS[name].render(not_judged))
        return super().parse_args(ctx, args)


def _targets_in(args: Sequence[str]) -> Iterator[Target]:
    """The values of `--report` in a command line that may be wrong in every other way."""
    for word, following in itertools.zip_longest(args, args[1:], fillvalue=""):
        if word == "--":
            return
        option, equals, value = word.partition("=")
        if option == "--report":
            name, _, path = (value if equals else following).partition("=")
            if path:
                yield name, path


def _parse_day(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime.date | None:
    try:
        return None if value is None else datetime.date.fromisoformat(value)
    except ValueError:
        raise UsageError(f"--today {value}: not a date", "write it as YYYY-MM-DD") from None


@click.command("check", cls=_Check)
@click.argument("paths", nargs=-1, type=click.Path(path_type=str))
@config_option
@click.option("--only", "only", multiple=True, metavar="CHECK", help="run only this check (repeatable)")
@click.option("--skip", "skip", multiple=True, metavar="CHECK", help="leave this check out (repeatable)")
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FORMAT=FILE",
    callback=_parse_reports,
    help=f"write a report; FORMAT is {', '.join(FORMATS)}, FILE may be - for standard output (repeatable)",
)
@click.option(
    "--jobs",
    type=click.IntRange(min=1),
    metavar="N",
    envvar="QUALITYGATE_JOBS",
    help="worker processes (default: what CPU affinity, cgroup quota and memory allow) [env: QUALITYGATE_JOBS]",
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
@click.option(
    "--soft-exit-code", type=click.IntRange(0, 255), default=0, show_default=True, metavar="N",
    help="exit code when there are only soft failures",
)
@click.option("--exit-zero", is_flag=True, help="exit with 0 instead of 1 and 4; 2, 3 and 70 stay")
@click.option("--strict", is_flag=True, help="soft failures fail the gate")
@click.option("--allow-local-plugins", is_flag=True, help="let flake8 import plug-ins from the checked project")
@click.option(
    "--today", callback=_parse_day, metavar="DATE", help="judge end dates as on this day (UTC; default: the clock's)"
)
@click.option("-q", "--quiet", is_flag=True, help="show only what failed, and the verdict")
@click.option("-v", "--verbose", is_flag=True, help="show all other findings too, and the versions of the tools")
@click.option("--no-progress", is_flag=True, help="show no progress bar")
@color_option
def command(
    paths: tuple[str, ...],
    config: Path | None,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    reports: tuple[Target, ...],
    jobs: int | None,
    file_timeout: float,
    deadline: float | None,
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
    settings = load(config)
    options = gate.Options(
        only=only,
        skip=skip,
        paths=tuple(root_relative(path, settings.root) for path in paths),
        jobs=jobs,
        file_timeout=file_timeout,
        deadline=deadline,
        strict=strict,
        exit_zero=exit_zero,
        soft_exit_code=soft_exit_code,
        allow_local_plugins=allow_local_plugins,
        today=today,
        hidden=_inside(settings.root, [path for _, path in reports]),
        arguments=_repeating(config, strict, allow_local_plugins, today, paths),
    )
    with reporting_progress(enabled=not (no_progress or quiet), color=color) as progress:
        report = gate.run(settings, options, progress)
    last_run.remember(settings.root, report)
    summary = stderr_look(color, settings.root).render(report, verbose=verbose, quiet=quiet)
    failures = _write(report, reports)
    tell(summary)
    if failures:
        raise ReportError("\n".join(str(failure) for failure in failures), failures[0].hint)
    return int(report.exit_code)


def _repeating(
    config: Path | None, strict: bool, local_plugins: bool, today: datetime.date | None, paths: Sequence[str]
) -> tuple[str, ...]:
    """The command line, as typed, that another run needs to find and judge the same; --only and --skip left out."""
    return (
        *(["--config", str(config)] if config else []),
        *(["--strict"] if strict else []),
        *(["--allow-local-plugins"] if local_plugins else []),
        *(["--today", today.isoformat()] if today else []),
        *(["--"] if any(path.startswith("-") for path in paths) else []),
        *paths,
    )


def _inside(root: Path, paths: Sequence[str]) -> tuple[str, ...]:
    """Those of *paths* that lie below *root*, relative to it."""
    found = (below(os.path.realpath(root), os.path.realpath(path)) for path in paths if path != "-")
    return tuple(path for path in found if path is not None)


def _write(report: Report, targets: Sequence[Target]) -> list[UsageError]:
    """Write every report that can be written; gives what is wrong with the others."""
    failures = []
    for name, path in targets:
        text = FORMATS[name].render(report)
        try:
            if path == "-":
                print_whole(text)
            else:
                write_report(path, text)
        except UsageError as error:
            failures.append(error)
    return failures
