"""The doc8 adapter gives what doc8's own command gives."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from qualitygate.adapters import _tool
from qualitygate.adapters.doc8 import Doc8Adapter
from tests.contract.harness import AdapterFailed, Row, command, gate, write

# The command itself, which also notes the files it visits and what it finds: the text it prints can not be parsed,
# since messages hold newlines.
_REFERENCE = """
import json, os, sys
from doc8 import main
files, rows = [], []
scan, error = main.scan, main.Result.error
def noting_scan(cfg):
    found, ignored = scan(cfg)
    files.extend(file.filename for file in found)
    return found, ignored
def noting_error(self, check, path, line, rule, message):
    rows.append([rule, os.path.normpath(path), None if line == "?" else line, None, message])
    error(self, check, path, line, rule, message)
main.scan, main.Result.error = noting_scan, noting_error
sys.argv[0] = "doc8"
try:
    main.main()
finally:
    print()
    print(json.dumps([files, rows]))
"""

# Checks the files in the opposite order, as workers might.
_BACKWARDS = """
import json, os, sys
from qualitygate.adapters.doc8 import Doc8Adapter
from qualitygate.plugin import Request, Tree
root, paths = os.getcwd(), sys.argv[1:]
tree = Tree(root, [os.path.relpath(os.path.join(f, n)) for f, _, names in os.walk(".") for n in names])
adapter = Doc8Adapter()
options = adapter.resolve(Request(check="doc8", root=root, paths=tuple(paths), args=("--no-sphinx",)), tree).options
rows = []
for path in reversed(adapter.select(options, tree)):
    with open(path, "rb") as stream:
        found = adapter.check(options, path, stream.read()).findings
    rows.extend([f.rule, path, f.line, f.column, f.message] for f in found)
