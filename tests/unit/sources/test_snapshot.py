from __future__ import annotations

import errno
import os
import pickle
import shutil
import subprocess
from pathlib import Path

import pytest

from qualitygate.errors import ConfigError, SourceError
from qualitygate.model.results import SourceInfo
from qualitygate.sources import attributes
from qualitygate.sources import git as git_module
from qualitygate.sources.paths import missing_paths
from qualitygate.sources.snapshot import Snapshot, open_commit, open_index
from qualitygate.sources.worktree import open_worktree
from tests.unit.sources.repositories import ENVIRONMENT, commit_all, git, repository, write


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", {"a.py": "1\n", "pkg/b.py": "2\n", "pkg/__init__.py": ""})


def contents(source: Snapshot) -> dict[str, bytes | type[OSError]]:
    read = {path: data if isinstance(data, bytes) else type(data) for path, data in source.read_many(source.tree.files)}
    source.close()
    return read


def both(root: Path, exclude: tuple[str, ...] = ()) -> list[Snapshot]:
    """The index and HEAD, for what must be the same in both."""
    return [open_index(root, exclude), open_commit(root, "HEAD", exclude)]


def test_the_index_is_judged_and_not_what_the_disk_has(repo: Path) -> None:
    write(repo, {"a.py": "staged\n", "new.py": "staged too\n"})
    git(repo, "add", "-A")
    write(repo, {"a.py": "unstaged\n", "untracked.py": ""})
    (repo / "pkg/b.py").unlink()
    index = open_index(repo)
    assert not index.on_disk
    assert contents(index) == {
        "a.py": b"staged\n",
        "new.py": b"staged too\n",
        "pkg/__init__.py": b"",
        "pkg/b.py": b"2\n",
    }
    assert index.tracked == frozenset(index.tree.files)


def test_a_commit_is_judged_whatever_index_and_disk_have(repo: Path) -> None:
    first = git(repo, "rev-parse", "HEAD")
    commit_all(write(repo, {"a.py": "second\n", "c.py": ""}))
    commit = open_commit(repo, "HEAD~1")
    assert contents(commit) == {"a.py": b"1\n", "pkg/__init__.py": b"", "pkg/b.py": b"2\n"}
    tree = git(repo, "rev-parse", f"{first}^{{tree}}")
    assert commit.info == SourceInfo(kind="commit", commit=first, tree=tree, dirty=False)


def test_the_index_says_whether_it_is_the_commit(repo: Path) -> None:
    commit, tree = git(repo, "rev-parse", "HEAD", "HEAD^{tree}").split()
    write(repo, {"a.py": "unstaged\n"})
    assert open_index(repo).info == SourceInfo(kind="index", commit=commit, tree=tree, dirty=False)
    git(repo, "add", "a.py")
    assert open_index(repo).info == SourceInfo(kind="index", commit=commit, tree=None, dirty=True)


def test_before_the_first_commit_there_is_an_index_and_no_commit(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "1\n"})
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    index = open_index(tmp_path)
    assert index.info == SourceInfo(kind="index", dirty=True)
    assert contents(index) == {"a.py": b"1\n"}
    with pytest.raises(SourceError, match="'HEAD' names no commit"):
        open_commit(tmp_path, "HEAD")


