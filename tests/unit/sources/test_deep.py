"""Folders nested far deeper than Python's recursion limit."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from qualitygate.sources.entries import Disk
from qualitygate.sources.ignore import Exclusion, Patterns
from qualitygate.sources.walk import list_files

LEVELS = 1_500
DEEP = "/".join(["a"] * LEVELS)


@pytest.fixture
def deep(tmp_path: Path) -> Iterator[Path]:
    """A project with a file `x` below `DEEP`; taken down from the bottom, as the deepest names may be too long."""
    assert sys.getrecursionlimit() < LEVELS
    start = os.getcwd()
    os.chdir(tmp_path)
    try:
        for _ in range(LEVELS):
            os.mkdir("a")
            os.chdir("a")
        Path("x").touch()
        os.chdir(tmp_path)
        yield tmp_path
        os.chdir(os.path.join(tmp_path, DEEP))
        os.unlink("x")
        for _ in range(LEVELS):
            os.chdir("..")
            os.rmdir("a")
    finally:
        os.chdir(start)


def test_a_pattern_decides_about_a_file_however_deep_it_is() -> None:
    assert Exclusion(Patterns(["x"])).hides(f"{DEEP}/x")
    assert not Exclusion(Patterns(["x"])).hides(f"{DEEP}/y")
    assert Exclusion(Patterns(["/a/a/"])).hides(f"{DEEP}/y")
    assert Exclusion(Patterns(["/a/", "!/a/a"])).hides_folder(DEEP)


def test_the_disk_is_asked_about_a_file_however_deep_it_is(deep: Path) -> None:
    disk = Disk(str(deep))

    state = disk.state(f"{DEEP}/x")
    assert isinstance(state, os.stat_result) and stat.S_ISREG(state.st_mode)
    assert disk.state(f"{DEEP}/y") is None
    assert Disk(str(deep)).state(f"{DEEP}/x/z") is None


def test_a_link_on_the_way_down_hides_what_is_below(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "x").touch()
    (tmp_path / "l").symlink_to("a")

    assert Disk(str(tmp_path)).state("a/b/x") is not None
    assert Disk(str(tmp_path)).state("l/b/x") is None


def test_a_deep_project_is_listed_with_an_exclusion(deep: Path) -> None:
    assert list_files(deep, Exclusion(Patterns(["y"]))).files == [f"{DEEP}/x"]
    assert list_files(deep, Exclusion(Patterns(["/a/a/"]))).files == []
