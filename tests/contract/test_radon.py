"""radon's adapter against `radon cc` and `radon mi`."""

from __future__ import annotations

import argparse
import ast
import dataclasses
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from qualitygate.adapters import _complexity, _radon_raw, _tool
from qualitygate.adapters.radon import _CC_DEPTH, _MI_DEPTH, Options, RadonAdapter, Shown
from qualitygate.adapters.xenon import XenonAdapter
from tests.contract.complexity_files import BLOCKS, FINE, UNANALYSABLE, radon_rows, script
from tests.contract.harness import AdapterFailed, command, gate, write

STDLIB = [Path(ast.__file__).with_name(name) for name in ("textwrap.py", "dataclasses.py", "ast.py", "gettext.py")]

ALL = Options(
    paths=(".",), exclude=None, ignore=None, encoding="utf-8",
    cc=Shown("A", "F", True), no_assert=False, show_closures=False, mi=Shown("A", "C", True), multi=True,
)  # fmt: skip


def assert_parity(root: Path, args: list[str], paths: list[str]) -> None:
    expected, errors = radon_rows(root, args, paths)
    answer = gate(root, "radon", args, paths)
    assert answer.rows == expected
    assert {path for path, _, _ in answer.problems} == set(errors)


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["-s"],
        ["-nb"],
        ["-nb", "-xc", "-s"],
        ["--min=c"],
        ["-x", "A"],
        ["-nz"],
        ["-e", "tests/*,pkg/mean.py"],
        ["-e", "*blocks*", "-i", "deep,t*s"],
        ["--ignore=pkg"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("paths", [["."], ["pkg", "tests", "script"], ["./tests/test_a.py", "blocks.py", "notes.txt"]])
def test_findings_equal_those_of_the_commands(tmp_path: Path, args: list[str], paths: list[str]) -> None:
    assert_parity(write(tmp_path, FINE), args, paths)


@pytest.mark.parametrize("args", [["--no-assert"], ["--show-closures", "-s"], ["-a", "--total-average", "-oALPHA"]])
def test_options_of_cc_work_as_in_the_command(tmp_path: Path, args: list[str]) -> None:
    write(tmp_path, FINE)
    expected, _ = radon_rows(tmp_path, args, ["."], measures=("cc",))
    rows = gate(tmp_path, "radon", extra={"cc": args}).rows
    assert Counter({row: n for row, n in rows.items() if row[0] == "cc"}) == expected


def test_multi_changes_the_index_as_in_the_command(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "def f(a):\n    '''Text\n\n    more\n    '''\n    return a + 1\n"})
    done = command(tmp_path, "radon", "mi", "-m", "-s", ".")
    rows = gate(tmp_path, "radon", ["-s"], extra={"mi": ["-m"]}).rows
    (message,) = [row[4] for row in rows if row[0] == "mi"]
    assert done.stdout.strip() == f"a.py - {message}"
    assert message not in {row[4] for row in gate(tmp_path, "radon", ["-s"]).rows}


def test_a_file_without_an_answer_costs_only_itself_and_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BLOCKS, **UNANALYSABLE})
    assert_parity(tmp_path, [], ["."])
    answer = gate(tmp_path, "radon")
    assert {(path, kind) for path, kind, _ in answer.problems} == {
        ("bad/syntax.py", "syntax"),
        ("bad/nul.py", "nul"),
        ("bad/latin.py", "encoding"),
        ("bad/deep.py", "too-deep"),
        ("bad/parser.py", "too-deep"),
    }
    texts = {path: message for path, _, message in answer.problems}
    _, errors = radon_rows(tmp_path, [], ["bad"])
    for path in ("bad/syntax.py", "bad/nul.py", "bad/latin.py", "bad/deep.py"):
        assert texts[path] == errors[path]


def test_byte_order_marks_and_cookies_are_read_as_python_does(tmp_path: Path) -> None:
    plain = "# coding: latin-1\ndef f(a):\n    return 'é' or a\n"
    write(tmp_path, {"plain.py": plain})
    (expected,) = [row for row in gate(tmp_path, "radon", ["-s"]).rows if row[0] == "cc"]
    write(tmp_path, {"plain.py": plain.encode("latin-1")})
    assert expected in gate(tmp_path, "radon", ["-s"]).rows
    write(tmp_path, {"plain.py": b"\xef\xbb\xbf" + plain.replace("latin-1", "utf-8").encode()})
    answer = gate(tmp_path, "radon", ["-s"])
    assert expected in answer.rows and not answer.problems


def test_radonfilesencoding_is_honoured(tmp_path: Path) -> None:
    env = {"RADONFILESENCODING": "latin-1"}
    write(tmp_path, {"a.py": "def f():\n    return 'é'\n".encode("latin-1")})
    assert not gate(tmp_path, "radon", env=env).problems
    assert "ERROR" not in command(tmp_path, "radon", "cc", ".", env=env).stdout
    with pytest.raises(AdapterFailed, match="ConfigError.*RADONFILESENCODING.*'nonsense'"):
        gate(tmp_path, "radon", env={"RADONFILESENCODING": "nonsense"})


