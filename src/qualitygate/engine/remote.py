"""What runs inside a Dask worker: it hands batches to a process of its own.

Tools are not made for threads, take over signals and the current folder, and may end their process; a Dask worker runs
its tasks in threads. So each of its threads keeps a child process (`engine.remote_child`) for the project that it is
on. The child ends itself when it has had nothing to do for a while, and when this process ends in whatever way.

This module keeps to bytes: nothing of the project is unpickled outside of the child.
"""

from __future__ import annotations

import dataclasses
import os
import pickle  # nosec B403 - it is what Dask sends things with
import subprocess  # nosec B404 - see the docstring
import sys
import threading
from collections.abc import Mapping
from multiprocessing.connection import Pipe

from qualitygate.engine.ending import lost
from qualitygate.engine.identity import differences, identity
from qualitygate.engine.pool import Lost
from qualitygate.engine.resources import memory_limit

_MOST_SHIPMENTS = 4
"""Of so many runs at a time this process keeps what they sent."""

_PASSED_ON = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "TMPDIR", "TZ")
"""Variables of this process that the child gets. Others may be secrets, or change what Python does."""

_GRACE = 15.0
"""Seconds for a child to end and to remove its files."""

_Kept = tuple[bytes, dict[str, str]]
"""A pickled `Shipment`, and variables that have to be set before Python starts."""

_shipments: dict[str, _Kept] = {}
_threads = threading.local()


@dataclasses.dataclass(frozen=True)
class Unprepared:
    """This Dask worker has never seen the run, or has forgotten it."""

    address: str


@dataclasses.dataclass(frozen=True)
class Refused:
    """This machine would not give the same answers."""

    address: str
    sentences: list[str]


def prepare(
    key: str, shipment: bytes, tools: list[str], expected: Mapping[str, str], environment: dict[str, str]
) -> list[str]:
    """Keep what a run needs; give the differences between this machine and the one that it is made on.

    Args:

        key: Stands for the run from now on.

        shipment: A pickled `Shipment`.

        expected: As `identity` gives it for *tools* on the other machine.

        environment: Variables to be set before Python starts.
    """
    found = differences(identity(tools), expected)
    if not found:
        _shipments[key] = shipment, environment
        for old in list(_shipments)[:-_MOST_SHIPMENTS]:
            del _shipments[old]
    return found


def forget(key: str) -> None:
    """The run is over."""
    _shipments.pop(key, None)


def analyse(key: str, batch: bytes, seconds: float) -> bytes:
    """Have a pickled batch looked at; give its results, `Lost`, `Unprepared` or `Refused`, pickled.

    Args:

        seconds: After this time the child is ended.
    """
    from distributed import get_worker

    dask_worker = get_worker()
    kept = _shipments.get(key)
    if kept is None:
        return pickle.dumps(Unprepared(dask_worker.address))
    for _ in range(2):  # a child may have ended for lack of work just now
        child = _child(key, kept, dask_worker.state.nthreads)
        outcome = child.refused(seconds) or child.ask(batch, seconds)
        if isinstance(outcome, bytes):
            return outcome
        child.close()
        if isinstance(outcome, list):
            return pickle.dumps(Refused(dask_worker.address, outcome))
        if outcome is not None:
            return pickle.dumps(outcome)
    return pickle.dumps(Lost("killed", "worker processes end at once"))


def _child(key: str, kept: _Kept, threads: int) -> _Child:
    """The one of this thread."""
    child: _Child | None = getattr(_threads, "child", None)
    if child is None or child.key != key or not child.is_alive:
        if child is not None:
            child.close()
        memory = memory_limit()
        child = _threads.child = _Child(key, kept, None if memory is None else max(2**30, memory // threads))
    return child


class _Child:
    def __init__(self, key: str, kept: _Kept, memory: int | None) -> None:
        self.key = key
        self._connection, theirs = Pipe()
        self._shipment: bytes | None = kept[0]
        with theirs:
            self._process = subprocess.Popen(  # nosec B603 - this Python and our own module, no shell
                [sys.executable, "-P", "-m", "qualitygate.engine.remote_child", str(theirs.fileno()), str(memory or 0)],
                env={name: os.environ[name] for name in _PASSED_ON if name in os.environ} | kept[1],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )

    @property
    def is_alive(self) -> bool:
        return not self._connection.closed and self._process.poll() is None

    def refused(self, seconds: float) -> list[str] | Lost | None:
        """Have a new child set up; what it has against this machine, or how it ended."""
        if self._shipment is None:
            return None
        shipment, self._shipment = self._shipment, None
        outcome = self._exchange(shipment, seconds)
        if isinstance(outcome, bytes):
            sentences: list[str] = pickle.loads(outcome)  # nosec B301 - of our own child
            return sentences or None
        return outcome or Lost("killed", "worker ended before it began")

    def ask(self, batch: bytes, seconds: float) -> bytes | Lost | None:
        """The pickled results, or how the child ended; None if that was for lack of work."""
        return self._exchange(batch, seconds)

    def _exchange(self, message: bytes, seconds: float) -> bytes | Lost | None:
        try:
            self._connection.send_bytes(message)
            if not self._connection.poll(seconds):
                return Lost("timeout", "timed out")
            return self._connection.recv_bytes()
        except (EOFError, OSError):
            status = self._wait()
            return lost(status) if status else None

    def close(self) -> None:
        """End it."""
        self._connection.close()
        self._wait()

    def _wait(self) -> int:
        """Its exit status, once it has ended."""
        try:
            return self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, 9)
            return self._process.wait()
