"""`check --executor dask=ADDRESS` with a real scheduler and real workers, which have no checkout."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Project, environment

pytest.importorskip("distributed")

PLUGIN = '''
import os, pathlib, signal, time

class Plugin:
    name, version = "deeds", "1.0"

    def __init__(self, tree, lines):
        self.words = (lines[0] if lines else "#").split()

    def run(self):
        deed, *more = self.words[1:] or [""]
        if deed == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if deed == "tell-and-sleep":
            pathlib.Path(more[0], str(os.getppid())).touch()
            time.sleep(float(more[1]))
        yield from ()
'''

ALL_SIX = """
[tool.qualitygate]
checks = ["flake8", "doc8", "yamllint", "bandit", "radon", "xenon"]

[tool.qualitygate.doc8]
paths = ["docs"]
args = []
"""

MIXED: dict[str, str | bytes] = {
    "pyproject.toml": ALL_SIX,
    ".flake8": "[flake8]\nmax-line-length = 50\nper-file-ignores =\n  src/b.py: F401\n",
    ".yamllint": "extends: default\nignore-from-file: .yamlignore\n",
    ".yamlignore": "ignored.yaml\n",
    "ignored.yaml": "a:     1\n",
    "c.yaml": "a:   1\nb: [1,2]\n",
    "src/a.py": f"import os\nx = 1  # {'y' * 60}\n",
    "src/b.py": "import os\nassert 1\n\n\ndef f(a):\n    return eval(a)\n",
    "src/broken.py": "def f(:\n",
    "src/latin.py": b"# \xe4\nx = 1\n",
    "src/long.py": "def g(x):\n" + "".join(f"    if x == {n}:\n        return {n}\n" for n in range(20)),
    "docs/a.rst": ".. role:: custom\n\nA\n=\n\n:custom:`x`  \n\n.. include:: parts/inc.txt\n",
    "docs/b.rst": ":custom:`known from the file before`\n\n:nowhere:`z`\n",
    "docs/parts/inc.txt": "Included :bad:`z`\n",
    "docs/hidden.rst": ".. include:: ../build/made.inc\n",
    ".gitignore": "build/\n",
    "build/made.inc": "git does not show this to workers: :bad:`y`\n",
}


class Cluster:
    """A scheduler and workers on 127.0.0.1, each in an empty folder of its own."""

    def __init__(self, folder: Path, scheme: str = "tcp://", **env: str) -> None:
        self.folder = folder
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._start("scheduler", "dask_scheduler", "--host", f"{scheme}127.0.0.1", "--port", "0", **env)
        self.address = self._said("scheduler", "Scheduler at:").split()[0]

    def add(self, name: str, **env: str) -> subprocess.Popen[bytes]:
        """Start a worker and wait until the scheduler knows it."""
        process = self._start(name, "dask_worker", self.address, "--nthreads", "1", "--no-nanny", **env)
        self._said(name, "Registered to:")
        return process

    def _start(self, name: str, module: str, *args: str, **env: str) -> subprocess.Popen[bytes]:
        place = self.folder / name
        for folder in (place / "empty", place / "tmp", place / "home"):
            folder.mkdir(parents=True)
        with open(place / "log", "wb") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", f"distributed.cli.{module}", *args, "--no-dashboard"],
                cwd=place / "empty",
                env=environment(place / "home", TMPDIR=str(place / "tmp"), **env),
                stdout=log,
                stderr=log,
            )
        return self.processes[name]

    def log(self, name: str) -> str:
        return (self.folder / name / "log").read_text(errors="replace")

    def _said(self, name: str, words: str) -> str:
        wait_for(lambda: words in self.log(name) or self.processes[name].poll() is not None)
        assert words in self.log(name), self.log(name)
        return self.log(name).partition(words)[2]

    def left_behind(self) -> list[str]:
        """Temporary folders of the children of workers, and such children themselves."""
        folders = [str(path) for path in self.folder.glob("*/tmp/qualitygate-*")]
        return [*folders, *children(str(self.folder))]

    def stop(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()


def children(marker: str) -> list[str]:
    """Processes that work for a Dask worker whose TMPDIR is below *marker*."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command, variables = (entry / "cmdline").read_bytes(), (entry / "environ").read_bytes()
            if b"qualitygate.engine.remote_child" in command and f"TMPDIR={marker}/".encode() in variables:
                found.append(entry.name)
    return found


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder with an installed flake8 plug-in, here and on the workers."""
    site = tmp_path_factory.mktemp("site")
    info = site / "flake8_deeds-1.0.dist-info"
    info.mkdir()
    (site / "flake8_deeds.py").write_text(PLUGIN)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: flake8-deeds\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[flake8.extension]\nDEE = flake8_deeds:Plugin\n")
    return str(site)


@contextlib.contextmanager
def cluster_of(folder: Path, names: tuple[str, ...], scheme: str = "tcp://", **env: str) -> Iterator[Cluster]:
    cluster = Cluster(folder, scheme, **env)
    try:
        for name in names:
            cluster.add(name, **env)
        yield cluster
    finally:
        cluster.stop()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory, site: str) -> Iterator[Cluster]:
    """Two workers for all tests that leave them as they are."""
    with cluster_of(tmp_path_factory.mktemp("cluster"), ("one", "two"), PYTHONPATH=site) as cluster:
        yield cluster


@pytest.fixture
def own_cluster(tmp_path: Path, site: str) -> Iterator[Cluster]:
    """Two workers to be damaged."""
    with cluster_of(tmp_path / "cluster", ("one", "two"), PYTHONPATH=site) as cluster:
        yield cluster


def timeless(report: dict[str, Any]) -> dict[str, Any]:
    checks = [{**check, "seconds": 0} for check in report["checks"]]
    return {**report, "started": "", "seconds": 0, "checks": checks}


def start(project: Project, cluster: Cluster, *args: str, **env: str) -> subprocess.Popen[str]:
    """A run in the background."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "qualitygate", "check", "--no-cache", "--report", "json=-", *args]
        + ["--executor", f"dask={cluster.address}"],
        cwd=project.root,
        env=environment(project.home, **env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def slow_project(make_project: Callable[..., Project], tmp_path: Path) -> Project:
    """Each of its files tells who looks at it, and takes a while."""
    (tmp_path / "marks").mkdir()
    padding = "# large enough for a batch of its own\n" * 1000
    files = {f"pkg/m{n}.py": f"# tell-and-sleep {tmp_path}/marks 1\nimport os\n{padding}" for n in range(10)}
    return make_project({**files, "pyproject.toml": '[tool.qualitygate]\nchecks = ["flake8"]\n'})


def marked(tmp_path: Path) -> int:
    """The Dask worker whose child is at work on a file of the slow project."""
    wait_for(lambda: any((tmp_path / "marks").iterdir()))
    keeper = next((tmp_path / "marks").iterdir()).name
    return int(Path("/proc", keeper, "stat").read_text().rpartition(")")[2].split()[1])


def test_the_report_is_that_of_a_local_run(make_project, cluster, site):
    project = make_project(MIXED)
    (project.home / ".radon.cfg").write_text("[radon]\ncc_min = C\n")

    here, local = project.check("--no-cache", PYTHONPATH=site)
    prepared = cluster.log("one").count("'prepare'")
    there, remote = project.check("--no-cache", "--executor", f"dask={cluster.address}", PYTHONPATH=site)

    assert cluster.log("one").count("'prepare'") == prepared + 1
    assert timeless(remote) == timeless(local)
    assert (there.code, there.last_line[:40]) == (here.code, here.last_line[:40])
    found = {check["check"]: check["counts"]["total"] for check in remote["checks"]}
    assert found["flake8"] and found["doc8"] and found["yamllint"] and found["bandit"] and found["radon"]
    wait_for(lambda: not cluster.left_behind(), 15)


@pytest.mark.slow
@pytest.mark.parametrize("which", [("--staged",), ("--at", "HEAD")])
def test_a_commit_is_judged_as_by_a_local_run(make_project, cluster, site, which):
    project = make_project(MIXED)
    project.write({"src/a.py": "changed = 1\n"})
    _, local = project.check("--no-cache", *which, PYTHONPATH=site)
    _, remote = project.check("--no-cache", *which, "--executor", f"dask={cluster.address}", PYTHONPATH=site)
    assert timeless(remote) == timeless(local)
    assert remote["findings"]


def test_what_is_known_is_not_sent(make_project, cluster, site):
    project = make_project({"a.py": "import os\n", "pyproject.toml": '[tool.qualitygate]\nchecks = ["bandit"]\n'})
    project.check("--executor", f"dask={cluster.address}", PYTHONPATH=site)
    result, report = project.check("--executor", "dask=127.0.0.1:1", PYTHONPATH=site)
    assert result.code == 0, result.err
    assert report["checks"][0]["cached"] == 1


def test_a_file_that_takes_its_process_down_twice_is_named_as_by_a_local_run(make_project, cluster, site):
    files = {f"pkg/m{n}.py": "import os\n" for n in range(20)}
    config = '[tool.qualitygate]\nchecks = ["flake8"]\n'
    project = make_project({**files, "pyproject.toml": config, "pkg/evil.py": "# kill\n"})
    _, local = project.check("--no-cache", PYTHONPATH=site)
    result, remote = project.check("--no-cache", "--executor", f"dask={cluster.address}", PYTHONPATH=site)
    assert result.code == 3
    [error] = remote["checks"][0]["errors"]
    assert (error["path"], error["message"]) == ("pkg/evil.py", "worker killed by SIGKILL on pkg/evil.py, twice")
    assert remote["checks"][0]["counts"]["by_rule"] == {"F401": 20}
    assert timeless(remote) == timeless(local)


@pytest.mark.slow
def test_a_file_that_takes_too_long_is_named(make_project, cluster, site, tmp_path):
    (tmp_path / "marks").mkdir()
    config = '[tool.qualitygate]\nchecks = ["flake8"]\n'
    project = make_project({"pyproject.toml": config, "slow.py": f"# tell-and-sleep {tmp_path}/marks 60\n"})
    result, report = project.check(
        "--no-cache", "--file-timeout", "1", "--executor", f"dask={cluster.address}", PYTHONPATH=site
    )
    assert result.code == 3
    assert [error["message"] for error in report["checks"][0]["errors"]] == ["timed out on slow.py, twice"]


@pytest.mark.slow
def test_a_dask_worker_that_is_killed_costs_a_retry(slow_project, own_cluster, site, tmp_path):
    run = start(slow_project, own_cluster, PYTHONPATH=site)
    os.kill(marked(tmp_path), signal.SIGKILL)
    out, err = run.communicate(timeout=90)
    report = json.loads(out)
    assert run.returncode == 1, err
    assert report["checks"][0]["errors"] == []
    assert report["checks"][0]["counts"]["by_rule"] == {"F401": 10}
    wait_for(lambda: not own_cluster.left_behind(), 15)


@pytest.mark.slow
def test_a_scheduler_that_dies_leaves_no_verdict(slow_project, own_cluster, site, tmp_path):
    run = start(slow_project, own_cluster, PYTHONPATH=site)
    marked(tmp_path)
    own_cluster.processes["scheduler"].kill()
    out, err = run.communicate(timeout=60)
    assert run.returncode == 3, err
    assert "the Dask cluster at" in err and "was lost" in err
    assert err.rstrip().endswith("no verdict: a tool gave no trustworthy answer") and "Traceback" not in err
    wait_for(lambda: not own_cluster.left_behind(), 30)


@pytest.mark.slow
def test_an_interrupted_run_leaves_the_cluster_to_others(slow_project, own_cluster, site, tmp_path, make_project):
    run = start(slow_project, own_cluster, PYTHONPATH=site)
    marked(tmp_path)
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=30)
    assert run.returncode == 130 and "Traceback" not in err, err

    other = make_project({"a.py": "import os\n"}, name="other")
    result, _ = other.check("--no-cache", "--executor", f"dask={own_cluster.address}", PYTHONPATH=site)
    assert "F401" in result.err
    wait_for(lambda: not own_cluster.left_behind(), 20)


