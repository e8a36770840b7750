"""Files that try radon and xenon, and a reader of radon's terminal output."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.contract.harness import Row, command

BRANCHES = "".join(f"    if a == {number}:\n        a += 1\n" for number in range(7))

BLOCKS = (
    '''"""Every kind of block."""
import functools


@functools.cache
def decorated(a):
'''
    + BRANCHES
    + '''    return a


async def waiting(source):
    async for item in source:
        async with item as x:
            assert x and item or source
    return [y for y in source if y if y > 1]


class Outer(object):
    """Docstring."""

    attribute = 1 if functools else 2

    def method(self, a):
'''
    + BRANCHES.replace("    ", "        ")
    + '''
        def closure(b):
            assert b
            return lambda c: b or c

        return closure

    class Inner:
        def deep(self):
            try:
                pass
            except ValueError:
                pass
            else:
                pass

    @property
    def value(self):
        return self

    @value.setter
    def value(self, new):
        while new:
            new -= 1
        else:
            pass


def matching(command):
    match command:
        case [x] if x:
            return 1
        case {"a": 1} | {"b": 2}:
            return 2
        case _:
            return 3
'''
)

FINE: dict[str, str | bytes] = {
    "blocks.py": BLOCKS,
    "pkg/very.py": "def f(a):\n" + BRANCHES * 6 + "    return a\n",
    "pkg/mean.py": "def f(a):\n" + BRANCHES * 2 + "    return a\n",
    "pkg/deep/__init__.py": "",
    "empty.py": "",
    "comment.py": "# only a comment\n\n'''text\n\nmore'''\n",
    "noblocks.py": "x = [\n    1,\n    2,\n]\n",
    "crlf.py": BLOCKS.replace("\n", "\r\n"),
    "cr.py": "def f(a):\r    return a and a\r",
    "formfeed.py": "\x0cdef f():\n    return 'a\\x0cb'\n",
    "unicode.py": "class Ünï:\n\tdef é(self):\n\t\treturn 'ü' and 1\n",
    "escape.py": "def f():\n    return '\\d'\n",
    "cookie_utf8.py": "# coding: latin-1\ndef f():\n    return 'é'\n",
    "bad_cookie.py": "# coding: no-such-thing\ndef f():\n    return 1\n",
    "script": "#!/usr/bin/env python3\ndef in_script(a):\n    return a or 1\n",
    "bin/other": "#!/bin/sh\necho python\n",
    "bin/latin": b"#!/usr/bin/python \xe9\ndef f(): pass\n",
    "bin/late-latin": b"#!/usr/bin/python\ndef f(): pass  # \xe9\n",
    "notes.txt": "def no(): pass\n",
    "nb.ipynb": "{}",
    ".hidden.py": "def hidden(): pass\n",
    ".cache/x.py": "def hidden(): pass\n",
    "tests/test_a.py": "def test_a():\n    assert 1 and 2\n    assert 3\n",
    "long.py": "def f():\n    return (\n" + "        1 +\n" * 30 + "        1\n    )\n",
    "low.py": "".join(
        f"def f{n}(a, b):\n    x = a * b + {n} - a % b\n    if x > {n} and a < b or not b:\n"
        f"        x += a ** {n} / (b - a)\n    return x * a + b - {n} // a\n" for n in range(120)
    ),
}

UNANALYSABLE: dict[str, str | bytes] = {
    "bad/syntax.py": "def f(:\n",
    "bad/nul.py": b"x = 1\x00\n",
    "bad/latin.py": b"x = '\xe9'\n",
    "bad/deep.py": "Y = " + " + ".join(["X"] * 900) + "\n",
    "bad/parser.py": "x = " + "-" * 20000 + "1\n",
}


def script(root: Path, tool: str, *argv: str) -> subprocess.CompletedProcess[str]:
    """Run a tool's console script: unlike `python -m` it has no frames of `runpy` on its stack."""
    return subprocess.run(
        [Path(sys.executable).parent / tool, *argv], cwd=root, capture_output=True, text=True, timeout=600
    )


def _relative(root: Path, path: str) -> str:
    return os.path.relpath(os.path.join(root, path), root)


def radon_rows(
    root: Path, args: Sequence[str], paths: Sequence[str], measures: Sequence[str] = ("cc", "mi")
) -> tuple[Counter[Row], dict[str, str]]:
    """What `radon cc` and `radon mi` print: findings, and error texts by path."""
    rows: Counter[Row] = Counter()
    errors: dict[str, str] = {}
    for measure in measures:
        done = command(root, "radon", measure, *args, *paths)
        assert done.returncode == 0, done.stderr
        path = ""
        for line in done.stdout.splitlines():
            if block := re.fullmatch(r"    ([FMC]) (\d+):(\d+) (\S+ - [A-F](?: \(\d+\))?)", line):
                letter, number, column, rest = block.groups()
                rows["cc", path, int(number), int(column) + 1, f"{letter} {rest}"] += 1
            elif line.startswith("    ERROR: "):
                errors[path] = line.removeprefix("    ERROR: ")
            elif index := re.fullmatch(r"(.+) - ([ABC](?: \(\d+\.\d+\))?)", line):
                rows["mi", _relative(root, index[1]), None, None, index[2]] += 1
            elif line and "blocks (classes" not in line and not line.startswith("Average complexity"):
                path = _relative(root, line)
    return rows, errors
