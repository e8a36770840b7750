"""Walks the table of docs/odd-files.rst: every row is built in a real project and must be as the row says."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from qualitygate.model import names
from tests.conftest import Project, environment
from tests.cli.odd_files import BUILDERS, Odd

PAGE = Path(__file__).parents[2] / "docs" / "odd-files.rst"

CHECKS = ("flake8", "doc8", "yamllint", "bandit", "radon", "xenon")

CONFIGURATION = f"""\
[tool.qualitygate]
paths = ["."]
checks = {json.dumps(CHECKS)}
"""

CLEAN: dict[str, str | bytes] = {
    "pyproject.toml": CONFIGURATION,
    "base/a.py": "x = 1\n",
    "base/a.rst": "Base\n====\n",
    "base/a.yaml": "---\na: 1\n",
}

# Everything that moves a cursor, colours, rings, breaks a line or reverses text; lone surrogates are no UTF-8 at all.
_RAW = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@dataclasses.dataclass(frozen=True)
class Row:
    """A row of the table, as far as it can be tested."""

    given_to: frozenset[str]
    """The checks."""
    reported: frozenset[tuple[str, str]]
    """Check and rule, or check and kind of a problem."""
    warned: bool
    code: int


def _checks(text: str) -> list[str]:
    found = list(CHECKS) if text == "all" else text.split(", ")
    assert set(found) <= set(CHECKS), text
    return found


def _read_row(given_to: str, reported: str, code: str) -> Row:
    pairs: set[tuple[str, str]] = set()
    warned = False
    for part in reported.split("; "):
        what, by, who = part.partition(" by ")
        if by:
            pairs.update((check, word) for check in _checks(who) for word in what.split(", "))
        else:
            assert what == ("an error" if code == "2" else "a warning" if what == "a warning" else "nothing")
            warned = warned or what == "a warning"
    given = () if given_to == "none" else _checks(given_to)
    return Row(frozenset(given), frozenset(pairs), warned, int(code))


def read_table(text: str) -> dict[str, Row]:
    """The rows of the only table in the page *text*, by their first cell."""
    (table,) = publish_doctree(text, settings_overrides={"report_level": 2, "halt_level": 2}).findall(nodes.table)
    (body,) = table.findall(nodes.tbody)
    cells = [[" ".join(cell.astext().split()) for cell in row.children] for row in body.children]
    rows = {kind: _read_row(given_to, reported, code) for kind, _, _, given_to, reported, code in cells}
    assert len(rows) == len(cells), "a kind is listed twice"
    return rows


ROWS = read_table(PAGE.read_text(encoding="utf-8"))


def test_the_table_and_the_builders_have_the_same_rows() -> None:
    assert set(ROWS) == set(BUILDERS)


def _run(project: Project, command: Sequence[str]) -> tuple[int, bytes, str]:
    done = subprocess.run(
        command, cwd=project.root, env=environment(project.home, COLUMNS="2000"), capture_output=True, timeout=120
    )
    return done.returncode, done.stdout, _harmless(done.stderr)


def _harmless(data: bytes) -> str:
    """*data* as text, which must be UTF-8 without a raw control character."""
    text = data.decode("utf-8")
    assert not _RAW.search(text), text
    assert "Traceback" not in text
    return text


def _listed(project: Project, odd: Odd, row: Row) -> dict[str, set[str]]:
    """Check -> the paths that `qualitygate files` prints for it."""
    code, out, err = _run(project, [*odd.command, "files", "-0"])
    assert code == (2 if row.code == 2 else 0), err
    listed: dict[str, set[str]] = {check: set() for check in CHECKS}
    entries = [entry.decode("utf-8", "surrogateescape") for entry in out.split(b"\0")[:-1]]
    for entry in entries:
        check, _, path = entry.partition("\t")
        listed[check].add(path)
    if any(names.visible(path) != path for path in odd.paths):
        _, out, _ = _run(project, [*odd.command, "files"])
        shown = [tuple(_harmless(part) for part in line.split(b"\t")) for line in out.split(b"\n")[:-1]]
        assert sorted(shown) == sorted(
            (check, names.visible(path)) for check, paths in listed.items() for path in paths
        )
    return listed


def _assert_names_are_shown(paths: set[str], terminal: str, text: str) -> None:
    for path in paths:
        assert names.visible(path) in terminal
        assert f"\n{names.visible(path)}:" in f"\n{text}"


def _assert_listed_once(report: dict[str, Any], terminal: str) -> None:
    """Each file that could not be analysed stands once in the *terminal* report, with all checks that missed it."""
    found: dict[str, list[str]] = {}
    for check in report["checks"]:
        for error in check["errors"]:
            if not error["broken"]:
                found.setdefault(error["path"], []).append(check["check"])
    for path, checks in found.items():
        assert terminal.count(f"{names.visible(path)}: not analysed by") == 1
        assert f"{names.visible(path)}: not analysed by {', '.join(checks)}" in terminal


def _reported(report: dict[str, Any]) -> set[tuple[str, str, str]]:
    """Check, rule or kind, and path of everything in *report*."""
    found = {(one["check"], one["rule"], one["path"]) for one in report["findings"]}
    return found | {(one["check"], e["kind"], e["path"]) for one in report["checks"] for e in one["errors"]}


@pytest.mark.parametrize("kind", ROWS)
def test_an_odd_file_is_treated_as_its_row_says(
    kind: str, make_project: Callable[..., Project], tmp_path: Path
) -> None:
    row, project = ROWS[kind], make_project(CLEAN)
    odd = BUILDERS[kind](project)
    listed = _listed(project, odd, row)
    reports = {name: tmp_path / "reports" / name for name in ("json", "text")}
    asked = [f"--report={name}={file}" for name, file in reports.items()]

    code, out, terminal = _run(project, [*odd.command, "check", *asked, *odd.args])

    assert (code, out) == (row.code, b""), terminal
    text = _harmless(reports["text"].read_bytes())
    report = json.loads(_harmless(reports["json"].read_bytes()))
    assert {check for check, paths in listed.items() if paths & set(odd.paths)} == row.given_to
    reported = _reported(report)
    assert {(check, word) for check, word, _ in reported} == row.reported
    assert {path for _, _, path in reported} == ({names.display(path) for path in odd.paths} if reported else set())
    _assert_names_are_shown({path for _, _, path in reported}, terminal, text)
    _assert_listed_once(report, terminal)
    assert bool(report["warnings"]) == row.warned
    assert odd.named in terminal
