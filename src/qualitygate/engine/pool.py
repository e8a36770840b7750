"""A pool of worker processes that starts late and outlives its workers.

What the processes themselves do not survive, a worker that dies between tasks, is met here by starting new ones for
what is unfinished.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from qualitygate.engine.tasks import Setup

if TYPE_CHECKING:
    from concurrent.futures import Future

    from qualitygate.engine.processes import Processes as _Processes

Task = tuple[Any, ...]
"""Arguments of a function."""

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

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.kind, self.message)


_NO_WORKERS = Lost("killed", "worker processes can not be started, or die at once")


class DeadlinePassed(Exception):
    """The time given to the whole run is over."""


class PoolBroke:
    """Stands for the outcome of a task that was lost with all processes."""


class Executor(Protocol):
    """Runs functions of `engine.worker` by name, somewhere."""

    @property
    def jobs(self) -> int:
        """How many tasks can be worked on at a time."""

    def close(self) -> None:
        """Give back what it holds, and forget what is unfinished."""

    def run(
        self,
        function: str,
        tasks: Sequence[Task],
        timeout: Callable[..., float],
        tick: Callable[[], None] = ...,
        load: Callable[..., Task] = ...,
    ) -> Iterator[tuple[Task, Any]]:
        """As `WorkerPool.run`."""


def patience(deadline: float | None, most: float = _TICK) -> float:
    """Seconds to wait now, at most *most*.

    Raises:

        DeadlinePassed: The *deadline*, a value of `time.monotonic()`, is over.
    """
    if deadline is None:
        return most
    left = deadline - time.monotonic()
    if left <= 0:
        raise DeadlinePassed
    return min(left, most)


def as_it_is(*task: Any) -> Task:
    return task


class WorkerPool:
    """Processes that are started when there is something to do.

    Args:

        setup: Gives what each worker is prepared with.

        jobs: Number of processes.

        deadline: Value of `time.monotonic()` after which nothing is waited for; None for ever.
    """

    def __init__(self, setup: Callable[[], Setup], jobs: int, deadline: float | None) -> None:
        self._make_setup = setup
        self.jobs = jobs
        self._deadline = deadline
        self._restarts = 0
        self._processes: _Processes | None = None

    def warm(self) -> None:
        """Start while this process goes on with something else; there will be something to do."""
        self._running.warm()

    def close(self) -> None:
        """End the processes."""
        processes, self._processes = self._processes, None
        if processes is not None:
            processes.close()

    def begin(self, function: str, task: Task, timeout: float) -> Callable[[], Any]:
        """Run *function* once while this process goes on; call what is returned for the result or `Lost`.

        That raises `DeadlinePassed` as `run` does. There is no second try if all processes are lost.
        """
        waiting = {self._running.submit(function, task, timeout): task}
        restarts = self._restarts

        def outcome() -> Any:
            results: list[tuple[Task, Any]] = []
            broke = False
            while not results:
                if broke or restarts != self._restarts:
                    return _NO_WORKERS
                results, broke = self._wait(waiting)
            return results[0][1]

        return outcome

    def run(
        self,
        function: str,
        tasks: Sequence[Task],
        timeout: Callable[..., float],
        tick: Callable[[], None] = lambda: None,
        load: Callable[..., Task] = as_it_is,
    ) -> Iterator[tuple[Task, Any]]:
        """Run *function* for each tuple of arguments; give (arguments, result or `Lost`) as they come.

        Args:

            timeout: Arguments -> seconds after which the process on the task is ended.

            tick: Called about every second while waiting.

            load: Arguments -> what to send in their place. Called late, so that few are in memory at a time.

        Raises:

            DeadlinePassed: The deadline came before the last result.
        """
        pending = list(reversed(tasks))
        waiting: dict[Future[Any], Task] = {}
        while waiting or pending:
            while pending and len(waiting) < 2 * self.jobs:
                task = pending.pop()
                waiting[self._running.submit(function, load(*task), timeout(*task))] = task
            results, broke = self._wait(waiting)
            tick()
            yield from results
            if broke:
                pending += reversed(waiting.values())
                waiting = {}
                if not self._restarted():
                    yield from ((task, _NO_WORKERS) for task in reversed(pending))
                    return

    def _wait(self, waiting: dict[Future[Any], Task]) -> tuple[list[tuple[Task, Any]], bool]:
        """Wait a while and take the tasks that ended out of *waiting*; these, and whether all others are lost."""
        import concurrent.futures

        done, _ = concurrent.futures.wait(
            waiting, timeout=patience(self._deadline), return_when=concurrent.futures.FIRST_COMPLETED
        )
        outcomes = [(future, self._running.outcome(future)) for future in done]
        ended = [(future, outcome) for future, outcome in outcomes if not isinstance(outcome, PoolBroke)]
        return [(waiting.pop(future), outcome) for future, outcome in ended], len(ended) < len(outcomes)

    def _restarted(self) -> bool:
        """Start new processes, unless that was done too often."""
        self._restarts += 1
        if self._restarts > _RESTARTS:
            return False
        self._running.restart()
        return True

    @property
    def _running(self) -> _Processes:
        if self._processes is None:
            from qualitygate.engine.processes import Processes

            self._processes = Processes(self._make_setup(), self.jobs)
        return self._processes
