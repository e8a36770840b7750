"""Every mistake is told, with its place and what was expected, and none hides another."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from qualitygate.config import Settings
from qualitygate.config.toml import key_text, value_text
from qualitygate.errors import ConfigError

from .helpers import TOOLS, load
from .strategies import CONFIGURATIONS


def problems(folder: Path, text: str, name: str = "qualitygate.toml") -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load(folder, text, name=name)
    return caught.value.problems


def test_all_problems_are_told_in_the_order_of_the_file(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        """\
chekcs = ["flake8"]
paths = ["src", 3, "../x", ""]
require-reason = "yes"
[flake8]
max-finding = 3
max-findings = { hihg = 2, E501 = -1 }
soft-fail = { reson = "x", until = "2027-01-01", max-findings = 1.5 }
[flake]
""",
    )

    assert [text.splitlines()[0] for text in found] == [
        "qualitygate.toml:1:1: unknown key `chekcs`",
        "qualitygate.toml:2:17: `paths[1]` can not be 3",
        'qualitygate.toml:2:20: the path "../x" leaves the project root',
        'qualitygate.toml:2:28: `paths[3]` can not be ""',
        'qualitygate.toml:3:1: `require-reason` can not be "yes"',
        "qualitygate.toml:5:1: unknown key `max-finding` in `flake8`",
        'qualitygate.toml:6:18: "hihg" is neither a severity nor `total` nor a likely rule',
        "qualitygate.toml:6:28: `flake8.max-findings.E501` can not be -1",
        "qualitygate.toml:7:15: unknown key `reson` in `flake8.soft-fail`",
        'qualitygate.toml:7:28: `flake8.soft-fail.until` can not be "2027-01-01"',
        "qualitygate.toml:7:50: `flake8.soft-fail.max-findings` can not be 1.5",
        'qualitygate.toml:8:2: the check "flake" has no tool of its name',
    ]


def test_a_problem_shows_the_line_and_the_nearest_key(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, "[tool.qualitygate.doc8]\n  max-finding = 3 # many\n", "pyproject.toml")

    assert problem.splitlines()[:2] == [
        "pyproject.toml:2:3: unknown key `max-finding` in `doc8`",
        "    max-finding = 3 # many",
    ]
    assert problem.splitlines()[2].startswith("    did you mean `max-findings`? expected one of tool, paths, args,")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("paths = 'src'", '1:1: `paths` can not be "src"\n    paths = \'src\'\n    expected: non-empty array of non-'),
        ("paths = []", "1:1: `paths` can not be an empty array"),
        ("paths = {}", "1:1: `paths` can not be a table"),
        ("paths = ['/etc']", '1:10: the path "/etc" is absolute'),
        ("paths = ['a', '..']", '1:15: the path ".." leaves the project root'),
        ("paths = ['a/../../b']", "leaves the project root"),
        ('paths = ["a\\u0000"]', 'the path "a\\u0000" holds a NUL character'),
        ("paths = ['-r']", 'the path "-r" would be taken for an option'),
        ("checks = []", "`checks` can not be an empty array"),
        ("checks = ['flak8']", 'check "flak8" in `checks`\n    checks = [\'flak8\']\n    did you mean `flake8`?'),
        ("checks = ['doc8', 'doc8']", '1:19: "doc8" is in `checks` twice'),
        ("checks = ['paths']", 'unknown check "paths"'),
        ("required-version = 'new'", "1:1: Invalid specifier: 'new'"),
        ("required-version = 1", "`required-version` can not be 1"),
        ("exclude = ['ok', 'bad\\']", "1:18: \"bad\\\\\": Invalid git pattern"),
        ("unreadable-ok = ['#x']", 'the pattern "#x" never matches'),
        ("args = ['-x']", "unknown key `args`\n    args = ['-x']\n    this key belongs in the table of a check"),
        ("flake8 = 3", "`flake8` is not a table\n    flake8 = 3\n    expected a table: [flake8]"),
        ("[[flake8]]", "1:3: `flake8` is not a table"),
        ("[paths]", "1:2: `paths` can not be a table"),
        ("[flake8]\nexclude = ['x']", "2:1: unknown key `exclude` in `flake8`\n    exclude = ['x']\n    this key"),
        ("[flake8]\nargs = ['a', 1]", "2:14: `flake8.args[1]` can not be 1"),
        ('[flake8]\nargs = ["\\u0000"]', "2:9: an argument holds a NUL character"),
        ("[flake8]\ncc-args = []", "2:1: flake8 has no subcommand `cc`"),
        ("[flake8]\nrequire-plugins = ['a b']", '2:20: "a b" is not a requirement: '),
        ("[flake8]\nmax-findings = true", "`flake8.max-findings` can not be true"),
        ("[flake8]\nmax-findings = -1", "can not be -1\n    max-findings = -1\n    expected: integer of at least 0"),
        ("[flake8]\nmax-findings = 99999999999999999999", "can not be 99999999999999999999"),
        ("[flake8]\nmax-findings = 'all'", "2:1: `flake8.max-findings` can not be \"all\""),
        ("[flake8]\nmax-findings = { '' = 1 }", '2:18: `flake8.max-findings.""` can not be ""'),
        ("[flake8]\nmax-findings.High = 1", '2:14: "High" is neither a severity nor'),
        ("[flake8]\nseverity = { E5 = 'minor' }", "2:14: `flake8.severity.E5` can not be \"minor\""),
        ("[flake8]\nseverity = { high = 'low' }", "2:14: `high` is not a rule"),
        ("[flake8]\nsoft-fail = 'yes'", "can not be \"yes\"\n    soft-fail = 'yes'\n    expected: true or false or"),
        ("[flake8]\nsoft-fail.until = 2027-01-01T00:00:00Z", "2:11: `flake8.soft-fail.until` can not be 2027-01-01T"),
        (
            "[flake8.soft-fail]\nuntil = '2027-03-31'",
            "until = '2027-03-31'\n    expected: a TOML date without quotes, `until = 2027-03-31`",
        ),
        ("[flake8]\nsoft-fail.until = 'soon'", "expected: a TOML date without quotes, such as `until = 2027-03-31`"),
        ("[flake8]\nsoft-fail.until = 3", "until` can not be 3\n    soft-fail.until = 3\n    expected: date"),
        ("[flake8.soft-fail]\nmax-findings.totl = 3", '2:14: "totl" is neither'),
        ("[flake8]\nmax-findings = 5\nsoft-fail.max-findings = 4", "3:11: the ceiling of 4 for `total` is below"),
        ("[flake8]\nmax-findings = 'any'\nsoft-fail.max-findings = 4", "below the limit of any"),
        (
            "[flake8]\nmax-findings = { E = 5, low = 1 }\nsoft-fail.max-findings = { E = 4, low = 1 }",
            "3:28: the ceiling of 4 for `E` is below the limit of 5",
        ),
        ("require-reason = true\n[flake8]\nsoft-fail = true", "3:1: the soft failure of `flake8` has no reason"),
        ("require-reason = true\n[flake8]\nsoft-fail.reason = ' '", "3:11: the soft failure of `flake8` has no reason"),
        ("[flake8]\ntool = 'flke8'", "2:1: unknown tool \"flke8\"\n    tool = 'flke8'\n    did you mean `flake8`?"),
        ("[flke8]", "1:2: the check \"flke8\" has no tool of its name\n    [flke8]\n    did you mean `flake8`?"),
        ("['Flake 8']\ntool = 'flake8'", '1:2: "Flake 8" can not be the name of a check'),
        ("[\"\\u001b\"]\ntool = 'flake8'", '1:2: "\\u001b" can not be the name of a check'),
    ],
)
def test_an_impossible_value_is_told_once_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (problem,) = problems(tmp_path, text)

    assert said in problem
    assert problem.startswith("qualitygate.toml:")


@pytest.mark.parametrize(
    "text",
    [
        "[flake8]\nmax-findings = 5\nsoft-fail.max-findings = 5",
        "[flake8]\nmax-findings = 5\nsoft-fail.max-findings = 'any'",
        "[flake8]\nmax-findings = { low = 10, medium = 3 }\nsoft-fail.max-findings = 5",
        "[flake8]\nmax-findings = { total = 0, E501 = 2, E5 = 'any' }",
        "require-reason = true\n[flake8]\nsoft-fail.reason = 'x'",
        "require-reason = true\n[flake8]\nsoft-fail = false",
        "paths = ['./-r', '.', 'a/..', '..a', 'a b/ü']",
        "exclude = ['!keep', '/top', '*.py', 'a/**/b', '\\#x']",
        "[flake8]\nargs = ['']",
        "[flake-8_b]\ntool = 'flake8'",
    ],
)
def test_a_possible_value_is_no_problem(tmp_path: Path, text: str) -> None:
    assert isinstance(load(tmp_path, text), Settings)


def test_no_rule_of_the_tools_is_taken_for_a_misspelt_severity(tmp_path: Path) -> None:
    from yamllint import rules

    names = [*rules._RULES, "syntax", "absolute", "modules", "average", "cc", "mi", "E501", "D001", "B101", "F"]
    limits = value_text(dict.fromkeys(names, 1))

    assert len(load(tmp_path, f"[yamllint]\nmax-findings = {limits}").checks) == len(TOOLS)


def test_a_misspelt_tool_key_does_not_hide_what_else_is_wrong(tmp_path: Path) -> None:
    found = problems(tmp_path, "[mine]\ntool = 3\npaths = ['..']\n")

    assert [text.splitlines()[0] for text in found] == [
        "qualitygate.toml:2:1: `mine.tool` can not be 3",
        'qualitygate.toml:3:10: the path ".." leaves the project root',
    ]


def test_a_long_or_odd_source_line_is_shown_shortened_and_printable(tmp_path: Path) -> None:
    (problem,) = problems(tmp_path, f"nope = '\u202e{'x' * 1000}\u009b'")
    source = problem.splitlines()[1].strip()

    assert len(source) == 120
    assert problem.replace("\n", "").isprintable()


@given(CONFIGURATIONS)
def test_any_table_gives_settings_or_problems(tmp_path_factory: pytest.TempPathFactory, table: dict[str, Any]) -> None:
    text = "".join(f"{key_text(key)} = {value_text(value)}\n" for key, value in table.items())
    assert tomllib.loads(text) == table
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)

    try:
        settings = load(folder, text)
    except ConfigError as error:
        assert error.problems
        assert all(problem.startswith("qualitygate.toml:") for problem in error.problems)
    else:
        assert len(settings.digest) == 64
