"""flake8's run over one file without the steps that can not find anything. Verified against flake8 7.5.0.

flake8 hands every logical line to all 25 checks of pycodestyle and every physical line to five more, each of which
looks at all tokens or searches for a pattern, and tokenises a second time to map lines to their `noqa` comments. Here a
check is only called where something that it can not do without is there, and the map is only made where the text holds
the word. What the checks say, and in which order, stays their own business. With plug-ins that look at lines, and with
other versions, flake8's own `FileChecker` does the whole file.
"""

from __future__ import annotations

import tokenize
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import flake8
import pycodestyle
from flake8 import checker, processor

from qualitygate.adapters import _flake8_lines

if TYPE_CHECKING:
    import argparse

    from flake8.plugins.finder import Checkers

#: The versions whose code this module and `_flake8_lines` were compared with; others go their own way.
_VERSIONS = ("7.5.0", "2.15.0")

#: Tokens that neither end a line nor may span lines.
_WITHIN_LINE = frozenset(
    {tokenize.OP, tokenize.NAME, tokenize.NUMBER, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT}
)

_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}

_REPLACED: tuple[Callable[..., Any], ...] = (
    checker.FileChecker._make_processor,
    checker.FileChecker.check_physical_eol,
    checker.FileChecker.process_tokens,
    checker.FileChecker.run_check,
    checker.FileChecker.run_logical_checks,
    checker.FileChecker.run_physical_checks,
    processor.FileProcessor.generate_tokens,
    processor.FileProcessor.noqa_line_for,
    processor.FileProcessor._noqa_line_mapping.func,
    processor.FileProcessor.should_ignore_file,
)


_FileChecker: Any = checker.FileChecker
_FileProcessor: Any = processor.FileProcessor


def applies(plugins: Checkers) -> bool:
    """Whether flake8 is as this module knows it and its own checks are the only ones that look at lines."""
    return (
        (flake8.__version__, pycodestyle.__version__) == _VERSIONS
        and [loaded.obj for loaded in plugins.logical_line] == [_flake8_lines.LOGICAL]
        and [loaded.obj for loaded in plugins.physical_line] == [_flake8_lines.PHYSICAL]
        and all(function.__module__.startswith("flake8.") for function in _REPLACED)  # no plug-in has patched them
    )


class Processor(_FileProcessor):  # type: ignore[misc]
    """`FileProcessor` that does not look for `noqa` where there is none."""

    def __init__(self, filename: str, options: argparse.Namespace, lines: list[str]) -> None:
        super().__init__(filename, options, lines)
        text = "".join(self.lines)
        self.has_backslash = "\\" in text
        self.has_form_feed = "\f" in text
        self._has_noqa = "noqa" in text.lower()
        if not self._has_noqa:
            # Takes the place of the cached property; flake8 then looks into linecache, where no noqa is, either.
            self.__dict__["_noqa_line_mapping"] = {}

    def should_ignore_file(self) -> bool:
        """Whether there is a `flake8: noqa`."""
        return self._has_noqa and super().should_ignore_file()


class Checker(_FileChecker):  # type: ignore[misc]
    """`FileChecker` that calls the checks of lines only where they may say something."""

    processor: Processor

    def __init__(self, *, filename: str, plugins: Checkers, options: argparse.Namespace, lines: list[str]) -> None:
        self._given = lines
        super().__init__(filename=filename, plugins=plugins, options=options)

    def _make_processor(self) -> Processor:
        return Processor(self.filename, self.options, self._given)

    def process_tokens(self) -> None:
        """flake8's loop; most tokens neither end nor span a line."""
        file_processor = self.processor
        total_lines = file_processor.total_lines
        depth = 0
        prev_physical = ""
        for token in tokenize.generate_tokens(file_processor.next_line):
            kind, text, start, _, line = token
            if start[0] > total_lines:
                break
            file_processor.tokens.append(token)
            if kind in processor.NEWLINE:
                self.run_physical_checks(line or prev_physical)
                if depth == 0:
                    self.handle_newline(kind)
            else:
                if kind == tokenize.OP:
                    depth += _BRACKETS.get(text, 0)
                if kind not in _WITHIN_LINE or line[-2:] == "\\\n":
                    self.check_physical_eol(token, prev_physical)
            prev_physical = line
        if file_processor.tokens:
            self.run_physical_checks(file_processor.lines[-1])
            self.run_logical_checks()

    def run_physical_checks(self, physical_line: str) -> None:
        """Call pycodestyle unless the line is in order at a glance."""
        if not _flake8_lines.in_order(physical_line, self.processor):
            super().run_physical_checks(physical_line)

    def run_logical_checks(self) -> None:
        """Build the line as flake8 does and call the checks that may say something about it."""
        file_processor = self.processor
        comments, logical_line, mapping = file_processor.build_logical_line()
        if not mapping:
            return
        file_processor.update_state(mapping)
        file_processor.update_checker_state_for(self.plugins.logical_line[0])
        for offset, text in _flake8_lines.logical(file_processor, logical_line, bool(comments)):
            line_number, column_offset = checker.find_offset(offset, mapping)
            self.report(error_code=None, line_number=line_number, column=column_offset, text=text)
        file_processor.next_logical_line()
