"""The two places a release can go to, and their addresses."""

from __future__ import annotations

import enum
import functools
import ipaddress
from urllib.parse import urlsplit, urlunsplit


class Target(enum.Enum):
    """Where to publish; the value is what is typed."""

    TEST = "test"
    PROD = "prod"

    @property
    def prefix(self) -> str:
        """Of the environment's variables."""
        return f"PYPI_{self.name}"

    @property
    def title(self) -> str:
        """For messages."""
        return "test index" if self is Target.TEST else "production index"

    @property
    def other(self) -> Target:
        """The one that this one must not be mistaken for."""
        return Target.PROD if self is Target.TEST else Target.TEST

    @property
    def audience(self) -> str:
        """What an identity token must be made for (package `id`: the variable is `<AUDIENCE>_ID_TOKEN`)."""
        return "testpypi" if self is Target.TEST else "pypi"

    @property
    def identity_variable(self) -> str:
        """Where GitLab puts that token."""
        return f"{self.audience.upper()}_ID_TOKEN"

    @property
    def public_url(self) -> str:
        """The upload address that twine has for its repository `testpypi` or `pypi`."""
        test, prod = _twine_addresses()
        return test if self is Target.TEST else prod

    @property
    def public_site(self) -> str:
        """Host of the public index itself: files are uploaded to it, or to `upload.` of it."""
        return host(self.public_url).removeprefix("upload.")


@functools.cache
def _twine_addresses() -> tuple[str, str]:
    """twine 6 and 7 keep them in `twine.utils`; a contract test compares with what its command line uses."""
    from twine import utils

    return utils.TEST_REPOSITORY, utils.DEFAULT_REPOSITORY


def host(url: str) -> str:
    """The host of an address, in lower case; empty if there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def is_public(url: str) -> bool:
    """Whether an address is one of twine's own hosts, or of the sites behind them."""
    return host(url) in {name for target in Target for name in (host(target.public_url), target.public_site)}


def is_loopback(url: str) -> bool:
    """Whether an address is of this machine."""
    name = host(url)
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def public_index(target: Target) -> str:
    """The simple index of the public target: PEP 503 pages are below `/simple/` of the site."""
    return urlunsplit((urlsplit(target.public_url).scheme, target.public_site, "/simple/", "", ""))


def index_candidates(upload_url: str) -> tuple[str, ...]:
    """Where the simple index that belongs to a private upload address may be.

    `simple/` beside a final `legacy/`, else below the address (pypiserver, GitLab, Nexus, Artifactory), or `+simple/`
    below it (devpi).
    """
    base = upload_url.removesuffix("legacy/")
    return (f"{base}simple/",) if base != upload_url else (f"{base}simple/", f"{base}+simple/")


def shown(url: str) -> str:
    """An address without user information, query and fragment."""
    try:
        parts = urlsplit(url)
        netloc = parts.netloc.rpartition("@")[2]
    except ValueError:
        return "(no address)"
    return urlunsplit((parts.scheme, netloc, parts.path, "", ""))
