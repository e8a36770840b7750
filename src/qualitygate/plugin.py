"""Everything that the author of an adapter may import.

An adapter teaches the gate one tool. It runs inside worker processes whose current folder is the project root, and
imports its tool only inside its methods, so that listing adapters stays cheap.
"""

from __future__ import annotations

import abc
import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar, Generic, TypeVar

from qualitygate.errors import ConfigError, ToolError
from qualitygate.model.findings import Analysis, FileProblem, Measurement, RawFinding
from qualitygate.model.limits import Policy, SoftFail
from qualitygate.model.severity import Severity
from qualitygate.model.tree import Tree

__all__ = [
    "Adapter",
    "Analysis",
    "Argument",
    "ConfigError",
    "FileProblem",
    "Measurement",
    "Policy",
    "RawFinding",
    "Request",
    "Resolution",
    "Severity",
    "SoftFail",
    "ToolError",
    "Tree",
    "UNCONFIGURED",
    "honoured",
    "refused",
    "without_effect",
]

Options = TypeVar("Options")

UNCONFIGURED = SoftFail(reason="default of an unconfigured check")
"""For the `default_policy` of a tool that must not fail the gate of a project that did not ask for it."""


@dataclasses.dataclass(frozen=True)
class Argument:
    """How the gate treats one option of a tool."""

    kind: str
    """`honoured`, `without-effect` or `refused`."""
    note: str
    """Why; for a refused one, what to write instead."""


def honoured(note: str = "") -> Argument:
    """An option that changes what is analysed, selected or reported: it works as in the tool."""
    return Argument("honoured", note)


def without_effect(note: str = "") -> Argument:
    """An option about output, jobs or recursion: accepted, so that old command lines can be pasted, and ignored."""
    return Argument("without-effect", note)


def refused(instead: str) -> Argument:
    """An option that would hide findings, write files or use the network: an error that names *instead*."""
    return Argument("refused", instead)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Request:
    """One configured check, as an adapter's `resolve` gets it."""

    check: str
    root: str
    """Absolute path of the project root, which is also the current folder."""
    paths: tuple[str, ...]
    args: tuple[str, ...]
    extra_args: dict[str, tuple[str, ...]] = dataclasses.field(default_factory=dict)
    """Arguments for one subcommand only (`cc`, `mi`), where the adapter declares such."""
    require_plugins: tuple[str, ...] = ()
    cacheable_plugins: tuple[str, ...] = ()
    """Plug-ins, by distribution, whose answers depend on one file at a time."""
    allow_local_plugins: bool = False


@dataclasses.dataclass(frozen=True, kw_only=True)
class Resolution(Generic[Options]):
    """What `resolve` found out: the tool's options, and what the report should tell about them."""

    options: Options
    config_files: tuple[str, ...] = ()
    """Native configuration files in effect, relative to the root where inside it."""
    notes: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    """Third-party plug-ins in effect, as `distribution version`. Answers are not kept unless all are known to depend
    on one file at a time."""
    uncacheable: str = ""
    """Why answers must not be kept, for reasons other than `plugins`."""


