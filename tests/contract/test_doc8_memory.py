"""doc8 with the short cuts says what it says without; what an answer depends on is told."""

from __future__ import annotations

import contextlib
import random
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from qualitygate.adapters import _doc8_shortcuts
from qualitygate.adapters.doc8 import Doc8Adapter, Options
from qualitygate.plugin import Analysis, Request, Tree
from tests.contract.harness import write

_BLOCKS = [
    "Title\n=====\n\n",
    "Title\n===\n\n",
    "- a\n- b\n\n  - c\n",
    "1. a\n2. b\n#. c\n\n",
    "term\n  definition\n\n",
    ":field: x\n:other:\n  y\n\n",
    "-a  option\n--long=x  other\n\n",
    "| line\n| block\n\n",
    "+---+---+\n| a | b |\n+---+---+\n\n",
    "=== ===\na   b\n=== ===\n1   2\n=== ===\n\n",
    ".. role:: one(two)\n\n",
    ".. role:: two\n\n",
    ".. role\t:: three(emphasis)\n\n",
    "Text :one:`x` :two:`y` :three:`z` :nope:`q`\n\n",
    ".. default-role:: two\n\n`x`\n\n",
    ".. note::\n\n   - a\n\n     b\n",
    ".. include:: inc.inc\n\n",
    ".. include:: nothing.inc\n\n",
    ".. code:: python\n\n   x = 1\n\n",
    ".. figure:: a.png\n   :figwidth: image\n\n   Caption\n\n   Legend\n\n",
    ".. unknown:: x\n\n",
    "|sub| [1]_ `ref`_ *broken\n\n.. |sub| replace:: x\n.. [1] note\n\n",
    "::\n\n   literal\n\nText::\n\n> quoted\n\n",
    "A long line " + "with words " * 12 + "\n\n",
    ".. A long comment " + "with words " * 12 + "\n\n",
    "http://x.org/" + "long" * 30 + " and more words\n",
    "trailing \n\ttab\r\n",
    "----\n\n",
    "  indented\n\n",
]


@pytest.fixture
def adapt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes doc8's options for the files below the root, which is the current folder."""
    monkeypatch.chdir(tmp_path)

    def resolved(*args: str) -> Options:
        files = [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()]
        request = Request(check="doc8", root=str(tmp_path), paths=(".",), args=args)
        return Doc8Adapter().resolve(request, Tree(str(tmp_path), files)).options

    return resolved


@contextlib.contextmanager
def no_shortcuts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(_doc8_shortcuts, "_known", lambda: False)
        yield


def answers(options: Options, root: Path, paths: Sequence[str]) -> list[Analysis]:
    return [Doc8Adapter().check(options, path, (root / path).read_bytes()) for path in paths]


