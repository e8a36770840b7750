"""Worker processes, run by pebble, which tells which task a dead one was on."""

from __future__ import annotations

import concurrent.futures
import contextlib
import multiprocessing
from multiprocessing import forkserver
from concurrent.futures.process import BrokenProcessPool
from typing import Any

import pebble
from pebble import CONSTS, ProcessExpired

from qualitygate.engine import worker
from qualitygate.engine.ending import lost
from qualitygate.engine.isolation import isolated_children
from qualitygate.engine.pool import Lost, PoolBroke, Task
from qualitygate.engine.tasks import Setup


CONSTS.sleep_unit = 0.01  # seconds; pebble's own tenth of a second shows at the end of a short run


class Processes:
    """A number of processes, prepared by *setup*."""

    def __init__(self, setup: Setup, jobs: int) -> None:
        self._setup = setup
        self._jobs = jobs
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["qualitygate.engine.preload"])
        self._stack = contextlib.ExitStack()
        self._stack.enter_context(isolated_children(setup.root, setup.modules))
        self._pool = self._new_pool()

    def _new_pool(self) -> pebble.ProcessPool:
        return pebble.ProcessPool(
            max_workers=self._jobs, initializer=worker.start, initargs=(self._setup,), context=self._context
        )

    def warm(self) -> None:
        """Let the fork server begin to load the tools."""
        forkserver.ensure_running()

    def close(self) -> None:
        """End them."""
        try:
            self._stop()
        finally:
            self._stack.close()

    def restart(self) -> None:
        """End them and start new ones."""
        self._stop()
        self._pool = self._new_pool()

    def _stop(self) -> None:
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()

    def submit(self, function: str, task: Task, timeout: float) -> concurrent.futures.Future[Any]:
        """Have a function of `engine.worker` called."""
        try:
            future: concurrent.futures.Future[Any] = self._pool.schedule(
                getattr(worker, function), args=task, timeout=timeout
            )
        except RuntimeError as error:  # the pool broke before it could take the task
            future = concurrent.futures.Future()
            future.set_exception(error)
        return future

    @staticmethod
    def outcome(future: concurrent.futures.Future[Any]) -> Any:
        """The task's result, `Lost`, or `PoolBroke`; an exception of the worker's own code is raised."""
        return _outcome(future)


def _outcome(future: concurrent.futures.Future[Any]) -> Any:
    """The task's result, `Lost`, or `PoolBroke`; an exception of the worker's own code is raised."""
    try:
        return future.result()
    except ProcessExpired as error:
        return lost(error.exitcode)
    except TimeoutError:
        return Lost("timeout", "timed out")
    except BrokenProcessPool:
        return PoolBroke()
    except (RuntimeError, concurrent.futures.CancelledError) as error:
        # One raised by our own code in a worker carries a remote traceback; others are a pool's that broke.
        if error.__cause__ is not None:
            raise
        return PoolBroke()
