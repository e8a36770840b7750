"""What a run judges: the visible files of a project at one moment, wherever their bytes are."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Iterator

from qualitygate.model.results import SourceInfo
from qualitygate.model.tree import Tree

Signature = tuple[int | str, ...]
"""Tells one state of a file from another without reading it; equal ones mean equal bytes."""


class Source(abc.ABC):
    """The visible files below a project root."""

    tree: Tree
    """Its `root` is the absolute path of the project root."""
    info: SourceInfo
    root_prefix: str
    """Path of the root below git's top level, with a final slash, or empty."""
    warnings: tuple[str, ...]
    tracked: frozenset[str] | None = None
    """Paths below the root that git tracks, whether or not they are in the tree; None where that is not known."""

    @property
    @abc.abstractmethod
    def on_disk(self) -> bool:
        """Whether the files are what the disk has below the root, so that tools can read them there."""

    @abc.abstractmethod
    def signature(self, path: str) -> Signature | None:
        """The state of a file of the tree; None where only reading can tell."""

    def is_settled(self, path: str, read_at: int) -> bool:
        """Whether every change of a file after it was read must show in its signature.

        Args:

            read_at: When, in nanoseconds since the epoch.
        """
        return True

    @abc.abstractmethod
    def sizes(self, paths: Iterable[str]) -> dict[str, int]:
        """Bytes of files of the tree; 0 where it can not be told."""

    @abc.abstractmethod
    def read(self, path: str) -> bytes:
        """The content of the file at *path*, relative to the root, links followed; not only of files of the tree.

        Raises:

            OSError: There is no such file, or it can not be read, or is not a regular one.
        """

    def read_many(self, paths: Iterable[str]) -> Iterator[tuple[str, bytes | OSError]]:
        """Each of *paths* with its content, or with what `read` raises."""
        for path in paths:
            try:
                yield path, self.read(path)
            except OSError as error:
                yield path, error

    def close(self) -> None:
        """Give back what reading needs, such as processes."""
