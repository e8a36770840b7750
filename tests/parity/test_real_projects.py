"""On real projects the gate sees the files and reports the findings of the reference command, one for one."""

from __future__ import annotations

import codecs
import dataclasses
import os
import re
from collections import Counter
from pathlib import Path

import pytest

from tests.parity import corpora
from tests.parity.reference import Answer, gate, reference

pytestmark = pytest.mark.slow

FLAKE8 = """
[flake8]
exclude = */locale/*,*/migrations/*
per-file-ignores =
  */__init__.py:F401,E402
max-line-length = 88
"""

YAMLLINT = """
extends: default
yaml-files: ['*.yml', '*.yaml', '.yamllint', '*.yml.in']
ignore: |
  */galaxy/*
rules:
  line-length: {max: 60, level: error}
  comments: {ignore: '*/config/*'}
  key-ordering: enable
  quoted-strings: {quote-type: single}
  empty-values: enable
"""

BANDIT_INI = "[bandit]\nskips: B101,B404\nexclude: */tests/*\n"
BANDIT_YAML = "skips: [B101]\nassert_used:\n  skips: ['*_test.py']\nexclude_dirs: ['contrib']\n"
RADON = "[radon]\ncc_min = C\nshow_complexity = true\n"


@dataclasses.dataclass(frozen=True)
class Case:
    """A command in a folder of a corpus."""

    corpus: str
    tool: str
    args: str
    paths: str = "."
    folder: str = "."
    added: dict[str, str] = dataclasses.field(default_factory=dict)
    """Files put into the folder."""
    shell: str = "."
    """Where, below the folder, the gate is run."""

    def __str__(self) -> str:
        return f"{self.corpus}/{self.folder}: {self.tool} {self.args} {self.paths}"


SPHINX = "sphinx-9.0.4"

CASES = [
    Case("django", "flake8", "--max-line-length=120"),
    Case("django", "flake8", "--max-complexity=5 --select=E,W,C --exclude=admin", "django", added={".flake8": FLAKE8}),
    Case("django", "flake8", "", "auth admin", "django/contrib", {"setup.cfg": FLAKE8}, "auth/management"),
    Case("django", "bandit", "-s B101", "django"),
    Case("django", "bandit", "-ll -x ./django/contrib,*/db/*"),
    Case("django", "bandit", "", folder="django/utils", added={".bandit": BANDIT_INI}, shell="translation"),
    Case("django", "bandit", "-c b.yaml", folder="django", added={"b.yaml": BANDIT_YAML}),
    Case("django", "radon", "-s -nb"),
    Case("django", "radon", "-e */contrib/* -i db,locale", "django", added={"radon.cfg": RADON}, shell="django/http"),
    Case("django", "xenon", "--max-absolute=B --max-modules=B --max-average=A"),
    Case("django", "xenon", "-b C -m A --max-average-num 1.5 -e contrib/*", folder="django", shell="forms"),
    Case("sphinx", "doc8", "--max-line-length=100"),
    Case(
        "sphinx", "doc8", f"--max-line-length=100 --ignore-path={SPHINX}/doc/usage/*", f"{SPHINX}/doc",
        shell=f"{SPHINX}/doc/usage",
    ),
    Case("sphinx", "doc8", "--no-sphinx -e .inc", "doc sphinx", SPHINX, {"doc8.ini": "[doc8]\nignore=D002\n"}),
    Case("sphinx", "flake8", "--max-line-length=120"),
    Case("sphinx", "bandit", "-s B101,B105,B106"),
    Case("sphinx", "radon", "-s", "sphinx tests", SPHINX),
    Case("sphinx", "xenon", "-a A -b A -m A", "sphinx", SPHINX),
    Case("ansible-core", "yamllint", ""),
    Case("ansible-core", "yamllint", "-s", "ansible", added={".yamllint": YAMLLINT}, shell="ansible/config"),
    Case("ansible-core", "yamllint", "-d relaxed --no-warnings", ". galaxy", "ansible"),
    Case("ansible-core", "flake8", "--max-line-length=160 --extend-ignore=E402", "ansible"),
    Case("ansible-core", "bandit", "-s B101"),
    Case("ansible-core", "radon", "-nc -x E"),
    Case("ansible-core", "xenon", "-b B"),
]


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Unpacked corpora by name."""
    target = tmp_path_factory.mktemp("corpora")
    return {name: corpora.unpack(name, target) for name in corpora.CORPORA}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_the_gate_gives_the_tools_own_answer(roots, tmp_path, case):
    root = roots[case.corpus] / case.folder
    args, paths = case.args.split(), case.paths.split()
    for name, content in case.added.items():
        (root / name).write_text(content)
    try:
        expected = reference(root, case.tool, args, paths, tmp_path)
        actual = gate(root, case.tool, args, paths, tmp_path, case.shell)
    finally:
        for name in case.added:
            os.unlink(root / name)
    assert expected.files, "the reference command saw no file: the case shows nothing"
    assert difference(root, expected, actual, case.tool) == []


def without_encoded_files(root: Path, expected: Answer, actual: Answer, tool: str) -> tuple[Answer, Answer]:
    """Both answers without the files of a known difference: radon and xenon give up byte-order marks and cookies."""
    if tool not in ("radon", "xenon"):
        return actual, expected
    encoded = {path for path in expected.unseen - actual.unseen if _has_mark_or_cookie(root / path)}

    def reduced(answer: Answer) -> Answer:
        rows = Counter({row: count for row, count in answer.rows.items() if row[1] not in encoded})
        return Answer(answer.files, rows, answer.unseen - encoded)

    return reduced(actual), reduced(expected)


def _has_mark_or_cookie(path: Path) -> bool:
    with path.open("rb") as stream:
        start = stream.readline() + stream.readline()
    return start.startswith(codecs.BOM_UTF8) or re.search(rb"^[ \t\f]*#.*?coding[:=]", start, re.MULTILINE) is not None


def difference(root: Path, expected: Answer, actual: Answer, tool: str) -> list[str]:
    """What one has and the other has not, in words, at most ten of a kind; empty for equal answers."""
    actual, expected = without_encoded_files(root, expected, actual, tool)
    found = [f"file only for the gate: {path}" for path in sorted(actual.files - expected.files)[:10]]
    found += [f"file only for {tool}: {path}" for path in sorted(expected.files - actual.files)[:10]]
    found += [f"finding only of the gate: {row}" for row in list((actual.rows - expected.rows).elements())[:10]]
    found += [f"finding only of {tool}: {row}" for row in list((expected.rows - actual.rows).elements())[:10]]
    if tool in ("bandit", "radon", "xenon"):
        found += [f"not seen by one only: {path}" for path in sorted(expected.unseen ^ actual.unseen)[:10]]
    return found
