"""An unchanged file is not read again; a file that may have changed is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from qualitygate.engine.cache import contents
from qualitygate.engine.cache.contents import Contents, content_digest
from qualitygate.sources.worktree import open_worktree

LONG_AGO = 10**18


class Counting:
    """A work tree that notes what is read."""

    def __init__(self, root: Path) -> None:
        self.source = open_worktree(root)
        self.read: list[str] = []
        original = self.source.read

        def read(path: str) -> bytes:
            self.read.append(path)
            return original(path)

        self.source.read = read  # type: ignore[method-assign]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files that were just made count as made long ago."""
    monkeypatch.setattr(contents.time, "time_ns", lambda: LONG_AGO * 9)


def make(root: Path, **files: str | bytes) -> Path:
    root.mkdir(exist_ok=True)
    for name, content in files.items():
        (root / name).write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def look(
    root: Path, remembered: bytes | None = None, trusted: bool = True
) -> tuple[dict[str, bytes | None], bytes, list[str]]:
    """Digests, what is worth remembering, and what was read."""
    counting = Counting(root)
    known = Contents(counting.source, remembered, trusted)
    paths: Sequence[str] = counting.source.tree.files
    known.learn(paths)
    return {path: known.digest(path) for path in paths}, known.encode(), counting.read


def true_digests(root: Path) -> dict[str, bytes]:
    return {path.name: content_digest(path.read_bytes()) for path in root.iterdir()}


@pytest.mark.usefixtures("clock")
def test_an_unchanged_tree_is_not_read_at_all(tmp_path: Path) -> None:
    root = make(tmp_path / "p", a="1", b="2", c="#!/bin/sh\n")
    found, remembered, read = look(root)
    assert found == true_digests(root) and sorted(read) == ["a", "b", "c"]
    again, twice, read = look(root, remembered)
    assert (again, read) == (found, [])
    assert look(root, twice)[2] == []


@pytest.mark.usefixtures("clock")
def test_nothing_new_is_nothing_to_remember(tmp_path: Path) -> None:
    root = make(tmp_path / "p", a="1")
    _, remembered, _ = look(root)
    known = Contents(open_worktree(root), remembered, True)
    known.learn(["a"])
    assert not known.changed


@pytest.mark.usefixtures("clock")
def test_a_changed_file_alone_is_read(tmp_path: Path) -> None:
    root = make(tmp_path / "p", a="1", b="2")
    _, remembered, _ = look(root)
    make(root, a="3")
    found, _, read = look(root, remembered)
    assert found == true_digests(root) and read == ["a"]


@pytest.mark.usefixtures("clock")
def test_a_file_of_the_same_size_with_its_old_time_put_back_is_read(tmp_path: Path) -> None:
    root = make(tmp_path / "p", a="1")
    os.utime(root / "a", ns=(LONG_AGO, LONG_AGO))
    _, remembered, _ = look(root)
    (root / "a").write_bytes(b"2")
    os.utime(root / "a", ns=(LONG_AGO, LONG_AGO))
    found, _, read = look(root, remembered)
    assert found == true_digests(root) and read == ["a"]


@pytest.mark.usefixtures("clock")
def test_a_file_that_another_one_replaced_with_its_time_is_read(tmp_path: Path) -> None:
    root = make(tmp_path / "p", a="1", b="2")
    for name in "ab":
        os.utime(root / name, ns=(LONG_AGO, LONG_AGO))
    _, remembered, _ = look(root)
    os.replace(root / "b", root / "a")
    found, _, read = look(root, remembered)
    assert found == true_digests(root) and read == ["a"]


def test_a_file_written_within_the_same_tick_is_read_each_time(tmp_path: Path) -> None:
    root = make(tmp_path / "p", a="1")
    _, remembered, _ = look(root)
    state = os.stat(root / "a")
    (root / "a").write_bytes(b"2")
    source = open_worktree(root)
    source._states["a"] = state  # as a clock with a coarse tick would leave it
    known = Contents(source, remembered, True)
    assert known.digest("a") == content_digest(b"2")


