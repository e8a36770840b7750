"""The bandit adapter against bandit's own command line."""

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
from qualitygate.adapters.bandit import BanditAdapter
from qualitygate.plugin import Request, Severity, Tree
from tests.contract.harness import AdapterFailed, Row, gate, write

EDGES: dict[str, str | bytes] = {
    "clean.py": "x = 1\n",
    "empty.py": "",
    "many.py": """import pickle
import subprocess
from os import system as s

assert True
exec('x')
eval('x')
subprocess.run('ls', shell=True)
s('ls ' + pickle)
password = 'secret'


def f(password='x'):
    return pickle.loads(
        b'x',
    )


try:
    pass
except Exception:
    pass
""",
    "nosec.py": """assert True  # nosec
assert True  # nosec B101
assert True  # nosec: B102
assert True  # nosec assert_used
assert True  # nosec B102,B101
assert True  # nosec no_such_test
assert True  # NOSEC
assert True  #nosec#x
exec(
    'x',
    'y',  # nosec B102
)
""",
    "sql.py": "def f(x):\n    return 'select * from t where x = ' + x + ' and ' + x\n",
    "f_string.py": "def f(x):\n    y = 1\n    é = f'select * from {x} where {y}'; return é, f'''delete\nfrom {x}'''\n",
    "non_ascii.py": "é = 'äöü'; assert é; exec('ü')\nx = {'ключ': eval('1')}\n",
    "bidi.py": "x = 1\nname = 'ü\u202e'\n",
    "syntax.py": "def f(:\n    pass\n",
    "bad_indent.py": "def f():\n        x = 1\n    y = 2\n",
    "unclosed.py": "x = (1,\n",
    "nul.py": b"assert True\nx = 1\0\n",
    "bom.py": b"\xef\xbb\xbf\xc3\xa9 = 1; assert True\n",
    "cookie_bad.py": "# coding: nonsense\nassert True\n",
    "cookie_hex.py": "# coding: hex\nassert True\n",
    "cookie_latin.py": b"# coding: latin-1\nx = '\xe9'; assert True\n",
    "latin.py": b"x = '\xe9'; assert True\n",
    "latin_late.py": b"assert True\nx = 1\ny = 1\nz = '\xe9'\n",
    "crlf.py": b"import os\r\nassert True\r\n",
    "cr.py": b"import os\rassert True\r",
    "form_feed.py": "x = 1\n\x0cassert True\n\x0c\nexec('x')\n",
    "no_newline.py": "assert True",
    "window.pyw": "assert True\n",
    "script": "assert True\n",
    "name with space.py": "assert True\n",
    "ünïcode.py": "assert True\n",
    "pkg/__init__.py": "assert True\n",
    "pkg/mod.py": "assert True\nexec('x')\n",
    "pkg/tests/test_a.py": "assert True\n",
    "pkg/test_b.py": "assert True\n",
    "gitlab/.github/x.py": "assert True\n",
    ".github/x.py": "assert True\n",
    ".hidden/x.py": "assert True\n",
    "my.git_tool.py": "assert True\n",
    "node.tox/y.py": "assert True\n",
    "a.egg/x.py": "assert True\n",
    "build/x.py": "assert True\n",
}


def characters(root: Path, path: str, line: int, offset: int) -> int:
    """Column for a byte offset, counted on the file itself."""
    data = (root / path).read_bytes()
    text = data.decode("latin-1" if b"latin-1" in data[:20] else "utf-8-sig")
    there = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")[line - 1]
    return 1 + len(there.encode()[:offset].decode())


