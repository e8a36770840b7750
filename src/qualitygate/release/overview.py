"""`release status`: local files, receipts and an index side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from qualitygate.errors import ReleaseCode, ReleaseError
from qualitygate.model.names import visible
from qualitygate.release import artifacts, building, receipt, verification
from qualitygate.release.index import Index
from qualitygate.release.targets import Target, shown


_TITLES = ("file", "built", "receipt", "index")
_MISSING, _SAME, _OTHER = "missing", "same bytes", "OTHER BYTES"


@dataclasses.dataclass(frozen=True)
class Overview:
    """What was found."""

    text: str
    code: ReleaseCode


@dataclasses.dataclass(frozen=True)
class _Subject:
    project: str
    version: str
    built: Mapping[str, str]
    """SHA-256 by file name."""
    sent: Mapping[str, receipt.File]

    @property
    def ours(self) -> dict[str, str]:
        """SHA-256 by file name, of what is built or was sent."""
        return {**{name: file.sha256 for name, file in self.sent.items()}, **self.built}


class _Row(NamedTuple):
    cells: tuple[str, ...]
    there: str


def compare(folder: Path, target: Target, index: Index) -> Overview:
    """Compare what is in *folder* with what *index* has.

    Raises:

        ReleaseError: There is nothing to compare, or the index can not be read.
    """
    subject = _subject(folder, target)
    release = subject.project, subject.version
    listed = verification.hashes(index, index.files(subject.project), list(subject.ours), *release) or {}
    rows = [_row(name, subject, listed.get(name, "")) for name in sorted({*subject.ours, *listed})]
    table = [_TITLES, *(row.cells for row in rows)]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(_TITLES))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip() for cells in table
    ]
    title = f"{subject.project} {subject.version}, {target.title} {shown(index.url)}"
    return Overview("\n".join([title, "", *lines]), _code(rows))


def _code(rows: Sequence[_Row]) -> ReleaseCode:
    states = {row.there for row in rows}
    if _OTHER in states:
        return ReleaseCode.CONFLICT
    return ReleaseCode.UNVERIFIED if _MISSING in states else ReleaseCode.PUBLISHED


def _row(name: str, subject: _Subject, theirs: str) -> _Row:
    sent = subject.sent.get(name)
    built = subject.built.get(name, "")
    there = _MISSING if not theirs else _SAME if theirs == subject.ours.get(name) else _OTHER
    told = f"{there} {theirs[:12]}" if there == _OTHER else there
    return _Row((visible(name), built[:12] or "-", sent.state if sent else "-", told), there)


def _subject(folder: Path, target: Target) -> _Subject:
    path = receipt.default_path(folder, target.value)
    kept = receipt.load(path) if path.exists() else None
    files = _local(folder)
    known = {file.name: file for file in kept.files} if kept else {}
    if files:
        first = artifacts.read_artifact(folder / files[0].name)
        return _of_files(first, files, known if kept and kept.version == first.version else {})
    if kept is None:
        raise ReleaseError(
            ReleaseCode.NOT_READY,
            f"{folder} has neither files nor a receipt",
            "build first, or name the folder: --dist",
        )
    return _Subject(kept.normalized, kept.version, {}, known)


def _of_files(
    first: artifacts.Artifact, files: Sequence[building.BuiltFile], sent: Mapping[str, receipt.File]
) -> _Subject:
    return _Subject(first.normalized, first.version, {file.name: file.sha256 for file in files}, sent)


def _local(folder: Path) -> Sequence[building.BuiltFile]:
    if not folder.is_dir():
        return ()
    manifest = building.find(folder)
    return manifest.files if manifest else building.lying_in(folder)
