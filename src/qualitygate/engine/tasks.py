"""What travels between the engine and its workers. Everything here can be pickled."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import msgspec

from qualitygate.errors import ConfigError, ToolError
from qualitygate.model.findings import FileProblem, Located, Measurement
from qualitygate.model.tree import Tree
from qualitygate.plugin import Request


@dataclasses.dataclass(frozen=True)
class Setup:
    """What every worker gets once: the project and the checks that it may be asked for."""

    root: str
    tree: Tree
    tools: dict[str, str]
    """Check -> tool."""
    requests: dict[str, Request]
    memory: int | None
    """Bytes of data a worker may hold."""
    modules: tuple[str, ...] = ()
    """What the fork server imports once, see `engine.preload`."""

    def at(self, root: str) -> Setup:
        """The same project in another folder."""
        requests = {name: dataclasses.replace(request, root=root) for name, request in self.requests.items()}
        return dataclasses.replace(self, root=root, tree=self.tree.at(root), requests=requests)


@dataclasses.dataclass(frozen=True)
class Plan:
    """A resolved check and the files it visits."""

    check: str
    version: str
    visits: tuple[tuple[str, str], ...]
    """Path as the tool spells it, and relative to the root; in the tool's order."""
    config_files: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    facts: dict[str, str] = dataclasses.field(default_factory=dict)
    """By path as the tool spells it, of files that have any: see `Adapter.path_facts`."""
    uncacheable: str = ""
    """Why answers must not be kept; empty if they may."""
    narrowed: bool = False
    """Whether PATHS hid some visits."""
    sharded: bool = False
    """Whether the visits are those of one shard, and what is about all files together is not its business."""


PlanResult = Plan | ConfigError | ToolError


@dataclasses.dataclass(frozen=True)
class Visit:
    """One file, to be looked at by one or more checks of a family."""

    path: str
    """Relative to the root."""
    spellings: tuple[tuple[str, str], ...]
    """Check, and the path as its tool spells it."""
    data: bytes | OSError | None = None
    """The content, or why there is none; None where the worker is to read it below its current folder."""


@dataclasses.dataclass(frozen=True)
class Batch:
    """Files for one task of a worker."""

    visits: tuple[Visit, ...]
    file_timeout: float


class Said(msgspec.Struct, frozen=True, array_like=True):
    """What a tool said about one file, measurements left out."""

    findings: tuple[Located, ...] = ()
    problem: FileProblem | None = None
    depends: tuple[tuple[str, bytes | None], ...] = ()
    """Other files that the answer depends on, and digests of their contents; None for one that can not be read."""


@dataclasses.dataclass(frozen=True)
class FileResult:
    """What one check says about one file."""

    check: str
    spelled: str
    """The path as the tool spells it."""
    path: str
    said: Said | None = None
    """None for nothing at all."""
    numbers: bytes = b""
    """The measurements, encoded as `decode_numbers` reads them: most runs never look at them."""
    crash: str | None = None
    """The tool raised: `TypeError: ...`."""
    seconds: float = 0.0
    digest: bytes | None = None
    """Of the content that was looked at; None if it could not be read."""
    context: str = ""
    """As `Adapter.context` gives it."""


def encode_numbers(measurements: Sequence[Measurement]) -> bytes:
    """Measurements as `FileResult.numbers` holds them."""
    return msgspec.msgpack.encode(measurements) if measurements else b""


def decode_numbers(numbers: bytes) -> tuple[Measurement, ...]:
    """What `encode_numbers` was given."""
    return _MEASUREMENTS.decode(numbers) if numbers else ()


_MEASUREMENTS = msgspec.msgpack.Decoder(tuple[Measurement, ...])
