"""What several commands share."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from qualitygate import gate
from qualitygate.adapters.registry import ADAPTERS
from qualitygate.config import Settings, load_settings
from qualitygate.engine.tasks import PlanResult
from qualitygate.errors import ToolError, UsageError
from qualitygate.model.paths import below

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="configuration file (default: the nearest pyproject.toml with [tool.qualitygate], or qualitygate.toml)",
)


def load(config: Path | None) -> Settings:
    """The settings in effect in the shell's folder."""
    try:
        folder = Path.cwd()
    except FileNotFoundError:
        raise UsageError("the current folder does not exist any more", "change to a folder that does") from None
    return load_settings(folder, ADAPTERS, config=config, version=gate.version())


def print_whole(text: str) -> None:
    """Write *text* to standard output in UTF-8, whatever the terminal's encoding; escaped bytes of names as they are.

    A reader that has gone away, such as `head`, wanted no more: that changes nothing about the run.

    Raises:

        UsageError: It can not be written.
    """
    if sys.stdout is None:
        raise UsageError("standard output is closed", "name a file instead of -")
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
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
