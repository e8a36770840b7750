"""Raw findings of one check -> findings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from qualitygate.model import names
from qualitygate.model.findings import Finding, Located
from qualitygate.triage.fingerprint import Fingerprints
from qualitygate.triage.severity import severity_of


def triage(
    check: str, tool: str, found: Iterable[Located], remap: Mapping[str, str], fingerprints: Fingerprints
) -> tuple[Finding, ...]:
    """Give each finding its severity and fingerprint, ordered by path and line.

    What can not be encoded, lone surrogates, is written out here, so that every reporter can write it.
    """
    ordered = sorted(found, key=lambda item: (item.path or "", item.raw.line or 0, item.raw.column or 0))
    return tuple(_finding(check, tool, item, remap, fingerprints) for item in ordered)


def _finding(
    check: str, tool: str, item: Located, remap: Mapping[str, str], fingerprints: Fingerprints
) -> Finding:
    raw = item.raw
    return Finding(
        check=check,
        tool=tool,
        rule=raw.rule,
        message=names.display(raw.message),
        severity=severity_of(raw, remap),
        fingerprint=fingerprints.of(
            tool=tool, check=check, rule=raw.rule, path=item.path, symbol=raw.symbol, source=item.source
        ),
        path=None if item.path is None else names.display(item.path),
        line=raw.line,
        column=raw.column,
        end_line=raw.end_line,
        end_column=raw.end_column,
        symbol=None if raw.symbol is None else names.display(raw.symbol),
        source=None if item.source is None else names.display(item.source),
        url=raw.url,
    )
