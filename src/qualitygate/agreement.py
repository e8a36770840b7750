"""Whether reports are those of all shards of one run. Pure: what is wrong comes out as sentences."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Sequence

from qualitygate.engine import shards
from qualitygate.errors import ShardsError, UsageError
from qualitygate.model.results import CheckRun, Report
from qualitygate.model.shards import Manifest, Share

Named = tuple[str, Report]
"""A report, and the file that it was read from."""

_COMMAND = "`qualitygate check --shard I/N --report json=FILE`"

_ON_THE_SAME = "run all shards on the same commit without local changes, in the same environment"

_RUN_AGAIN = f"give the report of each shard of one run, once; {_COMMAND} writes them"


def in_order(
    reports: Sequence[Named], version: str, config_digest: str, checks: Container[str]
) -> list[Report]:
    """*reports* in the order of their shards, once it is proved that they make up one whole run.

    Args:

        version: Of this product, which must have made them.

        config_digest: Of the settings in effect here.

        checks: Names of the checks in these settings.

    Raises:

        UsageError: One is the report of a whole run.

        ShardsError: With every reason why they can not be put together.
    """
    _require(_unfinished(reports))
    here = _differing_from_here(reports, version, config_digest, checks)
    _require([*here, *_disagreeing(reports), *_numbers(reports)])
    ordered = sorted((report for _, report in reports), key=lambda report: manifest(report).shard.index)
    _require(_incomplete(ordered))
    return ordered


def manifest(report: Report) -> Manifest:
    """What the report of a shard tells about it."""
    assert report.shard is not None
    return report.shard


def _require(reasons: Sequence[str] | Iterator[str]) -> None:
    lines = list(dict.fromkeys(reasons))
    if lines:
        raise ShardsError("\n".join(lines), _RUN_AGAIN)


def _unfinished(reports: Sequence[Named]) -> Iterator[str]:
    for name, report in reports:
        if report.shard is None and report.verdict.word != "unjudged":
            raise UsageError(
                f"{name} is the report of a whole run, not of a shard: its verdict stands and needs no merge",
                f"to divide a run, give the reports of {_COMMAND}",
            )
        if report.shard is None:
            yield f"{name} was left by a run that did not finish: it holds no shard"


def _differing_from_here(
    reports: Sequence[Named], version: str, config_digest: str, checks: Container[str]
) -> Iterator[str]:
    for name, report in reports:
        if report.qualitygate != version:
            yield f"{name} was made by qualitygate {report.qualitygate}, and this is {version}"
        if report.config_digest != config_digest or any(run.check not in checks for run in report.runs):
            yield f"{name} was made under another configuration than the one in effect here"


_SAME: dict[str, Callable[[Report], object]] = {
    "the number of shards": lambda report: manifest(report).shard.count,
    "the version of qualitygate": lambda report: report.qualitygate,
    "the version of Python": lambda report: manifest(report).python,
    "the configuration": lambda report: report.config_digest,
    "the kind of source": lambda report: report.source.kind,
    "the commit": lambda report: report.source.commit,
    "the tree of the commit": lambda report: report.source.tree,
    "the folder of the project in the repository": lambda report: report.root_prefix,
    "what they were narrowed to": lambda report: (report.scope, *report.overrides),
    "the checks": lambda report: tuple(run.check for run in report.runs),
}
"""What all shards of a run have in common."""

_SAME_OF_A_CHECK: dict[str, Callable[[CheckRun, Share], object]] = {
    "its tool and version": lambda run, share: (run.tool, run.version),
    "its tool's dependencies and plug-ins": lambda run, share: share.packages,
    "the tool's own configuration files": lambda run, share: run.config_files,
    "what PATHS left of it": lambda run, share: run.narrowed,
    "the number of all its files": lambda run, share: share.all_visits,
}

_SAME_CONTENTS: dict[str, Callable[[Share], str]] = {
    "the files": lambda share: share.all_digest,
    "the configuration files, packages or locale": lambda share: share.inputs,
}
"""What must be equal where all that is told one by one is, and whose it is."""


def _disagreeing(reports: Sequence[Named]) -> Iterator[str]:
    first, *others = reports
    for other in others:
        found = [what for what, of in _SAME.items() if of(first[1]) != of(other[1])]
        yield from (_differ(first, other, f"{what}{_said(_SAME[what], first, other)}") for what in found)
        if not found:
            yield from _disagreeing_on_checks(first, other)


def _said(of: Callable[[Report], object], first: Named, other: Named) -> str:
    """The two values, where they are short."""
    values = [of(first[1]), of(other[1])]
    texts = [" ".join(map(str, value)) if isinstance(value, tuple) else str(value or "none") for value in values]
    return f": {texts[0]} and {texts[1]}" if max(map(len, texts)) <= 60 else ""


def _disagreeing_on_checks(first: Named, other: Named) -> Iterator[str]:
    shares = [_shares(first[1]), _shares(other[1])]
    alike: list[tuple[Share, Share]] = []
    for run, other_run in zip(first[1].runs, other[1].runs, strict=True):
        share, other_share = (of.get(run.check) for of in shares)
        if share is None or other_share is None:
            continue  # its tool could not be used, which is told as such
        found = [what for what, of in _SAME_OF_A_CHECK.items() if of(run, share) != of(other_run, other_share)]
        yield from (_differ(first, other, f"check {run.check}, {what}") for what in found)
        if not found:
            alike.append((share, other_share))
    yield from _other_contents(first, other, alike)


def _other_contents(first: Named, other: Named, shares: Sequence[tuple[Share, Share]]) -> Iterator[str]:
    for what, of in _SAME_CONTENTS.items():
        checks = [one.check for one, another in shares if of(one) != of(another)]
        if checks:
            whose = _differ(first, other, f"{what} of {', '.join(checks)}")
            yield f"the shards looked at different contents: {whose}; {_ON_THE_SAME}"


def _differ(first: Named, other: Named, what: str) -> str:
    return f"{first[0]} and {other[0]} differ in {what}"


def _shares(report: Report) -> dict[str, Share]:
    return {share.check: share for share in manifest(report).shares}


def _numbers(reports: Sequence[Named]) -> Iterator[str]:
    """Shards that are there twice, or not, or can not be."""
    seen: dict[int, str] = {}
    count = max(manifest(report).shard.count for _, report in reports)
    for name, report in reports:
        shard = manifest(report).shard
        if shard.index > shard.count:
            yield f"{name} is {shard}, which can not be"
        elif shard.index in seen:
            yield f"{seen[shard.index]} and {name} are both {shard}"
        seen.setdefault(shard.index, name)
    missing = [index for index in range(1, min(count, len(reports) + _MOST_MISSING) + 1) if index not in seen]
    for index in missing[:_MOST_MISSING]:
        yield f"shard {index} of {count} is missing"
    if count - len(seen) > _MOST_MISSING:
        yield f"and {count - len(seen) - _MOST_MISSING} more shards are missing"


_MOST_MISSING = 10


def _incomplete(reports: Sequence[Report]) -> Iterator[str]:
    """Checks whose visits in all shards are not exactly those that there are."""
    for number, run in enumerate(reports[0].runs):
        shares = [_shares(report).get(run.check) for report in reports]
        given = [share for share in shares if share is not None]
        for report, share in zip(reports, shares, strict=True):
            if share is None and not report.runs[number].breakage:
                yield f"{manifest(report).shard} does not say what check {run.check} was given"
        if len(given) == len(shares):
            yield from _not_added_up(run.check, given)


def _not_added_up(check: str, shares: Sequence[Share]) -> Iterator[str]:
    visits = sum(share.visits for share in shares)
    if visits != shares[0].all_visits or shards.total(share.digest for share in shares) != shares[0].all_digest:
        yield (
            f"check {check}: the {visits:,} file visits of all shards together are not the {shares[0].all_visits:,} "
            "that there are, each once"
        )
