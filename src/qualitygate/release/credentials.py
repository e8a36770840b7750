"""What the environment says about a target: address, user name, password or identity."""

from __future__ import annotations

import base64
import binascii
import dataclasses
import os
import re
from collections.abc import Iterator, Mapping
from typing import Literal
from urllib.parse import SplitResult, urlsplit

from qualitygate.errors import ReleaseCode, ReleaseError
from qualitygate.release.redaction import Redactor
from qualitygate.release.targets import Target, host, is_loopback, is_public, public_index, shown

TOKEN_USER = "__token__"  # nosec B105 - a user name
TrustedPublishing = Literal["auto", "always", "never"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Credentials:
    """How to reach a target."""

    target: Target
    url: str
    """Upload address, with a final slash."""
    index_url: str | None
    """Simple index, with a final slash; None if it must be looked for."""
    user: str
    password: str = dataclasses.field(repr=False)
    """Empty with an identity."""
    identity: Mapping[str, str] = dataclasses.field(repr=False)
    """Variables that twine needs for trusted publishing; empty with a password."""
    warnings: tuple[str, ...] = ()

    @property
    def public(self) -> bool:
        """Whether the target is one of twine's own addresses."""
        return is_public(self.url)

    @property
    def for_twine(self) -> dict[str, str]:
        """The variables that twine alone gets."""
        if self.identity:
            return dict(self.identity)
        return {"TWINE_USERNAME": self.user, "TWINE_PASSWORD": self.password}


def read(
    target: Target,
    given: Mapping[str, str],
    *,
    trusted_publishing: TrustedPublishing = "auto",
    configured_url: str | None = None,
) -> Credentials:
    """The credentials for *target*.

    Args:

        given: Variables of the environment; those of the other target are never used.

        trusted_publishing: Whether the identity of the CI job takes the place of a password: if there is no password,
            or always, or never.

        configured_url: The address that the project's configuration insists on.

    Raises:

        ReleaseError: They are missing or can not be right.
    """
    prefix = target.prefix
    url = _url(target, given.get(f"{prefix}_URL") or None, configured_url)
    index_url = _index_url(target, url, given)
    user, password = given.get(f"{prefix}_USERNAME"), given.get(f"{prefix}_PASSWORD")
    if _by_identity(target, url, user, password, given, trusted_publishing):
        identity, login = _identity(target, given), (TOKEN_USER, "")
        return Credentials(
            target=target, url=url, index_url=index_url, user=login[0], password=login[1], identity=identity
        )
    warnings: list[str] = []
    login = _user(target, url, user), _password(target, url, password, warnings)
    return Credentials(
        target=target, url=url, index_url=index_url, user=login[0], password=login[1], identity={},
        warnings=tuple(warnings),
    )


def addresses(target: Target, given: Mapping[str, str], configured_url: str | None = None) -> Credentials:
    """Where *target* is, for commands that only read; a user name and password are used if they are there.

    Raises:

        ReleaseError: An address can not be right.
    """
    prefix = target.prefix
    url = _url(target, given.get(f"{prefix}_URL") or None, configured_url)
    return Credentials(
        target=target,
        url=url,
        index_url=_index_url(target, url, given),
        user=given.get(f"{prefix}_USERNAME", ""),
        password=given.get(f"{prefix}_PASSWORD", "").strip(),
        identity={},
    )


def _index_url(target: Target, url: str, given: Mapping[str, str]) -> str | None:
    name = f"{target.prefix}_INDEX_URL"
    if given.get(name):
        return _sound_address(name, given[name])
    return public_index(target) if is_public(url) else None


def redactor(given: Mapping[str, str]) -> Redactor:
    """For everything that a command prints that was *given* these variables."""
    secrets = {name: value for name, value in given.items() if not name.endswith(("_USERNAME", "_URL"))}
    pairs = []
    for target in Target:
        user = given.get(f"{target.prefix}_USERNAME") or TOKEN_USER
        password = given.get(f"{target.prefix}_PASSWORD", "")
        pairs += [(user, password), (user, password.strip())]
    return Redactor({**secrets, **dict(_in_addresses())}, tuple(pairs))


def _in_addresses() -> Iterator[tuple[str, str]]:
    """Passwords in the addresses of pip's indexes and of proxies."""
    for name, value in os.environ.items():
        if name.startswith("PIP_") or name.lower().endswith("_proxy"):
            for word in value.split():
                try:
                    password = urlsplit(word).password
                except ValueError:
                    continue
                if password:
                    yield f"password in {name}", password


def secret_values(given: Mapping[str, str]) -> dict[str, str]:
    """What must not be in anything that is published: passwords and tokens by their variable."""
    return {
        name: value.strip()
        for name, value in given.items()
        if name.endswith(("_PASSWORD", "_TOKEN")) and len(value.strip()) >= 6
    }


def not_ready(headline: str, hint: str) -> ReleaseError:
    """The error for what is wrong before anything was sent."""
    return ReleaseError(ReleaseCode.NOT_READY, headline, hint)


def _url(target: Target, given: str | None, configured: str | None) -> str:
    name = f"{target.prefix}_URL"
    url = target.public_url if given is None else _sound_address(name, given)
    if configured is not None and _slashed(configured) != url:
        key = f"{target.value}-url"
        raise not_ready(
            f"{name} is {shown(url) if given else 'not set'}, but [tool.qualitygate.release] {key} is "
            f"{shown(configured)}",
            f"credentials go to an address only if both name it: set {name}, or mend {key}",
        )
    other = target.other
    if host(url) in (host(other.public_url), other.public_site) and host(url) != host(target.public_url):
        raise not_ready(
            f"{name} is the address of the {other.title}: {shown(url)}",
            f"use --target {other.value}, or unset {name}: twine's own address is used then",
        )
    if is_public(url) and url != target.public_url:
        raise not_ready(
            f"{name} is not the upload address: {shown(url)}",
            f"unset {name}: twine's own address is used then",
        )
    return url


def _slashed(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"


def _sound_address(name: str, value: str) -> str:
    if re.search(r"[\s\x00-\x1f\x7f]", value) or "$" in value:
        raise not_ready(
            f"{name} has a space, a line break or an unexpanded variable in it", f"mend the value of {name}"
        )
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise not_ready(f"{name} is no address: {error}", f"mend the value of {name}") from None
    for problem, hint in _address_problems(name, value, parts):
        raise not_ready(problem, hint)
    if not name.endswith("_INDEX_URL") and re.search(r"/\+?simple/?$", parts.path):
        raise not_ready(
            f"{name} is a simple index, which is for reading: {shown(value)}",
            f"put the upload address into {name}, and this one into {name.replace('_URL', '_INDEX_URL')}",
        )
    return _slashed(value)


def _address_problems(name: str, value: str, parts: SplitResult) -> Iterator[tuple[str, str]]:
    if parts.username or parts.password:
        yield f"{name} holds a user name or a password", "put them into the variables for that, and out of the address"
    if not (parts.scheme in ("http", "https") and parts.hostname) or parts.query or parts.fragment:
        yield f"{name} is no http address: {shown(value)!r}", f"mend the value of {name}"
    if parts.scheme == "http" and not is_loopback(value):
        yield f"{name} is not encrypted: {shown(value)}", "use https; http is for this machine alone"


def _by_identity(
    target: Target,
    url: str,
    user: str | None,
    password: str | None,
    given: Mapping[str, str],
    wanted: TrustedPublishing,
) -> bool:
    if wanted == "never":
        return False
    available = is_public(url) and bool(_identity(target, given))
    if wanted == "auto":
        return user is None and password is None and available
    if password is not None:
        raise not_ready(
            f"--trusted-publishing always, but {target.prefix}_PASSWORD is set", "use one of the two: unset the other"
        )
    if not is_public(url):
        raise not_ready(
            f"{shown(url)} has no trusted publishing: twine knows it for its own addresses only", "use a token"
        )
    if not available:
        raise not_ready(
            f"--trusted-publishing always, but this job has no identity token ({target.identity_variable})",
            f'in GitLab: `id_tokens: {{{target.identity_variable}: {{aud: {target.audience}}}}}`; on GitHub: '
            "`permissions: {id-token: write}`",
        )
    return True


def _identity(target: Target, given: Mapping[str, str]) -> dict[str, str]:
    """What the package `id`, which twine asks, reads in GitLab and on GitHub."""
    name = target.identity_variable
    if os.environ.get("GITLAB_CI") and given.get(name):
        return {"GITLAB_CI": os.environ["GITLAB_CI"], name: given[name]}
    request = {key: value for key, value in given.items() if key.startswith("ACTIONS_ID_TOKEN_REQUEST_")}
    if os.environ.get("GITHUB_ACTIONS") and len(request) == 2:
        return {"GITHUB_ACTIONS": os.environ["GITHUB_ACTIONS"], **request}
    return {}


def _user(target: Target, url: str, user: str | None) -> str:
    name = f"{target.prefix}_USERNAME"
    if user is None and is_public(url):
        return TOKEN_USER
    user = _present(name, user)
    if is_public(url) and user != TOKEN_USER:
        raise not_ready(
            f"{name} is {user!r}; the {target.title} takes only {TOKEN_USER}",
            f"set {name} to {TOKEN_USER}, or unset it",
        )
    if ":" in user or _has_control(user):
        raise not_ready(f"{name} holds a colon or a control character", f"mend the value of {name}")
    return user


def _present(name: str, value: str | None) -> str:
    if not value:
        why = "is empty" if value == "" else "is not set"
        unprotected = os.environ.get("GITLAB_CI") and os.environ.get("CI_COMMIT_REF_PROTECTED") != "true"
        hint = f"set {name} in the environment, as a masked and protected variable of the pipeline"
        if unprotected:
            hint = (
                f"is {name} a protected variable? This ref is not protected, and GitLab gives protected variables to "
                "protected refs only"
            )
        raise not_ready(f"{name} {why}", hint)
    if re.fullmatch(r"\$\{?\w+\}?", value):
        raise not_ready(f"{name} is the name of a variable that was not expanded", "does that variable exist?")
    return value


def _has_control(text: str) -> bool:
    return bool(re.search(r"[\x00-\x1f\x7f]", text))


def _password(target: Target, url: str, value: str | None, warnings: list[str]) -> str:
    name = f"{target.prefix}_PASSWORD"
    password = _present(name, value)
    if password.endswith("\n"):
        password = password.removesuffix("\n").removesuffix("\r")
        warnings.append(f"{name} ends with a line break, which is left out")
    for problem, hint in _password_problems(name, target, url, password):
        raise not_ready(f"{name} {problem} ({_look(password)})", hint)
    return password


def _password_problems(name: str, target: Target, url: str, password: str) -> Iterator[tuple[str, str]]:
    if _has_control(password) or password != password.strip() or not password:
        yield "holds a control character or a space at an end", f"copy the value of {name} anew"
    if password.startswith("pypi-"):
        yield from _token_problems(name, target, url, password)
    elif is_public(url):
        yield "is no API token", f"the {target.title} takes API tokens only, which begin with `pypi-`"


def _token_problems(name: str, target: Target, url: str, token: str) -> Iterator[tuple[str, str]]:
    if re.search(r"\s", token):
        yield "is no API token: there is a space in it", f"copy the value of {name} anew"
    location = token_location(token)
    if is_public(url) and location == target.other.public_site:
        yield f"is a token of the {target.other.title}", f"make one at the {target.title} and put it into {name}"
    if location is not None and not is_public(url) and not is_loopback(url):
        yield (
            f"is a token of the public index {location}, but the address is {shown(url)}",
            f"it is sent to that index only: unset {target.prefix}_URL, or use a credential of that address",
        )


def _look(password: str) -> str:
    """What may be told of a password."""
    head = password[:5] if password.startswith("pypi-") else "not `pypi-...`"
    return f"{len(password)} characters, {head}"


def token_location(token: str) -> str | None:
    """The site that an API token is for: the location of the macaroon (version 2, binary) behind `pypi-`."""
    body = token.removeprefix("pypi-").strip()
    try:
        data = base64.urlsafe_b64decode(body + "=" * (-len(body) % 4))
    except (binascii.Error, ValueError):
        return None
    if len(data) < 3 or data[:2] != b"\x02\x01" or data[2] > 0x7F or len(data) < 3 + data[2]:
        return None
    end = 3 + data[2]
    return data[3:end].decode("ascii", errors="replace")
