"""Where batches are worked on, as `--executor` names it."""

from __future__ import annotations

import importlib.util
import ipaddress
import re
import socket

from qualitygate.errors import UsageError

LOCAL = "local"

_ADDRESS = re.compile(r"(?:(?P<scheme>[a-z][a-z0-9+.-]*)://)?(?P<host>\[[^\]]+\]|[^:/\[\]]+):(?P<port>[0-9]{1,5})")


def dask_address(executor: str) -> str | None:
    """The scheduler's address with its scheme; None for `local`.

    Raises:

        UsageError: *executor* is neither `local` nor `dask=ADDRESS`, the address is not safe, or Dask is missing.
    """
    if executor == LOCAL:
        return None
    kind, equals, address = executor.partition("=")
    if kind != "dask" or not equals:
        raise UsageError(f"--executor {executor}: there is no such executor", "use local or dask=ADDRESS")
    match = _ADDRESS.fullmatch(address)
    if match is None or not 0 < int(match["port"]) < 2**16:
        raise UsageError(f"--executor {executor}: {address!r} is no address", "write it as tls://HOST:PORT")
    if not is_safe(address):
        raise UsageError(
            f"--executor {executor}: {address} is neither tls:// nor on this machine",
            "Whoever reaches an open port of a Dask cluster can run code in it, and here: use tls://HOST:PORT, or "
            "127.0.0.1:PORT.",
        )
    if importlib.util.find_spec("distributed") is None:
        raise UsageError(
            f"--executor {executor}: the package distributed is not installed",
            "python -m pip install 'pytest-qualitygate[dask]'",
        )
    return address if match["scheme"] else f"tcp://{address}"


def is_safe(address: str) -> bool:
    """Whether nobody else can listen to what is sent there, or answer: encrypted, or on this machine."""
    match = _ADDRESS.fullmatch(address)
    if match is None or match["scheme"] not in (None, "tcp", "tls"):
        return False
    return match["scheme"] == "tls" or _is_loopback(match["host"].strip("[]"))


def _is_loopback(host: str) -> bool:
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None)} if host == "localhost" else {host}
        return all(ipaddress.ip_address(one).is_loopback for one in found)
    except (OSError, ValueError):  # a name: who knows what it will stand for when the connection is made
        return False
