"""The cache's file gives what was put into it, or nothing: whatever happened to it."""

from __future__ import annotations

import datetime
import fcntl
import os
import random
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qualitygate.engine.cache import place, store
from qualitygate.engine.cache.store import ANSWER, RESULT, STATE, Store
from qualitygate.errors import SourceError
from tests.conftest import git

VALUES = {b"key-%d" % n: b"value %d " % n + bytes(range(n, n + 60)) for n in range(40)}


def filled(folder: Path, values: dict[bytes, bytes] = VALUES) -> Path:
    opened = Store(folder)
    for key, value in values.items():
        opened.put(RESULT, key, value, b"numbers of " + key)
    opened.close()
    assert opened.warnings == []
    return folder / place.DATABASE


def stored(folder: Path, numbers: bool = True) -> tuple[dict[bytes, store.Entry], list[str]]:
    opened = Store(folder)
    found = opened.get_many(RESULT, VALUES, numbers)
    opened.close()
    return found, opened.warnings


def on_day(monkeypatch: pytest.MonkeyPatch, days: int) -> None:
    """Let the store's clock go *days* ahead."""
    day = datetime.datetime.now(datetime.UTC).date().toordinal() + days
    monkeypatch.setattr(store, "_today", lambda: day)


def test_what_was_put_is_there_in_the_next_run(tmp_path: Path) -> None:
    filled(tmp_path)
    assert stored(tmp_path) == ({key: (value, b"numbers of " + key) for key, value in VALUES.items()}, [])
    assert stored(tmp_path, numbers=False) == ({key: (value, None) for key, value in VALUES.items()}, [])


@settings(max_examples=25, deadline=None)
@given(st.dictionaries(st.binary(max_size=80), st.tuples(st.binary(), st.none() | st.binary()), max_size=20))
def test_any_bytes_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, values: dict) -> None:
    folder = tmp_path_factory.mktemp("cache")
    opened = Store(folder)
    for key, (value, numbers) in values.items():
        opened.put(RESULT, key, value, numbers)
    opened.close()
    again = Store(folder)
    assert again.get_many(RESULT, values, numbers=True) == values
    assert again.get_many(ANSWER, values) == {}
    again.close()
    assert again.warnings == []


def test_more_keys_than_one_query_takes_are_found(tmp_path: Path) -> None:
    many = {b"%d" % n: b"%d" % -n for n in range(2300)}
    filled(tmp_path, many)
    opened = Store(tmp_path)
    assert {key: value for key, (value, _) in opened.get_many(RESULT, many).items()} == many
    opened.close()


def test_a_flipped_bit_is_never_an_answer(tmp_path: Path) -> None:
    data = filled(tmp_path / "whole").read_bytes()
    whole = {key: (value, b"numbers of " + key) for key, value in VALUES.items()}
    pick = random.Random(7)  # nosec B311
    damaged = 0
    for place_ in [*range(100), *pick.sample(range(100, len(data)), 250)]:
        folder = tmp_path / str(place_)
        folder.mkdir()
        flipped = bytearray(data)
        flipped[place_] ^= 1 << pick.randrange(8)
        (folder / place.DATABASE).write_bytes(flipped)
        found, warnings = stored(folder)
        assert found.items() <= whole.items()
        damaged += bool(warnings)
        assert len(warnings) <= 1
    assert damaged > 20


@pytest.mark.parametrize("part", ["key", "value", "numbers", "used", "kind"])
@pytest.mark.parametrize("other", [None, 7, 2.5, "text", b"", b"1234567", b"\0" * 99])
def test_a_field_with_anything_else_in_it_is_never_an_answer(tmp_path: Path, part: str, other: object) -> None:
    path = filled(tmp_path)
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("UPDATE sqlite_master SET sql = replace(sql, ' NOT NULL', '') WHERE name = 'entries'")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA ignore_check_constraints = ON")
        connection.execute(f"UPDATE entries SET {part} = ? WHERE key = ?", (other, b"key-3"))  # nosec B608
    connection.close()
    found, warnings = stored(tmp_path)
    allowed = {(VALUES[b"key-3"], b"numbers of key-3"), (VALUES[b"key-3"], None)}
    assert found.get(b"key-3") in allowed | {None}
    assert len(warnings) <= 1


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"garbage" * 999),
        lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
        lambda path: path.write_bytes(path.read_bytes()[:50]),
        lambda path: sqlite3.connect(path).executescript("PRAGMA user_version = 99"),
        lambda path: sqlite3.connect(path).executescript("DROP TABLE entries"),
        lambda path: sqlite3.connect(path).executescript("DROP TABLE entries; CREATE TABLE entries (key)"),
    ],
    ids=["empty", "garbage", "half", "header", "another format", "no table", "another table"],
)
def test_a_damaged_file_costs_one_warning_and_is_made_anew(tmp_path: Path, damage) -> None:
    damage(filled(tmp_path))
    found, warnings = stored(tmp_path)
    assert found == {}
    assert len(warnings) == 1 and "made anew" in warnings[0]
    filled(tmp_path)
    assert len(stored(tmp_path)[0]) == len(VALUES)


