"""Makes git repositories for tests, whatever the machine's own git configuration says."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
}


def git(folder: Path, *args: str) -> str:
    """What `git ARGS` prints in *folder*, without the final newline; raises CalledProcessError."""
    done = subprocess.run(["git", *args], cwd=folder, env=ENVIRONMENT, check=True, capture_output=True)
    return os.fsdecode(done.stdout).removesuffix("\n")


def write(folder: Path, contents: dict[str, str]) -> Path:
    """Make the files, given by relative path, below *folder*."""
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def commit_all(folder: Path) -> Path:
    """Commit everything in *folder*."""
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "x")
    return folder


def repository(folder: Path, contents: dict[str, str]) -> Path:
    """A repository in which the files are committed, on the branch main."""
    write(folder, contents)
    git(folder, "init", "-q", "-b", "main")
    return commit_all(folder)
