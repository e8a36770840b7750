"""What a strict index is told, and what it notes down."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping, Sequence

from tests.release.strict_index.faults import Distortion

MIB = 1024 * 1024


@dataclasses.dataclass(frozen=True, repr=False)
class Token:
    """An API token, and whose it is.

    Args:

        secret: What is sent as the password of the user `__token__`.

        user: Its owner; None for one that trusted publishing made, which can not create projects.

        projects: Names of the only projects it is good for; None for all of its owner's.

        expired: Whether its time is over.

        verified_email: Whether the owner has a verified primary e-mail address.

        two_factor: Whether the owner has two-factor authentication.
    """

    secret: str
    user: str | None = "alice"
    projects: Collection[str] | None = None
    expired: bool = False
    verified_email: bool = True
    two_factor: bool = True

    def __repr__(self) -> str:
        return f"Token(user={self.user!r}, projects={self.projects!r})"


@dataclasses.dataclass
class Settings:
    """How the index behaves; may be changed while it runs. Project names need not be normalised."""

    tokens: Sequence[Token] = (Token("pypi-secret"),)
    """The tokens that it knows."""
    projects: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Projects that exist, without files, and the user each belongs to."""
    json: bool = True
    """Whether the simple pages exist as JSON; else HTML only."""
    relative_urls: bool = False
    """Whether the simple pages give addresses of files relative to the page."""
    read_only: bool = False
    uploads_disabled: bool = False
    closed_releases: Collection[tuple[str, str]] = ()
    """Pairs of project and version whose release is older than 14 days, whether or not it has files here."""
    burnt: Collection[str] = ()
    """File names that were used and deleted."""
    new_project_limit: int | None = None
    """How many projects a user may create; None for any number."""
    resets_in: int = 3600
    """Seconds until that limit is lifted, as told in `Ratelimit` and `Retry-After`."""
    prohibited: Collection[str] = ()
    """Names that no project may have."""
    inactive: Collection[str] = ()
    """Projects whose organisation does not pay."""
    auth_to_read: bool = False
    """Whether reading needs a token as well."""
    file_limit: int = 100 * MIB
    """Bytes of the largest file taken."""
    project_limit: int = 10 * 1024 * MIB
    """Bytes of all files of a project."""
    unrenderable: str = "@@does-not-render@@"
    """A description with this in it fails to render."""
    classifiers: Collection[str] | None = None
    """The valid classifiers; None for all that begin with a known first part."""
    accept_attestations: bool = False
    """Whether attestations are taken (their signatures are not looked at) from a token of trusted publishing."""
    stale_polls: int = 0
    """How many times a project's simple page is read before it lists a new file (404 as long as it
    would list nothing); the JSON API lists it at once."""
    distortions: Sequence[Distortion] = ()
    """What is false about the simple pages and the files."""
    audience: str = "testpypi"
    identity_tokens: Mapping[str, Collection[str]] = dataclasses.field(default_factory=dict)
    """Trusted publishing: identity tokens (each good for one use), and the projects that each may upload to."""
    publishing_enabled: bool = True
    """Whether trusted publishing is on."""
    mint_refusal: str | None = None
    """The code with which every exchange of an identity token is refused, as in `publishing.REFUSALS`."""
    delay: float = 0.0
    """Seconds before each answer."""


@dataclasses.dataclass(frozen=True)
class Attempt:
    """One POST to the upload address. There is no password in it."""

    filename: str
    """Empty if the upload did not get so far."""
    sha256: str
    """Of the bytes that came; empty if none did."""
    status: int | None
    """As answered; None without an answer."""
    reason: str
    stored: bool
    """Whether this attempt put the file into the index."""
    user: str
    """The user name that was sent."""
    user_agent: str
    warnings: tuple[str, ...] = ()
    """What warehouse tells the owners by e-mail: a RECORD that is not that of the wheel."""
