"""The receipt of a release: what was sent where and what became of it; also the journal that a release keeps."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from typing import Any, Literal

import msgspec

from qualitygate.errors import ReleaseCode, ReleaseError
from qualitygate.model.names import visible
from qualitygate.reporters.write import write_report

SCHEMA = "qualitygate-release/1"

FileState = Literal["planned", "uploaded", "already-present", "failed", "verified"]

_CI = {
    "pipeline": ("CI_PIPELINE_ID", "GITHUB_RUN_ID"),
    "pipeline_url": ("CI_PIPELINE_URL",),
    "job": ("CI_JOB_ID",),
    "job_name": ("CI_JOB_NAME", "GITHUB_WORKFLOW"),
    "project": ("CI_PROJECT_PATH", "GITHUB_REPOSITORY"),
    "ref": ("CI_COMMIT_REF_NAME", "GITHUB_REF_NAME"),
    "actor": ("GITLAB_USER_ID", "GITHUB_ACTOR_ID"),
}


class File(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the release."""

    name: str
    kind: str
    size: int
    """Bytes."""
    sha256: str
    blake2_256: str
    state: FileState = "planned"
    http_status: int | None = None
    attempts: int = 0
    uploaded_at: datetime.datetime | None = None
    index_url: str = ""
    """Where the index serves it."""


class Git(msgspec.Struct, frozen=True, kw_only=True):
    """The source."""

    commit: str
    tree: str
    tag: str
    """Empty without one."""
    dirty: bool
    remote: str


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was proven."""

    id: str
    result: str
    detail: str = ""


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    """What was found on the index afterwards."""

    index: str
    hashes_equal: bool
    downloaded: bool
    installed: str
    at: datetime.datetime


class Receipt(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything about one release to one target. Holds no secret and no path of the machine.

    It is evidence, not proof: nobody signs it. What relies on it reads the files and the index again.
    """

    schema: str = SCHEMA
    qualitygate: str
    target: Literal["test", "prod"]
    upload_url: str
    index_url: str
    project: str
    """As its metadata writes it."""
    normalized: str
    version: str
    requires_python: str
    git: Git
    ci: dict[str, str]
    build: dict[str, Any]
    """Of the manifest; empty where the files came without one."""
    files: tuple[File, ...]
    """In the order of upload."""
    checks: tuple[Check, ...]
    verification: Verification | None = None
    attestations: tuple[str, ...] = ()
    promoted_from: str = ""
    """Index of the test release that these bytes were promoted from."""
    started: datetime.datetime
    result: str
    """`started`, `published`, `uploaded`, `failed` or `interrupted`."""
    exit_code: int | None = None

    def file(self, name: str) -> File:
        """The entry of a file."""
        return next(file for file in self.files if file.name == name)


def now() -> datetime.datetime:
    """The time, in UTC and whole seconds."""
    return datetime.datetime.now(datetime.UTC).replace(microsecond=0)


def ci_facts() -> dict[str, str]:
    """Where this runs, if CI tells."""
    found = {key: next((os.environ[name] for name in names if os.environ.get(name)), "") for key, names in _CI.items()}
    return {key: value for key, value in found.items() if value}


class Journal:
    """A receipt that is written anew, whole or not at all, with every change.

    Args:

        path: None to keep it in memory alone.
    """

    def __init__(self, path: Path | None, receipt: Receipt) -> None:
        self.path = path
        self.receipt = receipt

    def change(self, **changes: Any) -> None:
        """Change the receipt.

        Raises:

            ReleaseError: It can not be written.
        """
        self.receipt = msgspec.structs.replace(self.receipt, **changes)
        if self.path is not None:
            write(self.path, self.receipt)

    def change_file(self, name: str, **changes: Any) -> None:
        """Change the entry of one file."""
        files = tuple(
            msgspec.structs.replace(file, **changes) if file.name == name else file for file in self.receipt.files
        )
        self.change(files=files)


def write(path: Path, receipt: Receipt) -> None:
    """Write a receipt.

    Raises:

        ReleaseError: It can not be written.
    """
    text = msgspec.json.format(msgspec.json.encode(receipt, order="sorted"), indent=2).decode()
    try:
        write_report(str(path), [text, "\n"])
    except Exception as error:
        raise ReleaseError(
            ReleaseCode.NOT_READY,
            f"the receipt {visible(str(path))} can not be written: {getattr(error, 'headline', error)}",
            "make room, or name another file with --receipt; then run the same command again",
        ) from error


def load(path: Path) -> Receipt:
    """Read a receipt.

    Raises:

        ReleaseError: It can not be read, or is no receipt.
    """
    name = visible(str(path))
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Receipt)
    except (OSError, msgspec.DecodeError) as error:
        raise ReleaseError(
            ReleaseCode.NOT_READY,
            f"receipt {name} can not be read: {visible(str(getattr(error, 'strerror', None) or error))}",
            "give the file that `qualitygate release` wrote (by default qualitygate-TARGET.json beside the files)",
        ) from error
    names = [file.name for file in found.files]
    if found.schema != SCHEMA or not names or any(os.path.basename(name) != name for name in names):
        raise ReleaseError(
            ReleaseCode.NOT_READY,
            f"receipt {name} is of no use: its schema is {visible(found.schema)!r}, not {SCHEMA}",
            "was it written by another version of qualitygate?",
        )
    return found


def continued(receipt: Receipt, path: Path) -> Receipt:
    """*receipt*, with what an earlier one at *path* knows of how the same bytes came to the same index.

    Raises:

        ReleaseError: There is a file that is no receipt.
    """
    if not path.exists():
        return receipt
    earlier = load(path)
    if earlier.upload_url != receipt.upload_url:
        return receipt
    known = {(file.name, file.sha256): file for file in earlier.files if file.uploaded_at is not None}
    files = []
    for file in receipt.files:
        before = known.get((file.name, file.sha256))
        if before is not None and file.state == "already-present":
            how = {key: getattr(before, key) for key in ("http_status", "attempts", "uploaded_at")}
            file = msgspec.structs.replace(file, **how)
        files.append(file)
    return msgspec.structs.replace(receipt, files=tuple(files))


def sent_files(folder: Path) -> dict[str, str]:
    """SHA-256 of the files that receipts in *folder* say were sent to an index, by name."""
    sent: dict[str, str] = {}
    for target in ("test", "prod"):
        path = default_path(folder, target)
        if path.exists():
            sent |= {file.name: file.sha256 for file in load(path).files if file.state not in ("planned", "failed")}
    return sent


def default_path(folder: Path, target: str) -> Path:
    """Where the receipt is, unless it is named."""
    return folder / f"qualitygate-{target}.json"
