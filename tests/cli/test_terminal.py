"""What standard error looks like: wrapped for a reader at a terminal, one line each for a log."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import Project, environment

MakeProject = Callable[..., Project]

PATH = "a_folder_with_a_long_name/a_file_with_a_long_name.py"
FINDING = f"{PATH}:1:121  flake8/E501  line too long (156 > 120 characters)"
FILES: dict[str, Any] = {
    PATH: "x = '" + "long " * 30 + "'\n",
    "pyproject.toml": '[tool.qualitygate]\nchecks = ["flake8"]\n',
}


@pytest.mark.parametrize("columns", ["", "0", "wide"])
def test_a_log_has_each_finding_on_one_line(make_project: MakeProject, columns: str) -> None:
    lines = make_project(FILES).run("check", COLUMNS=columns).err.splitlines()

    assert len(FINDING) > 80
    assert FINDING in lines
    assert len(lines[-1]) == 80


def test_the_width_asked_for_is_kept_in_a_log_too(make_project: MakeProject) -> None:
    lines = make_project(FILES).run("check", COLUMNS="60").err.splitlines()

    assert max(map(len, lines)) == len(lines[-1]) == 60


def test_a_terminal_is_wrapped_at_its_width(make_project: MakeProject) -> None:
    project = make_project(FILES)
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 70))
    command = [sys.executable, "-P", "-m", "qualitygate", "check", "--no-progress", "--color", "never"]
    env = environment(project.home, COLUMNS="", TERM="xterm")
    done = subprocess.run(command, cwd=project.root, env=env, stdout=subprocess.DEVNULL, stderr=theirs, timeout=120)
    os.close(theirs)
    lines = _read(ours).decode().splitlines()

    assert done.returncode == 1
    assert FINDING.startswith(lines[0]) and FINDING not in lines
    assert max(map(len, lines)) == len(lines[-1]) == 70


def _read(terminal: int) -> bytes:
    """All that was written to the other end, which is closed."""
    parts = []
    try:
        while part := os.read(terminal, 4096):
            parts.append(part)
    except OSError:  # how Linux says that nothing more will come
        pass
    os.close(terminal)
    return b"".join(parts)


def test_the_command_that_shows_findings_repeats_paths_and_options(make_project: MakeProject) -> None:
    project = make_project({"src/a b.py": "import os\n" * 61, "src/c.py": "import os\n", "gate/x.toml": ""})
    project.write({"x.toml": 'checks = ["flake8"]\nflake8.soft-fail = { until = 2020-01-01 }\n'})
    result = project.run("check", "--config", "../x.toml", "--today", "2019-12-31", "a b.py", cwd=project.root / "src")
    shown = "qualitygate check --only flake8 --report text=- --today 2019-12-31 --config ../x.toml 'a b.py'"

    assert result.code == 0
    assert f"  see them:   {shown}" in result.err.replace(" \\\n      ", " ").splitlines()


def test_a_path_that_looks_like_an_option_is_repeated_as_a_path(make_project: MakeProject) -> None:
    project = make_project({"-a.py": "import os\n" * 61})
    result = project.run("check", "--only", "flake8", "--", "-a.py", COLUMNS="")
    (command,) = [line for line in result.err.splitlines() if "see all of them:" in line]

    assert command.endswith("qualitygate check --only flake8 --report text=- -- -a.py")


def test_no_command_by_hand_is_given_for_a_narrowed_check(make_project: MakeProject) -> None:
    project = make_project({"src/a.py": "import os\n", "b.py": "import sys\n"})

    assert "by hand" not in project.run("check", "--only", "flake8", "src").err
    assert "by hand" in project.run("check", "--only", "flake8").err
