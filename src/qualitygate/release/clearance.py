"""The gate in front of a release: a full run now, or the report of one on exactly this source."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterator
from pathlib import Path

import qualitygate
from qualitygate import gate
from qualitygate.adapters.registry import ADAPTERS
from qualitygate.config import Settings, load_settings
from qualitygate.errors import QualityGateError, ReleaseCode, ReleaseError
from qualitygate.model.results import Outcome, Report
from qualitygate.release.source import SourceState
from qualitygate.reporters import json

_GOOD = ("pass", "soft-fail")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Clearance:
    """What the gate said of the source that is released."""

    verdict: str
    """`pass`, `soft-fail`, or `not run`."""
    how: str
    """`run`, `report` or `waived`."""
    reason: str = ""
    """Why it was waived, or which checks failed softly."""
    digest: str = ""
    """SHA-256 of the report that was given."""


def settings(project: Path) -> Settings:
    """The configuration of *project*.

    Raises:

        ReleaseError: It is wrong.
    """
    try:
        return load_settings(project, ADAPTERS, version=qualitygate.__version__)
    except QualityGateError as error:
        raise ReleaseError(ReleaseCode.NOT_READY, error.headline, error.hint) from error


def run(configuration: Settings) -> Clearance:
    """Run every check, without the cache.

    Raises:

        ReleaseError: The gate is not open.
    """
    try:
        report = gate.run(configuration, gate.Options(use_cache=False, measurements=False))
    except QualityGateError as error:
        raise ReleaseError(ReleaseCode.REFUSED, f"the gate has no verdict: {error.headline}", error.hint) from error
    if report.verdict.word not in _GOOD:
        raise ReleaseError(
            ReleaseCode.REFUSED,
            f"the gate is closed ({report.verdict.word}): {'; '.join(_sentences(report)) or 'no file was checked'}",
            "see `qualitygate check`; what must go out all the same: --no-gate REASON",
        )
    return Clearance(verdict=report.verdict.word, how="run", reason=_soft(report))


def accept(path: Path, configuration: Settings, state: SourceState) -> Clearance:
    """Take the JSON report of an earlier run for the verdict on this source.

    Raises:

        ReleaseError: It can not be read, is of another source or configuration, or of less than everything.
    """
    try:
        data = path.read_bytes()
        report = json.parse(data, str(path))
    except OSError as error:
        raise ReleaseError(
            ReleaseCode.NOT_READY,
            f"gate report {path}: {error.strerror}",
            "make one: `qualitygate check --report json=FILE`",
        ) from None
    except QualityGateError as error:
        raise ReleaseError(ReleaseCode.NOT_READY, error.headline, error.hint) from error
    for problem in _objections(report, configuration, state):
        raise ReleaseError(
            ReleaseCode.REFUSED,
            f"gate report {path} {problem}",
            "give the JSON report of a plain `qualitygate check` of this very commit, or none: the gate is run then",
        )
    digest = hashlib.sha256(data).hexdigest()
    return Clearance(verdict=report.verdict.word, how="report", reason=_soft(report), digest=digest)


def _objections(report: Report, configuration: Settings, state: SourceState) -> Iterator[str]:
    if report.verdict.word not in _GOOD:
        yield f"says {report.verdict.word!r}"
    yield from _gaps(report, configuration)
    if report.config_digest != configuration.digest:
        yield "is of another configuration"
    if report.source.dirty or report.source.kind == "index":
        yield "is of files that were not committed"
    if (report.source.commit, report.source.tree) != (state.commit, state.tree):
        yield f"is of the commit {(report.source.commit or 'none')[:12]}, not of {state.commit[:12]}"


def _gaps(report: Report, configuration: Settings) -> Iterator[str]:
    """What keeps a run from being the whole gate."""
    if report.shard is not None or report.scope != "full":
        yield "is not of a full run"
    if report.overrides:
        yield f"is of a run with {', '.join(report.overrides)}"
    missing = {check.name for check in configuration.checks} - {run.check for run in report.runs}
    if missing:
        yield f"does not have the checks {', '.join(sorted(missing))}"


def _sentences(report: Report) -> list[str]:
    return [
        verdict.sentence
        for verdict in report.verdict.checks
        if verdict.sentence and verdict.outcome is not Outcome.SOFT_FAIL
    ]


def _soft(report: Report) -> str:
    return "; ".join(verdict.sentence for verdict in report.verdict.checks if verdict.sentence)
