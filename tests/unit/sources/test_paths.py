from __future__ import annotations

import os
from pathlib import Path

import pytest

from qualitygate.model.tree import Tree
from qualitygate.sources.paths import missing_paths
from qualitygate.sources.worktree import open_worktree
from tests.unit.sources.repositories import repository, write


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    root = repository(tmp_path / "repo", {"src/pkg/a.py": "", "docs/x.rst": "", ".gitignore": "build/\n"})
    write(root, {"build/gen.py": ""})
    (root / "empty").mkdir()
    os.symlink("/tmp", root / "out")
    os.symlink("src", root / "in")
    os.symlink("nowhere", root / "broken.py")
    return open_worktree(root).tree


def test_what_the_tree_shows_is_not_missing(tree: Tree) -> None:
    shown = [".", "./", "src", "src/", "./src/pkg/a.py", "in", "in/pkg", "broken.py", "docs/../src", ".git"]
    assert missing_paths(tree, [*shown, tree.root, os.path.join(tree.root, "src")]) == []


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("scr", "'scr': no such file or folder; did you mean 'src'?"),
        ("src/pgk", "'src/pgk': no such file or folder; did you mean 'src/pkg'?"),
        ("scr/pkg/a.py", "'scr/pkg/a.py': no such file or folder; did you mean 'src/pkg/a.py'?"),
        ("src/pkg/b.py", "'src/pkg/b.py': no such file or folder; did you mean 'src/pkg/a.py'?"),
        ("zzz", "'zzz': no such file or folder"),
        ("", "'': a path must not be empty; '.' is the project root"),
        ("out", "'out' is a link to a folder outside of the project root"),
        (
            "build",
            "'build' shows no file: everything in it is ignored or excluded, or it is empty or a submodule",
        ),
        (
            "empty",
            "'empty' shows no file: everything in it is ignored or excluded, or it is empty or a submodule",
        ),
        ("build/gen.py", "'build/gen.py' is there but not shown: it is ignored or excluded, or not a regular file"),
    ],
)
def test_a_missing_path_is_told_with_its_reason(tree: Tree, path: str, sentence: str) -> None:
    assert missing_paths(tree, ["src", path]) == [sentence]


def test_a_path_outside_of_the_root_is_told(tree: Tree) -> None:
    assert missing_paths(tree, ["../x", "/"]) == [
        f"'../x' lies outside of the project root {tree.root}",
        f"'/' lies outside of the project root {tree.root}",
    ]
