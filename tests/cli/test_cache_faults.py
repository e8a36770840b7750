"""Whatever happens to the cache or to a run that uses it: the same verdict as without, and at most a warning."""

from __future__ import annotations

import contextlib
import json
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.test_cache import ENTRY, found, install, missed
from tests.cli.test_isolation import PLUGIN
from tests.conftest import Project, environment, git

CONFIG = '[tool.qualitygate]\nchecks = ["flake8", "yamllint"]\n'
FILES = {
    **{f"src/m{n:02}.py": "import os\n" + f"x = {n}\n" * n for n in range(30)},
    "a.yaml": "a: [1,2]\n",
    "pyproject.toml": CONFIG,
}


@pytest.fixture
def project(make_project) -> Project:
    return make_project(FILES)


def folder_of(project: Project) -> Path:
    return project.root / ".qualitygate"


def database_of(project: Project) -> Path:
    return folder_of(project) / "cache.sqlite3"


def checked(project: Project, *args: str, **env: str) -> tuple[dict, list[str]]:
    """The report and the warnings about the cache of a run that must end with a verdict."""
    result, report = project.check(*args, **env)
    assert result.code == 1, result.err
    return report, re.findall(r"warning: (the cache .*?)(?= warning: |$)", " ".join(result.err.split()))


def expect_recovery(project: Project, truth: dict, warnings: int | None = 1, **env: str) -> None:
    """The next run gives *truth* with so many warnings, and the one after that hits without any."""
    report, said = checked(project, **env)
    assert found(report) == found(truth)
    assert warnings is None or len(said) == warnings, said
    report, said = checked(project, **env)
    assert (found(report), said, missed(report)) == (found(truth), [], {})


def flip(path: Path, pick: random.Random) -> None:
    data = bytearray(path.read_bytes())
    for _ in range(40):
        data[pick.randrange(len(data))] ^= 1 << pick.randrange(8)
    path.write_bytes(data)


DAMAGE: dict[str, Callable[[Path], object]] = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(os.urandom(path.stat().st_size)),
    "another format": lambda path: sqlite3.connect(path).executescript("PRAGMA user_version = 99"),
}


def test_a_damaged_database_costs_a_warning_and_is_made_anew(project):
    truth, _ = checked(project)
    for name, damage in DAMAGE.items():
        assert missed(checked(project)[0]) == {}
        damage(database_of(project))
        report, said = checked(project)
        assert (found(report), len(said)) == (found(truth), 1), name


def test_flipped_bits_change_no_verdict(project):
    truth, _ = checked(project)
    pick = random.Random(3)  # nosec B311
    whole = database_of(project).read_bytes()
    for _ in range(6):
        database_of(project).write_bytes(whole)
        flip(database_of(project), pick)
        report, said = checked(project)
        assert found(report) == found(truth)
        assert len(said) <= 1


def test_a_log_of_another_database_beside_it_changes_no_verdict(project):
    truth, _ = checked(project)
    Path(f"{database_of(project)}-wal").write_bytes(os.urandom(9999))
    Path(f"{database_of(project)}-shm").write_bytes(os.urandom(32768))
    expect_recovery(project, truth, warnings=None)


def test_a_folder_in_the_place_of_the_database_is_a_warning(project):
    database_of(project).mkdir(parents=True)
    report, said = checked(project)
    assert said
    assert found(report) == found(checked(project, "--no-cache")[0])


def test_a_file_in_the_place_of_the_folder_is_a_warning(project):
    folder_of(project).write_text("")
    project.write({".gitignore": ".qualitygate\n"})
    report, said = checked(project)
    assert len(said) == 1
    assert found(report) == found(checked(project, "--no-cache")[0])


