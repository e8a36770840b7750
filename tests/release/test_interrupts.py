"""Whatever ends a release in the middle of an upload, nothing is lost and the same command finishes it."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.release.harness import PASSWORD, credentials, environment, expect_no_secret, make_project
from tests.release.strict_index import Hang, Moment, StrictIndex, Token
from tests.release.strict_index.samples import sample_wheel
from tests.release.test_faults import NAME, OURS, SDIST_NAME, VERSION, WHEEL_NAME

ARGS = ("--target", "test", "--dist", "dist", "--no-gate", "a test")
OTHER_NAME, OTHER_DATA = sample_wheel(NAME, VERSION, metadata_version="2.4", tag="cp38-cp38-manylinux_2_17_x86_64")


def twines() -> list[str]:
    """Ids of running uploads to this machine."""
    found = []
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            line = Path(f"/proc/{process}/cmdline").read_bytes()
        except OSError:
            continue
        if b"-m\0twine\0" in line and b"upload" in line:
            found.append(process)
    return found


@pytest.mark.parametrize("moment", [Moment.BEFORE_STORING, Moment.AFTER_STORING], ids=lambda moment: moment.name)
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize(
    "name",
    [pytest.param(WHEEL_NAME, id="first file"), pytest.param(SDIST_NAME, id="second file", marks=pytest.mark.slow)],
)
def test_an_upload_that_is_cut_off_is_finished_by_the_same_command(tmp_path, name, number, moment):
    project = make_project(tmp_path / "project", OURS)
    with StrictIndex(tokens=[Token(PASSWORD)], faults=[Hang(moment=moment, only=name)]) as index:
        variables = environment(**credentials(index.upload_url), PYPI_TEST_INDEX_URL=index.simple_url)
        process = subprocess.Popen(
            project.line(*ARGS), cwd=project.root, env=variables, stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
        )
        wait_until(lambda: any(attempt.filename == name for attempt in index.posts), process)
        process.send_signal(number)
        said = process.communicate(timeout=30)[1]
        stored_by_then = name in index.stored

        assert process.returncode == {signal.SIGKILL: -9, signal.SIGINT: 130, signal.SIGTERM: 143}[number], said
        assert "Traceback" not in said and PASSWORD not in said
        wait_until(lambda: not any(index.upload_url in line_of(one) for one in twines()))
        if number is not signal.SIGKILL:
            receipt = project.receipt()
            assert (receipt["result"], receipt["exit_code"]) == ("interrupted", process.returncode)
            # What it can find out, it finds out before it ends.
            assert project.states()[name] == ("uploaded" if stored_by_then else "planned")
        index.calm()
        ran = project.run(*ARGS, **credentials(index.upload_url), PYPI_TEST_INDEX_URL=index.simple_url)

        assert ran.code == 0, ran.err
        assert index.stored == OURS and set(project.states().values()) == {"verified"}
        expect_no_secret(ran, project.root)


def line_of(process: str) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def wait_until(condition, process: subprocess.Popen | None = None) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline and (process is None or process.poll() is None)
        time.sleep(0.01)


@pytest.mark.parametrize("there", [WHEEL_NAME, OTHER_NAME, SDIST_NAME])
def test_after_one_of_three_files_the_other_two_are_sent(tmp_path, there):
    files = {**OURS, OTHER_NAME: OTHER_DATA}
    project = make_project(tmp_path / "project", files)
    with StrictIndex(tokens=[Token(PASSWORD)]) as index:
        index.put(there, files[there])
        ran = project.run(*ARGS, **credentials(index.upload_url), PYPI_TEST_INDEX_URL=index.simple_url)

        assert ran.code == 0, ran.err
        sent = [attempt.filename for attempt in index.posts]
        assert sent == [name for name in (OTHER_NAME, WHEEL_NAME, SDIST_NAME) if name != there]
        assert index.stored == files


def test_a_receipt_that_can_no_longer_be_written_loses_nothing(tmp_path):
    """The receipt can not be written any more once the upload begins; what was sent is found on the index."""
    project = make_project(tmp_path / "project", OURS)
    kept = tmp_path / "kept"
    kept.mkdir()
    with StrictIndex(tokens=[Token(PASSWORD)], delay=0.3) as index:
        variables = {**credentials(index.upload_url), "PYPI_TEST_INDEX_URL": index.simple_url}
        process = subprocess.Popen(
            project.line(*ARGS, "--receipt", str(kept / "receipt.json")), cwd=project.root,
            env=environment(**variables), stderr=subprocess.PIPE, text=True,
        )
        wait_until(lambda: (kept / "receipt.json").exists(), process)
        kept.rename(tmp_path / "gone")
        (tmp_path / "kept").write_text("not a folder any more")
        said = process.communicate(timeout=60)[1]

        assert process.returncode == 2 and "can not be written" in said, said
        ran = project.run(*ARGS, **variables)
        assert ran.code == 0 and index.stored == OURS, ran.err