@pytest.mark.parametrize("ahead", [3600, 10**9])
@pytest.mark.usefixtures("clock")
def test_a_file_from_the_future_is_read_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ahead: int) -> None:
    root = make(tmp_path / "p", a="1")
    when = LONG_AGO * 9 + ahead * 10**9
    os.utime(root / "a", ns=(when, when))
    _, remembered, _ = look(root)
    found, _, read = look(root, remembered)
    assert found == true_digests(root) and read == ["a"]


def test_a_clock_that_jumps_back_makes_files_be_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(tmp_path / "p", a="1")
    monkeypatch.setattr(contents.time, "time_ns", lambda: LONG_AGO)
    _, remembered, _ = look(root)
    assert look(root, remembered)[2] == ["a"]


@pytest.mark.usefixtures("clock")
def test_where_signatures_prove_nothing_everything_is_read(tmp_path: Path) -> None:
    root = make(tmp_path / "p", a="1", b="2")
    _, remembered, _ = look(root)
    found, _, read = look(root, remembered, trusted=False)
    assert found == true_digests(root) and sorted(read) == ["a", "b"]


@pytest.mark.usefixtures("clock")
def test_what_another_machine_remembered_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = make(tmp_path / "p", a="1")
    _, remembered, _ = look(root)
    monkeypatch.setattr(contents, "host", lambda: "another")
    assert look(root, remembered)[2] == ["a"]


@pytest.mark.parametrize("remembered", [b"", b"garbage", b"\x92\xa0", b"\x92\xa0\x81\xa1a\x93\x01\x02\x03"])
def test_garbage_is_no_memory(tmp_path: Path, remembered: bytes) -> None:
    root = make(tmp_path / "p", a="1")
    found, _, read = look(root, remembered)
    assert found == true_digests(root) and read == ["a"]


@pytest.mark.usefixtures("clock")
def test_names_that_are_not_utf_8_are_read_each_time_and_hurt_no_other(tmp_path: Path) -> None:
    root = make(tmp_path / "p", a="1")
    name = os.fsdecode(b"\xff\xfe")
    (root / name).write_bytes(b"2")
    found, remembered, _ = look(root)
    assert found[name] == content_digest(b"2")
    again, _, read = look(root, remembered)
    assert again == found and read == [name]


@pytest.mark.usefixtures("clock")
def test_a_link_is_read_each_time_since_its_target_may_change(tmp_path: Path) -> None:
    root = make(tmp_path / "p", a="1")
    (tmp_path / "target").write_bytes(b"old")
    (root / "link").symlink_to(tmp_path / "target")
    _, remembered, _ = look(root)
    (tmp_path / "target").write_bytes(b"new")
    found, _, read = look(root, remembered)
    assert found["link"] == content_digest(b"new") and read == ["link"]


@pytest.mark.usefixtures("clock")
def test_a_file_that_can_not_be_read_has_no_digest_and_is_tried_again(tmp_path: Path) -> None:
    root = make(tmp_path / "p", a="1")
    (root / "broken").symlink_to("nowhere")
    found, remembered, _ = look(root)
    assert found["broken"] is None
    assert look(root, remembered)[2] == ["broken"]


@pytest.mark.usefixtures("clock")
def test_files_that_are_gone_are_forgotten_and_narrowed_runs_forget_none(tmp_path: Path) -> None:
    root = make(tmp_path / "p", a="1", b="2")
    _, remembered, _ = look(root)
    known = Contents(open_worktree(root), remembered, True)
    known.learn(["a"])
    assert look(root, known.encode())[2] == []
    (root / "b").unlink()
    known = Contents(open_worktree(root), remembered, True)
    size = len(known.encode())
    assert size < len(remembered)


@pytest.mark.usefixtures("clock")
def test_scripts_are_told_apart_by_their_first_bytes(tmp_path: Path) -> None:
    root = make(tmp_path / "p", a="#!/usr/bin/python\n", b="2")

    def scripts() -> bytes:
        return Contents(open_worktree(root), None, True).scripts(["a", "b"])

    before = scripts()
    make(root, b="3")
    assert scripts() == before
    make(root, b="#!/bin/sh\n")
    with_b = scripts()
    assert with_b != before
    make(root, a="2", b="2")
    assert scripts() not in (before, with_b)
    os.rename(root / "a", root / "c")
    known = Contents(open_worktree(root), None, True)
    assert not known.is_script("c")
