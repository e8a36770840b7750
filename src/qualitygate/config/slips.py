"""Configurations that nobody would read because of a slip in their name: each is an error, not silence."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qualitygate.config.places import KeyPath

_NAME = "qualitygate"
_ALSO = "pytestqualitygate"
"""The distribution's name, which other tools use for their tables."""
_SIMILAR = 0.85
"""Ratio of `difflib` from which a name is taken for a slip of ours."""
MISNAMED = (".qualitygate.toml", "quality-gate.toml", "quality_gate.toml", ".quality-gate.toml", "qualitygates.toml")
"""Names that nearly are our own file's."""


def misnamed_tables(data: Mapping[str, Any]) -> Iterator[KeyPath]:
    """The keys of a `pyproject.toml` that nearly are our table `[tool.qualitygate]`."""
    for key, value in data.items():
        if _is_near(key):
            yield (key,)
        elif key.lower() in ("tool", "tools") and isinstance(value, Mapping):
            yield from ((key, name) for name in value if (key, name) != ("tool", _NAME) and _is_near(name))


def misnamed_files(folder: Path) -> Iterable[str]:
    """Names of the files in *folder* that nearly are our own file."""
    return [name for name in MISNAMED if os.path.lexists(folder / name)]


def _is_near(key: str) -> bool:
    name = re.sub(r"[^a-z0-9]", "", key.lower())
    if name in (_NAME, _ALSO):
        return True
    # What shares fewer letters can not be similar enough; most runs need not load difflib.
    if len(set(name) & set(_NAME)) < 7:
        return False
    import difflib

    return difflib.SequenceMatcher(None, name, _NAME).ratio() >= _SIMILAR
