"""The ways in which a strict index fails: for uploads, for reads, and in what its pages say.

A fault is used up by `times` requests (None: never), and with `only` concerns one file or project alone. Of the faults
that concern a request the first in the script happens.
"""

from __future__ import annotations

import dataclasses
import enum
import threading
from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

Headers = tuple[tuple[str, str], ...]


class Moment(enum.Enum):
    """When, in the course of an upload."""

    DURING_UPLOAD = "before its bytes were read"
    BEFORE_STORING = "after its bytes were read, before they were looked at"
    AFTER_STORING = "after it was stored (if it was sound), before the answer"


class Page(enum.Enum):
    """What can be read."""

    ROOT = "/simple/"
    PROJECT = "/simple/NAME/"
    RELEASE = "/pypi/NAME/VERSION/json"
    FILE = "/files/..."
    AUDIENCE = "/_/oidc/audience"


@dataclasses.dataclass(frozen=True, kw_only=True)
class UploadFault:
    """A fault of uploads.

    Args:

        times: How many uploads it concerns; None for all.

        only: The file name that it concerns; None for any.
    """

    times: int | None = 1
    only: str | None = None

    @property
    def early(self) -> bool:
        """Whether it happens before the upload was read."""
        return getattr(self, "moment", None) is Moment.DURING_UPLOAD


