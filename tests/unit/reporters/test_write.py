"""Report files: whole or not at all, and errors that say what to do."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from qualitygate.errors import UsageError
from qualitygate.reporters import write


def test_missing_folders_are_made(tmp_path: Path) -> None:
    target = tmp_path / "out" / "reports" / "gate.json"
    write.write_report(str(target), "é\n")

    assert target.read_bytes() == "é\n".encode()


def test_a_relative_path_belongs_to_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write.write_report("gate.json", "new")

    assert (tmp_path / "gate.json").read_text() == "new"


def test_a_present_file_is_replaced_and_nothing_else_is_left(tmp_path: Path) -> None:
    target = tmp_path / "gate.json"
    target.write_text("old and longer")
    before = target.stat().st_ino
    with target.open() as reader:
        write.write_report(str(target), "new")

        assert reader.read() == "old and longer"
    assert target.read_text() == "new"
    assert target.stat().st_ino != before
    assert os.listdir(tmp_path) == ["gate.json"]


@pytest.mark.parametrize("umask", [0o022, 0o077])
def test_a_new_file_has_the_permissions_of_the_umask(tmp_path: Path, umask: int) -> None:
    previous = os.umask(umask)
    try:
        write.write_report(str(tmp_path / "gate.json"), "new")
    finally:
        os.umask(previous)

    assert stat.S_IMODE((tmp_path / "gate.json").stat().st_mode) == 0o666 & ~umask


def test_a_present_file_keeps_its_permissions(tmp_path: Path) -> None:
    target = tmp_path / "gate.json"
    target.touch(0o600)
    write.write_report(str(target), "new")

    assert stat.S_IMODE(target.stat().st_mode) == 0o600


@pytest.mark.parametrize("present", [True, False])
def test_a_link_is_followed(tmp_path: Path, present: bool) -> None:
    target = tmp_path / "elsewhere" / "gate.json"
    if present:
        target.parent.mkdir()
        target.write_text("old")
    link = tmp_path / "link.json"
    link.symlink_to(target)
    write.write_report(str(link), "new")

    assert link.is_symlink()
    assert target.read_text() == "new"


def test_a_text_that_no_encoding_takes_is_written_all_the_same(tmp_path: Path) -> None:
    write.write_report(str(tmp_path / "gate.txt"), "\udcff")

    assert (tmp_path / "gate.txt").read_bytes() == b"\\udcff"


def test_a_pipe_is_written_to_but_takes_no_placeholder(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    received: list[str] = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_text()))
    reader.start()
    text = "line\n" * 100_000
    write.write_placeholder(str(pipe), "not judged")
    write.write_report(str(pipe), text)
    reader.join(10)

    assert received == [text]
    assert stat.S_ISFIFO(pipe.stat().st_mode)


def test_a_placeholder_stands_in_a_file_until_the_report_replaces_it(tmp_path: Path) -> None:
    target = tmp_path / "gate.json"
    write.write_placeholder(str(target), "not judged")

    assert target.read_text() == "not judged"


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_a_descriptor_behind_which_is_a_file_is_not_replaced(tmp_path: Path, name: str) -> None:
    code = (
        "from qualitygate.reporters.write import write_placeholder, write_report\n"
        "print('before', flush=True)\n"
        f"write_placeholder({name!r}, 'not judged')\n"
        f"write_report({name!r}, 'report\\n')\n"
    )
    with (tmp_path / "log").open("a") as log:
        before = os.fstat(log.fileno()).st_ino
        subprocess.run([sys.executable, "-c", code], stdout=log, check=True)

    assert (tmp_path / "log").read_text() == "before\nreport\n"
    assert (tmp_path / "log").stat().st_ino == before


def test_a_file_in_shared_memory_is_an_ordinary_file() -> None:
    assert not write.is_stream("/dev/shm/gate.json")
    assert write.is_stream("/dev/null")


def refused(path: str) -> UsageError:
    with pytest.raises(UsageError) as refusal:
        write.write_report(path, "new")
    with pytest.raises(UsageError):
        write.write_placeholder(path, "new")
    assert path in refusal.value.headline
    return refusal.value


def test_a_folder_is_refused(tmp_path: Path) -> None:
    assert "Is a directory" in refused(str(tmp_path)).headline
    assert "name a file in that folder" in refused(f"{tmp_path}/new/").hint
    assert os.listdir(tmp_path) == []


def test_a_file_in_place_of_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")

    assert "not a folder" in refused(str(tmp_path / "file" / "gate.json")).hint
    assert "not a folder" in refused(str(tmp_path / "file" / "more" / "gate.json")).hint
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("name", ["x" * 300, "loop/gate.json"])
def test_an_impossible_path_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to("loop")

    assert refused(str(tmp_path / name)).hint


def test_no_name_is_refused() -> None:
    assert "no file is named" in refused("").headline


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="this system has no /dev/full")
def test_a_full_device_is_told() -> None:
    assert "free some space" in write_full().hint


def write_full() -> UsageError:
    with pytest.raises(UsageError, match="No space left on device") as refusal:
        write.write_report("/dev/full", "new")
    return refusal.value


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO])
def test_a_failed_write_leaves_the_old_file_and_no_draft(tmp_path: Path, number: int) -> None:
    target = tmp_path / "gate.json"
    target.write_text("old")

    def failing() -> Iterator[str]:
        yield "new" * 100_000
        raise OSError(number, os.strerror(number))

    with pytest.raises(UsageError) as refusal:
        write.write_report(str(target), failing())

    assert os.strerror(number) in refusal.value.headline
    assert refusal.value.hint
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["gate.json"]


def test_a_text_in_pieces_is_written_whole(tmp_path: Path) -> None:
    write.write_report(str(tmp_path / "gate.json"), iter(["a ", "lo" * 100_000, "nger text"]))

    assert (tmp_path / "gate.json").read_text() == f"a {'lo' * 100_000}nger text"


def test_an_interrupt_leaves_the_old_file_and_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "gate.json"
    target.write_text("old")

    def interrupt(source: str, destination: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write.write_report(str(target), "new")

    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["gate.json"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)

    assert "may write to" in refused(str(tmp_path / "gate.json")).hint
