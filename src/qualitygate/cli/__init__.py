"""The command line: the only place that prints or exits."""

from __future__ import annotations

import sys
from typing import Any

import click

from qualitygate import __version__
from qualitygate.cli import guard
from qualitygate.errors import ExitCode


class _LazyGroup(click.Group):
    """Imports a command's module when it is used: `--version` needs none of them."""

    summaries = {
        "cache": "show or empty what is kept from run to run",
        "check": "run the checks, judge, report",
        "config": "show, verify or describe the configuration",
        "doctor": "show tools, versions, files per check, and what is missing or slow",
        "files": "print the files each check would be given",
        "merge": "judge once over the reports of all shards of a run",
        "release": "build, prove and publish the sdist and the wheel",
    }
    """Command, which is also its module's name -> a line for the help text."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(self.summaries)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(sorted(self.summaries.items()))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        import importlib

        if cmd_name not in self.summaries:
            return None
        command: click.Command = importlib.import_module(f"qualitygate.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            import difflib

            near = difflib.get_close_matches(args[0], self.list_commands(ctx), 1)
            if near:
                raise click.UsageError(f"{error.message} Did you mean '{near[0]}'?", ctx) from None
            raise


def _print_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        click.echo(f"qualitygate {__version__}")
        ctx.exit()


@click.group(
    cls=_LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Exit codes: " + ", ".join(f"{code.value} {code.name.lower().replace('_', ' ')}" for code in ExitCode) + ".",
)
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_print_version, help="show the version"
)
def cli() -> None:
    """One quality gate with one verdict: flake8, doc8, yamllint, bandit, radon and xenon."""


def main(args: list[str] | None = None) -> Any:
    """Run the command line and exit with its code."""
    given = sys.argv[1:] if args is None else args
    sys.exit(guard.guarded(cli, given, _release_manner() if given[:1] == ["release"] else guard.Manner()))


def _release_manner() -> guard.Manner:
    """The environment is rid of credentials before anything else is imported, and no text may show them."""
    from qualitygate.release import isolation

    given = isolation.credentials()
    from qualitygate.release import credentials

    return guard.Manner(credentials.redactor(given), "not released")
