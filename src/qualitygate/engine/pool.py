"""A pool of worker processes that outlives its workers.

Pebble runs the processes and tells which task a dead one was on. What it does not survive, a worker that dies between
tasks, is met here by starting a new pool for what is unfinished.
"""

from __future__ import annotations

import concurrent.futures
import multiprocessing
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import Any

import pebble
from pebble import ProcessExpired

from qualitygate.engine import worker
from qualitygate.engine.isolation import isolated_children
from qualitygate.engine.tasks import Setup

_RESTARTS = 5
"""After so many new pools in one run the machinery is taken for broken."""


_TICK = 1.0
"""Seconds between two looks at a run in which nothing ends."""


class Lost(Exception):
    """The worker on a task died or was ended; holds why, as `kind` and `message` of a breakage."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message


class DeadlinePassed(Exception):
    """The time given to the whole run is over."""


class WorkerPool:
    """Runs functions of `engine.worker` in processes prepared by *setup*.

    Args:

        setup: What each worker is prepared with.

        jobs: Number of processes.

        preload: Modules for the fork server to import once.

        deadline: Value of `time.monotonic()` after which nothing is waited for; None for ever.
    """

    def __init__(self, setup: Setup, jobs: int, preload: list[str], deadline: float | None) -> None:
        self._setup = setup
        self._jobs = jobs
        self._preload = preload
        self._deadline = deadline
        self._restarts = 0
        self._context = multiprocessing.get_context("forkserver")
        self._isolation = isolated_children(setup.root, preload)

    def __enter__(self) -> WorkerPool:
        self._context.set_forkserver_preload(["qualitygate.engine.preload"])
        self._isolation.__enter__()
        self._pool = self._new_pool()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            self._stop()
        finally:
            self._isolation.__exit__(kind, error, traceback)

    def _new_pool(self) -> pebble.ProcessPool:
        return pebble.ProcessPool(
            max_workers=self._jobs, initializer=worker.start, initargs=(self._setup,), context=self._context
        )

    def _stop(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def run(
        self,
        function: Callable[..., Any],
        tasks: list[tuple[Any, ...]],
        timeout: Callable[..., float | None],
        tick: Callable[[], None] = lambda: None,
    ) -> Iterator[tuple[tuple[Any, ...], Any]]:
        """Run *function* for each tuple of arguments; give (arguments, result or `Lost`) as they come.

        Args:

            timeout: Arguments -> seconds after which the process on the task is ended.

            tick: Called about every second while waiting.

        Raises:

            DeadlinePassed: The deadline came before the last result.
        """
        waiting = {self._submit(function, task, timeout): task for task in tasks}
        while waiting:
            done, _ = concurrent.futures.wait(
                waiting, timeout=self._patience(), return_when=concurrent.futures.FIRST_COMPLETED
            )
            tick()
            restart = False
            for future in done:
                outcome = _outcome(future)
                if isinstance(outcome, _PoolBroke):
                    restart = True
                else:
                    yield waiting.pop(future), outcome
            if restart:
                tasks = list(waiting.values())
                if self._restarts == _RESTARTS:
                    lost = Lost("killed", "worker processes can not be started, or die at once")
                    yield from ((task, lost) for task in tasks)
                    return
                self._restart()
                waiting = {self._submit(function, task, timeout): task for task in tasks}

    def _submit(
        self, function: Callable[..., Any], task: tuple[Any, ...], timeout: Callable[..., float | None]
    ) -> concurrent.futures.Future[Any]:
        try:
            future: concurrent.futures.Future[Any] = self._pool.schedule(function, args=task, timeout=timeout(*task))
        except RuntimeError as error:  # the pool broke before it could take the task
            future = concurrent.futures.Future()
            future.set_exception(error)
        return future

    def _patience(self) -> float:
        """Seconds to wait now."""
        if self._deadline is None:
            return _TICK
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise DeadlinePassed
        return min(left, _TICK)

    def _restart(self) -> None:
        self._restarts += 1
        self._stop()
        self._pool = self._new_pool()


class _PoolBroke:
    pass


def _outcome(future: concurrent.futures.Future[Any]) -> Any:
    """The task's result, `Lost`, or `_PoolBroke`; an exception of the worker's own code is raised."""
    try:
        return future.result()
    except ProcessExpired as error:
        return _lost(error.exitcode)
    except TimeoutError:
        return Lost("timeout", "timed out")
    except BrokenProcessPool:
        return _PoolBroke()
    except (RuntimeError, concurrent.futures.CancelledError) as error:
        # One raised by our own code in a worker carries a remote traceback; others are a pool's that broke.
        if error.__cause__ is not None:
            raise
        return _PoolBroke()


def _lost(status: int) -> Lost:
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
