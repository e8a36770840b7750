"""Code of the checked project is analysed, never executed or imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import environment

ALARM = """
import os
with open({mark!r}, "a") as stream:
    stream.write(__name__ + " in process " + str(os.getpid()) + "\\n")
"""

HOSTILE = (
    "sitecustomize.py",
    "usercustomize.py",
    "conftest.py",
    "setup.py",
    "yaml.py",
    "tomllib.py",
    "msgspec.py",
    "click.py",
    "pebble.py",
    "argparse.py",
    "signal.py",
    "threading.py",
    "selectors.py",
    "evil.py",
    "local_plugin.py",
    "bandit/__init__.py",
    "flake8/__init__.py",
    "radon/__init__.py",
    "docutils/__init__.py",
    "sub/yaml.py",
    "sub/signal.py",
    "sub/bandit/__init__.py",
)


@pytest.fixture
def canary(make_project, tmp_path):
    """A project in which every file that somebody might import raises an alarm."""
    alarm = ALARM.format(mark=str(tmp_path / "ALARM"))
    files = {name: alarm for name in HOSTILE}
    files |= {
        "sub/pkg/a.py": "import os\n",
        "docs/a.rst": "Title\n=====\n\n.. include:: part.txt\n\n.. code:: evil\n\n   x\n",
        "docs/part.txt": "Text.\n",
        "docutils.conf": "[general]\nlanguage_code: evil\n",
        "a.yaml": "---\na: 1\n",
        "pyproject.toml": "[tool.qualitygate]\nallow-empty = true\n",
    }
    return make_project(files)


def _alarms(tmp_path: Path) -> str:
    mark = tmp_path / "ALARM"
    return mark.read_text() if mark.exists() else ""


def _run(argv: list[str], cwd: Path, home: Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(argv, cwd=cwd, env=environment(home), capture_output=True, timeout=300)


COMMANDS = {
    "console script": [str(Path(sys.executable).with_name("qualitygate"))],
    "python -m": [sys.executable, "-m", "qualitygate"],
}


@pytest.mark.parametrize("folder", [".", "sub"])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_file_of_the_project_is_imported(canary, tmp_path, home, command, folder):
    if not Path(COMMANDS[command][0]).exists():
        pytest.skip("installed without its console script")
    for arguments in (["check", "--report", "json=-"], ["doctor"], ["files"], ["config", "show"], ["config", "verify"]):
        done = _run([*COMMANDS[command], *arguments], canary.root / folder, home)
        assert b"Traceback" not in done.stderr, done.stderr
        assert done.returncode in (0, 1), done.stderr
    assert _alarms(tmp_path) == ""


def test_every_hostile_file_does_raise_the_alarm_when_it_is_imported(canary, tmp_path, home):
    _run([sys.executable, "-c", "import yaml, bandit"], canary.root, home)
    assert "yaml" in _alarms(tmp_path) and "bandit" in _alarms(tmp_path)


def test_a_local_flake8_plugin_is_refused_and_not_imported(canary, tmp_path):
    canary.write({".flake8": "[flake8:local-plugins]\nextension =\n  X1 = local_plugin:Plugin\npaths = .\n"})
    result = canary.run("check", "--only", "flake8")
    assert result.code == 2
    assert "--allow-local-plugins" in result.err
    assert _alarms(tmp_path) == ""


def test_a_local_flake8_plugin_runs_when_the_command_line_allows_it(make_project):
    plugin = "class Plugin:\n    def __init__(self, tree):\n        pass\n\n    def run(self):\n"
    plugin += '        yield 1, 0, "X100 found", Plugin\n'
    project = make_project(
        {
            "local_plugin.py": plugin,
            ".flake8": "[flake8:local-plugins]\nextension =\n  X1 = local_plugin:Plugin\npaths = .\n",
        }
    )
    result, report = project.check("--only", "flake8", "--allow-local-plugins")
    assert report["checks"][0]["counts"]["by_rule"].get("X100") == 1, result.err
    assert "--allow-local-plugins" in report["overrides"]
