"""The report that other programs read and that other formats can be made from: `qualitygate-report/1`.

Its types are in `_document`; here the values of `qualitygate.model` become such a document, and the other way round.
"""

from __future__ import annotations

import datetime
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Literal, cast

import msgspec

from qualitygate.errors import UsageError
from qualitygate.model import findings, limits, names, results, shards
from qualitygate.model.severity import Severity
from qualitygate.reporters._document import (
    SCHEMA,
    Check,
    Counts,
    Document,
    Error,
    Finding,
    Limit,
    Measurement,
    OutcomeWord,
    Shard,
    Share,
    SoftFail,
    Source,
    VerdictWord,
)
from qualitygate.reporters._shared import order


def schema() -> dict[str, Any]:
    """The JSON Schema of the format, generated from the types. Other keys are allowed: versions may add some."""
    title = "Report of qualitygate"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title} | msgspec.json.schema(Document)


def render(report: results.Report) -> Iterator[str]:
    """*report* as indented JSON that ends with a line break. Findings are in the order path, line, column, check, rule.

    It comes in pieces, a file's measurements at a time: a big project has hundreds of thousands of them. Lone
    surrogates, which JSON in UTF-8 can not hold, are written as `names.display` does.
    """
    # No string has a line break in it, so this is the key of the document and nothing else.
    head, key, tail = _text(_document(report)).rpartition('\n  "measurements": [')
    yield head + key
    gap = "\n    "
    for group in _measurements(report.runs):
        # A list of its own has its items at the first level, not at the second.
        items = _text(group).removeprefix("[\n  ").removesuffix("\n]")
        yield gap + items.replace("\n", "\n  ")
        gap = ",\n    "
    yield (tail if gap == "\n    " else "\n  " + tail) + "\n"


def _text(value: Document | list[Measurement]) -> str:
    try:
        data = msgspec.json.encode(value)
    except UnicodeEncodeError:
        data = msgspec.json.encode(_encodable(msgspec.to_builtins(value)))
    text = msgspec.json.format(data, indent=2).decode("utf-8")
    # JSON itself asks only for C0 to be escaped; all others are inside of strings too, so nothing else is changed.
    return names.INVISIBLE.sub(lambda match: match[0] if match[0] == "\n" else f"\\u{ord(match[0]):04x}", text)


def parse(data: bytes | str, name: str = "the report") -> results.Report:
    """The report that was rendered as *data*; *name* stands for it in errors. Unknown keys are passed over.

    Rendering the result gives *data* again. Several `by_hand` commands come back as one joined by ` && `.

    Raises:

        UsageError: It is not JSON, or not such a report.
    """
    try:
        return _report(msgspec.json.decode(data, type=Document))
    except (msgspec.MsgspecError, UnicodeError, RecursionError, _Stray) as problem:
        raise UsageError(
            f"{name}: not a report of qualitygate ({SCHEMA}): {problem}",
            "give a file that `qualitygate check --report json=FILE` has written, with this version or an older one",
        ) from problem


class _Stray(ValueError):
    """A finding or measurement of a check that the report does not list."""


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return names.display(value)
    if isinstance(value, list):
        return [_encodable(item) for item in value]
    if isinstance(value, dict):
        return {_encodable(key): _encodable(item) for key, item in value.items()}
    return value


# ---- values -> format


def _document(report: results.Report) -> Document:
    """Without the measurements."""
    verdicts: list[results.CheckVerdict | None] = [*report.verdict.checks]
    verdicts += [None] * (len(report.runs) - len(verdicts))
    ordered = sorted((finding for run in report.runs for finding in run.findings), key=order)
    return Document(
        schema=SCHEMA,
        qualitygate=report.qualitygate,
        verdict=cast(VerdictWord, report.verdict.word),
        exit_code=int(report.verdict.exit_code),
        started=report.started.astimezone(datetime.UTC),
        seconds=round(float(report.seconds), 3),
        source=msgspec.convert(report.source, Source, from_attributes=True),
        root_prefix=report.root_prefix,
        scope=cast(Literal["full", "partial"], report.scope),
        config_file=report.config_file,
        config_digest=report.config_digest,
        overrides=list(report.overrides),
        shard=_shard(report.shard) if report.shard else None,
        files=report.files,
        warnings=list(report.warnings),
        checks=[_check(run, verdict) for run, verdict in zip(report.runs, verdicts, strict=True)],
        findings=[_finding(finding) for finding in ordered],
        measurements=[],
        arguments=list(report.arguments),
    )


def _shard(manifest: shards.Manifest) -> Shard:
    shares = [msgspec.convert(share, Share, from_attributes=True) for share in manifest.shares]
    return Shard(index=manifest.shard.index, count=manifest.shard.count, python=manifest.python, shares=shares)


def _check(run: results.CheckRun, verdict: results.CheckVerdict | None) -> Check:
    soft = verdict.soft_fail if verdict else None
    return Check(
        check=run.check,
        tool=run.tool,
        version=run.version,
        state=run.state.value,
        outcome=cast(OutcomeWord, verdict.outcome.word) if verdict else None,
        sentence=verdict.sentence if verdict else "",
        skip_reason=run.skip_reason,
        soft_fail=msgspec.convert(soft, SoftFail, from_attributes=True) if soft else None,
        files=run.files,
        cached=run.cached,
        narrowed=run.narrowed,
        seconds=round(float(run.seconds), 3),
        counts=_counts(run.findings),
        limits=[msgspec.convert(limit, Limit, from_attributes=True) for limit in (verdict.limits if verdict else ())],
        errors=[_error(problem) for problem in run.problems] + [_error(reason) for reason in run.breakage],
        notes=list(run.notes),
        config_files=list(run.config_files),
        by_hand=" && ".join(run.by_hand),
    )


