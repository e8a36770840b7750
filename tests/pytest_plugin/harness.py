"""Runs pytest in a project as its users do, and tells what it said."""

from __future__ import annotations

import dataclasses
import json
import os
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections import Counter
from pathlib import Path

from tests.conftest import Project, environment

CHECKS = ["flake8", "yamllint", "bandit", "radon"]

FILES: dict[str, str | bytes] = {
    "pytest.ini": "[pytest]\ntestpaths = tests\n",
    "pyproject.toml": (
        '[tool.qualitygate]\nchecks = ["flake8", "yamllint", "bandit", "radon"]\n'
        '[tool.qualitygate.yamllint]\nsoft-fail = {reason = "old files", owner = "@docs"}\n'
        '[tool.qualitygate.bandit]\npaths = ["pkg"]\n'
        '[tool.qualitygate.radon]\npaths = ["pkg"]\nmax-findings = "any"\n'
    ),
    "pkg/__init__.py": "",
    "pkg/mod.py": "import os\n\n\ndef one():\n    return 1\n",
    "conf.yaml": "---\na:   1\n",
    "tests/test_x.py": "from pkg import mod\n\n\ndef test_one():\n    assert mod.one() == 1\n",
    "tests/test_y.py": "def test_two():\n    pass\n\n\ndef test_three():\n    pass\n",
    "conftest.py": "",
}
"""Three tests; flake8 fails with one finding, yamllint softly with one, bandit and radon pass."""

VERDICTS = {
    "qualitygate::flake8": "failed", "qualitygate::yamllint": "xfailed",
    "qualitygate::bandit": "passed", "qualitygate::radon": "passed",
}
TESTS = {"tests.test_x::test_one": "passed", "tests.test_y::test_two": "passed", "tests.test_y::test_three": "passed"}


@dataclasses.dataclass
class Ran:
    """How a run of pytest ended."""

    code: int
    out: str
    err: str
    junit: ElementTree.Element | None
    calls: list[list[str]]
    """The command lines of `qualitygate check` that were run."""

    @property
    def outcomes(self) -> dict[str, str]:
        """By id, as the JUnit file has them."""
        assert self.junit is not None, self.out + self.err
        return {f"{case.get('classname')}::{case.get('name')}": _outcome(case) for case in self.junit.iter("testcase")}

    @property
    def counts(self) -> Counter[str]:
        """How often each id is in the JUnit file."""
        assert self.junit is not None, self.out + self.err
        return Counter(f"{case.get('classname')}::{case.get('name')}" for case in self.junit.iter("testcase"))

    def case(self, check: str) -> ElementTree.Element:
        """What the JUnit file has of a check."""
        assert self.junit is not None
        return next(
            case
            for case in self.junit.iter("testcase")
            if (case.get("classname"), case.get("name")) == ("qualitygate", check)
        )


def _outcome(case: ElementTree.Element) -> str:
    for kind, word in (("error", "error"), ("failure", "failed"), ("skipped", "skipped")):
        found = case.find(kind)
        if found is not None:
            return "xfailed" if found.get("type") == "pytest.xfail" else word
    return "passed"


class Suite:
    """A project with tests, and a command that counts how often the gate really runs.

    Args:

        project: With the files above, or others.

        python: An interpreter that has pytest and the plug-in.
    """

    def __init__(self, project: Project, python: str = sys.executable) -> None:
        self.project = project
        self.python = python
        self.calls = project.root.parent / "calls.jsonl"
        self.command = project.root.parent / "counting-qualitygate"
        self.command.write_text(
            f"#!{sys.executable}\nimport json, os, sys, time\n"
            f"with open({str(self.calls)!r}, 'a') as log:\n    log.write(json.dumps(sys.argv[1:]) + chr(10))\n"
            "time.sleep(float(os.environ.get('COUNTING_DELAY', 0)) * (sys.argv[1] == 'check'))\n"
            f"os.execv({sys.executable!r}, [{sys.executable!r}, '-P', '-m', 'qualitygate', *sys.argv[1:]])\n"
        )
        self.command.chmod(0o755)

    @property
    def is_own(self) -> bool:
        """Whether the interpreter has the command, too."""
        return self.python == sys.executable

    def line(self, *args: str, counting: bool = True) -> list[str]:
        """The command line."""
        command = ["-o", f"qualitygate_command={shlex.quote(str(self.command))}"] if counting else []
        return [self.python, "-m", "pytest", *command, *args]

    def environment(self, **env: str) -> dict[str, str]:
        """Of the run."""
        made = environment(self.project.home, **env)
        return {key: value for key, value in made.items() if not key.startswith(("PYTEST_", "COV_")) or key in env}

    def run(self, *args: str, cwd: str = ".", counting: bool = True, **env: str) -> Ran:
        """Run pytest."""
        self.calls.unlink(missing_ok=True)
        junit = self.project.root.parent / "junit.xml"
        junit.unlink(missing_ok=True)
        done = subprocess.run(
            self.line(f"--junitxml={junit}", *args, counting=counting),
            cwd=self.project.root / cwd,
            env=self.environment(**env),
            capture_output=True,
            timeout=300,
        )
        return Ran(
            code=done.returncode,
            out=done.stdout.decode(errors="replace"),
            err=done.stderr.decode(errors="replace"),
            junit=ElementTree.parse(junit).getroot() if junit.exists() else None,
            calls=self.called(),
        )

    def called(self) -> list[list[str]]:
        """The command lines of `qualitygate check` so far."""
        if not self.calls.exists():
            return []
        calls = map(json.loads, self.calls.read_text().splitlines())
        return [call for call in calls if call[0] == "check"]


def left_over(mark: str) -> list[int]:
    """Processes whose environment has *mark*."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and int(folder.name) != os.getpid():
            try:
                if mark.encode() in (folder / "environ").read_bytes():
                    found.append(int(folder.name))
            except OSError:
                continue
    return found