@pytest.mark.slow
def test_the_deadline_ends_a_run(slow_project, cluster, site):
    result, report = slow_project.check(
        "--no-cache", "--deadline", "3", "--executor", f"dask={cluster.address}", PYTHONPATH=site
    )
    assert result.code == 3
    assert report["checks"][0]["errors"][0]["kind"] == "deadline"


def shadow(folder: Path, name: str, version: str) -> str:
    info = folder / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    return str(folder)


@pytest.mark.slow
def test_a_worker_with_another_version_of_a_tool_is_refused(make_project, tmp_path):
    project = make_project({"a.yaml": "a: 1\n", "pyproject.toml": '[tool.qualitygate]\nchecks = ["yamllint"]\n'})
    with cluster_of(tmp_path / "cluster", ("same",)) as cluster:
        result, _ = project.check("--no-cache", "--executor", f"dask={cluster.address}")
        assert result.code == 0
        cluster.add("other", PYTHONPATH=shadow(tmp_path / "shadow", "yamllint", "9.9.9"))
        result, _ = project.check("--no-cache", "--executor", f"dask={cluster.address}")
    assert result.code == 3
    lines = [line for line in result.err.splitlines() if "9.9.9" in line]
    assert len(lines) == 1 and ": yamllint is 9.9.9" in lines[0] and "tcp://127.0.0.1" in lines[0]