def test_a_locked_database_is_read_and_new_answers_are_not_kept(project):
    truth, _ = checked(project)
    holder = sqlite3.connect(database_of(project), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    report, said = checked(project)
    assert (found(report), missed(report)) == (found(truth), {})
    project.write({"src/m00.py": "import re\n"})
    report, said = checked(project)
    assert missed(report) == {"flake8": 1}
    assert len(said) == 1 and "locked" in said[0]
    holder.execute("ROLLBACK")
    holder.close()
    expect_recovery(project, report, warnings=0)


@contextlib.contextmanager
def mounted(kind: str, place: Path, options: str, source: str = "none") -> Iterator[None]:
    command = ["mount", "-t", kind, "-o", options, source, str(place)]
    if os.geteuid() or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting is not allowed here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_is_a_warning(project, tmp_path):
    truth, _ = checked(project, "--no-cache")
    place = tmp_path / "small"
    place.mkdir()
    with mounted("tmpfs", place, "size=256k"):
        (place / "ballast").write_bytes(b"x" * 150_000)
        (place / "cache").mkdir()
        report, said = checked(project, QUALITYGATE_CACHE_DIR=str(place / "cache"))
        assert found(report) == found(truth)
        report, said = checked(project, QUALITYGATE_CACHE_DIR=str(place / "cache"))
        assert found(report) == found(truth)
        with contextlib.suppress(OSError), (place / "more").open("wb") as stream:
            for _ in range(300):
                stream.write(b"x" * 1024)
                stream.flush()
        project.write({f"src/m{n:02}.py": "import os\n" + "y = 1\n" * n for n in range(30)})
        report, said = checked(project, QUALITYGATE_CACHE_DIR=str(place / "cache"))
        assert len(said) == 1
        assert found(report) == found(checked(project, "--no-cache")[0])
        (place / "ballast").unlink()
        (place / "more").unlink()
        expect_recovery(project, report, warnings=None, QUALITYGATE_CACHE_DIR=str(place / "cache"))


def test_a_file_that_may_not_grow_is_a_warning(project):
    """As a full disk, where mounting is not allowed."""
    truth, _ = checked(project)
    project.write({f"src/m{n:02}.py": "import os\n" + "y = 1\n" * n for n in range(30)})
    size = database_of(project).stat().st_size
    code = (
        f"import resource, runpy, sys\nresource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size}))\n"
        "sys.argv = ['qualitygate', 'check', '--report', 'json=-']\n"
        "runpy.run_module('qualitygate', run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=project.root, env=environment(project.home),
                          capture_output=True, timeout=100)
    assert done.returncode == 1 and b"Traceback" not in done.stderr, done.stderr
    expect_recovery(project, json.loads(done.stdout), warnings=0)


def test_a_read_only_file_system_is_a_warning_and_answers_are_used(project, tmp_path):
    truth, _ = checked(project)
    place = tmp_path / "frozen"
    place.mkdir()
    with mounted("tmpfs", place, "size=8m"):
        for path in folder_of(project).iterdir():
            shutil.copy(path, place)
        if subprocess.run(["mount", "-o", "remount,ro", str(place)], capture_output=True).returncode:
            pytest.skip("mounting is not allowed here")
        for _ in range(2):
            report, said = checked(project, QUALITYGATE_CACHE_DIR=str(place))
            assert (found(report), missed(report)) == (found(truth), {})
            assert len(said) == 1 and "can not be written" in said[0]
        assert project.run("cache", "info", QUALITYGATE_CACHE_DIR=str(place)).code == 0
        cleared = project.run("cache", "clear", QUALITYGATE_CACHE_DIR=str(place))
        assert cleared.code == 2 and "could not be emptied" in cleared.err and "Traceback" not in cleared.err


def test_a_clock_that_jumped_back_changes_nothing(project):
    truth, _ = checked(project)
    with sqlite3.connect(database_of(project)) as connection:
        connection.execute("UPDATE entries SET used = used + 5000")
    connection.close()
    ahead = time.time() + 10**7
    for path in (project.root / "src").iterdir():
        os.utime(path, (ahead, ahead))
    report, said = checked(project)
    assert (found(report), missed(report), said) == (found(truth), {}, [])
    project.write({"src/m00.py": "import re\n"})
    os.utime(project.root / "src/m00.py", (ahead, ahead))
    report, said = checked(project)
    assert missed(report) == {"flake8": 1}
    project.write({"src/m00.py": "import sh\n"})
    os.utime(project.root / "src/m00.py", (ahead, ahead))
    report, said = checked(project)
    assert missed(report) == {"flake8": 1}
    assert found(report) == found(checked(project, "--no-cache")[0])


# --- processes that end or compete ------------------------------------------------------------------------------------


def start(project: Project, **env: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "qualitygate", "check", "--jobs", "2", "--report", "json=-"],
        cwd=project.root, env=environment(project.home, **env), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True,
    )