def test_an_empty_index_is_told(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    assert open_index(tmp_path).warnings == (f"the index has no file below {tmp_path.resolve()}",)


def test_nothing_is_written(repo: Path) -> None:
    commit_all(write(repo, {".gitattributes": "*.py ident\n"}))
    git(repo, "config", "core.splitIndex", "true")
    os.utime(repo / "a.py", (1, 1))

    def state() -> dict[str, tuple[int, int]]:
        paths = [Path(folder, name) for folder, _, names in os.walk(repo) for name in names]
        return {str(path): (path.stat().st_ino, path.stat().st_mtime_ns) for path in paths}

    before = state()
    for source in both(repo):
        contents(source)
    assert state() == before


def test_below_the_root_is_visible_and_all_of_the_repository_is_readable(repo: Path) -> None:
    os.symlink("../a.py", repo / "pkg/up.py")
    os.symlink("..", repo / "pkg/top")
    commit_all(repo)
    for source in both(repo / "pkg"):
        assert (source.root_prefix, source.tree.root) == ("pkg/", str(repo / "pkg"))
        assert source.tree.files == ("__init__.py", "b.py", "up.py")
        assert source.read("up.py") == source.read("../a.py") == source.read(str(repo / "a.py")) == b"1\n"
        assert source.warnings == (
            "not judged, because they are links to folders outside of the project root: top",
        )
        assert source.tree.empty_folders == ()
        source.close()


def test_the_tree_is_the_one_of_a_clean_work_tree(repo: Path) -> None:
    write(repo, {"docs/x.rst": "", "docs/_build/y.rst": "", "data.txt": ""})
    for name, target in {
        "file.py": "a.py",
        "pkg/chain.py": "../file.py",
        "folder": "docs",
        "docs/deep": "../folder/../pkg",
        "top": ".",
        "absolute": str(repo / "docs"),
        "absolute.py": str(repo / "folder/../a.py"),
        "back": f"../{repo.name}/pkg",
        "broken.py": "nowhere",
        "not_a_folder": "a.py/",
        "loop": "loop",
        "outside": "/usr",
        "outside.py": str(Path(__file__)),
        "outside_broken": "/nonexistent/x",
    }.items():
        os.symlink(target, repo / name)
    os.symlink("folder/x.rst", repo / "through.rst")
    commit_all(repo)
    for root, exclude in [(repo, ()), (repo, ("docs/_build/", "*.txt")), (repo / "pkg", ()), (repo / "docs", ("/d*",))]:
        expected = open_worktree(root, exclude)
        for source in both(root, exclude):
            assert source.tree.files == expected.tree.files
            assert source.tree.folder_links == expected.tree.folder_links
            assert source.tree.empty_folders == expected.tree.empty_folders
            assert source.tree.children == expected.tree.children
            assert set(source.warnings) == set(expected.warnings)
            for path in source.tree.files:
                assert source.tree.isfile(path) == expected.tree.isfile(path), path
            source.close()


def test_a_link_has_the_content_that_it_leads_to_and_an_error_that_says_why_not(repo: Path) -> None:
    links = {"good": "f/b.py", "f": "pkg", "gone": "f/none", "loop": "loop", "out": "/etc/hostname"}
    for name, target in links.items():
        os.symlink(target, repo / name)
    commit_all(repo)
    for source in both(repo):
        assert source.read("good") == b"2\n"
        assert source.signature("good") == source.signature("pkg/b.py")
        assert source.sizes(["good"]) == {"good": 2}
        for name, number in {
            "gone": errno.ENOENT,
            "loop": errno.ELOOP,
            "out": errno.EXDEV,
            "f": errno.EISDIR,
            "": errno.EISDIR,
            "a.py/x": errno.ENOTDIR,
            "none": errno.ENOENT,
            "/etc/hostname": errno.ENOENT,
            "../none": errno.ENOENT,
        }.items():
            with pytest.raises(OSError) as caught:
                source.read(name)
            assert (caught.value.errno, caught.value.filename) == (number, name)
            assert source.signature(name) is None and source.sizes([name]) == {name: 0}
        with pytest.raises(OSError, match="it leads to /etc/hostname, outside of the git repository"):
            source.read("out")
        source.close()


def test_the_disk_is_not_asked_about_files(repo: Path) -> None:
    os.symlink("a.py", repo / "good.py")
    os.symlink("nowhere", repo / "broken.py")
    commit_all(repo)
    sources = both(repo)
    for name in ("a.py", "good.py", "broken.py"):
        (repo / name).unlink()
    shutil.rmtree(repo / "pkg")
    write(repo, {"nowhere": "", "broken.py": "", "untracked.py": ""})
    for source in sources:
        for tree in (source.tree, pickle.loads(pickle.dumps(source.tree))):
            assert tree.isfile("a.py") and tree.isfile("good.py") and tree.isdir("pkg") and tree.exists("pkg/b.py")
            assert not (tree.isfile("broken.py") or tree.exists("untracked.py") or tree.isfile("nowhere"))
            assert tree.shows("broken.py") and not tree.isfile("a.py/")
        source.close()


def test_equal_signatures_mean_equal_bytes(repo: Path) -> None:
    commit_all(write(repo, {"same.py": "1\n"}))
    write(repo, {"a.py": "other\n"})
    git(repo, "add", "-A")
    index, commit = both(repo)
    assert commit.signature("a.py") == commit.signature("same.py") == index.signature("same.py")
    assert index.signature("a.py") != commit.signature("a.py")
    assert index.sizes(["a.py", "pkg/__init__.py"]) == {"a.py": 6, "pkg/__init__.py": 0}
    assert commit.sizes(["a.py"]) == {"a.py": 2}


def test_what_is_excluded_or_a_submodule_is_not_judged(repo: Path, tmp_path: Path) -> None:
    other = repository(tmp_path / "other", {"o.py": ""})
    for name in ("sub", "vendor/sub"):
        git(repo, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), name)
    os.symlink("sub", repo / "to_sub")
    commit_all(repo)
    for source in both(repo, ("/vendor/", "a.py")):
        assert source.tree.files == (".gitmodules", "pkg/__init__.py", "pkg/b.py")
        assert source.warnings == ("not judged, because they are submodules: sub",)
        assert source.tree.folder_links == {"to_sub": "sub"}
        with pytest.raises(OSError, match="a folder, not a regular file"):
            source.read("sub")
        assert source.read("a.py") == b"1\n"
        source.close()
    with pytest.raises(ConfigError, match="exclude"):
        open_index(repo, ["[z-a]"])