@pytest.mark.slow
def test_a_worker_that_joins_later_is_compared_too(slow_project, tmp_path, site):
    other = shadow(tmp_path / "shadow", "pycodestyle", "9.9.9")
    with cluster_of(tmp_path / "cluster", ("same",), PYTHONPATH=site) as cluster:
        run = start(slow_project, cluster, PYTHONPATH=site)
        marked(tmp_path)
        cluster.add("other", PYTHONPATH=f"{other}:{site}")
        _, err = run.communicate(timeout=60)
    assert run.returncode == 3
    assert "pycodestyle is 9.9.9" in err and "there, 2." in err


@pytest.mark.slow
def test_a_worker_without_qualitygate_is_refused(make_project, tmp_path):
    project = make_project({"a.yaml": "a: 1\n", "pyproject.toml": '[tool.qualitygate]\nchecks = ["yamllint"]\n'})
    (tmp_path / "shadow" / "qualitygate").mkdir(parents=True)
    (tmp_path / "shadow" / "qualitygate" / "__init__.py").touch()
    with cluster_of(tmp_path / "cluster", ("bare",), PYTHONPATH=str(tmp_path / "shadow")) as cluster:
        result, _ = project.check("--no-cache", "--executor", f"dask={cluster.address}")
    assert result.code == 3
    assert "it has no qualitygate, or another version" in result.err


