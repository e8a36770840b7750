"""Real package indexes on 127.0.0.1, a TLS front with an authority of its own, and a proxy that remembers.

Every server is a context manager: it waits, within bounds, until the server answers, and ends it in the end. The
programs are in virtual environments of their own, made by `make servers`.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import hashlib
import html.parser
import http.client
import itertools
import os
import secrets
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from tests.release.fronts import ANSWER, HOST, Front

FOLDER_VARIABLE = "RELEASE_TEST_SERVERS"
"""Names the folder with the servers' virtual environments; by default `servers` in the tests' own environment."""

_START = 60.0
"""Seconds within which a server must answer."""
_END = 10.0
"""Seconds after which a server that was asked to end is killed."""
_PROBE = 3.0
"""The same while a server starts: who holds its port in its place may never answer."""
_ATTEMPTS = 3
_JSON = "application/vnd.pypi.simple.v1+json"


class ServerError(RuntimeError):
    """A server that the tests need is not installed, does not start, or refuses its preparation."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Index:
    """One package index, and somebody who may upload to it."""

    upload_url: str
    index_url: str
    """The simple index, with a final slash."""
    user: str
    password: str = dataclasses.field(repr=False)
    ca: Path | None = None
    """The certificate of its authority, if it speaks TLS."""

    def ask(self, method: str, url: str, **options: Any) -> requests.Response:
        """A request that heeds neither proxies nor certificates of the environment; redirections are not followed."""
        with requests.Session() as session:
            session.trust_env = False
            verify = str(self.ca) if self.ca else True
            return session.request(method, url, verify=verify, timeout=ANSWER, allow_redirects=False, **options)

    def page(self, project: str, accept: str = f"{_JSON}, text/html;q=0.1") -> requests.Response:
        """The page of a project, whose name is sent as it is."""
        return self.ask("GET", f"{self.index_url}{project}/", headers={"Accept": accept})

    def files(self, project: str) -> dict[str, str]:
        """SHA-256 by file name, as the index lists them; empty if it does not know the (normalized) project.

        Raises:

            ServerError: The index can not be read, or lists a file without its SHA-256.
        """
        page = self.page(project)
        if page.status_code == 404:
            return {}
        if page.status_code != 200:
            raise ServerError(f"{page.url}: {page.status_code} {page.reason}")
        if page.headers["Content-Type"].startswith(_JSON):
            return {file["filename"]: file["hashes"]["sha256"] for file in page.json()["files"]}
        return _linked(page.text)

    def store(
        self, name: str, data: bytes, project: str, version: str, *, agent: str = "tests", **form: str
    ) -> requests.Response:
        """Upload *data* as the file *name*, without any check on this side.

        Args:

            agent: The name by which the client introduces itself.

            form: Fields to send in place of, or besides, the usual ones.
        """
        fields = {
            ":action": "file_upload",
            "protocol_version": "1",
            "metadata_version": "2.4",
            "name": project,
            "version": version,
            "filetype": "sdist" if name.endswith(".tar.gz") else "bdist_wheel",
            "pyversion": "source" if name.endswith(".tar.gz") else "py3",
            "sha256_digest": hashlib.sha256(data).hexdigest(),
            **form,
        }
        return self.ask(
            "POST",
            self.upload_url,
            data=fields,
            files={"content": (name, data)},
            auth=(self.user, self.password) if self.user else None,
            headers={"User-Agent": agent},
        )

    def through(self, front: Front) -> Index:
        """The same index as seen behind *front*."""
        return dataclasses.replace(
            self,
            upload_url=front.url + urlsplit(self.upload_url).path,
            index_url=front.url + urlsplit(self.index_url).path,
            ca=front.ca,
        )


