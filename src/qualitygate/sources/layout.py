"""Writing files of a source to a temporary folder, for tools that read them from the disk."""

from __future__ import annotations

import contextlib
import os
import posixpath
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from qualitygate.errors import SourceError
from qualitygate.sources.source import Source


class Layout:
    """A private folder that holds chosen files of a source and nothing else; a context manager that removes it.

    It mirrors the repository, so that what lies above the project root is found above `root`. A link becomes a regular
    file with the content that it leads to. What can not be read, is no regular file or lies outside of the repository
    is left out.

    Raises:

        SourceError: From every method: the files can not be written, or the source can not be read at all.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        with _explained():
            self._made = tempfile.TemporaryDirectory(prefix="qualitygate-", ignore_cleanup_errors=True)
        self.top = Path(os.path.realpath(self._made.name))
        """Stands for the top of the repository."""
        self.root = self.top / source.root_prefix
        """Stands for the project root; its links are resolved."""
        self.add(())

    def __enter__(self) -> Layout:
        return self

    def __exit__(self, *details: object) -> None:
        self.close()

    def add(self, paths: Iterable[str]) -> None:
        """Write files, which must not be there yet.

        Args:

            paths: Relative to the project root; may begin with `../`.
        """
        prefix = self._source.root_prefix
        places = {place: path for path in paths if (place := _place(prefix, path))}
        try:
            with _explained():
                _make_folders(self.top, prefix)
                for path, content in self._source.read_many(places.values()):
                    if isinstance(content, bytes):
                        _write(self.top, _place(prefix, path), content)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Remove the folder."""
        self._made.cleanup()


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise SourceError(
            f"files can not be written to the temporary folder {error.filename or tempfile.gettempdir()}: "
            f"{error.strerror or error}",
            "Free some space or give permission, or name another folder with the variable TMPDIR.",
        ) from None


def _place(prefix: str, path: str) -> str:
    """Where the file belongs, from the top of the mirror; empty if there is no such place."""
    if path.startswith("/") or path.rpartition("/")[2] in ("", ".", "..") or "\0" in path:
        return ""
    place = posixpath.normpath(prefix + path)
    return "" if place.startswith("../") else place


def _write(top: Path, place: str, content: bytes) -> None:
    _make_folders(top, place.rpartition("/")[0])
    descriptor = os.open(top / place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with open(descriptor, "wb") as stream:
        stream.write(content)


def _make_folders(top: Path, folder: str) -> None:
    """Make the folder and those above it, for the user alone."""
    missing = []
    while folder and not os.path.isdir(top / folder):
        missing.append(folder)
        folder = folder.rstrip("/").rpartition("/")[0]
    for path in reversed(missing):
        os.mkdir(top / path, 0o700)
