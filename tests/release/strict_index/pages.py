"""What a strict index serves to readers (PEP 503, PEP 691, PEP 700; warehouse, `packaging/utils.py`)."""

from __future__ import annotations

import hashlib
import html
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote

from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.release.strict_index.faults import EveryProject, Hostile, NoHash, OtherBytes, Page, WrongHash, Yanked
from tests.release.strict_index.replies import HTML, Refusal, Reply, preferred
from tests.release.strict_index.settings import Settings
from tests.release.strict_index.shelf import Shelf, Stored

_JSON = "application/vnd.pypi.simple.v1+json"
_KINDS = (HTML.partition(";")[0], "application/vnd.pypi.simple.v1+html", _JSON)
_API_VERSION = "1.4"


def kind_of(path: str) -> tuple[Page, str] | None:
    """Which page a path is, and the project or file that it is about; None if it is none."""
    for pattern, page in (
        (r"/simple/()", Page.ROOT),
        (r"/simple/([^/]+)/?", Page.PROJECT),
        (r"/pypi/([^/]+)(?:/[^/]+)?/json", Page.RELEASE),
        (r"/files/.*?([^/]+)", Page.FILE),
        (r"/_/oidc/audience()", Page.AUDIENCE),
    ):
        match = re.fullmatch(pattern, path)
        if match:
            subject = unquote(match[1])
            return page, canonicalize_name(subject) if page in (Page.PROJECT, Page.RELEASE) else subject
    return None


