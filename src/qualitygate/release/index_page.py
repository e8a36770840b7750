"""What a page of a simple index says, in either of its forms."""

from __future__ import annotations

import dataclasses
import html.parser
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

JSON = "application/vnd.pypi.simple.v1+json"
ACCEPT = f"{JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_HTML = ("text/html", "application/vnd.pypi.simple.v1+html")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Listed:
    """A file that an index lists."""

    name: str
    url: str
    """Absolute."""
    sha256: str | None
    """In lower case; None if the index tells none."""
    uploaded: datetime | None = None


class BadPage(Exception):
    """The answer is no page of a simple index; the text says why."""


def read(content_type: str, data: bytes, url: str) -> tuple[Listed, ...]:
    """The files on a project's page (simple repository API, PEP 691 and PEP 503).

    Args:

        url: Where the page is, which addresses in it are relative to.

    Raises:

        BadPage: It is something else.
    """
    kind = content_type.partition(";")[0].strip().lower()
    if kind == JSON or kind == "application/json":
        return tuple(_from_json(data, url))
    if kind in _HTML:
        found = tuple(_from_html(data, url))
        if not found:
            # A project without files has no page; what answers so is a portal, a login or a landing page.
            raise BadPage("a page of HTML that lists no file")
        return found
    raise BadPage(f"something of the type {kind or '(none)'}")


def _from_json(data: bytes, url: str) -> Iterator[Listed]:
    try:
        page = json.loads(data)
        version = str(page["meta"]["api-version"])
        if version.partition(".")[0] != "1":
            raise BadPage(f"a page of the API version {version}")
        for entry in page["files"]:
            yield Listed(
                name=_name(entry["filename"]),
                url=_address(url, entry["url"]),
                sha256=_digest(entry["hashes"].get("sha256")),
                uploaded=_time(entry.get("upload-time")),
            )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise BadPage(f"JSON that is no page of a simple index ({type(error).__name__}: {error})") from None


def _name(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("a file name is not text")
    return value


def _digest(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) and value else None


def _time(value: Any) -> datetime | None:
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _address(page: str, reference: Any) -> str:
    if not isinstance(reference, str):
        raise TypeError("an address is not text")
    return urljoin(page, reference)


class _Anchors(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.references: list[str] = []
        self.base: str | None = None

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        reference = dict(attributes).get("href")
        if tag == "a" and reference:
            self.references.append(reference)
        elif tag == "base" and reference and self.base is None:
            self.base = reference


def _from_html(data: bytes, url: str) -> Iterator[Listed]:
    anchors = _Anchors()
    anchors.feed(data.decode(errors="replace"))
    base = urljoin(url, anchors.base) if anchors.base else url
    for reference in anchors.references:
        try:
            address, fragment = urldefrag(urljoin(base, reference))
            name = unquote(urlsplit(address).path.rpartition("/")[2])
        except ValueError:
            continue
        if name.endswith((".whl", ".tar.gz", ".zip", ".egg", ".tar.bz2")):
            kind, _, value = fragment.partition("=")
            yield Listed(name=name, url=address, sha256=_digest(value) if kind == "sha256" else None)
