from __future__ import annotations

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qualitygate.errors import SourceError
from qualitygate.sources.ignore import Exclusion, Patterns
from qualitygate.sources.walk import CACHE_FOLDERS, VCS_FOLDERS, list_files
from qualitygate.sources.worktree import open_worktree
from tests.unit.sources.repositories import git, write


def walked(root: Path) -> list[str]:
    listing = list_files(root, Exclusion(Patterns(())))
    return sorted(listing.files + listing.links)


def shown_by_git(root: Path) -> list[str]:
    git(root, "init", "-q")
    output = git(root, "ls-files", "-z", "--others", "--exclude-standard")
    shutil.rmtree(root / ".git")
    return sorted(path for path in output.split("\0") if path)


@pytest.mark.parametrize("folder", sorted(VCS_FOLDERS | CACHE_FOLDERS))
def test_caches_and_version_control_folders_are_skipped_at_every_level(tmp_path: Path, folder: str) -> None:
    write(tmp_path, {"a.py": "", f"{folder}/x.py": "", f"sub/{folder}/y.py": ""})
    listing = list_files(tmp_path, Exclusion(Patterns(())))
    assert listing.files == ["a.py"]


def test_a_virtual_environment_is_skipped_whatever_its_name_and_the_root_is_not(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "", "my-env/pyvenv.cfg": "", "my-env/lib/x.py": "", "pyvenv.cfg": ""})
    assert walked(tmp_path) == ["a.py", "pyvenv.cfg"]


def test_hidden_and_build_folders_are_shown(tmp_path: Path) -> None:
    write(tmp_path, {".hidden/a.py": "", "build/b.py": ""})
    assert walked(tmp_path) == [".hidden/a.py", "build/b.py"]


def test_a_folder_that_ignores_itself_is_not_shown(tmp_path: Path) -> None:
    write(tmp_path, {"a.py": "", ".qualitygate/.gitignore": "*\n", ".qualitygate/cache.sqlite": ""})
    assert walked(tmp_path) == ["a.py"]


def test_fifos_and_sockets_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "fifo.py")
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("socket.py")
        assert walked(tmp_path) == []


def test_links_are_shown_and_those_to_folders_are_not_entered(tmp_path: Path) -> None:
    write(tmp_path, {"real/a.py": ""})
    os.symlink("real", tmp_path / "link")
    os.symlink("nowhere", tmp_path / "broken.py")
    os.symlink("..", tmp_path / "real/up")
    tree = open_worktree(tmp_path).tree
    assert tree.files == ("broken.py", "real/a.py")
    assert tree.folder_links == {"link": "real", "real/up": ""}


def test_a_gitignore_that_is_a_fifo_is_an_error_and_does_not_hang(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".gitignore")
    with pytest.raises(SourceError, match=r"\.gitignore can not be read.*a FIFO"):
        walked(tmp_path)


def test_a_name_that_is_not_utf_8_is_ignored_by_its_bytes(tmp_path: Path) -> None:
    for name in (b"\xff.py", b"\xfe.py", "é.py".encode()):
        (tmp_path / os.fsdecode(name)).touch()
    (tmp_path / ".gitignore").write_bytes(b"\xff.py\n?.txt\n")
    assert walked(tmp_path) == sorted([".gitignore", os.fsdecode(b"\xfe.py"), "é.py"])


CASES = {
    "a deeper file decides anew": {".gitignore": "*.log\n", "d/.gitignore": "!keep.log\n"},
    "a later line decides anew": {".gitignore": "*.log\n!keep.log\nkeep.log\n"},
    "nothing comes back from an ignored folder": {".gitignore": "d/\n", "d/.gitignore": "!a.py\n"},
    "a folder that comes back does not bring its files": {".gitignore": "*.log\n!d\n!d/\n"},
    "an anchored pattern": {".gitignore": "/a.py\nd/a.py\n"},
    "everything but folders": {".gitignore": "*\n!*/\n!a.py\n"},
    "everything in a folder": {".gitignore": "d/**\n!d/e/\n"},
    "a gap of folders": {".gitignore": "d/**/a.py\n**/e/keep.log\n"},
    "only folders": {".gitignore": "a.py/\ne/\n"},
    "comments, escapes and spaces": {".gitignore": "# x\n\\#a\n\\!b\na.py   \nsp\\ \n\n   \n"},
    "carriage returns and a byte-order mark": {".gitignore": "\ufeffa.py\r\nd/e\r\n"},
    "brackets": {".gitignore": "[a-b].py\n[!k]*.log\n"},
    "a bracket that never ends": {".gitignore": "[a.py\nkeep.log\n"},
    "a range that is empty": {".gitignore": "[z-a].py\n"},
    "a backslash at the end": {".gitignore": "a.py\\\n"},
}


@pytest.mark.parametrize("case", CASES)
def test_gitignore_files_hide_what_they_hide_from_git(tmp_path: Path, case: str) -> None:
    names = ["a.py", "b.py", "keep.log", "x.log", "d/a.py", "d/keep.log", "d/e/a.py", "d/e/keep.log", "d/e/f/a.py"]
    write(tmp_path, {name: "" for name in [*names, "#a", "!b", "sp ", "a.p\ny", "new\nline/a.py"]})
    write(tmp_path, CASES[case])
    assert walked(tmp_path) == shown_by_git(tmp_path)


NAME = st.sampled_from(["a", "b", "ab", "a.py", "b.py", "c.log", "é", "a b", ".h", "x\ny"])
PATH = st.lists(NAME, min_size=1, max_size=4).map("/".join)
GLOB = st.sampled_from(["*", "**", "?", "*.py", "a*", "[ab]", "?.py"])
SEGMENT = st.one_of(NAME.filter(lambda name: "\n" not in name), GLOB)
LINE = st.builds(
    lambda negative, anchored, segments, folder: negative + anchored + "/".join(segments) + folder,
    st.sampled_from(["", "", "!"]),
    st.sampled_from(["", "", "/"]),
    st.lists(SEGMENT, min_size=1, max_size=3),
    st.sampled_from(["", "", "/"]),
)
LINES = st.lists(LINE, max_size=5).map("\n".join)


@pytest.fixture(scope="module")
def scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as name:
        yield Path(os.path.realpath(name))


@settings(max_examples=int(os.environ.get("EXAMPLES", 100)), deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(PATH, max_size=12), st.dictionaries(st.lists(NAME, max_size=2).map("/".join), LINES, max_size=3))
def test_the_walk_shows_what_git_shows(scratch: Path, paths: list[str], ignores: dict[str, str]) -> None:
    root = Path(tempfile.mkdtemp(dir=scratch))
    try:
        for path, content in [*((path, "") for path in paths), *((f"{d}/.gitignore", t) for d, t in ignores.items())]:
            try:
                write(root, {path.lstrip("/"): content})
            except OSError:  # an earlier path made it a file, or a folder
                continue
        assert walked(root) == shown_by_git(root)
    finally:
        shutil.rmtree(root)
