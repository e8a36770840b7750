"""The configuration reference of the documentation, made from the raw types."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import msgspec

from qualitygate.config.raw import CheckTable, ReleaseTable, SoftFailTable, TopLevel
from qualitygate.config.structure import words
from qualitygate.config.toml import key_text, value_text

_WIDTH = 100
_SECTIONS = (
    (TopLevel, "Top level", "top-level"),
    (CheckTable, "Table of a check", "check"),
    (SoftFailTable, "Table ``soft-fail``", "soft-fail"),
    (ReleaseTable, "Table ``release``", "release"),
)


def reference() -> str:
    """Every key in reStructuredText: type, default, meaning and example."""
    lines: list[str] = []
    for kind, title, label in _SECTIONS:
        lines += [title, "-" * len(title), "", *_prose(kind.__doc__ or ""), ""]
        for field in msgspec.inspect.type_info(kind).fields:  # type: ignore[attr-defined]
            lines += _key(field, label)
    return "\n".join(lines)


def _key(field: msgspec.inspect.Field, section: str) -> Iterator[str]:
    name = field.encode_name
    metadata = field.type
    assert isinstance(metadata, msgspec.inspect.Metadata)
    prose: dict[str, Any] = metadata.extra_json_schema or {}
    default: str = (metadata.extra or {})["default"]
    yield from (f".. _config-{section}-{name}:", "")
    heading = f"``{name}``"
    yield from (heading, "~" * len(heading), "")
    yield from textwrap.wrap(f":Type: {words(metadata)}", _WIDTH, subsequent_indent="  ")
    yield f":Default: {_default(default)}"
    yield ""
    yield from _prose(prose["description"])
    yield from ("", ".. code-block:: toml", "")
    yield f"   {key_text(name)} = {value_text(prose['examples'][0])}"
    yield ""


def _default(text: str) -> str:
    """Words as prose, anything else as TOML."""
    return " ".join(_prose(text)) if " " in text else f"``{text}``"


def _prose(text: str) -> list[str]:
    """Descriptions mark code with single backquotes; in reStructuredText it takes two."""
    return textwrap.wrap(" ".join(text.split()).replace("`", "``"), _WIDTH, break_on_hyphens=False)
