"""HTTP/1.1 on 127.0.0.1, and the ways to break it."""

from __future__ import annotations

import http.server
import socket
import ssl
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from tests.release.strict_index.replies import Reply, explained, phrase
from tests.release.strict_index.settings import MIB
from tests.release.strict_index.uploads import Plan, Request

if TYPE_CHECKING:
    from tests.release.strict_index.server import StrictIndex

_LARGEST = 512 * MIB
"""Bytes of the largest request."""
_IDLE = 60.0
"""Seconds after which a silent client is left."""
ENDING = 5.0
"""Seconds within which a closed index's threads must end."""


class Server(http.server.ThreadingHTTPServer):
    """Listens on a free port of 127.0.0.1.

    Args:

        index: What answers.

        context: Serve TLS with this.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, index: StrictIndex, context: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.index = index
        self.failures: list[str] = []
        self._busy: dict[threading.Thread, socket.socket] = {}
        if context is not None:
            # The handshake is done in the connection's own thread, at its first read.
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        self._busy[threading.current_thread()] = request
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._busy.pop(threading.current_thread(), None)

    def handle_error(self, request: Any, client_address: Any) -> None:
        error = sys.exc_info()[1]
        if not isinstance(error, OSError) and not self.index.closing.is_set():
            self.failures.append(f"{type(error).__name__}: {error}")

    def end(self) -> int:
        """Close all connections; gives the number of threads that do not end."""
        self.server_close()
        busy = list(self._busy.items())
        for _, connection in busy:
            try:
                # Not SSLSocket's: that pulls the rug from under a thread that reads.
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
            except OSError:
                continue
        for thread, _ in busy:
            thread.join(ENDING)
        return sum(thread.is_alive() for thread, _ in busy)


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    server_version = "strict-index"
    sys_version = ""
    timeout = _IDLE
    wbufsize = -1
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing: what came is in `requests`."""

    def do_GET(self) -> None:
        self._follow(lambda: self.server.index.on_read(self._path, self._header("Accept"), self._authorization))

    do_HEAD = do_GET

    def do_POST(self) -> None:
        self._follow(self._upload if self._path == "/legacy/" else self._post)

    def do_PUT(self) -> None:
        self.close_connection = True
        self._follow(lambda: Plan(explained(405, "", self._header("Accept"))))

    do_DELETE = do_PATCH = do_OPTIONS = do_PUT

    def _header(self, name: str) -> str:
        return self.headers.get(name) or ""

    @property
    def _path(self) -> str:
        return urlsplit(self.path).path

    @property
    def _authorization(self) -> str:
        return self._header("Authorization")

    def _upload(self) -> Plan:
        action = parse_qs(urlsplit(self.path).query).get(":action", [""])[-1]
        given = (self._header("Accept"), self._header("User-Agent"), action)
        kind = self._header("Content-Type")
        index = self.server.index
        unread = Request(kind, None, self._authorization, *given)
        plan = index.on_early_upload(unread)
        if plan is not None:
            self.close_connection = True
            return plan
        body = self._body()
        if isinstance(body, Plan):
            return index.on_cut_upload(unread, body)
        return index.on_upload(Request(kind, body, self._authorization, *given))

    def _post(self) -> Plan:
        body = self._body()
        return body if isinstance(body, Plan) else self.server.index.on_post(self._path, body, self._header("Accept"))

    def _body(self) -> bytes | Plan:
        """The request's body, or what to do without it."""
        length = self._header("Content-Length")
        if not length.isdecimal() or int(length) > _LARGEST:
            self.close_connection = True
            return Plan(explained(413 if length.isdecimal() else 411, "", self._header("Accept")))
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else Plan()

    def _follow(self, decide: Callable[[], Plan]) -> None:
        index = self.server.index
        index.note(self.command, self.path)
        plan = decide()
        index.closing.wait(plan.hang + index.settings.delay)
        if plan.reply is None or index.closing.is_set():
            self.close_connection = True
        else:
            self._send(plan.reply, plan.cut)

    def _send(self, reply: Reply, cut: str) -> None:
        if cut == "head":
            self.wfile.write(f"HTTP/1.1 {reply.status} {reply.reason}\r\nContent-Ty".encode("iso-8859-1"))
            self.close_connection = True
            return
        self.send_response(reply.status, reply.reason)
        for name, value in reply.headers:
            self.send_header(name, phrase(value))
        body = reply.body or (b"\n" if cut else b"")
        self.send_header("Content-Type", reply.content_type)
        self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = self.close_connection or bool(cut)
        if self.command != "HEAD":
            self.wfile.write(body[: len(body) // 2] if cut else body)
        self.wfile.flush()
