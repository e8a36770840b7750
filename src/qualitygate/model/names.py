"""How names and messages are written where a person or another program reads them.

A file name is bytes. Inside, undecodable bytes are lone surrogates (`os.fsdecode`), which no UTF-8 report can hold;
and a name or a message may hold control characters that would move a terminal's cursor or reverse its text.
"""

from __future__ import annotations

import re

_SURROGATES = re.compile("[\ud800-\udfff]")

# C0 controls, DEL and C1; marks and overrides of writing direction; line and paragraph separator; lone surrogates.
INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029\ud800-\udfff]")

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def display(path: str) -> str:
    """*path* for reports: each byte that is not UTF-8 is written as `\\xHH`, everything else stays as it is."""
    return path if path.isascii() else _SURROGATES.sub(_escape, path)


def is_text(path: str) -> bool:
    """Whether every byte of a file name was UTF-8."""
    return _SURROGATES.search(path) is None


def visible(text: str) -> str:
    r"""*text* on one line, control characters written out: `\n`, `\x1b`, `\u202e`, and `\xHH` for a byte not UTF-8."""
    return INVISIBLE.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    character = match.group()
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # the byte that os.fsdecode could not decode
        code -= 0xDC00
    return _SHORT.get(character) or (f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
