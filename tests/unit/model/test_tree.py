from __future__ import annotations

import os
import pickle
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qualitygate.model.tree import Tree

NAME = st.sampled_from(["a", "b", "a.py", "b c", ".git", "é", os.fsdecode(b"\xff"), "-x", "aa"])
PATH = st.lists(NAME, min_size=1, max_size=4).map("/".join)
Walked = list[tuple[str, list[str], list[str]]]


def real_tree(root: Path, paths: list[str], links: list[tuple[str, str]]) -> Tree:
    """Make files and links, as far as names allow, and the tree that shows all of them."""
    for path in paths:
        try:
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).touch()
        except OSError:
            continue
    for link, target in links:
        try:
            os.symlink(os.path.relpath(root / target, (root / link).parent), root / link)
        except OSError:
            continue
    files, folder_links, empty = [], {}, []
    for folder, folders, names in os.walk(root):
        below = os.path.relpath(folder, root)
        files += [os.path.normpath(os.path.join(below, name)) for name in names]
        for name in folders:
            path = os.path.normpath(os.path.join(below, name))
            if os.path.islink(root / path):
                target = os.path.relpath(os.path.realpath(root / path), root)
                folder_links[path] = "" if target == "." else target
        if not folders and not names and below != ".":
            empty.append(below)
    return Tree(str(root), files, folder_links, empty)


def ordered(walked: Iterator[tuple[str, list[str], list[str]]]) -> Walked:
    return sorted((path, sorted(folders), sorted(files)) for path, folders, files in walked)


def leads_through_folders(path: str) -> bool:
    """Whether each `..` stands behind a folder; else the disk knows no such path, and the tree cleans it as text."""
    names = path.split("/")
    return all(os.path.isdir("/".join(names[:place]) or ".") for place, name in enumerate(names) if name == "..")


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(os.path.realpath(name))


SPELLING = st.tuples(
    st.sampled_from(["", "./", "ROOT/", ".//", "../project/", "./../project/", "ROOT/../project/"]),
    st.lists(st.one_of(NAME, st.sampled_from([".", "link", "link2"])), max_size=4).map("/".join),
    st.sampled_from(["", "", "/", "/.", "/..", "/../."]),
).map("".join)


@settings(max_examples=int(os.environ.get("EXAMPLES", 150)), deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(PATH, max_size=10),
    st.lists(st.tuples(st.sampled_from(["link", "a/link", "link2"]), PATH | st.just(".")), max_size=3),
    st.lists(SPELLING, min_size=3, max_size=10),
    st.data(),
)
def test_a_tree_of_everything_answers_like_the_disk(
    scratch: Path, paths: list[str], links: list[tuple[str, str]], spellings: list[str], data: st.DataObject
) -> None:
    root = scratch / "project"
    root.mkdir()
    before = os.getcwd()
    os.chdir(root)
    try:
        tree = real_tree(root, paths, links)
        if paths:
            spellings = [*spellings, *data.draw(st.lists(st.sampled_from(paths), max_size=3))]
        for spelling in ["", ".", *(text.replace("ROOT", str(root)) for text in spellings)]:
            if leads_through_folders(spelling):
                assert tree.isdir(spelling) == os.path.isdir(spelling), spelling
                assert tree.isfile(spelling) == os.path.isfile(spelling), spelling
                assert tree.exists(spelling) == os.path.exists(spelling), spelling
                if tree.relative(spelling) is not None:
                    assert ordered(tree.walk(spelling)) == ordered(os.walk(spelling)), spelling
        copy = pickle.loads(pickle.dumps(tree))
        assert (copy.files, copy.children, copy.folder_links) == (tree.files, tree.children, tree.folder_links)
    finally:
        os.chdir(before)
        shutil.rmtree(root)


def test_only_shown_files_exist_whatever_is_on_disk(tmp_path: Path) -> None:
    for name in ("shown.py", "hidden.py", "folder/hidden.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    tree = Tree(str(tmp_path), ["shown.py"])
    assert [tree.exists(str(tmp_path / name)) for name in ("shown.py", "hidden.py", "folder")] == [True, False, False]
    assert list(tree.walk(str(tmp_path))) == [(str(tmp_path), [], ["shown.py"])]


def test_a_walk_spells_paths_as_its_top_and_can_be_pruned() -> None:
    tree = Tree("/p", ["a/x.py", "b/c/y.py", "b/d/z.py"])
    seen = []
    for folder, folders, _ in tree.walk("./b/"):
        seen.append(folder)
        folders[:] = [name for name in folders if name != "c"]
    assert seen == ["./b/", "./b/d"]
    assert tree.children["b"] == (["c", "d"], [])


def test_a_path_through_a_link_is_the_path_behind_it() -> None:
    tree = Tree("/p", ["real/sub/a.py"], {"link": "real/sub", "real/up": ""})
    assert tree.relative("link/a.py") == "real/sub/a.py"
    assert tree.relative("/p/real/up/real/up/link/../x") == "real/x"
    assert tree.relative("real/up") == ""


def test_a_path_outside_of_the_root_has_no_relative() -> None:
    tree = Tree("/p/q", ["a.py"])
    for path in ("..", "../qq", "/p", "/", "/p/qq/a.py", "a/../../b"):
        assert tree.relative(path) is None
    assert tree.relative("../q/a.py") == "a.py"
    assert tree.relative("../../p/q/a.py") == "a.py"
    assert Tree("/p/q", [], {"link": ""}).relative("link/..") is None


def test_a_tree_at_the_root_of_the_file_system_has_relatives() -> None:
    assert Tree("/", ["a/b"]).relative("/a/b") == "a/b"


def test_walks_that_are_not_supported_are_refused() -> None:
    with pytest.raises(NotImplementedError):
        Tree("/p", []).walk(".", topdown=False)
    with pytest.raises(NotImplementedError):
        Tree("/p", []).walk(".", followlinks=True)


def test_a_tree_deeper_than_the_recursion_limit_can_be_walked() -> None:
    deep = "/".join(["d"] * 1900)
    assert sum(1 for _ in Tree("/p", [f"{deep}/x"]).walk(".")) == 1901
