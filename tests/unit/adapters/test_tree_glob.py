"""A glob over a tree finds what `glob` finds on the disk."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from qualitygate.adapters._tree_glob import TreeGlob
from qualitygate.plugin import Tree

_FILES = ("a.rst", "b.txt", ".hidden", "docs/a.rst", "docs/[x].rst", "docs/.h/a.rst", "docs/sub/b.rst", "src/m/a.txt")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in a folder, with a link from one of its folders to another."""
    root = tmp_path_factory.mktemp("parent") / "top"
    for name in _FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    (root / "src" / "linked").symlink_to("../docs")
    (root / "broken").symlink_to("nothing")
    return root


@pytest.fixture(autouse=True)
def in_root(root: Path) -> Iterator[None]:
    before = os.getcwd()
    os.chdir(root)
    yield
    os.chdir(before)


def tree_glob(root: Path) -> TreeGlob:
    return TreeGlob(Tree(str(root), [*_FILES, "broken"], {"src/linked": "docs"}))


def place(path: str) -> str:
    """Where *path* is, but for the link that it may be itself."""
    folder, name = os.path.split(path)
    return os.path.normpath(os.path.join(os.path.realpath(folder), name))


_PART = st.sampled_from(
    ["*", "**", ".", "..", "", "docs", "sub", "src", "linked", "a.rst", "?.rst", "*.rst", "[ab].*", "[[]x].rst", ".*"]
    + ["none", ".h", "broken", "[!a]*", "d*", "top", "m", "*o*", "b[", "broken/"]
)


@settings(max_examples=500, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(_PART, max_size=5).map("/".join), st.sampled_from(["", "", "./", "ROOT/"]))
@example("", "")
@example("docs/**/b.rst", "")
@example("../top/docs/*.rst", "")
@example("../*/docs", "")
@example("none/../docs", "")
@example("a.rst/..", "")
@example("a.rst/", "")
@example("*/*/../../*", "")
@example("src/linked/../../../*", "")
@example("docs/", "ROOT/")
def test_it_finds_what_glob_finds_on_the_disk(root: Path, pattern: str, start: str) -> None:
    pattern = start.replace("ROOT", str(root)) + pattern.lstrip("/")

    def near(paths: Iterable[str]) -> list[str]:
        """Those in and right above the root, which are not spelled by way of other folders."""
        above = str(root.parent)
        return sorted(
            path for path in paths if place(path).startswith(above) and os.path.abspath(path).startswith(above)
        )

    found = list(tree_glob(root).iglob(pattern))

    assert near(found) == near(glob.iglob(pattern))
    assert not [path for path in found if not os.path.lexists(path)]


def test_what_the_tree_hides_is_not_found(root: Path) -> None:
    hiding = TreeGlob(Tree(str(root), ["docs/a.rst"]))

    assert list(hiding.iglob("docs/*")) == ["docs/a.rst"]
    assert list(hiding.iglob("*")) == ["docs"]
    assert list(hiding.iglob("b.txt")) == []


def test_folders_that_lead_to_the_root_are_there(root: Path) -> None:
    assert list(tree_glob(root).iglob("..")) == [".."]
    assert list(tree_glob(root).iglob("../*")) == ["../top"]
    assert list(tree_glob(root).iglob(f"{root.parent}/t*p/docs/s*")) == [f"{root.parent}/top/docs/sub"]
    assert list(tree_glob(root).iglob("../elsewhere")) == []
