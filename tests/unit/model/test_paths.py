"""What lies below a folder."""

from __future__ import annotations

import pytest

from qualitygate.model.paths import below


@pytest.mark.parametrize(
    ("path", "relative"),
    [
        ("/p", "."),
        ("/p/a/b", "a/b"),
        ("/p/..x", "..x"),
        ("/p/../p/a", "a"),
        ("/", None),
        ("/px", None),
        ("/p/../x", None),
    ],
)
def test_a_path_is_below_the_root_or_it_is_not(path, relative):
    assert below("/p", path) == relative
