"""Remembers how long each check took, for `doctor`."""

from __future__ import annotations

import contextlib
import datetime
import os
from pathlib import Path

import msgspec

from qualitygate.engine.cache import place
from qualitygate.model.results import Report
from qualitygate.sources.read import read_bytes


class CheckTime(msgspec.Struct, frozen=True):
    """Cost of one check in its newest run in which all its files were looked at."""

    seconds: float
    """Processor time, summed over workers."""
    files: int
    when: datetime.datetime


Times = dict[str, CheckTime]
"""By check."""


def remember(root: Path, report: Report, given: Path | None = None) -> None:
    """Store the times of *report*. A folder that can not be written is no reason to fail a run.

    Args:

        given: The folder of the cache, if the user named one.
    """
    fresh = {
        run.check: CheckTime(run.seconds, run.files, report.started)
        for run in report.runs
        if not run.breakage and run.files and not run.cached
    }
    folder = place.folder(root, given)
    if report.shard is not None or not fresh or folder.is_symlink():
        return
    with contextlib.suppress(OSError):
        place.prepare(folder)
        temporary = folder / f"last-run.{os.getpid()}.tmp"
        with temporary.open("xb") as stream:
            stream.write(msgspec.json.encode(recall(root, given) | fresh))
        temporary.replace(folder / place.times_file(root))


def recall(root: Path, given: Path | None = None) -> Times:
    """What `remember` stored; empty where nothing readable is there."""
    try:
        return msgspec.json.decode(read_bytes(str(place.folder(root, given) / place.times_file(root))), type=Times)
    except (OSError, msgspec.MsgspecError):
        return {}
