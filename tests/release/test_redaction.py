"""No secret survives in a text, in whatever form programs print it."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualitygate.release.redaction import Redactor, forms

SECRET = "s3cr3t/pw+with=odd&chars"


@pytest.mark.parametrize(
    "form",
    [
        SECRET, quote(SECRET, safe=""), quote_plus(SECRET), base64.b64encode(f"alice:{SECRET}".encode()).decode(),
        f"https://alice:{SECRET}@host/simple", json.dumps({"password": SECRET}), repr(SECRET), f"{SECRET}\n",
    ],
)
def test_a_secret_is_hidden_in_every_form(form):
    text = Redactor({"PYPI_TEST_PASSWORD": SECRET}, (("alice", SECRET),))(f"before {form} after")
    assert SECRET not in text and quote(SECRET, safe="") not in text and "before" in text and "after" in text
    assert base64.b64encode(f"alice:{SECRET}".encode()).decode() not in text


def test_a_stand_in_names_the_variable():
    assert Redactor({"PYPI_TEST_PASSWORD": SECRET})(f"x {SECRET}") == "x <PYPI_TEST_PASSWORD>"


def test_tokens_that_nobody_named_are_hidden_by_their_form():
    token = "pypi-" + "AgEIcHlwaS5vcmcCJ" * 6
    jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJwcm9qZWN0In0.c2lnbmF0dXJl"
    text = Redactor({})(f"{token} {jwt} http://bob:hunter2@host/ pypi-short")
    assert token not in text and jwt not in text and "hunter2" not in text and "pypi-short" in text


def test_a_password_that_is_a_part_of_another_does_not_uncover_it():
    redact = Redactor({"A": "secret", "B": "secret-and-more"})
    assert "more" not in redact("secret-and-more")


def test_what_is_too_short_to_be_told_from_text_is_left_alone():
    assert Redactor({"A": "a"})("a banana") == "a banana"


@given(st.text(min_size=8), st.binary(max_size=9), st.binary(max_size=9))
def test_a_secret_inside_of_base64_is_found_at_every_offset(secret, before, after):
    stripped = secret.strip()
    if len(stripped) < 8:
        return
    text = base64.b64encode(before + stripped.encode(errors="surrogatepass") + after).decode()
    try:
        shown = Redactor({"A": secret})(text)
    except UnicodeEncodeError:
        return
    assert "<A>" in shown


@given(st.text())
def test_any_text_can_be_given_and_any_secret(text):
    assert isinstance(Redactor({"A": text.encode(errors="replace").decode()})(text), str)
    assert all(isinstance(form, str) for form in forms("abcdefgh"))
