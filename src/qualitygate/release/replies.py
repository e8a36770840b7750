"""What an answer of an index to an upload means. Pure; the class comes from the status, text only splits 400 and 403.

Texts are those of warehouse (`forklift/legacy.py`, `accounts/security_policy.py`, August 2026).
"""

from __future__ import annotations

import dataclasses
import enum
import re


class Trouble(enum.Enum):
    """Why there is no answer."""

    TIMEOUT = "it did not answer in time"
    CONNECTION = "the connection failed"
    CERTIFICATE = "its certificate is not trusted"
    LOCAL = "twine refused it"


@dataclasses.dataclass(frozen=True)
class Reply:
    """How one upload of one file ended, as twine told it."""

    status: int | None
    """HTTP status; None without an answer."""
    reason: str = ""
    """The index's text, or twine's; without secrets."""
    trouble: Trouble | None = None

    def __str__(self) -> str:
        if self.trouble is not None:
            return f"{self.trouble.value}: {self.reason}" if self.reason else self.trouble.value
        return f"{self.status} {self.reason}".strip()


class Meaning(enum.Enum):
    """What to do after an answer."""

    STORED = "stored"
    AGAIN = "unknown whether stored: look, and try again"
    ONCE_MORE = "damaged on the way: try once more"
    LATER = "the index takes nothing now"
    EXISTS = "something is there under this name: look"
    AUTH = "the credentials do not do"
    ARTIFACT = "the file is not accepted"
    CONFLICT = "the name or the release can not be used any more"
    ADDRESS = "the address is wrong"


_READ_ONLY = re.compile(r"read-only mode|temporarily disabled", re.IGNORECASE)
_EXISTS = re.compile(r"already exist|has already been taken|already been uploaded", re.IGNORECASE)
_CLOSED = re.compile(
    r"previously used by a file that has since been deleted|only one sdist may be uploaded|older than 14 days",
    re.IGNORECASE,
)
_ACCOUNT = re.compile(r"non-user identities|organization account", re.IGNORECASE)
_IDENTITY = re.compile(r"TrustedPublishing|Credential|NonInteractive")
"""In the names of twine's and `id`'s exceptions."""
_DIGEST = re.compile(r"digest supplied does not match", re.IGNORECASE)


def meaning(reply: Reply) -> Meaning:
    """The class of an answer."""
    if reply.trouble is not None:
        return _without_answer(reply.trouble, reply.reason)
    status = reply.status or 0
    if 200 <= status < 300:
        return Meaning.STORED
    if status >= 500 or status == 408:
        return Meaning.AGAIN
    return _refusal(status, reply.reason)


def _without_answer(trouble: Trouble, text: str) -> Meaning:
    if trouble is Trouble.LOCAL:
        return Meaning.AUTH if _IDENTITY.search(text) else Meaning.ARTIFACT
    return Meaning.ADDRESS if trouble is Trouble.CERTIFICATE else Meaning.AGAIN


def _refusal(status: int, text: str) -> Meaning:
    if status == 400:
        return _bad_request(text)
    if status == 403 and _READ_ONLY.search(text):
        return Meaning.LATER
    if status in (400, 413, 415, 422):
        return Meaning.ARTIFACT
    known = {401: Meaning.AUTH, 403: Meaning.AUTH, 407: Meaning.ADDRESS, 409: Meaning.EXISTS, 429: Meaning.LATER}
    # Redirections, 404, 405 and 410 speak of the address; other refusals are not known, and so taken for final.
    return known.get(status, Meaning.ADDRESS if 300 <= status < 400 or status in (404, 405, 410) else Meaning.ARTIFACT)


def _bad_request(text: str) -> Meaning:
    for pattern, means in (
        (_EXISTS, Meaning.EXISTS),
        (_CLOSED, Meaning.CONFLICT),
        (_ACCOUNT, Meaning.AUTH),
        (_DIGEST, Meaning.ONCE_MORE),
    ):
        if pattern.search(text):
            return means
    return Meaning.ARTIFACT
