"""Runs the command as its users do, in real projects."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

_SCRUBBED = ("CI", "NO_COLOR", "FORCE_COLOR", "PYTHONPATH", "PYTHONWARNINGS", "TERM", "COLUMNS")


@dataclasses.dataclass
class Result:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def last_line(self) -> str:
        """The verdict in words."""
        return self.err.rstrip("\n").rpartition("\n")[2]


def environment(home: Path, **more: str) -> dict[str, str]:
    """The tests' own environment without what changes output, and with a home of its own."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if key not in _SCRUBBED and not key.startswith(("QUALITYGATE_", "GIT_"))
    }
    return {
        **kept,
        "HOME": str(home),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_SYSTEM": os.devnull,
        "COLUMNS": "120",
        **more,
    }


def git(folder: Path, *args: str) -> str:
    """Run git in *folder* as somebody who has an identity."""
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *args], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout


class Project:
    """A folder with files, under git unless said otherwise."""

    def __init__(self, root: Path, home: Path) -> None:
        self.root = root
        self.home = home
        root.mkdir(parents=True, exist_ok=True)

    def write(self, files: dict[str, str | bytes]) -> Project:
        """Add files by relative path."""
        for name, content in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return self

    def commit(self) -> Project:
        """Put everything under git."""
        if not (self.root / ".git").exists():
            git(self.root, "init", "-q", "-b", "main")
        git(self.root, "add", "-A")
        git(self.root, "commit", "-qm", "state", "--allow-empty")
        return self

    def run(self, *args: str, cwd: Path | None = None, timeout: float = 300, **env: str) -> Result:
        """Run `qualitygate ARGS` in the project."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "qualitygate", *args],
            cwd=cwd or self.root,
            env=environment(self.home, **env),
            capture_output=True,
            timeout=timeout,
        )
        out, err = (stream.decode("utf-8", "surrogateescape") for stream in (done.stdout, done.stderr))
        assert "Traceback (most recent call last)" not in err, err
        return Result(done.returncode, out, err)

    def check(self, *args: str, **env: str) -> tuple[Result, dict[str, Any]]:
        """Run `qualitygate check` and give its JSON report too."""
        result = self.run("check", "--report", "json=-", *args, **env)
        return result, json.loads(result.out) if result.out else {}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """An empty home folder."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def make_project(tmp_path: Path, home: Path) -> Callable[..., Project]:
    """Makes a project from files, by default committed to git."""

    def make(files: dict[str, str | bytes], git: bool = True, name: str = "project") -> Project:
        project = Project(tmp_path / name, home).write(files)
        return project.commit() if git else project

    return make
