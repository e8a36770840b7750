from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from qualitygate.errors import ConfigError, SourceError
from qualitygate.sources.worktree import WorkTree, open_worktree
from tests.unit.sources.repositories import commit_all, git, repository, write


def files(root: Path, *exclude: str) -> set[str]:
    return set(open_worktree(root, exclude).tree.files)


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {"a.py": "1\n", "pkg/b.py": "2\n", ".gitignore": "*.log\nbuild/\n"})


def test_tracked_and_untracked_files_are_shown_and_ignored_ones_are_not(repo: Path) -> None:
    write(repo, {"new.py": "", "pkg/x.log": "", "build/gen.py": ""})
    assert files(repo) == {".gitignore", "a.py", "pkg/b.py", "new.py"}


def test_a_tracked_file_is_shown_although_a_pattern_ignores_it(repo: Path) -> None:
    write(repo, {"build/kept.py": ""})
    git(repo, "add", "-f", "build/kept.py")
    assert "build/kept.py" in files(repo)


def test_a_deleted_file_is_not_shown(repo: Path) -> None:
    (repo / "a.py").unlink()
    work = open_worktree(repo)
    assert "a.py" not in work.tree.files
    assert work.info.dirty is True


def test_a_renamed_file_is_shown_under_its_new_name_only(repo: Path) -> None:
    git(repo, "mv", "a.py", "c.py")
    os.rename(repo / "pkg/b.py", repo / "pkg/d.py")
    assert files(repo) == {".gitignore", "c.py", "pkg/d.py"}


def test_a_file_of_an_unmerged_index_is_shown_once(repo: Path) -> None:
    git(repo, "checkout", "-qb", "other")
    commit_all(write(repo, {"a.py": "theirs\n"}))
    git(repo, "checkout", "-q", "main")
    commit_all(write(repo, {"a.py": "ours\n"}))
    with pytest.raises(subprocess.CalledProcessError):
        git(repo, "merge", "-q", "other")
    assert open_worktree(repo).tree.files.count("a.py") == 1


def test_a_file_only_announced_with_intent_to_add_is_shown(repo: Path) -> None:
    write(repo, {"soon.py": ""})
    git(repo, "add", "-N", "soon.py")
    assert "soon.py" in files(repo)


def test_files_left_out_of_a_sparse_checkout_are_not_shown_and_counted_in_a_warning(repo: Path) -> None:
    commit_all(write(repo, {"far/c.py": "", "far/d.py": ""}))
    git(repo, "sparse-checkout", "set", "pkg")
    work = open_worktree(repo)
    assert set(work.tree.files) == {".gitignore", "a.py", "pkg/b.py"}
    assert work.warnings == ("2 tracked files are not judged: the checkout is sparse",)
    assert work.info.dirty is False


