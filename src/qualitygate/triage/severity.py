"""The `severity` table of a check: a project's own opinion on how bad a rule is."""

from __future__ import annotations

from collections.abc import Mapping

from qualitygate.model.findings import RawFinding
from qualitygate.model.severity import Severity


def severity_of(finding: RawFinding, remap: Mapping[str, str]) -> Severity:
    """The severity under the longest key of *remap* that the rule starts with, else the adapter's own."""
    prefixes = remap and [prefix for prefix in remap if finding.rule.startswith(prefix)]
    if not prefixes:
        return finding.severity
    return Severity.from_word(remap[max(prefixes, key=len)])
