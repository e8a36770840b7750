from __future__ import annotations

import contextlib
import errno
import os
import stat
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from qualitygate.errors import SourceError
from qualitygate.model.results import SourceInfo
from qualitygate.model.tree import Tree
from qualitygate.sources import layout
from qualitygate.sources.layout import Layout
from qualitygate.sources.snapshot import open_commit, open_index
from qualitygate.sources.source import Signature, Source
from qualitygate.sources.worktree import open_worktree
from tests.unit.sources.repositories import repository, write


@contextlib.contextmanager
def laid_out(source: Source, paths: Iterable[str]) -> Iterator[Path]:
    """The root of a layout of these files."""
    with Layout(source) as made:
        made.add(paths)
        yield made.root


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary folders are made."""
    (tmp_path / "scratch").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "scratch"))
    return tmp_path / "scratch"


class Given(Source):
    """A source that gives what it is told, at any path."""

    on_disk = False
    info = SourceInfo()
    warnings = ()

    def __init__(self, files: dict[str, bytes], root_prefix: str = "") -> None:
        self.files = files
        self.root_prefix = root_prefix
        self.tree = Tree("/nowhere", files)

    def signature(self, path: str) -> Signature | None:
        return None

    def sizes(self, paths: Iterable[str]) -> dict[str, int]:
        return dict.fromkeys(paths, 0)

    def read(self, path: str) -> bytes:
        if path not in self.files:
            raise FileNotFoundError(errno.ENOENT, "no", path)
        return self.files[path]


@pytest.fixture(params=["index", "commit", "disk"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Source]:
    repo = write(tmp_path / "repo", {"tox.ini": "t", "lib/a/x.py": "x", "lib/a/docs/y.rst": "y", "lib/b/z": "z"})
    os.symlink("../b/z", repo / "lib/a/link")
    os.symlink("docs", repo / "lib/a/folder")
    os.symlink("nowhere", repo / "lib/a/broken")
    root = repository(repo, {}) / "lib/a"
    source: Source
    if request.param == "disk":
        source = open_worktree(root)
    else:
        source = open_index(root) if request.param == "index" else open_commit(root, "HEAD")
    yield source
    source.close()


def found(top: Path) -> dict[str, str]:
    """Every file below *top* with its content; nothing may be a link."""
    files = [Path(folder, name) for folder, _, names in os.walk(top) for name in names]
    assert not any(path.is_symlink() for path in files)
    return {str(path.relative_to(top)): path.read_text() for path in files}


def test_exactly_the_files_asked_for_are_there_and_then_gone(source: Source, scratch: Path) -> None:
    paths = ["x.py", "./x.py", "link", "folder/y.rst", "../../tox.ini", "broken", "none", "docs", "../b/none"]
    with laid_out(source, paths) as root:
        (top,) = scratch.iterdir()
        assert root == Path(os.path.realpath(top / "lib/a"))
        assert found(top) == {"lib/a/x.py": "x", "lib/a/link": "z", "lib/a/folder/y.rst": "y", "tox.ini": "t"}
    assert list(scratch.iterdir()) == []


def test_without_files_there_is_an_empty_root(source: Source) -> None:
    with laid_out(source, []) as root:
        assert list(root.iterdir()) == [] and root.parts[-2:] == ("lib", "a")


def test_nobody_else_may_look(source: Source, scratch: Path) -> None:
    before = os.umask(0)
    try:
        with laid_out(source, ["x.py", "docs/y.rst"]):
            (top,) = scratch.iterdir()
            for folder, _, names in os.walk(top):
                assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
                assert {stat.S_IMODE(os.stat(Path(folder, name)).st_mode) for name in names} <= {0o600}
    finally:
        os.umask(before)


def test_an_error_inside_passes_unchanged_and_leaves_nothing(source: Source, scratch: Path) -> None:
    error = OSError("of the user of the folder")
    with pytest.raises(OSError) as caught, laid_out(source, ["x.py"]) as root:
        (root / "made").mkdir(0)
        raise error
    assert caught.value is error and list(scratch.iterdir()) == []


@pytest.mark.parametrize("prefix", ["", "lib/a/"])
def test_no_path_escapes(prefix: str, scratch: Path) -> None:
    bad = ["../../../x", "/x", "docs/../../../../x", "..", ".", "", "x/", "../../..", "a\0b", f"{scratch}/x"]
    before = sorted(scratch.parent.iterdir())
    with laid_out(Given({path: b"escaped" for path in bad} | {"ok": b"in"}, prefix), [*bad, "ok"]):
        (top,) = scratch.iterdir()
        assert found(top) == {f"{prefix}ok": "in"}
        assert sorted(scratch.parent.iterdir()) == before


def test_above_a_root_that_is_the_top_there_is_nothing(scratch: Path) -> None:
    with laid_out(Given({"../x": b"escaped"}), ["../x"]):
        (top,) = scratch.iterdir()
        assert found(top) == {} and not (scratch / "x").exists()


def test_a_full_disk_is_an_error_of_the_run(scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(top: Path, place: str, content: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(layout, "_write", full)
    with pytest.raises(SourceError, match="No space left on device") as caught, laid_out(Given({"a": b""}), ["a"]):
        pytest.fail("not reached")
    assert "TMPDIR" in caught.value.hint and list(scratch.iterdir()) == []


def test_a_temporary_folder_that_is_not_there_is_an_error_of_the_run(
    scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(scratch / "none"))
    with pytest.raises(SourceError, match="No such file"), laid_out(Given({}), []):
        pytest.fail("not reached")


def test_a_source_that_fails_leaves_nothing(scratch: Path) -> None:
    class Failing(Given):
        def read_many(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes | OSError]]:
            raise SourceError("git is gone")

    with pytest.raises(SourceError, match="git is gone"), laid_out(Failing({"a": b""}), ["a"]):
        pytest.fail("not reached")
    assert list(scratch.iterdir()) == []
