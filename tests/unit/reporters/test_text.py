"""The lines of the text format, as an editor or grep takes them apart."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from qualitygate.model.findings import FileProblem
from qualitygate.model.results import Breakage, Report
from tests.unit.reporters.samples import as_text, finding, report, reports, run

# Vim's default: the pattern that `%f:%l:%c: %m` of errorformat stands for.
ERRORFORMAT = re.compile(r"(?P<path>.+?):(?P<line>\d+):(?P<column>\d+): (?P<message>.+)")


def lines_of(*findings: object, **values: object) -> list[str]:
    return as_text(report(run(findings=findings, **values))).splitlines()


def test_an_editor_finds_place_and_message() -> None:
    (line,) = lines_of(finding())
    match = ERRORFORMAT.fullmatch(line)

    assert match is not None
    assert match.groupdict() == {
        "path": "src/a.py",
        "line": "3",
        "column": "121",
        "message": "flake8/E501 line too long (134 > 120 characters)",
    }


@pytest.mark.parametrize(
    ("place", "start"),
    [
        ({"column": None}, "src/a.py:3: flake8/E501 "),
        ({"line": None, "column": None}, "src/a.py: flake8/E501 "),
        ({"line": None, "column": 4}, "src/a.py: flake8/E501 "),
        ({"path": None, "line": None, "column": None}, "pyproject.toml: flake8/E501 "),
    ],
)
def test_what_a_tool_does_not_give_is_left_out(place: dict[str, None], start: str) -> None:
    (line,) = lines_of(finding(**place))

    assert line.startswith(start)


def test_without_a_configuration_file_the_root_stands_for_the_project() -> None:
    one = run(findings=(finding(path=None, line=None, column=None),))

    assert as_text(report(one, config_file=None)).startswith(".: flake8/E501 ")


def test_lines_are_sorted_by_path_then_number_then_rule() -> None:
    lines = lines_of(
        finding(path="b.py", line=1),
        finding(path="a.py", line=10, rule="W1"),
        finding(path="a.py", line=10, rule="E1"),
        finding(path="a.py", line=9, column=5),
        finding(path="a.py", line=9, column=None),
        problems=(FileProblem(kind="syntax", message="invalid syntax", path="a.py"),),
    )

    assert [line.split(" ")[:2] for line in lines] == [
        ["a.py:", "flake8/unreadable"],
        ["a.py:9:", "flake8/E501"],
        ["a.py:9:5:", "flake8/E501"],
        ["a.py:10:121:", "flake8/E1"],
        ["a.py:10:121:", "flake8/W1"],
        ["b.py:1:121:", "flake8/E501"],
    ]


def test_unreadable_files_and_broken_checks_have_a_line_each() -> None:
    lines = lines_of(
        problems=(FileProblem(kind="nul", message="source code contains NUL", path="bad.py"),),
        breakage=(
            Breakage(kind="killed", message="worker killed, twice", path="c.py"),
            Breakage(kind="missing", message="flake8 is not installed"),
        ),
    )

    assert sorted(lines) == [
        "bad.py: flake8/unreadable nul: source code contains NUL",
        "c.py: flake8/broken worker killed, twice",
        "pyproject.toml: flake8/broken flake8 is not installed",
    ]


def test_a_message_of_several_lines_is_one_line() -> None:
    (line,) = lines_of(finding(message="\nfirst \r\n\n\tsecond\x1b[0m\n"))

    assert line.endswith(" first second\\x1b[0m")


def test_a_clean_report_is_empty() -> None:
    assert as_text(report(run())) == ""


@settings(max_examples=40, deadline=None)
@given(reports())
def test_there_is_one_line_for_each_thing_to_tell(made: Report) -> None:
    rendered = as_text(made)
    things = sum(len(one.findings) + len(one.problems) + len(one.breakage) for one in made.runs)

    rendered.encode()
    assert len(rendered.splitlines()) == things + (made.verdict.word == "unjudged")