def contexts(options: Options, *paths: str) -> dict[str, str]:
    return dict(zip(paths, Doc8Adapter().context(options, [f"./{path}" for path in paths]), strict=True))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(
    "args", [(), ("--ignore=D000",), ("--no-sphinx", "--max-line-length=40", "--allow-long-titles")]
)
def test_short_cuts_change_no_answer(
    seed: int, args: tuple[str, ...], tmp_path: Path, adapt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    write(tmp_path, {"inc.inc": ".. role:: two(one)\n\nIncluded :one:`x`\n===\n"})
    for number in range(12):
        text = "".join(chance.choices(_BLOCKS, k=chance.randrange(9)))
        write(tmp_path, {f"{number:02}.{chance.choice(['rst', 'rst', 'txt'])}": text})
    write(tmp_path, {"50.rst": b"Text \xff\n", "51.rst": "\ufeffTitle\n=====\n", "52.rst": "> " * 300 + "x"})
    if seed % 4 == 0:
        write(tmp_path, {"docutils.conf": "[general]\nlanguage_code: de\nhalt_level: 4\ntab_width: 4\n"})
    options = adapt(*args)
    paths = Doc8Adapter().select(options, Tree(str(tmp_path), [path.name for path in tmp_path.iterdir()]))
    in_order = answers(options, tmp_path, paths)
    backwards = answers(adapt(*args), tmp_path, paths[::-1])[::-1]

    with no_shortcuts(monkeypatch):
        assert answers(adapt(*args), tmp_path, paths) == in_order
    assert backwards == in_order
    assert any(said.findings for said in in_order)


def test_a_clean_document_is_parsed_once(tmp_path: Path, adapt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from doc8.parser import ParsedFile

    def document(file: ParsedFile) -> object:
        raise AssertionError("parsed again")

    write(tmp_path, {"a.rst": "Title\n=====\n"})
    options = adapt()
    monkeypatch.setattr(ParsedFile, "document", property(document))

    assert answers(options, tmp_path, ["./a.rst"]) == [Analysis()]


@pytest.mark.parametrize("text", [".. role:: x\n", "word " * 40])
def test_a_second_parse_that_may_matter_is_made(
    text: str, tmp_path: Path, adapt: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from doc8.parser import ParsedFile

    made: list[str] = []
    original: Any = ParsedFile.document
    write(tmp_path, {"a.rst": text})
    options = adapt()

    def document(file: ParsedFile) -> object:
        made.append(file.filename)
        return original.fget(file)

    monkeypatch.setattr(ParsedFile, "document", property(document))
    answers(options, tmp_path, ["./a.rst"])

    assert made == ["./a.rst"]


def test_other_versions_go_their_own_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(_doc8_shortcuts._VERSIONS, "docutils", "0.22")

    assert not _doc8_shortcuts._known.__wrapped__()


def test_a_definer_is_read_once(tmp_path: Path, adapt: Any) -> None:
    write(tmp_path, {"a.rst": ".. role:: x\n", "b.rst": "b\n", "c.rst": ".. role:: y\n", "d.rst": ":x:`x` :y:`y`\n"})
    options = adapt("--no-sphinx")
    read: list[str] = []
    original: Callable[[str, bytes], Analysis] = options.history._read

    def noting(path: str, data: bytes) -> Analysis:
        read.append(path)
        return original(path, data)

    options.history._read = noting
    paths = ["./d.rst", "./a.rst", "./b.rst", "./c.rst"]

    assert all(not said.findings for said in answers(options, tmp_path, paths))
    assert sorted(read) == sorted(paths)


def test_what_was_said_of_other_content_is_not_used(tmp_path: Path, adapt: Any) -> None:
    write(tmp_path, {"a.rst": ".. role:: x\n", "b.rst": "b\n"})
    options = adapt()
    answers(options, tmp_path, ["./b.rst"])

    said = Doc8Adapter().check(options, "./a.rst", b"a \n")

    assert [finding.rule for finding in said.findings] == ["D002"]


def test_files_that_docutils_opens_are_noted(tmp_path: Path, adapt: Any) -> None:
    text = """
.. include:: sub/a.inc
.. include:: missing.inc
.. include:: <isonum.txt>
.. csv-table::
   :file: t.csv

.. raw:: html
   :file: ../outside.html
"""
    write(tmp_path, {"docs/a.rst": text, "docs/sub/a.inc": ".. include:: b.inc\n", "docs/t.csv": "1,2\n"})

    (said,) = answers(adapt(), tmp_path, ["./docs/a.rst"])

    assert dict(said.depends) == {
        "docs/missing.inc": None,
        "docs/sub/a.inc": b".. include:: b.inc\n",
        "docs/sub/b.inc": None,
        "docs/t.csv": b"1,2\n",
        "outside.html": None,
    }


def test_a_file_outside_of_the_root_is_noted_by_its_absolute_path(tmp_path: Path, adapt: Any) -> None:
    write(tmp_path, {"a.rst": ".. include:: ../away.inc\n"})

    (said,) = answers(adapt(), tmp_path, ["./a.rst"])

    assert said.depends == ((str(tmp_path.parent / "away.inc"), None),)


def test_a_picture_that_is_measured_is_noted(tmp_path: Path, adapt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from docutils.parsers.rst.directives import images

    def missing(path: str) -> object:
        raise FileNotFoundError(path)

    monkeypatch.setattr(images, "PIL", types.SimpleNamespace(Image=types.SimpleNamespace(open=missing)))
    write(tmp_path, {"a.rst": ".. figure:: p/a%20b.png\n   :figwidth: image\n\n.. figure:: c.png\n   :scale: 50\n"})

    (said,) = answers(adapt(), tmp_path, ["./a.rst"])

    assert said.depends == (("p/a b.png", None),)


def test_the_context_is_empty_where_no_document_before_defines_a_role(tmp_path: Path, adapt: Any) -> None:
    write(tmp_path, {"a.rst": "a\n", "b.rst": ".. role:: x\n", "c.rst": "c\n", "d.txt": "d\n"})

    found = contexts(adapt(), "a.rst", "b.rst", "c.rst", "d.txt")

    assert found["a.rst"] == found["b.rst"] == found["d.txt"] == ""
    assert len(found["c.rst"]) == 64


def test_a_changed_definer_changes_later_contexts_alone(tmp_path: Path, adapt: Any) -> None:
    names = ["a.rst", "b.rst", "c.rst", "d.rst", "e.rst"]
    write(tmp_path, {**dict.fromkeys(names, "x\n"), "b.rst": ".. role:: x\n", "d.rst": ".. role:: y\n"})
    before = contexts(adapt(), *names)
    write(tmp_path, {"d.rst": ".. role:: z\n"})
    changed = contexts(adapt(), *names)
    write(tmp_path, {"d.rst": ".. role:: y\n", "c.rst": "other\n"})

    assert [name for name in names if before[name] != changed[name]] == ["e.rst"]
    assert contexts(adapt(), *names) == before


def test_a_moved_definer_changes_the_contexts_between(tmp_path: Path, adapt: Any) -> None:
    names = ["a.rst", "c.rst", "e.rst"]
    write(tmp_path, {**dict.fromkeys(names, "x\n"), "b.rst": ".. role:: x\n"})
    before = contexts(adapt(), *names)
    (tmp_path / "b.rst").rename(tmp_path / "d.rst")
    moved = contexts(adapt(), *names)

    assert before["a.rst"] == moved["a.rst"] == moved["c.rst"] == ""
    assert before["c.rst"] and moved["e.rst"]


@pytest.mark.parametrize(
    "inclusion",
    [
        ".. include:: defs.inc\n",
        ".. include:: more.inc\n",
        ".. include::\n   defs.inc\n",
        "+-----------------------+\n| .. include:: defs.inc |\n+-----------------------+\n",
        ".. csv-table::\n   :file: defs.inc\n",
        ".. role:: own\n\n.. include:: plain\\\n   defs.inc\n\n.. include:: defs.inc\n",
    ],
)
def test_what_a_definer_includes_counts(inclusion: str, tmp_path: Path, adapt: Any) -> None:
    write(tmp_path, {"a.rst": inclusion, "b.rst": "b\n", "more.inc": ".. include:: defs.inc\n"})
    contents = [".. role:: x\n", ".. role:: y\n", None]
    found = []
    for content in contents:
        (tmp_path / "defs.inc").unlink(missing_ok=True)
        if content is not None:
            write(tmp_path, {"defs.inc": content})
        found.append(contexts(adapt(), "a.rst", "b.rst"))

    assert [each["a.rst"] for each in found] == [""] * 3
    assert len({each["b.rst"] for each in found}) == 3


def test_the_first_document_in_another_language_is_marked(tmp_path: Path, adapt: Any) -> None:
    write(tmp_path, {"a.rst": "a\n", "b.rst": "b\n", "docutils.conf": "[general]\nlanguage_code: xx\n"})

    assert contexts(adapt(), "a.rst", "b.rst") == {"a.rst": "first ", "b.rst": ""}
