"""The flake8 adapter against flake8's own command line."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from qualitygate.adapters import _tool
from qualitygate.adapters.flake8 import Flake8Adapter
from qualitygate.plugin import Request, Severity, Tree
from tests.contract.harness import AdapterFailed, Row, command, gate, write

_FORMAT = "--format=%(path)s\t%(row)d\t%(col)d\t%(code)s\t%(text)s"

#: What the console script does, so that the stack is as deep as under it (`python -m` adds frames).
_CONSOLE = "import sys; from flake8.main.cli import main; sys.exit(main())"

_FILES = """
import json, sys
from flake8.main.application import Application
app = Application()
app.initialize(sys.argv[1:])
app.file_checker_manager.start()
print(json.dumps(app.file_checker_manager.filenames))
"""

EDGES: dict[str, str | bytes] = {
    "clean.py": "x = 1\n",
    "empty.py": "",
    "unused.py": "import os\nimport sys  # noqa\nimport re  # noqa: F401\nimport json  # noqa: E501\n",
    "noqa_forms.py": (
        "import os  # NOQA:F401\nimport re  # noqa: f401\nimport io  # noqa : F401\nimport ast  # noqa:E501,F\n"
    ),
    "noqa_multiline.py": 'x = """\nlong   \n"""  # noqa\ny = f"""\n{x}   \n"""  # noqa: W291\n',
    "noqa_file.py": "# flake8: noqa\nimport os\n",
    "noqa_file_code.py": "# flake8: noqa: F401\nimport os\n",
    "noqa_file_late.py": "import os  # flake8: noqa\n",
    "syntax.py": "def f(:\n    pass\n",
    "syntax_noqa.py": "def f(:  # noqa\n    pass\n",
    "syntax_noqa_latin.py": b"# \xe9\ndef f(:  # noqa\n    pass\n",
    "unclosed.py": "x = (1,\n",
    "bad_indent.py": "def f():\n        x = 1\n    y = 2\n",
    "tabs.py": "if True:\n\tx = 1\n        y = 2\n",
    "nul.py": b"x = 1\0\n",
    "bom.py": b"\xef\xbb\xbfimport os\n",
    "bom_noqa.py": b"\xef\xbb\xbfdef f(:  # noqa\n",
    "cookie_bad.py": "# coding: nonsense\nimport os\n",
    "cookie_latin.py": b"# coding: latin-1\nx = '\xe9';y = 1\n",
    "latin.py": b"x = '\xe9';y = 1\nimport os\n",
    "crlf.py": b"import os\r\nx=1 \r\n",
    "cr.py": b"import os\rx=1\r",
    "non_ascii.py": "é = 'äöü';x=1\nprint('ü', undefined_ü)\nprint(f'{é} {undefined}')\n",
    "form_feed.py": "x = 1\n\x0cimport os\n\x0c\n    y = 2\n",
    "no_newline.py": "x = 1\nimport os",
    "blank_end.py": "x = 1\n\n\n",
    "lone_line_separator.py": "x = 'a\u2028b'\nimport os\n",
    "long.py": "x = '" + "a" * 130 + "'\n",
    "parens.py": "x = " + "(" * 300 + ")" * 300 + "\n",
    "escape.py": "x = '\\d'\n",
    "fstring.py": "x = 1\ny = f'{x!r:>{x}} {x}' 'a'\nz = f'{ x }'\nw = f'''{\nx}'''\n",
    "complex.py": "def f(x):\n" + "".join(f"    if x == {i}:\n        return {i}\n" for i in range(12)),
    "name with space.py": "import os\n",
    "ünïcode.py": "import os\n",
    "pkg/__init__.py": "import os\n__all__ = ['missing']\n",
    "pkg/mod.py": "import os \nl = 1\n",
    "pkg/dir.py/inner.py": "import os\n",
    "pkg/script": "import os\n",
    ".hidden/x.py": "import os\n",
    ".github/x.py": "import os\n",
    "build/x.py": "import os\n",
    ".tox/x.py": "import os\n",
    "a.egg/x.py": "import os\n",
    "node_modules/deep/x.py": "import os\n",
}


def reference(root: Path, args: list[str], paths: list[str], env: dict[str, str] | None = None) -> Counter[Row]:
    done = command(root, "flake8", *args, _FORMAT, "-j1", *paths, env=env)
    assert done.returncode in (0, 1), done.stderr
    rows: Counter[Row] = Counter()
    for line in done.stdout.splitlines():
        path, row, column, code, text = line.split("\t", 4)
        place = (int(row), int(column)) if int(row) else (None, None)
        rows[(code, os.path.normpath(path), *place, text)] += 1
    return rows


def visited(root: Path, args: list[str], paths: list[str]) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-P", "-c", _FILES, *args, *paths], cwd=root, capture_output=True, text=True, check=True
    )
    return sorted(json.loads(done.stdout))


def assert_same(root: Path, args: list[str] = [], paths: list[str] = ["."]) -> Counter[Row]:  # noqa: B006
    answer = gate(root, "flake8", args, paths)
    assert visited(root, args, paths) == sorted(answer.files)
    expected = reference(root, args, paths)
    assert expected == answer.rows
    return expected


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write(tmp_path_factory.mktemp("edges"), EDGES)
    (root / "broken.py").symlink_to("nowhere")
    (root / "loop").symlink_to(".")
    return root


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["--max-line-length=120"],
        ["--select=F,E9,W6"],
        ["--ignore=F401"],
        ["--extend-ignore=E9,E5"],
        ["--extend-select=W504", "--max-complexity=5"],
        ["--disable-noqa"],
        ["--exclude=pkg,build"],
        ["--extend-exclude=./pkg/mod.py,*noqa*"],
        ["--filename=*.py,script"],
        ["--per-file-ignores=*.py:F401 pkg/*.py:W291"],
        ["--doctests", "--builtins=undefined", "--indent-size=2", "--hang-closing", "--max-doc-length=20"],
    ],
    ids=" ".join,
)
def test_every_edge_file_gives_the_findings_of_the_command_line(project: Path, args: list[str]) -> None:
    assert assert_same(project, args)


def test_options_about_output_change_nothing(project: Path) -> None:
    args = ["-vvv", "-qq", "--count", "--statistics", "--show-source", "--benchmark", "--color=always", "--tee", "-j7"]

    answer = gate(project, "flake8", [*args, "--format=pylint", "--no-show-source"])

    assert reference(project, [], ["."]) == answer.rows


@pytest.mark.parametrize(
    "paths",
    [
        ["pkg"],
        ["pkg", "pkg/mod.py"],
        ["unused.py", "./unused.py"],
        ["pkg/script"],
        ["build/", ".tox/x.py"],
        ["broken.py"],
    ],
    ids=" ".join,
)
def test_paths_are_visited_as_the_command_line_does(project: Path, paths: list[str]) -> None:
    assert_same(project, paths=paths)


def test_a_duplicated_path_counts_twice(project: Path) -> None:
    expected = assert_same(project, paths=["unused.py", "unused.py"])

    assert set(expected.values()) == {2}


def test_a_broken_link_gives_flake8s_own_finding_without_a_place(project: Path) -> None:
    answer = gate(project, "flake8")

    message = "FileNotFoundError: [Errno 2] No such file or directory: './broken.py'"
    assert answer.rows[("E902", "broken.py", None, None, message)] == 1
    assert [problem[0] for problem in answer.problems if problem[1] == "unreadable"] == ["broken.py"]


def test_a_broken_link_is_not_a_finding_where_e902_is_ignored(project: Path) -> None:
    answer = gate(project, "flake8", ["--extend-ignore=E902"])

    assert not [row for row in answer.rows if row[0] == "E902"]
    assert [problem[0] for problem in answer.problems if problem[1] == "unreadable"] == ["broken.py"]


@pytest.mark.parametrize("name", ["setup.cfg", "tox.ini", ".flake8"])
def test_a_native_configuration_file_is_in_effect(tmp_path: Path, name: str) -> None:
    config = (
        "[flake8]\nmax-line-length = 100\nextend-ignore = W291\nexclude = pkg/old,./build\n"
        "per-file-ignores =\n    pkg/*.py: F401\n    *.py: E225\nformat = pylint\nquiet = 2\ncount = true\n"
        "exit-zero = true\noutput-file = report.txt\nmax_complexity = 1\n"
    )
    body = "import os \nx=1\ny = '" + "a" * 100 + "'\n\n\ndef f(x):\n    if x:\n        return 1\n"
    names = ["a.py", "pkg/a.py", "pkg/old/a.py", "build/a.py", "sub/build/a.py"]
    root = write(tmp_path, {name: config, **dict.fromkeys(names, body)})

    answer = gate(root, "flake8")

    assert reference(root, ["-qq", "--isolated"], ["."]) == Counter()  # shows that quiet hides findings of the command
    expected = reference(write(root, {name: config.replace("quiet = 2\ncount = true\n", "")}), [], ["."])
    assert expected
    assert expected == answer.rows
    assert [name] == answer.config_files
    assert name == Flake8Adapter().native_config(root, ["."])
    assert not (root / "report.txt").exists()


def test_the_first_configuration_file_with_a_section_wins(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "setup.cfg": "[metadata]\nname = x\n",
            "tox.ini": "[flake8]\nignore = F401\n",
            ".flake8": "[flake8]\nignore = E225\n",
            "a.py": "import os\nx=1\n",
        },
    )

    assert [row[0] for row in assert_same(root)] == ["E225"]
    assert "tox.ini" == Flake8Adapter().native_config(root, ["."])


def test_a_configuration_file_above_the_root_is_in_effect_and_noted(tmp_path: Path) -> None:
    root = write(tmp_path, {".flake8": "[flake8]\nignore = F401\n", "sub/a.py": "import os\nx=1\n"}) / "sub"

    assert_same(root)
    answer = gate(root, "flake8")

    assert [str(tmp_path / ".flake8")] == answer.config_files
    assert "outside of the project" in answer.notes[0]
    assert Flake8Adapter().native_config(root, ["."]) is None


def test_config_append_config_and_isolated_work(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            ".flake8": "[flake8]\nignore = F401\n",
            "ci/one.ini": "[flake8]\nignore = E225\nexclude = ../skipped\n",
            "ci/two.ini": "[flake8]\nignore = E225,F401\n",
            "a.py": "import os\nx=1\nl = 1\n",
            "skipped/a.py": "import os\n",
        },
    )

    for args in ("--config=ci/one.ini", "--append-config=ci/two.ini", "--isolated"):
        assert_same(root, [args])
    assert [".flake8", "ci/two.ini"] == gate(root, "flake8", ["--append-config=ci/two.ini"]).config_files


def failure(root: Path, args: list[str], paths: tuple[str, ...] = (".",), env: dict[str, str] | None = None) -> str:
    with pytest.raises(AdapterFailed) as caught:
        gate(root, "flake8", args, paths, env=env)
    return str(caught.value)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["--exit-zero"], "--exit-zero is refused: use `soft-fail`"),
        (["--exit-z"], "is refused: use `soft-fail`"),
        (["--output-file=o.txt"], "--output-file is refused"),
        (["--bug-report"], "--bug-report is refused"),
        (["--version"], "--version is refused"),
        (["-h"], "-h is refused"),
        (["--stdin-display-name=x.py"], "--stdin-display-name is refused"),
        (["src"], "src in args is a path: put paths into `paths`"),
        (["src", "--count"], "src in args is a path: put paths into `paths`"),
        (["-"], "- in args is a path"),
        (["--ignore"], "--ignore, the last of args, needs a value"),
        (["--max-line-length=wide"], "invalid int value: 'wide'"),
        (["--no-such-option"], "unrecognized arguments: --no-such-option"),
        (["--config=missing.ini"], "does not exist: missing.ini"),
        (["--config=../outside.ini"], "--config names ../outside.ini, which is outside of the project root"),
        (["--append-config=/etc/passwd"], "--append-config names /etc/passwd"),
        (["--per-file-ignores=a.py"], "Expected `per-file-ignores`"),
    ],
    ids=str,
)
def test_a_refused_or_wrong_argument_is_a_configuration_error(tmp_path: Path, args: list[str], expected: str) -> None:
    root = write(tmp_path, {"a.py": "x = 1\n"})

    said = failure(root, args)

    assert "ConfigError" in said
    assert expected in said
    assert not (root / "o.txt").exists()


@pytest.mark.parametrize(
    "config",
    ["ignore=F401 # x", "max-line-length = wide", "per-file-ignores = a.py", "jobs = many", "count = perhaps"],
)
def test_a_wrong_configuration_value_is_a_configuration_error(tmp_path: Path, config: str) -> None:
    root = write(tmp_path, {".flake8": f"[flake8]\n{config}\n", "a.py": "x = 1\n"})

    done = command(root, "flake8")
    said = failure(root, [])

    assert done.returncode != 0 and not done.stdout.startswith("./a.py")
    assert "ConfigError" in said
    assert "flake8 refuses" in said


def test_a_configuration_file_that_flake8_can_not_parse_twice_is_a_configuration_error(tmp_path: Path) -> None:
    root = write(tmp_path, {".flake8": "[flake8]\nignore = E1\nignore = E2\n", "a.py": "x = 1\n"})

    assert command(root, "flake8").returncode == 1
    assert "DuplicateOptionError" in failure(root, []) or "already exists" in failure(root, [])
    assert ".flake8" == Flake8Adapter().native_config(root, ["."])


def plugin(folder: Path, body: str, group: str = "flake8.extension", name: str = "XYZ") -> dict[str, str]:
    """Make something that looks installed; gives the environment in which it is."""
    write(
        folder,
        {
            "flake8_example.py": body,
            "flake8_example-2.5.dist-info/METADATA": "Metadata-Version: 2.1\nName: flake8-example\nVersion: 2.5\n",
            "flake8_example-2.5.dist-info/entry_points.txt": f"[{group}]\n{name} = flake8_example:Checker\n",
        },
    )
    return {"PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])}


_PLUGIN = """
class Checker:
    name = "example"
    version = "2.5"
    word = "none"

    def __init__(self, tree, filename, lines):
        self.filename, self.lines = filename, lines

    @classmethod
    def add_options(cls, parser):
        parser.add_option("--example-word", default="no", parse_from_config=True)

    @classmethod
    def parse_options(cls, options):
        cls.word = options.example_word

    def run(self):
        yield 1, 0, f"XYZ100 {self.word} {self.filename} {len(self.lines)}", type(self)
