"""`radon.raw.analyze` in linear time. Verified against radon 6.0.1.

radon finds the end of a statement that spans lines by tokenising its first line, then its first two lines, and so
on: one dictionary of 2,500 lines takes it ten seconds or more. Here the lines are streamed into one tokenisation,
which tells where the statement ends; radon's own tokenisation of exactly those lines is then the answer. On any doubt
radon's own code does the whole file.
"""

from __future__ import annotations

import tokenize
from collections.abc import Iterator
from typing import Any

from qualitygate.adapters import _tool

Tokens = list[tokenize.TokenInfo]

_NOTHING = (tokenize.COMMENT, tokenize.NL)


class _DoubtError(Exception):
    """The end of a statement is not certain."""


def analyze(text: str) -> Any:
    """`radon.raw.analyze(text)`: a namedtuple of line counts.

    Raises:

        SyntaxError: radon can not split the text into statements; on legal code this happens, too.
    """
    from radon import raw

    try:
        with _tool.replaced(raw, "_get_all_tokens", _get_all_tokens):
            return raw.analyze(text)
    except _DoubtError:
        return raw.analyze(text)


def _get_all_tokens(line: str, lines: Iterator[str]) -> tuple[Tokens, list[str]]:
    """Tokens of the shortest complete run of lines that starts with *line*, and those lines."""
    tokens = _complete(line)
    if tokens is not None:
        return tokens, [line]
    used = [line]
    _feed_statement(used, lines)
    # No shorter run can be complete: it would end inside of a bracket, a string or after a backslash.
    tokens = _complete("\n".join(used))
    if tokens is None:
        raise _DoubtError
    return tokens, used


def _complete(text: str) -> Tokens | None:
    from radon import raw

    try:
        tokens: Tokens = raw._generate(text)
    except tokenize.TokenError:
        return None
    return None if tokenize.ERRORTOKEN in [token[0] for token in tokens] else tokens


def _feed_statement(used: list[str], lines: Iterator[str]) -> None:
    """Move lines from *lines* to *used* until the statement that starts with `used[0]` ends."""
    first = iter((used[0],))

    def readline() -> str:
        for line in first:
            return line + "\n"
        for line in lines:
            used.append(line)
            return line + "\n"
        raise _DoubtError

    started = False
    try:
        for token in tokenize.generate_tokens(readline):
            if token.type == tokenize.ERRORTOKEN or (token.type in _NOTHING and not started):
                raise _DoubtError  # a comment or empty line after a lone backslash ends what has not started
            started = True
            if token.type == tokenize.NEWLINE:
                if token.end[0] != len(used):
                    raise _DoubtError
                return
    except (tokenize.TokenError, SyntaxError):
        raise _DoubtError from None
