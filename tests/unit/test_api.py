"""What a Python program may use."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import qualitygate
from qualitygate import api


def test_the_public_names_are_the_same_in_both_places() -> None:
    assert sorted(qualitygate.__all__) == sorted(api.__all__)
    assert all(getattr(qualitygate, name) is getattr(api, name) for name in api.__all__)
    assert set(api.__all__) <= set(dir(qualitygate))


def test_a_name_that_does_not_exist_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="nonsense"):
        qualitygate.nonsense  # noqa: B018


def test_the_package_alone_loads_nothing_else() -> None:
    code = "import sys, qualitygate; print([name for name in sys.modules if name.startswith('qualitygate.')])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_check_gives_a_report_and_prints_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.py").write_text("import os\n")
    (tmp_path / "gate.toml").write_text('checks = ["flake8", "bandit"]\n')
    report = qualitygate.check(tmp_path, config="gate.toml", only=["flake8"], jobs=1, cache=False)
    assert report.exit_code == 1
    assert [finding.rule for finding in report.runs[0].findings] == ["F401"]
    assert report.verdict.checks[0].outcome is qualitygate.Outcome.FAIL
    assert capfd.readouterr() == ("", "")
    assert not (tmp_path / ".qualitygate").exists()


def test_a_mistake_is_an_exception_that_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "gate.toml").write_text("exlude = []\n")
    with pytest.raises(qualitygate.ConfigError, match="exclude"):
        qualitygate.check(tmp_path, config="gate.toml")
    with pytest.raises(qualitygate.UsageError, match="no such folder"):
        qualitygate.check(tmp_path / "nowhere")
