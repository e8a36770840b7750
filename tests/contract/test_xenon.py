"""xenon's adapter against its command."""

from __future__ import annotations

import argparse
from collections import Counter
from pathlib import Path

import pytest

from qualitygate.adapters import _complexity, _tool
from qualitygate.adapters.xenon import _DEPTH, XenonAdapter
from tests.contract.complexity_files import BLOCKS, FINE, UNANALYSABLE, script
from tests.contract.harness import AdapterFailed, command, gate, write


def assert_parity(root: Path, args: list[str], paths: list[str]) -> Counter[str]:
    done = command(root, "xenon", *args, *paths)
    assert "Traceback" not in done.stderr
    lines = [line.removeprefix("ERROR:xenon:") for line in done.stderr.splitlines() if not line.startswith("WARNING")]
    expected = Counter(line for line in lines if "SyntaxWarning" not in line and "return '\\d'" not in line)
    answer = gate(root, "xenon", args, paths)
    found = Counter(row[4] for row in answer.rows.elements())
    assert found == expected
    assert (done.returncode == 1) == bool(found)
    warned = Counter(line.split(": ")[0].split()[-1] for line in done.stderr.splitlines() if line.startswith("WARNING"))
    assert warned == Counter(path for path, _, _ in answer.problems)
    return found


@pytest.mark.parametrize(
    "args",
    [
        ["-bB", "-mB", "-aB"],
        ["-bA", "-mA", "-aA"],
        ["-ba", "-mc", "-a", "f", "--no-assert"],
        ["--max-average-num=2.5", "-a", "a"],
        ["--max-average-num=-1"],
        ["-bA", "-mA", "--paths-in-front"],
        ["-bA", "-mA", "-e", "pkg/*,blocks.py"],
        ["-bA", "-i", "pkg,tests"],
        ["-bZ", "-m", "AA"],
        [],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("paths", [["."], ["pkg", "script", "./blocks.py", "blocks.py", "blocks.py"]])
def test_infractions_equal_those_of_the_command(tmp_path: Path, args: list[str], paths: list[str]) -> None:
    assert_parity(write(tmp_path, FINE), args, paths)


def test_rules_carry_the_place_of_the_block(tmp_path: Path) -> None:
    write(tmp_path, {"pkg/very.py": FINE["pkg/very.py"]})
    rows = gate(tmp_path, "xenon", ["-bA", "-mA", "-aA"]).rows
    assert set(rows) == {
        ("absolute", "pkg/very.py", 1, None, 'block "pkg/very.py:1 f" has a rank of F'),
        ("modules", "pkg/very.py", None, None, "module 'pkg/very.py' has a rank of F"),
        ("average", None, None, None, "average complexity is ranked F"),
    }


def test_a_file_that_xenon_only_warns_about_is_a_problem(tmp_path: Path) -> None:
    readable = {name: text for name, text in UNANALYSABLE.items() if name != "bad/parser.py"}
    assert assert_parity(write(tmp_path, {"a.py": BLOCKS, **readable}), ["-bA", "-aA"], ["."])
    assert len(gate(tmp_path, "xenon", ["-bA"]).problems) == len(readable)


def test_a_file_that_crashes_xenon_costs_only_itself(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BLOCKS, "parser.py": UNANALYSABLE["bad/parser.py"]})
    (tmp_path / "link.py").symlink_to("nowhere")
    assert "Traceback" in command(tmp_path, "xenon", ".").stderr
    answer = gate(tmp_path, "xenon", ["-bA"])
    assert {(path, kind) for path, kind, _ in answer.problems} == {("parser.py", "too-deep"), ("link.py", "unreadable")}
    assert {row[1] for row in answer.rows} == {"a.py"}


def test_values_of_radons_configuration_are_ignored(tmp_path: Path) -> None:
    config = "[radon]\ncc_min = F\nexclude = *\nno_assert = true\n"
    assert assert_parity(write(tmp_path, {**FINE, "radon.cfg": config}), ["-bA", "-mA", "-aA"], ["."])


def test_a_per_cent_sign_in_pyproject_is_survived(tmp_path: Path) -> None:
    write(tmp_path, FINE)
    expected = assert_parity(tmp_path, ["-bA"], ["."])
    write(tmp_path, {"pyproject.toml": "[tool.x]\nformat = '%Y-%m'\n"})
    assert "Traceback" in command(tmp_path, "xenon", ".").stderr
    assert Counter(row[4] for row in gate(tmp_path, "xenon", ["-bA"]).rows.elements()) == expected


@pytest.mark.parametrize("content", ["", "- a\n", "text\n"])
@pytest.mark.parametrize("name", [".xenon.yml", "own.yml"])
def test_a_configuration_that_crashes_xenon_is_an_error(tmp_path: Path, content: str, name: str) -> None:
    args = [] if name == ".xenon.yml" else ["-c", name]
    write(tmp_path, {"a.py": "", name: content})
    assert "Traceback" in command(tmp_path, "xenon", *args, ".").stderr
    with pytest.raises(AdapterFailed, match=f"ConfigError: check xenon: {name}: xenon can not read this file"):
        gate(tmp_path, "xenon", args)


def test_a_configuration_with_settings_for_uploads_changes_nothing(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": BLOCKS, ".xenon.yml": "repo_token: x\n"})
    assert assert_parity(tmp_path, ["-bA"], ["."])
    assert gate(tmp_path, "xenon", ["-bA"]).config_files == [".xenon.yml"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["-u", "http://localhost"], "the argument -u is refused: nothing is uploaded"),
        (["-v"], "-v is refused"),
        (["--help"], "--help is refused"),
        (["src"], "src in args is a path"),
        (["--max-average-num=x"], "invalid float value"),
        (["--nonsense"], "unrecognized arguments: --nonsense"),
        (["-c", "../x.yml"], "outside of the project root"),
    ],
)
def test_refused_arguments(tmp_path: Path, args: list[str], message: str) -> None:
    write(tmp_path, {"a.py": ""})
    with pytest.raises(AdapterFailed, match=f"ConfigError.*{message}"):
        gate(tmp_path, "xenon", args)


