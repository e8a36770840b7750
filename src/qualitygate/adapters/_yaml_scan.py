"""One scan of a YAML text where yamllint does two. Verified against PyYAML 6.0.3 and yamllint 1.38.0 and 1.37.0.

yamllint scans a text for its rules, and again, inside of PyYAML's parser, for the syntax check. What the scanner gives
does not depend on who asks, so tokens are recorded the first time, with the error at their end if there is one, and
played to both. The classes in Python only: the scanner of libyaml accepts other texts.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from typing import Any

import yaml
import yamllint

from qualitygate.adapters import _tool

_VERSION = "6.0.3"
_LINTERS = ("1.37.0", "1.38.0")
_SCANNING_LOADER: Any = yaml.BaseLoader


class _Playing(yaml.parser.Parser):
    """A `yaml.BaseLoader` as far as tokens and events go."""

    def __init__(self, tokens: list[Any], error: yaml.scanner.ScannerError | None) -> None:
        super().__init__()
        self._tokens = tokens
        """The last one is None, in place of the *error* or of the end."""
        self._error = error
        self._place = 0

    def check_token(self, *choices: Any) -> bool:
        token = self.peek_token()
        return token is not None and (not choices or isinstance(token, choices))

    def peek_token(self) -> Any:
        token = self._tokens[self._place]
        if token is None and self._error is not None:
            raise self._error
        return token

    def get_token(self) -> Any:
        token = self.peek_token()
        if token is not None:
            self._place += 1
        return token


@contextlib.contextmanager
def scanning_once() -> Iterator[None]:
    """Let each `yaml.BaseLoader(text)` inside the block play the same tokens, scanned when the first is made.

    A text on which the scanner fails with more than a syntax error is scanned as ever.
    """
    if yaml.__version__ != _VERSION or yamllint.__version__ not in _LINTERS:
        yield
        return
    scan = functools.cache(_recorded)

    def load(text: str) -> Any:
        recording = scan(text)
        return _SCANNING_LOADER(text) if recording is None else _Playing(*recording)

    with _tool.replaced(yaml, "BaseLoader", load):
        yield


def _recorded(text: str) -> tuple[list[Any], yaml.scanner.ScannerError | None] | None:
    scanner = _SCANNING_LOADER(text)
    tokens: list[Any] = []
    error = None
    try:
        while scanner.check_token():
            tokens.append(scanner.get_token())
    except yaml.scanner.ScannerError as raised:
        error = raised
    except Exception:
        return None
    return [*tokens, None], error