def test_conflicts_are_an_error_that_names_the_files(repo: Path) -> None:
    git(repo, "checkout", "-q", "-b", "side")
    commit_all(write(repo, {"a.py": "side\n"}))
    git(repo, "checkout", "-q", "main")
    commit_all(write(repo, {"a.py": "main\n"}))
    subprocess.run(["git", "merge", "-q", "side"], cwd=repo, env=ENVIRONMENT, capture_output=True, check=False)
    with pytest.raises(SourceError, match=r"^the index has unresolved conflicts: a\.py$") as caught:
        open_index(repo / "pkg")
    assert "git add" in caught.value.hint and caught.value.code == 2
    write(repo, {"a.py": "merged\n"})
    git(repo, "add", "a.py")
    assert contents(open_index(repo))["a.py"] == b"merged\n"


def test_a_file_added_by_name_only_is_left_out_and_an_empty_one_is_not(repo: Path) -> None:
    write(repo, {"named.py": "x\n", "pkg/named.py": "x\n", "empty.py": "", "hidden/named.py": ""})
    git(repo, "add", "-N", "named.py", "pkg/named.py", "hidden/named.py")
    git(repo, "add", "empty.py")
    index = open_index(repo, ["hidden/"])
    assert index.tree.files == ("a.py", "empty.py", "pkg/__init__.py", "pkg/b.py")
    assert index.warnings == (
        "not judged, because only their names are added (`git add -N`): named.py, pkg/named.py",
    )
    git(repo, "rm", "-q", "--cached", "empty.py")
    assert open_index(repo).info.dirty is False, "names alone are not in the next commit"
    assert open_index(repo / "pkg").tree.files == ("__init__.py", "b.py")


def test_what_a_sparse_checkout_left_out_is_judged(repo: Path) -> None:
    git(repo, "sparse-checkout", "set", "--no-cone", "/a.py")
    assert not (repo / "pkg").exists()
    for source in both(repo):
        assert contents(source)["pkg/b.py"] == b"2\n"


