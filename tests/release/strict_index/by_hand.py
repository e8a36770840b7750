"""A client for a strict index, by hand: it sends forms that no sound client would send."""

from __future__ import annotations

import base64
import dataclasses
import hashlib
import http.client
import ssl
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from packaging.utils import canonicalize_name, parse_sdist_filename

from tests.release.strict_index.shelf import blake2

Fields = list[tuple[str, str]]


@dataclasses.dataclass(frozen=True)
class Got:
    """An answer."""

    status: int
    reason: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes


def get(url: str, *, method: str = "GET", body: bytes | None = None, timeout: float = 10.0,
        ssl_context: ssl.SSLContext | None = None, **headers: str) -> Got:
    """One request, without following redirections; `_` in names of headers stands for `-`.

    Raises:

        OSError: No answer (`TimeoutError`: not within `timeout` seconds).

        http.client.HTTPException: It breaks off.
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection = http.client.HTTPConnection(host, parts.port, timeout=timeout)
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, parts.port, timeout=timeout, context=ssl_context)
    try:
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        connection.request(method, path, body, {key.replace("_", "-"): value for key, value in headers.items()})
        answer = connection.getresponse()
        told = {key.lower(): value for key, value in answer.getheaders()}
        return Got(answer.status, answer.reason, told, answer.read())
    finally:
        connection.close()


def basic(secret: str, user: str = "__token__") -> str:
    """An `Authorization` header."""
    return f"Basic {base64.b64encode(f'{user}:{secret}'.encode()).decode()}"


def upload_form(filename: str, data: bytes, **changes: str | list[str] | None) -> Fields:
    """The fields that twine sends for a file, as far as this can tell without opening it.

    Args:

        changes: Other values; None leaves a field out. `action` is `:action`.
    """
    wheel = filename.endswith(".whl")
    name, version = _named(filename)
    fields: dict[str, str | list[str] | None] = {
        "metadata_version": "2.1", "name": name, "version": version, "summary": "A sample",
        "description": "A sample.\n", "description_content_type": "text/markdown",
        "filetype": "bdist_wheel" if wheel else "sdist", "pyversion": "py3" if wheel else "source",
        "sha256_digest": hashlib.sha256(data).hexdigest(), "blake2_256_digest": blake2(data),
        "action": "file_upload", "protocol_version": "1",
    }
    fields.update(changes)
    pairs = [(key, value) for key, value in fields.items() if value is not None]
    return [
        (":action" if key == "action" else key, one)
        for key, value in pairs
        for one in ([value] if isinstance(value, str) else value)
    ]


def _named(filename: str) -> tuple[str, str]:
    try:
        if filename.endswith(".whl"):
            name, version = filename.split("-")[:2]
        else:
            name, version = map(str, parse_sdist_filename(filename))
    except ValueError:
        return "demo", "1.0"
    return canonicalize_name(name), version


def encoded(fields: Iterable[tuple[str, str]], files: Iterable[tuple[str, str, bytes, str]]) -> tuple[str, bytes]:
    """A form: its `Content-Type` and its bytes.

    Args:

        files: Field, file name, bytes and media type (empty for none) of each.
    """
    boundary, lines = "3d9f0c1e7b6a45c8", bytearray()
    for key, value in fields:
        lines += f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
    for key, filename, data, kind in files:
        lines += f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"; filename="{filename}"\r\n'.encode()
        lines += (f"Content-Type: {kind}\r\n" if kind else "").encode() + b"\r\n" + data + b"\r\n"
    return f"multipart/form-data; boundary={boundary}", bytes(lines) + f"--{boundary}--\r\n".encode()


def send(url: str, filename: str, data: bytes, *, secret: str = "pypi-secret", user: str = "__token__",
         kind: str = "application/octet-stream", accept: str = "*/*", authorization: str | None = None,
         timeout: float = 10.0, ssl_context: ssl.SSLContext | None = None, **changes: str | list[str] | None) -> Got:
    """Upload a file.

    Args:

        kind: Media type of the file; empty for none.

        authorization: The header, if not that of `user` and `secret`; empty for none.

        changes: Other values of fields, as for `upload_form`.

    Raises:

        OSError: No answer.
    """
    content_type, body = encoded(upload_form(filename, data, **changes), [("content", filename, data, kind)])
    login = basic(secret, user) if authorization is None else authorization
    headers = {"Content_Type": content_type, "Accept": accept, "User_Agent": "by-hand"}
    if login:
        headers["Authorization"] = login
    return get(url, method="POST", body=body, timeout=timeout, ssl_context=ssl_context, **headers)
