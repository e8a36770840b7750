"""The yamllint adapter gives what yamllint's own command gives."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from qualitygate.adapters import _tool
from qualitygate.adapters.yamllint import YamllintAdapter
from tests.contract.harness import AdapterFailed, Row, command, gate, write

# The command itself; only the way in which it prints a problem is changed, since messages may hold newlines.
_REFERENCE = """
import json, os, sys
from yamllint import cli
def as_json(problem, path):
    return json.dumps([problem.rule or "syntax", os.path.normpath(path), problem.line, problem.column, problem.desc])
cli.Format.parsable = staticmethod(as_json)
cli.run(sys.argv[1:])
"""


def reference(root: Path, args: Sequence[str], paths: Sequence[str]) -> Counter[Row]:
    """Findings of `yamllint ARGS PATHS`."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", _REFERENCE, *args, "--format=parsable", *paths],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert not done.stderr
    return Counter(tuple(json.loads(line)) for line in done.stdout.splitlines())


def listed(root: Path, args: Sequence[str], paths: Sequence[str]) -> list[str]:
    """Files of `yamllint ARGS PATHS`."""
    return sorted(command(root, "yamllint", "--list-files", *args, *paths).stdout.splitlines())


def same_as_command(root: Path, args: Sequence[str] = (), paths: Sequence[str] = (".",)) -> Counter[Row]:
    """Assert that files and findings are equal; gives the findings."""
    answer = gate(root, "yamllint", args, paths)
    assert answer.problems == []
    assert sorted(answer.files) == listed(root, args, paths)
    assert answer.rows == reference(root, args, paths)
    return answer.rows


EDGE_FILES: dict[str, str | bytes] = {
    "plain.yaml": "---\na: 1\nb: [1,2]\n",
    "empty.yaml": "",
    "no-newline.yaml": "---\na: 1",
    "crlf.yaml": "---\r\na: 1\r\n",
    "lone-cr.yaml": "---\ra: 1\r",
    "bom.yaml": b"\xef\xbb\xbf---\na: 1\n",
    "utf16.yaml": "---\na:   é\n".encode("utf-16"),
    "utf16le.yaml": "---\na:   1\n".encode("utf-16-le"),
    "utf32.yaml": "---\na:   é\n".encode("utf-32"),
    "tabs.yaml": "---\na:\n\t- b\n",
    "syntax.yaml": "---\na: [1, 2\nb: }\n",
    "syntax-with-style.yaml": "a:   1\n  b: - c\n\n\n\nd : e\n",
    "long.yaml": "---\na: " + "word " * 40 + "\n",
    "disabled-file.yaml": "# yamllint disable-file\na:   [1,2,\n",
    "disabled-file-late.yaml": "---\n# yamllint disable-file\na:   1\n",
    "disabled-block.yaml": "---\n# yamllint disable\na:   1\n# yamllint enable\nb:   1\n",
    "disabled-rule.yaml": "---\n# yamllint disable rule:colons rule:nonsense\na:   1 \n"
    "# yamllint enable rule:colons\nb:   1\n",
    "disabled-line.yaml": "---\na:   1  # yamllint disable-line\n"
    "# yamllint disable-line rule:colons\nb:   1 \nc:   1\n",
    "disabled-syntax.yaml": "---\n# yamllint disable\na: [1\n",
    "duplicates.yaml": '---\n"a\\nb": 1\n"a\\nb": 2\n',
    "keys.yaml": "---\nb: 1\nB: 2\na: 3\né: 4\ne: 5\n",
    "anchors.yaml": "---\na: &x 1\nb: *x\nc: *y\n",
    "documents.yaml": "---\na: 1\n---\nb: yes\n...\n",
    "jinja.yaml": "---\na: {{ b }}\n",
    "wide.yaml": "---\na: 日本語 😀   # x\nb:   1\n",
    "form-feed.yaml": "---\na: 1\n\x85b:   2\n",
    "name with spaces.yaml": "a:   1\n",
    "näme.yml": "a:   1\n",
    "it's \"quoted\".yml": "a:   1\n",
    "UPPER.YAML": "a:   1\n",
    "other.json": '{"a":   1}\n',
    "sub/x.yaml": "a:   1\n",
    "sub/deeper/x.yaml": "a:   1\n",
    ".hidden/x.yaml": "a:   1\n",
    ".github/workflows/ci.yml": "on:   push\n",
    "node_modules/x.yml": "a:   1\n",
    "folder.yaml/inner.yaml": "a:   1\n",
    "docs/notes.txt": "a:   1\n",
}

