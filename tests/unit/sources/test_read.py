from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from qualitygate.sources.read import read_bytes


def test_the_bytes_come_as_they_are_also_through_a_link(tmp_path: Path) -> None:
    data = bytes(range(256)) * 1000
    (tmp_path / "a").write_bytes(data)
    os.symlink("a", tmp_path / "link")
    assert read_bytes(str(tmp_path / "a")) == read_bytes(str(tmp_path / "link")) == data


def test_a_name_that_is_not_utf_8_can_be_read(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.py")
    Path(path).write_bytes(b"x")
    assert read_bytes(path) == b"x"


def test_what_is_no_regular_file_is_an_error_that_says_what_it_is(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    os.symlink("fifo", tmp_path / "link")
    for path, kind in [(tmp_path / "fifo", "a FIFO"), (tmp_path / "link", "a FIFO"), (tmp_path, "a folder")]:
        with pytest.raises(OSError, match=f"{kind}, not a regular file"):
            read_bytes(str(path))
    with pytest.raises(OSError, match="a character device, not a regular file"):
        read_bytes("/dev/null")


def test_a_socket_is_an_error_that_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s")
        with pytest.raises(OSError, match="a socket, not a regular file") as caught:
            read_bytes("s")
    assert caught.value.filename == "s"


def test_a_file_that_becomes_a_fifo_after_the_first_look_does_not_block(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.mkfifo(tmp_path / "fifo")
    regular = os.stat(__file__)
    monkeypatch.setattr("qualitygate.sources.read.os.stat", lambda path: regular)
    with pytest.raises(OSError, match="a FIFO"):
        read_bytes(str(tmp_path / "fifo"))


def test_broken_links_and_loops_are_errors_of_the_system(tmp_path: Path) -> None:
    os.symlink("nowhere", tmp_path / "broken")
    os.symlink("loop", tmp_path / "loop")
    with pytest.raises(FileNotFoundError):
        read_bytes(str(tmp_path / "broken"))
    with pytest.raises(OSError, match="Too many levels"):
        read_bytes(str(tmp_path / "loop"))
