"""pycodestyle's logical lines lose a form feed at the end of a row, so that what stands before it looks unspaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contract.harness import write
from tests.contract.test_flake8 import assert_same

TIGHT = {
    "semicolon.py": "print(1);\x0c\nx=1\n",
    "last_row.py": "x = 1;\x0c\n",
    "comma.py": "x = [1,\x0c\n     2]\n",
    "comma_in_one_row.py": "print(1,\x0c)\n",
    "colon.py": "if 1:\x0c\n    y = 1\n",
    "spaces_behind.py": "x = 1;\x0c  \ny = 1\n",
    "crlf.py": "x = 1;\x0c\r\ny = 1\r\n",
}


def test_a_missing_space_that_flake8_reports_before_a_form_feed_is_reported(tmp_path: Path) -> None:
    expected = assert_same(write(tmp_path, dict(TIGHT)))

    assert {path for rule, path, *_ in expected if rule == "E231"} == set(TIGHT)


@pytest.mark.parametrize(
    "text",
    ["x = 1;  # noqa\x0c\nx=1\n", "x = 1;\x0c# noqa\nx=1\n", "x = 1; \x0c\ny = [1, \x0c\n     2]\n", "\x0cx = 1;\n"],
    ids=["noqa before", "noqa behind", "space before", "at the start"],
)
def test_no_missing_space_is_made_up_where_flake8_reports_none(tmp_path: Path, text: str) -> None:
    expected = assert_same(write(tmp_path, {"a.py": text}))

    assert "E231" not in {rule for rule, *_ in expected}
