"""A file that was made, removed or written since the beginning is noticed, and no other."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from qualitygate.engine.cache.steadiness import Steadiness

NAMES = ["a.cfg", "nowhere.cfg", "a.cfg/below"]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "a.cfg").write_text("a\n")
    (tmp_path / "b.cfg").write_text("b\n")
    time.sleep(0.1)  # longer than time stamps lag behind the clock
    return tmp_path


def noting(root: Path, names: list[str]) -> Steadiness:
    steadiness = Steadiness(str(root))
    steadiness.note(names)
    return steadiness


def test_files_that_stay_as_they_are_or_absent_are_steady(root: Path) -> None:
    assert noting(root, NAMES).holds(NAMES)
    assert noting(root, NAMES).holds([])
    assert Steadiness(str(root)).holds(["a.cfg", str(root / "b.cfg")])


def with_old_times(path: Path) -> None:
    """Write the same size and put the time of the last change back, as some tools do."""
    times = path.stat()
    path.write_text("z\n")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))


def replaced(path: Path) -> None:
    (path.parent / "new").write_text("a\n")
    os.replace(path.parent / "new", path)


@pytest.mark.parametrize(
    "change", [lambda path: path.write_text("c\n"), with_old_times, replaced, os.unlink],
    ids=["written", "written with old times", "replaced", "removed"],
)
@pytest.mark.parametrize("noted", [True, False])
def test_a_changed_file_is_noticed_whether_it_was_noted_or_not(
    root: Path, change: Callable[[Path], object], noted: bool
) -> None:
    steadiness = noting(root, NAMES if noted else [])
    change(root / "a.cfg")
    assert not steadiness.holds(["b.cfg", "a.cfg"])
    assert steadiness.holds(["b.cfg"])


def test_a_file_that_was_absent_when_it_was_noted_is_noticed_when_it_is_made(root: Path) -> None:
    steadiness = noting(root, NAMES)
    (root / "nowhere.cfg").write_text("")
    assert not steadiness.holds(NAMES)


def test_a_file_that_was_never_noted_and_is_absent_is_not_steady(root: Path) -> None:
    assert not Steadiness(str(root)).holds(["nowhere.cfg"])


def test_a_file_of_the_present_moment_may_be_written_again_and_is_not_steady(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = (root / "a.cfg").stat().st_ctime_ns
    for later, steady in ((10**6, False), (10**8, True)):  # nanoseconds
        monkeypatch.setattr(time, "time_ns", lambda now=written + later: now)
        assert noting(root, ["a.cfg"]).holds(["a.cfg"]) is steady