print(json.dumps(rows))
"""


def reference(root: Path, args: Sequence[str], paths: Sequence[str], **env: str) -> tuple[list[str], Counter[Row]]:
    """Files and findings of `doc8 ARGS PATHS`."""
    done = subprocess.run(
        [sys.executable, "-P", "-c", _REFERENCE, *args, *paths],
        cwd=root,
        capture_output=True,
        text=True,
        env={**os.environ, **env},
        timeout=300,
    )
    assert "Traceback" not in done.stderr, done.stderr
    files, rows = json.loads(done.stdout.splitlines()[-1])
    return sorted(files), Counter(tuple(row) for row in rows)


def same_as_command(
    root: Path, args: Sequence[str] = (), paths: Sequence[str] = (".",), **env: str
) -> Counter[Row]:
    """Assert that files and findings are equal; gives the findings."""
    answer = gate(root, "doc8", args, paths, env=env)
    files, rows = reference(root, args, paths, **env)
    assert answer.problems == []
    assert sorted(answer.files) == files
    assert answer.rows == rows
    return answer.rows


def messages(rows: Counter[Row]) -> str:
    return "\n".join(message for *_, message in rows)


LONG = "word " * 30 + "\n"
EDGE_FILES: dict[str, str | bytes] = {
    "plain.rst": "Title\n=====\n\nText.\n",
    "empty.rst": "",
    "newline.rst": "\n",
    "no-newline.rst": "Text",
    "crlf.rst": "Title\r\n=====\r\n\r\nText. \r\n",
    "lone-cr.rst": "Text\rmore \r",
    "bom.rst": b"\xef\xbb\xbfTitle\n=====\n\nText.\n",
    "nul.rst": "Text\0 more\n",
    "tabs.rst": "Text\n\n\tquote\n  \tmore\n",
    "trailing.rst": "Text \n\u00a0\nmore\u3000\n",
    "form-feed.rst": "Text\n\f\nmore\x85end\u2028last\n",
    "short-underline.rst": "Title\n===\n\nText.\n",
    "long.rst": f"{LONG}\n{'x' * 150}\n\nhttp://example.org/ {LONG}\n.. note:: {LONG}\n\n::\n\n  {LONG}",
    "long-title.rst": f"{LONG}{'=' * 150}\n\nText.\n\n.. _target: {LONG}\n\nterm {LONG}  definition {LONG}",
    "long.txt": f"Title\n===\n\n{LONG}http://example.org/ {LONG}",
    "wide.rst": f"{'日本 ' * 40}\n",
    "unclosed.rst": "An *unclosed emphasis and `a literal``\n",
    "directives.rst": ".. nonsense:: x\n\n.. note::\n\n.. code-block:: nonsense\n   :linenos:\n\n   x\n\n"
    ".. image::\n\n.. math::\n   :label: a\n\n   x\n",
    "roles.rst": ":nonsense:`x` :ref:`y` :pep:`nonsense` :pep:`8#x` |undefined|\n",
    "code.rst": ".. code:: nonsense\n\n   x\n\n.. code:: python\n\n   def\n",
    "includes.rst": ".. include:: part.inc\n.. include:: missing.inc\n.. include:: <isonum.txt>\n",
    "part.inc": "Parts\n====\n\ntext\n",
    "tables.rst": ".. csv-table:: t\n   :file: data.csv\n\n.. csv-table:: t\n   :file: missing.csv\n\n"
    ".. raw:: html\n   :file: data.csv\n\n.. list-table::\n\n   * - a\n   * - b\n     - c\n",
    "data.csv": "a,b\n:nonsense:`x`,2\n",
    "references.rst": "a_ `b`_ [1]_ [#]_ |s|\n\n.. _x: y\n.. _x: z\n",
    "no-extension": "Title\n====\n",
    "UPPER.RST": "Title\n====\n",
    "other.md": "Title\n====\n",
    "other.rstx": "Title\n====\n",
    "name with spaces.rst": "Title\n====\n",
    "näme.rst": "Title\n====\n",
    "sub/x.rst": "Title\n====\n",
    "sub/include.rst": ".. include:: ../part.inc\n",
    ".hidden/x.rst": "Title\n====\n",
    ".venv/lib/x.txt": "x \n",
    "folder.rst/inner.rst": "Title\n====\n",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return write(tmp_path, EDGE_FILES)


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["--no-sphinx"],
        ["--max-line-length=100", "--allow-long-titles"],
        ["--max-line-length", "20", "--no-sphinx"],
        ["--ignore", "D000,D002", "--ignore", "D004", "-q"],
        ["--ignore", "D001", "-v"],
        ["--ignore-path", "sub", "--ignore-path=.*/x.*", "--ignore-path", "[ln]*.rst"],
        ["--ignore-path-errors", "plain.rst;D000", "--ignore-path-errors", "./sub/x.rst;D000"],
        ["-e", ".md", "--extension=.rstx", "-e", "", "--default-extension", ".rst"],
        ["-e", ".RST", "--default-extension", ".txt", "-e", ""],
    ],
)
def test_every_edge_file_has_the_findings_of_the_command(project: Path, args: list[str]) -> None:
    found = same_as_command(project, args)

    assert len({rule for rule, *_ in found}) >= 3


def test_sphinx_mode_hides_unknown_roles_and_no_sphinx_shows_them(project: Path) -> None:
    assert "Unknown interpreted text" not in messages(same_as_command(project))
    assert "Unknown interpreted text" in messages(same_as_command(project, ["--no-sphinx"]))


def test_messages_keep_their_newlines(project: Path) -> None:
    found = gate(project, "doc8", paths=["directives.rst"]).rows

    assert any("\n" in message for *_, message in found)


@pytest.mark.parametrize(
    "paths",
    [
        ["sub"],
        ["sub/"],
        ["./sub//x.rst"],
        ["sub", ".hidden", "plain.rst"],
        ["other.md", "no-extension"],
        [".", "sub/x.rst"],
        ["short-underline.rst", "short-underline.rst"],
        ["name with spaces.rst", "näme.rst"],
        ["folder.rst"],
    ],
)
def test_path_strings_decide_selection_as_in_the_command(project: Path, paths: list[str]) -> None:
    same_as_command(project, paths=paths)


def test_an_ignored_file_given_by_name_is_not_visited(project: Path) -> None:
    assert gate(project, "doc8", ["--ignore-path=sub"], ["sub/x.rst"]).files == []


def test_errors_are_ignored_by_path_for_absolute_paths_only_as_in_the_command(project: Path) -> None:
    args = [f"--ignore-path-errors={project / 'sub/x.rst'};D000"]

    assert same_as_command(project, args, ["sub/x.rst"])
    assert not same_as_command(project, args, [str(project / "sub/x.rst")])


def test_findings_of_an_included_file_belong_to_the_including_one(project: Path) -> None:
    found = gate(project, "doc8", paths=["sub/include.rst"]).rows

    assert [(rule, path, line) for rule, path, line, *_ in found] == [("D000", "sub/include.rst", 2)]


CONFIG_FILES = {
    "doc8.ini": "[doc8]\nmax-line-length = 20\nignore = D002\nsphinx = false\nextensions = .md, .rstx\n",
    ".config/doc8.ini": "[doc8]\nignore-path = sub,long*\nallow-long-titles = true\n",
    "tox.ini": "[doc8]\nverbose = true\nmax-line-length = 120\n",
    "pep8.ini": "[doc8]\nignore-path-errors = plain.rst;D000\ndefault-extension = .rst\n",
    "setup.cfg": "[metadata]\nname = x\n[doc8]\nfile-encoding = latin-1\n",
    "pyproject.toml": '[tool.doc8]\nmax-line-length = 20\nignore = ["D002"]\nextension = [".md"]\nsphinx = false\n',
}


@pytest.mark.parametrize("name", CONFIG_FILES)
def test_each_configuration_file_is_in_effect(project: Path, name: str) -> None:
    assert Doc8Adapter().native_config(project, ["."]) is None
    write(project, {name: CONFIG_FILES[name]})

    same_as_command(project, ["--max-line-length=100"])

    assert gate(project, "doc8").config_files == [name]
    assert Doc8Adapter().native_config(project, ["."]) == name


def test_the_first_file_that_gives_settings_wins(project: Path) -> None:
    write(project, {"doc8.ini": "[other]\nx = 1\n", "tox.ini": "[doc8]\n[tox]\n"})
    write(project, {name: CONFIG_FILES[name] for name in ("setup.cfg", "pyproject.toml")})

    same_as_command(project)

    assert gate(project, "doc8").config_files == ["setup.cfg"]
    assert Doc8Adapter().native_config(project, ["."]) == "setup.cfg"


def test_the_configuration_file_beats_the_command_line(project: Path) -> None:
    write(project, {"doc8.ini": "[doc8]\nmax-line-length = 20\n"})

    found = same_as_command(project, ["--max-line-length=1000"])

    assert "D001" in {rule for rule, *_ in found}


def test_a_file_given_by_argument_replaces_the_search(project: Path) -> None:
    write(project, {"doc8.ini": CONFIG_FILES["doc8.ini"], "conf/lint.ini": "[doc8]\nignore = D000\n"})

    found = same_as_command(project, ["--config", "conf/lint.ini"])

    assert "D000" not in {rule for rule, *_ in found}
    assert gate(project, "doc8", ["--config", "conf/lint.ini"]).config_files == ["conf/lint.ini"]


def test_strings_in_place_of_lists_are_taken_apart_as_by_the_command_and_noted(project: Path) -> None:
    write(project, {"pyproject.toml": '[tool.doc8]\nignore = "D000"\nignore-path = "sub"\nextension = ".md"\n'})

    same_as_command(project)

    notes = gate(project, "doc8").notes
    assert [word for word in ("ignore in", "ignore-path in", "extension in") if word in "".join(notes)]
    assert len(notes) == 3


def test_paths_of_the_configuration_file_beat_the_command_line_and_are_noted(project: Path) -> None:
    write(project, {"pyproject.toml": '[tool.doc8]\npaths = ["sub"]\n'})

    same_as_command(project)

    assert "doc8 takes its paths from pyproject.toml: sub" in gate(project, "doc8").notes[0]


DOCUTILS_CONF = "[general]\nfile-insertion-enabled: no\nreport_level: 5\n[restructuredtext parser]\ntab-width: 4\n"


def test_docutils_conf_of_the_project_is_in_effect_and_reported(project: Path) -> None:
    write(project, {"docutils.conf": DOCUTILS_CONF})

    found = same_as_command(project)

    assert '"include" directive disabled.' in messages(found)
    assert gate(project, "doc8").config_files == ["docutils.conf"]
    assert gate(project, "doc8").notes == []


def test_docutils_conf_of_the_home_folder_is_in_effect_and_noted(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = write(tmp_path_factory.mktemp("home"), {".docutils": DOCUTILS_CONF})

    found = same_as_command(project, HOME=str(home))
    answer = gate(project, "doc8", env={"HOME": str(home)})

    assert '"include" directive disabled.' in messages(found)
    assert answer.config_files == [str(home / ".docutils")]
    assert "outside of the project" in answer.notes[0]


def test_docutils_conf_named_by_the_environment_is_in_effect(project: Path) -> None:
    write(project, {"docutils.conf": DOCUTILS_CONF, "other.conf": "[general]\nraw_enabled: no\n"})

    found = same_as_command(project, DOCUTILSCONFIG="other.conf")

    assert '"raw" directive disabled.' in messages(found)
    assert gate(project, "doc8", env={"DOCUTILSCONFIG": "other.conf"}).config_files == ["other.conf"]


@pytest.mark.parametrize("setting", ["warning_stream: out.txt", "record-dependencies: out.txt"])
def test_settings_of_docutils_that_write_files_are_refused(project: Path, setting: str) -> None:
    write(project, {"docutils.conf": f"[general]\n{setting}\n"})

    with pytest.raises(AdapterFailed) as failed:
        gate(project, "doc8")

    name = setting.split(":")[0].replace("-", "_")
    assert f"ConfigError: check doc8: {name} in [general] of docutils.conf is refused" in str(failed.value)
    assert not (project / "out.txt").exists()
    command(project, "doc8", "plain.rst")
    assert (project / "out.txt").exists()


@pytest.mark.parametrize("content", ["nonsense", "[general]\ntab_width: x\n", "[general]\ninput_encoding: nonsense\n"])
def test_a_broken_docutils_conf_is_a_configuration_error(project: Path, content: str) -> None:
    write(project, {"docutils.conf": content})

    with pytest.raises(AdapterFailed, match="ConfigError: check doc8: docutils can not read"):
        gate(project, "doc8")


def test_an_unsupported_language_is_reported_in_the_first_file_only_as_by_the_command(tmp_path: Path) -> None:
    write(tmp_path, {"docutils.conf": "[general]\nlanguage_code: xx\n", "a.rst": "A\n", "b.rst": "B\n", "c.rst": "C\n"})

    found = same_as_command(tmp_path, paths=["b.rst", "a.rst", "c.rst"])

    assert {path for _, path, *_ in found} == {"b.rst"}
    assert "not supported" in messages(found)


def test_a_language_or_parser_named_like_a_module_of_the_project_does_not_run_it(tmp_path: Path) -> None:
    evil = "open('ran', 'w').close()\n"
    write(tmp_path, {"docutils.conf": "[general]\nlanguage_code: evil\n", "evil.py": evil, "evil/__init__.py": evil})
    write(tmp_path, {"a.rst": ".. include:: b.rst\n   :parser: evil\n", "b.rst": "B\n"})

    answer = gate(tmp_path, "doc8", ["--no-sphinx"])

    assert 'Parser "evil" not found' in messages(answer.rows)
    assert not (tmp_path / "ran").exists()


def test_halt_level_costs_only_the_file_that_reaches_it(tmp_path: Path) -> None:
    write(tmp_path, {"docutils.conf": "[general]\nhalt_level: 2\n"})
    write(tmp_path, {"a.rst": "A\n=\n", "b.rst": "*b\n", "c.rst": "c \n"})

    answer = gate(tmp_path, "doc8")

    assert [(path, kind) for path, kind, _ in answer.problems] == [("b.rst", "tool")]
    assert "halt_level" in answer.problems[0][2]
    assert {path for _, path, *_ in answer.rows} == {"c.rst"}


ROLES = {
    "a.rst": ".. role:: foo\n.. role:: python(code)\n   :language: python\n\n:foo:`x`\n",
    "b.rst": ":foo:`x` :bar:`y` :python:`z` :FOO:`x`\n",
    "c.rst": ".. role:: bar(foo)\n\n:bar:`x`\n",
    "d.rst": ".. role:: bar(raw)\n   :format: html\n\n:bar:`x`\n",
    "e.rst": ".. include:: roles.inc\n\n:inc:`x`\n",
    "f.rst": ":inc:`x` :bar:`x` :raw:`x` :emphasis:`x`\n\n.. default-role:: inc\n\n`x`\n",
    "g.rst": "::\n\n  .. role:: literal-only\n\n:literal-only:`x`\n",
    "h.rst": ".. |s| role:: substituted\n\n:literal-only:`x` :substituted:`y`\n",
    "i.rst": ".. role:: emphasis(pep-reference)\n\n`default`\n",
    "j.rst": ":emphasis:`not a number` :cell:`x`\n",
    "k.rst": ".. csv-table::\n   :file: roles.csv\n",
    "l.rst": ":cell:`x` :incremental:`x` `plain`\n",
    "m.rst": ".. include:: <s5defs.txt>\n\n:incremental:`x`\n",
    "n.rst": ":incremental:`x`\n",
    "roles.inc": ".. include:: more/roles.inc\n",
    "more/roles.inc": ".. role:: inc\n.. include:: ../a.rst\n",
    "roles.csv": 'a,".. role:: cell"\n',
}
NAMES = [f"{letter}.rst" for letter in "abcdefghijklmn"]
ORDERS = [NAMES, NAMES[::-1], NAMES[5:] + NAMES[:5], NAMES[1::2] + NAMES[::2], ["f.rst", "more", "j.rst", "e.rst"]]


@pytest.mark.parametrize("paths", ORDERS, ids=range(len(ORDERS)))
@pytest.mark.parametrize("args", [[], ["--no-sphinx"]], ids=["sphinx", "no-sphinx"])
def test_roles_of_files_before_are_known_in_every_order_as_in_the_command(
    tmp_path: Path, args: list[str], paths: list[str]
) -> None:
    write(tmp_path, ROLES)

    same_as_command(tmp_path, args, paths)


def test_the_order_of_two_files_decides_whether_a_role_is_known(tmp_path: Path) -> None:
    write(tmp_path, {"a.rst": ".. role:: foo\n", "b.rst": ":foo:`x`\n"})

    assert not same_as_command(tmp_path, ["--no-sphinx"], ["a.rst", "b.rst"])
    assert same_as_command(tmp_path, ["--no-sphinx"], ["b.rst", "a.rst"])


@pytest.mark.parametrize("paths", ORDERS, ids=range(len(ORDERS)))
def test_the_order_in_which_workers_check_the_files_does_not_matter(tmp_path: Path, paths: list[str]) -> None:
    write(tmp_path, ROLES)

    done = subprocess.run(
        [sys.executable, "-P", "-c", _BACKWARDS, *paths], cwd=tmp_path, capture_output=True, text=True, check=True
    )

    rows = Counter(tuple(row) for row in json.loads(done.stdout.splitlines()[-1]))
    assert rows == reference(tmp_path, ["--no-sphinx"], paths)[1]


def test_roles_are_followed_in_the_language_of_the_documents(tmp_path: Path) -> None:
    write(tmp_path, {"docutils.conf": "[general]\nlanguage_code: de\n", "x.inc": ".. rolle:: foo\n"})
    write(tmp_path, {"a.rst": ".. einfügen:: x.inc\n", "b.rst": ":foo:`x` :bar:`x`\n"})

    found = same_as_command(tmp_path, ["--no-sphinx"], ["a.rst", "b.rst"])

    assert '"bar"' in messages(found)
    assert '"foo"' not in messages(found)


def test_roles_of_a_file_in_another_encoding_are_known(tmp_path: Path) -> None:
    write(tmp_path, {"a.rst": ".. role:: foo".encode("utf-16"), "b.rst": ":foo:`x` :bar:`x`".encode("utf-16")})

    answer = gate(tmp_path, "doc8", ["--no-sphinx", "--file-encoding=utf-16", "--ignore=D001,D002,D003"])

    assert '"bar"' in messages(answer.rows)
    assert '"foo"' not in messages(answer.rows)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("csv-table", ".. csv-table::\n   :url: http://127.0.0.1:9/x\n"),
        ("raw", ".. raw:: html\n   :url: http://127.0.0.1:9/x\n"),
        ("csv-table", ".. csv-table::\n   :url: file:///etc/passwd\n"),
    ],
)
def test_a_directive_that_reads_the_network_is_refused(tmp_path: Path, name: str, text: str) -> None:
    write(tmp_path, {"a.rst": text, "b.rst": "b \n"})

    answer = gate(tmp_path, "doc8")

    assert [(path, kind) for path, kind, _ in answer.problems] == [("a.rst", "refused")]
    assert f"the directive {name} reads" in answer.problems[0][2]
    assert ":file:" in answer.problems[0][2]
    assert {path for _, path, *_ in answer.rows} == {"b.rst"}


BAD_FILES = {"latin1.rst": b"caf\xe9\n", "latin1.txt": b"x\n\xe9\n", "cut.rst": b"x\n\xe6\x97"}


@pytest.mark.parametrize("name", BAD_FILES)
def test_a_file_that_ends_the_command_costs_only_itself(project: Path, name: str) -> None:
    _, expected = reference(project, [], ["."])
    write(project, {name: BAD_FILES[name]})

    answer = gate(project, "doc8")

    assert "UnicodeDecodeError" in command(project, "doc8", ".").stderr
    assert [(path, kind) for path, kind, _ in answer.problems] == [(name, "encoding")]
    assert answer.rows == expected


def test_a_broken_link_costs_only_itself(project: Path) -> None:
    _, expected = reference(project, [], ["."])
    (project / "broken.rst").symlink_to("missing")

    answer = gate(project, "doc8")

    assert "FileNotFoundError" in command(project, "doc8", ".").stderr
    assert [(path, kind) for path, kind, _ in answer.problems] == [("broken.rst", "unreadable")]
    assert answer.rows == expected


@pytest.mark.parametrize("bullet", ["* ", "", "1. "], ids=["list", "quote", "enumeration"])
def test_nesting_is_too_deep_where_it_is_for_the_command(tmp_path: Path, bullet: str) -> None:
    script = Path(sys.executable).with_name("doc8")

    def nested(depth: int) -> None:
        indent = " " * (len(bullet) or 2)
        write(tmp_path, {"deep.rst": "".join(f"{indent * level}{bullet}a\n\n" for level in range(depth))})

    def command_survives(depth: int) -> bool:
        nested(depth)
        done = subprocess.run([script, "deep.rst"], cwd=tmp_path, capture_output=True, text=True, timeout=300)
        return "RecursionError" not in done.stderr

    low, high = 10, 400
    assert command_survives(low) and not command_survives(high)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if command_survives(middle) else (low, middle)

    nested(low)
    assert gate(tmp_path, "doc8", paths=["deep.rst"]).problems == []
    nested(high)
    assert [kind for _, kind, _ in gate(tmp_path, "doc8", paths=["deep.rst"]).problems] == ["too-deep"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--config", "../outside.ini"], "outside of the project root"),
        (["--config", "missing.ini"], "missing.ini, which does not exist"),
        (["--config", "other.md"], "doc8 reads .ini, .cfg and .toml"),
        (["--file-encoding", "nonsense"], "unknown encoding: nonsense"),
        (["--file-encoding", "rot13"], "not a text encoding"),
        (["--ignore-path-errors", "x"], "ValueError"),
        (["--max-line-length", "x"], "invalid int value"),
        (["--version"], "use `qualitygate doctor`"),
        (["--help"], "own documentation"),
        (["--nonsense"], "--nonsense"),
        (["--config"], "--config, the last of args, needs a value"),
        (["--ignore"], "--ignore, the last of args, needs a value"),
    ],
)
def test_wrong_or_refused_arguments_are_configuration_errors(project: Path, args: list[str], said: str) -> None:
    write(project.parent, {"outside.ini": "[doc8]\nignore = D000\n"})

    with pytest.raises(AdapterFailed) as failed:
        gate(project, "doc8", args)

    assert "qualitygate.errors.ConfigError" in str(failed.value)
    assert said in str(failed.value)


@pytest.mark.parametrize("args", [["plain.rst"], ["plain.rst", "-q"], ["-q", "plain.rst"]])
def test_a_path_in_args_is_refused_by_its_name_alone(project: Path, args: list[str]) -> None:
    with pytest.raises(AdapterFailed) as failed:
        gate(project, "doc8", args)

    message = str(failed.value).splitlines()[-1]
    assert message.endswith("ConfigError: check doc8: plain.rst in args is a path: put paths into `paths`")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("doc8.ini", "nonsense"),
        ("tox.ini", "[doc8]\nmax-line-length = x\n"),
        ("setup.cfg", b"[doc8]\nignore = \xe9\n"),
        ("pyproject.toml", "nonsense"),
        ("pyproject.toml", '[tool.doc8]\nmax-line-length = "100"\n'),
        ("pyproject.toml", '[tool.doc8]\npaths = "docs"\n'),
        ("pyproject.toml", '[tool.doc8]\npaths = ["missing"]\n'),
        ("pyproject.toml", '[tool.doc8]\npaths = [".."]\n'),
        ("pyproject.toml", '[tool.doc8]\nignore-path-errors = ["x"]\n'),
    ],
)
def test_a_broken_configuration_file_is_a_configuration_error(project: Path, name: str, content: str | bytes) -> None:
    write(project, {name: content})

    with pytest.raises(AdapterFailed, match="ConfigError: check doc8: doc8"):
        gate(project, "doc8")
    assert Doc8Adapter().native_config(project, ["."]) == name


PLUGIN = """
from doc8 import checks
class Shouting(checks.LineCheck):
    REPORTS = frozenset(["X100"])
    def report_iter(self, line):
        if line.isupper():
            yield ("X100", "shouting")
