"""What a strict index holds."""

from __future__ import annotations

import dataclasses
import hashlib
from collections import Counter
from datetime import UTC, datetime, timedelta

from packaging.utils import canonicalize_name, canonicalize_version, parse_sdist_filename, parse_wheel_filename


@dataclasses.dataclass
class Stored:
    """A file of the index."""

    filename: str
    data: bytes
    project: str
    """Normalised."""
    version: str
    kind: str
    """`sdist` or `bdist_wheel`."""
    python: str = "source"
    requires_python: str = ""
    uploaded: datetime = dataclasses.field(default_factory=lambda: datetime.now(UTC))
    hidden: int = 0
    """How many more times the project's simple page is given without it."""

    def __post_init__(self) -> None:
        self.sha256 = hashlib.sha256(self.data).hexdigest()
        self.blake2 = blake2(self.data)

    @property
    def path(self) -> str:
        """Its address on the index."""
        return f"/files/{self.blake2[:2]}/{self.blake2[2:4]}/{self.blake2[4:]}/{self.filename}"


@dataclasses.dataclass
class Project:
    """A project of the index."""

    name: str
    """As displayed."""
    owner: str


class Shelf:
    """Projects, releases and files. Its user holds a lock."""

    def __init__(self) -> None:
        self.projects: dict[str, Project] = {}
        self.files: dict[str, Stored] = {}
        self.burnt: set[str] = set()
        self.created: dict[tuple[str, str], datetime] = {}
        """When each release (project, canonical version) was created."""
        self.creations: Counter[str] = Counter()
        """How many projects each user tried to create; a refused first upload counts, as a rate limiter does."""
        self.serial = 0

    def of(self, project: str) -> list[Stored]:
        """The files of a project, given its normalised name."""
        return [file for file in self.files.values() if file.project == project]

    def release(self, project: str, version: str) -> list[Stored]:
        """The files of a release."""
        wanted = canonicalize_version(version)
        return [file for file in self.of(canonicalize_name(project)) if canonicalize_version(file.version) == wanted]

    def same(self, filename: str, digest: str) -> Stored | None:
        """A file with this name, or with this BLAKE2 digest."""
        return self.files.get(filename) or next((file for file in self.files.values() if file.blake2 == digest), None)

    def is_closed(self, project: str, version: str) -> bool:
        """Whether a release is older than 14 days."""
        created = self.created.get((canonicalize_name(project), canonicalize_version(version)))
        return created is not None and datetime.now(UTC) - created > timedelta(days=14)

    def close(self, project: str, version: str) -> None:
        """Make a release, and its files, older than 14 days."""
        old = datetime.now(UTC) - timedelta(days=15)
        self.created[canonicalize_name(project), canonicalize_version(version)] = old
        for file in self.release(project, version):
            file.uploaded = old

    def store(self, file: Stored, display: str, owner: str) -> None:
        """Add a file; its project and its release come to be."""
        self.serial += 1
        self.projects.setdefault(file.project, Project(display, owner)).name = display
        self.created.setdefault((file.project, canonicalize_version(file.version)), file.uploaded)
        self.files[file.filename] = file

    def put(self, filename: str, data: bytes, owner: str) -> None:
        """Add a file without looking at it; project and version come from its name.

        Raises:

            ValueError: It is not the name of a wheel or an sdist.
        """
        if filename.endswith(".whl"):
            name, version, _, tags = parse_wheel_filename(filename)
            kind, python = "bdist_wheel", sorted(tag.interpreter for tag in tags)[0]
        else:
            (name, version), kind, python = parse_sdist_filename(filename), "sdist", "source"
        self.store(Stored(filename, data, name, str(version), kind, python), name, owner)

    def burn(self, filename: str) -> None:
        """Delete a file; its name can not be used again."""
        self.files.pop(filename, None)
        self.burnt.add(filename)
        self.serial += 1


def blake2(data: bytes) -> str:
    """The digest that warehouse calls `blake2_256`."""
    return hashlib.blake2b(data, digest_size=32).hexdigest()
