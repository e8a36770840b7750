"""`--report FORMAT=FILE`, for the commands that judge."""

from __future__ import annotations

import datetime
import itertools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from qualitygate import gate
from qualitygate.cli.common import print_whole
from qualitygate.cli.guard import tell
from qualitygate.cli.terminal import stderr_look
from qualitygate.errors import ReportError, UsageError
from qualitygate.model.results import Report
from qualitygate.reporters import FORMATS, unjudged
from qualitygate.reporters.write import write_placeholder, write_report

Target = tuple[str, str]
"""Format and file."""


def _parse(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> tuple[Target, ...]:
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


report_option = click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FORMAT=FILE",
    callback=_parse,
    help=f"write a report; FORMAT is {', '.join(FORMATS)}, FILE may be - for standard output (repeatable)",
)


class ReportingCommand(click.Command):
    """First of all, whatever else is wrong: a green report of an earlier run must not be taken for this one's."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        not_judged = unjudged(gate.version(), datetime.datetime.now(datetime.UTC))
        for name, path in targets_in(args):
            if name in FORMATS and path != "-":
                write_placeholder(path, FORMATS[name].render(not_judged))
        return super().parse_args(ctx, args)


def targets_in(args: Sequence[str]) -> Iterator[Target]:
    """The values of `--report` in a command line that may be wrong in every other way."""
    for word, following in itertools.zip_longest(args, args[1:], fillvalue=""):
        if word == "--":
            return
        option, equals, value = word.partition("=")
        if option == "--report":
            name, _, path = (value if equals else following).partition("=")
            if path:
                yield name, path


def publish(report: Report, targets: Sequence[Target], root: Path, color: str, verbose: bool, quiet: bool) -> int:
    """Write the reports, and the summary to standard error; gives the exit code.

    Raises:

        ReportError: With every report that could not be written.
    """
    summary = stderr_look(color, root).render(report, verbose=verbose, quiet=quiet)
    failures = _write(report, targets)
    tell(summary)
    if failures:
        raise ReportError("\n".join(str(failure) for failure in failures), failures[0].hint)
    return int(report.exit_code)


def _write(report: Report, targets: Sequence[Target]) -> list[UsageError]:
    """Write every report that can be written; gives what is wrong with the others."""
    failures = []
    for name, path in targets:
        pieces = FORMATS[name].render(report)
        try:
            if path == "-":
                print_whole(pieces)
            else:
                write_report(path, pieces)
        except UsageError as error:
            failures.append(error)
    return failures