def test_legal_code_that_radon_can_not_split_keeps_its_cc_findings(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "def f(a):\n    return 'x\x0cy' or a\n"})
    assert "ERROR: SyntaxError at line: 2" in command(tmp_path, "radon", "mi", ".").stdout
    answer = gate(tmp_path, "radon")
    assert answer.problems == [("a.py", "tool", "SyntaxError at line: 2")]
    assert list(answer.rows) == [("cc", "a.py", 1, 1, "F f - A")]


def test_a_broken_link_is_visited_and_others_are_still_seen(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BLOCKS, "z.py": BLOCKS})
    (tmp_path / "m.py").symlink_to("nowhere")
    (tmp_path / "n").symlink_to("nowhere")
    assert "No such file" in command(tmp_path, "radon", "cc", ".").stdout
    answer = gate(tmp_path, "radon")
    assert [(path, kind) for path, kind, _ in answer.problems] == [("m.py", "unreadable")]
    assert {row[1] for row in answer.rows} == {"a.py", "z.py"}


def test_a_path_named_twice_is_reported_twice(tmp_path: Path) -> None:
    assert_parity(write(tmp_path, {"a.py": BLOCKS}), [], ["a.py", "a.py", ".", "./a.py"])


@pytest.mark.parametrize(
    "files",
    [
        {"radon.cfg": "[radon]\ncc_min = B\nshow_complexity = true\n"},
        {"radon.cfg": "[radon]\nname = tests\nexclude = %(name)s/*,%%x\nignore = pkg\n"},
        {"setup.cfg": "[radon]\nmi_max = B\nshow_mi = yes\nno_assert = yes\nshow_closures = 1\n"},
        {"pyproject.toml": "[tool.radon]\ncc_min = 'C'\nmulti = false\nshow_mi = true\n"},
        {
            "radon.cfg": "[radon]\ncc_min=A\n",
            "pyproject.toml": "[tool.radon]\ncc_min='C'\n",
            "setup.cfg": "[radon]\ncc_min=B\n",
        },
        {"pyproject.toml": "[project]\nname='x'\n"},
    ],
)
@pytest.mark.parametrize("args", [[], ["-s"], ["-na"]])
def test_configuration_files_work_as_in_the_commands(tmp_path: Path, files: dict[str, str], args: list[str]) -> None:
    assert_parity(write(tmp_path, {**FINE, **files}), args, ["."])
    used = {name for name, text in files.items() if "radon" in text}
    assert set(gate(tmp_path, "radon", args).config_files) == used


def test_a_per_cent_sign_in_pyproject_is_survived(tmp_path: Path) -> None:
    write(tmp_path, {**FINE, "pyproject.toml": "[tool.radon]\ncc_min = 'C'\n"})
    expected, _ = radon_rows(tmp_path, ["-s"], ["."])
    write(tmp_path, {"pyproject.toml": "[tool.x]\nformat = '%Y-%m'\n[tool.radon]\ncc_min = 'C'\nexclude = '%d%'\n"})
    assert command(tmp_path, "radon", "cc", ".").returncode == 1
    assert gate(tmp_path, "radon", ["-s"]).rows == expected


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"pyproject.toml": "[tool\n"}, "pyproject.toml: Expected"),
        ({"pyproject.toml": "[tool.x]\na = 1\nA = 2\n"}, "pyproject.toml: .tool.x. has two keys 'a'"),
        ({"radon.cfg": "cc_min = B\n"}, "no section headers.*radon.cfg"),
        ({"radon.cfg": "[radon]\naverage = maybe\n"}, "Not a boolean: maybe.*in radon.cfg"),
        ({"radon.cfg": "[radon]\nexclude = %Y\n"}, "in radon.cfg"),
    ],
)
@pytest.mark.parametrize("tool", ["radon", "xenon"])
def test_configuration_that_crashes_the_command_is_an_error_with_a_place(
    tmp_path: Path, files: dict[str, str | bytes], message: str, tool: str
) -> None:
    write(tmp_path, {"a.py": "", **files})
    assert "Traceback" in command(tmp_path, tool, *(["cc"] if tool == "radon" else []), ".").stderr
    with pytest.raises(AdapterFailed, match=f"ConfigError: check {tool}: radon can not read.*{message}"):
        gate(tmp_path, tool)