def _error(item: findings.FileProblem | results.Breakage) -> Error:
    broken = isinstance(item, results.Breakage)
    rule = item.rule if isinstance(item, findings.FileProblem) else None
    return Error(path=item.path or None, kind=item.kind, message=item.message, broken=broken, rule=rule)


def _counts(found: Sequence[findings.Finding]) -> Counts:
    severities = Counter(finding.severity for finding in found)
    rules = Counter(finding.rule for finding in found)
    return Counts(
        total=len(found),
        by_severity={severity.word: severities[severity] for severity in reversed(Severity)},
        by_rule=dict(sorted(rules.items())),
    )


def _finding(finding: findings.Finding) -> Finding:
    values = msgspec.structs.asdict(finding)
    return Finding(**values | {"severity": finding.severity.word})


def _measurements(runs: Sequence[results.CheckRun]) -> Iterator[list[Measurement]]:
    """Those of one path after those of another, in the order path, line, check, metric, subject."""
    by_path: dict[str, list[tuple[results.CheckRun, findings.Measurement]]] = {}
    for run in runs:
        for item in run.measurements:
            by_path.setdefault(names.display(item.path), []).append((run, item))
    for path in sorted(by_path):
        made = [_measurement(run, item) for run, item in by_path[path]]
        yield sorted(made, key=lambda item: (item.line or 0, item.check, item.metric, item.subject))


def _measurement(run: results.CheckRun, item: findings.Measurement) -> Measurement:
    made = Measurement(check=run.check, tool=run.tool, **msgspec.structs.asdict(item))
    made.value = float(item.value) if item.value is not None and math.isfinite(item.value) else None
    return made


# ---- format -> values


def _report(document: Document) -> results.Report:
    found: dict[str, list[findings.Finding]] = {check.check: [] for check in document.checks}
    measured: dict[str, list[findings.Measurement]] = {check.check: [] for check in document.checks}
    try:
        for finding in document.findings:
            found[finding.check].append(_found(finding))
        for measurement in document.measurements:
            measured[measurement.check].append(_measured(measurement))
    except KeyError as problem:
        raise _Stray(f"`{problem.args[0]}` is not among its checks") from problem
    judged = tuple(_verdict(check) for check in document.checks if check.outcome is not None)
    return results.Report(
        qualitygate=document.qualitygate,
        verdict=results.Verdict(word=document.verdict, exit_code=document.exit_code, checks=judged),
        runs=tuple(_run(check, found[check.check], measured[check.check]) for check in document.checks),
        started=document.started,
        seconds=document.seconds,
        source=msgspec.convert(document.source, results.SourceInfo, from_attributes=True),
        root_prefix=document.root_prefix,
        scope=document.scope,
        config_file=document.config_file,
        config_digest=document.config_digest,
        overrides=tuple(document.overrides),
        warnings=tuple(document.warnings),
        files=document.files,
        arguments=tuple(document.arguments),
        shard=_manifest(document.shard) if document.shard else None,
    )


def _manifest(shard: Shard) -> shards.Manifest:
    shares = tuple(msgspec.convert(share, shards.Share, from_attributes=True) for share in shard.shares)
    return shards.Manifest(shard=shards.Shard(shard.index, shard.count), python=shard.python, shares=shares)


def _found(finding: Finding) -> findings.Finding:
    values = msgspec.structs.asdict(finding)
    return findings.Finding(**values | {"severity": Severity.from_word(finding.severity)})


def _measured(measurement: Measurement) -> findings.Measurement:
    values = {key: getattr(measurement, key) for key in findings.Measurement.__struct_fields__}
    return findings.Measurement(**values | {"value": math.nan if measurement.value is None else measurement.value})


def _verdict(check: Check) -> results.CheckVerdict:
    soft = msgspec.convert(check.soft_fail, limits.SoftFail, from_attributes=True) if check.soft_fail else None
    return results.CheckVerdict(
        outcome=results.Outcome[str(check.outcome).upper().replace("-", "_")],
        limits=tuple(msgspec.convert(limit, results.LimitResult, from_attributes=True) for limit in check.limits),
        soft_fail=soft,
        sentence=check.sentence,
    )


def _run(
    check: Check, found: Sequence[findings.Finding], measured: Sequence[findings.Measurement]
) -> results.CheckRun:
    problems = [error for error in check.errors if not error.broken]
    broken = [error for error in check.errors if error.broken]
    return results.CheckRun(
        check=check.check,
        tool=check.tool,
        version=check.version,
        files=check.files,
        cached=check.cached,
        seconds=check.seconds,
        findings=tuple(found),
        measurements=tuple(measured),
        problems=tuple(
            findings.FileProblem(kind=e.kind, message=e.message, rule=e.rule, path=e.path or "") for e in problems
        ),
        breakage=tuple(results.Breakage(kind=e.kind, message=e.message, path=e.path) for e in broken),
        skip_reason=check.skip_reason,
        narrowed=check.narrowed,
        notes=tuple(check.notes),
        config_files=tuple(check.config_files),
        by_hand=(check.by_hand,) if check.by_hand else (),
    )