def test_the_index_that_the_environment_names_is_judged(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy(repo / ".git/index", repo / ".git/other")
    write(repo, {"new.py": ""})
    git(repo, "add", "-A")
    monkeypatch.chdir(repo)
    monkeypatch.setenv("GIT_DIR", ".git")
    for value in (".git/other", str(repo / ".git/other")):
        monkeypatch.setenv("GIT_INDEX_FILE", value)
        assert open_index(repo).tree.files == ("a.py", "pkg/__init__.py", "pkg/b.py")
        assert open_index(repo / "pkg").tree.files == ("__init__.py", "b.py")
    assert open_index(repo).info.dirty is False


@pytest.mark.parametrize(
    "ref", ["", "nothing", "-x", "--all", "^main", "main..main", "HEAD:a.py", "a\0b", "main^{tree}"]
)
def test_what_names_no_commit_is_an_error(repo: Path, ref: str) -> None:
    with pytest.raises(SourceError, match="names no commit of the repository") as caught:
        open_commit(repo, ref)
    assert caught.value.headline.startswith(repr(ref)) and caught.value.hint and caught.value.code == 2


def test_every_name_of_a_commit_is_understood(repo: Path) -> None:
    head = git(repo, "rev-parse", "HEAD")
    git(repo, "tag", "-a", "-m", "x", "v1")
    git(repo, "branch", "feature/x")
    for ref in ("HEAD", "main", "v1", "feature/x", head, head[:8], "@", "refs/heads/main", "HEAD@{0}"):
        assert open_commit(repo, ref).info.commit == head


def test_a_mistyped_name_is_told_its_neighbour(repo: Path) -> None:
    git(repo, "branch", "feature/login")
    with pytest.raises(SourceError) as caught:
        open_commit(repo, "feature/lgoin")
    assert caught.value.hint == "Did you mean feature/login?"


def test_shallow_clones_work_and_say_where_older_commits_are(repo: Path, tmp_path: Path) -> None:
    first = git(repo, "rev-parse", "HEAD")
    commit_all(write(repo, {"c.py": ""}))
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{repo}", "shallow")
    for source in both(tmp_path / "shallow"):
        assert "c.py" in source.tree.files
    with pytest.raises(SourceError) as caught:
        open_commit(tmp_path / "shallow", first)
    assert "--unshallow" in caught.value.hint


def test_linked_work_trees_have_their_own_index_and_head(repo: Path, tmp_path: Path) -> None:
    git(repo, "worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))
    linked = commit_all(write(tmp_path / "linked", {"new.py": "x"}))
    for source in both(linked):
        assert source.tree.shows("new.py") and source.tree.isdir(".git")
    assert not open_index(repo).tree.shows("new.py")


def test_sha_256_repositories_are_judged(tmp_path: Path) -> None:
    repo = write(tmp_path / "sha256", {"a.py": "1\n", "empty.py": "", "named.py": ""})
    git(repo, "init", "-q", "--object-format=sha256")
    os.symlink("a.py", repo / "link.py")
    git(repo, "add", "a.py", "empty.py", "link.py")
    git(repo, "commit", "-qm", "x")
    git(repo, "add", "-N", "named.py")
    for source in both(repo):
        assert source.info.commit is not None and len(source.info.commit) == 64
        assert contents(source) == {"a.py": b"1\n", "empty.py": b"", "link.py": b"1\n"}
    assert open_index(repo).info.dirty is False


def test_names_that_are_not_utf_8_or_have_odd_characters_are_kept(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo", {"new\nline": "1", "tab\tis": "2", '"quoted"': "3", " 100644 x": "4"})
    name = os.fsdecode(b"\xff.py")
    Path(repo, name).write_text("5")
    os.symlink(name, repo / "link")
    commit_all(repo)
    for source in both(repo):
        expected = {"new\nline": b"1", "tab\tis": b"2", '"quoted"': b"3", " 100644 x": b"4", name: b"5", "link": b"5"}
        assert contents(source) == expected


def test_a_folder_that_is_not_in_git_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="is not in a git repository"):
        open_index(tmp_path)
    with pytest.raises(SourceError, match="is not in a git repository"):
        open_commit(tmp_path, "HEAD")


def test_a_missing_object_is_an_error_that_names_the_file(repo: Path) -> None:
    missing = git(repo, "rev-parse", "HEAD:pkg/b.py")
    (repo / ".git/objects" / missing[:2] / missing[2:]).unlink()
    for source in both(repo):
        assert source.sizes(["a.py", "pkg/b.py"]) == {"a.py": 0, "pkg/b.py": 0}, "sizes are only for planning"
        with pytest.raises(SourceError, match=rf"^pkg/b\.py: .*object {missing} is missing"):
            source.read("pkg/b.py")
        with pytest.raises(SourceError, match=r"^pkg/b\.py: "):
            list(source.read_many(source.tree.files))
        assert source.read("a.py") == b"1\n"
        source.close()


def test_files_that_a_checkout_would_convert_are_told(repo: Path) -> None:
    lines = ["crlf.py eol=crlf", "ident.py ident", "utf16.py working-tree-encoding=UTF-16", "lfs.py filter=lfs"]
    plain = ["lf.py eol=lf", "plain.py text=auto", "bin.py -text eol=crlf", "off.py -filter -ident", "u8.py text"]
    names = [line.split()[0] for line in lines + plain]
    commit_all(write(repo, {name: "x\n" for name in names if name != "utf16.py"}))
    (repo / "utf16.py").write_text("x\n", encoding="utf-16")
    write(repo, {"pkg/.gitattributes": "b.py ident\n", ".gitattributes": "\n".join(lines + plain) + "\n"})
    commit_all(repo)
    (repo / ".gitattributes").unlink()
    (repo / "pkg/.gitattributes").unlink()
    sentence = "judged as stored in git, not as a checkout would convert them: "
    for source in both(repo):
        assert source.warnings == (f"{sentence}crlf.py, ident.py, lfs.py, pkg/b.py, utf16.py",)
    for source in both(repo / "pkg", ("__init__.py",)):
        assert source.warnings == (f"{sentence}b.py",)
    git(repo, "rm", "-q", "--cached", ".gitattributes", "pkg/.gitattributes")
    index, commit = both(repo)
    assert index.warnings == () and len(commit.warnings) == 1


def test_attributes_of_the_repository_itself_count(repo: Path) -> None:
    write(repo, {".git/info/attributes": "a.py ident\n"})
    for source in both(repo):
        assert source.warnings == ("judged as stored in git, not as a checkout would convert them: a.py",)


def test_a_git_that_can_not_tell_attributes_is_no_failure(repo: Path) -> None:
    asked = git_module.Git(repo, repo)
    assert attributes.converted(asked, ["a.py"], "1" * 40) == []


def test_no_program_that_the_repository_names_is_run(repo: Path, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    canary.write_text(f"#!/bin/sh\ntouch {tmp_path / 'ran'}\n")
    canary.chmod(0o755)
    commit_all(write(repo, {".gitattributes": "* diff=x filter=x\n"}))
    for hook in ("post-index-change", "fsmonitor-watchman", "post-checkout", "reference-transaction"):
        shutil.copy(canary, repo / ".git/hooks" / hook)
    for key in ("core.fsmonitor", "diff.external", "diff.x.textconv", "filter.x.smudge", "filter.x.clean"):
        git(repo, "config", key, str(canary))
    for source in both(repo):
        assert contents(source)["a.py"] == b"1\n"
    assert not (tmp_path / "ran").exists()


def test_paths_that_are_not_judged_are_told_with_a_reason_that_holds(repo: Path, tmp_path: Path) -> None:
    git(repo, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(repository(tmp_path / "o", {"o": ""})))
    os.symlink("/usr", repo / "out")
    commit_all(write(repo, {"build/gen/x.py": "", "docs/y.tmp": ""}))
    write(repo, {"untracked.py": "", "new/z.py": "", "named.py": ""})
    git(repo, "add", "-N", "named.py")
    index, commit = both(repo, ("build/", "*.tmp"))
    shared = {
        "build": "'build' is not shown: it is excluded",
        "build/gen": "'build/gen' is not shown: build is excluded",
        "docs": "'docs' shows no file: docs/y.tmp is excluded",
        "o": "'o' is not shown: it is a submodule",
        "out": "'out' is not shown: it is a link to a folder outside of the project root",
    }
    for path, sentence in shared.items():
        assert missing_paths(index.tree, [path]) == missing_paths(commit.tree, [path]) == [sentence]
    place = f"commit {str(commit.info.commit)[:10]}"
    for tree, where in [(index.tree, "the index"), (commit.tree, place)]:
        assert missing_paths(tree, ["new"]) == [f"'new': no such file or folder in {where}"]
        assert missing_paths(tree, ["b.py"]) == [f"'b.py': no such file or folder in {where}; did you mean 'a.py'?"]
        assert missing_paths(tree, [".", "a.py", "pkg", ".git"]) == []
    assert missing_paths(index.tree, ["named.py"]) == [
        "'named.py' is not shown: it is added by name only (`git add -N`)"
    ]
    (untracked,) = missing_paths(index.tree, ["untracked.py"])
    assert "no such file or folder in the index" in untracked
