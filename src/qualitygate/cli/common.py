"""What several commands share."""

from __future__ import annotations

import os
from pathlib import Path

import click

from qualitygate import gate
from qualitygate.adapters.registry import ADAPTERS
from qualitygate.config import Settings, load_settings
from qualitygate.errors import UsageError

config_option = click.option(
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="configuration file (default: the nearest pyproject.toml with [tool.qualitygate], or qualitygate.toml)",
)


def load(config: Path | None) -> Settings:
    """The settings in effect in the shell's folder."""
    return load_settings(Path.cwd(), ADAPTERS, config=config, version=gate.version())


def root_relative(path: str, root: Path) -> str:
    """A path of the command line, relative to the shell's folder -> relative to the project root, `""` for the root.

    Raises:

        UsageError: It lies outside of the root.
    """
    # Only the folder is resolved: the path itself may be a link, and it is the link that is meant.
    absolute = os.path.abspath(path)
    folder, name = os.path.split(absolute)
    relative = os.path.relpath(os.path.join(os.path.realpath(folder), name), os.path.realpath(root))
    if relative == os.pardir or relative.startswith(os.pardir + os.sep):
        raise UsageError(f"{path} is outside of the project root {root}", "give paths inside of it")
    return "" if relative == os.curdir else relative.replace(os.sep, "/")
