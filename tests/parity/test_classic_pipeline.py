"""The six jobs that people copy by hand, and the gate without configuration: the same verdict for each tool."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

JOBS = {
    "flake8": [["flake8", "--max-line-length=120"]],
    "doc8": [["doc8", "--max-line-length=100"]],
    "yamllint": [["yamllint", "."]],
    "bandit": [["bandit", "-r", "-s", "B101", "."]],
    "radon": [["radon", "cc", ".", "-s", "-a", "-nb"], ["radon", "mi", ".", "-s", "-nb"]],
    "xenon": [["xenon", "--max-absolute", "B", "--max-modules", "B", "--max-average", "B", "."]],
}

CLEAN = {
    "src/shop/__init__.py": "",
    "src/shop/cart.py": "def total(prices):\n    assert prices\n    return sum(prices)\n",
    "docs/index.rst": "Title\n=====\n\nText.\n",
    "ci.yml": "---\njobs:\n  - one\n",
}

BRANCHES = "".join(f"    if value == {number}:\n        return {number}\n" for number in range(14))
COMPLEX = f'"""Many branches."""\n\n\ndef branches(value):\n{BRANCHES}    return None\n'

FAULTS = {
    "flake8": {"src/shop/unused.py": "import os\n"},
    "doc8": {"docs/trailing.rst": "Title\n=====\n\nText. \n"},
    "yamllint": {"bad.yml": "---\na: [1, 2\n"},
    "bandit": {"src/shop/evil.py": "print(eval(input()))\n"},
    "xenon": {"src/shop/complex.py": COMPLEX},
}

TREES = {
    "nothing fails": {},
    **{f"{tool} fails alone": files for tool, files in FAULTS.items()},
    "all fail": {name: text for files in FAULTS.values() for name, text in files.items()},
    "warnings of yamllint only": {"warn.yml": "a: 1\n"},
}


def job_fails(root: Path, tool: str) -> bool:
    """Whether a job of the old pipeline would be red: a command that exits with anything but 0."""
    done = [
        subprocess.run([sys.executable, "-P", "-m", *command], cwd=root, capture_output=True, timeout=120)
        for command in JOBS[tool]
    ]
    return any(one.returncode for one in done)


@pytest.mark.parametrize("tree", TREES)
def test_each_job_and_its_check_agree(make_project, tree):
    project = make_project({**CLEAN, **TREES[tree]})
    red = {tool for tool in JOBS if job_fails(project.root, tool)}
    result, report = project.check()
    outcome = {check["check"]: check["outcome"] for check in report["checks"]}
    # In the old pipeline every job but flake8's has `allow_failure: true`, and radon's can not fail.
    assert outcome == {
        tool: "pass" if tool not in red else "fail" if tool == "flake8" else "soft-fail" for tool in JOBS
    }
    assert result.code == int("flake8" in red)
    if tree.endswith("fails alone"):
        assert red == {tree.split()[0]}, "the tree does not show what it should"
    if tree == "all fail":
        assert red == set(FAULTS)
