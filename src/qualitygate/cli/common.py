"""What several commands share."""

from __future__ import annotations

import datetime
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from qualitygate import gate
from qualitygate.adapters.registry import ADAPTERS
from qualitygate.cli.terminal import color_option
from qualitygate.config import Settings, load_settings
from qualitygate.engine.tasks import PlanResult
from qualitygate.errors import ToolError, UsageError
from qualitygate.model.paths import below
from qualitygate.sources.recorded import Recorded, list_commit, list_index

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="configuration file (default: the nearest pyproject.toml with [tool.qualitygate], or qualitygate.toml)",
)

cache_dir_option = click.option(
    "--cache-dir",
    type=click.Path(file_okay=False, readable=False, path_type=Path),
    callback=lambda ctx, param, value: None if value is None else Path(os.path.abspath(value)),
    envvar="QUALITYGATE_CACHE_DIR",
    metavar="DIR",
    help="folder of the cache (default: .qualitygate in the project root) [env: QUALITYGATE_CACHE_DIR]",
)

Command = TypeVar("Command", bound=Callable[..., Any])


def _together(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _parse_day(ctx: click.Context, param: click.Parameter, value: str | None) -> datetime.date | None:
    try:
        return None if value is None else datetime.date.fromisoformat(value)
    except ValueError:
        raise UsageError(f"--today {value}: not a date", "write it as YYYY-MM-DD") from None


#: How to judge.
judging_options: Callable[[Any], Any] = _together(
    click.option(
        "--soft-exit-code", type=click.IntRange(0, 255), default=0, show_default=True, metavar="N",
        help="exit code when there are only soft failures",
    ),
    click.option("--exit-zero", is_flag=True, help="exit with 0 instead of 1 and 4; 2, 3 and 70 stay"),
    click.option("--strict", is_flag=True, help="soft failures fail the gate"),
    click.option(
        "--today",
        callback=_parse_day,
        metavar="DATE",
        help="judge end dates as on this day (UTC; default: the clock's)",
    ),
)

#: How the summary looks.
look_options: Callable[[Any], Any] = _together(
    click.option("-q", "--quiet", is_flag=True, help="show only what failed, and the verdict"),
    click.option("-v", "--verbose", is_flag=True, help="show all other findings too, and the versions of the tools"),
    color_option,
)


def repeating(strict: bool, today: datetime.date | None) -> tuple[str, ...]:
    """The options that another run needs to judge the same."""
    return (*(["--strict"] if strict else []), *(["--today", today.isoformat()] if today else []))


def listed(ref: str | None) -> Recorded:
    """The git commit that *ref* names, or else the index, of the repository that the shell's folder lies in."""
    return list_index(_folder()) if ref is None else list_commit(_folder(), ref)


def load(config: Path | None, recorded: Recorded | None = None) -> Settings:
    """The settings in effect in the shell's folder, as the work tree or else *recorded* has them."""
    if recorded is not None:
        from qualitygate import stored_settings

        return stored_settings.load(_folder(), recorded, config, gate.version())
    return load_settings(_folder(), ADAPTERS, config=config, version=gate.version())


def _folder() -> Path:
    try:
        return Path.cwd()
    except FileNotFoundError:
        raise UsageError("the current folder does not exist any more", "change to a folder that does") from None


def print_whole(pieces: Iterable[str]) -> None:
    """Write *pieces* of text to standard output in UTF-8, whatever the terminal's encoding; escaped bytes as they are.

    A reader that has gone away, such as `head`, wanted no more: that changes nothing about the run.

    Raises:

        UsageError: It can not be written.
    """
    if sys.stdout is None:
        raise UsageError("standard output is closed", "name a file instead of -")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.writelines(piece.encode("utf-8", "surrogateescape") for piece in pieces)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        # What is left in the buffer has nowhere to go; without this Python complains about it at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise UsageError(f"standard output can not be written: {error.strerror}", "name a file instead of -") from None


def require_tools(plans: Mapping[str, PlanResult], what: str) -> None:
    """Refuse to go on when a check's tool can not be used; *what* says what can not be done then.

    Raises:

        ToolError: With every one of them.
    """
    broken = [f"check {name}: {plan.headline}" for name, plan in plans.items() if isinstance(plan, ToolError)]
    if broken:
        raise ToolError("\n".join(broken), what)


def root_relative(path: str, root: Path) -> str:
    """A path of the command line, relative to the shell's folder -> relative to the project root, `""` for the root.

    Raises:

        UsageError: It lies outside of the root.
    """
    # Only the folder is resolved: the path itself may be a link, and it is the link that is meant.
    absolute = os.path.abspath(path)
    folder, name = os.path.split(absolute)
    relative = below(os.path.realpath(root), os.path.join(os.path.realpath(folder), name))
    if relative is None:
        raise UsageError(f"{path} is outside of the project root {root}", "give paths inside of it")
    return "" if relative == os.curdir else relative