@dataclasses.dataclass(frozen=True, kw_only=True)
class Answer(UploadFault):
    """Any answer. With `stored` the upload is first dealt with as usual, and its own answer is withheld."""

    status: int
    reason: str = ""
    headers: Headers = ()
    body: bytes | None = None
    stored: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Drop(UploadFault):
    """The connection is closed without an answer."""

    moment: Moment = Moment.BEFORE_STORING

    def __post_init__(self) -> None:
        _check(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Hang(UploadFault):
    """Nothing more is said; the connection is closed after `seconds`, or when the index is closed."""

    moment: Moment = Moment.BEFORE_STORING
    seconds: float = 60.0

    def __post_init__(self) -> None:
        _check(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Echo(UploadFault):
    """The `Authorization` header and what is in it come back in the reason phrase, a header and the body."""

    status: int = 403


@dataclasses.dataclass(frozen=True, kw_only=True)
class Truncated(UploadFault):
    """The upload is dealt with as usual, but its answer breaks off: in the body, or with `in_head` in the headers."""

    in_head: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReadFault:
    """A fault of reads.

    Args:

        times: How many requests it concerns; None for all.

        on: Which kind of page.

        only: The project's normalised name, or the file name, that it concerns; None for any.
    """

    times: int | None = 1
    on: Page = Page.PROJECT
    only: str | None = None


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReadAnswer(ReadFault):
    """Any answer to a read."""

    status: int
    reason: str = ""
    headers: Headers = ()
    content_type: str = "text/html; charset=UTF-8"
    body: bytes = b""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReadDrop(ReadFault):
    """The connection is closed without an answer."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReadHang(ReadFault):
    """Nothing is said; the connection is closed after `seconds`, or when the index is closed."""

    seconds: float = 60.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class ReadTruncated(ReadFault):
    """The right answer, but it breaks off half way."""


@dataclasses.dataclass(frozen=True)
class WrongHash:
    """The simple page lists another hash for this file; the JSON API and the file itself are right."""

    filename: str
    sha256: str = "0" * 64


@dataclasses.dataclass(frozen=True)
class NoHash:
    """The simple page lists this file, or with None every file, without a hash."""

    filename: str | None = None


@dataclasses.dataclass(frozen=True)
class OtherBytes:
    """The file is served with other bytes than were stored; its listed hash is that of the stored ones."""

    filename: str
    data: bytes


@dataclasses.dataclass(frozen=True)
class EveryProject:
    """A project's simple page lists the files of all projects."""


@dataclasses.dataclass(frozen=True)
class Yanked:
    """This file is yanked."""

    filename: str
    reason: str = ""


@dataclasses.dataclass(frozen=True)
class Hostile:
    """One more entry on every project's simple page, as it is."""

    filename: str
    url: str
    sha256: str | None = "0" * 64


Distortion = WrongHash | NoHash | OtherBytes | EveryProject | Yanked | Hostile

_Fault = TypeVar("_Fault", UploadFault, ReadFault)


class Script(Generic[_Fault]):
    """Faults in order, each until it is used up. May be used from several threads."""

    def __init__(self, faults: Iterable[_Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._left: list[tuple[_Fault, int | None]] = []
        self.add(*faults)

    def add(self, *faults: _Fault) -> None:
        """Append faults."""
        with self._lock:
            self._left += [(fault, fault.times) for fault in faults]

    def clear(self) -> None:
        """No fault any more."""
        with self._lock:
            self._left.clear()

    @property
    def pending(self) -> list[_Fault]:
        """What is not used up."""
        with self._lock:
            return [fault for fault, _ in self._left]

    def take(self, concerns: Callable[[_Fault], bool]) -> _Fault | None:
        """Use up the first fault that concerns a request, once."""
        with self._lock:
            for position, (fault, left) in enumerate(self._left):
                if concerns(fault):
                    if left is not None:
                        self._left[position:position + 1] = [(fault, left - 1)] if left > 1 else []
                    return fault
        return None


def _check(fault: Drop | Hang) -> None:
    if fault.early and fault.only is not None:
        raise ValueError(f"{fault}: the file name is not known before the upload was read")


def redirect(status: int, location: str, *, times: int | None = 1, only: str | None = None) -> Answer:
    """An upload is sent elsewhere (301, 302, 307, 308)."""
    return Answer(status=status, headers=(("Location", location),), times=times, only=only)


def too_many(seconds: int = 86400, *, times: int | None = 1, only: str | None = None) -> Answer:
    """An upload is refused with 429, and told when to come again (warehouse, `rate_limiting/headers.py`)."""
    headers = (("Ratelimit", f'"project.create.user";r=0;t={seconds}'), ("Retry-After", str(seconds)))
    return Answer(status=429, reason="Too many new projects created", headers=headers, times=times, only=only)


def captive_portal(*, times: int | None = 1, on: Page = Page.PROJECT) -> ReadAnswer:
    """A login page in HTML with status 200, as wireless networks put in the place of everything."""
    body = b'<!DOCTYPE html><html><head><title>Welcome</title></head><body><a href="/login">Log in</a></body></html>'
    return ReadAnswer(status=200, body=body, times=times, on=on)


def garbage_json(*, times: int | None = 1, on: Page = Page.PROJECT) -> ReadAnswer:
    """Something said to be JSON that is none."""
    kind = "application/vnd.pypi.simple.v1+json"
    return ReadAnswer(status=200, content_type=kind, body=b'{"files": [{"filename": \xff', times=times, on=on)


def redirected_reads(location: str, *, status: int = 302, times: int | None = 1, on: Page = Page.PROJECT) -> ReadAnswer:
    """A page is elsewhere."""
    return ReadAnswer(status=status, headers=(("Location", location),), times=times, on=on)


def hostile_entries(name: str, version: str) -> tuple[Hostile, ...]:
    """Entries that look like a release's sdist, each hostile in one way: other host, other scheme, `..`, control
    characters, a name with a path, markup.

    Args:

        name: The project's name as it is in file names.

        version: The release.
    """
    sdist = f"{name}-{version}.tar.gz"
    return (
        Hostile(sdist, f"http://elsewhere.invalid/{sdist}"),
        Hostile(f"{name}-{version}-py3-none-any.whl", f"file:///etc/{name}-{version}-py3-none-any.whl"),
        Hostile(f"../../../../{sdist}", f"../../../../{sdist}"),
        Hostile(f"{name}-{version}\x1b[31m\r\n\x00.tar.gz", f"/files/{name}-{version}%1b%5b31m%0d%0a%00.tar.gz"),
        Hostile(f"{name}-{version}\\..\\evil.tar.gz", f"/files/{name}-{version}%5c..%5cevil.tar.gz"),
        Hostile(f'<script>alert("{name}")</script>-{version}.tar.gz', f'javascript:alert("{sdist}")'),
    )