def test_eight_runs_at_once_agree_cold_and_warm(project):
    truth, _ = checked(project, "--no-cache")
    for turn in ("cold", "warm"):
        runs = [start(project) for _ in range(8)]
        for run in runs:
            out, err = run.communicate(timeout=200)
            assert run.returncode == 1 and b"Traceback" not in err, err
            assert found(json.loads(out)) == found(truth)
            assert b"warning: the cache" not in err, (turn, err)
    expect_recovery(project, truth, warnings=0)


def kill_at_random_times(project: Project, truth: dict, runs: int, **env: str) -> None:
    pick = random.Random(5)  # nosec B311
    for _ in range(runs):
        with start(project, **env) as process:
            time.sleep(pick.uniform(0.2, 2.5))
            process.kill()
            process.communicate()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    expect_recovery(project, truth, warnings=0, **env)


def test_a_run_that_is_killed_at_any_time_leaves_a_usable_cache(project):
    truth, _ = checked(project, "--no-cache")
    kill_at_random_times(project, truth, runs=4)


@pytest.mark.slow
def test_twenty_killed_runs_leave_a_usable_cache(make_project):
    many = {f"src/m{n:04}.py": f"import os\nx = {n}\n" for n in range(3000)}  # more than are written at once
    project = make_project({**many, "pyproject.toml": CONFIG.replace(', "yamllint"', "")})
    truth, _ = checked(project, "--no-cache")
    kill_at_random_times(project, truth, runs=20)


