"""bandit's visit of a syntax tree without the steps that can not find anything. Verified against bandit 1.9.4.

bandit describes every node of the tree in a dictionary, runs the tests for its type, of which most types have none, and
adds up scores that the gate does not use. Here nodes without tests are passed over, and the tests of a node are asked
first whether one of them has something to say: bandit's own code then writes it down. That holds for bandit's own
tests, which read the context and change nothing. On any doubt bandit's own visitor does the whole file.
"""

from __future__ import annotations

import ast
import functools
import io
import itertools
import logging
import re
from typing import Any

import bandit
from bandit.core import context as bandit_context
from bandit.core import node_visitor, tester

#: The version whose code this module was compared with; others go their own way.
_VERSION = "1.9.4"

#: Node types with tests in that version; `File` stands for the text as a whole.
_TESTED = frozenset({"Assert", "Bytes", "Call", "ExceptHandler", "File", "FunctionDef", "Import", "ImportFrom", "Str"})

#: Levels of a tree up to which no recursion of bandit's over it comes near Python's limit.
_DEEPEST = 150

#: Fields that hold no node with tests.
_BARREN = frozenset({"ctx", "op", "ops", "id", "attr", "kind", "type_comment", "conversion", "simple", "is_async"})

_Node: Any = node_visitor.BanditNodeVisitor
_Tester: Any = tester.BanditTester


class DoubtError(Exception):
    """bandit's own visitor has to do the file."""


def applies(test_set: Any, debug: bool) -> bool:
    """Whether the tests of *test_set* are those that this module knows, and nobody listens to what bandit logs."""
    tests = test_set.tests
    return (
        bandit.__version__ == _VERSION
        and not debug
        and not logging.getLogger("bandit").isEnabledFor(logging.DEBUG)
        and _TESTED.issuperset(tests)
        and all(test.__module__.startswith("bandit.") for group in tests.values() for test in group)
    )


def without_nosec(data: bytes) -> bool:
    """Whether no comment of *data*, which Python can parse, holds `nosec`, and tokenising it would raise nothing.

    Python 3.11's tokeniser takes lone carriage returns, and backslashes that begin a line, for something else than
    the parser does, and fails on the indentation of some such files. Another encoding may hide the word.
    """
    return (
        b"nosec" not in data
        and _plain(data)
        and _ODD_CONTINUATION.search(data) is None
        and data.count(b"\r") == data.count(b"\r\n")
    )


_ODD_CONTINUATION = re.compile(rb"^[ \t\f]*\\", re.MULTILINE)


def _plain(data: bytes) -> bool:
    """Whether *data* is UTF-8 without a cookie that may say otherwise."""
    if b"coding" in b"".join(data.split(b"\n", 2)[:2]):
        return False
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


class Visitor(_Node):  # type: ignore[misc]
    """`BanditNodeVisitor` that passes over nodes without tests.

    What bandit notes on such nodes, their range of lines, it would find again where it asks: the ranges of nodes
    without a line of their own depend on the order of calls only where a sibling has one, which none of them has.

    Raises:

        DoubtError: A test raised an exception, or the tree is deep.
    """

    def __init__(self, path: str, data: bytes, manager: Any, nosec_lines: dict[int, Any]) -> None:
        super().__init__(
            path, io.BytesIO(data), manager.b_ma, manager.b_ts, manager.debug, nosec_lines, manager.metrics
        )
        self.tester = _QuickTester(self.testset, self.debug, nosec_lines, self.metrics)
        self.tester.ascii = data.isascii() and _plain(data)
        self._tested = frozenset(self.testset.tests)

    def generic_visit(self, node: Any, depth: int = 0) -> None:
        """Visit the children of *node* in bandit's order."""
        if depth > _DEEPEST:
            raise DoubtError
        kind: Any = type(node)
        for name in _fields(kind):
            value = getattr(node, name, None)
            if value.__class__ is list:
                for item, sibling in itertools.zip_longest(value, value[1:]):
                    if isinstance(item, ast.AST):
                        self._enter(item, node, sibling, depth)
            elif isinstance(value, ast.AST):
                self._enter(value, node, None, depth)

    def _enter(self, node: Any, parent: ast.AST, sibling: Any, depth: int) -> None:
        node._bandit_sibling = sibling
        node._bandit_parent = parent
        kind = node.__class__
        if self._is_looked_at(node, kind, parent):
            self.pre_visit(node)
            self.visit(node)
            self.generic_visit(node, depth + 1)
            self.post_visit(node)
        elif _fields(kind):
            self.generic_visit(node, depth + 1)

    def _is_looked_at(self, node: Any, kind: type[ast.AST], parent: ast.AST) -> bool:
        """Whether bandit does more with *node* than to describe it."""
        if kind is ast.Constant:
            value = node.value
            if isinstance(value, str):
                return "Str" in self._tested and not isinstance(parent, ast.Expr)
            return isinstance(value, bytes) and "Bytes" in self._tested
        return kind in _NAMESPACES or kind.__name__ in self._tested

    def update_scores(self, scores: Any) -> None:
        """The gate has no scores."""


_NAMESPACES = (ast.ClassDef, ast.FunctionDef, ast.Import, ast.ImportFrom)
"""Types that change what bandit knows about names, tested or not."""


@functools.cache
def _fields(kind: type[ast.AST]) -> tuple[str, ...]:
    if kind is ast.Constant:
        return ()
    return tuple(name for name in kind._fields if name not in _BARREN)


class _QuickContext(bandit_context.Context):  # type: ignore[misc]
    """`Context` that looks up once what nearly every test asks for."""

    node = call_function_name = call_function_name_qual = None

    def __init__(self, raw_context: dict[str, Any]) -> None:
        super().__init__(raw_context)
        self.node = raw_context.get("node")
        self.call_function_name = raw_context.get("name")
        self.call_function_name_qual = raw_context.get("qualname")


class _QuickTester(_Tester):  # type: ignore[misc]
    """`BanditTester` that does not warn of `nosec` comments without a finding, which the gate does not show."""

    ascii = False
    """Whether the file holds nothing but ASCII."""

    def run_tests(self, raw_context: dict[str, Any], checktype: str) -> Any:
        """Let bandit run the tests only where one of them has a result."""
        if self._speaks(raw_context, checktype):
            return super().run_tests(raw_context, checktype)
        return None

    def _speaks(self, raw_context: dict[str, Any], checktype: str) -> bool:
        if checktype == "File" and self.ascii:
            return False  # the one test looks for characters outside of ASCII
        context = _QuickContext(raw_context)
        try:
            for test in self.testset.get_tests(checktype):
                result = test(context, test._config) if "_config" in test.__dict__ else test(context)
                if result is not None:
                    return True
        except Exception as error:
            raise DoubtError from error
        return False
