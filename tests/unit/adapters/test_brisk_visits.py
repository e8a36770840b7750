"""radon's visitors come to the same numbers when they pass over nodes that tell them nothing."""

from __future__ import annotations

import ast
import glob
import os
from pathlib import Path
from typing import Any

import pytest
from radon.metrics import h_visit_ast
from radon.visitors import ComplexityVisitor, HalsteadVisitor

from qualitygate.adapters import _complexity

_FILES = sorted(glob.glob(os.path.join(os.path.dirname(ast.__file__), "*.py")))[::8]


def numbers(tree: ast.AST) -> Any:
    visitor = ComplexityVisitor.from_ast(tree, no_assert=True)
    halstead = [tuple(report)[:4] for report in [h_visit_ast(tree).total, *dict(h_visit_ast(tree).functions).values()]]
    return visitor.blocks, visitor.total_complexity, visitor.max_line, halstead


@pytest.mark.parametrize("path", _FILES, ids=os.path.basename)
def test_the_numbers_are_the_same(path: str) -> None:
    tree = ast.parse(Path(path).read_bytes())
    with _complexity._brisk_visits():
        brisk = numbers(tree)

    assert brisk == numbers(tree)


def test_radon_has_no_method_for_a_node_that_is_passed_over() -> None:
    classes = [each for silent in _complexity._SILENT for each in (silent, *silent.__subclasses__())]

    for each in classes:
        for visitor in (ComplexityVisitor, HalsteadVisitor):
            assert not hasattr(visitor, f"visit_{each.__name__}")
        assert not each._fields and not each._attributes


def test_nothing_stays_replaced() -> None:
    original = ast.NodeVisitor.generic_visit
    with _complexity._brisk_visits():
        assert ast.NodeVisitor.generic_visit is not original
    assert ast.NodeVisitor.generic_visit is original