def _linked(text: str) -> dict[str, str]:
    found: dict[str, str] = {}

    class Links(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            href = urlsplit(dict(attrs).get("href") or "") if tag == "a" else None
            if href is not None and href.path:
                algorithm, _, digest = href.fragment.partition("=")
                if algorithm != "sha256":
                    raise ServerError(f"{href.path} is listed without its SHA-256")
                found[href.path.rpartition("/")[2]] = digest

    Links().feed(text)
    return found


def program(environment: str, name: str) -> str:
    """Path of a server's program.

    Raises:

        ServerError: It is not installed.
    """
    folder = os.environ.get(FOLDER_VARIABLE) or os.path.join(sys.prefix, "servers")
    path = Path(folder, environment, "bin", name)
    if not path.is_file():
        raise ServerError(
            f"{path} is missing: run `make servers`, which installs it below the project's virtual environment, "
            f"or name the folder with the servers' environments by {FOLDER_VARIABLE}"
        )
    return str(path)


def free_port() -> int:
    """A port of 127.0.0.1 on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: Callable[[int], Sequence[str]], ready: Callable[[int], bool], log: Path) -> Iterator[int]:
    """Run a server for as long as the context lasts; gives its port.

    Args:

        command: Makes the command line from a port.

        ready: Whether the server that answers on a port is this one, and ready.

        log: File for its output.

    Raises:

        ServerError: It ended or did not answer in time. The message has the end of its output.
    """
    for attempt in itertools.count(1):
        port = free_port()
        with log.open("wb") as output:
            process = subprocess.Popen(
                command(port),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment(),
                cwd=log.parent,
            )
        try:
            if _answers(process, port, ready):
                yield port
                return
        finally:
            ended = _end(process)
        # Somebody else may have taken the port in the meantime; anything else is no better the next time.
        if attempt == _ATTEMPTS or b"ddress already in use" not in log.read_bytes():
            said = log.read_text(errors="replace")[-4000:]
            raise ServerError(f"{' '.join(command(port))}\ndid not get ready (exit status {ended}); it said:\n{said}")


def environment() -> dict[str, str]:
    """For children: without the tests' own settings and credentials."""
    return {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}


def _answers(process: subprocess.Popen[bytes], port: int, ready: Callable[[int], bool]) -> bool:
    last = time.monotonic() + _START
    while process.poll() is None and time.monotonic() < last:
        with contextlib.suppress(OSError, http.client.HTTPException):
            if ready(port):
                return True
        time.sleep(0.05)
    return False


def _end(process: subprocess.Popen[bytes]) -> int | None:
    """Gives the exit status that it had before it was asked to end."""
    before = process.poll()
    if before is None:
        process.terminate()
        try:
            process.wait(_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(_END)
    return before


def _get(port: int, path: str) -> int:
    connection = http.client.HTTPConnection(HOST, port, timeout=_PROBE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


@contextlib.contextmanager
def pypiserver(folder: Path, user: str = "alice", password: str = "") -> Iterator[Index]:
    """An empty pypiserver that takes uploads with a password, and lets everybody read.

    Args:

        folder: Where it keeps its files; they are in `folder/packages`.

        password: A random one unless given.
    """
    password = password or secrets.token_urlsafe(16)
    packages = folder / "packages"
    packages.mkdir(parents=True)
    digest = base64.b64encode(hashlib.sha1(password.encode(), usedforsecurity=False).digest()).decode()
    accounts = folder / "accounts"
    accounts.write_text(f"{user}:{{SHA}}{digest}\n")
    health = f"/{secrets.token_hex(8)}"  # tells this server from another one on the same port
    start = [program("pypiserver", "pypi-server"), "run", "-i", HOST, "-a", "update", "-P", str(accounts)]
    rest = ["--disable-fallback", "--server", "wsgiref", "--health-endpoint", health, "-v", str(packages)]
    with running(
        lambda port: [*start, "-p", str(port), *rest], lambda port: _get(port, health) == 200, folder / "server.log"
    ) as port:
        url = f"http://{HOST}:{port}/"
        yield Index(upload_url=url, index_url=f"{url}simple/", user=user, password=password)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Pair:
    """What plays the test index and the production index."""

    test: Index
    prod: Index


@dataclasses.dataclass(frozen=True)
class Devpi:
    """A running devpi-server, in which anybody may make users."""

    url: str
    _numbers: Iterator[int] = dataclasses.field(default_factory=lambda: itertools.count(1))

    def pair(self) -> Pair:
        """Two empty indexes of a new user, `test` and `prod`, from which nothing can be removed.

        Raises:

            ServerError: The server does not make them.
        """
        user, password = f"user{next(self._numbers)}", secrets.token_urlsafe(16)
        self._put(f"/{user}", {"password": password, "email": f"{user}@example.invalid"}, None)
        made = {}
        for name in ("test", "prod"):
            settings = {"type": "stage", "bases": [], "volatile": False}
            self._put(f"/{user}/{name}", settings, (user, password))
            url = f"{self.url}/{user}/{name}/"
            made[name] = Index(upload_url=url, index_url=f"{url}+simple/", user=user, password=password)
        return Pair(test=made["test"], prod=made["prod"])

    def _put(self, path: str, value: Mapping[str, object], auth: tuple[str, str] | None) -> None:
        with requests.Session() as session:
            session.trust_env = False
            answer = session.put(self.url + path, json=value, auth=auth, timeout=ANSWER)
        if answer.status_code not in (200, 201):
            raise ServerError(f"devpi-server: PUT {path}: {answer.status_code} {answer.text}")


@contextlib.contextmanager
def devpi(folder: Path) -> Iterator[Devpi]:
    """A devpi-server without any outside index.

    Args:

        folder: Where it keeps its files.

    Raises:

        ServerError: It is not installed, or does not start.
    """
    folder.mkdir(parents=True, exist_ok=True)
    password = secrets.token_urlsafe(16)
    place = ["--serverdir", str(folder / "data")]
    init = [program("devpi", "devpi-init"), *place, "--no-root-pypi", "--root-passwd", password]
    made = subprocess.run(init, env=environment(), capture_output=True, text=True, timeout=_START, check=False)
    if made.returncode:
        raise ServerError(f"devpi-init ended with {made.returncode}:\n{made.stdout}{made.stderr}")
    # Deriving keys as slowly as is right elsewhere would take most of the time of the start.
    weak = ["--argon2-memory-cost", "8", "--argon2-time-cost", "1", "--argon2-parallelism", "1"]
    start = [program("devpi", "devpi-server"), *place, "--host", HOST, "--offline-mode", "--threads", "4", *weak]

    def ready(port: int) -> bool:
        if _get(port, "/+api") != 200:
            return False
        login = {"user": "root", "password": password}  # tells this server from another one on the same port
        with requests.Session() as session:
            session.trust_env = False
            return session.post(f"http://{HOST}:{port}/+login", json=login, timeout=ANSWER).status_code == 200

    with running(lambda port: [*start, "--port", str(port)], ready, folder / "server.log") as port:
        yield Devpi(f"http://{HOST}:{port}")