def test_a_run_that_is_killed_while_it_writes_leaves_all_or_nothing(project):
    """Killed between the first row and the end of the transaction, with a cache of many pages."""
    truth, _ = checked(project)
    code = (
        "import os, sqlite3, sys\n"
        "connection = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "connection.execute('PRAGMA cache_size = 2')\n"
        "connection.execute('BEGIN IMMEDIATE')\n"
        "for n in range(3000):\n"
        "    connection.execute('INSERT INTO entries VALUES (3, ?, 1, ?, NULL)', (b'%d' % n, os.urandom(500)))\n"
        "os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(database_of(project))], capture_output=True)
    assert done.returncode == -signal.SIGKILL
    assert Path(f"{database_of(project)}-wal").stat().st_size > 10**6
    report, said = checked(project)
    assert (found(report), missed(report), said) == (found(truth), {}, [])
    assert "results   3" in project.run("cache", "info").out


def test_a_worker_that_is_killed_loses_no_answer_and_leaves_none_that_is_wrong(make_project, tmp_path):
    site = tmp_path / "site"
    site.mkdir()
    (site / "flake8_evil.py").write_text(PLUGIN)
    install(site, "flake8_evil", "1.0", entry_points__txt=ENTRY)
    config = CONFIG + '[tool.qualitygate.flake8]\ncacheable-plugins = ["flake8-evil"]\n'
    project = make_project({**FILES, "pyproject.toml": config, "src/z.py": f"# once {tmp_path}/mark\nimport re\n"})
    report, _ = checked(project, PYTHONPATH=str(site))
    assert (tmp_path / "mark").exists()
    expect_recovery(project, report, warnings=0, PYTHONPATH=str(site))
    project.write({"src/z.py": "# kill\n"})
    for _ in range(2):
        result, report = project.check(PYTHONPATH=str(site))
        assert result.code == 3
        flake8 = report["checks"][0]
        assert [error["path"] for error in flake8["errors"]] == ["src/z.py"]
        assert flake8["cached"] == flake8["files"] - 1
    project.write({"src/z.py": f"# once {tmp_path}/mark\nimport re\n"})
    report, said = checked(project, PYTHONPATH=str(site))
    assert (missed(report), said) == ({}, [])


# --- a cache that somebody else could have filled ---------------------------------------------------------------------


def expect_refusal(project: Project, *args: str, cwd: Path | None = None, **env: str) -> None:
    for command in ("check", "cache info"):
        result = project.run(*command.split(), *args, cwd=cwd, **env)
        assert result.code == 2, result.err
        assert "cache.sqlite3" in result.err or ".qualitygate" in result.err
        assert "git rm" in result.err or "Remove the link" in result.err
    assert project.run("check", "--no-cache", cwd=cwd, **env).code == 1


def test_a_tracked_cache_is_refused_with_a_cure_that_works(project):
    truth, _ = checked(project)
    git(project.root, "add", "-f", ".qualitygate/cache.sqlite3")
    expect_refusal(project)
    git(project.root, "commit", "-qm", "poison")
    expect_refusal(project)
    git(folder_of(project), "rm", "-qf", "cache.sqlite3*")
    report, said = checked(project)
    assert (found(report), said) == (found(truth), [])
    assert set(missed(report)) == {"flake8", "yamllint"}


@pytest.mark.parametrize("suffix", ["-wal", "-journal"])
def test_a_tracked_log_is_refused_since_the_database_is_made_from_it(project, suffix):
    project.write({f".qualitygate/cache.sqlite3{suffix}": "x"}).commit()
    expect_refusal(project)


def test_a_tracked_cache_is_refused_wherever_it_is(project, tmp_path):
    checked(project, "--cache-dir", "sub/cache")
    git(project.root, "add", "-f", "sub/cache/cache.sqlite3")
    expect_refusal(project, "--cache-dir", "sub/cache")
    expect_refusal(project, QUALITYGATE_CACHE_DIR="sub/cache")
    (project.root / "link").symlink_to("sub/cache")
    expect_refusal(project, "--cache-dir", "link")
    git(project.root, "commit", "-qm", "poison")
    git(project.root, "worktree", "add", "-q", str(tmp_path / "tree"))
    expect_refusal(Project(tmp_path / "tree", project.home), "--cache-dir", "sub/cache")


def test_a_cache_that_git_tracks_now_is_refused_also_when_a_commit_without_it_is_judged(project):
    checked(project)
    git(project.root, "add", "-f", ".qualitygate/cache.sqlite3")
    for commits, refs in ((0, ["HEAD"]), (1, ["HEAD", "HEAD~1"])):
        for ref in refs:
            result = project.run("check", "--at", ref)
            assert (result.code, "is tracked by git" in result.err) == (2, True), (commits, ref, result.err)
            assert project.run("check", "--at", ref, "--no-cache").code == 1
        git(project.root, "commit", "-qm", "poison", "--allow-empty")
    git(project.root, "rm", "-q", "--cached", ".qualitygate/cache.sqlite3")
    assert project.run("check", "--at", "HEAD").code == 1, "what only a commit has does not concern what lies here"


def test_a_tracked_cache_is_refused_in_a_project_below_the_top_and_whatever_git_ignores(make_project, tmp_path):
    top = make_project({f"services/a/{name}": text for name, text in FILES.items()})
    (tmp_path / "excludes").write_text(".qualitygate\n*.sqlite3\n")
    git(top.root, "config", "core.excludesFile", str(tmp_path / "excludes"))
    inner = Project(top.root / "services/a", top.home)
    checked(inner)
    git(top.root, "add", "-f", "services/a/.qualitygate")
    top.commit()
    expect_refusal(inner)
    expect_refusal(inner, cwd=inner.root / "src")


def test_links_are_refused(project, tmp_path):
    checked(project)
    shutil.move(folder_of(project), tmp_path / "there")
    folder_of(project).symlink_to(tmp_path / "there")
    expect_refusal(project)
    folder_of(project).unlink()
    folder_of(project).mkdir()
    database_of(project).symlink_to(tmp_path / "there/cache.sqlite3")
    expect_refusal(project)
