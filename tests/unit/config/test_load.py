"""Which file configures a project, and what is said of one that can not be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qualitygate.config.load import find
from qualitygate.errors import ConfigError

TABLE = "[tool.qualitygate]\n"


@pytest.fixture
def top(tmp_path: Path) -> Path:
    """A git top level with a folder `a/b` in it; the folder above it is configured too."""
    (tmp_path / "qualitygate.toml").touch()
    top = tmp_path / "repository"
    (top / "a" / "b").mkdir(parents=True)
    (top / ".git").mkdir()
    return top


def refusal(start: Path, config: Path | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        find(start, config)
    return caught.value.headline


def test_the_nearest_configuration_upward_is_the_root(top: Path) -> None:
    (top / "pyproject.toml").write_text(TABLE)
    (top / "a" / "qualitygate.toml").touch()

    location = find(top / "a" / "b")

    assert location.root == top / "a"
    assert location.document is not None
    assert location.document.file == top / "a" / "qualitygate.toml"
    assert location.document.shown == "../qualitygate.toml"


def test_a_pyproject_without_our_table_is_passed_over(top: Path) -> None:
    (top / "pyproject.toml").write_text(TABLE + "[tool.other]\n")
    (top / "a" / "pyproject.toml").write_text("[tool.other]\n")

    assert find(top / "a" / "b").root == top


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_the_search_ends_at_the_git_top_level(top: Path, kind: str) -> None:
    if kind == "file":  # as in a submodule or a linked work tree
        (top / ".git").rmdir()
        (top / ".git").write_text("gitdir: elsewhere")

    location = find(top / "a" / "b")

    assert location.root == top
    assert location.document is None


def test_without_git_and_configuration_the_start_is_the_root(tmp_path: Path) -> None:
    folder = tmp_path / "x"
    folder.mkdir()
    if any((parent / ".git").exists() for parent in tmp_path.parents):
        pytest.skip("the temporary folder is inside of a work tree")

    assert find(folder).root == folder


def test_two_configurations_in_one_folder_are_an_error(top: Path) -> None:
    (top / "pyproject.toml").write_text(TABLE)
    (top / "qualitygate.toml").touch()

    assert refusal(top) == "pyproject.toml has a [tool.qualitygate] table, and qualitygate.toml is beside it"


def test_a_pyproject_without_our_table_may_stand_beside_our_own_file(top: Path) -> None:
    (top / "pyproject.toml").write_text("[project]\n")
    (top / "qualitygate.toml").touch()

    document = find(top).document

    assert document is not None and document.file.name == "qualitygate.toml"


def test_a_named_file_makes_its_folder_the_root(top: Path) -> None:
    (top / "a" / "gate.toml").write_text("paths = ['x']")

    location = find(top / "a" / "b", Path("../gate.toml"))

    assert location.root == top / "a"
    assert location.document is not None
    assert location.document.table == {"paths": ["x"]}


def test_a_named_pyproject_is_read_as_one(top: Path) -> None:
    (top / "pyproject.toml").write_text(TABLE + "paths = ['x']")

    document = find(top / "a", top / "pyproject.toml").document

    assert document is not None and document.table == {"paths": ["x"]}


def test_a_named_file_must_exist_and_configure_us(top: Path) -> None:
    (top / "pyproject.toml").write_text("[project]\n")

    assert refusal(top, Path("gone.toml")) == "gone.toml: no such file"
    assert refusal(top, Path("gone/gate.toml")) == "gone/gate.toml: no such file"
    assert refusal(top, Path("pyproject.toml")) == "pyproject.toml has no [tool.qualitygate] table"
    assert refusal(top, Path("a")) == "a is not a file"
    assert "can not be read" in refusal(top, Path("a\0b"))


def test_broken_toml_is_told_with_its_place_even_where_it_may_not_be_ours(top: Path) -> None:
    (top / "pyproject.toml").write_text("[project]\nname = = 1\n")

    assert refusal(top / "a") == "../pyproject.toml:2:8: not valid TOML: Invalid value\n    name = = 1"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a = 1\na = 2\n", "pyproject.toml:2:6: not valid TOML: Cannot overwrite a value"),
        (b'a = "x', "pyproject.toml:1:7: not valid TOML: "),
        (b"a = 1\n\nb = '\xff'\n", "pyproject.toml:3:1: not UTF-8 (invalid start byte)"),
        ("a = 1".encode("utf-16"), "pyproject.toml:1:1: not UTF-8"),
        (b"\xef\xbb\xbfa = 1", "the file starts with a byte-order mark, which TOML does not allow"),
        (b"a = " + b"[" * 100_000, "pyproject.toml:1:1: not readable as TOML: nested too deeply"),
        (b"a = " + b"9" * 5_000, "pyproject.toml:1:1: not valid TOML: Exceeds the limit"),
        (b"a = 2027-02-30", "not valid TOML: Invalid date or datetime"),
        (b"a = \0", "pyproject.toml:1:5: not valid TOML"),
        (b"[tool]\nqualitygate = 3", "pyproject.toml:2:1: `tool.qualitygate` is not a table\n    qualitygate = 3"),
        (b"[[tool.qualitygate]]", "pyproject.toml:1:8: `tool.qualitygate` is not a table"),
    ],
)
def test_a_file_that_is_not_a_configuration_is_an_error_with_a_place(top: Path, content: bytes, said: str) -> None:
    (top / "pyproject.toml").write_bytes(content)

    assert said in refusal(top)


@pytest.mark.parametrize("content", [b"tool = 1", b"[[tool]]", b"[tool]", b""])
def test_a_pyproject_of_any_other_shape_is_passed_over(top: Path, content: bytes) -> None:
    (top / "pyproject.toml").write_bytes(content)

    assert find(top).document is None


@pytest.mark.parametrize("name", ["pyproject.toml", "qualitygate.toml"])
def test_what_is_not_a_readable_file_is_an_error(top: Path, name: str) -> None:
    path = top / name
    path.mkdir()
    assert refusal(top) == f"{name} is not a file"
    path.rmdir()

    os.mkfifo(path)
    assert refusal(top) == f"{name} is not a file"
    path.unlink()

    path.symlink_to("gone")
    assert refusal(top) == f"{name} can not be read: No such file or directory"
    path.unlink()

    path.symlink_to(name)
    assert "can not be read: Too many levels of symbolic links" in refusal(top)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_read_permission_is_an_error(top: Path) -> None:
    (top / "pyproject.toml").touch(mode=0)

    assert refusal(top) == "pyproject.toml can not be read: Permission denied"


def test_the_start_may_be_a_link(top: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(top / "a")

    assert find(tmp_path / "link").root == top


def test_windows_line_ends_do_not_move_places(top: Path) -> None:
    (top / "qualitygate.toml").write_bytes(b"paths = [\r\n 'a',\r\n 'b']\r\nexclude = []\r\n")

    document = find(top).document

    assert document is not None
    assert document.origin(("exclude",)) == "qualitygate.toml:4"
    assert document.place(("paths", 1)) == (3, 2)
    assert document.line(3) == " 'b']"
    assert document.place(("never", "written")) == (1, 1)


@pytest.mark.parametrize(
    ("text", "place", "name"),
    [
        ("[tool.quality-gate]", "1:7", "tool.quality-gate"),
        ("[project]\n[tool.qualitygates.flake8]", "2:7", "tool.qualitygates"),
        ("[tool.QualityGate]", "1:7", "tool.QualityGate"),
        ("[tool.quality_gate]", "1:7", "tool.quality_gate"),
        ("[tool]\nqualtygate.paths = ['src']", "2:1", "tool.qualtygate"),
        ("[tool.'quality gate']", "1:7", 'tool."quality gate"'),
        ("[tool.pytest-qualitygate]", "1:7", "tool.pytest-qualitygate"),
        ("[qualitygate]", "1:2", "qualitygate"),
        ("[quality-gate.flake8]", "1:2", "quality-gate"),
        ("[tools.qualitygate]", "1:8", "tools.qualitygate"),
    ],
)
@pytest.mark.parametrize("right", ["", "\n[tool.qualitygate]\n"])
def test_a_table_with_nearly_our_name_is_an_error(top: Path, text: str, place: str, name: str, right: str) -> None:
    (top / "pyproject.toml").write_text(text + right)

    said = refusal(top / "a").splitlines()

    assert said[0] == f"../pyproject.toml:{place}: `[{name}]` is not read"
    assert said[-1] == "    did you mean `[tool.qualitygate]`?"


def test_every_table_with_nearly_our_name_is_told(top: Path) -> None:
    (top / "pyproject.toml").write_text("[tool.quality-gate]\n[qualitygate]\n")

    assert refusal(top).count("is not read") == 2


@pytest.mark.parametrize("key", ["quality", "gate", "qualys", "tailgatequity", "flake8", "setuptools"])
def test_the_table_of_another_tool_is_no_slip(top: Path, key: str) -> None:
    (top / "pyproject.toml").write_text(f"[tool.{key}]\n[{key}]\n")

    assert find(top).document is None


@pytest.mark.parametrize("name", [".qualitygate.toml", "quality-gate.toml", "quality_gate.toml"])
@pytest.mark.parametrize("beside", ["qualitygate.toml", "x"])
def test_a_file_with_nearly_our_name_is_an_error(top: Path, name: str, beside: str) -> None:
    (top / name).touch()
    (top / beside).touch()

    assert refusal(top / "a") == f"../{name} is not read; did you mean `qualitygate.toml`?"


def test_a_named_file_may_have_nearly_our_name(top: Path) -> None:
    (top / "quality-gate.toml").write_text("paths = ['x']")

    document = find(top, Path("quality-gate.toml")).document

    assert document is not None and document.table == {"paths": ["x"]}