class Adapter(abc.ABC, Generic[Options]):
    """One tool: files in, findings and measurements out.

    The engine calls `resolve` in each process, again whenever the process turns from one check of the tool to another,
    so `resolve` may set global state of the tool. It calls `select` and `reduce` once per run, `check` once per file.
    Only `native_config` and `by_hand` are called outside of workers, where the tool must not be imported.
    """

    name: ClassVar[str]
    """Name of the tool, and of the check that uses it when the configuration does not say otherwise."""
    distribution: ClassVar[str]
    """Name on the package index."""
    versions: ClassVar[str]
    """Range of versions that the contract tests cover, as a version specifier."""
    modules: ClassVar[tuple[str, ...]]
    """What to import before workers are forked."""
    default_args: ClassVar[tuple[str, ...]] = ()
    """Arguments used where the configuration gives none and the project has no native configuration of the tool."""
    default_policy: ClassVar[Policy] = Policy()
    """Limits of a check that nobody configured; those of a configured one do not depend on it."""
    family: ClassVar[str] = ""
    """Adapters of one family are given the same file one after the other, so that they can share its analysis."""
    subcommands: ClassVar[tuple[str, ...]] = ()
    """Keys of `Request.extra_args`, configured as `<subcommand>-args`."""
    config_names: ClassVar[tuple[str, ...]] = ()
    """Base names of the files of a project that `native_config` looks for."""
    dependencies: ClassVar[tuple[str, ...]] = ()
    """Other distributions whose code decides the tool's answers."""
    plugin_groups: ClassVar[tuple[str, ...]] = ()
    """Groups of entry points by which the tool finds plug-ins."""
    variables: ClassVar[tuple[str, ...]] = ()
    """Environment variables that the tool's answers depend on."""
    file_local_plugins: ClassVar[frozenset[str]] = frozenset()
    """Third-party plug-ins, by distribution, that were found to look at one file at a time."""
    finds_scripts: ClassVar[bool] = False
    """Whether `select` reads the first lines of files without `.py`, to find scripts."""
    measures: ClassVar[bool] = False
    """Whether `check` gives measurements."""
    has_context: ClassVar[bool] = False
    """Whether the answer about a file depends on files before it: see `context`."""
    cross_file_rules: ClassVar[frozenset[str]] = frozenset()
    """Rules that `reduce` gives; not judged when PATHS hid files."""
    arguments: ClassVar[dict[str, Argument]]
    """Every option of the tool by its longest spelling, positional ones by their name."""

    @abc.abstractmethod
    def native_config(self, root: Path, paths: Sequence[str]) -> str | None:
        """The project's own configuration file of this tool, relative to *root*, or None. Must not import the tool."""

    @abc.abstractmethod
    def config_candidates(self, request: Request, tree: Tree) -> Sequence[str]:
        """Every file that may configure the check, there or not: relative to the root, with `../`, or absolute.

        Files that a word of the arguments names and those that `resolve` reports as read need not be among them.
        Must not import the tool.
        """

    @abc.abstractmethod
    def by_hand(self, args: Sequence[str], extra: dict[str, tuple[str, ...]], paths: Sequence[str]) -> list[list[str]]:
        """The tool's own command lines, run in the root, that give the findings of this check."""

    @abc.abstractmethod
    def resolve(self, request: Request, tree: Tree) -> Resolution[Options]:
        """The tool's own parser and configuration files -> options.

        Raises:

            ConfigError: An argument or a native configuration file is wrong or refused.

            ToolError: The tool or one of its plug-ins can not be loaded.
        """

    @abc.abstractmethod
    def select(self, options: Options, tree: Tree) -> list[str]:
        """The path strings that the tool's command would visit, in its order, as it would spell them.

        A file that the command would visit twice is listed twice.
        """

    @abc.abstractmethod
    def check(self, options: Options, path: str, data: bytes) -> Analysis:
        """What the tool says about one file: *path* as `select` gave it, *data* its content.

        May raise anything: an exception breaks the check and is reported with the path.
        """

    def path_facts(self, options: Options, path: str) -> str:
        """What the answer about a file depends on besides its content and its path as `select` gave it."""
        return ""

    def context(self, options: Options, paths: Sequence[str]) -> list[str]:
        """For each of *paths*, as `select` gave them all: what the answer owes to the files before it, as a digest."""
        return [""] * len(paths)

    def unreadable(self, options: Options, path: str, error: OSError) -> tuple[RawFinding, ...]:
        """Findings the tool itself gives for a file that can not be read. The engine records the problem anyway."""
        return ()

    def reduce(self, options: Options, measurements: Sequence[Measurement]) -> tuple[RawFinding, ...]:
        """Findings about all files together, from the measurements that `check` gave."""
        return ()
