"""What stands between a client and an index: TLS with an authority of its own, and a proxy that remembers."""

from __future__ import annotations

import contextlib
import dataclasses
import http.client
import http.server
import select
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import trustme

HOST = "127.0.0.1"
_END = 10.0
"""Seconds within which a closed front must end."""
ANSWER = 30.0
"""Seconds to wait for any single answer."""
_HOP_BY_HOP = frozenset(
    {"connection", "keep-alive", "proxy-connection", "proxy-authorization", "transfer-encoding", "te"}
)


class _Server(http.server.ThreadingHTTPServer):
    """Says nothing about clients that hang up, as those do that distrust its certificate."""

    tls: ssl.SSLContext | None = None

    def get_request(self) -> tuple[socket.socket, Any]:
        request, address = super().get_request()
        request.settimeout(ANSWER)
        if self.tls is not None:  # the handshake happens on first use, in the client's own thread
            request = self.tls.wrap_socket(request, server_side=True, do_handshake_on_connect=False)
        return request, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:
        pass

    def pass_on(self, address: tuple[str, int], path: str, **more: str) -> None:
        """Answer as the server at *address* answers."""
        self.close_connection = True
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP_BY_HOP}
        connection = http.client.HTTPConnection(*address, timeout=ANSWER)
        try:
            connection.request(self.command, path, body, {**headers, **more, "Connection": "close"})
            answer = connection.getresponse()
            content = answer.read()
        except OSError as error:
            self.send_error(502, f"{address[0]}:{address[1]} does not answer: {type(error).__name__}")
            return
        finally:
            connection.close()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        length = str(len(content)) if self.command != "HEAD" else answer.getheader("Content-Length", "0")
        self.send_header("Content-Length", length)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)


@contextlib.contextmanager
def _serving(handler: type[_Handler], tls: ssl.SSLContext | None = None) -> Iterator[int]:
    server = _Server((HOST, 0), handler)
    server.tls = tls
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join(_END)


@dataclasses.dataclass(frozen=True)
class Front:
    """What stands before a plain server and speaks TLS."""

    url: str
    """Without a final slash."""
    port: int
    ca: Path


@contextlib.contextmanager
def tls_front(plain_url: str, folder: Path, name: str = HOST) -> Iterator[Front]:
    """Let clients reach a plain server by TLS, with a certificate that nobody knows yet.

    Args:

        plain_url: Any address on the plain server.

        folder: Where the authority's certificate is written, as `ca.pem`.

        name: Host name by which clients come, besides 127.0.0.1; the front's address has it. A name other than that
            needs a proxy that knows it, see `Proxy`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    authority = trustme.CA()
    authority.cert_pem.write_to_path(folder / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*dict.fromkeys((name, HOST))).configure_cert(context)
    parts = urlsplit(plain_url)
    behind = (parts.hostname or HOST, parts.port or 80)

    class Handler(_Handler):
        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except ssl.SSLError:  # the client hung up on the certificate
                self.close_connection = True

        def answer(self) -> None:
            host = self.headers.get("Host", HOST)
            # The first is devpi's, the others are known to bottle: addresses in answers must lead here.
            told = {"X-Outside-Url": f"https://{host}", "X-Forwarded-Proto": "https", "X-Forwarded-Host": host}
            self.pass_on(behind, self.path, **told)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

    with _serving(Handler, context) as port:
        yield Front(f"https://{name}:{port}", port, folder / "ca.pem")


@dataclasses.dataclass(frozen=True)
class Proxy:
    """A forward proxy, for `HTTP_PROXY` and `HTTPS_PROXY`.

    It goes to 127.0.0.1 and to nothing else, unless told otherwise.
    """

    url: str
    """Without a final slash and without user information."""
    names: dict[str, str] = dataclasses.field(default_factory=dict)
    """Where host names lead that only the proxy knows: IP addresses; ports stay."""
    requests: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    """Method and target of each request: an address, or `host:port` for CONNECT."""
    authorizations: list[str] = dataclasses.field(default_factory=list)
    """The `Proxy-Authorization` of each request, empty if it had none."""


@contextlib.contextmanager
def forward_proxy() -> Iterator[Proxy]:
    """A proxy that records what it is asked for."""

    class Handler(_Handler):
        def note(self) -> None:
            proxy.requests.append((self.command, self.path))
            proxy.authorizations.append(self.headers.get("Proxy-Authorization", ""))

        def known(self, host: str) -> str:
            """The address of *host*; empty, and answered, if it is out of bounds."""
            found = proxy.names.get(host, HOST if host in (HOST, "localhost") else "")
            if not found:
                self.close_connection = True
                self.send_error(403, "this proxy does not go there")
            return found

        def plain(self) -> None:
            self.note()
            parts = urlsplit(self.path)
            address = self.known(parts.hostname or "")
            if address:
                self.pass_on((address, parts.port or 80), parts._replace(scheme="", netloc="").geturl() or "/")

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = plain

        def do_CONNECT(self) -> None:
            self.note()
            self.close_connection = True
            host, _, port = self.path.rpartition(":")
            address = self.known(host)
            if not address:
                return
            try:
                other = socket.create_connection((address, int(port)), timeout=ANSWER)
            except (OSError, ValueError):
                self.send_error(502, f"{self.path} does not answer")
                return
            with other:
                self.send_response_only(200, "Connection established")
                self.end_headers()
                _exchange(self.connection, other)

    proxy = Proxy("")
    with _serving(Handler) as port:
        proxy = dataclasses.replace(proxy, url=f"http://{HOST}:{port}")
        yield proxy


def _exchange(one: socket.socket, other: socket.socket) -> None:
    """Carry bytes both ways until a side closes or nothing moves for long."""
    peer = {one: other, other: one}
    with contextlib.suppress(OSError):
        while moving := select.select(list(peer), [], [], ANSWER)[0]:
            for side in moving:
                data = side.recv(65536)
                if not data:
                    return
                peer[side].sendall(data)
