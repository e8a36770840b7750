from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from qualitygate.errors import SourceError
from qualitygate.sources import git as git_module
from qualitygate.sources.worktree import open_worktree
from tests.unit.sources.repositories import commit_all, git, repository, write


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {"a.py": "1\n", "pkg/b.py": "2\n"})


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def test_without_a_git_program_the_error_says_so(repo: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for value in ("", str(tmp_path)):
        monkeypatch.setenv("PATH", value)
        with pytest.raises(SourceError, match="no git program on PATH") as caught:
            open_worktree(repo / "pkg")
        assert "Install git" in caught.value.hint


def test_a_file_named_git_in_the_project_is_not_taken_for_git(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    script(repo / "git", "touch ran")
    monkeypatch.setenv("PATH", ".")
    monkeypatch.chdir(repo)
    with pytest.raises(SourceError, match="no git program"):
        open_worktree(repo)
    assert not (repo / "ran").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_repository_of_another_user_is_refused_with_the_command_that_trusts_it(repo: Path) -> None:
    for path in (repo, repo / ".git"):
        os.chown(path, 65534, 65534)
    with pytest.raises(SourceError, match="belongs to another user") as caught:
        open_worktree(repo)
    assert f"git config --global --add safe.directory {repo}" in caught.value.hint


def test_a_damaged_repository_is_an_error_with_what_git_says(repo: Path) -> None:
    (repo / ".git/index").write_bytes(b"garbage garbage garbage")
    with pytest.raises(SourceError, match="git can not read the repository of .*: (fatal|error):"):
        open_worktree(repo)


def test_an_unknown_repository_version_is_an_error_with_what_git_says(repo: Path) -> None:
    git(repo, "config", "core.repositoryFormatVersion", "99")
    with pytest.raises(SourceError, match="99"):
        open_worktree(repo)


def test_a_git_entry_that_is_no_repository_is_an_error_and_no_silent_walk(tmp_path: Path) -> None:
    write(tmp_path, {"file/.git": "gitdir: /nowhere\n", "file/a.py": "", "folder/a.py": ""})
    (tmp_path / "folder/.git").mkdir()
    for name in ("file", "folder"):
        with pytest.raises(SourceError, match="not a git repository"):
            open_worktree(tmp_path / name)


def test_a_bare_repository_and_the_inside_of_a_git_folder_are_errors(repo: Path, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "--bare", "bare.git")
    for folder in (tmp_path / "bare.git", tmp_path / "bare.git/hooks", repo / ".git", repo / ".git/hooks"):
        with pytest.raises(SourceError, match="without a work tree"):
            open_worktree(folder)


def test_a_git_that_does_not_answer_is_given_up(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bin").mkdir()
    script(tmp_path / "bin/git", "exec sleep 60")
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(git_module, "TIMEOUT", 0.2)
    with pytest.raises(SourceError, match=r"`git rev-parse` in .* did not end within 0.2 seconds"):
        open_worktree(repo)


def test_no_program_that_the_repository_names_is_run(repo: Path, tmp_path: Path) -> None:
    canary = script(tmp_path / "canary", f"echo \"$0 $*\" >> {tmp_path / 'ran'}; exit 0")
    commit_all(write(repo, {".gitattributes": "* diff=x\n"}))
    for hook in ("post-index-change", "fsmonitor-watchman", "post-checkout", "pre-auto-gc"):
        shutil.copy(canary, repo / ".git/hooks" / hook)
    for key in ("core.fsmonitor", "diff.external", "core.pager", "diff.x.textconv", "diff.x.command", "alias.ls-files"):
        git(repo, "config", key, str(canary))
    (repo / "a.py").write_text("3\n")
    os.utime(repo / "pkg/b.py", (1, 1))
    subprocess.run(["git", "status"], cwd=repo, check=True, capture_output=True)
    assert (tmp_path / "ran").exists(), "the canary does not work"
    (tmp_path / "ran").unlink()
    assert open_worktree(repo).info.dirty is True
    (repo / "a.py").write_text("1\n")
    assert open_worktree(repo).info.dirty is False
    assert not (tmp_path / "ran").exists()


def test_the_index_is_not_written(repo: Path) -> None:
    os.utime(repo / "a.py", (1, 1))
    before = (repo / ".git/index").stat()
    open_worktree(repo)
    after = (repo / ".git/index").stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


@pytest.mark.parametrize("folder", [".", "pkg"])
@pytest.mark.parametrize("value", [".git", "ABSOLUTE"])
def test_in_a_hook_the_same_files_are_seen(
    repo: Path, monkeypatch: pytest.MonkeyPatch, folder: str, value: str
) -> None:
    write(repo, {".gitignore": "*.log\n", "pkg/x.log": ""})
    expected = open_worktree(repo / folder)
    monkeypatch.chdir(repo)
    monkeypatch.setenv("GIT_DIR", value.replace("ABSOLUTE", str(repo / ".git")))
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    seen = open_worktree(repo / folder)
    assert (seen.tree.files, seen.root_prefix, seen.info) == (
        expected.tree.files,
        expected.root_prefix,
        expected.info,
    )


def test_a_git_dir_of_another_repository_is_an_error(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = repository(tmp_path / "other", {"o.py": ""})
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    with pytest.raises(SourceError, match="belongs to the repository in") as caught:
        open_worktree(repo)
    assert "Unset GIT_DIR" in caught.value.hint


def test_a_repository_kept_elsewhere_is_used_through_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = repository(tmp_path / "work", {"a.py": "", ".gitignore": "*.log\n"})
    os.rename(work / ".git", tmp_path / "elsewhere.git")
    write(work, {"x.log": "", "sub/b.py": ""})
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere.git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(work))
    assert open_worktree(work).tree.files == (".gitignore", "a.py", "sub/b.py")
    assert open_worktree(work / "sub").root_prefix == "sub/"


@contextlib.contextmanager
def ordinary_user() -> Iterator[int]:
    """root may list every folder, so be somebody else; gives the user's number."""
    user = os.geteuid()
    os.seteuid(user or 65534)
    try:
        yield os.geteuid()
    finally:
        os.seteuid(user)


@pytest.mark.parametrize("with_git", [True, False])
def test_a_folder_that_can_not_be_listed_is_an_error_unless_excluded(with_git: bool) -> None:
    with tempfile.TemporaryDirectory() as name:
        root = write(Path(name), {"a.py": "", "locked/in/b.py": ""})
        root.chmod(0o755)
        if with_git:
            git(root, "init", "-q")
        (root / "locked/in").chmod(0)
        with ordinary_user() as user:
            pass
        if user != os.geteuid():
            for path in (root, *([root / ".git"] if with_git else [])):
                os.chown(path, user, -1)
        try:
            with ordinary_user():
                with pytest.raises(SourceError, match="^the folder locked/in can not be listed: Permission denied$"):
                    open_worktree(root)
                assert open_worktree(root, ["locked/"]).tree.files == ("a.py",)
        finally:
            (root / "locked/in").chmod(stat.S_IRWXU)


def test_an_index_that_does_not_exist_is_refused(tmp_path, monkeypatch):
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "gone"))
    with pytest.raises(SourceError, match="GIT_INDEX_FILE"):
        git_module.Git(tmp_path, tmp_path)


def test_a_program_called_git_inside_of_the_project_is_not_run(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "git").write_text("#!/bin/sh\ntouch ran\n")
    (tmp_path / "bin" / "git").chmod(0o755)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    git_module.Git(tmp_path, tmp_path).run("status")
    assert not (tmp_path / "ran").exists()