def test_thresholds_without_effect_are_told(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": ""})
    assert "no threshold" in gate(tmp_path, "xenon").notes[0]
    assert "--max-absolute=Z is not a letter" in gate(tmp_path, "xenon", ["-bz", "-mB"]).notes[0]
    assert gate(tmp_path, "xenon", list(XenonAdapter.default_args)).notes == []


def test_every_option_is_classified(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import xenon

    parsers: list[argparse.ArgumentParser] = []
    original = argparse.ArgumentParser.parse_args

    def parse_args(self: argparse.ArgumentParser, *args: object) -> argparse.Namespace:
        parsers.append(self)
        return original(self, ["."])

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse_args)
    xenon.parse_args()
    assert set(XenonAdapter.arguments) == {_tool.canonical(action) for action in parsers[0]._actions}


@pytest.mark.parametrize("shape", ["", "class C:\n", "class C:\n class D:\n"], ids=["module", "class", "classes"])
def test_recursion_runs_out_where_it_does_in_the_command(tmp_path: Path, shape: str) -> None:
    def chain(length: int) -> str:
        return shape + " " * shape.count("\n") + "Y = " + " + ".join(["X"] * length) + "\n"

    def fails(length: int) -> bool:
        try:
            _complexity.blocks(chain(length), False, _DEPTH)
        except _complexity.UnanalysableError as error:
            return error.problem.kind == "too-deep"
        return False

    edge = next(length for length in range(300, 350) if fails(length))
    write(tmp_path, {"last.py": chain(edge - 1)})
    assert "cannot parse" not in script(tmp_path, "xenon", "last.py").stderr
    write(tmp_path, {"first.py": chain(edge)})
    assert "cannot parse first.py: maximum recursion depth" in script(tmp_path, "xenon", "first.py").stderr
