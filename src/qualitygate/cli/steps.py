"""Tells people how a release goes on: a line for each step, on standard error."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import click

from qualitygate.cli.guard import tell
from qualitygate.cli.terminal import wants_color
from qualitygate.model.names import visible
from qualitygate.release.redaction import Redactor


class Steps:
    """Prints steps with their outcome and seconds; on a terminal what is at work shows a moving bar.

    Args:

        redact: Applied to everything.

        color: As the option has it.
    """

    def __init__(self, redact: Redactor, color: str) -> None:
        self.redact = redact
        self.told: list[dict[str, Any]] = []
        """The steps for programs: `title`, `outcome` (`done` or `failed`), `detail`, `seconds`."""
        self._terminal = sys.stderr.isatty()
        self._colour = wants_color(color, os.environ, self._terminal)
        utf8 = (getattr(sys.stderr, "encoding", None) or "ascii").lower().replace("-", "").startswith("utf")
        self._marks = ("✓", "✗", "·", "!") if utf8 else ("ok", "failed", "-", "!")

    @contextlib.contextmanager
    def step(self, title: str) -> Iterator[Callable[[str], None]]:
        """As `preparation.Teller.step`."""
        details: list[str] = []
        begun = time.monotonic()
        outcome = "failed"
        try:
            with self._moving(title):
                yield details.append
            outcome = "done"
        finally:
            seconds = time.monotonic() - begun
            detail = self._clean(" ".join(details))
            self.told.append({"title": title, "outcome": outcome, "detail": detail, "seconds": round(seconds, 3)})
            mark, colour = (self._marks[0], "green") if outcome == "done" else (self._marks[1], "red")
            self._line(mark, f"{self._clean(title)}{f'  {detail}' if detail else ''}  {seconds:.1f} s", colour)

    def say(self, text: str) -> None:
        """As `preparation.Teller.say`."""
        self._line(self._marks[2], self._clean(text), None)

    def warn(self, text: str) -> None:
        """As `preparation.Teller.warn`."""
        self._line(self._marks[3], f"warning: {self._clean(text)}", "yellow")

    def confirm(self, question: str) -> bool:
        """As `publishing.Judge.confirm`."""
        return click.confirm(self._clean(question), default=False, err=True)

    def finish(self, text: str) -> None:
        """The last line."""
        tell(f"{self._clean(text)}\n")

    def _clean(self, text: str) -> str:
        return visible(self.redact(text))

    def _line(self, mark: str, text: str, colour: str | None) -> None:
        shown = click.style(mark, fg=colour) if self._colour and colour else mark
        tell(f"{shown} {text}\n")

    @contextlib.contextmanager
    def _moving(self, title: str) -> Iterator[None]:
        if not self._terminal:
            yield
            return
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(bar_width=20), TimeElapsedColumn())
        console = Console(stderr=True, no_color=not self._colour)
        with Progress(*columns, console=console, transient=True) as progress:
            progress.add_task(title, total=None)
            yield
