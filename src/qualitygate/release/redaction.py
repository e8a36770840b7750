"""Takes secrets out of whatever is printed or written."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from urllib.parse import quote, quote_plus

_SHORTEST = 4  # characters; less would make text unreadable and protect nothing

_FORMS = (
    (re.compile(r"pypi-[A-Za-z0-9_-]{60,}"), "<token>"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*"), "<token>"),
    (re.compile(r"(?<=://)[^\s/@:]+:[^\s/@]+(?=@)"), "<hidden>"),
)
"""What looks like a token of the index, a JSON Web Token, or a password in an address."""


class Redactor:
    """Replaces secrets in text, in the forms in which programs print them.

    Args:

        values: Secrets by the name that is shown in their place.

        pairs: User name and password, as they are sent for basic authentication.
    """

    def __init__(self, values: Mapping[str, str], pairs: tuple[tuple[str, str], ...] = ()) -> None:
        found: dict[str, str] = {}
        for name, value in values.items():
            for form in forms(value):
                found.setdefault(form, f"<{name}>")
        for user, password in pairs:
            if len(password) >= _SHORTEST:
                found[base64.b64encode(f"{user}:{password}".encode(errors="surrogateescape")).decode()] = "<login>"
        # The longest first: one may be a part of another.
        self._found = dict(sorted(found.items(), key=lambda item: -len(item[0])))
        alternatives = "|".join(map(re.escape, self._found))
        self._pattern = re.compile(alternatives) if alternatives else None

    def __call__(self, text: str) -> str:
        """*text* without secrets; must be given whole texts, since a secret may span two pieces."""
        if self._pattern is not None:
            text = self._pattern.sub(lambda match: self._found[match.group()], text)
        for pattern, stand_in in _FORMS:
            text = pattern.sub(stand_in, text)
        return text


def forms(value: str) -> set[str]:
    """A secret as it may appear in text; nothing if it is too short to tell from other text."""
    stripped = value.strip()
    if len(stripped) < _SHORTEST:
        return set()
    data = stripped.encode(errors="surrogateescape")
    encoded = {text for shift in range(3) if len(text := _inner_base64(data, shift)) >= 2 * _SHORTEST}
    return {
        value, stripped, quote(stripped, safe=""), quote_plus(stripped), repr(stripped)[1:-1],
        *encoded,
    }


def _inner_base64(data: bytes, shift: int) -> str:
    """How *data* looks in base64 behind *shift* bytes, without the characters that depend on what is beside it."""
    text = base64.b64encode(b"\0" * shift + data).decode()
    begin = (0, 2, 3)[shift]
    unpadded = text.rstrip("=")
    return unpadded[begin:] if unpadded == text else unpadded[begin:-1]
