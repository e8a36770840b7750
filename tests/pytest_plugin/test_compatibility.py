"""Other versions of pytest, and plug-ins that people have beside this one. Installs them by name."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Project
from tests.pytest_plugin.harness import FILES, TESTS, VERDICTS, Suite

pytestmark = pytest.mark.slow

REPOSITORY = Path(__file__).parents[2]
CLAIMS = [f"tests/pytest_plugin/test_{name}.py" for name in ("items", "selection", "sessions")]
COMPANIONS = [
    "pytest-cov", "pytest-randomly", "pytest-html", "pytest-json-report", "pytest-rerunfailures", "pytest-sugar",
    "pytest-timeout",
]


def install(folder: Path, *requirements: str) -> str:
    """An environment with the plug-in, which needs nothing but pytest; gives its interpreter."""
    python = str(folder / "bin/python")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "pytest-xdist", *requirements], check=True)
    subprocess.run([*pip, "--no-deps", str(REPOSITORY)], check=True)
    return python


@pytest.mark.parametrize("version", ["pytest==8.0.*", "pytest==8.4.*", "pytest==9.0.*", "pytest==9.1.*"])
def test_every_claim_holds_with(version, tmp_path):
    """The newest version is the one that runs these tests."""
    python = install(tmp_path / "venv", version)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *CLAIMS],
        cwd=REPOSITORY,
        env={**os.environ, "QUALITYGATE_TEST_PYTHON": python, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-1000:]
    assert " passed" in done.stdout


@pytest.fixture(scope="module")
def crowded(tmp_path_factory: pytest.TempPathFactory) -> str:
    """An interpreter with many plug-ins."""
    return install(tmp_path_factory.mktemp("crowded") / "venv", "pytest", *COMPANIONS)


@pytest.fixture
def suite(crowded: str, make_project: Callable[..., Project]) -> Suite:
    """The usual project."""
    return Suite(make_project(FILES), crowded)


@pytest.mark.parametrize(
    "args",
    [
        [], ["-n2"], ["-p", "randomly", "-n2"], ["-p", "no:randomly", "-p", "no:sugar", "-v"], ["--cov=pkg"],
        ["--cov=pkg", "-n2"], ["--timeout=20"],
    ],
    ids=" ".join,
)
def test_the_verdict_is_the_same_in_a_crowd(suite, args):
    ran = suite.run("--qualitygate", *args)
    assert (ran.code, ran.outcomes, len(ran.calls)) == (1, TESTS | VERDICTS, 1)


def test_the_time_of_the_gate_is_not_that_of_a_test(suite):
    ran = suite.run("--qualitygate", "--timeout=1", "qualitygate::bandit", COUNTING_DELAY="4")
    assert (ran.code, ran.outcomes) == (0, {"qualitygate::bandit": "passed"})


def test_a_check_that_is_run_again_reads_the_same_report(suite):
    ran = suite.run("--qualitygate", "--reruns", "2", "-p", "no:sugar")
    assert (ran.code, ran.outcomes, len(ran.calls)) == (1, TESTS | VERDICTS, 1)
    assert "2 rerun" in ran.out


def test_coverage_measures_the_tests_and_not_the_gate(suite):
    suite.run("--qualitygate", "--cov=pkg", "--cov-report=json:cov.json", "-p", "no:sugar")
    covered = json.loads((suite.project.root / "cov.json").read_text())
    assert list(covered["files"]) == ["pkg/__init__.py", "pkg/mod.py"]
    assert covered["files"]["pkg/mod.py"]["summary"]["percent_covered"] == 100


def test_html_and_json_reports_know_the_items(suite):
    suite.run("--qualitygate", "--html=out.html", "--json-report", "--json-report-file=out.json", "-p", "no:sugar")
    report = json.loads((suite.project.root / "out.json").read_text())
    tests = {test["nodeid"]: test["outcome"] for test in report["tests"]}
    assert {name: tests[name] for name in VERDICTS} == VERDICTS
    page = (suite.project.root / "out.html").read_text()
    assert all(name in page for name in VERDICTS) and "XFailed" in page
