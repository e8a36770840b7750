"""Sends what is missing, and makes sure that it arrived; the receipt says at every moment how far it came."""

from __future__ import annotations

import msgspec

from qualitygate.errors import Interrupted, ReleaseCode, ReleaseError
from qualitygate.release import attestations, receipt, verification
from qualitygate.release.credentials import Credentials
from qualitygate.release.index import Index, IndexUnavailable
from qualitygate.release.planning import Plan, Planned
from qualitygate.release.preparation import Prepared, Teller
from qualitygate.release.receipt import Journal, Receipt
from qualitygate.release.redaction import Redactor
from qualitygate.release.targets import shown
from qualitygate.release.upload import Uploader

_THERE = ("uploaded", "already-present", "verified")
_GOES_ON = (ReleaseCode.UPLOAD_FAILED, ReleaseCode.UNAVAILABLE, ReleaseCode.UNVERIFIED)
"""After these the same command, with the same files, is the next step."""


class Delivery:
    """One release on its way to one index.

    Args:

        attested: Whether the attestations beside the files are sent along.
    """

    def __init__(
        self,
        access: Credentials,
        index: Index,
        prepared: Prepared,
        plan: Plan,
        journal: Journal,
        redact: Redactor,
        tell: Teller,
        attested: bool,
    ) -> None:
        self._index = index
        self._plan = plan
        self._journal = journal
        self._redact = redact
        self._tell = tell
        self._first = prepared.first
        self._artifacts = {one.name: one for one in prepared.artifacts}
        sidecars = attestations.sidecars if attested else lambda path: []
        self._uploader = Uploader(access, self._look, redact, sidecars)

    def deliver(self, timeout: float | None, again: str) -> Receipt:
        """Upload and verify.

        Args:

            timeout: Seconds to wait until the index serves the files; None not to look.

            again: Command line to go on with.

        Raises:

            ReleaseError: It failed; its hint says what is on the index and what is not.
        """
        self._journal.change(result="started")
        try:
            self._upload()
            if timeout is None:
                self._leave_unverified()
            else:
                verify(self._index, self._journal, timeout, self._redact, self._tell)
        except ReleaseError as error:
            result = "uploaded" if error.code is ReleaseCode.UNVERIFIED else "failed"
            self._journal.change(result=result, exit_code=int(error.code))
            raise ReleaseError(error.code, error.headline, self._account(error, again)) from error
        except (Interrupted, KeyboardInterrupt) as event:
            code = event.code if isinstance(event, Interrupted) else ReleaseCode.INTERRUPTED
            self._settle()
            self._journal.change(result="interrupted", exit_code=int(code))
            raise
        return self._journal.receipt

    def _upload(self) -> None:
        if not self._plan.uploads:
            self._tell.say("every file is there already, with the same bytes")
        for file in self._plan.uploads:
            with self._tell.step(f"upload {file.name}") as detail:
                attempts = self._send(file)
                size = self._artifacts[file.name].size / 1000
                detail(f"{size:,.1f} kB{f', {attempts} attempts' if attempts > 1 else ''}")

    def _send(self, file: Planned) -> int:
        self._journal.change_file(file.name, attempts=1)
        try:
            done = self._uploader.upload(file, self._artifacts[file.name].path, self._tell.say)
        except ReleaseError:
            self._journal.change_file(file.name, state="failed")
            raise
        self._journal.change_file(
            file.name, state="uploaded", http_status=done.status, attempts=done.attempts, uploaded_at=receipt.now()
        )
        return done.attempts

    def _look(self, name: str) -> str | None:
        """As `Uploader` asks for it."""
        try:
            listed = self._index.files(self._first.normalized)
            release = self._first.normalized, self._first.version
            return (verification.hashes(self._index, listed, [name], *release) or {}).get(name)
        except IndexUnavailable:
            return ""

    def _leave_unverified(self) -> None:
        self._tell.warn(
            "--no-verify: what the index serves was not looked at; it can not be promoted before `release verify`"
        )
        self._journal.change(result="uploaded", exit_code=int(ReleaseCode.PUBLISHED))

    def _settle(self) -> None:
        """After an interrupt: what became of a file that was on its way?"""
        names = [file.name for file in self._journal.receipt.files if file.state == "planned" and file.attempts]
        try:
            listed = self._index.files(self._first.normalized, attempts=1) if names else ()
        except ReleaseError:
            return
        there = {file.name: file.sha256 for file in listed or ()}
        for name in names:
            if there.get(name) == self._journal.receipt.file(name).sha256:
                self._journal.change_file(name, state="uploaded", uploaded_at=receipt.now())

    def _account(self, error: ReleaseError, again: str) -> str:
        """What to do, what is on the index and what is not, and the command to go on with."""
        known = self._journal.receipt.files
        there = [file.name for file in known if file.state in _THERE]
        rest = [file.name for file in known if file.name not in there]
        lines = [error.hint, f"on the index: {', '.join(there) or 'nothing'}"]
        lines += [f"not on it: {', '.join(rest)}"] if rest else []
        lines += [f"to go on: {again}"] if error.code in _GOES_ON and again else []
        return "\n  ".join(filter(None, lines))


def verify(index: Index, journal: Journal, timeout: float, redact: Redactor, tell: Teller) -> None:
    """Verify what a receipt says to be on an index, and write the outcome into it.

    Args:

        timeout: Seconds to wait for the index.

    Raises:

        ReleaseError: It is not there, or not the same.
    """
    known = journal.receipt
    release = verification.Release(
        project=known.normalized,
        version=known.version,
        files={file.name: file.sha256 for file in known.files},
        requires_python=known.requires_python,
    )
    with tell.step("verify") as detail:
        found = verification.verify(index, release, timeout, redact, tell.say)
        detail(f"{len(release.files)} files listed, downloaded and equal; {found.installed.how}")
    journal.change(
        files=tuple(
            msgspec.structs.replace(file, state="verified", index_url=found.urls[file.name]) for file in known.files
        ),
        verification=receipt.Verification(
            index=shown(index.url), hashes_equal=True, downloaded=True, installed=found.installed.how, at=receipt.now()
        ),
        result="published",
        exit_code=int(ReleaseCode.PUBLISHED),
    )
