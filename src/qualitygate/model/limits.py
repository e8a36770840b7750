"""What is allowed: the numbers and dates that policy holds findings against."""

from __future__ import annotations

import datetime
from typing import Literal

import msgspec

Allowed = int | Literal["any"]
"""How many are allowed; `"any"` is no limit."""

MaxFindings = Allowed | dict[str, Allowed]
"""One number for all findings, or one per severity, rule prefix and `total`."""


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
