"""What is shown is what holds."""

from __future__ import annotations

from pathlib import Path

import pytest

from qualitygate.config import Settings
from qualitygate.config.show import show

from .helpers import EXAMPLE, load


def as_file(settings: Settings) -> str:
    return "".join(f"{row.key} = {row.value}  # {row.origin}\n" for row in show(settings))


@pytest.mark.parametrize(
    "text",
    [
        EXAMPLE.replace("tool.qualitygate.", "").replace("[tool.qualitygate]", ""),
        "checks = ['bandit']\n[bandit]\nmax-findings = { '\"odd\" rule' = 'any', total = 3 }",
        "checks = ['bandit']\n[bandit]\nseverity = { 'a.b' = 'low' }\nsoft-fail = true",
        "allow-empty = true\nchecks = ['radon']\n[radon]\ncc-args = []\nmi-args = ['-m', '\t']",
    ],
)
def test_what_is_shown_is_a_configuration_of_the_same_meaning(tmp_path: Path, text: str) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    settings = load(one, text)
    again = load(two, as_file(settings))

    assert again.digest == settings.digest
    assert again.checks == settings.checks
    assert again.required_version == settings.required_version


def test_every_value_has_its_origin(tmp_path: Path) -> None:
    (tmp_path / ".yamllint").touch()
    rows = {row.key: (row.value, row.origin) for row in show(load(tmp_path, EXAMPLE, name="pyproject.toml"))}

    assert rows["exclude"] == ('["docs/_build/"]', "pyproject.toml:4")
    assert rows["require-reason"] == ("false", "default")
    assert rows["flake8.max-findings"] == ("0", "pyproject.toml:10")
    assert rows["flake8.paths"] == ('["src", "tests", "docs"]', "pyproject.toml:3")
    assert rows["yamllint.args"] == ("[]", "none: .yamllint configures yamllint")
    assert rows["bandit.max-findings"] == ("{ medium = 3, low = 10 }", "pyproject.toml:23")
    assert rows["bandit.soft-fail"] == ("true", "pyproject.toml:24")
    assert rows["doc8.soft-fail"][0] == (
        '{ reason = "legacy pages", owner = "@docs", until = 2027-03-31, max-findings = 40 }'
    )


def test_without_a_file_the_origin_of_policy_is_the_classic_pipeline(tmp_path: Path) -> None:
    rows = {row.key: (row.value, row.origin) for row in show(load(tmp_path))}

    assert rows["radon.max-findings"] == ("0", "default (classic pipeline)")
    assert rows["doc8.soft-fail"] == ('{ reason = "stand-in" }', "default (classic pipeline)")
    assert rows["bandit.args"] == ('["-s", "B101"]', "default")


def test_what_is_shown_without_a_file_configures_every_check_with_the_same_limits(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    settings = load(one)
    again = load(two, as_file(settings))

    assert [(check.name, check.args, check.policy) for check in again.checks] == [
        (check.name, check.args, check.policy) for check in settings.checks
    ]
    assert {check.configured for check in settings.checks} == {False}
    assert {check.configured for check in again.checks} == {True}
