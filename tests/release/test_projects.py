"""The sample projects are what they claim to be: the good ones build, the others misbehave as described."""

from __future__ import annotations

import contextlib
import dataclasses
import email
import json
import os
import signal
import subprocess
import sys
import tarfile
import time
import zipfile
from pathlib import Path

import pytest
from packaging.utils import parse_sdist_filename, parse_wheel_filename

from tests.release import projects

QUICK = (projects.HATCHLING, projects.TINY)
MISBEHAVING = (projects.PRIVATE, projects.LYING, projects.FAILING)
SPYING = projects.spying(Path("/tmp/found"))
LEAKS = {".pypirc": projects.PYPIRC, "deploy.pem": projects.PRIVATE_KEY, "notes.cfg": "token: pypi-" + "A" * 100 + "\n"}
ALL = (
    projects.TINY, *projects.SAMPLES, *MISBEHAVING, SPYING, projects.endless(Path("/tmp/pid")),
    *(dataclasses.replace(projects.leaking(name, text), name=f"leaking-{name}") for name, text in LEAKS.items()),
)  # fmt: skip


def parameters(samples, quick=QUICK):
    marks = [() if sample in quick else (pytest.mark.slow,) for sample in samples]
    return [pytest.param(sample, id=sample.name, marks=mark) for sample, mark in zip(samples, marks, strict=True)]


def environment(**more):
    others = ("GIT_", "PYTHON", "QUALITYGATE_", "SETUPTOOLS_SCM_")
    return {name: value for name, value in os.environ.items() if not name.startswith(others)} | more


def build(folder, place, *options, **more):
    command = [sys.executable, "-m", "build", *options, "--outdir", place, folder]
    return subprocess.run(command, env=environment(**more), capture_output=True, text=True, timeout=300)


def quickly(folder, place, **more):
    """For what needs nothing to be installed."""
    return build(folder, place, "--no-isolation", **more)


