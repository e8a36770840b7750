"""Progress on standard error: a bar on a terminal, a line now and then in CI, nothing elsewhere."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.progress import Progress as RichProgress

    from qualitygate.engine.engine import Progress

_LINE_EVERY = 30.0
"""Seconds between two lines in CI: often enough that no runner takes the job for dead."""

_BAR_AFTER = 0.5
"""Seconds before the bar is shown: a run that ends at once shows none."""


@contextlib.contextmanager
def reporting_progress(enabled: bool, color: str) -> Iterator[Progress]:
    """A callback for the engine."""
    if enabled and sys.stderr.isatty():
        with _bar(color) as progress:
            yield progress
    elif enabled and os.environ.get("CI", "").lower() not in ("", "0", "false"):
        yield _Lines()
    else:
        yield lambda done, total: None


class _Lines:
    def __init__(self) -> None:
        self._next = time.monotonic() + _LINE_EVERY

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _LINE_EVERY
            click.echo(f"qualitygate: {done:,} of {total:,} file checks done", err=True)


@contextlib.contextmanager
def _bar(color: str) -> Iterator[Progress]:
    """A bar of rich's, which is imported only when there is something to wait for."""
    with contextlib.ExitStack() as stack:
        state = _Bar(stack, color)
        yield state


class _Bar:
    def __init__(self, stack: contextlib.ExitStack, color: str) -> None:
        self._stack = stack
        self._color = color
        self._since = time.monotonic()
        self._bar: RichProgress | None = None

    def __call__(self, done: int, total: int) -> None:
        if self._bar is None and time.monotonic() - self._since < _BAR_AFTER:
            return
        if self._bar is None:
            self._bar = self._stack.enter_context(_rich_progress(self._color))
            self._bar.add_task("checking", total=total)
        self._bar.update(self._bar.task_ids[0], completed=done, total=total)


def _rich_progress(color: str) -> RichProgress:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TimeElapsedColumn
    from rich.progress import Progress as RichProgress

    console = Console(stderr=True, no_color=color == "never" or bool(os.environ.get("NO_COLOR")))
    return RichProgress(
        "[progress.description]{task.description}",
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
