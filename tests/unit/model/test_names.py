from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualitygate.model.names import display, visible

ANY_TEXT = st.text(st.characters(categories=["L", "M", "N", "P", "S", "Z", "Cc", "Cf", "Cs"]))


@given(ANY_TEXT)
def test_visible_text_is_one_line_of_utf_8_without_control_characters(text: str) -> None:
    shown = visible(text)
    shown.encode()
    assert len(shown.splitlines()) <= 1
    assert not any(ord(character) < 0x20 or 0x7F <= ord(character) < 0xA0 for character in shown)
    assert not set(shown) & set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")
    assert visible(shown) == shown


@given(st.text(st.characters(categories=["L", "M", "N", "P", "S", "Zs"])))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text
    assert display(text) == text


@given(st.binary())
def test_a_displayed_name_is_utf_8_and_changes_nothing_but_undecodable_bytes(name: bytes) -> None:
    path = os.fsdecode(name)
    display(path).encode()
    assert display(path) == name.decode("utf-8", "backslashreplace")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("a\nb\tc\r", "a\\nb\\tc\\r"),
        ("\x00\x7f\x9b", "\\x00\\x7f\\x9b"),
        ("\u202egpj.py", "\\u202egpj.py"),
        (os.fsdecode(b"\xff.py"), "\\xff.py"),
        ("\ud800", "\\ud800"),
        ("C:\\n", "C:\\n"),
    ],
)
def test_a_hidden_character_is_written_out(text: str, shown: str) -> None:
    assert visible(text) == shown
