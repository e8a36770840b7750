"""A project whose tests and gate are run by pytest."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import pytest

from tests.conftest import Project
from tests.pytest_plugin.harness import FILES, Suite


@pytest.fixture
def make_suite(make_project: Callable[..., Project]) -> Callable[..., Suite]:
    """Makes a suite from files that replace or join the usual ones."""

    def make(files: dict[str, str | bytes] | None = None) -> Suite:
        python = os.environ.get("QUALITYGATE_TEST_PYTHON", sys.executable)
        return Suite(make_project({**FILES, **(files or {})}), python)

    return make


@pytest.fixture
def suite(make_suite: Callable[..., Suite]) -> Suite:
    """The usual project."""
    return make_suite()
