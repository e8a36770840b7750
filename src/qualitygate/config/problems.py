"""One thing that is wrong in the configuration, and how it is shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING

from qualitygate.errors import ConfigError

if TYPE_CHECKING:
    from qualitygate.config.load import Document
    from qualitygate.config.places import KeyPath

_LINE_LIMIT = 120
"""Longest source line shown, in characters."""


@dataclasses.dataclass(frozen=True)
class Problem:
    """What is wrong, where, and what was expected."""

    path: KeyPath
    """Key below our table; where it is not written, the nearest written one above it is pointed at."""
    message: str
    expected: str
    """What to write instead: a sentence without its full stop."""


def nearest(word: str, candidates: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The candidate that *word* is most likely a slip of, if any."""
    import difflib

    return next(iter(difflib.get_close_matches(word, list(candidates), 1, cutoff)), None)


def suggestion(word: str, candidates: Iterable[str]) -> str:
    """`did you mean ...` where a candidate is near, then all of them."""
    known = list(candidates)
    close = nearest(word, known)
    question = f"did you mean `{close}`? " if close is not None else ""
    return f"{question}expected one of {', '.join(known)}"


def config_error(document: Document, problems: Iterable[Problem]) -> ConfigError:
    """The exception for all of *problems*, in the order of the text."""
    placed = sorted(((document.place(problem.path), problem) for problem in problems), key=lambda pair: pair[0])
    texts = []
    for place, problem in placed:
        lines = [f"{document.shown}:{place.line}:{place.column}: {problem.message}"]
        source = shortened(document.line(place.line))
        if source:
            lines.append(f"    {source}")
        lines.append(f"    {problem.expected}")
        texts.append("\n".join(lines))
    return ConfigError(list(dict.fromkeys(texts)), hint="nothing was judged; correct the configuration and run again")


def shortened(line: str) -> str:
    """A source line as messages show it: stripped, printable, not too long."""
    visible = "".join(character if character.isprintable() else " " for character in line).strip()
    return visible if len(visible) <= _LINE_LIMIT else visible[: _LINE_LIMIT - 3] + "..."