def test_a_submodule_is_not_entered_and_named_in_a_warning(repo: Path, tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner", {"s.py": ""})
    git(repo, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "sub")
    work = open_worktree(repo)
    assert "sub/s.py" not in work.tree.files
    assert work.warnings == ("not judged, because they are submodules: sub",)


def test_a_nested_repository_is_not_entered_and_named_in_a_warning(repo: Path) -> None:
    repository(repo / "nested", {"n.py": ""})
    work = open_worktree(repo)
    assert not any(path.startswith("nested") for path in work.tree.files)
    assert work.warnings == ("not judged, because they are git repositories of their own: nested",)


ODD_NAMES = [b"with space.py", b"quote\"'.py", b"new\nline.py", b"tab\t.py", b"-dash.py", b"back\\slash.py"]
ODD_NAMES += [b"not-utf8-\xff.py", "né-中.py".encode(), b":(top)magic.py", b"*.py", b"? q.py"]


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("tracked", [True, False])
def test_an_odd_name_is_shown_as_the_system_spells_it(repo: Path, name: bytes, tracked: bool) -> None:
    path = os.fsdecode(name)
    write(repo, {path: "1\n"})
    if tracked:
        git(repo, "add", "-A")
    assert path in files(repo)
    assert open_worktree(repo).tree.isfile(os.path.join(repo, path))


def test_links_are_told_apart_by_what_is_behind_them(repo: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    for name, target in {
        "to-file.py": "a.py",
        "broken.py": "nowhere.py",
        "loop.py": "loop.py",
        "to-folder": "pkg",
        "to-root": ".",
        "outside": "../elsewhere",
        "outside.py": "/etc/passwd",
    }.items():
        os.symlink(target, repo / name)
    work = open_worktree(repo)
    shown = {".gitignore", "a.py", "pkg/b.py", "to-file.py", "broken.py", "loop.py", "outside.py"}
    assert set(work.tree.files) == shown
    assert work.tree.folder_links == {"to-folder": "pkg", "to-root": ""}
    assert work.warnings == ("not judged, because they are links to folders outside of the project root: outside",)


def test_files_of_a_tracked_folder_that_became_a_link_are_not_shown_through_it(repo: Path) -> None:
    os.rename(repo / "pkg", repo / "real")
    os.symlink("real", repo / "pkg")
    work = open_worktree(repo)
    assert set(work.tree.files) == {".gitignore", "a.py", "real/b.py"}
    assert work.tree.folder_links == {"pkg": "real"}


def test_a_tracked_file_that_became_a_folder_is_replaced_by_the_files_in_it(repo: Path) -> None:
    (repo / "a.py").unlink()
    write(repo, {"a.py/inner.py": ""})
    assert files(repo) == {".gitignore", "a.py/inner.py", "pkg/b.py"}


def test_a_tracked_file_that_became_a_fifo_stays_and_a_new_fifo_or_socket_is_not_shown(repo: Path) -> None:
    (repo / "a.py").unlink()
    os.mkfifo(repo / "a.py")
    os.mkfifo(repo / "new-fifo.py")
    with socket.socket(socket.AF_UNIX) as listener:
        folder = os.getcwd()
        os.chdir(repo)  # a socket's path must be short
        try:
            listener.bind("socket.py")
        finally:
            os.chdir(folder)
        assert files(repo) == {".gitignore", "a.py", "pkg/b.py"}


def test_exclude_hides_files_in_addition(repo: Path) -> None:
    write(repo, {"docs/_build/x.py": "", "docs/y.py": "", "docs/keep.txt": "", "docs/z.txt": ""})
    assert files(repo, "docs/_build/", "/a.py", "*.txt", "!keep.txt") == {
        ".gitignore",
        "pkg/b.py",
        "docs/y.py",
        "docs/keep.txt",
    }


def test_an_excluded_nested_repository_gives_no_warning(repo: Path) -> None:
    repository(repo / "nested", {"n.py": ""})
    assert open_worktree(repo, ["nested/"]).warnings == ()


def test_a_line_of_exclude_that_is_no_pattern_is_an_error_that_quotes_it(repo: Path) -> None:
    with pytest.raises(ConfigError, match=r"exclude: '\[z-a\]' is not a gitignore pattern"):
        open_worktree(repo, ["[z-a]"])


def test_a_root_below_the_top_sees_its_own_files_under_the_patterns_of_the_folders_above(repo: Path) -> None:
    write(repo, {"services/a/x.py": "", "services/a/x.log": "", "services/b/y.py": ""})
    work = open_worktree(repo / "services/a")
    assert work.tree.files == ("x.py",)
    assert work.root_prefix == "services/a/"
    assert work.tree.empty_folders == ()


def test_a_root_at_the_top_has_no_prefix_and_shows_an_empty_git_folder(repo: Path) -> None:
    work = open_worktree(repo)
    assert work.root_prefix == ""
    assert work.tree.isdir(".git")
    assert list(work.tree.walk(".git")) == [(".git", [], [])]


def test_a_linked_work_tree_is_a_work_tree(repo: Path, tmp_path: Path) -> None:
    git(repo, "worktree", "add", "-q", str(tmp_path / "linked"))
    work = open_worktree(tmp_path / "linked")
    assert set(work.tree.files) == {".gitignore", "a.py", "pkg/b.py"}
    assert work.tree.isdir(".git")
    assert work.info.commit == git(repo, "rev-parse", "HEAD")


def test_commit_and_tree_of_head_are_told(repo: Path) -> None:
    info = open_worktree(repo).info
    assert (info.kind, info.dirty) == ("worktree", False)
    assert info.commit == git(repo, "rev-parse", "HEAD")
    assert info.tree == git(repo, "rev-parse", "HEAD^{tree}")


def test_a_detached_head_is_as_good_as_a_branch(repo: Path) -> None:
    git(repo, "checkout", "-q", "--detach")
    assert open_worktree(repo).info.commit == git(repo, "rev-parse", "HEAD")


def test_a_repository_without_a_commit_has_files_and_no_commit(tmp_path: Path) -> None:
    git(write(tmp_path, {"a.py": ""}), "init", "-q")
    work = open_worktree(tmp_path)
    assert work.tree.files == ("a.py",)
    assert (work.info.commit, work.info.tree, work.info.dirty) == (None, None, True)


def _edit(repo: Path) -> None:
    (repo / "a.py").write_text("9\n")


def _stage(repo: Path) -> None:
    _edit(repo)
    git(repo, "add", "a.py")


def _create(repo: Path) -> None:
    (repo / "new.py").touch()


def _touch(repo: Path) -> None:
    os.utime(repo / "a.py", (1, 1))


def _create_ignored(repo: Path) -> None:
    (repo / "x.log").touch()


@pytest.mark.parametrize(
    ("change", "dirty"), [(_edit, True), (_stage, True), (_create, True), (_touch, False), (_create_ignored, False)]
)
def test_dirty_says_whether_visible_files_differ_from_the_commit(
    repo: Path, change: Callable[[Path], None], dirty: bool
) -> None:
    change(repo)
    assert open_worktree(repo).info.dirty is dirty


def test_a_folder_without_git_has_no_commit(tmp_path: Path) -> None:
    work: WorkTree = open_worktree(write(tmp_path, {"a.py": ""}))
    assert work.tree.files == ("a.py",)
    assert (work.info.commit, work.info.dirty, work.root_prefix, work.warnings) == (None, None, "", ())


def test_a_repository_that_shows_nothing_says_so(repo: Path) -> None:
    write(repo, {"build/x.py": ""})
    assert open_worktree(repo / "build").warnings == (
        f"git shows no file below {repo / 'build'}; the repository's top is {repo}",
    )


def test_a_missing_lfs_filter_leaves_open_whether_files_changed(repo: Path) -> None:
    commit_all(write(repo, {".gitattributes": "*.bin filter=gone\n", "x.bin": "1"}))
    git(repo, "config", "filter.gone.clean", "false")
    git(repo, "config", "filter.gone.required", "true")
    os.utime(repo / "x.bin", (1, 1))
    work = open_worktree(repo)
    assert work.info.dirty is None
    assert "git can not tell whether files differ from the commit" in work.warnings[0]
    assert "x.bin" in work.tree.files


def test_an_error_is_raised_in_place_of_a_listing_for_a_damaged_commit(repo: Path) -> None:
    commit = git(repo, "rev-parse", "HEAD")
    (repo / ".git/objects" / commit[:2] / commit[2:]).unlink()
    with pytest.raises(SourceError, match="git can not read the repository"):
        open_worktree(repo)
