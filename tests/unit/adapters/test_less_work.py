"""flake8 and bandit answer the same whether or not the adapters leave out the work that finds nothing."""

from __future__ import annotations

import importlib.metadata
import io
import random
import tokenize
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from qualitygate.adapters import _bandit_visitor, _flake8_checker, _flake8_lines
from qualitygate.adapters.bandit import BanditAdapter
from qualitygate.adapters.flake8 import Flake8Adapter
from qualitygate.plugin import Request, Tree
from tests.contract.test_bandit import EDGES as BANDIT_EDGES
from tests.contract.test_flake8 import EDGES as FLAKE8_EDGES

FLAKE8_ARGS = {
    "usual": ["--max-line-length=120"],
    "all rules": ["--ignore=Q9", "--max-line-length=30", "--max-doc-length=15", "--disable-noqa", "--max-complexity=2"],
    "other indents": ["--ignore=Q9", "--indent-size=2", "--hang-closing"],
}

#: Statements that give every check something to look at; they are spoilt at random below.
SEEDS = r'''
import os, sys
from a.b import (c, d as e)
if not x in y and type(a) == type(b) or z == None or True != w:
    l = lambda a, b=1, *c, **d: a if b else c
def f(a: int=3, *, b = 4, l=None) -> int: return a[1:2, ::3] ** -b
@decorator
async def g(I, O=(1, 2)):
    async with open(l) as O, x as y:
        yield await x.l[0](*a, **b)
class I(Base, metaclass=M): pass
try:
    x = {'a': 1, "b": [i for i in range(3) if not i is None]}
except: pass
finally: print(f'{x!r:>{w}} {y = } {{}}', b'\d', r'\d', "\q")
"""Text
\d more text that is long"""; y = 1 if x else 2
x = a + b \
    - c
foo(a, b,
    c=1,
      d = 2)
assert isinstance(x, (str, bytes)), "a" 'b'
while True: x -= 1; del y; break
for i in [1, 2]:  # comment
    #bad comment
    continue
else:
    global l
    x: list[int] = [
        1,
        2
    ]
if (n := len(a)) > 1 and a<b >c: return n
with (a as b,
      c):
    raise ValueError(u'x' % (y,)) from None
print >>sys.stderr, `x`
match x:
    case {"a": [1, *_]} if y: pass
type X[T] = list[T]
x = x if not(y) else(z)
s = f"""
{x +
 1:>10}
"""
'''.strip("\n").split("\n")

GAPS = ["", "", *" " * 4, "  ", "\t", " \\\n", "\n", "\n\n\n", " # c\n", "#c\n  ", "\x0c", "\xa0", "\\\n", "\r"]


def spoilt(generator: random.Random) -> str:
    """A few seeds, some cut out or repeated, with other white space between some of their tokens."""
    first = generator.randrange(len(SEEDS))
    text = "\n".join(SEEDS[first:][: generator.randint(1, 14)]) + "\n" * generator.randint(0, 3)
    words = pieces(text)
    for _ in range(generator.randint(0, 4)):
        words[generator.randrange(len(words))] = generator.choice(GAPS)
    if generator.random() < 0.2:
        words.insert(generator.randrange(len(words)), generator.choice(["  # noqa\n", "# noqa: E501", "l", "=", ";"]))
    return "".join(words)


def pieces(text: str) -> list[str]:
    """Tokens and the white space between them, one by one."""
    found: list[str] = []
    for line in text.splitlines(keepends=True):
        column = indent = len(line) - len(line.lstrip())
        try:
            tokens = list(tokenize.generate_tokens(io.StringIO(line.lstrip()).readline))
        except (tokenize.TokenError, SyntaxError):
            tokens = []
        found.append(line[:indent])
        for token in tokens:
            if token.start[0] == token.end[0] == 1 and token.string.strip():
                start, end = indent + token.start[1], indent + token.end[1]
                found.extend([line[column:start], line[start:end]])
                column = end
        found.append(line[column:])
    return found


LINE_TRAPS = [
    "class A:\n    b = 0\n    def c(self):\n        pass\n",
    "def f():\n    a = 1\n\n\n    b = 2\n",
    "@d\n\ndef f(): ...\n",
    "@ d\ndef f(): ...\n",
    "if x == None: ...\nif x != True: ...\nif type(a) == type(b): ...\n",
    "if x:\n  y = 1\n  z = 1\n",
    "if x:\n            y = 1\n",
    "if x:\n# c\n    y = 1\n",
    "if x:\n    pass\n    # c\n        # d\n",
    "x,#c\n",
    "x(a,\\\nb)\n",
    "x(a,#c\n  b)\n",
    "x[a:#c\n  b]\n",
    "f (x)\nx [1]\nf \\\n(x)\nf(x) [1]\n",
    "f(\n    x\n) (y)\n",
    "if x:\n\ty = 1\nif z:\n        w = 1\n        v = 1\n",
    "# c\v\nx = 1\n# c \x0c\n",
    "x = 1;\nx = 1\n\n\n",
    "x = 1",
    "lambda: 1\nx = lambda: 1\nx: int = lambda: 1\n",
    "import a,b\nx = 1\nimport c\n",
    "if x: y = 1\nclass A: pass\ndef f(): pass\n",
    "from x import(y)\nif(x): ...\nx = 1if(y)else(z)\n",
    "def f(): ...\ndef g(): ...\nx = 1\n",
]


