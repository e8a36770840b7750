"""Which installed code decides the answers: versions and contents of distributions, found without importing them.

Read from the folders that `sys.path` names, by the layout of the specification "Recording installed projects": a
distribution is a folder `NAME-VERSION.dist-info` whose `RECORD` holds a digest of each of its files.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence


class Packages:
    """The distributions that workers can import.

    Args:

        folders: Entries of `sys.path`; of a distribution that is in several, the first counts.
    """

    def __init__(self, folders: Sequence[str] | None = None) -> None:
        self._places: dict[str, str] = {}
        for folder in sys.path if folders is None else folders:
            for name in sorted(_metadata_folders(folder)):
                self._places.setdefault(_canonical(_stem(name).partition("-")[0]), os.path.join(folder, name))
        self._described: dict[str, str] = {}

    def describe(self, distribution: str) -> str:
        """Version and content of *distribution*, such as `7.5.0 3f2a...`; `missing` where it is not installed.

        One without a record of its content is described with the time of its installation instead; one that is
        installed so that its files change without a trace with its version alone, see `is_changeable`.
        """
        name = _canonical(distribution)
        if name not in self._described:
            place = self._places.get(name)
            self._described[name] = "missing" if place is None else _description(place)
        return self._described[name]

    def is_changeable(self, distribution: str) -> bool:
        """Whether its code can change while its description stays: an editable installation."""
        place = self._places.get(_canonical(distribution))
        if place is None:
            return False
        if place.endswith(".egg-info"):  # `setup.py develop` leaves it in the project, which joins `sys.path`
            return os.path.basename(os.path.dirname(place)) not in ("site-packages", "dist-packages")
        return re.search(rb'"editable"\s*:\s*true', _read(place, "direct_url.json")) is not None

    def providers(self, groups: Iterable[str]) -> list[str]:
        """Names of the distributions with an entry point in one of *groups*, sorted."""
        wanted = [re.compile(rb"^\s*\[\s*%s\s*\]" % re.escape(group.encode()), re.MULTILINE) for group in groups]
        return sorted(name for name, text in self._entry_points().items() if any(one.search(text) for one in wanted))

    def with_requirements(self, distributions: Iterable[str]) -> set[str]:
        """*distributions* and all that they require, extras left out, and that these require."""
        found: set[str] = set()
        pending = [_canonical(name) for name in distributions]
        while pending:
            name = pending.pop()
            if name not in found:
                found.add(name)
                pending += self._requirements(name)
        return found

    def _requirements(self, name: str) -> list[str]:
        place = self._places.get(name)
        if place is None:
            return []
        headers = _read(place, "METADATA").partition(b"\n\n")[0]
        return [_canonical(match[1].decode()) for match in _REQUIREMENT.finditer(headers) if b"extra" not in match[2]]

    def all(self) -> str:
        """A digest over names and versions of everything that is installed."""
        names = sorted(os.path.basename(place) for place in self._places.values())
        return hashlib.sha256("\0".join(names).encode("utf-8", "surrogateescape")).hexdigest()[:16]

    def _entry_points(self) -> dict[str, bytes]:
        if not hasattr(self, "_points"):
            texts = {name: _read(place, "entry_points.txt") for name, place in self._places.items()}
            self._points = {name: text for name, text in texts.items() if text}
        return self._points


_REQUIREMENT = re.compile(rb"^Requires-Dist: *([A-Za-z0-9._-]+)[^;\r\n]*(.*)$", re.MULTILINE)


def _metadata_folders(folder: str) -> Iterator[str]:
    try:
        names = os.listdir(folder or os.curdir)
    except OSError:  # a zip file, or nothing
        return
    yield from (name for name in names if name.endswith((".dist-info", ".egg-info")))


def _stem(name: str) -> str:
    """`NAME-VERSION` of a metadata folder; `setup.py develop` leaves the version out."""
    return name.rpartition(".")[0]


def _canonical(name: str) -> str:
    """The name as PEP 503 compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _description(place: str) -> str:
    version = _stem(os.path.basename(place)).partition("-")[2]
    record = sorted(_recorded(_read(place, "RECORD")))
    content = b"".join(record) if record else _time_of_installation(place)
    return f"{version} {hashlib.sha256(content).hexdigest()[:16]}"


def _time_of_installation(place: str) -> bytes:
    """What a new installation changes where there is no RECORD, as in the packages of some Linux distributions."""
    for path in (os.path.join(place, "METADATA"), os.path.join(place, "PKG-INFO"), place):
        with contextlib.suppress(OSError):
            state = os.stat(path)
            return b"%d %d" % (state.st_mtime_ns, state.st_size)
    return b""


def _recorded(text: bytes) -> Iterator[bytes]:
    """Lines of a RECORD about code and data; scripts and metadata differ from machine to machine."""
    for line in text.splitlines(keepends=True):
        path, _, digest = line.partition(b",")
        if digest.startswith(b"sha256=") and not path.startswith(b"../") and b".dist-info/" not in path:
            yield line


def _read(folder: str, name: str) -> bytes:
    try:
        with open(os.path.join(folder, name), "rb") as stream:
            return stream.read()
    except OSError:
        return b""
