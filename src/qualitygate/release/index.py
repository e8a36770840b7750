"""Reads a package index: which files it lists, and their bytes."""

from __future__ import annotations

import contextlib
import hashlib
import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import requests

from qualitygate.errors import ReleaseCode, ReleaseError
from qualitygate.model.names import visible
from qualitygate.release import index_page
from qualitygate.release.credentials import Credentials
from qualitygate.release.index_page import Listed
from qualitygate.release.isolation import authority
from qualitygate.release.patience import factor
from qualitygate.release.targets import host, index_candidates, is_loopback, is_public, shown

_CONNECT, _READ = 10.0, 30.0  # seconds
_WHOLE = 90.0  # seconds for one page
_LARGEST_PAGE = 64 * 1024 * 1024  # bytes
_PAUSES = (1.0, 3.0, 8.0)
"""Seconds between the attempts to read a page."""
_CHUNK = 1 << 16

_Answer = TypeVar("_Answer")


class IndexUnavailable(ReleaseError):
    """The index can not be read now."""

    def __init__(self, headline: str) -> None:
        super().__init__(
            ReleaseCode.UNAVAILABLE, headline, "nothing can be planned without it; run the same command again later"
        )

    def __reduce__(self) -> tuple[type, tuple[str]]:  # type: ignore[override]
        return type(self), (self.headline,)


class _Later(Exception):
    """An attempt failed in a way that may pass."""


