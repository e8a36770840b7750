"""Which of pycodestyle's checks can say something about a line. Verified against pycodestyle 2.15.0.

Each condition is necessary for the check behind it: without it the check's own code can not reach a `yield`. Where
that is in doubt the check is called.
"""

from __future__ import annotations

import keyword
import re
from typing import TYPE_CHECKING, Any

import pycodestyle
from flake8.plugins import pycodestyle as own

if TYPE_CHECKING:
    from qualitygate.adapters._flake8_checker import Processor

LOGICAL = own.pycodestyle_logical
PHYSICAL = own.pycodestyle_physical

_AMBIGUOUS = frozenset({"l", "O", "I"})
_KEYWORDS = frozenset(keyword.kwlist) - pycodestyle.SINGLETONS
_OPERATORS = (
    pycodestyle.WS_NEEDED_OPERATORS | pycodestyle.UNARY_OPERATORS | pycodestyle.WS_OPTIONAL_OPERATORS
)
_PUNCTUATION = frozenset({",", ";", ":"})
_TIGHT_PUNCTUATION = re.compile(r"[,;:][^ \t\xa0]")
_DEFINITIONS = ("def", "class", "async", "@")


def in_order(line: str, processor: Processor) -> bool:
    """Whether `pycodestyle_physical` has nothing to say about a physical line."""
    if len(line) > processor.max_line_length or "\t" in line or processor.line_number == processor.total_lines:
        return False
    if line[:1] == " " and processor.indent_char != " ":
        return False
    return line.rstrip("\n\r\x0c")[-1:] not in (" ", "\v")


def logical(processor: Processor, line: str, has_comment: bool) -> list[tuple[Any, str]]:
    """What `pycodestyle_logical` says about a logical line, in its order."""
    seen = _Line(processor, line, has_comment)
    found: list[tuple[Any, str]] = []
    for group in (_names, _comparisons, _joins, _places, _operators, _spaces):
        group(processor, seen, found)
    return found


class _Line:
    """What most conditions look at."""

    __slots__ = ("has_comment", "neat", "one_row", "text", "texts", "tokens")

    def __init__(self, processor: Processor, text: str, has_comment: bool) -> None:
        tokens = processor.tokens
        self.tokens = tokens
        self.text = text
        self.texts = {token[1] for token in tokens}
        self.has_comment = has_comment
        self.one_row = tokens[0][2][0] == tokens[-1][2][0]
        self.neat = " ".join(text.split()) == text
        """All white space is single spaces within the line."""


def _names(p: Processor, seen: _Line, found: list[tuple[Any, str]]) -> None:
    line = seen.text
    if not _AMBIGUOUS.isdisjoint(seen.texts):
        found.extend(own._ambiguous_identifier(line, seen.tokens))
    if line.startswith("except"):
        found.extend(own._bare_except(line, p.noqa))
    if p.blank_lines or not p.indent_level or line.startswith(_DEFINITIONS):
        found.extend(
            own._blank_lines(
                line,
                p.blank_lines,
                p.indent_level,
                p.line_number,
                p.blank_before,
                p.previous_logical,
                p.previous_unindented_logical_line,
                p.previous_indent_level,
                p.lines,
            )
        )


def _comparisons(p: Processor, seen: _Line, found: list[tuple[Any, str]]) -> None:
    line = seen.text
    if not seen.one_row:
        found.extend(own._break_after_binary_operator(line, seen.tokens))
        found.extend(own._break_before_binary_operator(line, seen.tokens))
    if "not" in line:
        found.extend(own._comparison_negative(line))
    if "==" in line or "!=" in line:
        found.extend(own._comparison_to_singleton(line, p.noqa))
        found.extend(own._comparison_type(line, p.noqa))
    if ";" in line or -1 < line.find(":") < len(line) - 1:
        found.extend(own._compound_statements(line))


def _joins(p: Processor, seen: _Line, found: list[tuple[Any, str]]) -> None:
    line, tokens = seen.text, seen.tokens
    if not seen.one_row:
        found.extend(
            own._continued_indentation(
                line, tokens, p.indent_level, p.hang_closing, p.indent_char, p.indent_size, p.noqa, p.verbose
            )
        )
        if p.has_backslash:
            found.extend(own._explicit_line_join(line, tokens))
    if pycodestyle.EXTRANEOUS_WHITESPACE_REGEX.search(line) or line.startswith("@"):
        found.extend(own._extraneous_whitespace(line))


def _places(p: Processor, seen: _Line, found: list[tuple[Any, str]]) -> None:
    line = seen.text
    if line.startswith("import "):
        found.extend(own._imports_on_separate_lines(line))
    if p.indent_level % p.indent_size or p.indent_level > p.previous_indent_level or p.previous_logical[-1:] == ":":
        found.extend(
            own._indentation(
                line, p.previous_logical, p.indent_char, p.indent_level, p.previous_indent_level, p.indent_size
            )
        )
    if p.max_doc_length is not None:
        found.extend(own._maximum_doc_length(line, p.max_doc_length, p.noqa, seen.tokens))


def _operators(p: Processor, seen: _Line, found: list[tuple[Any, str]]) -> None:
    line, tokens = seen.text, seen.tokens
    if not _OPERATORS.isdisjoint(seen.texts) or _has_tight_punctuation(p, seen):
        found.extend(own._missing_whitespace(line, tokens))
    if not _KEYWORDS.isdisjoint(seen.texts):
        found.extend(own._missing_whitespace_after_keyword(line, tokens))
    if line and not p.indent_level:
        found.extend(own._module_imports_on_top_of_file(line, p.indent_level, p.checker_state, p.noqa))
    if p.has_backslash and "\\" in "".join(seen.texts):
        found.extend(own._python_3000_invalid_escape_sequence(line, tokens, p.noqa))


def _has_tight_punctuation(p: Processor, seen: _Line) -> bool:
    """Whether something other than white space may follow a comma, semicolon or colon.

    Between rows and before comments the logical line has spaces that are not there, and a form feed at the end of a row
    is not in it.
    """
    if _PUNCTUATION.isdisjoint(seen.texts):
        return False
    return not seen.one_row or seen.has_comment or p.has_form_feed or _TIGHT_PUNCTUATION.search(seen.text) is not None


def _spaces(p: Processor, seen: _Line, found: list[tuple[Any, str]]) -> None:
    line, tokens, texts = seen.text, seen.tokens, seen.texts
    if not seen.neat:
        found.extend(own._whitespace_around_comma(line))
        found.extend(own._whitespace_around_keywords(line))
    if "=" in texts and ("(" in texts or "[" in texts):
        found.extend(own._whitespace_around_named_parameter_equals(line, tokens))
    if not seen.neat:
        found.extend(own._whitespace_around_operator(line))
    if seen.has_comment:
        found.extend(own._whitespace_before_comment(line, tokens))
    if not seen.neat or " (" in line or " [" in line:
        found.extend(own._whitespace_before_parameters(line, tokens))