def metadata(path):
    """The core metadata inside a file."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            message = email.message_from_bytes(archive.read(name))
    else:
        with tarfile.open(path) as archive:
            message = email.message_from_bytes(archive.extractfile(f"{path.name[:-7]}/PKG-INFO").read())
    return message


@pytest.mark.parametrize("sample", parameters((projects.TINY, *projects.SAMPLES)))
def test_a_sample_builds_as_it_says(sample, write_sample, tmp_path):
    project, place = write_sample(sample), tmp_path / "built"
    done = build(project, place)
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(path.name for path in place.iterdir()) == sorted((sample.sdist, sample.wheel))
    for path in place.iterdir():
        inside = metadata(path)
        assert (inside["Name"], inside["Version"]) == (sample.project, sample.version)
    with zipfile.ZipFile(place / sample.wheel) as archive:
        assert f"{sample.module}/__init__.py" in archive.namelist()
    check = [sys.executable, "-m", "twine", "check", "--strict", *place.iterdir()]
    checked = subprocess.run(check, env=environment(), capture_output=True, text=True, timeout=120)
    assert checked.returncode == 0, checked.stdout
    assert projects.git(project, "status", "--porcelain") == ""


@pytest.mark.parametrize("sample", parameters(ALL))
def test_the_gate_has_nothing_to_say_about_a_sample(sample, write_sample):
    command = [sys.executable, "-P", "-m", "qualitygate", "check", "--no-cache", "--report", "json=-"]
    done = subprocess.run(command, cwd=write_sample(sample), env=environment(), capture_output=True, timeout=300)
    report = json.loads(done.stdout)
    assert (done.returncode, report["verdict"], report["findings"]) == (0, "pass", []), done.stderr.decode()


@pytest.mark.parametrize("sample", [pytest.param(sample, id=sample.name) for sample in ALL])
def test_a_sample_is_one_commit_with_its_tags_and_nothing_else(sample, write_sample):
    project = write_sample(sample)
    assert projects.git(project, "rev-list", "--count", "HEAD") == "1\n"
    tags = projects.git(project, "tag", "--points-at", "HEAD").split()
    assert sorted(tags) == sorted((sample.tag, *sample.other_tags))
    assert projects.git(project, "status", "--porcelain", "--ignored") == ""
    assert sorted(projects.git(project, "ls-files", "--full-name", ":/").split()) == sorted(sample.files)
    assert sample.version in sample.tag


def test_a_sample_is_the_same_commit_wherever_it_is_written(tmp_path):
    one, other = (projects.write(projects.TINY, tmp_path / place) for place in ("one", "other"))
    assert projects.git(one, "rev-parse", "v1.2.3", "HEAD") == projects.git(other, "rev-parse", "v1.2.3", "HEAD")


def test_the_version_of_a_package_in_a_folder_comes_from_its_own_tag():
    assert projects.MONOREPO.tag == projects.MONOREPO.tag_pattern.format(version=projects.MONOREPO.version)
    assert projects.MONOREPO.folder != "."


def test_a_name_is_normalized_in_the_names_of_files():
    sample = projects.ODD_NAME
    assert (sample.sdist, sample.wheel) == ("qg_demo_pkg-1.2.3.tar.gz", "qg_demo_pkg-1.2.3-py3-none-any.whl")
    assert parse_sdist_filename(sample.sdist)[0] == parse_wheel_filename(sample.wheel)[0] == "qg-demo-pkg"


def test_a_spy_finds_what_any_of_its_ancestors_has_in_its_environment(tmp_path):
    found = tmp_path / "found"
    found.mkdir()
    project = projects.write(projects.spying(found), tmp_path)
    # An ancestor has it, the process that builds has not.
    script = 'env -u PLANTED "$@"; exit $?'
    command = ["sh", "-c", script, "sh", sys.executable, "-m", "build", "-n", "--outdir", tmp_path / "built", project]
    done = subprocess.run(command, env=environment(PLANTED="s3cr3t-\udcff"), capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert sorted(path.name.partition("-")[0] for path in found.iterdir()) == ["sdist", "wheel"]
    for path in found.iterdir():
        data = path.read_bytes()
        assert data.count(b"PLANTED=s3cr3t-\xff\0") == 1
        assert b"== %d environ: " % os.getpid() in data
        assert b"== 1 cmdline: " in data


def test_a_spy_looks_when_it_is_imported_too(tmp_path):
    found = tmp_path / "found"
    found.mkdir()
    project = projects.write(projects.spying(found), tmp_path)
    command = [sys.executable, "-c", "import qg_spying"]
    subprocess.run(command, env=environment(PYTHONPATH=str(project / "src"), PLANTED="s3cr3t"), check=True, timeout=60)
    (path,) = found.iterdir()
    assert path.name.startswith("import-")
    assert b"PLANTED=s3cr3t\0" in path.read_bytes()


@pytest.mark.parametrize(("name", "content"), LEAKS.items(), ids=LEAKS)
def test_a_leak_is_in_the_sdist_and_not_in_the_wheel(name, content, write_sample, tmp_path):
    sample, place = projects.leaking(name, content), tmp_path / "built"
    done = quickly(write_sample(sample), place)
    assert done.returncode == 0, done.stderr
    with tarfile.open(place / sample.sdist) as archive:
        assert archive.extractfile(f"{sample.stem}/{name}").read().decode() == content
    with zipfile.ZipFile(place / sample.wheel) as archive:
        assert not any(content.encode() in archive.read(member) for member in archive.namelist())


def test_a_private_project_says_so_in_both_files(write_sample, tmp_path):
    place = tmp_path / "built"
    assert quickly(write_sample(projects.PRIVATE), place).returncode == 0
    assert len(list(place.iterdir())) == 2
    for path in place.iterdir():
        assert "Private :: Do Not Upload" in metadata(path).get_all("Classifier")


def test_a_liar_builds_two_versions(write_sample, tmp_path):
    place = tmp_path / "built"
    assert quickly(write_sample(projects.LYING), place).returncode == 0
    assert sorted(metadata(path)["Version"] for path in place.iterdir()) == ["1.2.3", "9.9.9"]


def test_a_failure_says_its_sentence(write_sample, tmp_path):
    done = quickly(write_sample(projects.FAILING), tmp_path / "built")
    assert done.returncode != 0
    assert "no sdist today" in done.stdout + done.stderr


def test_an_endless_build_has_begun_and_does_not_end(write_sample, tmp_path):
    started = tmp_path / "pid"
    project = write_sample(projects.endless(started))
    command = [sys.executable, "-m", "build", "-n", "--outdir", tmp_path / "built", project]
    with open(tmp_path / "log", "wb") as log:
        process = subprocess.Popen(command, env=environment(), stdout=log, stderr=log, process_group=0)
    try:
        last = time.monotonic() + 60
        while not (started.exists() and started.read_text()) and time.monotonic() < last:
            time.sleep(0.05)
        sleeper = int(started.read_text())
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        os.kill(sleeper, 0)  # it is there
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)