def test_a_damaged_file_in_use_by_another_process_stays_until_it_is_free(tmp_path: Path) -> None:
    path = filled(tmp_path)
    path.write_bytes(b"garbage" * 999)
    other = os.open(tmp_path / "cache.lock", os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_SH)
    found, warnings = stored(tmp_path)
    assert found == {} and len(warnings) == 1 and "made anew" not in warnings[0]
    assert path.read_bytes().startswith(b"garbage")
    os.close(other)
    assert "made anew" in stored(tmp_path)[1][0]


def test_a_file_that_another_process_is_replacing_is_left_alone(tmp_path: Path) -> None:
    filled(tmp_path)
    other = os.open(tmp_path / "cache.lock", os.O_RDWR)
    fcntl.flock(other, fcntl.LOCK_EX)
    found, warnings = stored(tmp_path)
    os.close(other)
    assert found == {} and len(warnings) == 1
    assert len(stored(tmp_path)[0]) == len(VALUES)


def test_while_another_process_writes_reading_goes_on_and_writing_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_BUSY", 0.1)
    other = sqlite3.connect(filled(tmp_path), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    opened = Store(tmp_path)
    assert opened.get(RESULT, b"key-1") == (VALUES[b"key-1"], None)
    opened.put(RESULT, b"new", b"new")
    opened.close()
    assert len(opened.warnings) == 1 and "locked" in opened.warnings[0]
    other.execute("ROLLBACK")
    other.close()
    assert stored(tmp_path)[1] == []


def test_two_processes_that_make_the_file_at_once_keep_both_answers(tmp_path: Path) -> None:
    first, second = Store(tmp_path), Store(tmp_path)
    first.put(RESULT, b"key-1", b"of the first")
    second.put(RESULT, b"key-2", b"of the second")
    first.flush()
    second.flush()
    first.close()
    second.close()
    assert first.warnings == second.warnings == []
    assert {key: value for key, (value, _) in stored(tmp_path)[0].items()} == {
        b"key-1": b"of the first", b"key-2": b"of the second"
    }


def test_nothing_but_the_file_and_its_lock_stays_behind(tmp_path: Path) -> None:
    filled(tmp_path / ".qualitygate")
    assert {path.name for path in (tmp_path / ".qualitygate").iterdir()} == {".gitignore", "cache.lock", place.DATABASE}


def test_a_file_system_without_hard_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    filled(tmp_path)
    assert len(stored(tmp_path)[0]) == len(VALUES)


@pytest.mark.parametrize("written", ["cache.lock", "cache.lock and its folder"])
def test_a_folder_that_can_not_be_written_is_read_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    before = filled(tmp_path).read_bytes()

    def refuse(*_: object, **__: object) -> int:
        raise OSError(30, "Read-only file system")

    if written == "cache.lock":
        monkeypatch.setattr(os, "open", refuse)
    else:
        monkeypatch.setattr(place, "prepare", refuse)
    opened = Store(tmp_path)
    assert opened.get(RESULT, b"key-1") == (VALUES[b"key-1"], None)
    opened.put(RESULT, b"new", b"new")
    opened.close()
    assert len(opened.warnings) == 1 and "Read-only" in opened.warnings[0]
    assert (tmp_path / place.DATABASE).read_bytes() == before


def test_a_folder_that_can_not_be_made_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    opened = Store(tmp_path / "file" / "cache")
    opened.put(RESULT, b"new", b"new")
    assert opened.get(RESULT, b"new") is None
    opened.close()
    assert len(opened.warnings) == 1


def test_a_lock_that_is_a_link_is_not_followed(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    cache.mkdir()
    (cache / "cache.lock").symlink_to(tmp_path / "elsewhere")
    opened = Store(cache)
    opened.close()
    assert not (tmp_path / "elsewhere").exists()
    assert len(opened.warnings) == 1


def test_what_no_run_used_for_long_is_thrown_away_by_the_next_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(tmp_path)
    on_day(monkeypatch, store.MAX_AGE)
    opened = Store(tmp_path)
    opened.get(RESULT, b"key-1")  # used
    opened.close()
    on_day(monkeypatch, store.MAX_AGE + 1)
    opened = Store(tmp_path)
    opened.put(RESULT, b"new", b"new")
    opened.close()
    assert set(stored(tmp_path)[0]) == {b"key-1"}


def test_a_clock_that_jumps_back_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    on_day(monkeypatch, 4000)
    filled(tmp_path)
    on_day(monkeypatch, 0)
    opened = Store(tmp_path)
    assert len(opened.get_many(RESULT, list(VALUES)[:20])) == 20
    opened.put(RESULT, b"new", b"new")
    opened.close()
    on_day(monkeypatch, 1)
    found, warnings = stored(tmp_path)
    assert len(found) == len(VALUES) and warnings == []


def test_a_file_that_is_too_large_loses_what_is_oldest_down_to_three_quarters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MAX_BYTES", 2**20)
    for day in range(30):
        on_day(monkeypatch, day)
        opened = Store(tmp_path)
        for n in range(10):
            opened.put(RESULT, b"%d %d" % (day, n), os.urandom(10_000))
        opened.close()
        assert opened.warnings == []
    opened = Store(tmp_path)
    kept = [day for day in range(30) if opened.get(RESULT, b"%d 0" % day)]
    assert opened.summary()["bytes"] <= 1.2 * 2**20
    opened.close()
    assert kept[-1] == 29 and kept == list(range(kept[0], 30))
    assert 0.5 * 2**20 < len(kept) * 100_000 <= 2**20


def test_of_one_day_answers_about_all_files_go_before_those_about_single_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MAX_BYTES", 2**20)
    opened = Store(tmp_path)
    opened.put(RESULT, b"file", b"old, and the base of all that follows")
    opened.put(STATE, b"state", b"x")
    for n in range(30):
        opened.put(ANSWER, b"%d" % n, os.urandom(100_000))
        opened.flush()
    assert opened.get(RESULT, b"file") and opened.get(STATE, b"state")
    assert opened.get(ANSWER, b"0") is None and opened.get(ANSWER, b"29")
    opened.close()


def test_clearing_removes_everything(tmp_path: Path) -> None:
    filled(tmp_path)
    opened = Store(tmp_path)
    assert opened.summary()["results"] == len(VALUES)
    assert opened.clear() == len(VALUES)
    assert opened.summary()["results"] == 0
    opened.close()
    assert stored(tmp_path) == ({}, [])


# --- whose file it is -------------------------------------------------------------------------------------------------


def refusal(folder: Path, root: Path, tracked: frozenset[str] | None = None) -> str:
    try:
        place.require_own(folder, root, tracked)
    except SourceError as error:
        assert error.hint
        return error.headline
    return ""


def repository(folder: Path, *files: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q")
    for name in files:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")
        git(folder, "add", "-f", name)
    return folder


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal"])
@pytest.mark.parametrize("known", [True, False], ids=["listed", "not listed"])
def test_a_tracked_file_of_the_database_is_refused(tmp_path: Path, suffix: str, known: bool) -> None:
    name = f".qualitygate/{place.DATABASE}{suffix}"
    root = repository(tmp_path / "p", name)
    tracked = frozenset({name}) if known else None
    assert "tracked by git" in refusal(root / ".qualitygate", root, tracked)


def test_another_spelling_of_a_tracked_name_is_the_same_file_on_some_disks(tmp_path: Path) -> None:
    root = repository(tmp_path / "p", ".qualitygate/Cache.SQLITE3")
    filled(root / ".qualitygate")
    for tracked in (None, frozenset({".qualitygate/Cache.SQLITE3"})):
        assert "tracked by git" in refusal(root / ".qualitygate", root, tracked)


def test_a_database_in_a_repository_of_its_own_inside_the_project_is_refused(tmp_path: Path) -> None:
    root = repository(tmp_path / "p", "a.py")
    repository(root / ".qualitygate", place.DATABASE)
    assert "tracked by git" in refusal(root / ".qualitygate", root, frozenset({"a.py", ".qualitygate"}))


def test_a_folder_of_another_repository_is_asked_there(tmp_path: Path) -> None:
    root = repository(tmp_path / "p", "a.py")
    other = repository(tmp_path / "other", f"cache/{place.DATABASE}")
    assert "tracked by git" in refusal(other / "cache", root, frozenset({"a.py"}))


@pytest.mark.parametrize("suffix", ["", "-wal", "-shm", "-journal"])
def test_a_link_is_refused(tmp_path: Path, suffix: str) -> None:
    folder = tmp_path / ".qualitygate"
    folder.mkdir()
    (folder / f"{place.DATABASE}{suffix}").symlink_to(tmp_path / "elsewhere")
    assert "is a link" in refusal(folder, tmp_path)


def test_a_folder_with_our_name_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / ".qualitygate").symlink_to("there")
    assert "is a link" in refusal(tmp_path / ".qualitygate", tmp_path)


def test_an_untracked_database_is_accepted(tmp_path: Path) -> None:
    root = repository(tmp_path / "p", "a.py")
    filled(root / ".qualitygate")
    for tracked in (frozenset({"a.py", "sub/.qualitygate/cache.sqlite3"}), None):
        assert refusal(root / ".qualitygate", root, tracked) == ""
    assert refusal(tmp_path / "nowhere", root, frozenset()) == ""


@pytest.mark.parametrize(("name", "there", "hidden"), [
    (".qualitygate", [], True), ("cache", [], True), ("cache", ["a.py"], False), (".qualitygate", ["a.py"], True),
])
def test_a_folder_of_our_own_is_hidden_from_git_and_no_other(tmp_path: Path, name, there, hidden) -> None:
    for file in there:
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text("")
    place.prepare(tmp_path / name)
    place.prepare(tmp_path / name)
    assert (tmp_path / name / ".gitignore").exists() is hidden
