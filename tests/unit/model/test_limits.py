"""Which key of a table of limits a finding counts under."""

from __future__ import annotations

import pytest

from qualitygate.model.limits import covering


@pytest.mark.parametrize(
    ("rule", "severity", "keys", "key"),
    [
        ("E501", "low", ["E", "E5", "E50", "E6", "low"], "E50"),
        ("E501", "low", ["low", "F"], "low"),
        ("E501", "low", ["medium", "total"], None),
        ("E501", "low", [], None),
        ("high-complexity", "low", ["high"], None),
        ("total", "low", ["total"], None),
        ("others", "low", ["others"], None),
    ],
)
def test_the_longest_rule_beats_the_severity(rule: str, severity: str, keys: list[str], key: str | None) -> None:
    assert covering(rule, severity, keys) == key
