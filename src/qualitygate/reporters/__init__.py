"""Formats of `--report FORMAT=FILE`: pure functions from a report to text. One file per format, one line here."""

from __future__ import annotations

import datetime
import importlib
from collections.abc import Iterable

import msgspec

from qualitygate.errors import ExitCode
from qualitygate.model.results import Report, SourceInfo, Verdict


class Format(msgspec.Struct, frozen=True):
    """One value of FORMAT."""

    name: str
    module: str
    """In this package; its function `render` turns a report into pieces of text. Imported when it is used."""
    summary: str
    """What it is for, in a few words, for help texts."""
    measurements: bool = False
    """Whether it shows the measurements."""

    def render(self, report: Report) -> Iterable[str]:
        """*report* in this format, piece by piece."""
        text: Iterable[str] = importlib.import_module(f"qualitygate.reporters.{self.module}").render(report)
        return text


FORMATS: dict[str, Format] = {
    made.name: made
    for made in (
        Format("json", "json", "everything, for programs", measurements=True),
        Format("text", "text", "one line per finding, for editors and grep"),
    )
}


def unjudged(version: str, started: datetime.datetime) -> Report:
    """The report that replaces each report file at the start of a run, so that a crash leaves no older verdict.

    Each format renders it as a valid document that says `unjudged`. Its exit code is that of a run without a
    trustworthy answer.
    """
    return Report(
        qualitygate=version,
        verdict=Verdict(word="unjudged", exit_code=int(ExitCode.BROKEN)),
        runs=(),
        started=started,
        seconds=0.0,
        source=SourceInfo(),
    )
