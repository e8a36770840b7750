"""The strict index as a whole: what runs, what it was told, what it saw."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterable
from types import TracebackType
from typing import Any, Self

from tests.release.strict_index.faults import (
    Page,
    ReadAnswer,
    ReadDrop,
    ReadFault,
    ReadHang,
    ReadTruncated,
    Script,
    UploadFault,
)
from tests.release.strict_index.form import NO_FORM
from tests.release.strict_index.pages import Reader, kind_of
from tests.release.strict_index.publishing import Mint
from tests.release.strict_index.replies import Refusal, Reply, explained, phrase
from tests.release.strict_index.rules import Examiner, login
from tests.release.strict_index.settings import Attempt, Settings, Token
from tests.release.strict_index.shelf import Shelf
from tests.release.strict_index.transport import ENDING, Server
from tests.release.strict_index.uploads import Plan, Request, Uploads


class StrictIndex:
    """A running index.

    Args:

        faults: What goes wrong with uploads, in order.

        read_faults: What goes wrong with reads, in order.

        ssl_context: Serve TLS with this.

        host: The name for 127.0.0.1 in addresses, for certificates.

        settings: Fields of `Settings`.

    Raises:

        RuntimeError: On closing: it failed itself, or a thread of it does not end.
    """

    def __init__(
        self,
        *,
        faults: Iterable[UploadFault] = (),
        read_faults: Iterable[ReadFault] = (),
        ssl_context: ssl.SSLContext | None = None,
        host: str = "127.0.0.1",
        **settings: Any,
    ) -> None:
        self.settings = Settings(**settings)
        """May be changed while it runs."""
        self.requests: list[tuple[str, str]] = []
        """Method and path of every request, in the order in which they came."""
        self.minted: list[Token] = []
        """The tokens that trusted publishing made."""
        self.closing = threading.Event()
        """Set when it is being closed."""
        self._faults = Script(faults)
        self._read_faults = Script(read_faults)
        self._lock = threading.RLock()
        self._shelf = Shelf()
        self._server = Server(self, ssl_context)
        scheme = "https" if ssl_context else "http"
        self.base_url = f"{scheme}://{host}:{self._server.server_port}"
        """Address without a final slash."""
        examiner = Examiner(self.settings, self._shelf, self.minted, self.base_url)
        self._examiner = examiner
        self._uploads = Uploads(examiner, self._lock, self._faults)
        self._reader = Reader(self.settings, self._shelf, self.base_url)
        self._mint = Mint(self.settings, self.minted)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def upload_url(self) -> str:
        """Where files are sent."""
        return f"{self.base_url}/legacy/"

    @property
    def simple_url(self) -> str:
        """The simple index."""
        return f"{self.base_url}/simple/"

    @property
    def posts(self) -> list[Attempt]:
        """Every POST to the upload address so far."""
        with self._lock:
            return list(self._uploads.attempts)

    @property
    def stored(self) -> dict[str, bytes]:
        """The files it holds."""
        with self._lock:
            return {name: file.data for name, file in self._shelf.files.items()}

    @property
    def pending(self) -> list[UploadFault | ReadFault]:
        """The faults that are not used up."""
        return [*self._faults.pending, *self._read_faults.pending]

    def script(self, *faults: UploadFault | ReadFault) -> None:
        """Add faults at the end of the scripts."""
        for fault in faults:
            if isinstance(fault, ReadFault):
                self._read_faults.add(fault)
            else:
                self._faults.add(fault)

    def calm(self) -> None:
        """Drop all faults that are not used up."""
        self._faults.clear()
        self._read_faults.clear()

    def put(self, filename: str, data: bytes, owner: str = "alice") -> None:
        """Hold a file as if it had been uploaded earlier, without looking at it."""
        with self._lock:
            self._shelf.put(filename, data, owner)

    def delete(self, filename: str) -> None:
        """Delete a file as its owner can on the site: its name is burnt."""
        with self._lock:
            self._shelf.burn(filename)

    def close_release(self, project: str, version: str) -> None:
        """Make a release older than 14 days."""
        with self._lock:
            self._shelf.close(project, version)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop, also what hangs."""
        if self.closing.is_set():
            return
        self.closing.set()
        if self._thread.ident is not None:
            self._server.shutdown()
            self._thread.join(ENDING)
        left = self._server.end()
        if left or self._server.failures:
            raise RuntimeError(f"the strict index failed: {left} threads run on; {self._server.failures}")

    def note(self, method: str, path: str) -> None:
        """Write a request down."""
        with self._lock:
            self.requests.append((method, path))

    def on_early_upload(self, request: Request) -> Plan | None:
        """What happens to an upload before it is read."""
        return self._uploads.early(request)

    def on_upload(self, request: Request) -> Plan:
        """What happens to an upload."""
        return self._uploads.deal(request)

    def on_cut_upload(self, request: Request, plan: Plan) -> Plan:
        """What happens to an upload that did not come whole, or is too large to be read."""
        self._uploads.note(request, NO_FORM, plan.reply)
        return plan

    def on_post(self, path: str, body: bytes, accept: str) -> Plan:
        """What happens to another POST."""
        if path in ("/legacy", "/legacy/"):
            text = "An upload was attempted to /legacy but the expected upload URL is /legacy/ (with a trailing slash)"
            return Plan(explained(308, text, accept, (("Location", "/legacy/"),)))
        if path == "/_/oidc/mint-token":
            with self._lock:
                return Plan(self._mint.exchange(body))
        known = kind_of(path) is not None or path == "/"
        return Plan(explained(405 if known else 404, "", accept, (("Allow", "GET, HEAD"),) if known else ()))

    def on_read(self, path: str, accept: str, authorization: str) -> Plan:
        """What happens to a GET."""
        if path in ("/legacy/", "/legacy", "/_/oidc/mint-token"):
            return Plan(explained(405, "", accept, (("Allow", "POST"),)))
        found = kind_of(path)
        if found is None:
            return Plan(explained(404, "", accept))
        fault = self._read_faults.take(lambda fault: fault.on is found[0] and fault.only in (None, found[1]))
        if isinstance(fault, ReadHang):
            return Plan(hang=fault.seconds)
        if isinstance(fault, ReadDrop):
            return Plan()
        if isinstance(fault, ReadAnswer):
            reason = phrase(fault.reason) or explained(fault.status, "", accept).reason
            return Plan(Reply(fault.status, reason, fault.body, fault.content_type, fault.headers))
        return Plan(self._read(path, accept, authorization), cut="body" if isinstance(fault, ReadTruncated) else "")

    def _read(self, path: str, accept: str, authorization: str) -> Reply:
        found = kind_of(path)
        closed = self.settings.auth_to_read and found is not None and found[0] is not Page.AUDIENCE
        try:
            if closed and self._examiner.token(login(authorization)) is None:
                raise Refusal(401, "Unauthorized", (("WWW-Authenticate", 'Basic realm="strict index"'),))
            with self._lock:
                return self._reader.page(path, accept)
        except Refusal as error:
            return error.reply(accept)
