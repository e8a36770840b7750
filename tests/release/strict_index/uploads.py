"""Deals with one POST to the upload address: the usual way, or as a fault has it."""

from __future__ import annotations

import dataclasses
import hashlib
import threading

from tests.release.strict_index.faults import Answer, Drop, Echo, Hang, Moment, Script, Truncated, UploadFault
from tests.release.strict_index.form import NO_FORM, Form, parse
from tests.release.strict_index.replies import Refusal, Reply, explained, phrase
from tests.release.strict_index.rules import Done, Examiner, Login, login
from tests.release.strict_index.settings import Attempt

_OLD_ACTIONS = {
    "submit": "Project pre-registration is no longer required or supported, upload your files instead.",
    "submit_pkg_info": "Project pre-registration is no longer required or supported, upload your files instead.",
    "doc_upload": "Uploading documentation is no longer supported.",
}


@dataclasses.dataclass(frozen=True, repr=False)
class Request:
    """What came, of an upload."""

    content_type: str
    body: bytes | None
    """None if it was not read, or did not come whole."""
    authorization: str
    accept: str
    user_agent: str
    action: str = ""
    """`:action` in the address."""


@dataclasses.dataclass(frozen=True)
class Plan:
    """What the server does with a request."""

    reply: Reply | None = None
    """None to close the connection without an answer."""
    hang: float = 0.0
    """Seconds of silence before."""
    cut: str = ""
    """Where the answer breaks off: `head` or `body`; empty if it does not."""


class Uploads:
    """Uploads, faults and the notes about them. May be used from several threads."""

    def __init__(self, examiner: Examiner, lock: threading.RLock, script: Script[UploadFault]) -> None:
        self._examiner = examiner
        self._lock = lock
        self._script = script
        self.attempts: list[Attempt] = []

    def early(self, request: Request) -> Plan | None:
        """What happens before the upload is read; None if it is to be read."""
        first = next((fault for fault in self._script.pending if fault.only is None), None)
        if first is None or not first.early or self._script.take(lambda fault: fault is first) is None:
            return None
        self.note(request, NO_FORM, None)
        return _plan(first, None, request)

    def deal(self, request: Request) -> Plan:
        """What happens to an upload that was read."""
        form, refusal = _form(request)
        fault = self._script.take(lambda fault: not fault.early and fault.only in (None, form.filename))
        usual, done = None, None
        if fault is None or _goes_through(fault):
            usual, done = self._usual(request, form, refusal)
        plan = Plan(usual) if fault is None else _plan(fault, usual, request)
        self.note(request, form, plan.reply, done)
        return plan

    def note(self, request: Request, form: Form, reply: Reply | None, done: Done | None = None) -> None:
        """Write an attempt down."""
        attempt = Attempt(
            filename=form.filename,
            sha256="" if form.content is None else hashlib.sha256(form.content).hexdigest(),
            status=reply.status if reply else None,
            # An echo's reason holds the password.
            reason=reply.reason if reply and ("X-Echo", request.authorization) not in reply.headers else "",
            stored=bool(done and done.stored),
            user=self._user(request),
            user_agent=request.user_agent,
            warnings=done.warnings if done else (),
        )
        with self._lock:
            self.attempts.append(attempt)

    def _user(self, request: Request) -> str:
        """The user name, unless a token was sent in its place."""
        user = login(request.authorization).user
        return "(a token)" if self._examiner.token(Login("__token__", user)) else user

    def _usual(self, request: Request, form: Form, refusal: Refusal | None) -> tuple[Reply, Done | None]:
        try:
            if refusal is not None:
                raise refusal
            action = form.get(":action") or request.action
            if action in _OLD_ACTIONS:
                raise Refusal(410, _OLD_ACTIONS[action])
            if action != "file_upload":
                raise Refusal(405, "Method Not Allowed", (("Allow", "GET, HEAD, OPTIONS"),))
            with self._lock:
                done = self._examiner.judge(form, login(request.authorization))
        except Refusal as error:
            return error.reply(request.accept), None
        return Reply(200, "OK"), done


def _form(request: Request) -> tuple[Form, Refusal | None]:
    try:
        return parse(request.content_type, request.body or b""), None
    except Refusal as error:
        return NO_FORM, error


def _goes_through(fault: UploadFault) -> bool:
    """Whether the upload is dealt with as usual, whatever is said then."""
    if isinstance(fault, Answer):
        return fault.stored
    return isinstance(fault, Truncated) or getattr(fault, "moment", None) is Moment.AFTER_STORING


def _plan(fault: UploadFault, usual: Reply | None, request: Request) -> Plan:
    if isinstance(fault, Hang):
        return Plan(hang=fault.seconds)
    if isinstance(fault, Drop):
        return Plan()
    if isinstance(fault, Truncated):
        return Plan(usual, cut="head" if fault.in_head else "body")
    if isinstance(fault, Echo):
        return Plan(_echo(fault, request))
    if not isinstance(fault, Answer):
        raise TypeError(f"{fault} is no fault of uploads")
    reply = explained(fault.status, fault.reason, request.accept, fault.headers)
    return Plan(reply if fault.body is None else dataclasses.replace(reply, body=fault.body))


def _echo(fault: Echo, request: Request) -> Reply:
    who = login(request.authorization)
    text = phrase(f"You sent {request.authorization}, which is {who.user}:{who.secret}")
    headers = (("X-Echo", request.authorization),)
    return explained(fault.status, text, request.accept, headers)
