"""The gate as a hook of git, by hand and through pre-commit."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import environment, git

REPOSITORY = Path(__file__).parents[2]
CONFIG = '[tool.qualitygate]\nchecks = ["flake8"]\n[tool.qualitygate.flake8]\nargs = []\n'


@pytest.fixture
def hooked(make_project):
    """A project whose pre-commit hook is the gate."""
    project = make_project({"a.py": "x = 1\n", "b.py": "x = 1\n", "sub/c.py": "x = 1\n", "pyproject.toml": CONFIG})
    hook = project.root / ".git/hooks/pre-commit"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -P -m qualitygate check --staged\n")
    hook.chmod(0o755)
    return project


def commit(project, *args, cwd=None):
    """Run `git commit ARGS`."""
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false")
    return subprocess.run(
        ["git", *identity, "commit", "-m", "x", *args],
        cwd=cwd or project.root,
        env=environment(project.home),
        capture_output=True,
        text=True,
    )


@pytest.mark.parametrize("args", [["-a"], ["a.py"], ["--only", "a.py"], ["-i", "a.py"]], ids=" ".join)
def test_the_index_that_the_commit_will_have_is_judged(hooked, args):
    hooked.write({"a.py": "import os\n"})
    refused = commit(hooked, *args)
    assert refused.returncode == 1
    assert "a.py:1:1  flake8/F401" in refused.stderr
    hooked.write({"a.py": "y = 1\n"})
    assert commit(hooked, *args).returncode == 0


def test_what_the_commit_leaves_out_is_not_judged(hooked):
    hooked.write({"a.py": "import os\n", "b.py": "y = 1\n"})
    git(hooked.root, "add", "a.py")
    done = commit(hooked, "b.py", cwd=hooked.root)
    assert done.returncode == 0, done.stderr
    assert commit(hooked).returncode == 1


def test_a_commit_made_in_a_sub_folder_or_a_linked_work_tree_is_judged(hooked, tmp_path):
    hooked.write({"sub/c.py": "import os\n"})
    assert commit(hooked, "c.py", cwd=hooked.root / "sub").returncode == 1
    git(hooked.root, "worktree", "add", "-q", str(tmp_path / "linked"), "-b", "other")
    (tmp_path / "linked/a.py").write_text("import os\n")
    refused = commit(hooked, "-a", cwd=tmp_path / "linked")
    assert (refused.returncode, "a.py:1:1" in refused.stderr, "c.py" in refused.stderr) == (1, True, False)


@pytest.mark.slow
def test_pre_commit_runs_the_hook_of_this_repository(make_project, tmp_path):
    program = shutil.which("pre-commit")
    if program is None:
        subprocess.run([sys.executable, "-m", "venv", str(tmp_path / "venv")], check=True)
        subprocess.run([str(tmp_path / "venv/bin/pip"), "install", "-q", "pre-commit"], check=True)
        program = str(tmp_path / "venv/bin/pre-commit")
    hooks = tmp_path / "hooks"
    names = ["src", "README.md", "LICENSE", "pyproject.toml", ".pre-commit-hooks.yaml"]
    hooks.mkdir()
    for name in names:
        (shutil.copytree if (REPOSITORY / name).is_dir() else shutil.copy)(REPOSITORY / name, hooks / name)
    git(hooks, "init", "-q")
    git(hooks, "add", "-A")
    git(hooks, "commit", "-qm", "state")
    config = f"repos:\n- repo: {hooks}\n  rev: {git(hooks, 'rev-parse', 'HEAD')}  hooks:\n  - id: qualitygate\n"
    project = make_project({"a.py": "x = 1\n", "pyproject.toml": CONFIG, ".pre-commit-config.yaml": config})
    env = environment(project.home, PRE_COMMIT_HOME=str(tmp_path / "cache"))
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_"))}
    subprocess.run([program, "install"], cwd=project.root, env={**env, **kept}, check=True, capture_output=True)
    project.write({"a.py": "import os\n", "untracked.py": "import re\n"})
    git(project.root, "add", "a.py")
    done = subprocess.run(
        ["git", "-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-m", "x"],
        cwd=project.root, env={**env, **kept}, capture_output=True, text=True, timeout=900,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 1, said
    assert "a.py:1:1  flake8/F401" in said and "untracked.py" not in said
