"""How standard error looks: width, colour, characters."""

from __future__ import annotations

import dataclasses
import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from qualitygate.model.results import Report

color_option = click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    show_default=True,
    envvar="QUALITYGATE_COLOR",
    help="colour on standard error [env: QUALITYGATE_COLOR, NO_COLOR, FORCE_COLOR]",
)


def wants_color(choice: str, environ: Mapping[str, str], is_terminal: bool) -> bool:
    """Whether to colour: the option, then NO_COLOR and FORCE_COLOR where not empty, then the terminal."""
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return is_terminal and environ.get("TERM") != "dumb"


_WIDTH = 80
"""Columns of a table where no width is known."""


@dataclasses.dataclass(frozen=True)
class Look:
    """What the terminal report is rendered for."""

    width: int
    wrapped: bool
    """Whether sentences are broken at the width; a log that is searched wants each on one line."""
    colour: bool
    ascii: bool
    folder: str
    """What a command that must be run in the project root says about where."""

    def render(self, report: Report, verbose: bool, quiet: bool) -> str:
        """The terminal report."""
        from qualitygate.reporters import terminal

        return terminal.render(
            report,
            width=self.width,
            wrapped=self.wrapped,
            colour=self.colour,
            ascii=self.ascii,
            verbose=verbose,
            quiet=quiet,
            folder=self.folder,
        )


def stderr_look(choice: str, root: Path) -> Look:
    """The look of standard error as it is now, for a report on the project at *root*."""
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    columns = _columns(os.environ, is_terminal)
    encoding = (getattr(sys.stderr, "encoding", None) or "ascii").lower().replace("-", "")
    return Look(
        width=columns or _WIDTH,
        wrapped=columns is not None,
        colour=wants_color(choice, os.environ, is_terminal),
        ascii=not encoding.startswith("utf"),
        folder="this folder" if os.path.realpath(root) == os.getcwd() else str(root),
    )


def _columns(environ: Mapping[str, str], is_terminal: bool) -> int | None:
    """The width to keep to: COLUMNS where it is a number above 0, else that of the terminal; None without either."""
    columns = environ.get("COLUMNS", "")
    if columns.isdecimal() and int(columns):
        return int(columns)
    if not is_terminal:
        return None
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or _WIDTH
    except OSError:
        return _WIDTH