@pytest.mark.parametrize("key", ["output_file = out.txt", "include_ipynb = true", "ipynb_cells = yes"])
def test_configuration_keys_that_write_or_add_notebooks_are_refused(tmp_path: Path, key: str) -> None:
    write(tmp_path, {"a.py": "", "radon.cfg": f"[radon]\n{key}\n"})
    with pytest.raises(AdapterFailed, match=f"ConfigError: check radon: radon.cfg: the key {key.split()[0]} of radon"):
        gate(tmp_path, "radon")
    assert not (tmp_path / "out.txt").exists()


def test_configuration_outside_of_the_project_is_honoured_and_told(tmp_path: Path) -> None:
    root, home = tmp_path / "root", tmp_path / "home"
    write(root, {"a.py": BLOCKS})
    write(home, {".radon.cfg": "[radon]\ncc_min = C\n", "more.cfg": "[radon]\nmi_max = A\n"})
    answer = gate(root, "radon", env={"HOME": str(home), "RADONCFG": str(home / "more.cfg")})
    assert {row[0] for row in answer.rows} == {"mi"}
    assert answer.config_files == [str(home / "more.cfg"), str(home / ".radon.cfg")]
    assert len(answer.notes) == 2


@pytest.mark.parametrize(
    ("args", "extra", "message"),
    [
        (["-O", "out.txt"], {}, "the argument -O is refused: write a report with --report"),
        (["--include-ipynb"], {}, "refused: notebooks"),
        (["--help"], {}, "--help is refused"),
        (["src"], {}, "src in args is a path"),
        (["src", "-s"], {}, "src in args is a path"),
        (["-n"], {}, "arguments are required: paths"),
        ([], {"cc": ["x"]}, "x in args is a path"),
        (["--no-assert"], {}, "unrecognized arguments: --no-assert"),
        (["--multi"], {}, "unrecognized arguments: --multi"),
        ([], {"cc": ["-e", "x"]}, "--exclude and --ignore are refused in cc-args"),
        ([], {"mi": ["--ignore=x"]}, "--exclude and --ignore are refused in mi-args"),
        ([], {"mi": ["--show-closures"]}, "unrecognized arguments: --show-closures"),
    ],
)
def test_refused_arguments(tmp_path: Path, args: list[str], extra: dict[str, list[str]], message: str) -> None:
    write(tmp_path, {"a.py": "", "out.txt": "kept"})
    with pytest.raises(AdapterFailed, match=f"ConfigError.*({message})"):
        gate(tmp_path, "radon", args, extra=dict(extra))
    assert (tmp_path / "out.txt").read_text() == "kept"


def test_an_argument_of_one_command_is_pointed_to_its_own_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from qualitygate.plugin import ConfigError, Request, Tree

    monkeypatch.chdir(tmp_path)
    for option, key in (("--no-assert", "`cc-args`"), ("-m", "`mi-args`")):
        request = Request(check="radon", root=str(tmp_path), paths=(".",), args=(option,))
        with pytest.raises(ConfigError) as caught:
            RadonAdapter().resolve(request, Tree(str(tmp_path), []))
        assert key in caught.value.hint


def test_every_option_of_both_commands_is_classified() -> None:
    from radon.cli import program

    (subparsers,) = [a for a in program.parser._actions if isinstance(a, argparse._SubParsersAction)]
    parsers = [program.parser, subparsers.choices["cc"], subparsers.choices["mi"]]
    options = {_tool.canonical(a) for p in parsers for a in p._actions if a is not subparsers}
    assert set(RadonAdapter.arguments) == options


@pytest.mark.parametrize("shape", ["", "class C:\n", "class C:\n class D:\n"], ids=["module", "class", "classes"])
@pytest.mark.parametrize("measure", ["cc", "mi"])
def test_recursion_runs_out_where_it_does_in_the_command(tmp_path: Path, measure: str, shape: str) -> None:
    def chain(length: int) -> str:
        return shape + " " * shape.count("\n") + "Y = " + " + ".join(["X"] * length) + "\n"

    def fails(length: int) -> bool:
        try:
            if measure == "cc":
                _complexity.blocks(chain(length), False, _CC_DEPTH)
            else:
                _complexity.maintainability(chain(length), True, _MI_DEPTH)
        except _complexity.UnanalysableError as error:
            return error.problem.kind == "too-deep"
        return False

    edge = next(length for length in range(300, 350) if fails(length))
    write(tmp_path, {"last.py": chain(edge - 1)})
    assert "ERROR" not in script(tmp_path, "radon", measure, "last.py").stdout
    write(tmp_path, {"first.py": chain(edge)})
    assert "ERROR: maximum recursion depth" in script(tmp_path, "radon", measure, "first.py").stdout


@pytest.mark.parametrize("text", [BLOCKS, *(path.read_text() for path in STDLIB)])
@pytest.mark.parametrize("no_assert", [False, True])
def test_shared_analysis_gives_radons_own_numbers(text: str, no_assert: bool) -> None:
    from radon.complexity import cc_visit
    from radon.metrics import mi_visit

    assert _complexity.blocks(text, no_assert, _CC_DEPTH) == cc_visit(text, no_assert=no_assert)
    for multi in (False, True):
        assert _complexity.maintainability(text, multi, _MI_DEPTH) == mi_visit(text, multi)


