"""The outcome of a run: per check, and as a whole."""

from __future__ import annotations

import datetime
import enum

import msgspec

from qualitygate.errors import ExitCode
from qualitygate.model.findings import FileProblem, Finding, Measurement
from qualitygate.model.limits import SoftFail
from qualitygate.model.shards import Manifest


class State(enum.StrEnum):
    """What a check's tool said, before any limit is applied."""

    CLEAN = "clean"
    FINDINGS = "findings"
    BROKEN = "broken"
    SKIPPED = "skipped"


class Outcome(enum.IntEnum):
    """What a check means for the gate; the worst one decides."""

    PASS = 0
    SOFT_FAIL = 1
    FAIL = 2
    BROKEN = 3

    @property
    def word(self) -> str:
        """The name as written in reports."""
        return self.name.lower().replace("_", "-")


class Breakage(msgspec.Struct, frozen=True, kw_only=True):
    """Why a check has no trustworthy answer."""

    kind: str
    """`missing`, `version`, `crashed`, `killed`, `timeout`, `memory`, `deadline` or `configuration`."""
    message: str
    path: str | None = None
    """The file it happened on, if one."""


class CheckRun(msgspec.Struct, frozen=True, kw_only=True):
    """What running one check gave: findings, numbers, the files that could not be seen, or why it broke."""

    check: str
    tool: str
    version: str = ""
    files: int = 0
    """Number of files the tool was given."""
    cached: int = 0
    """How many of them needed no work."""
    seconds: float = 0.0
    """Processor time of the analysis, summed over workers."""
    findings: tuple[Finding, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    problems: tuple[FileProblem, ...] = ()
    """Files that the tool could not analyse, exempt ones (`unreadable-ok`) left out."""
    breakage: tuple[Breakage, ...] = ()
    skip_reason: str | None = None
    narrowed: bool = False
    """Whether PATHS kept some of the check's files from being seen."""
    notes: tuple[str, ...] = ()
    """Things worth telling that change no outcome, such as a tool's home-level configuration being in effect."""
    config_files: tuple[str, ...] = ()
    """Native configuration files of the tool that were in effect."""
    by_hand: tuple[str, ...] = ()
    """Command lines, run in the project root, that give the same findings."""

    @property
    def state(self) -> State:
        """Broken beats skipped beats findings; a file that was not seen is never clean."""
        if self.breakage:
            return State.BROKEN
        if self.skip_reason is not None:
            return State.SKIPPED
        return State.FINDINGS if self.findings or self.problems else State.CLEAN


class LimitResult(msgspec.Struct, frozen=True, kw_only=True):
    """One limit next to the number it was held against."""

    limit: str
    """What is limited: `total`, a severity or a rule prefix."""
    allowed: int | None
    """None is 'any number'."""
    actual: int
    breached: bool
    sentence: str


class CheckVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """The judgement on one check."""

    outcome: Outcome
    limits: tuple[LimitResult, ...] = ()
    soft_fail: SoftFail | None = None
    sentence: str = ""
    """Why it is not a plain pass, in words."""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The judgement on the whole run."""

    word: str
    """`pass`, `soft-fail`, `fail`, `broken`, `nothing` or `unjudged`."""
    exit_code: int
    checks: tuple[CheckVerdict, ...] = ()
    """In the order of the runs."""


class SourceInfo(msgspec.Struct, frozen=True, kw_only=True):
    """Which bytes were judged."""

    kind: str = "worktree"
    commit: str | None = None
    tree: str | None = None
    dirty: bool | None = None


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a reporter sees."""

    qualitygate: str
    verdict: Verdict
    runs: tuple[CheckRun, ...]
    started: datetime.datetime
    seconds: float
    source: SourceInfo
    root_prefix: str = ""
    """Path of the project root below the repository's top, with a final slash, or empty."""
    scope: str = "full"
    """`full`, or `partial` when PATHS, --only or --skip narrowed the run."""
    config_file: str | None = None
    """Where the settings came from, relative to the root; None for the defaults."""
    config_digest: str = ""
    overrides: tuple[str, ...] = ()
    """Command-line options that changed the policy."""
    arguments: tuple[str, ...] = ()
    """Options and PATHS that repeat the run, as typed, without the choice of checks; what must stand last is last."""
    warnings: tuple[str, ...] = ()
    files: int = 0
    """Number of distinct files that at least one check was given."""
    shard: Manifest | None = None
    """Given if this is the report of one shard, which was not judged."""

    @property
    def exit_code(self) -> ExitCode | int:
        """The process's exit status for this report."""
        return self.verdict.exit_code
