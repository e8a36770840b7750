"""Pages of simple indexes, and what only looks like one."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualitygate.release.index_page import JSON, BadPage, read

URL = "https://index.example/simple/demo/"


def page(*files, version="1.1"):
    return json.dumps({"meta": {"api-version": version}, "name": "demo", "files": list(files)}).encode()


def entry(**fields):
    return {"filename": "demo-1.0.tar.gz", "url": "../../f/demo-1.0.tar.gz", "hashes": {"sha256": "AB"}, **fields}


def test_a_relative_address_is_taken_from_the_page():
    (file,) = read(JSON, page(entry()), URL)
    assert (file.name, file.url, file.sha256) == ("demo-1.0.tar.gz", "https://index.example/f/demo-1.0.tar.gz", "ab")


def test_a_file_without_a_hash_is_known_to_have_none():
    assert read(JSON, page(entry(hashes={"md5": "x"})), URL)[0].sha256 is None


def test_the_time_of_upload_is_read_if_it_can_be():
    assert read(JSON, page(entry(**{"upload-time": "2026-08-01T10:00:00Z"})), URL)[0].uploaded.year == 2026
    assert read(JSON, page(entry(**{"upload-time": "yesterday"})), URL)[0].uploaded is None


def test_a_page_of_json_may_list_nothing():
    assert read(JSON, page(), URL) == ()


def test_html_gives_names_addresses_and_hashes():
    html = b'<a href="/packages/demo-1.0.tar.gz#sha256=AB">d</a><a href="x%2Dy-1.0-py3-none-any.whl">w</a>'
    first, second = read("text/html; charset=utf-8", html, URL)
    assert (first.name, first.sha256) == ("demo-1.0.tar.gz", "ab")
    assert first.url == "https://index.example/packages/demo-1.0.tar.gz"
    assert (second.name, second.sha256) == ("x-y-1.0-py3-none-any.whl", None)


def test_a_base_address_holds_for_all_links():
    html = b'<base href="https://files.example/d/"><a href="demo-1.0.tar.gz">x</a>'
    assert read("text/html", html, URL)[0].url == "https://files.example/d/demo-1.0.tar.gz"


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("text/html", b"<html><title>Please log in</title><a href='/login'>log in</a></html>"),
        (JSON, b"{"),
        (JSON, b"[]"),
        (JSON, b'{"meta": {"api-version": "2.0"}, "files": []}'),
        (JSON, b'{"meta": {"api-version": "1.0"}}'),
        (JSON, b'{"meta": {"api-version": "1.0"}, "files": [{"filename": 1, "url": "x", "hashes": {}}]}'),
        (JSON, b'{"meta": {"api-version": "1.0"}, "files": [{"filename": "x", "url": null, "hashes": {}}]}'),
        (JSON, b'{"meta": {"api-version": "1.0"}, "files": ["x"]}'),
        (JSON, b"[" * 100_000),
        ("text/plain", b"down for maintenance"),
        ("", b""),
    ],
)
def test_what_is_no_page_of_an_index_is_not_taken_for_an_empty_one(kind, data):
    with pytest.raises(BadPage):
        read(kind, data, URL)


@given(st.binary(), st.sampled_from([JSON, "text/html"]))
def test_any_bytes_give_files_or_a_refusal(data, kind):
    try:
        found = read(kind, data, URL)
    except BadPage:
        return
    assert all(file.name and isinstance(file.url, str) for file in found) or kind == JSON
