"""One run in every kind of session, and none left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

from tests.pytest_plugin.harness import CHECKS, FILES, TESTS, VERDICTS, left_over

SLEEPER = '''
import time

class Plugin:
    name, version = "sleeper", "1.0"

    def __init__(self, tree):
        pass

    def run(self):
        time.sleep(600)
        yield from ()
'''


@pytest.fixture
def asleep(tmp_path):
    """A folder with an installed flake8 plug-in that does not come to an end."""
    info = tmp_path / "site/flake8_sleeper-1.0.dist-info"
    info.mkdir(parents=True)
    (tmp_path / "site/flake8_sleeper.py").write_text(SLEEPER)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: flake8-sleeper\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[flake8.extension]\nSLE = flake8_sleeper:Plugin\n")
    return str(tmp_path / "site")


@pytest.fixture
def scratch():
    """A folder for temporary files, whose path is short enough for sockets in it."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        yield Path(folder)


def expect_nothing_left(scratch):
    deadline = time.monotonic() + 20
    while left_over(f"TMPDIR={scratch}") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert left_over(f"TMPDIR={scratch}") == []
    assert [path.name for path in scratch.iterdir() if path.name.startswith("qualitygate")] == []


def hear_interrupts():
    """Whatever started the tests may have them ignored, as shells do for what they run in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.mark.parametrize("mode", ["load", "loadfile", "loadscope", "loadgroup", "worksteal"])
def test_workers_share_one_run(suite, mode):
    ran = suite.run("--qualitygate", "-n2", "--dist", mode)
    assert (ran.code, ran.outcomes) == (1, TESTS | VERDICTS)
    assert len(ran.calls) == 1
    assert ran.out.count("= quality gate =") == 1


def test_workers_that_all_run_everything_share_one_run(suite):
    ran = suite.run("--qualitygate", "--dist", "each", "--tx", "2*popen")
    assert (ran.code, ran.outcomes, set(ran.counts.values())) == (1, TESTS | VERDICTS, {2})
    assert len(ran.calls) == 1


def test_a_selection_holds_in_workers(suite):
    ran = suite.run("--qualitygate", "-n2", "qualitygate::yamllint", "tests/test_x.py")
    assert ran.outcomes == {"tests.test_x::test_one": "passed", "qualitygate::yamllint": "xfailed"}
    assert [word for word in ran.calls[0] if word.startswith("--only")] == ["--only=yamllint"]
    assert suite.run("--qualitygate", "-n2", "qualitygate::bandit").outcomes == {"qualitygate::bandit": "passed"}


def test_workers_leave_processors_to_each_other(suite):
    ran = suite.run("--qualitygate", "-n2")
    [jobs] = [word for word in ran.calls[0] if word.startswith("--jobs=")]
    assert int(jobs.removeprefix("--jobs=")) == max(1, len(os.sched_getaffinity(0)) - 2)
    assert not [word for word in suite.run("--qualitygate").calls[0] if word.startswith("--jobs")]


@pytest.mark.parametrize(
    "args",
    [
        ["-p", "no:cacheprovider"],
        ["-p", "no:terminal"],
        ["-p", "no:xdist"],
        ["-W", "error"],
        ["--strict-markers", "--strict-config", "-o", "xfail_strict=true", "-W", "error", "-n2"],
        ["-x", "--deselect", "qualitygate::flake8"],
        ["--sw", "--deselect", "qualitygate::flake8"],
        ["--ff", "-v"],
    ],
    ids=" ".join,
)
def test_other_options_of_pytest_change_nothing(suite, args):
    ran = suite.run("--qualitygate", *args)
    expected = TESTS | VERDICTS
    if "--deselect" in args:
        del expected["qualitygate::flake8"]
    assert (ran.code, ran.outcomes) == ("failed" in expected.values(), expected)
    assert len(ran.calls) == 1


def test_strict_mode_of_the_native_configuration_changes_nothing(make_suite):
    suite = make_suite({
        "pytest.ini": "",
        "pyproject.toml": f'[tool.pytest]\nstrict = true\nqualitygate = true\n{FILES["pyproject.toml"]}',
    })
    (suite.project.root / "pytest.ini").unlink()
    version = subprocess.check_output([suite.python, "-c", "import pytest; print(pytest.__version__)"], text=True)
    if int(version.partition(".")[0]) < 9:
        pytest.skip("came with pytest 9.0")
    assert suite.run("tests").outcomes == TESTS | VERDICTS


def test_it_can_be_loaded_by_name(suite):
    ran = suite.run("--qualitygate", "-p", "pytest_qualitygate", PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
    assert ran.outcomes == TESTS | VERDICTS


def test_the_command_of_the_same_environment_is_the_default(suite):
    if not suite.is_own:
        pytest.skip("that environment has the plug-in only")
    ran = suite.run("--qualitygate", counting=False)
    assert (ran.code, ran.outcomes, ran.calls) == (1, TESTS | VERDICTS, [])
    assert "qualitygate check --only=flake8" in ran.out


def test_it_finds_in_the_cache_what_the_command_left_there(suite):
    suite.project.run("check")
    report = suite.project.root / "gate.json"
    suite.run("--qualitygate", f"--qualitygate-report=json={report}")
    checks = json.loads(report.read_text())["checks"]
    assert [check["cached"] for check in checks] == [check["files"] for check in checks]


def test_the_gate_works_while_the_tests_run(make_suite, tmp_path):
    slow = (
        "import pathlib, time\n\n\ndef test_one():\n"
        f"    calls = pathlib.Path({str(tmp_path / 'calls.jsonl')!r})\n"
        "    deadline = time.monotonic() + 60\n"
        "    while '\"check\"' not in calls.read_text():\n"
        "        assert time.monotonic() < deadline\n        time.sleep(0.01)\n"
    )
    ran = make_suite({"tests/test_x.py": slow}).run("--qualitygate")
    assert ran.outcomes == TESTS | VERDICTS


def test_tests_that_stop_early_end_the_run(make_suite, asleep, scratch):
    suite = make_suite({"tests/test_x.py": "def test_one():\n    assert False\n"})
    ran = suite.run("--qualitygate", "-x", PYTHONPATH=asleep, TMPDIR=str(scratch))
    assert ran.code == 1
    assert "it was stopped" in ran.out
    expect_nothing_left(scratch)


@pytest.mark.parametrize("args", [[], ["-n2"]], ids=["one process", "workers"])
def test_an_interrupt_ends_the_run_and_leaves_nothing(suite, asleep, scratch, args):
    env = suite.environment(PYTHONPATH=asleep, TMPDIR=str(scratch))
    with subprocess.Popen(
        suite.line("--qualitygate", *args), cwd=suite.project.root, env=env, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True, preexec_fn=hear_interrupts,
    ) as process:
        deadline = time.monotonic() + 60
        while not suite.called():
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        time.sleep(1)
        os.killpg(process.pid, signal.SIGINT)
        out = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 2, out
    assert "KeyboardInterrupt" in out
    expect_nothing_left(scratch)


def test_a_run_that_is_killed_is_an_error(suite, asleep, scratch):
    env = suite.environment(PYTHONPATH=asleep, TMPDIR=str(scratch))
    with subprocess.Popen(
        suite.line("--qualitygate", "--qualitygate-only"), cwd=suite.project.root, env=env, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as process:
        deadline = time.monotonic() + 60
        while not suite.called():
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.05)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGKILL)
        out = process.communicate(timeout=60)[0].decode()
    assert process.returncode == 1, out
    assert out.count("SIGKILL") >= len(CHECKS)


def test_a_report_from_a_test_is_that_of_the_command(suite):
    if not suite.is_own:
        pytest.skip("that environment has the plug-in only")
    suite.project.write({"tests/test_x.py": (
        "import json, qualitygate\n\n\ndef test_one():\n"
        "    report = qualitygate.check()\n"
        "    assert isinstance(report, qualitygate.Report)\n"
        "    found = [(f.check, f.rule, f.path, f.line) for run in report.runs for f in run.findings]\n"
        "    open('api.json', 'w').write(json.dumps([report.exit_code, found]))\n"
    )})
    ran = suite.run()
    assert ran.code == 0, ran.out
    _, report = suite.project.check()
    found = [[item["check"], item["rule"], item["path"], item["line"]] for item in report["findings"]]
    code, from_api = json.loads((suite.project.root / "api.json").read_text())
    assert code == report["exit_code"] == 1
    assert sorted(from_api) == sorted(found)
