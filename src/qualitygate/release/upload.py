"""Uploads one file, by twine, and makes sure of what became of it."""

from __future__ import annotations

import dataclasses
import random
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from qualitygate.errors import ReleaseCode, ReleaseError
from qualitygate.model.names import visible
from qualitygate.release import children
from qualitygate.release.credentials import Credentials
from qualitygate.release.patience import factor
from qualitygate.release.planning import Planned
from qualitygate.release.redaction import Redactor
from qualitygate.release.replies import Meaning, Reply, Trouble, meaning
from qualitygate.release.targets import shown

_PAUSES = (2.0, 5.0, 15.0, 30.0)
"""Seconds before each further attempt, and a quarter more by chance."""
_DEADLINE = 600.0  # seconds for one file
_SHORTEST_TIMEOUT, _SLOWEST = 120.0, 100_000  # seconds, bytes per second
_LOOKS = 3
"""How often an index is asked for a file that it says it has."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Uploaded:
    """A file that the index has."""

    status: int | None
    """Of the last answer; None if there was none, and the index has it all the same."""
    attempts: int


class Uploader:
    """Sends files to one target.

    Args:

        look: Gives the SHA-256 that the index lists for a file name: None if it does not list it, "" if it can not be
            asked.

        attestations: Files to send along, by name of the distribution.
    """

    def __init__(
        self,
        credentials: Credentials,
        look: Callable[[str], str | None],
        redact: Redactor,
        attestations: Callable[[Path], Sequence[Path]] = lambda path: (),
    ) -> None:
        self._credentials = credentials
        self._look = look
        self._redact = redact
        self._attestations = attestations

    def upload(self, file: Planned, path: Path, tell: Callable[[str], None]) -> Uploaded:
        """Send a file until the index has it.

        Args:

            tell: Is told of every attempt that failed.

        Raises:

            ReleaseError: The index does not take it; the message says why.
        """
        end = time.monotonic() + factor() * _DEADLINE
        reply = Reply(None)
        for attempt in range(1, len(_PAUSES) + 2):
            reply = self._send(path, end)
            means = meaning(reply)
            if means is Meaning.STORED or self._is_there(file, reply, means):
                return Uploaded(status=reply.status, attempts=attempt)
            again = means is Meaning.AGAIN or (means is Meaning.ONCE_MORE and attempt == 1)
            pause = factor() * _PAUSES[min(attempt, len(_PAUSES)) - 1] * random.uniform(1, 1.25)  # nosec B311
            if not again or attempt > len(_PAUSES) or time.monotonic() + pause > end:
                break
            tell(f"{file.name}: {reply}; once more in {pause:.0f} s")
            time.sleep(pause)
        raise self._error(file, reply)

    def _is_there(self, file: Planned, reply: Reply, means: Meaning) -> bool:
        """Whether the index has the file, whatever it answered.

        Raises:

            ReleaseError: It has another one.
        """
        if means not in (Meaning.AGAIN, Meaning.ONCE_MORE, Meaning.EXISTS):
            return False
        there = self._look(file.name)
        for number in range(1, _LOOKS if means is Meaning.EXISTS else 1):
            if there:
                break
            time.sleep(factor() * number)
            there = self._look(file.name)
        if not there:
            return False
        if there != file.sha256:
            raise different(file.name, file.sha256, there)
        return True

    def _send(self, path: Path, end: float) -> Reply:
        timeout = factor() * max(_SHORTEST_TIMEOUT, path.stat().st_size / _SLOWEST)
        address = ["--repository-url", self._credentials.url]
        attestations = self._attestations(path)
        done = children.run(
            children.tool(
                "twine", "--no-color", "upload", "--verbose", "--non-interactive", "--disable-progress-bar", *address,
                *(["--attestations"] if attestations else []), path, *attestations,
            ),
            timeout=max(1.0, min(timeout, end - time.monotonic())),
            variables={
                **self._credentials.for_twine,
                # Nothing but the environment is asked for credentials.
                "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
                "TWINE_NON_INTERACTIVE": "1",
                # Lines that are wrapped can not be read.
                "COLUMNS": "4096",
                "NO_COLOR": "1",
            },
        )
        return _reply(done, self._redact)

    def _error(self, file: Planned, reply: Reply) -> ReleaseError:
        code, hint = _WHAT_NOW[meaning(reply)]
        where = f"{self._credentials.target.title} ({shown(self._credentials.url)})"
        return ReleaseError(code, f"{file.name} was not accepted by the {where}: {reply}", hint)


def different(name: str, ours: str, theirs: str) -> ReleaseError:
    """The error for a file whose name is taken by other bytes."""
    return ReleaseError(
        ReleaseCode.CONFLICT,
        f"the index has other bytes under the name {name}: sha256 {theirs}, ours {ours}",
        "a file on an index is never replaced: release these bytes as a new version",
    )


_WHAT_NOW = {
    Meaning.AGAIN: (ReleaseCode.UNAVAILABLE, "run the same command again later, with the same files"),
    Meaning.ONCE_MORE: (ReleaseCode.UNAVAILABLE, "it was damaged on the way twice; run the same command again"),
    Meaning.LATER: (
        ReleaseCode.UNAVAILABLE,
        "trying at once does not help: run the same command again later, with the same files",
    ),
    Meaning.EXISTS: (
        ReleaseCode.CONFLICT,
        "the index holds the name, but does not list the file with our bytes: release them as a new version",
    ),
    Meaning.AUTH: (
        ReleaseCode.UPLOAD_FAILED,
        "check that the token is of this index, is valid, and may upload to this project; then run the same command",
    ),
    Meaning.ARTIFACT: (ReleaseCode.UPLOAD_FAILED, "mend what the index says and release a new build"),
    Meaning.CONFLICT: (ReleaseCode.CONFLICT, "this can not be mended for this version: release a new one"),
    Meaning.ADDRESS: (ReleaseCode.NOT_READY, "check the upload address and the certificates"),
    Meaning.STORED: (ReleaseCode.INTERNAL, ""),
}


def _reply(done: children.Done, redact: Redactor) -> Reply:
    """Read what twine (7.0) prints with `--verbose`."""
    if done.timed_out:
        return Reply(None, trouble=Trouble.TIMEOUT)
    text = redact(done.output)
    # The first: whatever follows comes from the index, and may say anything.
    answer = re.search(r"Response from [^\n]*:\s*\n\s*(\d{3}) ?([^\n]*)", text)
    if answer is not None:
        return Reply(int(answer[1]), visible(answer[2].strip()))
    if done.code == 0:
        return Reply(200)
    said = re.findall(r"^ERROR\s+(\w+: [^\n]*)", text, re.MULTILINE)
    if said:
        return Reply(None, visible(said[-1].strip()), Trouble.LOCAL)
    last = visible(text.strip().rpartition("\n")[2].strip())
    if "CERTIFICATE_VERIFY_FAILED" in text or "SSLError" in last:
        return Reply(None, last, Trouble.CERTIFICATE)
    return Reply(None, last, Trouble.CONNECTION)
