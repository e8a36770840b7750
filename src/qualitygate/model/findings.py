"""What a tool says about files, before and after triage.

Lines and columns are 1-based, columns in characters (flake8's pyflakes rules excepted: the number is the tool's own).
A place the tool does not give is None. Paths are relative to the project root with forward slashes.
"""

from __future__ import annotations

import msgspec

from qualitygate.model.severity import Severity


class RawFinding(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One finding as an adapter gives it, without the path (the engine knows which file it asked about)."""

    rule: str
    """The tool's own code, such as `E501`."""
    message: str
    """The tool's own text, without its position and code."""
    severity: Severity
    """By the tool's own scale or the adapter's default map, before `severity` of the configuration."""
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    symbol: str | None = None
    """Qualified name of the block it is about, where the tool is about blocks (radon, xenon)."""
    url: str | None = None
    """Page of the tool's documentation on this rule."""


class Measurement(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """One number: a block's complexity, a file's maintainability index."""

    metric: str
    subject: str
    """What was measured: a qualified block name, or the file's path."""
    value: float
    rank: str | None = None
    line: int | None = None
    path: str = ""
    """Filled in by the engine."""


class FileProblem(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """Why a tool could not analyse one file. It fails the check like a finding does, and is never 'nothing found'."""

    kind: str
    """`syntax`, `encoding`, `nul`, `too-deep`, `unreadable`, `refused` or `tool` (the tool gave the file up)."""
    message: str
    rule: str | None = None
    """Rule of the finding by which the tool itself reports the problem, where it does."""
    path: str = ""
    """Filled in by the engine."""


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """All an adapter says about one file. A `problem` does not exclude findings."""

    findings: tuple[RawFinding, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    problem: FileProblem | None = None
    depends: tuple[tuple[str, bytes | None], ...] = ()
    """Other files that the answer depends on, relative to the root or absolute, and their contents when the tool asked
    for them; None for one that could not be read."""


class Located(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A raw finding with the file it is in, and the text of its line shortened to SOURCE_LIMIT characters."""

    raw: RawFinding
    path: str | None
    source: str | None


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One finding after triage, as policy and reporters see it."""

    check: str
    tool: str
    rule: str
    message: str
    severity: Severity
    fingerprint: str
    path: str | None = None
    line: int | None = None
    column: int | None = None
    end_line: int | None = None
    end_column: int | None = None
    symbol: str | None = None
    source: str | None = None
    """Text of the line, shortened to SOURCE_LIMIT characters."""
    status: str = "new"
    url: str | None = None


SOURCE_LIMIT = 500
"""Longest `source`, in characters: a minified line must not fill the report."""