class Placeless(checks.ContentCheck):
    REPORTS = frozenset(["X200"])
    def report_iter(self, parsed_file):
        yield ("nowhere", "X200", f"{len(parsed_file.lines)} lines")
"""


def plugin(folder: Path, code: str) -> dict[str, str]:
    """Make an installed distribution with two checks; gives the environment that shows it."""
    write(
        folder,
        {
            "shouting.py": code,
            "doc8_shouting-1.5.dist-info/METADATA": "Metadata-Version: 2.1\nName: doc8-shouting\nVersion: 1.5\n",
            "doc8_shouting-1.5.dist-info/entry_points.txt": "[doc8.extension.check]\n"
            "shouting = shouting:Shouting\nplaceless = shouting:Placeless\n",
        },
    )
    paths = [str(folder), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "XDG_CACHE_HOME": str(folder / "cache")}


def test_an_installed_plugin_is_in_effect(tmp_path: Path) -> None:
    env = plugin(tmp_path / "site", PLUGIN)
    root = write(tmp_path / "project", {"a.rst": "LOUD\n\nquiet\n", "b.txt": "LOUD\n", "c.rst": "c"})

    found = same_as_command(root, **env)
    ignored = same_as_command(root, ["--ignore=X200"], **env)

    assert {rule for rule, *_ in found} == {"X100", "X200", "D005"}
    assert {line for rule, _, line, *_ in found if rule == "X200"} == {None}
    assert {rule for rule, *_ in ignored} == {"X100", "D005"}


@pytest.mark.parametrize("code", ["import missing_module", PLUGIN.replace("Placeless", "Renamed"), "assert False"])
def test_a_plugin_that_can_not_be_loaded_is_a_tool_error(tmp_path: Path, code: str) -> None:
    env = plugin(tmp_path / "site", code)
    root = write(tmp_path / "project", {"a.rst": "LOUD\n"})

    with pytest.raises(AdapterFailed, match="ToolError: check doc8: doc8 plug-ins can not be loaded: "):
        gate(root, "doc8", env=env)


def test_plugins_are_named_with_their_versions(tmp_path: Path) -> None:
    env = plugin(tmp_path / "site", PLUGIN)
    script = (
        "import os\nfrom qualitygate.adapters.doc8 import Doc8Adapter\nfrom qualitygate.plugin import Request, Tree\n"
        "request = Request(check='doc8', root=os.getcwd(), paths=('.',), args=())\n"
        "print(*Doc8Adapter().resolve(request, Tree(os.getcwd(), [])).plugins, sep='|')\n"
    )

    done = subprocess.run(
        [sys.executable, "-P", "-c", script], cwd=tmp_path, env={**os.environ, **env}, capture_output=True, text=True
    )

    assert done.stdout.splitlines() == ["doc8-shouting 1.5"]


def test_every_option_of_the_parser_is_classified(monkeypatch: pytest.MonkeyPatch) -> None:
    from doc8 import main

    parsers: list[argparse.ArgumentParser] = []
    original = argparse.ArgumentParser.parse_args

    def parse(parser: argparse.ArgumentParser, *args: Any) -> argparse.Namespace:
        parsers.append(parser)
        return original(parser, ["--version"])

    monkeypatch.setattr(argparse.ArgumentParser, "parse_args", parse)
    main.main()

    assert {_tool.canonical(action) for action in parsers[0]._actions} == set(Doc8Adapter.arguments)
