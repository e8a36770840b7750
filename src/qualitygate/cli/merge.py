"""`qualitygate merge`: judges once over the reports of all shards of a run."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import click

from qualitygate import gate
from qualitygate.cli.common import config_option, judging_options, listed, load, look_options, repeating
from qualitygate.cli.reports import ReportingCommand, Target, publish, report_option, targets_in
from qualitygate.errors import ShardsError, UsageError
from qualitygate.model import names
from qualitygate.model.results import Report, SourceInfo
from qualitygate.sources.recorded import Recorded


class _Merge(ReportingCommand):
    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        written = {os.path.realpath(path): path for _, path in targets_in(args) if path != "-"}
        for word in args:
            # What stands in the file would be lost before it is read.
            if os.path.realpath(word) in written:
                raise UsageError(f"{word} is to be merged and to be written", "give `--report` another file")
        return super().parse_args(ctx, args)


@click.command("merge", cls=_Merge)
@click.argument("shards", metavar="REPORT...", nargs=-1, type=click.Path(path_type=str), required=True)
@config_option
@report_option
@judging_options
@look_options
def command(
    shards: tuple[str, ...],
    config: Path | None,
    reports: tuple[Target, ...],
    soft_exit_code: int,
    exit_zero: bool,
    strict: bool,
    today: datetime.date | None,
    quiet: bool,
    verbose: bool,
    color: str,
) -> int:
    """Judge a run whose files were divided among shards, from their JSON reports.

    Run it in the project. Exits with 3 unless the reports are those of all shards of one run.
    """
    from qualitygate import merging

    named = [(names.visible(path), _read(path)) for path in shards]
    recorded = _recorded(named[0][1].source)
    settings = load(config, recorded)
    options = gate.Options(
        strict=strict,
        exit_zero=exit_zero,
        soft_exit_code=soft_exit_code,
        today=today,
        recorded=recorded,
        arguments=repeating(strict, today),
    )
    report = merging.merge(settings, named, options)
    return publish(report, reports, settings.root, color, verbose, quiet)


def _recorded(source: SourceInfo) -> Recorded | None:
    """What the shards looked at, if it is git's index or a commit: the configuration is to be found there, too."""
    if source.kind == "worktree":
        return None
    return listed(source.commit if source.kind == "commit" else None)


def _read(path: str) -> Report:
    from qualitygate.reporters import json

    name = names.visible(path)
    try:
        data = Path(path).read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"report {name}: can not be read: {reason}", "give the JSON report of each shard") from None
    try:
        return json.parse(data, name)
    except UsageError as error:
        raise ShardsError(error.headline, "run that shard again: its report may have been cut short") from None
