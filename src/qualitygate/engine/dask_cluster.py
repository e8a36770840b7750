"""A run's connection to a Dask cluster: the only module that imports Dask outside of its workers.

Facts about `distributed` were tried with 2024.8.0 and 2026.8.0.
"""

from __future__ import annotations

import contextlib
import logging
import pickle  # nosec B403 - it is what Dask sends things with
import secrets
import time
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import dask
from distributed import Client
from distributed.client import Future
from distributed.security import Security

from qualitygate.engine import remote
from qualitygate.engine.executors import is_safe
from qualitygate.engine.pool import patience
from qualitygate.engine.shipment import Shipment
from qualitygate.errors import ToolError, UsageError

_CONNECTING = 15.0
"""Seconds for the scheduler to answer, and again for a first worker to be there."""

_ANSWERING = 30.0
"""Seconds for the scheduler or its workers to answer a short question."""

Workers = dict[str, int]
"""Address -> number of threads."""


class Cluster:
    """The workers behind a scheduler, each made ready for one run.

    Args:

        address: Of the scheduler, with its scheme.

        shipment: What is sent to each worker once.

        deadline: As in `WorkerPool`.

    Raises:

        UsageError: A worker can not be reached safely, or Dask is not configured for `tls://`.

        ToolError: The cluster can not be reached, has no workers, or is not of the same code.

        DeadlinePassed: The deadline came first.
    """

    def __init__(self, address: str, shipment: Shipment, deadline: float | None) -> None:
        self._address = address
        self._deadline = deadline
        self._key = f"qualitygate-{secrets.token_hex(8)}"
        self._shipment = pickle.dumps(shipment)
        self._tools = sorted(set(shipment.setup.tools.values()))
        self._identity = shipment.identity
        self._environment = shipment.locale
        self._submitted = 0
        self._client = self._connect()
        try:
            self._workers = self._first_workers()
            self.prepare(list(self._workers))
        except BaseException:
            self.close()
            raise

    def _connect(self) -> Any:
        _silence()
        try:
            return Client(
                self._address,
                security=self._security(),
                timeout=patience(self._deadline, _CONNECTING),
                set_as_default=False,
                name="qualitygate",
                direct_to_workers=False,
            )
        except UsageError:
            raise
        except Exception as error:
            patience(self._deadline)
            raise ToolError(
                f"no Dask scheduler can be reached at {self._address}: {_said(error)}",
                "Start one, correct the address, or leave --executor out to work on this machine.",
                "cluster",
            ) from None

    def _security(self) -> Any:
        """What Dask's own configuration says."""
        try:
            security = Security()
            context = security.get_connection_args("client").get("ssl_context")
            reason = "it names no certificates" if context is None and self._address.startswith("tls://") else ""
        except (OSError, ValueError, TypeError) as error:  # ssl.SSLError is an OSError
            reason = _said(error)
        if reason:
            raise UsageError(
                f"--executor dask={self._address}: Dask's configuration does not do for it: {reason}",
                "Name the files below distributed.comm.tls in Dask's configuration: ca-file, client.cert, client.key.",
            )
        return security

    def _first_workers(self) -> Workers:
        end = time.monotonic() + _CONNECTING
        while not (workers := self.workers()):
            if time.monotonic() > end:
                raise ToolError(
                    f"the Dask scheduler at {self._address} has no workers",
                    "Start some: dask worker ADDRESS",
                    "cluster",
                )
            time.sleep(patience(self._deadline, 0.2))
        return workers

    def close(self) -> None:
        """Forget the run; the cluster goes on."""
        with contextlib.suppress(Exception):
            if self.is_connected:
                self._ask(self._client.run, remote.forget, self._key, on_error="ignore", seconds=5.0)
        with contextlib.suppress(Exception):
            self._client.close(timeout=5.0)

    @property
    def is_connected(self) -> bool:
        """Whether the scheduler is there; when it comes back it knows nothing of the run."""
        return bool(self._client.status == "running")

    def workers(self) -> Workers:
        """Those that are there now."""
        try:
            found: Workers = self._ask(self._client.nthreads, seconds=_ANSWERING)
        except Exception as error:
            raise self.lost(_said(error)) from None
        return dict(found)

    def prepare(self, addresses: Sequence[str]) -> None:
        """Send these workers what they need, and compare their code with ours; those that have gone do not matter."""
        for address in addresses:
            if not is_safe(address):
                raise UsageError(
                    f"the Dask worker {address} is neither on tls:// nor on this machine",
                    "Start scheduler and workers with TLS, or all of them with --host 127.0.0.1.",
                )
        arguments = (self._key, self._shipment, self._tools, self._identity, self._environment)
        try:
            answers: dict[str, Any] = self._ask(
                self._client.run, remote.prepare, *arguments, workers=list(addresses), on_error="return",
                seconds=_ANSWERING,
            )
        except Exception as error:
            raise self.lost(_said(error)) from None
        self.require_same({address: _differences(answer) for address, answer in answers.items()})

    def require_same(self, found: dict[str, list[str]]) -> None:
        """Refuse workers that would not give the same answers.

        Args:

            found: Address -> what is different.

        Raises:

            ToolError: There is something.
        """
        lines = [f"- {address}: {sentence}" for address, sentences in found.items() for sentence in sentences]
        if lines:
            raise ToolError(
                "Dask workers would not give the same answers as this machine\n" + "\n".join(lines),
                "Install the same versions on the workers as here, start them again, and run this again.",
                "version",
            )

    def submit(self, batch: object, seconds: float, done: Callable[[Any], None]) -> Future:
        """Send a batch; *done* is called from another thread when there is an outcome."""
        self._submitted += 1
        arguments = (self._key, pickle.dumps(batch), seconds)
        with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1 GiB"}), warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            future = self._client.submit(remote.analyse, *arguments, key=f"{self._key}-{self._submitted}", pure=False)
        future.add_done_callback(done)
        return future

    def lost(self, reason: str) -> ToolError:
        """The error for a cluster that does not answer any more."""
        return ToolError(
            f"the Dask cluster at {self._address} was lost: {reason}",
            "See the scheduler's log; what was done until then is in the cache.",
            "cluster",
        )

    def _ask(self, function: Callable[..., Any], *args: Any, seconds: float, **kwargs: Any) -> Any:
        return self._client.sync(
            _awaited, function, args, kwargs, callback_timeout=patience(self._deadline, seconds)
        )


async def _awaited(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Inside the client's event loop its methods give something to be awaited."""
    return await function(*args, **kwargs)


def _differences(answer: object) -> list[str]:
    if isinstance(answer, list):
        return answer
    if isinstance(answer, OSError):  # it went away
        return []
    # ImportError, AttributeError: what is sent is called by its name.
    return [f"it has no qualitygate, or another version: {_said(answer)}"]


def _said(error: object) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())


def _silence() -> None:
    """Dask logs on standard error what is reported here in sentences."""
    for name in list(logging.root.manager.loggerDict):
        if name.partition(".")[0] == "distributed":
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
