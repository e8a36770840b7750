"""Remembers how long each check took, for `doctor`."""

from __future__ import annotations

import contextlib
import os
import time
from pathlib import Path

import msgspec

from qualitygate.model.results import Report


class CheckTime(msgspec.Struct, frozen=True):
    """Cost of one check in one run."""

    seconds: float
    """Processor time, summed over workers."""
    files: int


class LastRun(msgspec.Struct, frozen=True):
    """The newest run of each check."""

    when: float
    """Seconds since the epoch."""
    checks: dict[str, CheckTime]


def folder(root: Path) -> Path:
    """Where this product keeps its own files: `.qualitygate` in the root, or QUALITYGATE_CACHE_DIR."""
    return Path(os.environ.get("QUALITYGATE_CACHE_DIR") or root / ".qualitygate")


def remember(root: Path, report: Report) -> None:
    """Store the times of *report*. A folder that can not be written is no reason to fail a run."""
    checks = recall(root).checks | {
        run.check: CheckTime(run.seconds, run.files) for run in report.runs if not run.breakage and run.files
    }
    place = folder(root)
    if place.is_symlink():
        return
    with contextlib.suppress(OSError):
        place.mkdir(parents=True, exist_ok=True)
        ignore = place / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
        temporary = place / f"last-run.{os.getpid()}.tmp"
        temporary.write_bytes(msgspec.json.encode(LastRun(time.time(), checks)))
        temporary.replace(place / "last-run.json")


def recall(root: Path) -> LastRun:
    """What `remember` stored; empty where nothing readable is there."""
    try:
        return msgspec.json.decode((folder(root) / "last-run.json").read_bytes(), type=LastRun)
    except (OSError, msgspec.MsgspecError):
        return LastRun(0.0, {})
