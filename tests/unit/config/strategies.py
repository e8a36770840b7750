"""Random tables that are made of the keys and values of the configuration, right and wrong."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from qualitygate.config.raw import CheckTable, SoftFailTable, TopLevel
from qualitygate.model.severity import SEVERITY_WORDS

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
SCALARS = st.one_of(
    st.booleans(),
    st.integers(-2, 100),
    st.integers(),
    st.sampled_from([0.5, -1.5, 1e300, float("inf")]),
    st.dates(),
    st.datetimes(),
    st.sampled_from(["any", "high", "info", "flake8", "bandit", ".", "..", "*.py", ">=0.1", "x"]),
    TEXT,
)


def keys_of(*kinds: Any) -> st.SearchStrategy[str]:
    """Keys of raw types, keys of limits, and any text."""
    known = [key for kind in kinds for key in kind.__struct_encode_fields__]
    return st.sampled_from([*known, "high", "total", "E501"]) | TEXT


def tables(keys: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Tables with values of every shape."""
    values = st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys_of(SoftFailTable), inner, max_size=3),
        max_leaves=4,
    )
    return st.dictionaries(keys, values, max_size=4)


LIMITS = st.integers(0, 9) | st.just("any")
GOOD_CHECK_TABLES = st.fixed_dictionaries(
    {},
    optional={
        "paths": st.lists(st.sampled_from(["src", ".", "a/b c"]), min_size=1, max_size=2),
        "args": st.lists(st.sampled_from(["-x", "", "--long=ü"]), max_size=2),
        "require-plugins": st.lists(st.just("flake8-bugbear>=24"), max_size=1),
        "max-findings": LIMITS | st.dictionaries(st.sampled_from(["high", "total", "E501"]), LIMITS),
        "soft-fail": st.booleans()
        | st.fixed_dictionaries(
            {},
            optional={
                "reason": st.text("ab c"),
                "owner": st.text("ab @"),
                "until": st.dates(),
                "max-findings": st.just("any"),
            },
        ),
        "severity": st.dictionaries(st.sampled_from(["E501", "E5"]), st.sampled_from(SEVERITY_WORDS)),
        "allow-empty": st.booleans(),
        "unreadable-ok": st.lists(st.sampled_from(["*.py", "!a/"]), max_size=2),
    },
)
GOOD_CONFIGURATIONS = st.fixed_dictionaries(
    {},
    optional={
        "required-version": st.just(">=0.1"),
        "paths": st.lists(st.just("src"), min_size=1),
        "exclude": st.lists(st.just("build/"), max_size=2),
        "checks": st.lists(st.sampled_from(["flake8", "bandit", "radon"]), min_size=1, unique=True),
        "require-reason": st.just(False),
        "flake8": GOOD_CHECK_TABLES,
        "radon": GOOD_CHECK_TABLES,
        "mine": GOOD_CHECK_TABLES.map(lambda table: table | {"tool": "bandit"}),
    },
)
CHECK_TABLES = st.tuples(GOOD_CHECK_TABLES, tables(keys_of(CheckTable))).map(lambda pair: pair[0] | pair[1])
"""Tables of a check with some bad keys."""
CONFIGURATIONS = st.tuples(
    tables(keys_of(TopLevel, CheckTable)),
    st.dictionaries(st.sampled_from(["flake8", "bandit", "radon", "mine", "paths"]), CHECK_TABLES, max_size=2),
).map(lambda pair: pair[0] | pair[1])
"""Configurations with some bad keys."""
