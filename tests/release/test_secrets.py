"""The token is where twine needs it, and nowhere else."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.release import projects
from tests.release.harness import PASSWORD, Project, credentials, environment, expect_no_secret, make_project, spellings
from tests.release.strict_index import Echo, StrictIndex, Token
from tests.release.test_faults import OURS

GOOD = Token(PASSWORD)
PROD_PASSWORD = "production-token-9876543210"


def variables(index: StrictIndex) -> dict[str, str]:
    """Both targets have credentials, as in a careless pipeline."""
    return {
        **credentials(index.upload_url), "PYPI_TEST_INDEX_URL": index.simple_url,
        **credentials(index.upload_url, "PROD", password=PROD_PASSWORD), "TWINE_PASSWORD": "of-somebody-else-0123",
        "CI_JOB_TOKEN": "job-token-0123456789",
    }


SECRETS = (PASSWORD, PROD_PASSWORD, "of-somebody-else-0123", "job-token-0123456789")


def test_neither_the_backend_nor_the_package_finds_a_secret_in_its_ancestors(write_sample, tmp_path):
    found = tmp_path / "found"
    found.mkdir()
    project = Project(write_sample(projects.spying(found)))
    with StrictIndex(tokens=[GOOD]) as index:
        ran = project.run("--target", "test", "--no-gate", "a test", **variables(index))

    assert ran.code == 0, ran.err
    spied = {path.name.partition("-")[0]: path.read_bytes() for path in found.iterdir()}
    assert set(spied) == {"sdist", "wheel", "import"}
    for notes in spied.values():
        assert notes.count(b" environ: ") >= 3 and b"PATH=" in notes  # they did look
        for secret in SECRETS:
            for spelling in spellings(secret):
                assert spelling.encode() not in notes


def test_a_shell_that_has_the_credentials_is_warned_of(write_sample):
    project = Project(write_sample(projects.TINY))
    with StrictIndex(tokens=[GOOD]) as index:
        line = [sys.executable, "-c", "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"]
        ran = subprocess.run(
            [*line, *project.line("--target", "test", "--no-gate", "a test")], cwd=project.root, capture_output=True,
            env=environment(**variables(index)), text=True, timeout=120,
        )
        built = project.run("--target", "test", "--no-gate", "a test", "--dist", "dist", **variables(index))

    assert ran.returncode == 0 and "has credentials in its environment" in ran.stderr, ran.stderr
    assert built.code == 0 and "has credentials in its environment" not in built.err


class Watch(threading.Thread):
    """Looks at every process below *pid*, again and again: who has the secret in its command line or environment?"""

    def __init__(self, pid: int, secret: str) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._spellings = [spelling.encode() for spelling in spellings(secret)]
        self.ended = threading.Event()
        self.seen: dict[str, set[str]] = {"cmdline": set(), "environ": set()}
        self.programs: set[str] = set()

    def run(self) -> None:
        while not self.ended.is_set():
            for process in self._family():
                self._look(process)
            time.sleep(0.001)

    def _family(self) -> list[str]:
        parents = {}
        for name in filter(str.isdigit, os.listdir("/proc")):
            try:
                parents[name] = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()[1]
            except OSError:
                continue
        family = {str(self._pid)}
        while new := {name for name, parent in parents.items() if parent in family} - family:
            family |= new
        return sorted(family)

    def _look(self, process: str) -> None:
        try:
            line = Path(f"/proc/{process}/cmdline").read_bytes()
            environ = Path(f"/proc/{process}/environ").read_bytes()
        except OSError:
            return
        program = line.replace(b"\0", b" ").decode(errors="replace")
        self.programs.add(program)
        for where, data in (("cmdline", line), ("environ", environ)):
            if any(spelling in data for spelling in self._spellings):
                self.seen[where].add(program)


def test_no_process_but_twine_ever_has_the_token(tmp_path):
    project = make_project(tmp_path / "project", OURS)
    with StrictIndex(tokens=[GOOD], delay=0.05) as index, subprocess.Popen(
        project.line("--target", "test", "--no-gate", "a test", "--dist", "dist"), cwd=project.root,
        env=environment(**variables(index)), stderr=subprocess.PIPE, text=True,
    ) as process:
        assert process.stderr is not None
        first = process.stderr.readline()  # from here on the command is the one that was started anew
        watch = Watch(process.pid, PASSWORD)
        watch.start()
        rest = process.stderr.read()
        process.wait(60)
        watch.ended.set()
        watch.join()

    assert process.returncode == 0, first + rest
    assert watch.seen["cmdline"] == set()
    assert watch.seen["environ"] and all(" -m twine " in program for program in watch.seen["environ"])
    assert any(" check " in program for program in watch.programs - watch.seen["environ"])


@pytest.mark.parametrize("status", [403, 400, 503])
def test_an_index_that_echoes_the_token_uncovers_nothing(tmp_path, status):
    project = make_project(tmp_path / "project", OURS)
    with StrictIndex(tokens=[GOOD], faults=[Echo(status=status, times=None)]) as index:
        ran = project.run(
            "--target", "test", "--no-gate", "a test", "--dist", "dist", "--json", "outcome.json",
            **variables(index), QUALITYGATE_PATIENCE="0.02",
        )

    assert ran.code in (3, 6) and "<PYPI_TEST_PASSWORD>" in ran.err
    expect_no_secret(ran, project.root)
    assert '"result": "' in (project.root / "outcome.json").read_text()


def test_an_internal_error_uncovers_nothing(tmp_path, monkeypatch):
    """The report of an error that must not happen has a traceback; here the error's own text is the token."""
    project = make_project(tmp_path / "project", OURS)
    hook = tmp_path / "hook"
    hook.mkdir()
    (hook / "sitecustomize.py").write_text(
        "import sys\n"
        "class Finder:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'qualitygate.release.publishing':\n"
        f"            raise RuntimeError({PASSWORD!r})\n"
        "sys.meta_path.insert(0, Finder())\n"
    )
    with StrictIndex(tokens=[GOOD]) as index:
        done = subprocess.run(
            project.line("--target", "test"), cwd=project.root, capture_output=True, text=True, timeout=60,
            env=environment(**variables(index), PYTHONPATH=str(hook), TMPDIR=str(tmp_path)),
        )

    reports = list(tmp_path.glob("qualitygate-*.txt"))
    assert done.returncode == 70 and len(reports) == 1, done.stderr
    texts = done.stderr + reports[0].read_text()
    assert "<PYPI_TEST_PASSWORD>" in texts
    assert not any(spelling in texts for spelling in spellings(PASSWORD))


@pytest.mark.parametrize(
    ("name", "content", "rule"),
    [
        ("notes.txt", f"the token is {PASSWORD}\n", "PYPI_TEST_PASSWORD"),
        ("src/data.txt", f"password = {PROD_PASSWORD}\n", "PYPI_PROD_PASSWORD"),
        (".pypirc", projects.PYPIRC, ".pypirc"),
        ("keys/server.pem", projects.PRIVATE_KEY, "key"),
    ],
)
def test_files_with_a_secret_in_them_are_not_sent(write_sample, name, content, rule):
    project = Project(write_sample(projects.leaking(name, content)))
    with StrictIndex(tokens=[GOOD]) as index:
        ran = project.run("--target", "test", "--no-gate", "a test", **variables(index))

        assert ran.code == 1 and index.posts == [], ran.err
    assert rule in ran.err and name.rpartition("/")[2] in ran.err
    for secret in (PASSWORD, PROD_PASSWORD):
        assert not any(spelling in ran.said for spelling in spellings(secret))
