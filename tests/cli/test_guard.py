"""What stands around every command: exit codes, and a report of what must not happen."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest

from qualitygate.cli import guard
from qualitygate.cli.progress import _Lines
from qualitygate.errors import ConfigError, ExitCode, Interrupted, ToolError


def ending_with(error: BaseException) -> click.Command:
    @click.command()
    def command() -> None:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigError(["a.toml:1:1: wrong", "a.toml:2:1: too"], "mend it"), 2, "nothing was judged"),
        (ToolError("flake8 is gone", "install it"), 3, "no verdict"),
        (Interrupted(ExitCode.TERMINATED), 143, "interrupted"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (click.UsageError("no such thing"), 2, "no such thing"),
    ],
)
def test_every_end_has_its_exit_code_and_a_sentence(capfd, error, code, said):
    assert guard.guarded(ending_with(error), []) == code
    assert said in capfd.readouterr().err


def test_a_users_mistake_is_told_with_all_problems_and_the_cure(capfd):
    guard.guarded(ending_with(ConfigError(["one", "two"], "mend it")), [])
    assert capfd.readouterr().err == "qualitygate: error: one\ntwo\n  mend it\nqualitygate: nothing was judged\n"


def test_an_internal_error_writes_a_report_to_paste_and_exits_with_70(capfd, monkeypatch, tmp_path):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    monkeypatch.setenv("SOME_TOKEN", "s3cret")
    assert guard.guarded(ending_with(RuntimeError("impossible\x1b[31m")), []) == 70
    err = capfd.readouterr().err
    assert "Traceback" not in err and "\x1b" not in err
    text = Path(re.search(r"with the file (\S+)", err)[1]).read_text()
    assert "RuntimeError: impossible" in text and "Traceback" in text
    assert "arguments: []" in text and "flake8 7" in text and "s3cret" not in text


def test_in_ci_a_line_is_printed_now_and_then(capfd, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("qualitygate.cli.progress.time.monotonic", lambda: now[0])
    lines = _Lines()
    for now[0] in (1.0, 29.0, 31.0, 40.0, 62.0):
        lines(int(now[0]), 100)
    assert capfd.readouterr().err.splitlines() == [
        "qualitygate: 31 of 100 file checks done",
        "qualitygate: 62 of 100 file checks done",
    ]
