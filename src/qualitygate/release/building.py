"""Builds the distributions, or finds those of an earlier build."""

from __future__ import annotations

import hashlib
import math
import os
import platform
import re
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from qualitygate.errors import ReleaseCode, ReleaseError
from qualitygate.release import children
from qualitygate.release.redaction import Redactor
from qualitygate.release.source import SourceState
from qualitygate.reporters.write import write_report

MANIFEST = "qualitygate-build.json"
SCHEMA = "qualitygate-build/1"
_TIMEOUT = "QUALITYGATE_BUILD_TIMEOUT"
_LONGEST = 1800.0  # seconds
_TAIL = 25
"""Lines of a failed build that are shown."""


class BuiltFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it left the build."""

    name: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a build made, and from what; a file beside the distributions."""

    schema: str = SCHEMA
    commit: str
    tree: str
    dirty: bool
    source_date_epoch: int
    python: str
    frontend: str
    requirements: tuple[str, ...] = ()
    """What was installed to build, as the front end told."""
    files: tuple[BuiltFile, ...]


def build(
    project: Path, folder: Path, state: SourceState, sent: Mapping[str, str], redact: Redactor
) -> Manifest:
    """Build the sdist, and the wheel from it, in an environment of its own, and put both into *folder*.

    Args:

        folder: Holds the files of earlier builds, too; those that are of this name are replaced.

        sent: SHA-256 by name of files that were sent to an index: they are not replaced.

    Raises:

        ReleaseError: The build failed or took too long, or would replace what was sent to an index.
    """
    folder.mkdir(parents=True, exist_ok=True)
    timeout = _timeout()
    with tempfile.TemporaryDirectory(prefix="qualitygate-build-") as scratch:
        place = Path(scratch) / "dist"
        told = Path(scratch) / "report.json"
        epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or state.time)
        done = children.run(
            children.tool("build", "--outdir", place, "--report", told, project),
            timeout=timeout,
            cwd=project,
            variables={"SOURCE_DATE_EPOCH": str(epoch), "NO_COLOR": "1"},
        )
        if done.failed:
            raise _failed(done, timeout, redact)
        manifest = Manifest(
            commit=state.commit,
            tree=state.tree,
            dirty=bool(state.changed or state.untracked),
            source_date_epoch=epoch,
            python=platform.python_version(),
            frontend=f"build {_version('build')}",
            requirements=_requirements(done.output),
            files=_files(told, place),
        )
        _require_not_sent(manifest, sent, folder)
        for file in manifest.files:
            draft = folder / f".{file.name}.part"
            shutil.copyfile(place / file.name, draft)
            draft.replace(folder / file.name)
    write_report(str(folder / MANIFEST), [_text(manifest)])
    return manifest


def _require_not_sent(manifest: Manifest, sent: Mapping[str, str], folder: Path) -> None:
    for file in manifest.files:
        if sent.get(file.name, file.sha256) != file.sha256:
            raise ReleaseError(
                ReleaseCode.CONFLICT,
                f"{file.name} was sent to an index with other bytes than this build has (see the receipts in {folder})",
                "finish that release with --dist, or release this source as a new version",
            )


def _timeout() -> float:
    text = os.environ.get(_TIMEOUT) or str(_LONGEST)
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < math.inf:
        raise ReleaseError(ReleaseCode.NOT_READY, f"{_TIMEOUT} is {text!r}, no number of seconds", "mend or unset it")
    return seconds


def _failed(done: children.Done, timeout: float, redact: Redactor) -> ReleaseError:
    why = f"did not end within {timeout:g} seconds" if done.timed_out else f"failed (exit status {done.code})"
    lines = redact(done.output).splitlines()[-_TAIL:]
    return ReleaseError(
        ReleaseCode.REFUSED,
        "\n".join([f"the build {why}", *(f"  | {line}" for line in lines)]),
        "see the same by hand, in that folder: python -m build",
    )


def _version(name: str) -> str:
    from importlib.metadata import version

    return version(name)


def _files(told: Path, place: Path) -> tuple[BuiltFile, ...]:
    """What the front end says that it made (build 1.6, `--report`), and what lies there."""
    try:
        artifacts: Sequence[Mapping[str, Any]] = msgspec.json.decode(told.read_bytes())["artifacts"]
        files = tuple(
            BuiltFile(name=item["name"], size=item["size"], sha256=item["hashes"]["sha256"]) for item in artifacts
        )
    except (OSError, msgspec.DecodeError, LookupError, TypeError) as error:
        raise ReleaseError(
            ReleaseCode.REFUSED, f"the build does not tell what it made: {error}", "is `build` 1.6 or newer installed?"
        ) from error
    for file in files:
        if os.path.basename(file.name) != file.name or digest(place / file.name) != file.sha256:
            raise ReleaseError(ReleaseCode.REFUSED, f"{file.name} is not what the build says it made", "build again")
    return files


def _requirements(output: str) -> tuple[str, ...]:
    """What the front end (build 1.6) prints of the packages it installed."""
    found = re.findall(r"^\s*[-*+]?\s*([A-Za-z0-9._-]+==[A-Za-z0-9.+!_-]+)\s*$", output, re.MULTILINE)
    return tuple(sorted(set(found)))


def digest(path: Path) -> str:
    """SHA-256 of a file's bytes; empty if there is none."""
    try:
        with open(path, "rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError:
        return ""


def _text(manifest: Manifest) -> str:
    return msgspec.json.format(msgspec.json.encode(manifest, order="sorted"), indent=2).decode() + "\n"


def find(folder: Path) -> Manifest | None:
    """The manifest in *folder*; None if there is none.

    Raises:

        ReleaseError: It can not be read, or the files beside it are not those that it names.
    """
    path = folder / MANIFEST
    try:
        manifest = msgspec.json.decode(path.read_bytes(), type=Manifest)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise ReleaseError(
            ReleaseCode.NOT_READY, f"{path} can not be read: {error}", "remove it and build anew"
        ) from error
    for file in manifest.files:
        found = digest(folder / file.name)
        if found != file.sha256:
            state = "is gone" if not found else "has other bytes than were built"
            raise ReleaseError(
                ReleaseCode.REFUSED,
                f"{folder / file.name} {state}",
                "bring the bytes of that build back (they are an artifact of its job), or build anew in another folder",
            )
    return manifest


def files_in(folder: Path) -> tuple[BuiltFile, ...]:
    """The distributions in a folder that has no manifest.

    Raises:

        ReleaseError: There is none.
    """
    files = lying_in(folder)
    if not files:
        raise ReleaseError(
            ReleaseCode.NOT_READY,
            f"{folder} holds no distribution (*.whl, *.tar.gz)",
            "build some: `qualitygate release build`; or name another folder with --dist",
        )
    return files


def lying_in(folder: Path) -> tuple[BuiltFile, ...]:
    """The distributions in a folder."""
    paths = sorted(path for pattern in ("*.tar.gz", "*.whl") for path in folder.glob(pattern))
    return tuple(BuiltFile(name=path.name, size=path.stat().st_size, sha256=digest(path)) for path in paths)
