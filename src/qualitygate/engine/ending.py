"""What the exit status of a worker process tells about its end."""

from __future__ import annotations

import signal

from qualitygate.engine import worker
from qualitygate.engine.pool import Lost


def lost(status: int) -> Lost:
    """The outcome of the task that a process was on; a negative *status* is the number of a signal."""
    if status == -signal.SIGALRM:
        return Lost("timeout", "timed out")
    if status == worker.OUT_OF_MEMORY:
        return Lost("memory", "ran out of memory")
    if status == worker.SILENT_EXIT:
        return Lost("killed", "the tool ended its worker")
    if status < 0:
        return Lost("killed", f"worker killed by {_signal_name(-status)}")
    return Lost("killed", f"worker ended with status {status}")


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