"""


def test_an_installed_plugin_and_its_options_work(tmp_path: Path) -> None:
    env = plugin(tmp_path / "installed", _PLUGIN)
    root = write(tmp_path / "project", {"a.py": "x = 1\n", ".flake8": "[flake8]\nexample-word = config\n"})

    for args in ([], ["--example-word=args"], ["--ignore=XYZ"], ["--require-plugins=flake8-example"]):
        answer = gate(root, "flake8", args, env=env)
        assert reference(root, args, ["."], env) == answer.rows


def test_a_plugin_that_raises_breaks_the_check_and_is_named_with_the_file(tmp_path: Path) -> None:
    env = plugin(tmp_path / "installed", _PLUGIN.replace("self.filename, self.lines =", "1 / 0 #"))
    root = write(tmp_path / "project", {"a.py": "x = 1\n"})

    said = failure(root, [], env=env)

    assert "ToolError: flake8: plug-in flake8-example[XYZ] failed on ./a.py: ZeroDivisionError" in said


@pytest.mark.parametrize("error", ["MemoryError", "MemoryError('no memory')"])
def test_memory_that_runs_out_in_a_plugin_is_not_swallowed(tmp_path: Path, error: str) -> None:
    env = plugin(tmp_path / "installed", _PLUGIN.replace("self.filename, self.lines =", f"raise {error} #"))
    root = write(tmp_path / "project", {"a.py": "x = 1\n"})

    assert "\nMemoryError" in failure(root, [], env=env)


def test_a_plugin_that_can_not_be_imported_is_a_tool_error(tmp_path: Path) -> None:
    env = plugin(tmp_path / "installed", "import no_such_module\n")
    root = write(tmp_path / "project", {"a.py": "x = 1\n"})

    said = failure(root, [], env=env)

    assert "ToolError" in said
    assert 'failed to load plugin "flake8-example"' in said


def test_a_plugin_required_by_flake8s_option_and_missing_is_a_tool_error(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": "x = 1\n"})

    said = failure(root, ["--require-plugins=flake8-nowhere"])

    assert "ToolError" in said
    assert "missing: flake8-nowhere" in said


def request(root: Path, **more: Any) -> Request:
    return Request(check="style", root=str(root), paths=(".",), args=(), **more)


def resolve(root: Path, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Any:
    monkeypatch.chdir(root)
    monkeypatch.setattr(sys, "path", list(sys.path))
    return Flake8Adapter().resolve(request(root, **more), Tree(str(root), ["a.py"]))


_LOCAL = "[flake8]\n[flake8:local-plugins]\nextension = LOC = hostile_checks:check\npaths = tools\n"
_HOSTILE = "open('ran', 'w').close()\n\n\ndef check(tree):\n    yield 1, 0, 'LOC1 seen', None\n"


@pytest.mark.parametrize("name", [".flake8", "extra.ini"])
def test_local_plugins_are_refused_before_they_run(tmp_path: Path, name: str) -> None:
    root = write(tmp_path, {name: _LOCAL, "tools/hostile_checks.py": _HOSTILE, "a.py": "x = 1\n"})

    said = failure(root, [] if name == ".flake8" else ["--append-config", name])

    assert f"[flake8:local-plugins] in {name}" in said
    assert "ConfigError" in said
    assert not (root / "ran").exists()


@pytest.mark.parametrize("args", [[], ["--ignore=E9"], ["--select=W"]])
def test_a_file_that_python_can_not_parse_is_a_problem_whatever_is_ignored(tmp_path: Path, args: list[str]) -> None:
    root = write(tmp_path, {"a.py": "def f(:\n", "b.py": "def f(:  # noqa\n", "c.py": "x = 1\n"})

    answer = gate(root, "flake8", args)

    assert answer.rows == reference(root, args, ["."])
    assert sorted((path, kind) for path, kind, _ in answer.problems) == [("a.py", "syntax"), ("b.py", "syntax")]


def test_local_plugins_run_when_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(tmp_path, {".flake8": _LOCAL, "tools/hostile_checks.py": _HOSTILE, "a.py": "x = 1\n"})

    resolution = resolve(root, monkeypatch, allow_local_plugins=True)
    found = Flake8Adapter().check(resolution.options, "./a.py", b"x = 1\n").findings

    assert [("LOC1", "seen")] == [(finding.rule, finding.message) for finding in found]
    sys.modules.pop("hostile_checks")


def test_the_bytes_given_decide_and_not_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(tmp_path, {"a.py": "def f(:  # noqa\n"})
    resolution = resolve(root, monkeypatch)
    adapter = Flake8Adapter()

    on_disk = adapter.check(resolution.options, "a.py", b"def f(:  # noqa\n")
    other = adapter.check(resolution.options, "a.py", b"def f(:\n")
    absent = adapter.check(resolution.options, "nowhere.py", b"import os\n")

    assert () == on_disk.findings
    assert ["E999"] == [finding.rule for finding in other.findings]
    assert ["F401"] == [finding.rule for finding in absent.findings]


def test_severity_follows_the_kind_of_rule(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    tree = Tree(str(tmp_path), [])
    options = Flake8Adapter().resolve(
        Request(check="style", root=str(tmp_path), paths=(".",), args=("--max-complexity=0",)), tree
    ).options

    def severities(text: bytes) -> dict[str, Severity]:
        return {finding.rule: finding.severity for finding in Flake8Adapter().check(options, "a.py", text).findings}

    assert {"F401": Severity.HIGH, "C901": Severity.MEDIUM, "E302": Severity.LOW} == severities(
        b"import os\ndef f():\n    pass\n"
    )
    assert {"E999": Severity.HIGH} == severities(b"x = = 1\n")


def chain(length: int) -> str:
    return "X = 1\nY = " + " + ".join(["X"] * length) + "\n"


def command_line_fails(root: Path, length: int) -> bool:
    write(root, {"a.py": chain(length)})
    done = subprocess.run(
        [sys.executable, "-P", "-c", _CONSOLE, "--isolated", "--select=F", "-j1", "a.py"], cwd=root, capture_output=True
    )
    return done.returncode != 0


def test_recursion_runs_out_exactly_where_it_does_under_the_command(tmp_path: Path) -> None:
    low, high = 100, 20_000
    assert not command_line_fails(tmp_path, low) and command_line_fails(tmp_path, high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if command_line_fails(tmp_path, middle) else (middle, high)

    write(tmp_path, {"a.py": chain(low)})
    below = gate(tmp_path, "flake8", ["--isolated", "--select=F"], ["a.py"])
    write(tmp_path, {"a.py": chain(high)})
    above = gate(tmp_path, "flake8", ["--isolated", "--select=F"], ["a.py"])

    assert ([], Counter()) == (below.problems, below.rows)
    assert [("a.py", "too-deep")] == [problem[:2] for problem in above.problems]


_PROBE = """
def remaining(count=0):
    try:
        return remaining(count + 1)
    except RecursionError:
        return count


