"""Lines that fit a terminal: cut, wrapped and coloured, with hostile text made harmless on the way in."""

from __future__ import annotations

import io
import re

from qualitygate.model import names
from qualitygate.reporters._shared import one_line

Span = tuple[str, str]
"""A piece of text and its rich style, `""` for none."""

NARROWEST = 40
"""Fewer columns than this are treated as this many."""
LONGEST = 2000
"""Most columns of a sentence that is not wrapped."""

# A word of a command line with its quoted parts; what has an unpaired quote is taken as it is.
_WORD = re.compile(r"""(?:'[^']*'|"[^"]*"|[^\s'"])+|\S+""")


class Page:
    """Collects lines of at most *width* columns.

    Args:

        wrapped: Break what is too long. Without it each sentence and command is one line of any length, so that a log
            can be searched; what is set in columns is cut all the same.

        ascii: Write nothing but ASCII, with what is beyond it as backslash escapes.
    """

    def __init__(self, width: int, ascii: bool = False, wrapped: bool = True) -> None:
        self.width = max(width, NARROWEST)
        self.ascii = ascii
        self.wrapped = wrapped
        self.dot = "-" if ascii else "·"
        self.ellipsis = "..." if ascii else "…"
        self._lines: list[tuple[Span, ...]] = []

    def clean(self, text: str) -> str:
        """Prose of somebody else's as one harmless line."""
        return self._shown(one_line(text))

    def name(self, text: str) -> str:
        """A path, check or rule as one harmless line, none of its characters dropped."""
        return self._shown(names.visible(text))

    def _shown(self, text: str) -> str:
        return text.encode("ascii", "backslashreplace").decode("ascii") if self.ascii else text

    def blank(self) -> None:
        """An empty line, unless there is nothing yet or there is one already."""
        if self._lines and self._lines[-1]:
            self._lines.append(())

    def add(self, *spans: Span) -> None:
        """One line, cut to the width."""
        plain = "".join(text for text, _ in spans).rstrip()
        self._lines.append(_styled(self.cut(plain, self.width), spans))

    def flow(self, *spans: Span, indent: int = 4, most: int = 4) -> None:
        """A text wrapped to at most *most* lines, all but the first indented."""
        plain = "".join(text for text, _ in spans).rstrip()
        if not self.wrapped:
            self._lines.append(_styled(self.cut(plain, LONGEST), spans))
            return
        enough = self.width * (most + 1)
        lines = wrap(plain[:enough], self.width, indent)
        shown = lines[:most]
        if len(lines) > most or len(plain) > enough:
            shown[-1] = self.cut(shown[-1] + " " * self.width, self.width)
        self._lines.append(_styled(shown[0], spans))
        self._lines.extend(((line, ""),) for line in shown[1:])

    def command(self, label: str, command: str, most: int = 8) -> None:
        """A command line after *label*, continued with backslashes so that it can be pasted."""
        start, indent = f"  {label}   ", "      "
        if not self.wrapped:
            self._lines.append(((start + self.name(command), ""),))
            return
        lines, line = [], start
        for word in _WORD.findall(self.name(command)):
            if line != indent and cells(line + word) > self.width - len(" \\"):
                # The label is no part of the command, so nothing continues it.
                lines.append(start.rstrip() if line == start else f"{line}\\")
                line = indent
            line += f"{word} "
        lines.append(line)
        for text in lines[:most]:
            self.add((text, ""))
        if len(lines) > most:
            self.add((f"{indent}{self.ellipsis} (whole in the JSON report)", ""))

    def spread(self, left: str, right: str, style: str) -> None:
        """*left* in *style* at the left, cut to leave room for *right* at the right end of the line."""
        room = self.width - cells(right) - 2
        left = self.cut(left, room)
        gap = self.width - cells(left) - cells(right)
        self.add((left, style), (" " * gap, ""), (right, ""))

    def cut(self, text: str, width: int) -> str:
        """*text*, or as much of it as fits *width* columns, with an ellipsis."""
        if len(text) <= 4 * width and cells(text) <= width:
            return text
        size = fitting(text, width - len(self.ellipsis))
        return text[:size].rstrip() + self.ellipsis

    def text(self, colour: bool) -> str:
        """All lines, with ANSI colours or without."""
        if not colour:
            return "".join("".join(text for text, _ in line).rstrip() + "\n" for line in self._lines)
        from rich.console import Console
        from rich.text import Text

        stream = io.StringIO()
        # Everything that rich would take from the environment or find in the text is fixed or turned off.
        console = Console(
            file=stream, width=self.width, force_terminal=True, color_system="standard", no_color=False,
            legacy_windows=False, force_jupyter=False, highlight=False, markup=False, emoji=False, _environ={},
        )  # fmt: skip
        for line in self._lines:
            console.print(Text.assemble(*line), soft_wrap=True)
        return stream.getvalue()


def cells(text: str) -> int:
    """Columns that a terminal needs for *text*."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def fitting(text: str, width: int) -> int:
    """How many characters from the start of *text* certainly fit *width* columns; at least one."""
    number = min(len(text), width)
    while number > 1 and cells(text[:number]) > width:
        number -= 1
    return max(number, 1)


def wrap(text: str, width: int, indent: int) -> list[str]:
    """*text* broken at spaces, or within a word that is longer than a line; all lines but the first indented."""
    margin = " " * indent
    lines: list[str] = []
    line = ""
    for number, word in enumerate(text.split(" ")):
        candidate = f"{line} {word}" if number else word
        if cells(candidate) > width and line.strip():
            lines.append(line)
            candidate = margin + word
        while cells(candidate) > width:
            size = fitting(candidate, width)
            lines.append(candidate[:size])
            candidate = margin + candidate[size:]
        line = candidate
    return [*lines, line]


def _styled(line: str, spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """*line*, which starts as the joined *spans* do, in their styles."""
    styled: list[Span] = []
    start = 0
    for text, style in spans:
        end = start + len(text)
        styled.append((line[start:end], style))
        start = end
    return (*styled, (line[start:], ""))
