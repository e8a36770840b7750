"""Python source code as Python's own parser sees it, for the tools that are built on that parser."""

from __future__ import annotations

import ast
import io
import tokenize


def decode(data: bytes) -> str | None:
    """The text of a source file, by its byte-order mark or encoding cookie; None where Python can not decode it."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        return data.decode(encoding)
    except (SyntaxError, UnicodeError, LookupError):
        return None


class Columns:
    """Turns the offsets of syntax trees, which are bytes of UTF-8, into columns."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._lines: list[str] | None = None

    def column(self, line: int, offset: int) -> int:
        """1-based column in characters of the 0-based byte *offset* in the 1-based *line*."""
        if self._lines is None:
            self._lines = io.StringIO(decode(self._data) or "", newline=None).readlines()
        if line > len(self._lines):
            return offset + 1
        encoded = self._lines[line - 1].encode("utf-8", "surrogatepass")
        beyond = max(0, offset - len(encoded))
        return len(encoded[:offset].decode("utf-8", "replace")) + beyond + 1


def parser_overflowed(error: MemoryError) -> bool:
    """Whether the stack of Python's parser was full, not the memory.

    Python 3.12 and later say so in the message. Before, the error was raised by the parser itself, which for a file
    that could be read at all hardly ever runs out of memory.
    """
    if str(error):
        return str(error).startswith("Parser stack overflowed")
    traceback = error.__traceback__
    while traceback is not None and traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback is not None and traceback.tb_frame.f_code.co_filename == ast.__file__
