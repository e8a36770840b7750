"""Reads the form of an upload (RFC 7578)."""

from __future__ import annotations

import dataclasses
import email
import email.message

from tests.release.strict_index.replies import bad


@dataclasses.dataclass(frozen=True)
class Form:
    """The form's fields, and the file in it."""

    fields: dict[str, list[str]]
    """In the order sent; without those that say `UNKNOWN`, NUL escaped (warehouse, `forklift/decorators.py`)."""
    files: tuple[str, ...]
    """Names of the fields other than the file that were sent as files."""
    content: bytes | None
    filename: str
    content_type: str

    def get(self, name: str) -> str:
        """The first value of a field; empty if there is none."""
        return self.fields.get(name, [""])[0]


NO_FORM = Form({}, (), None, "", "")
"""A form with nothing in it."""


def parse(content_type: str, body: bytes) -> Form:
    """Take a form apart.

    Raises:

        Refusal: It is none.
    """
    head = email.message.Message()
    head["Content-Type"] = content_type
    boundary = head.get_boundary()
    if head.get_content_type() != "multipart/form-data" or not boundary:
        return NO_FORM
    parts = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("utf-8", "surrogateescape"))[1:]
    if not parts or not parts[-1].startswith(b"--"):
        raise bad("Bad Request")
    reader = _Reader()
    for part in parts[:-1]:
        reader.add(part)
    return reader.form()


class _Reader:
    def __init__(self) -> None:
        self._fields: dict[str, list[str]] = {}
        self._files: list[str] = []
        self._content: bytes | None = None
        self._filename = self._type = ""

    def add(self, part: bytes) -> None:
        head, _, value = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = email.message_from_string(head.decode("utf-8", "surrogateescape"))
        name = headers.get_param("name", header="Content-Disposition")
        if not isinstance(name, str):
            raise bad("Bad Request")
        filename = headers.get_filename()
        if name == "content" and filename is not None:
            self._content, self._filename = value, filename
            self._type = headers.get_content_type() if "Content-Type" in headers else ""
        elif filename is not None:
            self._files += [name] * (name != "gpg_signature")
        else:
            self._field(name, value.decode("utf-8", "replace"))

    def _field(self, name: str, value: str) -> None:
        if value.strip() != "UNKNOWN":
            self._fields.setdefault(name, []).append(value.replace("\x00", "\\x00"))

    def form(self) -> Form:
        return Form(self._fields, tuple(self._files), self._content, self._filename, self._type)
