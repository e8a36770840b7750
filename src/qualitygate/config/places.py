"""Where keys and array elements stand in a TOML text. Imported only for messages and `config show`."""

from __future__ import annotations

import bisect
import re
import tomllib
from typing import NamedTuple

KeyPath = tuple[str | int, ...]
"""Keys from the top of the document; an index for an element of an array."""

# TOML 1.0.0. The text is known to be valid, so each pattern only has to tell where a token ends.
_BLANK = re.compile(r"(?:[ \t\n]+|#[^\n]*)*")
_KEY = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:[^"\\]|\\.)*"|'[^']*')[ \t]*""")
_SCALAR = re.compile(
    r'''"""(?:[^\\]|\\.)*?"""(?:"{0,2})|\'\'\'.*?\'\'\'(?:'{0,2})|"(?:[^"\\]|\\.)*"|'[^']*'|[^,\]}#\n]+''', re.DOTALL
)


class Place(NamedTuple):
    """A position in a text; both 1-based, the column in characters."""

    line: int
    column: int


def locate(text: str) -> dict[KeyPath, Place]:
    """The place of every key and array element; of a key that is written several times, the first.

    Args:

        text: A document that `tomllib` accepts, with LF line ends.
    """
    scanner = _Scanner(text)
    scanner.scan()
    starts = [0, *(match.end() for match in re.finditer("\n", text))]
    places = {}
    for path, offset in scanner.offsets.items():
        line = bisect.bisect_right(starts, offset)
        places[path] = Place(line, offset - starts[line - 1] + 1)
    return places


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.offsets: dict[KeyPath, int] = {}
        self.last_index: dict[KeyPath, int] = {}
        """Of each array of tables, the index of the element being written."""

    def scan(self) -> None:
        table: KeyPath = ()
        self._skip_blank()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                table = self._header()
            else:
                self._assignment(table)
            self._skip_blank()

    def _header(self) -> KeyPath:
        brackets = 2 if self.text.startswith("[[", self.at) else 1
        self.at += brackets
        parts = self._key()
        self.at += brackets
        path: KeyPath = ()
        for number, (name, offset) in enumerate(parts, 1):
            path = (*path, name)
            self._note(path, offset)
            if brackets == 2 and number == len(parts):
                self.last_index[path] = self.last_index.get(path, -1) + 1
            if path in self.last_index:
                path = (*path, self.last_index[path])
                self._note(path, offset)
        return path

    def _assignment(self, table: KeyPath) -> None:
        path = table
        for name, offset in self._key():
            path = (*path, name)
            self._note(path, offset)
        self.at += 1
        self._value(path)

    def _key(self) -> list[tuple[str, int]]:
        """The parts of a possibly dotted key, with their offsets; ends behind the blanks that follow it."""
        parts = []
        while True:
            match = _KEY.match(self.text, self.at)
            assert match is not None
            written = match[1]
            name = written if written[0] not in "\"'" else tomllib.loads(f"key = {written}")["key"]
            parts.append((name, match.start(1)))
            self.at = match.end()
            if not self.text.startswith(".", self.at):
                return parts
            self.at += 1

    def _value(self, path: KeyPath) -> None:
        """One frame per level of nesting: fewer than `tomllib` needs, so what it could read can be scanned."""
        self._skip_blank()
        opening = self.text[self.at]
        if opening not in "[{":
            match = _SCALAR.match(self.text, self.at)
            assert match is not None
            self.at = match.end()
            return
        closing = "]" if opening == "[" else "}"
        self.at += 1
        index = 0
        while not self._at_end_of(closing):
            inner = path
            if opening == "[":
                inner = (*path, index)
                self._note(inner, self.at)
            else:
                for name, offset in self._key():
                    inner = (*inner, name)
                    self._note(inner, offset)
                self.at += 1
            self._value(inner)
            index += 1

    def _at_end_of(self, closing: str) -> bool:
        self._skip_blank()
        if self.text[self.at] == ",":
            self.at += 1
            self._skip_blank()
        ended = self.text[self.at] == closing
        self.at += ended
        return ended

    def _skip_blank(self) -> None:
        match = _BLANK.match(self.text, self.at)
        assert match is not None
        self.at = match.end()

    def _note(self, path: KeyPath, offset: int) -> None:
        self.offsets.setdefault(path, offset)