class Index:
    """The simple index of a target.

    Args:

        url: Address of the index, with a final slash.

        login: User name and password, sent to this address's origin alone, and only if it refuses to answer without.
    """

    def __init__(self, url: str, login: tuple[str, str] | None = None) -> None:
        self.url = url
        self._login = login
        self._needs_login = False

    @property
    def needs_login(self) -> bool:
        """Whether it was found to answer only with a password."""
        return self._needs_login

    def files(self, project: str, *, attempts: int = len(_PAUSES) + 1) -> tuple[Listed, ...] | None:
        """The files of a project, fresh from the index; None if it does not know the project.

        Args:

            project: Its normalised name.

            attempts: How often to try.

        Raises:

            ReleaseError: The index can not be read, or is at another address.
        """
        return self._patiently(lambda: self._page(urljoin(self.url, f"{project}/")), attempts)

    def answers(self) -> bool:
        """Whether there is an index at this address.

        Raises:

            ReleaseError: The server can not be reached.
        """
        return self._patiently(self._root, len(_PAUSES) + 1)

    def _root(self) -> bool:
        with self._get(self.url, index_page.ACCEPT) as response:
            _require_health(response)
            return response.status_code == 200

    def known_elsewhere(self, project: str, version: str, names: list[str]) -> str:
        """Whether the project's JSON page (warehouse, `/pypi/NAME/VERSION/json`) has what the simple index does not."""
        address = urljoin(self.url, f"../pypi/{project}/{version}/json")
        try:
            with self._get(address, "application/json") as response:
                known = {entry["filename"] for entry in response.json()["urls"]}
        except (requests.RequestException, OSError, ValueError, LookupError, TypeError):
            return ""
        if not known.issuperset(names):
            return ""
        return "; it has accepted them, and its simple pages are copies that are still old"

    def _page(self, url: str) -> tuple[Listed, ...] | None:
        with self._get(url, index_page.ACCEPT) as response:
            status = response.status_code
            if status == 404 and not response.history:
                return None
            _require_health(response)
            if status != 200:
                raise ReleaseError(
                    ReleaseCode.NOT_READY,
                    f"the index {shown(url)} answered {status} {visible(response.reason or '')}",
                    "is the address of the simple index right (PYPI_TEST_INDEX_URL, PYPI_PROD_INDEX_URL)?",
                )
            data = _whole(response)
            try:
                return index_page.read(response.headers.get("Content-Type", ""), data, response.url)
            except index_page.BadPage as error:
                raise _Later(f"it answered with {visible(str(error))}") from None

    def _patiently(self, attempt: Callable[[], _Answer], attempts: int) -> _Answer:
        reason = ""
        for number in range(attempts):
            if number:
                # A little more by chance, so that many that failed together do not come back together.
                time.sleep(factor() * _PAUSES[min(number, len(_PAUSES)) - 1] * random.uniform(1, 1.25))  # nosec B311
            try:
                return attempt()
            except requests.exceptions.SSLError as error:
                raise self._not_trusted(error) from None
            except requests.exceptions.TooManyRedirects:
                reason = "it redirects in a circle"
            except (_Later, requests.RequestException, OSError) as error:
                reason = _reason(error)
        raise IndexUnavailable(f"the index {shown(self.url)} can not be read: {reason}")

    def _not_trusted(self, error: Exception) -> ReleaseError:
        return ReleaseError(
            ReleaseCode.NOT_READY,
            f"the certificate of {shown(self.url)} is not trusted: {_reason(error)}",
            "name the file with your authority's certificate in TWINE_CERT (PIP_CERT, REQUESTS_CA_BUNDLE or "
            "SSL_CERT_FILE do as well)",
        )

    @contextlib.contextmanager
    def _get(self, url: str, accept: str) -> Iterator[requests.Response]:
        with requests.Session() as session:
            # The user's netrc would send another password.
            session.auth = _NoLogin()
            response = self._ask(session, url, accept, self._needs_login)
            if response.status_code in (401, 403) and self._may_log_in(url) and not self._needs_login:
                response.close()
                response = self._ask(session, url, accept, True)
                self._needs_login = response.status_code == 200
            with response:
                yield response

    def _ask(self, session: requests.Session, url: str, accept: str, with_login: bool) -> requests.Response:
        headers = {"Accept": accept, "Cache-Control": "no-cache", "Accept-Encoding": "identity"}
        login = self._login if with_login and self._may_log_in(url) else None
        # Said with the request: for a session's own choice requests would prefer what some variables say.
        verify = authority() or True
        timeout = factor() * _CONNECT, factor() * _READ
        return session.get(url, headers=headers, auth=login, timeout=timeout, stream=True, verify=verify)

    def _may_log_in(self, url: str) -> bool:
        return self._login is not None and urlsplit(url)[:2] == urlsplit(self.url)[:2]

    def fetch(self, listed: Listed, file: Path | None = None) -> str:
        """Download a file; gives the SHA-256 of its bytes.

        Args:

            file: Where to keep it, if it is to be kept.

        Raises:

            IndexUnavailable: It can not be downloaded.
        """
        if not listed.url.startswith("https://") and not (is_loopback(listed.url) and listed.url.startswith("http://")):
            raise IndexUnavailable(f"{visible(listed.name)} is not served over https: {shown(listed.url)}")
        reason = ""
        for pause in (0.0, *_PAUSES):
            time.sleep(factor() * pause)
            try:
                return self._download(listed.url, file)
            except (_Later, requests.RequestException, OSError) as error:
                reason = _reason(error)
        raise IndexUnavailable(f"{visible(listed.name)} can not be downloaded from {shown(listed.url)}: {reason}")

    def _download(self, url: str, file: Path | None) -> str:
        digest = hashlib.sha256()
        with self._get(url, "*/*") as response, open(file, "wb") if file else contextlib.nullcontext() as stream:
            if response.status_code != 200:
                raise _Later(f"it answered {response.status_code} {visible(response.reason or '')}")
            size = 0
            for chunk in response.iter_content(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                if stream is not None:
                    stream.write(chunk)
            expected = response.headers.get("Content-Length", "")
            if expected.isdigit() and int(expected) != size:
                raise _Later(f"it broke off after {size:,} of {int(expected):,} bytes")
        return digest.hexdigest()


class _NoLogin(requests.auth.AuthBase):
    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        return request


def _require_health(response: requests.Response) -> None:
    if response.status_code >= 500 or response.status_code in (408, 425, 429):
        raise _Later(f"it answered {response.status_code} {visible(response.reason or '')}")


def _whole(response: requests.Response) -> bytes:
    """The body, if it comes in time and has a bound."""
    end = time.monotonic() + factor() * _WHOLE
    data = bytearray()
    for chunk in response.iter_content(_CHUNK):
        data += chunk
        if len(data) > _LARGEST_PAGE:
            raise _Later(f"its page has more than {_LARGEST_PAGE:,} bytes")
        if time.monotonic() > end:
            raise _Later(f"its page did not come within {factor() * _WHOLE:g} seconds")
    expected = response.headers.get("Content-Length", "")
    if expected.isdigit() and int(expected) != len(data):
        raise _Later("its page broke off")
    return bytes(data)


def _reason(error: Exception) -> str:
    """The innermost cause, which says more than what wraps it."""
    if isinstance(error, _Later):
        return str(error)
    if isinstance(error, requests.Timeout):
        return "it did not answer in time"
    text = str(getattr(error.args[0], "reason", None) or error) if error.args else str(error)
    return visible(text.rpartition(">: ")[2] or text)


def of(credentials: Credentials) -> Index:
    """The index that belongs to the upload address.

    Raises:

        ReleaseError: It is not known, and not found.
    """
    login = (credentials.user, credentials.password) if credentials.password else None
    if credentials.index_url is not None:
        own = host(credentials.index_url) == host(credentials.url) and not is_public(credentials.url)
        return Index(credentials.index_url, login if own else None)
    candidates = index_candidates(credentials.url)
    for url in candidates:
        index = Index(url, login)
        if index.answers():
            return index
    raise ReleaseError(
        ReleaseCode.NOT_READY,
        f"there is no simple index for {shown(credentials.url)}: nothing answers at "
        f"{' or '.join(map(shown, candidates))}",
        f"set {credentials.target.prefix}_INDEX_URL to the address that pip would use, or check that the server is up",
    )
