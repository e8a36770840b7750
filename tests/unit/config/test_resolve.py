"""What holds when something is written, and what holds when it is not."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from qualitygate.adapters.registry import ADAPTERS
from qualitygate.config import load_settings
from qualitygate.config.toml import value_text
from qualitygate.errors import ConfigError
from qualitygate.model.limits import Policy, SoftFail

from .helpers import EXAMPLE, TOOLS, StandIn, load


def test_the_example_of_the_documentation_means_what_it_says(tmp_path: Path) -> None:
    settings = load(tmp_path, EXAMPLE, name="pyproject.toml")
    checks = {check.name: check for check in settings.checks}

    assert (settings.root, settings.file) == (tmp_path, tmp_path / "pyproject.toml")
    assert (settings.exclude, settings.warnings) == (("docs/_build/",), ())
    assert list(checks) == ["flake8", "doc8", "yamllint", "bandit", "bandit-tests", "radon", "xenon"]
    assert {check.configured for check in settings.checks} == {True}


def test_each_check_of_the_example_has_its_own_arguments_paths_and_limits(tmp_path: Path) -> None:
    checks = {check.name: check for check in load(tmp_path, EXAMPLE, name="pyproject.toml").checks}
    legacy = SoftFail(reason="legacy pages", owner="@docs", until=datetime.date(2027, 3, 31), max_findings=40)

    assert checks["flake8"].args == ("--max-line-length=120",)
    assert checks["flake8"].require_plugins == ("flake8-bugbear>=24",)
    assert (checks["bandit-tests"].tool, checks["bandit-tests"].args) == ("bandit", ("-s", "B101,B105,B106"))
    assert {name: check.paths for name, check in checks.items()} == {
        "flake8": ("src", "tests", "docs"),
        "doc8": ("docs",),
        "yamllint": (".",),
        "bandit": ("src",),
        "bandit-tests": ("tests",),
        "radon": ("src", "tests", "docs"),
        "xenon": ("src", "tests", "docs"),
    }
    assert {name: check.policy for name, check in checks.items()} == {
        "flake8": Policy(max_findings=0),
        "doc8": Policy(soft_fail=legacy),
        "yamllint": Policy(),
        "bandit": Policy(max_findings={"medium": 3, "low": 10}, soft_fail=SoftFail()),
        "bandit-tests": Policy(),
        "radon": Policy(max_findings="any"),
        "xenon": Policy(soft_fail=SoftFail()),
    }


def test_without_configuration_the_checks_are_the_classic_pipeline(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    settings = load_settings(tmp_path, ADAPTERS, version="0.1.0")
    soft = SoftFail(reason="default of an unconfigured check")

    assert settings.file is None
    assert {check.name: check.policy for check in settings.checks} == {
        "flake8": Policy(),
        "doc8": Policy(soft_fail=soft),
        "yamllint": Policy(soft_fail=soft),
        "bandit": Policy(soft_fail=soft),
        "radon": Policy(max_findings="any", soft_fail=soft),
        "xenon": Policy(soft_fail=soft),
    }
    assert not any(check.configured for check in settings.checks)
    assert {check.paths for check in settings.checks} == {(".",)}


def test_an_unconfigured_check_has_the_arguments_and_the_policy_of_its_adapter(tmp_path: Path) -> None:
    settings = load(tmp_path)

    assert [check.args for check in settings.checks] == [tool.default_args for tool in TOOLS.values()]
    assert [check.policy for check in settings.checks] == [tool.default_policy for tool in TOOLS.values()]
    assert Policy() != TOOLS["doc8"].default_policy


@pytest.mark.parametrize("text", [None, "", "checks = ['radon']\n", "[radon]\nmi-args = []\n"])
def test_every_check_tells_where_its_arguments_and_paths_come_from(tmp_path: Path, text: str | None) -> None:
    for check in load(tmp_path, text).checks:
        assert {"args", "cc-args", "mi-args", "paths"} <= set(check.origins)
        assert all(check.origins[key] for key in check.origins)


def test_the_origin_of_an_argument_is_its_line(tmp_path: Path) -> None:
    (radon,) = load(tmp_path, "checks = ['radon']\n[radon]\nargs = []\ncc-args = []\npaths = ['x']\n").checks

    assert [radon.origins[key] for key in ("args", "cc-args", "mi-args", "paths")] == [
        "qualitygate.toml:3",
        "qualitygate.toml:4",
        "default",
        "qualitygate.toml:5",
    ]


@pytest.mark.parametrize("text", ["[doc8]\n", "checks = ['doc8']\n"])
def test_a_configured_check_is_hard_unless_it_says_otherwise(tmp_path: Path, text: str) -> None:
    doc8 = next(check for check in load(tmp_path, text).checks if check.name == "doc8")

    assert doc8.configured
    assert doc8.policy == Policy()


def test_a_table_configures_its_own_check_only(tmp_path: Path) -> None:
    settings = load(tmp_path, "[bandit]\n")

    assert [check.name for check in settings.checks if check.configured] == ["bandit"]


def test_without_checks_the_tools_come_first_then_the_tables_in_file_order(tmp_path: Path) -> None:
    settings = load(tmp_path, "[z]\ntool = 'bandit'\n[flake8]\n[a]\ntool = 'bandit'\n")

    assert [check.name for check in settings.checks] == [*TOOLS, "z", "a"]


def test_a_table_that_is_not_in_checks_is_a_warning(tmp_path: Path) -> None:
    settings = load(tmp_path, "checks = ['flake8']\n[bandit]\n")

    assert [check.name for check in settings.checks] == ["flake8"]
    assert settings.warnings == (
        "qualitygate.toml:2: the check `bandit` is configured but not in `checks`, so it does not run",
    )


def test_arguments_replace_the_default_ones(tmp_path: Path) -> None:
    flake8, bandit = load(tmp_path, "checks = ['flake8', 'bandit']\n[flake8]\nargs = []\n").checks

    assert flake8.args == ()
    assert flake8.origins["args"] == "qualitygate.toml:3"
    assert bandit.args == ("-s", "B101")
    assert bandit.origins["args"] == "default"


def test_a_native_configuration_replaces_the_default_arguments_only(tmp_path: Path) -> None:
    (tmp_path / ".flake8").touch()
    (tmp_path / ".bandit").touch()
    flake8, bandit = load(tmp_path, "checks = ['flake8', 'bandit']\n[bandit]\nargs = ['-ll']\n").checks

    assert flake8.args == ()
    assert flake8.origins["args"] == "none: .flake8 configures flake8"
    assert bandit.args == ("-ll",)
    assert bandit.origins["args"] == "qualitygate.toml:3"


def test_a_native_configuration_is_looked_for_under_the_paths_of_the_check(tmp_path: Path) -> None:
    class Asked(StandIn):
        def native_config(self, root: Path, paths: object) -> str | None:
            return f"{root.name} {paths}"

    (tmp_path / "qualitygate.toml").write_text("paths = ['src']\n")
    (check,) = load_settings(tmp_path, {"flake8": Asked("flake8")}, version="1").checks

    assert check.origins["args"] == f"none: {tmp_path.name} ('src',) configures flake8"


def test_what_several_adapters_refuse_is_told_at_once(tmp_path: Path) -> None:
    class Refusing(StandIn):
        def native_config(self, root: Path, paths: object) -> str | None:
            raise ConfigError([f"{self.name} is unhappy"])

    (tmp_path / ".git").touch()
    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path, {name: Refusing(name) for name in ("a", "b")}, version="1")

    assert caught.value.problems == ("a is unhappy", "b is unhappy")


def test_arguments_for_one_subcommand_go_beside_the_others(tmp_path: Path) -> None:
    (radon,) = load(tmp_path, "checks = ['radon']\n[radon]\ncc-args = ['-a']\n").checks

    assert radon.args == ("-nb",)
    assert radon.extra_args == {"cc": ("-a",)}


@pytest.mark.parametrize(
    ("key", "field", "top", "own", "default"),
    [
        ("paths", "paths", ("a",), ("b",), (".",)),
        ("unreadable-ok", "unreadable_ok", ("a",), (), ()),
        ("allow-empty", "allow_empty", True, False, False),
    ],
)
def test_a_key_of_a_check_replaces_the_one_at_the_top(
    tmp_path: Path, key: str, field: str, top: object, own: object, default: object
) -> None:
    written = f"{key} = {value_text(top)}\nchecks = ['flake8', 'bandit']\n[flake8]\n{key} = {value_text(own)}\n"
    flake8, bandit = load(tmp_path, written).checks

    assert (getattr(flake8, field), flake8.origins[key]) == (own, "qualitygate.toml:4")
    assert (getattr(bandit, field), bandit.origins[key]) == (top, "qualitygate.toml:1")
    assert getattr(load(tmp_path, "").checks[0], field) == default


def test_false_and_an_empty_table_are_soft_failures_as_written(tmp_path: Path) -> None:
    text = "checks = ['flake8', 'bandit', 'doc8']\n[flake8]\nsoft-fail = false\n[bandit]\nsoft-fail = {}\n"
    flake8, bandit, doc8 = load(tmp_path, text).checks

    assert flake8.policy.soft_fail is None
    assert bandit.policy.soft_fail == SoftFail()
    assert doc8.policy.soft_fail is None


def test_a_ceiling_of_zero_is_a_ceiling(tmp_path: Path) -> None:
    (check,) = load(tmp_path, "checks = ['doc8']\n[doc8]\nsoft-fail = { max-findings = 0 }\n").checks

    assert check.policy.soft_fail == SoftFail(max_findings=0)


@pytest.mark.parametrize(
    ("required", "version"),
    [
        (">=0.1,<0.2", "0.1.0.dev0"),
        (">=0.1,<0.2", "0.1.7"),
        (">=0.1", "0.2.0rc1+local"),
        ("==0.1.*", "0.1.0.dev0"),
        (">=0.1.0rc1", "0.1.0rc2"),
    ],
)
def test_a_version_in_the_range_is_accepted_pre_releases_included(
    tmp_path: Path, required: str, version: str
) -> None:
    settings = load(tmp_path, f"required-version = '{required}'\n", version=version)

    assert settings.required_version == required


@pytest.mark.parametrize(
    ("required", "version"),
    [("<0.2", "0.2.0.dev0"), (">=0.2", "0.1.9"), (">=0.1.0rc1", "0.1.0.dev0"), ("==0.1.0", "0.1.1rc1")],
)
def test_a_version_out_of_the_range_is_refused(tmp_path: Path, required: str, version: str) -> None:
    with pytest.raises(ConfigError, match=f"qualitygate {version} is installed, {required} is required"):
        load(tmp_path, f"required-version = '{required}'\n", version=version)


def test_the_digest_ignores_place_file_comments_and_reasons(tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    first = load(one, EXAMPLE, name="pyproject.toml")
    text = EXAMPLE.replace("tool.qualitygate.", "").replace("[tool.qualitygate]", "# top").replace("legacy", "old")

    assert load(two, text).digest == first.digest
    assert len(bytes.fromhex(first.digest)) == 32


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('exclude = ["docs', 'exclude = ["doc'),
        ('"radon", "xenon"]', '"radon"]'),
        ("--max-line-length=120", "--max-line-length=121"),
        ('paths = ["docs"]', 'paths = ["doc"]'),
        ("max-findings = 40", "max-findings = 41"),
        ("2027-03-31", "2027-04-01"),
        ("medium = 3", "medium = 4"),
        ('"any"', "7"),
        ('args = ["-s", "-nb"]', 'args = ["-s", "-nb"]\nmi-args = ["-m"]'),
        ("max-findings = 0", "severity = { E501 = 'info' }"),
        ("bugbear>=24", "bugbear>=25"),
        ("checks =", "allow-empty = true\nchecks ="),
        ("checks =", "unreadable-ok = ['a']\nchecks ="),
    ],
)
def test_the_digest_changes_with_whatever_can_change_the_verdict(tmp_path: Path, old: str, new: str) -> None:
    assert EXAMPLE.count(old) == 1
    before = load(tmp_path, EXAMPLE, name="pyproject.toml").digest

    assert load(tmp_path, EXAMPLE.replace(old, new), name="pyproject.toml").digest != before


def test_whether_a_check_is_configured_is_part_of_the_digest(tmp_path: Path) -> None:
    """It decides whether a check without files is skipped or an error."""
    flake8_by_default = load(tmp_path, "[bandit]\n")

    assert load(tmp_path, "[bandit]\n[flake8]\n").digest != flake8_by_default.digest