STRICT = """\
extends: default
ignore: |
  sub/x.yaml
  /node_modules/
  !sub/deeper/x.yaml
yaml-files: ["*.yaml", "*.yml", ".yamllint", "*.json"]
rules:
  colons: {level: warning, ignore: [.github/]}
  key-ordering: {}
  truthy: {level: error, check-keys: false}
  empty-values: enable
  document-start: disable
  line-length: {max: 60, allow-non-breakable-words: false}
  quoted-strings: {required: only-when-needed}
  octal-values: {}
  float-values: {require-numeral-before-decimal: true}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path, EDGE_FILES)


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["-s"],
        ["--no-warnings"],
        ["-d", "relaxed"],
        ["-d", "{extends: relaxed, rules: {line-length: {max: 40}}}"],
        ["-d", "{extends: default, ignore: ['*.yml', sub], locale: C.UTF-8, rules: {key-ordering: enable}}"],
        ["--strict", "--no-warnings", "-f", "github"],
    ],
)
def test_every_edge_file_has_the_findings_of_the_command(project: Path, args: list[str]) -> None:
    found = same_as_command(project, args)

    assert {rule for rule, *_ in found} >= {"syntax", "new-line-at-end-of-file", "colons"} or "--no-warnings" in args


def test_a_strict_configuration_with_ignores_is_honoured(project: Path) -> None:
    write(project, {".yamllint": STRICT})

    found = same_as_command(project)

    paths = {path for _, path, *_ in found}
    assert "sub/x.yaml" not in paths
    assert "other.json" in paths
    assert not any(path == ".github/workflows/ci.yml" and rule == "colons" for rule, path, *_ in found)


@pytest.mark.parametrize("name", [".yamllint", ".yamllint.yaml", ".yamllint.yml"])
def test_each_name_of_the_configuration_file_is_in_effect(project: Path, name: str) -> None:
    write(project, {name: "extends: relaxed\nrules: {colons: disable}\n"})

    found = same_as_command(project)

    assert not any(rule == "colons" for rule, *_ in found)
    assert gate(project, "yamllint").config_files == [name]
    assert YamllintAdapter().native_config(project, ["."]) == name


def test_a_project_without_configuration_file_has_no_native_configuration(project: Path) -> None:
    assert YamllintAdapter().native_config(project, ["."]) is None
    assert gate(project, "yamllint").config_files == []


@pytest.mark.parametrize(
    "paths",
    [
        ["sub"],
        ["sub/"],
        ["./sub//x.yaml"],
        ["sub", ".hidden", "plain.yaml"],
        ["docs/notes.txt", "other.json"],
        [".", "sub/x.yaml"],
        ["plain.yaml", "plain.yaml"],
        ["name with spaces.yaml", "näme.yml"],
        ["folder.yaml"],
    ],
)
def test_path_strings_decide_selection_as_in_the_command(project: Path, paths: list[str]) -> None:
    write(project, {".yamllint": "extends: default\nignore: [sub/x.yaml, other.json]\n"})

    same_as_command(project, paths=paths)


def test_a_file_named_twice_is_visited_twice(project: Path) -> None:
    assert gate(project, "yamllint", paths=["plain.yaml", "plain.yaml"]).files == ["plain.yaml", "plain.yaml"]


def test_an_ignored_file_given_by_name_is_not_visited(project: Path) -> None:
    write(project, {".yamllint": "extends: default\nignore: sub\n"})

    assert gate(project, "yamllint", paths=["sub/x.yaml"]).files == []


def test_an_absolute_path_escapes_the_ignore_patterns_as_in_the_command(project: Path) -> None:
    write(project, {".yamllint": "extends: default\nignore: /sub/x.yaml\n"})
    paths = [str(project / "sub")]

    answer = gate(project, "yamllint", paths=paths)

    assert sorted(answer.files) == listed(project, [], paths)
    assert len(answer.files) == 2


def test_configuration_is_searched_upward_from_the_root(project: Path) -> None:
    write(project, {".yamllint": "extends: relaxed\nignore: deeper/\nrules: {colons: disable}\n"})

    same_as_command(project / "sub")
    answer = gate(project / "sub", "yamllint")

    assert answer.config_files == [str(project / ".yamllint")]
    assert "outside of the project" in answer.notes[0]


def test_home_level_configuration_is_honoured_and_reported(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = write(tmp_path_factory.mktemp("home"), {"yamllint/config": "extends: relaxed\nrules: {colons: disable}\n"})

    answer = gate(project, "yamllint", env={"XDG_CONFIG_HOME": str(home)})

    assert not any(rule == "colons" for rule, *_ in answer.rows)
    assert answer.config_files == [str(home / "yamllint/config")]
    assert "outside of the project" in answer.notes[0]


def test_files_that_the_configuration_reads_are_reported(project: Path) -> None:
    write(
        project,
        {
            ".yamllint": "extends: ./base.yaml\nignore-from-file: .gitignore\n"
            "rules: {colons: {ignore-from-file: [colons.txt]}}\n",
            "base.yaml": "extends: default\n",
            ".gitignore": "sub/x.yaml\n",
            "colons.txt": "*.yml\n",
        },
    )

    same_as_command(project)

    assert gate(project, "yamllint").config_files == [".yamllint", "base.yaml", ".gitignore", "colons.txt"]


def test_a_configuration_extended_from_outside_of_the_root_is_honoured_and_reported(project: Path) -> None:
    write(project, {"base.yaml": "rules: {colons: enable}\n", "sub/.yamllint": "extends: ../base.yaml\n"})

    found = same_as_command(project / "sub")
    answer = gate(project / "sub", "yamllint")

    assert {rule for rule, *_ in found} == {"colons"}
    assert answer.config_files == [".yamllint", str(project / "base.yaml")]
    assert len(answer.notes) == 1


def test_a_configuration_given_by_argument_replaces_the_project_file(project: Path) -> None:
    write(project, {".yamllint": STRICT, "conf/lint.yaml": "rules: {colons: enable}\n"})

    same_as_command(project, ["-c", "conf/lint.yaml"])

    assert gate(project, "yamllint", ["-c", "conf/lint.yaml"]).config_files == ["conf/lint.yaml"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["-c", "../outside.yaml"], "outside of the project root"),
        (["-c", "missing.yaml"], "missing.yaml"),
        (["-d", "nonsense"], "nonsense"),
        (["-d", ""], "invalid config: not a"),
        (["-d", "rules: {colons: {max: 1}}"], 'unknown option "max"'),
        (["-d", "extends: 5"], "TypeError"),
        (["-d", "{extends: default, ignore-from-file: missing.txt}"], "missing.txt"),
        (["-d", "{extends: default, locale: xx_YY.nonsense}"], "locale"),
        (["--version"], "use `qualitygate doctor`"),
        (["-v"], "use `qualitygate doctor`"),
        (["--help"], "own documentation"),
        (["--list-files"], "qualitygate files --check yamllint"),
        (["-"], "standard input"),
        (["--nonsense"], "--nonsense"),
        (["-f", "nonsense"], "nonsense"),
        (["-f"], "refuses its arguments"),
    ],
)
def test_wrong_or_refused_arguments_are_configuration_errors(project: Path, args: list[str], said: str) -> None:
    write(project.parent, {"outside.yaml": "rules: {}\n"})

    with pytest.raises(AdapterFailed) as failed:
        gate(project, "yamllint", args)

    assert "qualitygate.errors.ConfigError" in str(failed.value)
    assert said in str(failed.value)


@pytest.mark.parametrize("args", [["plain.yaml"], ["plain.yaml", "-s"], ["-s", "plain.yaml"]])
def test_a_path_in_args_is_refused_by_its_name_alone(project: Path, args: list[str]) -> None:
    with pytest.raises(AdapterFailed) as failed:
        gate(project, "yamllint", args)

    message = str(failed.value).splitlines()[-1]
    assert message.endswith("ConfigError: check yamllint: plain.yaml in args is a path: put paths into `paths`")


@pytest.mark.parametrize("content", ["", "- a list\n", "rules: {nonsense: enable}\n", "a: [\n", b"\xff\xfe\xfa"])
def test_a_broken_configuration_file_is_a_configuration_error(project: Path, content: str | bytes) -> None:
    write(project, {".yamllint": content})

    with pytest.raises(AdapterFailed, match="ConfigError: check yamllint: yamllint refuses its configuration"):
        gate(project, "yamllint")


BAD_FILES = {
    "latin1.yaml": (b"a:   \xe9\n", "encoding"),
    "nul.yaml": (b"a:   1\nb: \x00\n", "nul"),
    "control.yaml": (b"a:   1\nb: \x07\n", "encoding"),
    "cut-utf16.yaml": (b"\xff\xfea\x00:", "encoding"),
}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_ends_the_command_costs_only_itself(project: Path, name: str) -> None:
    content, kind = BAD_FILES[name]
    expected = reference(project, [], ["."])
    write(project, {name: content})

    answer = gate(project, "yamllint")

    assert command(project, "yamllint", ".").returncode == 1
    assert [(path, problem) for path, problem, _ in answer.problems] == [(name, kind)]
    assert answer.rows == expected


def test_a_file_that_can_not_be_read_is_a_problem_and_no_finding(project: Path) -> None:
    expected = reference(project, [], ["."])
    (project / "broken.yaml").symlink_to("missing")

    answer = gate(project, "yamllint")

    assert command(project, "yamllint", ".").returncode == 255
    assert [(path, kind) for path, kind, _ in answer.problems] == [("broken.yaml", "unreadable")]
    assert answer.rows == expected


@pytest.mark.parametrize("text", ["[" * 2000 + "]" * 2000, "- " * 2000 + "a", "{a: " * 1500, "? " * 1500])
def test_deep_nesting_is_analysed_as_by_the_command(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"deep.yaml": text + "\n"})

    assert same_as_command(tmp_path)


def test_the_encoding_override_of_the_environment_is_in_effect(tmp_path: Path) -> None:
    write(tmp_path, {"latin1.yaml": b"a:   \xe9\n"})

    answer = gate(tmp_path, "yamllint", env={"YAMLLINT_FILE_ENCODING": "latin-1"})

    assert answer.problems == []
    assert {rule for rule, *_ in answer.rows} == {"colons", "document-start"}


def test_the_locale_of_the_process_survives_a_check_with_another_one(tmp_path: Path) -> None:
    script = (
        "import locale, os\n"
        "from qualitygate.adapters.yamllint import YamllintAdapter\n"
        "from qualitygate.plugin import Request, Tree\n"
        "before = locale.setlocale(locale.LC_ALL)\n"
        "adapter = YamllintAdapter()\n"
        "request = Request(check='y', root=os.getcwd(), paths=('.',), args=('-d', 'locale: C.UTF-8'))\n"
        "options = adapter.resolve(request, Tree(os.getcwd(), [])).options\n"
        "adapter.check(options, 'a.yaml', b'a: 1')\n"
        "assert options.conf.locale == 'C.UTF-8'\n"
        "assert locale.setlocale(locale.LC_ALL) == before\n"
    )

    subprocess.run([sys.executable, "-P", "-c", script], cwd=tmp_path, check=True, timeout=60)


def test_every_option_of_the_parser_is_classified(monkeypatch: pytest.MonkeyPatch) -> None:
    from yamllint import cli

    parsers: list[argparse.ArgumentParser] = []
    original = argparse.ArgumentParser.parse_args

    def parse(parser: argparse.ArgumentParser, *args: object) -> argparse.Namespace:
        parsers.append(parser)
        return original(parser, ["--version"])

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse)
    with pytest.raises(SystemExit):
        cli.run([])

    assert {_tool.canonical(action) for action in parsers[0]._actions} == set(YamllintAdapter.arguments)