class Reader:
    """Makes the pages.

    Args:

        base: Address of the server.
    """

    def __init__(self, settings: Settings, shelf: Shelf, base: str) -> None:
        self._settings = settings
        self._shelf = shelf
        self._base = base

    def page(self, path: str, accept: str) -> Reply:
        """The answer to a GET.

        Raises:

            Refusal: There is no such page.
        """
        found = kind_of(path)
        if found is None:
            raise Refusal(404, "")
        page, subject = found
        if page is Page.ROOT:
            return self._root(accept)
        if page is Page.PROJECT:
            return self._project(path, subject, accept)
        if page is Page.FILE:
            return self._file(unquote(path), subject)
        if page is Page.AUDIENCE:
            return self._audience()
        return self._release(*path.split("/")[2:-1])

    def _form(self, accept: str) -> str:
        return preferred(accept, _KINDS if self._settings.json else _KINDS[:1])

    def _known(self, project: str) -> bool:
        """Whether the project has a page: not while no copy of it lists a file (a stale 404), unless it is older."""
        if project in {str(canonicalize_name(name)) for name in self._settings.projects}:
            return True
        files = self._shelf.of(project)
        if files and all(file.hidden for file in files):
            for file in files:
                file.hidden -= 1
            return False
        return project in self._shelf.projects

    def _root(self, accept: str) -> Reply:
        projects = sorted(self._shelf.projects)
        kind = self._form(accept)
        if kind == _JSON:
            return self._json({"meta": self._meta(), "projects": [{"name": name} for name in projects]}, _JSON)
        return self._html("Simple index", (f'<a href="/simple/{name}/">{name}</a>' for name in projects), kind)

    def _project(self, path: str, project: str, accept: str) -> Reply:
        if not self._known(project):
            raise Refusal(404, "")
        if path != f"/simple/{project}/":
            raise Refusal(301, "", (("Location", f"/simple/{project}/"),))
        entries = list(self._entries(project))
        kind = self._form(accept)
        if kind != _JSON:
            return self._html(f"Links for {project}", map(_anchor, entries), kind)
        page = {
            "meta": self._meta(),
            "name": project,
            "project-status": {"status": "active"},
            "versions": sorted({file.version for file in self._shelf.of(project)}, key=Version),
            "files": entries,
        }
        return self._json(page, _JSON)

    def _entries(self, project: str) -> Iterator[dict[str, Any]]:
        every = any(isinstance(one, EveryProject) for one in self._settings.distortions)
        for file in self._shelf.files.values():
            if file.project == project and file.hidden:
                file.hidden -= 1
            elif every or file.project == project:
                yield self._entry(file)
        for one in self._settings.distortions:
            if isinstance(one, Hostile):
                hashes = {} if one.sha256 is None else {"sha256": one.sha256}
                yield {"filename": one.filename, "url": one.url, "hashes": hashes}

    def _entry(self, file: Stored) -> dict[str, Any]:
        entry: dict[str, Any] = {
            "filename": file.filename,
            "url": self._address(file),
            "hashes": {"sha256": file.sha256},
            "requires-python": file.requires_python or None,
            "size": len(file.data),
            "upload-time": file.uploaded.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "yanked": False,
            "data-dist-info-metadata": False,
            "core-metadata": False,
            "provenance": None,
        }
        for one in self._settings.distortions:
            if isinstance(one, WrongHash) and one.filename == file.filename:
                entry["hashes"] = {"sha256": one.sha256}
            elif isinstance(one, NoHash) and one.filename in (None, file.filename):
                entry["hashes"] = {}
            elif isinstance(one, Yanked) and one.filename == file.filename:
                entry["yanked"] = one.reason or True
        return entry

    def _address(self, file: Stored) -> str:
        return ("../.." if self._settings.relative_urls else self._base) + quote(file.path)

    def _release(self, project: str, version: str | None = None) -> Reply:
        files = self._shelf.of(canonicalize_name(project))
        if version is not None and files:
            files = self._shelf.release(project, version)
        if not files:
            return Reply(404, "Not Found", b'{"message": "Not Found"}', "application/json")
        newest = str(max(Version(file.version) for file in files))
        urls = [self._url(file) for file in files if version is not None or file.version == newest]
        info = {"name": self._shelf.projects[files[0].project].name, "version": newest}
        return self._json({"info": info, "last_serial": self._shelf.serial, "urls": urls}, "application/json")

    def _url(self, file: Stored) -> dict[str, Any]:
        time = file.uploaded.strftime("%Y-%m-%dT%H:%M:%S")
        return {
            "filename": file.filename,
            "digests": {
                "blake2b_256": file.blake2,
                "md5": hashlib.md5(file.data, usedforsecurity=False).hexdigest(),
                "sha256": file.sha256,
            },
            "packagetype": file.kind,
            "python_version": file.python,
            "requires_python": file.requires_python or None,
            "size": len(file.data),
            "upload_time": time,
            "upload_time_iso_8601": f"{time}Z",
            "url": self._base + quote(file.path),
            "yanked": False,
            "yanked_reason": None,
        }

    def _file(self, path: str, filename: str) -> Reply:
        file = self._shelf.files.get(filename)
        if file is None or path != file.path:
            raise Refusal(404, "")
        data = file.data
        for one in self._settings.distortions:
            if isinstance(one, OtherBytes) and one.filename == filename:
                data = one.data
        return Reply(200, "OK", data, "application/octet-stream")

    def _audience(self) -> Reply:
        if not self._settings.publishing_enabled:
            body = b'{"message": "Trusted publishing functionality not enabled"}'
            return Reply(403, "Forbidden", body, "application/json")
        return Reply(200, "OK", json.dumps({"audience": self._settings.audience}).encode(), "application/json")

    def _meta(self) -> dict[str, Any]:
        return {"api-version": _API_VERSION, "_last-serial": self._shelf.serial}

    def _json(self, page: dict[str, Any], kind: str) -> Reply:
        return self._cached((json.dumps(page) + "\n").encode(), kind)

    def _html(self, title: str, lines: Iterator[str], kind: str) -> Reply:
        links = "<br />\n".join(lines)
        text = (
            f'<!DOCTYPE html>\n<html>\n<head>\n<meta name="pypi:repository-version" content="{_API_VERSION}">\n'
            f"<title>{title}</title>\n</head>\n<body>\n<h1>{title}</h1>\n{links}\n</body>\n</html>\n"
        )
        return self._cached(text.encode(), f"{kind}; charset=UTF-8")

    def _cached(self, body: bytes, kind: str) -> Reply:
        """With the headers that make the public index's pages old."""
        tag = hashlib.sha256(body).hexdigest()[:22]
        headers = (
            ("Cache-Control", "max-age=600, public"),
            ("ETag", f'"{tag}"'),
            ("Vary", "Accept"),
            ("X-PyPI-Last-Serial", str(self._shelf.serial)),
        )
        return Reply(200, "OK", body, kind, headers)


def _anchor(entry: dict[str, Any]) -> str:
    digest = entry["hashes"].get("sha256")
    attributes = [f'href="{html.escape(entry["url"] + (f"#sha256={digest}" if digest else ""))}"']
    if entry.get("requires-python"):
        attributes.append(f'data-requires-python="{html.escape(entry["requires-python"])}"')
    if entry.get("yanked"):
        attributes.append(f'data-yanked="{"" if entry["yanked"] is True else html.escape(entry["yanked"])}"')
    return f'<a {" ".join(attributes)}>{html.escape(entry["filename"])}</a>'