def answer(adapter: Any, options: Any, path: str, data: bytes) -> str:
    try:
        return repr(adapter.check(options, path, data))
    except Exception as error:
        return repr(error)


def resolved(adapter: Any, root: Path, args: list[str], monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(root)
    request = Request(check=adapter.name, root=str(root), paths=(".",), args=tuple(args))
    return adapter.resolve(request, Tree(str(root), ["a.py"], empty_folders=())).options


Compare = Callable[..., None]


@pytest.fixture
def compare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Compare:
    """Check that each text gets the same answer both ways."""

    def compare(adapter: Any, module: Any, args: list[str], texts: dict[str, bytes]) -> None:
        options = resolved(adapter, tmp_path, args, monkeypatch)
        quick = {path: answer(adapter, options, path, data) for path, data in texts.items()}
        monkeypatch.setattr(module, "applies", lambda *args: False)
        for path, data in texts.items():
            assert quick[path] == answer(adapter, options, path, data), data

    return compare


def as_bytes(files: dict[str, str | bytes]) -> dict[str, bytes]:
    return {f"./{name}": text.encode() if isinstance(text, str) else text for name, text in files.items()}


def snippets(seed: int, count: int) -> dict[str, bytes]:
    generator = random.Random(seed)
    return {f"./s{index}.py": spoilt(generator).encode() for index in range(count)}


@pytest.mark.parametrize("args", FLAKE8_ARGS.values(), ids=FLAKE8_ARGS)
def test_flake8_says_the_same_of_odd_files(compare: Compare, args: list[str]) -> None:
    traps = {f"./trap{index}.py": text.encode() for index, text in enumerate(LINE_TRAPS)}

    compare(Flake8Adapter(), _flake8_checker, args, as_bytes(FLAKE8_EDGES) | traps)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("args", FLAKE8_ARGS.values(), ids=FLAKE8_ARGS)
def test_flake8_says_the_same_of_spoilt_code(compare: Compare, args: list[str], seed: int) -> None:
    compare(Flake8Adapter(), _flake8_checker, args, snippets(seed, 300))


@pytest.mark.parametrize("step", [1, 2])
def test_flake8_says_the_same_of_its_own_source(compare: Compare, step: int) -> None:
    folder = Path(_flake8_lines.pycodestyle.__file__).parent
    names = ["pycodestyle.py", "flake8/checker.py", "flake8/style_guide.py", "pyflakes/messages.py"]
    texts = {f"./{name}": shaken((folder / name).read_text(), step).encode() for name in names}

    compare(Flake8Adapter(), _flake8_checker, FLAKE8_ARGS["all rules"], texts)


def shaken(text: str, step: int) -> str:
    """*text* with every few white spaces doubled."""
    return text if step == 1 else "".join(c * 2 if c == " " and i % 7 == 0 else c for i, c in enumerate(text))


@pytest.mark.parametrize("args", [[], ["-s", "B101"], ["-t", "B101,B105,B108"], ["--ignore-nosec"]], ids=" ".join)
def test_bandit_says_the_same_of_odd_files(compare: Compare, args: list[str]) -> None:
    compare(BanditAdapter(), _bandit_visitor, args, as_bytes(BANDIT_EDGES) | BANDIT_TRAPS)


@pytest.mark.parametrize("seed", range(2))
def test_bandit_says_the_same_of_spoilt_code(compare: Compare, seed: int) -> None:
    compare(BanditAdapter(), _bandit_visitor, [], snippets(seed, 300))


@pytest.mark.parametrize("depth", [100, 148, 150, 152, 300, 480, 700, 900, *range(960, 1000, 4), 1200])
def test_the_stack_ends_where_it_did(compare: Compare, depth: int) -> None:
    texts = {
        "./chain.py": b"x = " + b"y + " * depth + b"exec('x')\n",
        "./attributes.py": b"exec('x')\nx" + b".y" * depth + b"()\n",
        "./blocks.py": "".join(f"{' ' * level}if x:\n" for level in range(min(depth, 95))).encode()
        + b" " * 95
        + b"assert x\n",
        "./strings.py": b"x = 'select * from ' + " + b"y + " * depth + b"'/tmp'\n",
    }
    compare(BanditAdapter(), _bandit_visitor, [], texts)


def test_variables_that_follow_each_other_without_end_are_given_up_the_same_way(compare: Compare) -> None:
    for count in (50, 200, 400, 930, 970, 1500):
        lines = ["from django.utils.safestring import mark_safe", "def f():", "    x0 = 'a'"]
        lines += [f"    x{index} = x{index - 1}" for index in range(1, count)]
        text = "\n".join([*lines, f"    mark_safe(x{count - 1})", ""])
        compare(BanditAdapter(), _bandit_visitor, [], {f"./v{count}.py": text.encode()})


BANDIT_TRAPS = {
    "./default.py": b"def f(\n    a='password',\n    password='/tmp/x',\n):\n    pass\nassert f\n",
    "./default_later.py": b"x = lambda a='0.0.0.0': a\n\n\n\ndef f(a=b'/tmp', *, token=\n'/tmp/y'): ...\ny = 1\n",
    "./async.py": b"async def f(password='x'):\n    assert '/tmp' in g(secret='y')\n",
    "./with.py": b"with open('/tmp/x') as f, \\\n  g('/tmp/y'):\n    pass\n",
    "./match.py": (
        b"match x:\n    case '/tmp/x':\n        assert x\n    case {'/tmp': '0.0.0.0'} if '/tmp':\n        exec(x)\n"
    ),
    "./comprehension.py": b"x = [y for y in ['/tmp/x'\n] if y != '0.0.0.0']\ntoken = '0.0.0.0'\n",
    "./classes.py": (
        b"class A:\n    def f(self):\n        import pickle as p\n        p.loads('x')\n\n    password: str = 'x'\n"
    ),
    "./starred.py": b"import requests\nrequests.get(*x, verify=False)\nimport subprocess\nsubprocess.run(*x, **y)\n",
    "./crash.py": b"import importlib\nimportlib.import_module(*x)\nimportlib.import_module()\nassert x\n",
    "./crash_late.py": b"from django.utils.safestring import mark_safe\nassert True\nmark_safe()\n",
    "./docstring.py": b"'/tmp/x'\ndef f():\n    '/tmp/y'\n    return '/tmp/z' '0.0.0.0'\n",
    "./tried.py": (
        b"try:\n    pass\nexcept:\n    pass\nfor x in y:\n    try:\n        z\n    except E:\n        continue\n"
    ),
    "./split_indent.py": b"if x:\n\\\n    if y:\n        z\n    w\nassert x\n",
    "./lone_cr.py": b"if x:\r    if y:\n        z\r    w\n    v\nassert x\n",
    "./utf7.py": b"# coding: utf-7\nassert x  # +AG4-osec\n",
    "./utf7_bidi.py": b"# coding: utf-7\nx = '+IC4-'\n",
    "./nosec_string.py": b"x = 'nosec'\nassert x\n",
    "./nosec_capitals.py": b"assert x  # NoSec\nassert y  # nosec\n",
    "./nosec_continued.py": b"assert f(\n    1,  # nosec B101\n)\nexec(\n    x\n)  # nosec: B102\n",
    "./bidi_late.py": "assert x\n# \u200f\n".encode(),
    "./bom_nosec.py": b"\xef\xbb\xbfassert x  # nosec\n",
    "./bytes.py": b"x = b'/tmp/x'\npassword = b'y'\n",
    "./dictionary.py": (
        b"x = {'password': 'a', 'token': b, **{'secret': 'c'}}\nx['password'] = 'd'\nif x.token == 'e': ...\n"
    ),
    "./imports.py": b"from . import pickle\nfrom .x import y as z\nfrom pickle import *\nz.loads(loads('x'))\n",
}


def test_the_quick_way_is_taken_for_the_versions_it_was_compared_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = importlib.metadata.version
    flake8 = resolved(Flake8Adapter(), tmp_path, [], monkeypatch).plugins.checkers
    bandit = resolved(BanditAdapter(), tmp_path, [], monkeypatch).manager

    assert _flake8_checker.applies(flake8) == ((installed("flake8"), installed("pycodestyle")) == ("7.5.0", "2.15.0"))
    assert _bandit_visitor.applies(bandit.b_ts, False) == (installed("bandit") == "1.9.4")


def test_a_plug_in_that_looks_at_lines_makes_flake8_do_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = resolved(Flake8Adapter(), tmp_path, [], monkeypatch).plugins.checkers
    foreign = own.logical_line[0]._replace(obj=lambda logical_line: [])

    assert not _flake8_checker.applies(own._replace(logical_line=[*own.logical_line, foreign]))
    assert not _flake8_checker.applies(own._replace(physical_line=[*own.physical_line, foreign]))


def test_a_foreign_test_makes_bandit_do_the_file() -> None:
    def test(context: object) -> None: ...

    assert not _bandit_visitor.applies(SimpleNamespace(tests={"Call": [test]}), False)


def test_another_version_makes_the_tools_do_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    flake8 = resolved(Flake8Adapter(), tmp_path, [], monkeypatch).plugins.checkers
    bandit = resolved(BanditAdapter(), tmp_path, [], monkeypatch).manager
    monkeypatch.setattr(_flake8_checker.pycodestyle, "__version__", "2.99.0")
    monkeypatch.setattr(_bandit_visitor.bandit, "__version__", "1.99.0")

    assert not _flake8_checker.applies(flake8)
    assert not _bandit_visitor.applies(bandit.b_ts, False)
