"""Values as TOML text, for messages, `config show` and the documentation."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

_BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def key_text(key: str) -> str:
    """*key* as it may stand before an equals sign."""
    return key if _BARE_KEY.fullmatch(key) else _string(key)


def value_text(value: Any) -> str:
    """One line of TOML for anything `tomllib` gives, tuples included."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _string(value)
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{key_text(key)} = {value_text(item)}" for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(value_text, value))}]"
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _string(text: str) -> str:
    """A basic string; whatever is not printable is escaped, so that it can not disturb a terminal."""
    escaped = msgspec.json.encode(text).decode()
    return "".join(character if character.isprintable() else _escape(ord(character)) for character in escaped)


def _escape(code: int) -> str:
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
