"""What travels between the engine and its workers. Everything here can be pickled."""

from __future__ import annotations

import dataclasses

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
    narrowed: bool = False


PlanResult = Plan | ConfigError | ToolError


@dataclasses.dataclass(frozen=True)
class Visit:
    """One file, to be looked at by one or more checks of a family."""

    path: str
    """Relative to the root."""
    spellings: tuple[tuple[str, str], ...]
    """Check, and the path as its tool spells it."""


@dataclasses.dataclass(frozen=True)
class Batch:
    """Files for one task of a worker."""

    visits: tuple[Visit, ...]
    file_timeout: float


@dataclasses.dataclass(frozen=True)
class FileResult:
    """What one check says about one file."""

    check: str
    path: str
    findings: tuple[Located, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    problem: FileProblem | None = None
    crash: str | None = None
    """The tool raised: `TypeError: ...`."""
    seconds: float = 0.0
