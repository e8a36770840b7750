"""Remembers how long each check took, for `doctor`."""

from __future__ import annotations

import contextlib
import datetime
import hashlib
import os
from pathlib import Path

import msgspec

from qualitygate.model.results import Report
from qualitygate.sources.read import read_bytes

_FOLDER = ".qualitygate"


class CheckTime(msgspec.Struct, frozen=True):
    """Cost of one check in its newest run."""

    seconds: float
    """Processor time, summed over workers."""
    files: int
    when: datetime.datetime


Times = dict[str, CheckTime]
"""By check."""


def folder(root: Path) -> Path:
    """Where this product keeps its own files: `.qualitygate` in the root, or QUALITYGATE_CACHE_DIR."""
    return Path(os.environ.get("QUALITYGATE_CACHE_DIR") or root / _FOLDER)


def remember(root: Path, report: Report) -> None:
    """Store the times of *report*. A folder that can not be written is no reason to fail a run."""
    times = recall(root) | {
        run.check: CheckTime(run.seconds, run.files, report.started)
        for run in report.runs
        if not run.breakage and run.files
    }
    place = folder(root)
    if place.is_symlink():
        return
    with contextlib.suppress(OSError):
        place.mkdir(parents=True, exist_ok=True)
        if place.name == _FOLDER:
            with contextlib.suppress(FileExistsError):  # also a link, which is not followed
                (place / ".gitignore").open("x").write("*\n")
        temporary = place / f"last-run.{os.getpid()}.tmp"
        with temporary.open("xb") as stream:
            stream.write(msgspec.json.encode(times))
        temporary.replace(_file(root))


def recall(root: Path) -> Times:
    """What `remember` stored; empty where nothing readable is there."""
    try:
        return msgspec.json.decode(read_bytes(str(_file(root))), type=Times)
    except (OSError, msgspec.MsgspecError):
        return {}


def _file(root: Path) -> Path:
    # Several projects may share a folder.
    project = hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:16]
    return folder(root) / f"last-run-{project}.json"
