"""Answers of the strict index, in the shapes of pyramid's HTTP exceptions that warehouse raises."""

from __future__ import annotations

import dataclasses
import html
import http
import json
import re
from collections.abc import Sequence

from tests.release.strict_index.faults import Headers

HTML = "text/html; charset=UTF-8"

_EXPLANATIONS = {
    308: "The resource has been moved permanently; you should be redirected automatically.",
    400: "The server could not comply with the request since it is either malformed or otherwise incorrect.",
    403: "Access was denied to this resource.",
    404: "The resource could not be found.",
    405: "The method is not allowed for this resource.",
    410: "This resource is no longer available. No forwarding address is given.",
    429: "Too many requests.",
}


@dataclasses.dataclass(frozen=True)
class Reply:
    """An HTTP answer, without the headers that follow from its body."""

    status: int
    reason: str = ""
    body: bytes = b""
    content_type: str = HTML
    headers: Headers = ()


class Refusal(Exception):
    """A request is answered with a status and a text, in all three ways: reason phrase, HTML, JSON."""

    def __init__(self, status: int, text: str, headers: Headers = ()) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.headers = headers

    def reply(self, accept: str) -> Reply:
        """As an answer to a client that accepts these media types (a request's `Accept` header)."""
        return explained(self.status, self.text, accept, self.headers)


def bad(text: str) -> Refusal:
    """Status 400."""
    return Refusal(400, text)


def forbidden(text: str) -> Refusal:
    """Status 403."""
    return Refusal(403, text)


_STATUSES = frozenset(http.HTTPStatus)
"""What has a name; servers in front of an index use others, such as 520."""


def explained(status: int, text: str, accept: str, headers: Headers = ()) -> Reply:
    """An answer whose text is in the reason phrase, and in the body as HTML or JSON."""
    known = http.HTTPStatus(status) if status in _STATUSES else None
    title = known.phrase if known else "Unknown"
    reason = phrase(text or title)
    said = f"{status} {reason}"
    explanation = _EXPLANATIONS.get(status, known.description if known else "")
    if preferred(accept, ("text/html", "application/json")) == "application/json":
        page = {"message": f"{explanation}\n\n\n{text}\n\n", "code": said, "title": title}
        return Reply(status, reason, json.dumps(page).encode(), "application/json", headers)
    lines = [
        "<html>",
        f" <head>\n  <title>{html.escape(said)}</title>\n </head>",
        f" <body>\n  <h1>{html.escape(said)}</h1>\n  {explanation}<br/><br/>\n{html.escape(text)}\n\n </body>",
        "</html>",
    ]
    return Reply(status, reason, "\n".join(lines).encode(), HTML, headers)


def phrase(text: str) -> str:
    """A text as a reason phrase or header: one line of ISO 8859-1."""
    return re.sub(r"[\x00-\x1f\x7f]+", " ", text.encode("iso-8859-1", "replace").decode("iso-8859-1")).strip()


def preferred(accept: str, offers: Sequence[str]) -> str:
    """The offer that a client likes best; of equals, and of none, the first (RFC 9110, section 12.5.1).

    Args:

        accept: A request's `Accept` header.

        offers: Media types.
    """
    wishes = [_wish(part) for part in accept.split(",") if part.strip()]
    if not wishes:
        return offers[0]
    scores = [_liking(wishes, offer) for offer in offers]
    return offers[scores.index(max(scores))]


def _wish(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
    quality = 1.0
    for parameter in parameters:
        if parameter.startswith("q="):
            try:
                quality = float(parameter[2:])
            except ValueError:
                quality = 0.0
    return kind, quality


def _liking(wishes: Sequence[tuple[str, float]], offer: str) -> float:
    """The most specific wish counts."""
    for pattern in (offer, f"{offer.partition('/')[0]}/*", "*/*"):
        for kind, quality in wishes:
            if kind == pattern:
                return quality
    return 0.0
