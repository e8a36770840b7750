"""`qualitygate files`: prints what each check would be given."""

from __future__ import annotations

from pathlib import Path

import click

from qualitygate import gate
from qualitygate.cli.common import config_option, load, print_whole, require_tools
from qualitygate.engine.tasks import Plan
from qualitygate.model import names


@click.command("files")
@config_option
@click.option("--check", "only", multiple=True, metavar="CHECK", help="of this check only (repeatable)")
@click.option("-0", "null", is_flag=True, help="end each name with a NUL byte instead of a newline, bytes as they are")
def command(config: Path | None, only: tuple[str, ...], null: bool) -> None:
    """Print the files that each check would be given, relative to the project root, sorted.

    With more than one check each line starts with the check's name and a tab.
    """
    settings = load(config)
    with gate.prepared(settings, gate.Options(only=only)) as ready:
        checks, plans = ready.checks, ready.plans
    require_tools(plans, "its files can not be listed")
    lines = []
    for check in checks:
        plan = plans[check.name]
        assert isinstance(plan, Plan)
        prefix = f"{check.name}\t" if len(checks) > 1 else ""
        for path in sorted({relative for _, relative in plan.visits}):
            lines.append(f"{prefix}{path}\0" if null else f"{prefix}{names.visible(path)}\n")
    print_whole(lines)