@pytest.mark.slow
def test_a_configuration_file_that_only_the_worker_has_is_refused(make_project, tmp_path):
    project = make_project({"a.py": "import os\n", "pyproject.toml": '[tool.qualitygate]\nchecks = ["flake8"]\n'})
    with cluster_of(tmp_path / "cluster", ("one",)) as cluster:
        (tmp_path / "cluster" / "one" / "tmp" / "setup.cfg").write_text("[flake8]\nignore = F401\n")
        result, _ = project.check("--no-cache", "--executor", f"dask={cluster.address}")
    assert result.code == 3
    assert "one/tmp/setup.cfg would configure a tool" in result.err


@pytest.mark.parametrize(
    ("executor", "said"),
    [
        ("dask=tcp://10.1.2.3:8786", "neither tls:// nor on this machine"),
        ("dask=10.1.2.3:8786", "neither tls:// nor on this machine"),
        ("dask=tcp://example.org:8786", "neither tls:// nor on this machine"),
        ("dask=tcp://127.0.0.1.example.org:8786", "neither tls:// nor on this machine"),
        ("dask=tcp://0.0.0.0:8786", "neither tls:// nor on this machine"),
        ("dask=ws://127.0.0.1:8786", "neither tls:// nor on this machine"),
        ("dask=inproc://127.0.0.1:8786", "neither tls:// nor on this machine"),
        ("dask=127.0.0.1", "is no address"),
        ("dask=tcp://127.0.0.1:99999", "is no address"),
        ("dask=tcp://user@127.0.0.1:8786", "neither tls:// nor on this machine"),
        ("dask=", "is no address"),
        ("dask", "there is no such executor"),
        ("spark=tls://a:1", "there is no such executor"),
        ("", "there is no such executor"),
    ],
)
def test_other_executors_and_open_addresses_are_refused(make_project, executor, said):
    result, _ = make_project({"a.py": "x = 1\n"}).check("--executor", executor)
    assert result.code == 2
    assert said in result.err


