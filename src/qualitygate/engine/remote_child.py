"""`python -m qualitygate.engine.remote_child FD MEMORY`: works on batches for a thread of a Dask worker.

Two processes: the first keeps the temporary folder and watches the second, which does the work and may die of it. When
it does, or when the Dask worker closes the connection or dies, the first removes the folder and ends in the same way.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import locale
import os
import pickle  # nosec B403 - as in `remote`
import resource
import select
import shutil
import signal
import sys
import tempfile
from multiprocessing.connection import Connection

from qualitygate.engine import worker
from qualitygate.engine.identity import differences, identity
from qualitygate.engine.isolation import safe_path
from qualitygate.engine.shipment import Shipment, foreign_files, moved, told, unpack
from qualitygate.engine.tasks import Setup

_IDLE = 5.0
"""Seconds without work after which the process ends."""

_LOOK = 0.1
"""Seconds between two looks at the process that works."""

_PR_SET_PDEATHSIG = 1
"""Of Linux's prctl(2): the signal that a process gets when the one that started it ends."""


def main() -> None:
    """Take the shipment from the connection, and serve."""
    connection = Connection(int(sys.argv[1]))
    try:
        shipment: Shipment = pickle.loads(connection.recv_bytes())  # nosec B301 - the cluster is trusted
    except EOFError:
        return
    folder = os.path.realpath(tempfile.mkdtemp(prefix="qualitygate-"))
    try:
        status = _kept(connection, shipment, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _end_like(status)


def _kept(connection: Connection, shipment: Shipment, folder: str) -> int:
    """Let a second process work in *folder*; its exit status, a signal's number negative."""
    here = os.getpid()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            _die_with(here)
            _work(connection, shipment, folder)
            status = 0
        finally:
            _leave(status)
    return _watched(pid, connection)


_leave = os._exit
"""As it was before `worker.start` replaced it."""


def _watched(pid: int, connection: Connection) -> int:
    """Wait for the end of the process, and end it if the other side has gone."""
    gone = select.poll()
    gone.register(connection.fileno(), 0)  # being hung up is always reported
    while True:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        if gone.poll(_LOOK * 1000):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            return 0


def _die_with(parent: int) -> None:
    """Have this process killed when *parent* ends, where the system can do that."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        _leave(1)


def _end_like(status: int) -> None:
    """End with an exit status, or by a signal, so that the Dask worker sees what became of the work."""
    if status < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(OSError):
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


def _work(connection: Connection, shipment: Shipment, folder: str) -> None:
    os.environ.update(moved(shipment.variables, folder))
    sys.path[:] = safe_path(sys.path, folder)
    try:
        setup = unpack(shipment, folder)
        refusal = _refusal(shipment, setup, folder)
    except OSError as error:
        refusal = [f"files can not be written to its temporary folder {folder}: {error.strerror or error}"]
    connection.send_bytes(pickle.dumps(refusal))
    if refusal:
        return
    worker.start(dataclasses.replace(setup, memory=int(sys.argv[2]) or None))
    while connection.poll(_IDLE):
        try:
            batch = connection.recv_bytes()
        except EOFError:
            return
        results = worker.analyse(pickle.loads(batch))  # nosec B301 - as above
        answer = pickle.dumps(results)
        if os.fsencode(folder) in answer:
            answer = pickle.dumps(told(results, folder))
        connection.send_bytes(answer)


def _refusal(shipment: Shipment, setup: Setup, folder: str) -> list[str]:
    """Why answers given here would not be those of the machine that the project is on."""
    found = differences(identity(setup.tools.values()), shipment.identity)
    encoding = locale.getpreferredencoding(False)
    if encoding != shipment.encoding:
        found.append(f"text files are read as {encoding} there, as {shipment.encoding} here")
    found += [f"{path} would configure a tool there or here, but not on both" for path in foreign_files(setup, folder)]
    return found


if __name__ == "__main__":
    main()
