"""`qualitygate config`: what is in effect, whether it is right, and its schema."""

from __future__ import annotations

import json
from pathlib import Path

import click

from qualitygate.adapters.registry import ADAPTERS
from qualitygate.cli.common import config_option, load, require_tools


@click.group("config")
def command() -> None:
    """Show, verify or describe the configuration."""


@command.command("show", short_help="every value in effect and where it comes from")
@config_option
def show(config: Path | None) -> None:
    """Print every value in effect as TOML, and where it comes from."""
    from qualitygate.config.show import show as rows_of

    settings = load(config)
    where = settings.file or "no configuration file: the classic pipeline"
    click.echo(f"# root: {settings.root}\n# from: {where}")
    for row in rows_of(settings):
        click.echo(f"{row.key} = {row.value}  # {row.origin}")
    for warning in settings.warnings:
        click.echo(f"warning: {warning}", err=True)


@command.command("verify", short_help="report every mistake of the configuration")
@config_option
def verify(config: Path | None) -> None:
    """Report every mistake of the configuration file at once; exits with 2 if there is one.

    If there is none, paths are looked up, and then the tools' own parsers verify their arguments and native
    configuration files.
    """
    from qualitygate import gate

    settings = load(config)
    with gate.prepared(settings, gate.Options()) as ready:
        require_tools(ready.plans, "its arguments and configuration can not be verified")
    for warning in settings.warnings:
        click.echo(f"warning: {warning}", err=True)
    where = settings.file or "no configuration file (classic pipeline)"
    click.echo(f"{where}: {len(settings.checks)} checks, no mistake")


@command.command("schema", short_help="the JSON Schema of [tool.qualitygate]")
def schema() -> None:
    """Print the JSON Schema of the table [tool.qualitygate], for editors."""
    from qualitygate.config.schema import schema as make_schema

    click.echo(json.dumps(make_schema(list(ADAPTERS)), indent=2))
