"""The types of `qualitygate-report/1`: these are the format.

They are apart from the values of `qualitygate.model`, so that a change inside can not change what users parse. Keys may
be added to version 1; none is taken away or given another meaning.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Literal

import msgspec

SCHEMA: Literal["qualitygate-report/1"] = "qualitygate-report/1"

VerdictWord = Literal["pass", "soft-fail", "fail", "broken", "nothing", "unjudged"]
OutcomeWord = Literal["pass", "soft-fail", "fail", "broken"]
StateWord = Literal["clean", "findings", "broken", "skipped"]
SeverityWord = Literal["info", "low", "medium", "high", "critical"]
Allowed = int | Literal["any"]


class Source(msgspec.Struct, kw_only=True):
    """Which bytes were judged."""

    kind: Literal["worktree", "index", "commit"]
    commit: str | None
    tree: str | None
    dirty: bool | None


class SoftFail(msgspec.Struct, kw_only=True):
    """The check's permission to fail softly. `until` is inclusive, in UTC; `max_findings` null is no ceiling."""

    reason: str
    owner: str
    until: datetime.date | None
    max_findings: Allowed | dict[str, Allowed] | None


class Counts(msgspec.Struct, kw_only=True):
    """Numbers of the check's findings, `info` included. `by_severity` has all five words."""

    total: int
    by_severity: dict[str, int]
    by_rule: dict[str, int]


class Limit(msgspec.Struct, kw_only=True):
    """One limit (`total`, `others`, a severity or a rule prefix) and its number; `allowed` null is any number."""

    limit: str
    allowed: int | None
    actual: int
    breached: bool
    sentence: str


class Error(msgspec.Struct, kw_only=True):
    """A file the tool could not analyse, or with `broken` a reason why the check has no trustworthy answer.

    `rule` is the rule of the finding by which the tool itself reports that file, if it does.
    """

    path: str | None
    kind: str
    message: str
    broken: bool
    rule: str | None = None


class Check(msgspec.Struct, kw_only=True):
    """One check. `outcome` is null if it was not judged; `seconds` is processor time summed over workers."""

    check: str
    tool: str
    version: str
    state: StateWord
    outcome: OutcomeWord | None
    sentence: str
    skip_reason: str | None
    soft_fail: SoftFail | None
    files: int
    cached: int
    narrowed: bool
    seconds: float
    counts: Counts
    limits: list[Limit]
    errors: list[Error]
    notes: list[str]
    config_files: list[str]
    by_hand: str


class Finding(msgspec.Struct, kw_only=True):
    """One finding. Lines and columns are 1-based, paths relative to the project root; null where the tool has none."""

    check: str
    tool: str
    rule: str
    message: str
    severity: SeverityWord
    path: str | None
    line: int | None
    column: int | None
    end_line: int | None
    end_column: int | None
    symbol: str | None
    source: str | None
    fingerprint: str
    status: str
    url: str | None


class Measurement(msgspec.Struct, kw_only=True):
    """One number that a tool computed; `value` is null if it is not finite."""

    check: str
    tool: str
    metric: str
    subject: str
    path: str
    line: int | None
    value: float | None
    rank: str | None


class Share(msgspec.Struct, kw_only=True):
    """What one check was given in this shard, and (`all_`) in all shards of the run: the number of its visits, and a
    digest of paths and contents that is the sum, modulo 2**128, of those of the visits. `packages` are its tool, that
    tool's dependencies and plug-ins with their versions; `inputs` is a digest over what the answers depend on besides
    the visited files, such as the contents of native configuration files and of packages.
    """

    check: str
    packages: list[str]
    inputs: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{40}$")]
    visits: int
    digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]
    all_visits: int
    all_digest: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$")]


class Shard(msgspec.Struct, kw_only=True):
    """What `qualitygate merge` must know of a shard. `index` counts from 1; `shares` has the checks whose tool could
    be used.
    """

    index: Annotated[int, msgspec.Meta(ge=1)]
    count: Annotated[int, msgspec.Meta(ge=1)]
    python: str
    shares: list[Share]


class Document(msgspec.Struct, kw_only=True):
    """A whole report. `arguments` are those that, besides the choice of checks, repeat the run; `shard` is null unless
    it is the report of one shard.
    """

    schema: Literal["qualitygate-report/1"]
    qualitygate: str
    verdict: VerdictWord
    exit_code: int
    started: datetime.datetime
    seconds: float
    source: Source
    root_prefix: str
    scope: Literal["full", "partial"]
    config_file: str | None
    config_digest: str
    overrides: list[str]
    shard: Shard | None
    files: int
    warnings: list[str]
    checks: list[Check]
    findings: list[Finding]
    measurements: list[Measurement]
    arguments: list[str] = []
