"""Batches on a Dask cluster: what a worker of this machine would be given, sent to others.

Only `analyse` goes there. Listing files and limits over all files together stay here, where the project is.
"""

from __future__ import annotations

import pickle  # nosec B403 - it is what Dask sends things with
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from qualitygate.engine.pool import Executor, Lost, Task, as_it_is, patience
from qualitygate.engine.remote import Refused, Unprepared
from qualitygate.engine.shipment import Shipment
from qualitygate.engine.tasks import FileResult

if TYPE_CHECKING:
    from distributed.client import Future

    from qualitygate.engine.dask_cluster import Cluster

_LOOK = 5.0
"""Seconds between two looks at who is there, while nothing ends."""

_NO_WORKERS = 30.0
"""Seconds that a cluster may be without workers."""

_SILENCE = 330.0
"""Seconds beyond the time of two batches in which nothing ends: longer than the five minutes after which a scheduler
gives up a worker that says nothing (`distributed.scheduler.worker-ttl`)."""

_TRIES = 4
"""A batch that was sent so often without an outcome is lost."""


class DaskExecutor:
    """Has batches looked at by the workers of a Dask cluster.

    Args:

        address: Of the scheduler, with its scheme.

        shipment: Gives what workers get before the first batch.

        deadline: As in `WorkerPool`.

        local: Works on what workers can not see right.

        agrees: Whether a result was found with the same files at hand as are here.
    """

    def __init__(
        self,
        address: str,
        shipment: Callable[[], Shipment],
        deadline: float | None,
        local: Executor,
        agrees: Callable[[FileResult], bool],
    ) -> None:
        self._address = address
        self._make_shipment = shipment
        self._deadline = deadline
        self._local = local
        self._agrees = agrees
        self._connected: Cluster | None = None
        self._threads = 0

    @property
    def jobs(self) -> int:
        """Threads of the workers that are there.

        Raises:

            QualityGateError: See `Cluster`.

            DeadlinePassed: The deadline came before there was an answer.
        """
        if not self._threads:
            self._threads = sum(self._cluster.workers().values())
        return max(1, self._threads)

    @property
    def _cluster(self) -> Cluster:
        if self._connected is None:
            from qualitygate.engine.dask_cluster import Cluster

            self._connected = Cluster(self._address, self._make_shipment(), self._deadline)
        return self._connected

    def close(self) -> None:
        """Let go of the cluster; it drops what is unfinished."""
        cluster, self._connected = self._connected, None
        if cluster is not None:
            cluster.close()

    def run(
        self,
        function: str,
        tasks: Sequence[Task],
        timeout: Callable[..., float],
        tick: Callable[[], None] = lambda: None,
        load: Callable[..., Task] = as_it_is,
    ) -> Iterator[tuple[Task, Any]]:
        """As `WorkerPool.run`, for `analyse` alone.

        Raises:

            DeadlinePassed: The deadline came before the last result.

            QualityGateError: The cluster was lost, or a worker that came later is refused.
        """
        assert function == "analyse", function
        unsure = []
        for task, outcome in _Round(self._cluster, self.jobs, timeout, load, self._deadline).run(tasks, tick):
            if isinstance(outcome, list) and not all(map(self._agrees, outcome)):
                unsure.append(task)
            else:
                yield task, outcome
        yield from self._local.run(function, unsure, timeout, tick, load)


class _Round:
    """Tasks on their way to the cluster and back."""

    def __init__(
        self,
        cluster: Cluster,
        jobs: int,
        timeout: Callable[..., float],
        load: Callable[..., Task],
        deadline: float | None,
    ) -> None:
        self._cluster = cluster
        self._jobs = jobs
        self._timeout = timeout
        self._load = load
        self._deadline = deadline
        self._waiting: dict[Future, Task] = {}
        self._sent: dict[int, int] = {}
        """By identity of a task: how often it was sent."""
        self._news = threading.Event()
        now = time.monotonic()
        self._last_outcome = self._last_look = self._last_worker = now

    def run(self, tasks: Sequence[Task], tick: Callable[[], None]) -> Iterator[tuple[Task, Any]]:
        pending = list(reversed(tasks))
        try:
            while pending or self._waiting:
                while pending and len(self._waiting) < 2 * self._jobs:
                    self._send(pending.pop())
                self._news.wait(patience(self._deadline))
                self._news.clear()
                tick()
                self._require_cluster()
                for task, outcome in self._arrived():
                    if outcome is None:
                        pending.append(task)
                    else:
                        yield task, outcome
        finally:
            for future in self._waiting:
                future.cancel()

    def _send(self, task: Task) -> None:
        self._sent[id(task)] = self._sent.get(id(task), 0) + 1
        (batch,) = self._load(*task)
        future = self._cluster.submit(batch, self._timeout(*task), lambda future: self._news.set())
        self._waiting[future] = task

    def _arrived(self) -> Iterator[tuple[Task, Any]]:
        """Tasks with their outcome; None for one that must be sent again."""
        for future in [future for future in self._waiting if future.status != "pending"]:
            task = self._waiting.pop(future)
            self._last_outcome = time.monotonic()
            outcome = self._outcome(future)
            future.release()
            if outcome is None and self._sent[id(task)] >= _TRIES:
                outcome = Lost("killed", "Dask workers were lost again and again")
            yield task, outcome

    def _outcome(self, future: Future) -> Any:
        if future.status == "error":
            return self._failure(future.exception())
        if future.status != "finished":  # cancelled, or lost with its worker
            return None
        try:
            answer = future.result(timeout=patience(self._deadline, _SILENCE))
        except (OSError, TimeoutError):
            return None
        outcome = pickle.loads(answer)  # nosec B301 - of a cluster that the user named on the command line
        if isinstance(outcome, Unprepared):
            self._cluster.prepare([outcome.address])
            return None
        if isinstance(outcome, Refused):
            self._cluster.require_same({outcome.address: outcome.sentences})
        return outcome

    def _failure(self, error: BaseException | None) -> Lost | None:
        from distributed.scheduler import KilledWorker

        if isinstance(error, KilledWorker):
            return Lost("killed", "Dask workers were lost")
        if isinstance(error, OSError) or error is None:
            return None
        if isinstance(error, (ImportError, AttributeError)):
            self._cluster.prepare(list(self._cluster.workers()))
            return None
        raise error

    def _require_cluster(self) -> None:
        """Raise ToolError rather than wait for something that does not come."""
        if not self._cluster.is_connected:
            raise self._cluster.lost("its scheduler has gone")
        now = time.monotonic()
        if now - max(self._last_outcome, self._last_look) < _LOOK:
            return
        self._last_look = now
        threads = sum(self._cluster.workers().values())
        if threads:
            self._last_worker, self._jobs = now, threads
        elif now - self._last_worker > _NO_WORKERS:
            raise self._cluster.lost(f"it has had no workers for {_NO_WORKERS:.0f} s")
        longest = max((self._timeout(*task) for task in self._waiting.values()), default=0.0)
        if now - self._last_outcome > _SILENCE + 2 * longest:
            raise self._cluster.lost(f"nothing came back for {now - self._last_outcome:.0f} s")
