"""Looks at what an index serves: are these the bytes that were proven?"""

from __future__ import annotations

import dataclasses
import itertools
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from qualitygate.errors import ReleaseCode, ReleaseError
from qualitygate.release import installation, planning
from qualitygate.release.index import Index, IndexUnavailable
from qualitygate.release.index_page import Listed
from qualitygate.release.patience import factor
from qualitygate.release.redaction import Redactor
from qualitygate.release.targets import shown

_LOOK_LATER = (
    "this is no failed upload: run the same command again later, or `qualitygate release verify RECEIPT`; do not build "
    "anew"
)
_FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 30.0  # seconds
_INSTALLATIONS = 3
"""How often an installation is tried."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Release:
    """What must be there."""

    project: str
    """Normalised name."""
    version: str
    files: Mapping[str, str]
    """SHA-256 by file name."""
    requires_python: str = ""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Verification:
    """What was found there."""

    urls: Mapping[str, str]
    """Where each file is served, by name."""
    installed: installation.Installed


def verify(
    index: Index, release: Release, timeout: float, redact: Redactor, tell: Callable[[str], None]
) -> Verification:
    """Wait until the index lists every file, download them, compare, and install.

    Args:

        timeout: Seconds to wait for the index.

        tell: Is told of what is waited for.

    Raises:

        ReleaseError: Other bytes are served, or not everything in time, or it can not be installed.
    """
    end = time.monotonic() + timeout
    listed = _wait(index, release, end, tell)
    with tempfile.TemporaryDirectory(prefix="qualitygate-served-") as scratch:
        folder = Path(scratch)
        for name, file in listed.items():
            served = _fetched(index, file, folder / name)
            if served != release.files[name]:
                raise _alarm(index, name, release.files[name], served, "serves")
        wheels = {name: sha for name, sha in release.files.items() if name.endswith(".whl")}
        installed = _install(index, release, wheels, folder, end, redact, tell)
    return Verification(urls={name: shown(file.url) for name, file in listed.items()}, installed=installed)


def _fetched(index: Index, file: Listed, path: Path) -> str:
    try:
        return index.fetch(file, path)
    except IndexUnavailable as error:
        raise ReleaseError(ReleaseCode.UNVERIFIED, error.headline, _LOOK_LATER) from None


def _install(
    index: Index,
    release: Release,
    wheels: Mapping[str, str],
    folder: Path,
    end: float,
    redact: Redactor,
    tell: Callable[[str], None],
) -> installation.Installed:
    """As pip does it; where a page is copied to many servers, the one that pip asks may still be behind."""
    for attempt in itertools.count(1):
        try:
            return installation.prove(
                release.project, release.version, wheels, release.requires_python, redact,
                index_url=None if index.needs_login else index.url,
                folder=folder,
            )
        except ReleaseError as error:
            pause = factor() * _LONGEST_PAUSE
            last = attempt == _INSTALLATIONS or time.monotonic() + pause > end
            if last or not isinstance(error, installation.NotFound):
                raise
            tell(f"{error.headline}; once more in {pause:.0f} s")
            time.sleep(pause)
    raise AssertionError("the loop ends by itself")


def _wait(index: Index, release: Release, end: float, tell: Callable[[str], None]) -> dict[str, Listed]:
    pause = factor() * _FIRST_PAUSE
    while True:
        try:
            listed, trouble = _listed(index, release), ""
        except IndexUnavailable as error:
            listed, trouble = {}, error.headline
        missing = sorted(set(release.files) - set(listed))
        if not missing:
            return listed
        if time.monotonic() + pause > end:
            raise _not_yet(index, release, missing, trouble)
        tell(f"{trouble or 'the index does not list ' + ', '.join(missing)}; looking again in {pause:.0f} s")
        time.sleep(pause)
        pause = min(2 * pause, factor() * _LONGEST_PAUSE)


def _listed(index: Index, release: Release) -> dict[str, Listed]:
    found = {}
    for file in index.files(release.project, attempts=1) or ():
        ours = release.files.get(file.name)
        if ours is None:
            continue
        if file.sha256 is not None and file.sha256 != ours:
            raise _alarm(index, file.name, ours, file.sha256, "lists")
        found[file.name] = file
    return found


def _alarm(index: Index, name: str, ours: str, theirs: str, does: str) -> ReleaseError:
    return ReleaseError(
        ReleaseCode.CONFLICT,
        f"the index {shown(index.url)} {does} other bytes for {name}: sha256 {theirs}, ours {ours}",
        "these are not the bytes that were proven. Do not install them; yank the release, and find out who sent them",
    )


def _not_yet(index: Index, release: Release, missing: list[str], trouble: str) -> ReleaseError:
    accepted = "" if trouble else index.known_elsewhere(release.project, release.version, missing)
    return ReleaseError(
        ReleaseCode.UNVERIFIED,
        trouble or f"the index {shown(index.url)} does not yet list {', '.join(missing)}{accepted}",
        _LOOK_LATER,
    )


def hashes(
    index: Index, listed: Sequence[Listed] | None, names: Sequence[str], project: str, version: str
) -> dict[str, str] | None:
    """SHA-256 by file name, of *names* and of all files of the release; None if the project is not known.

    What is listed without a hash is downloaded for it.

    Raises:

        ReleaseError: It can not be downloaded.
    """
    if listed is None:
        return None
    return {file.name: file.sha256 or index.fetch(file) for file in planning.relevant(listed, names, project, version)}
