"""What is allowed: the numbers and dates that policy holds findings against."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Literal

import msgspec

from qualitygate.model.severity import SEVERITY_WORDS

Allowed = int | Literal["any"]
"""How many are allowed; `"any"` is no limit."""

MaxFindings = Allowed | dict[str, Allowed]
"""One number for all findings, or one per severity, rule prefix and `total`."""

TOTAL = "total"
"""Key that limits all findings of severity low and above, whatever else covers them."""

OTHERS = "others"
"""Name of the limit on what no key covers; no key itself."""


def covering(rule: str, severity: str, keys: Iterable[str]) -> str | None:
    """The one of *keys* that a finding counts under, besides `total`: the longest that its *rule* starts with, else
    the word of its *severity*; None if no key covers it.
    """
    words = set(keys) - {TOTAL, OTHERS}
    rules = [key for key in words.difference(SEVERITY_WORDS) if rule.startswith(key)]
    if rules:
        return max(rules, key=len)
    return severity if severity in words else None


class SoftFail(msgspec.Struct, frozen=True, kw_only=True):
    """Permission to fail without failing the gate: why, whose, until when, and up to how many."""

    reason: str = ""
    owner: str = ""
    until: datetime.date | None = None
    """Last day (UTC) on which the permission holds."""
    max_findings: MaxFindings | None = None
    """Ceiling: above it the check fails all the same. None is no ceiling."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of one check."""

    max_findings: MaxFindings = 0
    soft_fail: SoftFail | None = None
    severity: dict[str, str] = msgspec.field(default_factory=dict)
    """Rule prefix -> severity word."""