class Checker:
    def __init__(self, tree):
        self.count = remaining()

    def run(self):
        yield 1, 0, f"XYZ100 {self.count}", type(self)
"""


def test_a_plugin_has_exactly_the_stack_that_it_has_under_the_command(tmp_path: Path) -> None:
    env = plugin(tmp_path / "installed", _PROBE)
    root = write(tmp_path / "project", {"a.py": "x = 1\n"})
    argv = [sys.executable, "-P", "-c", _CONSOLE, "--select=XYZ", "-j1", "a.py"]

    done = subprocess.run(argv, cwd=root, capture_output=True, text=True, env={**os.environ, **env})
    answer = gate(root, "flake8", ["--select=XYZ"], ["a.py"], env=env)

    assert [done.stdout] == [f"a.py:1:1: {rule} {message}\n" for rule, _, _, _, message in answer.rows]


def test_a_file_too_deep_for_the_parser_costs_only_itself(tmp_path: Path) -> None:
    root = write(tmp_path, {"deep.py": "x = " + "not " * 7000 + "1\n", "other.py": "import os\n"})

    answer = gate(root, "flake8")

    assert [("deep.py", "too-deep")] == [problem[:2] for problem in answer.problems]
    assert {"F401"} == {row[0] for row in answer.rows}


def test_a_file_in_an_encoding_that_is_none_of_text_costs_only_itself(tmp_path: Path) -> None:
    root = write(tmp_path, {"hex.py": "# coding: hex\nx = 1\n", "other.py": "import os\n"})

    answer = gate(root, "flake8")

    assert "LookupError" in command(root, "flake8", "-j1").stderr
    assert [("hex.py", "encoding")] == [problem[:2] for problem in answer.problems]
    assert {"F401"} == {row[0] for row in answer.rows}


def test_exactly_the_options_of_the_command_are_classified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsers: list[argparse.ArgumentParser] = []
    original = argparse.ArgumentParser.parse_known_args

    def parse(parser: argparse.ArgumentParser, *args: Any, **kwargs: Any) -> Any:
        parsers.append(parser)
        return original(parser, *args, **kwargs)

    monkeypatch.setattr(argparse.ArgumentParser, "parse_known_args", parse)
    resolve(tmp_path, monkeypatch)

    own = ("positional arguments", "options", "mccabe", "pyflakes")
    groups = [group for parser in parsers for group in parser._action_groups if group.title in own]
    options = {_tool.canonical(action) for group in groups for action in group._group_actions}
    assert options == set(Flake8Adapter.arguments)
