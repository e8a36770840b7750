"""Reading git's objects through one process that answers one request after the other (git-cat-file(1))."""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import subprocess  # nosec B404 - for the type of a process, which `git` starts
import threading
import weakref
from collections.abc import Iterable, Iterator

from qualitygate.errors import SourceError
from qualitygate.sources import git

_ID = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
"""SHA-1, or SHA-256."""

_AHEAD = 32
"""Requests sent before the first answer is read: 2,080 bytes at most, which fit in any pipe, so that no side waits."""

_AHEAD_BYTES = 4 << 20
"""Answers that are held at once, where their size is known."""

_SAID = 8192
"""Bytes of git's messages that are kept."""


class Objects:
    """The blobs of a repository. May be used by several threads; starts git when first needed.

    Every method raises SourceError when an object is missing or damaged, or git fails, stops answering
    (`git.TIMEOUT` seconds without a byte) or answers nonsense; and ValueError for what is no full object id.
    """

    def __init__(self, repository: git.Git) -> None:
        self._repository = repository
        self._lock = threading.Lock()
        self._batch: _Batch | None = None
        self._sizes: dict[str, int] = {}

    def read(self, oid: str) -> bytes:
        """The content of the blob."""
        return self._ask([_checked(oid)])[0]

    def read_many(self, oids: Iterable[str]) -> Iterator[bytes]:
        """The content of each blob, in order, faster than one by one."""
        asked: list[str] = []
        held = 0
        for oid in oids:
            asked.append(_checked(oid))
            held += self._sizes.get(oid, 0)
            if len(asked) == _AHEAD or held >= _AHEAD_BYTES:
                yield from self._ask(asked)
                asked, held = [], 0
        if asked:
            yield from self._ask(asked)

    def sizes(self, oids: Iterable[str]) -> dict[str, int]:
        """The number of bytes of each blob."""
        wanted = {_checked(oid): None for oid in oids}
        unknown = [oid for oid in wanted if oid not in self._sizes]
        if unknown:
            done = self._repository.run("cat-file", "--batch-check", "--buffer", stdin=_lines(unknown))
            if done.returncode != 0:
                raise self._failure(os.fsdecode(done.stderr))
            answers = done.stdout.split(b"\n")[:-1]
            if len(answers) != len(unknown):
                raise self._failure(f"{len(answers)} answers to {len(unknown)} requests")
            for oid, answer in zip(unknown, answers, strict=True):
                self._sizes[oid] = self._size(oid, answer)
        return {oid: self._sizes[oid] for oid in wanted}

    def close(self) -> None:
        """End git's process. A later read starts another."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._batch is not None:
            self._batch.end()
            self._batch = None

    def _ask(self, oids: list[str]) -> list[bytes]:
        with self._lock:
            try:
                if self._batch is None:
                    self._batch = _Batch(self._repository.start("cat-file", "--batch"))
                self._batch.send(_lines(oids))
                return [self._answer(self._batch, oid) for oid in oids]
            except _NoAnswer as error:
                self._close()
                raise self._failure(str(error)) from None
            except BaseException:  # answers that nobody read would be taken for those to the next requests
                self._close()
                raise

    def _answer(self, batch: _Batch, oid: str) -> bytes:
        size = self._size(oid, batch.line())
        content = batch.take(size)
        if batch.take(1) != b"\n":
            raise _NoAnswer(f"object {oid} is longer than the {size} bytes that were announced")
        return content

    def _size(self, oid: str, answer: bytes) -> int:
        text = answer.decode("ascii", "replace")
        said, _, rest = text.partition(" ")
        kind, _, size = rest.partition(" ")
        if said == oid and kind == "blob" and size.isdecimal():
            return int(size)
        if said == oid and kind == "missing":
            raise self._failure(f"object {oid} is missing")
        raise self._failure(f"unexpected answer {text[:100]!r} about object {oid}")

    def _failure(self, said: str) -> SourceError:
        lines = said.strip().splitlines() or ["git ended without a message"]
        first = next((line for line in lines if line.startswith(("fatal:", "error:"))), lines[0])
        headline = f"git can not read an object of the repository of {self._repository.root}: {first}"
        if self._is_partial():
            hint = "The clone is partial: get the rest with `git fetch --refetch --no-filter`, or clone in full."
        else:
            hint = "See what `git fsck` says in that folder, and repair the repository or clone it anew."
        return SourceError(headline, hint)

    def _is_partial(self) -> bool:
        with contextlib.suppress(SourceError):
            return self._repository.run("config", "--get-regexp", r"^remote\..*\.promisor$").returncode == 0
        return False


class _NoAnswer(Exception):
    """The process ended, or does not answer; the message is what git said about it."""


class _Batch:
    """A running `git cat-file --batch`, killed when this is given up or Python ends."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None  # nosec B101
        self._input, self._output, self._errors = (
            stream.fileno() for stream in (process.stdin, process.stdout, process.stderr)
        )
        self._buffer = bytearray()
        self._said = b""
        self._selector = selectors.DefaultSelector()
        self._finish = weakref.finalize(self, _end, process, self._selector)
        os.set_blocking(self._errors, False)
        self._selector.register(self._output, selectors.EVENT_READ)
        self._selector.register(self._errors, selectors.EVENT_READ)

    def end(self) -> None:
        """End the process, whatever it does."""
        self._finish()

    def send(self, requests: bytes) -> None:
        """Pass on *requests*, which are short enough for an empty pipe."""
        try:
            os.write(self._input, requests)
        except BrokenPipeError:
            self._listen()
            raise _NoAnswer(self._message()) from None

    def line(self) -> bytes:
        """The next line, without its end."""
        start = 0
        while (end := self._buffer.find(b"\n", start)) < 0:
            start = len(self._buffer)
            self._fill()
        return self.take(end + 1)[:-1]

    def take(self, size: int) -> bytes:
        """The next *size* bytes."""
        while len(self._buffer) < size:
            self._fill()
        taken = bytes(memoryview(self._buffer)[:size])
        del self._buffer[:size]
        return taken

    def _fill(self) -> None:
        events = self._selector.select(git.TIMEOUT)
        if not events:
            raise _NoAnswer(f"`git cat-file` did not answer within {git.TIMEOUT:g} seconds")
        ready = {key.fd for key, _ in events}
        if self._errors in ready and not self._listen():
            self._selector.unregister(self._errors)
        if self._output in ready:
            data = os.read(self._output, 1 << 16)
            if not data:
                self._listen()
                raise _NoAnswer(self._message())
            self._buffer += data

    def _listen(self) -> bool:
        """Take what git says on standard error; whether there may be more."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self._errors, _SAID):
                self._said = (self._said + data)[-_SAID:]
            return False
        return True

    def _message(self) -> str:
        return os.fsdecode(self._said)


def _end(process: subprocess.Popen[bytes], selector: selectors.BaseSelector) -> None:
    selector.close()
    process.kill()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            stream.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(git.TIMEOUT)


def _checked(oid: str) -> str:
    if not _ID.fullmatch(oid):
        raise ValueError(f"{oid!r} is not a full object id")
    return oid


def _lines(oids: Iterable[str]) -> bytes:
    return "".join(f"{oid}\n" for oid in oids).encode("ascii")
