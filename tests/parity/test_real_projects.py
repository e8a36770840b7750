"""On real projects the gate sees the files and reports the findings of the reference command, one for one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.parity import corpora
from tests.parity.reference import Answer, gate, reference

pytestmark = pytest.mark.slow

FLAKE8 = "[flake8]\nexclude = */locale/*,*/migrations/*\nper-file-ignores =\n  */__init__.py:F401,E402\nmax-line-length = 88\n"
YAMLLINT = (
    "extends: default\nyaml-files: ['*.yml', '*.yaml', '.yamllint', '*.yml.in']\nignore: |\n  */galaxy/*\n"
    "rules:\n  line-length: {max: 60, level: error}\n  comments: {ignore: '*/config/*'}\n  key-ordering: enable\n"
    "  quoted-strings: {quote-type: single}\n  empty-values: enable\n"
)
BANDIT_INI = "[bandit]\nskips: B101,B404\nexclude: */tests/*\n"
BANDIT_YAML = "skips: [B101]\nassert_used:\n  skips: ['*_test.py']\nexclude_dirs: ['contrib']\n"

CASES = [
    # corpus, folder that is the root, tool, arguments, paths, files added to the root
    ("django", ".", "flake8", ["--max-line-length=120"], ["."], {}),
    ("django", ".", "flake8", ["--max-complexity=5", "--select=E,W,F,C90", "--exclude=admin"], ["django"], {".flake8": FLAKE8}),
    ("django", "django/contrib", "flake8", [], ["auth", "admin"], {"setup.cfg": FLAKE8}),
    ("django", ".", "bandit", ["-s", "B101"], ["django"], {}),
    ("django", ".", "bandit", ["-ll", "-x", "./django/contrib,*/db/*"], ["."], {}),
    ("django", "django/utils", "bandit", [], ["."], {".bandit": BANDIT_INI}),
    ("django", "django", "bandit", ["-c", "b.yaml"], ["."], {"b.yaml": BANDIT_YAML}),
    ("django", ".", "radon", ["-s", "-nb"], ["."], {}),
    ("django", ".", "radon", ["-e", "*/contrib/*", "-i", "db,locale"], ["django"], {"radon.cfg": "[radon]\ncc_min = C\nshow_complexity = true\n"}),
    ("django", ".", "xenon", ["--max-absolute=B", "--max-modules=B", "--max-average=A"], ["."], {}),
    ("django", "django", "xenon", ["-b", "C", "-m", "A", "--max-average-num", "1.5", "-e", "contrib/*"], ["."], {}),
    ("sphinx", ".", "doc8", ["--max-line-length=100"], ["."], {}),
    ("sphinx", ".", "doc8", ["--max-line-length=100", "--ignore-path=sphinx-9.0.4/doc/usage/*"], ["sphinx-9.0.4/doc"], {}),
    ("sphinx", "sphinx-9.0.4", "doc8", ["--no-sphinx", "-e", ".inc"], ["doc", "tests/roots"], {"doc8.ini": "[doc8]\nignore=D002\n"}),
    ("sphinx", ".", "flake8", ["--max-line-length=120"], ["."], {}),
    ("sphinx", ".", "bandit", ["-s", "B101,B105,B106"], ["."], {}),
    ("sphinx", "sphinx-9.0.4", "radon", ["-s"], ["sphinx", "tests"], {}),
    ("sphinx", "sphinx-9.0.4", "xenon", ["-a", "A", "-b", "A", "-m", "A"], ["sphinx"], {}),
    ("ansible-core", ".", "yamllint", [], ["."], {}),
    ("ansible-core", ".", "yamllint", ["-s"], ["ansible"], {".yamllint": YAMLLINT}),
    ("ansible-core", "ansible", "yamllint", ["-d", "relaxed", "--no-warnings"], [".", "galaxy"], {}),
    ("ansible-core", ".", "flake8", ["--max-line-length=160", "--extend-ignore=E402"], ["ansible"], {}),
    ("ansible-core", ".", "bandit", ["-s", "B101"], ["."], {}),
    ("ansible-core", ".", "radon", ["-nc", "--show-closures"], ["."], {}),
    ("ansible-core", ".", "xenon", ["-b", "B"], ["."], {}),
]


@pytest.fixture(scope="module")
def roots(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Unpacked corpora by name."""
    target = tmp_path_factory.mktemp("corpora")
    return {name: corpora.unpack(name, target) for name in corpora.CORPORA}


@pytest.mark.parametrize(
    ("corpus", "folder", "tool", "args", "paths", "added"),
    CASES,
    ids=[f"{case[2]}-{case[0]}-{number}" for number, case in enumerate(CASES)],
)
def test_the_gate_gives_the_tools_own_answer(roots, tmp_path, corpus, folder, tool, args, paths, added):
    root = roots[corpus] / folder
    for name, content in added.items():
        (root / name).write_text(content)
    try:
        expected = reference(root, tool, args, paths, tmp_path)
        actual = gate(root, tool, args, paths, tmp_path)
    finally:
        for name in added:
            os.unlink(root / name)
    assert expected.files, "the reference command saw no file: the case shows nothing"
    assert difference(expected, actual, tool) == []




def difference(expected: Answer, actual: Answer, tool: str) -> list[str]:
    """What one has and the other has not, in words, at most ten of a kind; empty for equal answers."""
    found = [f"file only for the gate: {path}" for path in sorted(actual.files - expected.files)[:10]]
    found += [f"file only for {tool}: {path}" for path in sorted(expected.files - actual.files)[:10]]
    found += [f"finding only of the gate: {row}" for row in list((actual.rows - expected.rows).elements())[:10]]
    found += [f"finding only of {tool}: {row}" for row in list((expected.rows - actual.rows).elements())[:10]]
    if tool in ("bandit", "xenon"):
        found += [f"not seen by one only: {path}" for path in sorted(expected.unseen ^ actual.unseen)[:10]]
    return found