def test_tls_needs_dasks_certificates(make_project):
    result, _ = make_project({"a.py": "x = 1\n"}).check("--no-cache", "--executor", "dask=tls://127.0.0.1:8786")
    assert result.code == 2
    assert "it names no certificates" in result.err and "distributed.comm.tls" in result.err


@pytest.fixture
def certificates(tmp_path: Path) -> dict[str, str]:
    """Variables with which all of Dask trusts one new certificate, and no other."""
    if shutil.which("openssl") is None:
        pytest.skip("needs openssl")
    key, certificate = str(tmp_path / "key.pem"), str(tmp_path / "certificate.pem")
    words = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=test"]
    subprocess.run(["openssl", *words, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    variables = {"DASK_DISTRIBUTED__COMM__TLS__CA_FILE": certificate}
    for role in ("SCHEDULER", "WORKER", "CLIENT"):
        variables[f"DASK_DISTRIBUTED__COMM__TLS__{role}__CERT"] = certificate
        variables[f"DASK_DISTRIBUTED__COMM__TLS__{role}__KEY"] = key
    return variables


@pytest.mark.slow
def test_a_cluster_with_tls(make_project, tmp_path, certificates):
    project = make_project(MIXED)
    _, local = project.check("--no-cache")
    with cluster_of(tmp_path / "cluster", ("one",), "tls://", **certificates) as cluster:
        assert cluster.address.startswith("tls://")
        _, remote = project.check("--no-cache", "--executor", f"dask={cluster.address}", **certificates)
        stranger, _ = project.check("--no-cache", "--executor", f"dask={cluster.address.replace('tls', 'tcp')}")
    assert timeless(remote) == timeless(local)
    assert stranger.code == 3


def test_no_variable_and_no_key_of_the_configuration_chooses_an_executor(make_project):
    project = make_project({"a.py": "x = 1\n"})
    result, _ = project.check(QUALITYGATE_EXECUTOR="dask=127.0.0.1:1", DASK_SCHEDULER_ADDRESS="tcp://127.0.0.1:1")
    assert result.code == 0
    project.write({"pyproject.toml": '[tool.qualitygate]\nexecutor = "dask=127.0.0.1:1"\n'})
    assert project.check()[0].code == 2


def test_local_plugins_need_a_checkout(make_project):
    result, _ = make_project({"a.py": "x = 1\n"}).check("--allow-local-plugins", "--executor", "dask=127.0.0.1:1")
    assert result.code == 2
    assert "can not be combined" in result.err


@pytest.mark.slow
def test_a_scheduler_that_is_not_there_is_an_error_in_bounded_time(make_project):
    began = time.monotonic()
    result, _ = make_project({"a.py": "x = 1\n"}).check("--no-cache", "--executor", "dask=127.0.0.1:1")
    assert time.monotonic() - began < 40
    assert result.code == 3
    assert "no Dask scheduler can be reached at tcp://127.0.0.1:1" in result.err


@pytest.mark.slow
def test_a_cluster_without_workers_is_an_error_in_bounded_time(make_project, tmp_path):
    began = time.monotonic()
    with cluster_of(tmp_path / "cluster", ()) as cluster:
        result, _ = make_project({"a.py": "x = 1\n"}).check("--no-cache", "--executor", f"dask={cluster.address}")
    assert time.monotonic() - began < 60
    assert result.code == 3
    assert "has no workers" in result.err


def test_without_the_extra_the_command_to_install_it_is_told(make_project, tmp_path):
    (tmp_path / "hide").mkdir()
    (tmp_path / "hide" / "sitecustomize.py").write_text(
        "import importlib.util as util\n"
        "find = util.find_spec\n"
        "util.find_spec = lambda name, package=None: None if name == 'distributed' else find(name, package)\n"
    )
    result, _ = make_project({"a.py": "x = 1\n"}).check(
        "--executor", "dask=127.0.0.1:1", PYTHONPATH=str(tmp_path / "hide")
    )
    assert result.code == 2
    assert "python -m pip install 'pytest-qualitygate[dask]'" in result.err
