"""A tool that kills, hangs or fills its process: the gate names the file, keeps the rest, and is never green.

The misbehaving tool is flake8 with an installed plug-in that does what a file tells it to.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import environment

PLUGIN = '''
import ctypes, os, signal, time

class Plugin:
    name, version = "evil", "1.0"

    def __init__(self, tree, lines):
        self.lines = lines

    def run(self):
        words = (self.lines[0] if self.lines else "# -").split()
        text = words[1]
        if "segfault" in text:
            ctypes.string_at(0)
        if "kill" in text:
            os.kill(os.getpid(), signal.SIGKILL)
        if "once" in text:
            mark = words[-1]
            if not os.path.exists(mark):
                open(mark, "w").close()
                os.kill(os.getpid(), signal.SIGKILL)
        if "endless" in text:
            while True:
                pass
        if "sleep" in text:
            time.sleep(600)
        if "memory" in text:
            hog = []
            while True:
                hog.append(bytearray(2**26))
        if "exit" in text:
            os._exit(0)
        if "posix" in text:
            import posix
            posix._exit(0)
        if "chdir" in text:
            os.chdir("/")
        if "interrupt" in text:
            raise KeyboardInterrupt
        if "generator" in text:
            raise GeneratorExit
        if "open" in text:
            os.open = None
        if "raise" in text:
            raise ValueError("evil")
        yield from ()
'''


@pytest.fixture
def site(tmp_path: Path) -> str:
    """A folder with an installed flake8 plug-in."""
    site = tmp_path / "site"
    info = site / "flake8_evil-1.0.dist-info"
    info.mkdir(parents=True)
    (site / "flake8_evil.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: flake8-evil\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[flake8.extension]\nEVI = flake8_evil:Plugin\n")
    return str(site)


@pytest.fixture
def project(make_project):
    files = {f"pkg/m{n}.py": "import os\n" for n in range(20)}
    return make_project({**files, "pyproject.toml": '[tool.qualitygate]\nchecks = ["flake8"]\n'})


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("segfault", "SIGSEGV"),
        ("kill", "SIGKILL"),
        ("exit", "worker"),
        ("posix", "worker"),
        ("endless", "timed out"),
        ("sleep", "timed out"),
    ],
)
def test_a_file_that_takes_its_worker_down_twice_is_named_and_its_check_is_broken(project, site, deed, said):
    project.write({"pkg/evil.py": f"# {deed}\n"})
    result, report = project.check("--file-timeout", "2", PYTHONPATH=site)
    assert result.code == 3
    assert said in result.err and "pkg/evil.py" in result.last_line
    [check] = report["checks"]
    assert [error["path"] for error in check["errors"]] == ["pkg/evil.py"]
    assert check["counts"]["by_rule"] == {"F401": 20}


def test_a_worker_that_is_killed_once_costs_nothing(project, site, tmp_path):
    project.write({"pkg/evil.py": f"# once {tmp_path}/mark\n"})
    result, report = project.check(PYTHONPATH=site)
    assert result.code == 1
    assert report["checks"][0]["errors"] == []
    assert report["checks"][0]["counts"]["by_rule"] == {"F401": 20}


@pytest.mark.parametrize(
    ("deed", "said"),
    [
        ("raise", "ValueError"),
        ("interrupt", "KeyboardInterrupt"),
        ("generator", "GeneratorExit"),
        ("chdir", "current folder"),
    ],
)
def test_a_plugin_that_raises_or_goes_elsewhere_breaks_its_check_and_the_file_is_named(project, site, deed, said):
    project.write({"pkg/evil.py": f"# {deed}\n"})
    result, report = project.check("--jobs", "1", PYTHONPATH=site)
    assert result.code == 3
    [error] = report["checks"][0]["errors"]
    assert error["path"] == "pkg/evil.py"
    assert said in error["message"]
    assert report["checks"][0]["counts"]["by_rule"] == {"F401": 20}


def test_a_plugin_that_breaks_the_process_makes_nothing_look_clean(project, site):
    project.write({"pkg/evil.py": "# open\n" + "# the largest file comes first\n" * 99})
    result, report = project.check("--jobs", "1", PYTHONPATH=site)
    assert result.code == 3
    assert report["checks"][0]["outcome"] == "broken"


def test_a_plugin_that_goes_elsewhere_when_imported_breaks_its_check_only(make_project, site, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "a.py").write_text("x = 1\n")
    plugin = tmp_path / "site" / "flake8_evil.py"
    plugin.write_text(f"import os\nos.chdir({str(tmp_path / 'elsewhere')!r})\n" + PLUGIN)
    project = make_project({"a.py": "print(eval(input()))\n"})
    result, report = project.check("--jobs", "1", PYTHONPATH=site)
    outcome = {check["check"]: check["outcome"] for check in report["checks"]}
    assert outcome["flake8"] == "broken"
    assert outcome["bandit"] == "soft-fail"


def test_exhausted_memory_breaks_the_check_and_spares_the_machine(project, site):
    project.write({"pkg/evil.py": "# memory\n"})
    result, report = project.check("--jobs", "8", PYTHONPATH=site)
    assert result.code == 3
    assert report["checks"][0]["errors"][0]["path"] == "pkg/evil.py"
    assert "memory" in report["checks"][0]["errors"][0]["message"]
    assert report["checks"][0]["counts"]["by_rule"] == {"F401": 20}


def test_a_tool_that_dies_on_every_file_is_given_up_early(project, site):
    project.write({f"pkg/m{n}.py": "# kill\n" for n in range(20)})
    started = time.monotonic()
    result, report = project.check(PYTHONPATH=site)
    assert result.code == 3
    assert 1 <= len(report["checks"][0]["errors"]) <= 6
    assert time.monotonic() - started < 120


def test_the_deadline_ends_the_run_with_a_written_report(project, site, tmp_path):
    project.write({"pkg/evil.py": "# endless\n"})
    file = tmp_path / "report.json"
    started = time.monotonic()
    result = project.run("check", "--deadline", "4", "--report", f"json={file}", PYTHONPATH=site)
    assert result.code == 3
    assert time.monotonic() - started < 30
    assert "deadline" in result.last_line
    assert '"broken"' in file.read_text()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("send", [os.kill, os.killpg], ids=["to the command", "to all, as a terminal does"])
def test_a_signal_ends_the_run_at_once_and_leaves_nothing_behind(project, site, tmp_path, send, number, code):
    project.write({"pkg/evil.py": "# endless\n"})
    file = tmp_path / "report.json"
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "qualitygate", "check", "--report", f"json={file}"],
        cwd=project.root,
        env=environment(project.home, PYTHONPATH=site),
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        _wait_for(lambda: len(_session(process.pid)) > 3)
        time.sleep(1)
        started = time.monotonic()
        send(process.pid, number)
        _, err = process.communicate(timeout=30)
    assert process.returncode == code
    assert time.monotonic() - started < 10
    _wait_for(lambda: not _session(process.pid))
    assert '"unjudged"' in file.read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "project", "report.json", "site"]
    assert b"Traceback" not in err


def test_when_the_parent_is_killed_its_workers_end_by_themselves(project, site):
    project.write({"pkg/evil.py": "# endless\n"})
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "qualitygate", "check", "--file-timeout", "5"],
        cwd=project.root,
        env=environment(project.home, PYTHONPATH=site),
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        _wait_for(lambda: len(_session(process.pid)) > 3)
        time.sleep(1)
        process.kill()
        process.wait()
    _wait_for(lambda: not _session(process.pid))


def _session(leader: int) -> list[int]:
    """Process ids of the session that *leader* leads, zombies left out."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == leader and fields[0] != "Z":
                found.append(int(entry.name))
    return found


def _wait_for(condition, seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
