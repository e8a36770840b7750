"""The pyflakes adapter gives what pyflakes' own command gives."""

from __future__ import annotations

from pathlib import Path

from tests.contract.harness import command, gate, write

FILES: dict[str, str | bytes] = {
    "plain.py": "import os\n",
    "deep/down.py": "def f():\n    return nowhere, f'x'\n",
    "script": "#!/usr/bin/env python\nimport sys\n",
    "notes.txt": "import os\n",
}


def test_findings_are_those_of_the_command(tmp_path: Path) -> None:
    root = write(tmp_path, FILES)

    printed = command(root, "pyflakes", ".").stdout.splitlines()
    answer = gate(root, "pyflakes")

    found = [f"./{path}:{line}:{column}: {message}" for _, path, line, column, message in answer.rows.elements()]
    assert len(found) == 4
    assert sorted(found) == sorted(printed)


def test_a_syntax_error_is_a_problem_of_the_file(tmp_path: Path) -> None:
    answer = gate(write(tmp_path, {"broken.py": "def f(:\n"}), "pyflakes")

    assert [(path, kind) for path, kind, _ in answer.problems] == [("broken.py", "syntax")]