def test_radon_and_xenon_parse_a_file_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from qualitygate.adapters import xenon

    parse, calls = ast.parse, []
    monkeypatch.setattr(ast, "parse", lambda *args: calls.append(args) or parse(*args))
    data = b"def only_here(a):\n    return a\n"
    limits = xenon.Options(
        paths=(".",), exclude=None, ignore=None, encoding="utf-8", no_assert=True,
        absolute="A", modules="A", average="A", averagenum=None, paths_in_front=False,
    )  # fmt: skip
    assert len(RadonAdapter().check(ALL, "a.py", data).measurements) == 2
    assert len(XenonAdapter().check(limits, "a.py", data).measurements) == 1
    assert len(calls) == 1


def test_every_block_and_file_is_measured_whatever_is_shown() -> None:
    analysis = RadonAdapter().check(dataclasses.replace(ALL, cc=Shown("F", "F", False)), "a.py", BLOCKS.encode())
    assert [finding.rule for finding in analysis.findings] == ["mi"]
    measured = {(m.subject, m.value, m.rank) for m in analysis.measurements if m.metric == "cc"}
    assert ("decorated", 8, "B") in measured and ("Outer.method", 8, "B") in measured and len(measured) == 7
    assert [m.subject for m in analysis.measurements if m.metric == "mi"] == ["a.py"]


def raw_answer(analyze: object, text: str) -> object:
    try:
        return analyze(text)  # type: ignore[operator]
    except Exception as error:
        return type(error), str(error)


FRAGMENTS = st.sampled_from(
    ["x", "=", " ", "\n", "\n", "\n\n", "(", ")", "[", "]", "{", "}", "'", '"', "'''", '"""', "\\", "\\\n", "#", ";"]
    + [":", ",", "f'", 'f"""', "f'{x}'", "{x!r:>{y}}", "if x: y", "def f():\n    ", "    ", "\t", "\x0c", "1", "$", "?"]
    + ["return (\n1,\n2)\n", "'''a\n\nb'''\n", "x = [  # c\n", "]\n", "lambda: 0", "b'a\\\nb'", "\u2028", "0_"]
    + ["@", "!", "\r", "é"]
)


@example("\\\n# comment after a lone backslash\n$")
@example("\\\n\n\n'\\\nf'")
@settings(max_examples=1000, deadline=None)
@given(st.lists(FRAGMENTS, max_size=25).map("".join))
def test_linear_raw_analysis_equals_radons_on_any_text(text: str) -> None:
    from radon import raw

    assert raw_answer(_radon_raw.analyze, text) == raw_answer(raw.analyze, text)


@pytest.mark.parametrize("path", STDLIB, ids=lambda path: path.name)
def test_linear_raw_analysis_equals_radons_on_real_code(path: Path) -> None:
    from radon import raw

    assert _radon_raw.analyze(path.read_text()) == raw.analyze(path.read_text())


def test_raw_analysis_of_a_long_statement_takes_linear_work(monkeypatch: pytest.MonkeyPatch) -> None:
    from radon import raw

    generate, tokenised = raw._generate, []
    monkeypatch.setattr(raw, "_generate", lambda text: tokenised.append(len(text)) or generate(text))
    text = "x = {\n" + "".join(f"    'key{n}': {n},  # note\n" for n in range(2000)) + "}\n"
    assert _radon_raw.analyze(text).loc == 2002
    assert sum(tokenised) < 2 * len(text)


def test_native_configuration_is_found_without_importing_radon(tmp_path: Path) -> None:
    adapter = RadonAdapter()
    write(tmp_path, {"setup.cfg": "[flake8]\n", "pyproject.toml": "[tool.x]\n"})
    assert adapter.native_config(tmp_path, ["."]) is None
    for name, text in (("pyproject.toml", "[tool.radon]\n"), ("setup.cfg", "[radon]\nx = %\n"), ("radon.cfg", "")):
        write(tmp_path, {name: text})
        assert adapter.native_config(tmp_path, ["."]) == name


def test_both_commands_are_named_by_hand() -> None:
    commands = RadonAdapter().by_hand(["-nb"], {"cc": ("--no-assert",)}, ["src", "tests"])
    assert commands == [["radon", "cc", "-nb", "--no-assert", "src", "tests"], ["radon", "mi", "-nb", "src", "tests"]]


def test_importing_the_adapters_imports_no_tool() -> None:
    adapters = "qualitygate.adapters.radon, qualitygate.adapters.xenon"
    code = f"import sys, {adapters}; print({{'radon', 'xenon', 'mando'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
