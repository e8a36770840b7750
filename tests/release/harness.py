"""Runs `qualitygate release` in a project as its users do, and keeps everything that it said."""

from __future__ import annotations

import base64
import dataclasses
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote, quote_plus

from qualitygate.release.isolation import CHILDREN

GIT = ("git", "-c", "user.name=a", "-c", "user.email=a@example.invalid", "-c", "commit.gpgsign=false")
USER, PASSWORD = "__token__", "tok/en+with=odd&chars-0123456789"
"""Has characters that are written in another way in addresses."""


def environment(**more: str | None) -> dict[str, str]:
    """What a shell without any credentials has, and *more*; None takes a variable away."""
    kept = {"PATH", "HOME", "LANG", "TMPDIR", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE"}
    kept |= {name for name in os.environ if name in CHILDREN}
    found = {name: value for name, value in os.environ.items() if name in kept}
    return {name: value for name, value in {**found, **more}.items() if value is not None}


def credentials(url: str, target: str = "TEST", user: str = USER, password: str = PASSWORD) -> dict[str, str]:
    """The variables of a target."""
    return {f"PYPI_{target}_URL": url, f"PYPI_{target}_USERNAME": user, f"PYPI_{target}_PASSWORD": password}


@dataclasses.dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything."""
        return self.out + self.err


@dataclasses.dataclass(frozen=True)
class Project:
    """A git repository with something to release."""

    root: Path

    @property
    def dist(self) -> Path:
        """Where its files are."""
        return self.root / "dist"

    def git(self, *args: str) -> str:
        """Run git here."""
        return subprocess.run([*GIT, *args], cwd=self.root, check=True, capture_output=True, text=True).stdout

    def line(self, *args: str) -> list[str]:
        """The command line."""
        return [sys.executable, "-P", "-m", "qualitygate", "release", *args]

    def run(self, *args: str, timeout: float = 120, **variables: str | None) -> Ran:
        """Run the command; *variables* are those of the shell."""
        done = subprocess.run(
            self.line(*args), cwd=self.root, env=environment(**variables), capture_output=True, timeout=timeout,
            stdin=subprocess.DEVNULL,
        )
        ran = Ran(done.returncode, done.stdout.decode(), done.stderr.decode())
        assert not re.search("^Traceback", ran.said, re.MULTILINE), ran.said
        return ran

    def receipt(self, target: str = "test") -> dict:
        """As it is now."""
        return json.loads((self.dist / f"qualitygate-{target}.json").read_text())

    def states(self, target: str = "test") -> dict[str, str]:
        """Of the files, as the receipt has them."""
        return {file["name"]: file["state"] for file in self.receipt(target)["files"]}


def make_project(root: Path, files: dict[str, bytes], tag: str | None = "v1.0") -> Project:
    """A repository with a module, and distributions that git ignores.

    Args:

        files: Distributions by name.
    """
    project = Project(root)
    project.dist.mkdir(parents=True)
    (root / "qg_demo.py").write_text('"""Demo."""\n')
    (root / ".gitignore").write_text("dist/\n.qualitygate/\n")
    for name, data in files.items():
        (project.dist / name).write_bytes(data)
    project.git("init", "-q")
    project.git("add", "-A")
    project.git("commit", "-qm", "one")
    if tag is not None:
        project.git("tag", tag)
    return project


def spellings(secret: str, user: str = USER) -> set[str]:
    """How a secret may be written."""
    pair = f"{user}:{secret}".encode()
    alone = base64.b64encode(secret.encode()).decode().rstrip("=")[:-1]
    return {secret, quote(secret, safe=""), quote_plus(secret), base64.b64encode(pair).decode(), alone}


def expect_no_secret(ran: Ran, *places: Path, secret: str = PASSWORD, user: str = USER) -> None:
    """Nothing that was printed, and no file in *places*, holds the secret in any spelling."""
    texts = {"what it said": ran.said}
    for place in places:
        for path in place.rglob("*"):
            if path.is_file() and ".git" not in path.parts:
                texts[str(path)] = path.read_bytes().decode("latin-1")
    for where, text in texts.items():
        for spelling in spellings(secret, user):
            assert spelling not in text, where
