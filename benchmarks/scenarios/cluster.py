"""Two Dask workers on this machine."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import names, projects
from benchmarks.bench import Bench, Reference
from benchmarks.measure import Result
from benchmarks.process import Command, Failed, Unavailable, run

_READY = "import sys; from dask.distributed import Client; Client(sys.argv[1], timeout=60).wait_for_workers(2, 60)"


def rows(bench: Bench) -> dict[str, Result]:
    """The cluster stands before the first run and stays; the gate's own cache is empty each time."""
    root = projects.write(bench.path("clustered"), projects.mixed(bench.quick))
    expected = Reference(bench, root, "clustered")
    name = "two Dask workers"
    with contextlib.ExitStack() as stack:
        local = bench.gate(root, "unclustered").cold(names.COLD, expected)
        try:
            address = stack.enter_context(_cluster(bench))
        except (Unavailable, Failed, OSError) as problem:
            return bench.alternate([local]) | {name: Result(name, note=f"not available: {problem}")}
        remote = bench.gate(root, "clustered").cold(name, expected, "--executor", f"dask={address}")
        return bench.alternate([local, remote])


@contextlib.contextmanager
def _cluster(bench: Bench) -> Iterator[str]:
    """A scheduler and two workers with one thread each, in an empty folder; gives the scheduler's address."""
    folder = bench.path("dask/log").parent
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    address = f"tcp://127.0.0.1:{port}"
    dask = str(bench.tools / "dask")
    local = ("--host", "127.0.0.1", "--no-dashboard")
    worker = (dask, "worker", address, *local, "--nthreads", "1", "--local-directory", str(folder))
    with contextlib.ExitStack() as stack:
        stack.enter_context(_process(bench, folder, "scheduler", (dask, "scheduler", *local, "--port", str(port))))
        for number in (1, 2):
            stack.enter_context(_process(bench, folder, f"worker-{number}", worker))
        run([Command((sys.executable, "-c", _READY, address), folder, bench.env, frozenset({0}))], 120, bench.scratch)
        yield address


@contextlib.contextmanager
def _process(bench: Bench, folder: Path, name: str, argv: tuple[str, ...]) -> Iterator[None]:
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            argv, cwd=folder, env=bench.env, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield
    finally:
        process.terminate()
        end = time.monotonic() + 10
        while process.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