def console(root: Path, *argv: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run what the console script runs, so that the stack is as deep as under it (`python -m` adds frames)."""
    script = "import sys; from bandit.cli.main import main; sys.exit(main())"
    return subprocess.run(
        [sys.executable, "-P", "-c", script, *argv],
        cwd=root,
        capture_output=True,
        text=True,
        env={**os.environ, **(env or {})},
    )


def reference(
    root: Path, args: list[str], paths: list[str], env: dict[str, str] | None = None
) -> tuple[Counter[Row], list[str], set[str]]:
    """Findings, visited files and skipped files of the command."""
    # -q: with many files a progress bar would precede the report.
    done = console(root, "-r", *args, "-q", "-f", "json", *paths, env=env)
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    rows: Counter[Row] = Counter()
    for result in report["results"]:
        path = os.path.normpath(result["filename"])
        line, offset = result["line_number"], result["col_offset"]
        column = offset if result["test_id"] == "B613" else characters(root, path, line, offset)
        rows[(result["test_id"], path, line, column, result["issue_text"])] += 1
    skipped = {error["filename"] for error in report["errors"]}
    return rows, sorted(skipped | set(report["metrics"]) - {"_totals"}), skipped


def assert_same(root: Path, args: list[str] = [], paths: list[str] = ["."]) -> Counter[Row]:  # noqa: B006
    expected, files, skipped = reference(root, args, paths)
    answer = gate(root, "bandit", args, paths)
    assert files == answer.files
    assert expected == answer.rows
    assert {os.path.normpath(path) for path in skipped} == {problem[0] for problem in answer.problems}
    return expected


def edges(root: Path) -> Path:
    write(root, EDGES)
    (root / "broken.py").symlink_to("nowhere")
    (root / "loop").symlink_to(".")
    return root


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder without `.git`: bandit's default excludes are then plain pieces of text."""
    return edges(tmp_path_factory.mktemp("edges"))


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With an empty `.git`, which changes what bandit excludes."""
    root = edges(tmp_path_factory.mktemp("clone"))
    (root / ".git").mkdir()
    return root


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["-s", "B101"],
        ["-t", "B101,B102"],
        ["-ll"],
        ["-lll", "-ii"],
        ["--severity-level=high"],
        ["--severity-level=all", "--confidence-level=medium"],
        ["--ignore-nosec"],
        ["-x", "pkg/tests"],
        ["-x", "./pkg/tests,*/x.py"],
        ["-x", "build"],
        ["--exclude="],
    ],
    ids=" ".join,
)
def test_every_edge_file_gives_the_findings_of_the_command_line(project: Path, clone: Path, args: list[str]) -> None:
    assert assert_same(project, args)
    assert assert_same(clone, args)


def test_hidden_folders_are_visited_only_where_git_is_a_folder(project: Path, clone: Path) -> None:
    assert "./.github/x.py" not in gate(project, "bandit").files
    assert "./.github/x.py" in gate(clone, "bandit").files


@pytest.mark.parametrize(
    "paths",
    [
        ["pkg"],
        ["pkg", "pkg/mod.py", "pkg"],
        ["many.py", "./many.py", "many.py"],
        ["script"],
        ["my.git_tool.py", "clean.py"],
        ["build/", "window.pyw"],
        ["broken.py"],
        ["bidi.py"],
    ],
    ids=" ".join,
)
def test_paths_are_visited_and_spelled_as_the_command_line_does(project: Path, paths: list[str]) -> None:
    assert_same(project, paths=paths)


def test_options_about_output_change_nothing(project: Path) -> None:
    args = ["-v", "-d", "-n", "9", "-a", "vuln", "-r", "-f", "custom", "--msg-template", "{line}"]

    expected, files, _ = reference(project, [], ["."])
    for given in (args, ["-q"]):
        answer = gate(project, "bandit", given)
        assert (expected, files) == (answer.rows, answer.files)


def test_problems_tell_why_a_file_was_given_up(project: Path) -> None:
    kinds = {path: kind for path, kind, _ in gate(project, "bandit").problems}

    assert {
        "syntax.py": "syntax",
        "bad_indent.py": "syntax",
        "unclosed.py": "syntax",
        "nul.py": "nul",
        "cookie_bad.py": "encoding",
        "cookie_hex.py": "encoding",
        "latin.py": "encoding",
        "latin_late.py": "encoding",
        "broken.py": "unreadable",
    } == kinds


_YAML = "skips: [B102]\nexclude_dirs: [pkg/tests]\nassert_used:\n  skips: ['*/test_*.py']\n"


@pytest.mark.parametrize(
    ("config", "args"),
    [
        ({"c.yaml": _YAML}, ["-c", "c.yaml"]),
        ({"c.yaml": _YAML}, ["-c", "c.yaml", "-x", "build", "-s", "B307"]),
        ({"c.yaml": "include: ['*.py', '*.pyw']\ntests: [B101]\n"}, ["-c", "c.yaml"]),
        ({"c.toml": "[tool.bandit]\nskips = ['B101']\nexclude_dirs = ['pkg']\n"}, ["-c", "c.toml"]),
        ({"pyproject.toml": "[tool.bandit]\nskips = ['B101']\n"}, []),
        ({"c.yaml": "profiles:\n  p:\n    include: [B101]\n"}, ["-c", "c.yaml", "-p", "p"]),
        ({"c.yaml": "log_format: '%(message)s'\ntests: [B102]\n"}, ["-c", "c.yaml"]),
        ({".bandit": "[bandit]\nskips = B101\nexclude = build,pkg/tests\n"}, []),
        ({".bandit": "[bandit]\nskips = B101\nexclude = build\n"}, ["-s", "B102", "-x", "pkg"]),
        ({"pkg/.bandit": "[bandit]\ntests = B101\n"}, []),
        ({".bandit": "[bandit]\ntargets = pkg\nrecursive = true\nignore-nosec = true\n"}, []),
        ({".bandit": "[bandit]\nquiet = 1\nverbose = 1\ndebug = 1\nformat = txt\nnumber = 2\naggregate = vuln\n"}, []),
        ({"other.ini": "[bandit]\nskips = B101\n"}, ["--ini", "other.ini"]),
        ({"c.yaml": "skips: [B101]\n", ".bandit": "[bandit]\nconfigfile = c.yaml\n"}, []),
        ({".bandit": "no section\n"}, []),
    ],
    ids=str,
)
def test_configuration_files_work_as_under_the_command_line(
    tmp_path: Path, config: dict[str, str], args: list[str]
) -> None:
    names = ("many.py", "nosec.py", "window.pyw", "build/x.py", "pkg/mod.py", "pkg/test_b.py", "pkg/tests/test_a.py")
    root = write(tmp_path, {**{name: EDGES[name] for name in names}, **config})

    assert assert_same(root, args)


def test_a_bandit_file_below_the_paths_is_found_and_reported(tmp_path: Path) -> None:
    root = write(tmp_path, {"pkg/.bandit": "[bandit]\ntests = B102\n", "pkg/a.py": "assert True\n"})

    assert not assert_same(root)
    assert ["pkg/.bandit"] == gate(root, "bandit").config_files
    assert "pkg/.bandit" == BanditAdapter().native_config(root, ["src", "pkg"])
    assert BanditAdapter().native_config(root, ["."]) is None


def test_warnings_of_bandit_about_its_configuration_become_notes(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": "assert True\n"})

    answer = gate(root, "bandit", ["-s", "B999"])

    assert ["check bandit: bandit says: Unknown test found in profile: B999"] == answer.notes


def test_selecting_twice_gives_the_same_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(tmp_path, {"c.yaml": "exclude_dirs: [old]\n", "a.py": "", "old/b.py": "", "new/c.py": ""})
    monkeypatch.chdir(root)
    tree = Tree(str(root), ["a.py", "c.yaml", "new/c.py", "old/b.py"])
    request = Request(check="b", root=str(root), paths=(".",), args=("-c", "c.yaml", "-x", "nothing"))
    options = BanditAdapter().resolve(request, tree).options

    assert ["./a.py", "./new/c.py"] == BanditAdapter().select(options, tree)
    assert ["./a.py", "./new/c.py"] == BanditAdapter().select(options, tree)
    assert ["old", "nothing"] == options.manager.b_conf.get_option("exclude_dirs")


def failure(root: Path, args: list[str], env: dict[str, str] | None = None) -> str:
    with pytest.raises(AdapterFailed) as caught:
        gate(root, "bandit", args, env=env)
    return str(caught.value)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (["--exit-zero"], "--exit-zero is refused: use `soft-fail`"),
        (["--exit"], "is refused: use `soft-fail`"),
        (["-o", "o.txt"], "-o is refused: reports are written with --report"),
        (["--output=o.txt"], "--output is refused"),
        (["-b", "base.json"], "-b is refused: use `max-findings`"),
        (["--version"], "--version is refused"),
        (["-h"], "-h is refused"),
        (["src"], "src in args is a path: put paths into `paths`"),
        (["src", "-q"], "src in args is a path: put paths into `paths`"),
        (["-s"], "-s, the last of args, needs a value"),
        (["--no-such-option"], "unrecognized arguments: --no-such-option"),
        (["--severity-level=some"], "invalid choice: 'some'"),
        (["-lllll"], "no severity level: 6"),
        (["-c", "missing.yaml"], "Could not read config file."),
        (["-c", "/etc/hostname"], "bandit refuses its configuration"),
        (["-c", "../outside.yaml"], "names ../outside.yaml, which is outside of the project root"),
        (["--ini", "../outside.ini"], "names ../outside.ini, which is outside of the project root"),
        (["-p", "nowhere"], "Unable to find profile (nowhere)"),
        (["-t", "B101", "-s", "B101"], "Non-exclusive include/exclude test sets"),
        (["-t", "B999"], "No tests would be run"),
        (["--msg-template={line}"], "--msg-template can only be used with"),
    ],
    ids=str,
)
def test_a_refused_or_wrong_argument_is_a_configuration_error(tmp_path: Path, args: list[str], expected: str) -> None:
    write(tmp_path, {"outside.yaml": "skips: [B101]\n", "outside.ini": "[bandit]\nskips = B101\n"})
    root = write(tmp_path / "project", {"a.py": "x = 1\n"})

    said = failure(root, args)

    assert "ConfigError" in said
    assert expected in said
    assert not (root / "o.txt").exists()


@pytest.mark.parametrize(
    ("config", "args", "expected"),
    [
        ({".bandit": "[bandit]\noutput = o.txt\n"}, [], "the key output in .bandit is refused: reports are written"),
        ({".bandit": "[bandit]\nbaseline = b.json\n"}, [], "the key baseline in .bandit is refused: use"),
        ({".bandit": "[bandit]\nlevel = 2\n"}, [], "no severity level: '2'"),
        ({".bandit": "[bandit]\nnumber = many\n"}, [], "ValueError: invalid literal"),
        ({".bandit": "[bandit]\n", "sub/.bandit": "[bandit]\n"}, [], "Multiple .bandit files found"),
        ({"c.yaml": ""}, ["-c", "c.yaml"], "TypeError"),
        ({"c.yaml": "a: [\n"}, ["-c", "c.yaml"], "Error parsing file"),
        ({"c.yaml": "exclude_dirs: tests\n"}, ["-c", "c.yaml"], "exclude_dirs is not a list of texts: 'tests'"),
    ],
    ids=str,
)
def test_a_wrong_or_refused_configuration_value_is_a_configuration_error(
    tmp_path: Path, config: dict[str, str], args: list[str], expected: str
) -> None:
    root = write(tmp_path, {"a.py": "x = 1\n", **config})

    said = failure(root, args)

    assert "ConfigError" in said
    assert expected in said
    assert not (root / "o.txt").exists()


def plugin(folder: Path, body: str) -> dict[str, str]:
    """Make something that looks installed; gives the environment in which it is."""
    write(
        folder,
        {
            "bandit_example.py": body,
            "bandit_example-2.5.dist-info/METADATA": "Metadata-Version: 2.1\nName: bandit-example\nVersion: 2.5\n",
            "bandit_example-2.5.dist-info/entry_points.txt": "[bandit.plugins]\nexample = bandit_example:example\n",
        },
    )
    return {"PYTHONPATH": os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])}


_PLUGIN = """
import bandit
from bandit.core import test_properties as test


def gen_config(name):
    return {"word": "none"}


@test.takes_config
@test.checks("Assert")
@test.test_id("B950")
def example(context, config):
    return bandit.Issue(severity="UNDEFINED", confidence=bandit.HIGH, text="seen " + config["word"])
"""


def test_an_installed_plugin_and_its_configuration_work(tmp_path: Path) -> None:
    env = plugin(tmp_path / "installed", _PLUGIN)
    root = write(tmp_path / "project", {"a.py": "assert True\n", "c.yaml": "example:\n  word: yaml\n"})

    for args in ([], ["-c", "c.yaml"], ["-s", "B950"], ["-l"]):
        answer = gate(root, "bandit", args, env=env)
        assert reference(root, args, ["."], env)[0] == answer.rows
    assert ("B950", "a.py", 1, 1, "seen yaml") in gate(root, "bandit", ["-c", "c.yaml"], env=env).rows


@pytest.mark.parametrize("before", ["", "import logging; logging.disable(50); "])
def test_a_test_that_raises_breaks_the_check_and_is_named_with_the_file(tmp_path: Path, before: str) -> None:
    env = plugin(tmp_path / "installed", _PLUGIN.replace("return bandit", f"{before}1 / 0; return bandit"))
    root = write(tmp_path / "project", {"a.py": "x = 1\nassert True\n"})

    said = failure(root, [], env=env)

    assert "ToolError" in said
    assert "the test example failed on ./a.py, line 2: ZeroDivisionError('division by zero')" in said


def test_memory_that_runs_out_in_a_test_is_not_swallowed(tmp_path: Path) -> None:
    env = plugin(tmp_path / "installed", _PLUGIN.replace("return bandit", "raise MemoryError; return bandit"))
    root = write(tmp_path / "project", {"a.py": "assert True\n"})

    assert "\nMemoryError" in failure(root, [], env=env)


def test_a_plugin_that_can_not_be_imported_is_a_tool_error(tmp_path: Path) -> None:
    env = plugin(tmp_path / "installed", "import no_such_module\n")
    root = write(tmp_path / "project", {"a.py": "assert True\n"})

    said = failure(root, [], env=env)

    assert console(root, "-r", ".", env=env).returncode == 1  # bandit itself goes on without it
    assert "ToolError: check bandit: bandit can not load the plug-ins example" in said


def resolve(root: Path, monkeypatch: pytest.MonkeyPatch, *args: str, **more: Any) -> Any:
    monkeypatch.chdir(root)
    request = Request(check="b", root=str(root), paths=(".",), args=args, **more)
    return BanditAdapter().resolve(request, Tree(str(root), ["a.py"]))


def test_the_bytes_given_decide_and_not_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = write(tmp_path, {"a.py": "assert True\n"})
    options = resolve(root, monkeypatch).options

    found = [
        [finding.rule for finding in BanditAdapter().check(options, "./a.py", data).findings]
        for data in (b"exec('x')\n", b"x = 1\n", b"assert True\n")
    ]

    assert [["B102"], [], ["B101"]] == found


def test_severity_end_and_page_are_bandits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = resolve(tmp_path, monkeypatch).options
    text = "é = 1; exec('ü')\nimport subprocess\nsubprocess.run(\n  x, shell=True)\n".encode()

    first, second, third = BanditAdapter().check(options, "./a.py", text).findings

    assert (Severity.MEDIUM, 1, 8) == (first.severity, first.line, first.column)
    assert (1, 17) == (first.end_line, first.end_column)
    assert (Severity.LOW, 2, 1) == (second.severity, second.line, second.column)
    assert (Severity.HIGH, 4, None, None) == (third.severity, third.line, third.end_line, third.end_column)
    assert first.url is not None and first.url.endswith("/plugins/b102_exec_used.html")


def chain(length: int) -> str:
    return "X = 1\nY = " + " + ".join(["X"] * length) + "\n"


def command_line_skips(root: Path, text: str) -> bool:
    write(root, {"a.py": text})
    return bool(json.loads(console(root, "-f", "json", "a.py").stdout)["errors"])


def test_recursion_runs_out_exactly_where_it_does_under_the_command(tmp_path: Path) -> None:
    low, high = 100, 20_000
    assert not command_line_skips(tmp_path, chain(low)) and command_line_skips(tmp_path, chain(high))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if command_line_skips(tmp_path, chain(middle)) else (middle, high)

    write(tmp_path, {"a.py": chain(low)})
    below = gate(tmp_path, "bandit", paths=["a.py"])
    write(tmp_path, {"a.py": chain(high)})
    above = gate(tmp_path, "bandit", paths=["a.py"])

    assert ([], Counter()) == (below.problems, below.rows)
    assert [("a.py", "too-deep")] == [problem[:2] for problem in above.problems]


def test_a_test_has_exactly_the_stack_that_it_has_under_the_command(tmp_path: Path) -> None:
    probe = """
def remaining(count=0):
    try:
        return remaining(count + 1)
    except RecursionError:
        return count
"""
    body = _PLUGIN.replace("def gen_config", f"{probe}\n\ndef gen_config")
    env = plugin(tmp_path / "installed", body.replace('"seen " + config["word"]', "str(remaining())"))
    root = write(tmp_path / "project", {"a.py": "assert True\n"})

    answer = gate(root, "bandit", ["-t", "B950"], env=env)

    assert reference(root, ["-t", "B950"], ["."], env)[0] == answer.rows


def test_recursion_that_runs_out_in_a_test_keeps_the_findings_and_is_a_problem(tmp_path: Path) -> None:
    text = "assert True\nX = " + " + ".join(["'select * from x where '"] * 700) + "\n"
    assert not command_line_skips(tmp_path, text)

    expected, _, _ = reference(tmp_path, [], ["."])
    answer = gate(tmp_path, "bandit")

    assert expected == answer.rows
    assert [("a.py", "too-deep")] == [problem[:2] for problem in answer.problems]


def test_a_file_too_deep_for_the_parser_costs_only_itself(tmp_path: Path) -> None:
    root = write(tmp_path, {"deep.py": "x = " + "not " * 7000 + "1\n", "other.py": "assert True\n"})

    assert {"B101"} == {row[0] for row in assert_same(root)}
    assert [("deep.py", "too-deep")] == [problem[:2] for problem in gate(root, "bandit").problems]


def test_exactly_the_options_of_the_command_are_classified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parsers: list[argparse.ArgumentParser] = []
    original = argparse.ArgumentParser.parse_known_args

    def parse(parser: argparse.ArgumentParser, *args: Any, **kwargs: Any) -> Any:
        parsers.append(parser)
        return original(parser, *args, **kwargs)

    monkeypatch.setattr(argparse.ArgumentParser, "parse_known_args", parse)
    resolve(tmp_path, monkeypatch)

    options = {_tool.canonical(action) for parser in parsers for action in parser._actions}
    assert options == set(BanditAdapter.arguments)
