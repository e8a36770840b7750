"""The strict index refuses what the public one refuses, in its order and with its texts, and fails as it is told."""

from __future__ import annotations

import concurrent.futures
import hashlib
import html
import http.client
import io
import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trustme

from tests.release.strict_index import (
    Answer,
    Drop,
    Echo,
    EveryProject,
    Hang,
    Moment,
    NoHash,
    OtherBytes,
    Page,
    ReadAnswer,
    ReadDrop,
    ReadHang,
    ReadTruncated,
    StrictIndex,
    Token,
    Truncated,
    WrongHash,
    Yanked,
    captive_portal,
    garbage_json,
    hostile_entries,
    redirect,
    redirected_reads,
    too_many,
)
from tests.release.strict_index.by_hand import Got, basic, encoded, get, send, upload_form
from tests.release.strict_index.publishing import REFUSALS, identity_token
from tests.release.strict_index.refusals import (
    LICENSE_FORM,
    LICENSED,
    ROWS,
    SDIST,
    SDIST_DATA,
    SECRET,
    WHEEL,
    WHEEL_DATA,
    File,
)
from tests.release.strict_index.samples import sample_release, sample_sdist, sample_wheel

JSON = "application/vnd.pypi.simple.v1+json"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.claim)
def test_what_the_public_index_refuses_is_refused_with_its_text_in_three_ways(row):
    with StrictIndex(**row.settings) as index:
        for file in row.before:
            assert send(index.upload_url, *file).status == 200
        row.prepare(index)
        held = index.stored
        file = row.file() if callable(row.file) else row.file
        got = send(index.upload_url, *file, **row.form)
        as_json = send(index.upload_url, *file, accept="application/json", **row.form)

        assert (got.status, got.reason[:len(row.text)]) == (row.status, row.text)
        assert html.escape(got.reason) in got.body.decode() and got.headers["content-type"].startswith("text/html")
        page = json.loads(as_json.body)
        assert (page["code"], page["title"]) == (f"{row.status} {as_json.reason}", http.client.responses[row.status])
        assert as_json.reason == got.reason
        assert index.stored == held
        assert [(post.filename, post.status, post.reason, post.stored) for post in index.posts[-2:]] == [
            (file[0], row.status, got.reason, False)
        ] * 2


ACCEPTED = [
    (sample_wheel(metadata_version="2.5"), {"metadata_version": "2.5"}),
    (sample_wheel(metadata_version="1.0"), {"metadata_version": "1.0", "description_content_type": None}),
    (sample_sdist("Some.Name-x", "1.0rc1"), {"name": "Some.Name-x"}),
    (sample_wheel(tag="cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64"), {}),
    (sample_wheel(tag="cp313-cp313-macosx_11_0_arm64"), {}),
    (sample_wheel(headers=LICENSED, extra={"{dist_info}/licenses/LICENSE": b""}), LICENSE_FORM),
    (sample_wheel(), {"project_urls": ["Home, https://x.invalid"], "keywords": "a, b", "requires_dist": ["a>1", "b"]}),
    (sample_wheel(), {"authorization": f"Bearer {SECRET}"}),
    (sample_wheel(extra={"demo/data": bytes(range(256)) * 9, "demo/crlf": b"\r\n--\r\n"}), {}),
    (sample_wheel(), {"classifiers": ["Programming Language :: Python :: 3", "Typing :: Typed"]}),
]


@pytest.mark.parametrize(("file", "form"), ACCEPTED)
def test_what_is_sound_is_stored_byte_for_byte(file, form):
    with StrictIndex() as index:
        got = send(index.upload_url, *file, **form)

        assert (got.status, got.reason, got.body) == (200, "OK", b"")
        assert index.stored == dict([file])
        post = index.posts[0]
        assert (post.stored, post.sha256) == (True, hashlib.sha256(file[1]).hexdigest())
        assert (post.user, post.user_agent, post.warnings) == ("__token__", "by-hand", ())


def test_the_checks_come_in_the_order_of_the_public_index():
    """Everything is wrong at once; each cure lets the next fault be seen."""
    broken, sound = b"nonsense", SDIST_DATA
    form: dict[str, Any] = {
        "user": "alice", "secret": "wrong", "protocol_version": "9", "filetype": "egg", "metadata_version": "2.0",
        "description": "@@does-not-render@@", "sha256_digest": "0" * 64, "version": "1.0.0", "attestations": "[]",
    }
    state = {"filename": "demo-1.0.egg", "data": broken}
    with StrictIndex(read_only=True, projects={"demo": "bob"}, file_limit=1, burnt=[SDIST]) as index:
        index.settings.closed_releases = [("demo", "1.0")]
        index.put("demo-0.9.tar.gz", broken)
        index.put("demo-1.0.zip", b"x")
        steps: list[tuple[str, Callable[[], Any]]] = [
            ("Read-only mode", lambda: setattr(index.settings, "read_only", False)),
            ("Username/Password", lambda: form.pop("user")),
            ("Invalid or non-existent", lambda: form.pop("secret")),
            ("Unknown protocol", lambda: form.pop("protocol_version")),
            ("Invalid value for filetype", lambda: form.update(filetype="sdist")),
            ("'2.0' is not a valid metadata version", lambda: form.pop("metadata_version")),
            ("Organization account", lambda: setattr(index.settings, "inactive", ())),
            ("The description failed", lambda: form.pop("description")),
            ("Invalid file extension", lambda: state.update(filename=SDIST)),
            ("File too large", lambda: setattr(index.settings, "file_limit", 10**6)),
            ("The digest supplied", lambda: form.pop("sha256_digest")),
            ("File already exists", lambda: index.delete("demo-0.9.tar.gz")),
            ("This filename was previously", lambda: setattr(index.settings, "burnt", ())),
            ("Uploading new files to releases", lambda: setattr(index.settings, "closed_releases", ())),
            ("Only one sdist", lambda: index.delete("demo-1.0.zip")),
            ("Invalid distribution file. File is not", lambda: state.update(data=sound)),
            ("Filename 'demo-1.0.tar.gz' is invalid", lambda: form.pop("version")),
            ("Invalid attestations", lambda: form.pop("attestations")),
        ]
        index.settings.inactive = ["demo"]
        for text, cure in steps:
            got = send(index.upload_url, state["filename"], state["data"], **form)
            assert (got.status >= 400, got.reason[:len(text)]) == (True, text)
            cure()
        assert send(index.upload_url, state["filename"], state["data"], **form).status == 200


def test_permission_comes_before_the_description():
    with StrictIndex(projects={"demo": "bob"}) as index:
        got = send(index.upload_url, WHEEL, WHEEL_DATA, description="@@does-not-render@@")
        assert got.reason.startswith("The user 'alice' isn't allowed")


def test_the_same_bytes_again_change_nothing_even_in_a_closed_release():
    with StrictIndex() as index:
        assert send(index.upload_url, WHEEL, WHEEL_DATA).status == 200
        index.close_release("demo", "1.0")
        index.settings.burnt = [WHEEL]
        assert send(index.upload_url, WHEEL, WHEEL_DATA).status == 200
        assert [post.stored for post in index.posts] == [True, False]


def test_a_user_with_too_many_new_projects_is_told_when_to_come_again():
    with StrictIndex(new_project_limit=0, resets_in=77) as index:
        got = send(index.upload_url, WHEEL, WHEEL_DATA)
        assert (got.headers["ratelimit"], got.headers["retry-after"]) == ('"project.create.user";r=0;t=77', "77")


def test_a_record_that_is_not_the_wheels_is_taken_with_a_warning():
    name, data = sample_wheel()
    stream = io.BytesIO(data)
    with zipfile.ZipFile(stream, "a") as archive:
        archive.writestr(zipfile.ZipInfo("demo/extra.py"), "")
    with StrictIndex() as index:
        assert send(index.upload_url, name, stream.getvalue()).status == 200
        assert index.posts[0].warnings == ("RECORD and members differ in ['demo/extra.py']",)


def test_attestations_are_taken_from_trusted_publishing_when_allowed():
    token = Token(SECRET, user=None, projects=["demo"])
    with StrictIndex(tokens=[token], projects={"demo": "alice"}, accept_attestations=True) as index:
        assert "empty" in send(index.upload_url, WHEEL, WHEEL_DATA, attestations="[]").reason
        assert "maximum of 2" in send(index.upload_url, WHEEL, WHEEL_DATA, attestations="[1, 2, 3]").reason
        assert send(index.upload_url, WHEEL, WHEEL_DATA, attestations="[{}]").status == 200


def test_a_field_sent_as_a_file_is_refused():
    with StrictIndex() as index:
        kind, body = encoded(upload_form(WHEEL, WHEEL_DATA, name=None), [("name", "x", b"demo", "")])
        got = get(index.upload_url, method="POST", body=body, Content_Type=kind, Authorization=basic(SECRET))
        assert (got.status, got.reason) == (400, "name: Should not be a tuple.")


def test_an_upload_that_its_sender_breaks_off_is_noted():
    with StrictIndex() as index:
        with socket.create_connection(("127.0.0.1", int(index.base_url.rpartition(":")[2])), timeout=5) as connection:
            connection.sendall(b"POST /legacy/ HTTP/1.1\r\nContent-Length: 1000\r\n\r\nhalf")
        end = time.monotonic() + 5
        while not index.posts and time.monotonic() < end:
            time.sleep(0.01)
        assert [(post.status, post.stored) for post in index.posts] == [(None, False)]


def test_an_upload_without_a_length_is_refused():
    with StrictIndex() as index, socket.create_connection(
        ("127.0.0.1", int(index.base_url.rpartition(":")[2])), timeout=5
    ) as connection:
        connection.sendall(b"POST /legacy/ HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 411 Length Required\r\n")
        assert index.posts[0].status == 411


def test_an_upload_without_a_file_is_refused():
    with StrictIndex() as index:
        kind, body = encoded(upload_form(WHEEL, WHEEL_DATA), [])
        got = get(index.upload_url, method="POST", body=body, Content_Type=kind, Authorization=basic(SECRET))
        assert (got.status, got.reason) == (400, "Upload payload does not have a file.")


def test_a_form_that_breaks_off_is_refused():
    with StrictIndex() as index:
        kind, body = encoded(upload_form(WHEEL, WHEEL_DATA), [("content", WHEEL, WHEEL_DATA, "a/b")])
        got = get(index.upload_url, method="POST", body=body[:-9], Content_Type=kind, Authorization=basic(SECRET))
        assert (got.status, index.stored) == (400, {})


@pytest.mark.parametrize(
    ("method", "path", "status", "headers"),
    [
        ("GET", "/legacy/", 405, {"allow": "POST"}),
        ("GET", "/legacy", 405, {}),
        ("POST", "/legacy", 308, {"location": "/legacy/"}),
        ("PUT", "/legacy/", 405, {}),
        ("POST", "/", 405, {}),
        ("POST", "/simple/", 405, {"allow": "GET, HEAD"}),
        ("POST", "/simple/demo/", 405, {}),
        ("POST", "/legacy/more", 404, {}),
        ("POST", "/elsewhere", 404, {}),
        ("GET", "/elsewhere", 404, {}),
        ("GET", "/simple/", 200, {}),
        ("HEAD", "/simple/", 200, {}),
        ("GET", "/simple/demo/", 200, {}),
        ("GET", "/simple/Demo/", 301, {"location": "/simple/demo/"}),
        ("GET", "/simple/demo", 301, {"location": "/simple/demo/"}),
        ("GET", "/simple/other/", 404, {}),
        ("GET", "/pypi/demo/1.0/json", 200, {}),
        ("GET", "/pypi/demo/json", 200, {}),
        ("GET", "/pypi/demo/2.0/json", 404, {}),
        ("GET", "/pypi/other/1.0/json", 404, {}),
        ("GET", "/files/aa/bb/cc/" + WHEEL, 404, {}),
    ],
)
def test_every_address_answers_as_on_the_public_index(method, path, status, headers):
    with StrictIndex() as index:
        index.put(WHEEL, WHEEL_DATA)
        got = get(index.base_url + path, method=method, body=b"" if method in ("POST", "PUT") else None)
        assert got.status == status
        assert {key: got.headers.get(key) for key in headers} == headers
        assert index.requests == [(method, path)]


def _page(index: StrictIndex, project: str = "demo") -> dict[str, Any]:
    page = json.loads(get(f"{index.simple_url}{project}/", Accept=JSON).body)
    assert page["meta"]["api-version"].startswith("1.")
    return {entry["filename"]: entry for entry in page["files"]}


@pytest.mark.parametrize("relative", [False, True])
def test_the_simple_page_leads_to_the_files(relative):
    with StrictIndex(relative_urls=relative, distortions=[Yanked(SDIST, "broken")]) as index:
        for file in sample_release().items():
            assert send(index.upload_url, *file).status == 200
        page = _page(index)
        assert list(page) == [WHEEL, SDIST]
        entry = page[WHEEL]
        assert entry["url"].startswith("../../files/" if relative else f"{index.base_url}/files/")
        assert get(entry["url"].replace("../..", index.base_url)).body == WHEEL_DATA
        assert (entry["yanked"], page[SDIST]["yanked"]) == (False, "broken")


def test_the_simple_page_says_what_the_json_api_says():
    with StrictIndex() as index:
        for file in sample_release().items():
            assert send(index.upload_url, *file, requires_python=">=3.9").status == 200
        page = _page(index)
        entry = page[WHEEL]
        assert entry["hashes"] == {"sha256": hashlib.sha256(WHEEL_DATA).hexdigest()}
        assert (entry["size"], entry["requires-python"]) == (len(WHEEL_DATA), ">=3.9")
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", entry["upload-time"])
        release = json.loads(get(f"{index.base_url}/pypi/demo/1.0/json").body)
        assert {url["filename"]: url["digests"]["sha256"] for url in release["urls"]} == {
            name: entry["hashes"]["sha256"] for name, entry in page.items()
        }


@pytest.mark.parametrize(
    ("accept", "speaks_json", "kind"),
    [
        (JSON, True, JSON),
        (f"{JSON}, text/html;q=0.1", True, JSON),
        (f"text/html, {JSON};q=0.5", True, "text/html; charset=UTF-8"),
        ("*/*", True, "text/html; charset=UTF-8"),
        ("application/vnd.pypi.simple.v1+html", True, "application/vnd.pypi.simple.v1+html; charset=UTF-8"),
        (JSON, False, "text/html; charset=UTF-8"),
    ],
)
def test_the_simple_page_has_the_form_that_is_asked_for(accept, speaks_json, kind):
    with StrictIndex(json=speaks_json) as index:
        index.put(WHEEL, WHEEL_DATA)
        got = get(f"{index.simple_url}demo/", Accept=accept)
        assert got.headers["content-type"] == kind
        anchor = f'{WHEEL}#sha256={hashlib.sha256(WHEEL_DATA).hexdigest()}">{WHEEL}</a>'
        assert (anchor in got.body.decode()) is (kind != JSON)


def test_a_stale_page_hides_a_new_file_for_as_many_polls_as_told():
    with StrictIndex(stale_polls=2) as index:
        index.put(SDIST, SDIST_DATA)
        assert send(index.upload_url, WHEEL, WHEEL_DATA).status == 200
        assert b".whl" in get(f"{index.base_url}/pypi/demo/1.0/json").body
        assert [list(_page(index)) for _ in range(3)] == [[SDIST], [SDIST], [SDIST, WHEEL]]


def test_a_stale_page_of_a_new_project_is_not_there():
    with StrictIndex(stale_polls=2) as index:
        assert send(index.upload_url, WHEEL, WHEEL_DATA).status == 200
        assert [get(f"{index.simple_url}demo/").status for _ in range(3)] == [404, 404, 200]


def test_pages_and_files_can_be_false():
    distortions = [
        WrongHash(WHEEL), NoHash(SDIST), OtherBytes(SDIST, b"other"), EveryProject(), *hostile_entries("demo", "2.0")
    ]
    with StrictIndex(distortions=distortions) as index:
        for file in (*sample_release().items(), sample_wheel("other")):
            index.put(*file)
        page = _page(index)
        assert (page[WHEEL]["hashes"], page[SDIST]["hashes"]) == ({"sha256": "0" * 64}, {})
        assert get(page[SDIST]["url"]).body == b"other"
        assert "other-1.0-py3-none-any.whl" in page
        assert page["demo-2.0.tar.gz"]["url"].startswith("http://elsewhere.invalid/")
        assert "../../../../demo-2.0.tar.gz" in page
        assert any("\x1b" in name for name in page)
        assert b"<script>" not in get(f"{index.simple_url}demo/").body
        release = json.loads(get(f"{index.base_url}/pypi/demo/1.0/json").body)
        assert "0" * 64 not in {url["digests"]["sha256"] for url in release["urls"]}


def test_all_hashes_can_be_left_out():
    with StrictIndex(json=False, distortions=[NoHash()]) as index:
        index.put(WHEEL, WHEEL_DATA)
        body = get(f"{index.simple_url}demo/").body
        assert WHEEL.encode() in body and b"sha256" not in body


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        (ReadAnswer(status=500), 500, b""),
        (ReadAnswer(status=503, reason="Backend fetch failed"), 503, b""),
        (captive_portal(), 200, b"Log in"),
        (garbage_json(), 200, b'{"files"'),
        (redirected_reads("http://127.0.0.1:9/simple/demo/"), 302, b""),
    ],
)
def test_a_read_is_answered_as_told_and_then_as_usual(fault, status, body):
    with StrictIndex(read_faults=[fault]) as index:
        index.put(WHEEL, WHEEL_DATA)
        got = get(f"{index.simple_url}demo/", Accept=JSON)
        assert (got.status, body in got.body) == (status, True)
        assert dict(fault.headers).items() <= {key.title(): value for key, value in got.headers.items()}.items()
        assert list(_page(index)) == [WHEEL]


def test_a_read_fault_can_last_for_ever_and_concern_one_kind_of_page_or_one_file():
    faults = [ReadAnswer(status=503, times=None), ReadAnswer(status=404, on=Page.FILE, only=SDIST)]
    with StrictIndex(read_faults=faults) as index:
        for file in sample_release().items():
            index.put(*file)
        assert [get(f"{index.simple_url}demo/").status for _ in range(4)] == [503] * 4
        urls = json.loads(get(f"{index.base_url}/pypi/demo/1.0/json").body)["urls"]
        assert [get(url["url"]).status for url in urls] == [200, 404]
        assert index.pending == faults[:1]
        index.calm()
        assert get(f"{index.simple_url}demo/").status == 200


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (ReadDrop(), http.client.RemoteDisconnected),
        (ReadTruncated(), http.client.IncompleteRead),
        (ReadHang(), TimeoutError),
        (ReadHang(seconds=0.05), http.client.RemoteDisconnected),
    ],
)
def test_a_read_can_break_off(fault, error):
    with StrictIndex(read_faults=[fault]) as index:
        index.put(WHEEL, WHEEL_DATA)
        with pytest.raises(error):
            get(f"{index.simple_url}demo/", timeout=0.3)
        assert list(_page(index)) == [WHEEL]


@pytest.mark.parametrize(
    ("fault", "error", "stored"),
    [
        (Drop(), http.client.RemoteDisconnected, False),
        (Drop(moment=Moment.AFTER_STORING), http.client.RemoteDisconnected, True),
        (Drop(moment=Moment.DURING_UPLOAD), OSError, False),
        (Hang(), TimeoutError, False),
        (Hang(moment=Moment.AFTER_STORING), TimeoutError, True),
        (Hang(moment=Moment.DURING_UPLOAD), TimeoutError, False),
        (Hang(seconds=0.05), http.client.RemoteDisconnected, False),
        (Truncated(), http.client.IncompleteRead, True),
        (Truncated(in_head=True), http.client.IncompleteRead, True),
    ],
    ids=str,
)
def test_an_upload_can_break_off_before_and_after_storing(fault, error, stored):
    started = time.monotonic()
    with StrictIndex(faults=[fault]) as index:
        with pytest.raises(error):
            got = send(index.upload_url, WHEEL, WHEEL_DATA, timeout=0.3)
            # http.client takes headers that break off for all there are.
            raise http.client.IncompleteRead(got.body) if "content-length" not in got.headers else AssertionError(got)
        assert (WHEEL in index.stored, index.posts[0].stored) == (stored, stored)
        assert index.posts[0].status == (200 if isinstance(fault, Truncated) else None)
        assert send(index.upload_url, WHEEL, WHEEL_DATA).status == 200
    assert time.monotonic() - started < 3


def test_an_early_fault_can_not_be_of_one_file():
    with pytest.raises(ValueError, match="before the upload was read"):
        Drop(moment=Moment.DURING_UPLOAD, only=WHEEL)


def test_a_server_error_can_hide_that_the_file_was_stored():
    with StrictIndex(faults=[Answer(status=503, stored=True)]) as index:
        got = send(index.upload_url, WHEEL, WHEEL_DATA)
        assert (got.status, got.reason, index.posts[0].stored) == (503, "Service Unavailable", True)
        assert index.stored == {WHEEL: WHEEL_DATA}


def test_a_server_error_that_would_hide_a_refusal_stores_nothing():
    with StrictIndex(faults=[Answer(status=503, stored=True)], burnt=[WHEEL]) as index:
        assert send(index.upload_url, WHEEL, WHEEL_DATA).status == 503
        assert (index.stored, index.posts[0].stored) == ({}, False)


def test_faults_come_in_order_as_often_as_told_and_for_the_file_named():
    faults = [Answer(status=502, times=2), Answer(status=500, reason="Odd", only=SDIST), Answer(status=504)]
    with StrictIndex(faults=faults) as index:
        seen = [send(index.upload_url, *file).status for file in [(WHEEL, WHEEL_DATA)] * 4 + [(SDIST, SDIST_DATA)] * 2]
        assert seen == [502, 502, 504, 200, 500, 200]
        assert index.pending == []


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_an_upload_can_be_sent_elsewhere(status):
    with StrictIndex(faults=[redirect(status, "https://elsewhere.invalid/legacy/")]) as index:
        got = send(index.upload_url, WHEEL, WHEEL_DATA)
        assert (got.status, got.headers["location"]) == (status, "https://elsewhere.invalid/legacy/")
        assert index.stored == {}


def test_too_many_requests_come_with_their_headers():
    with StrictIndex(faults=[too_many(60)]) as index:
        got = send(index.upload_url, WHEEL, WHEEL_DATA)
        assert (got.status, got.headers["retry-after"]) == (429, "60")
        assert got.headers["ratelimit"] == '"project.create.user";r=0;t=60'


def test_an_echo_tells_the_token_in_every_way_but_the_notes_never_hold_it():
    with StrictIndex(faults=[Echo()]) as index:
        got = send(index.upload_url, WHEEL, WHEEL_DATA)
        coded = basic(SECRET)
        for text in (got.reason, html.unescape(got.body.decode())):
            assert f"__token__:{SECRET}" in text and coded in text
        assert got.headers["x-echo"] == coded
        send(index.upload_url, WHEEL, WHEEL_DATA, user=SECRET, secret="")
        send(index.upload_url, WHEEL, WHEEL_DATA, user="alice")
        notes = f"{index.posts!r}{index.requests!r}{index.settings!r}"
        assert SECRET not in notes and coded not in notes
        assert [post.user for post in index.posts] == ["__token__", "(a token)", "alice"]


def test_reading_can_need_a_token():
    with StrictIndex(auth_to_read=True) as index:
        index.put(WHEEL, WHEEL_DATA)
        for authorization in ("", basic("wrong")):
            got = get(f"{index.simple_url}demo/", Authorization=authorization)
            assert (got.status, got.headers["www-authenticate"][:5]) == (401, "Basic")
        assert get(f"{index.simple_url}demo/", Authorization=basic(SECRET)).status == 200


def _exchange(index: StrictIndex, body: bytes) -> tuple[int, dict[str, Any]]:
    got = get(f"{index.base_url}/_/oidc/mint-token", method="POST", body=body)
    return got.status, json.loads(got.body)


def test_trusted_publishing_gives_a_token_for_its_projects_once():
    identity = identity_token()
    with StrictIndex(identity_tokens={identity: ["demo"]}, projects={"demo": "a", "other": "a"}) as index:
        assert json.loads(get(f"{index.base_url}/_/oidc/audience").body) == {"audience": "testpypi"}
        status, answer = _exchange(index, json.dumps({"token": identity}).encode())
        assert (status, answer["success"], answer["token"][:5]) == (200, True, "pypi-")
        assert send(index.upload_url, WHEEL, WHEEL_DATA, secret=answer["token"]).status == 200
        assert send(index.upload_url, *sample_wheel("other"), secret=answer["token"]).status == 403
        status, answer = _exchange(index, json.dumps({"token": identity}).encode())
        assert (status, answer["errors"][0]["code"]) == (422, "invalid-reuse-token")


@pytest.mark.parametrize("code", [*REFUSALS])
def test_trusted_publishing_can_be_refused_for_each_reason(code):
    with StrictIndex(mint_refusal=code) as index:
        status, answer = _exchange(index, json.dumps({"token": identity_token()}).encode())
        assert (status, answer["message"]) == (422, "Token request failed")
        assert answer["errors"] == [{"code": code, "description": REFUSALS[code]}]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "invalid-payload"),
        (b"[]", "invalid-payload"),
        (b'{"token": 1}', "invalid-payload"),
        (b'{"token": "a.b.c"}', "invalid-payload"),
        (json.dumps({"token": identity_token()}).encode(), "invalid-publisher"),
    ],
)
def test_trusted_publishing_refuses_what_it_does_not_know(body, code):
    with StrictIndex() as index:
        status, answer = _exchange(index, body)
        assert (status, answer["errors"][0]["code"]) == (422, code)


def test_trusted_publishing_can_be_off():
    with StrictIndex(publishing_enabled=False) as index:
        assert get(f"{index.base_url}/_/oidc/audience").status == 403
        status, answer = _exchange(index, json.dumps({"token": identity_token()}).encode())
        assert (status, answer["errors"][0]["code"]) == (422, "not-enabled")


def _contexts() -> tuple[ssl.SSLContext, ssl.SSLContext]:
    authority = trustme.CA()
    server, client = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(server)
    authority.configure_trust(client)
    return server, client


def test_it_serves_tls_and_a_client_that_does_not_trust_it_harms_nothing():
    server, client = _contexts()
    with StrictIndex(ssl_context=server, faults=[Hang()]) as index:
        with pytest.raises(ssl.SSLCertVerificationError):
            send(index.upload_url, WHEEL, WHEEL_DATA, ssl_context=ssl.create_default_context())
        with pytest.raises(TimeoutError):
            send(index.upload_url, WHEEL, WHEEL_DATA, ssl_context=client, timeout=0.3)
        assert send(index.upload_url, WHEEL, WHEEL_DATA, ssl_context=client).status == 200
        assert index.base_url.startswith("https://") and index.stored == {WHEEL: WHEEL_DATA}


def test_of_many_at_once_one_stores_the_file():
    with StrictIndex() as index, concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers: list[Got] = list(pool.map(lambda _: send(index.upload_url, WHEEL, WHEEL_DATA), range(16)))
        assert {answer.status for answer in answers} == {200}
        assert sum(post.stored for post in index.posts) == 1


def test_an_artificial_delay_delays():
    with StrictIndex(delay=0.2) as index:
        started = time.monotonic()
        assert get(index.simple_url).status == 200
        assert time.monotonic() - started >= 0.2


def test_a_connection_serves_several_requests_and_closing_does_not_wait_for_it():
    with StrictIndex() as index:
        connection = http.client.HTTPConnection("127.0.0.1", int(index.base_url.rpartition(":")[2]), timeout=5)
        for _ in range(3):
            connection.request("GET", "/simple/")
            answer = connection.getresponse()
            assert (answer.version, answer.status, bool(answer.read())) == (11, 200, True)
        started = time.monotonic()
    assert time.monotonic() - started < 1
    connection.close()


def test_samples_are_the_same_for_the_same_arguments_and_differ_for_others():
    assert sample_release("a", "1") == sample_release("a", "1")
    assert sample_wheel("a", "1", extra={"a/b": b""})[1] != sample_wheel("a", "1")[1]


def _twine(index: StrictIndex, folder: Path, *files: File, **login: str) -> subprocess.CompletedProcess[str]:
    paths = [folder / name for name, _ in files]
    for path, (_, data) in zip(paths, files, strict=True):
        path.write_bytes(data)
    environment = {
        "PATH": os.environ["PATH"], "HOME": str(folder), "COLUMNS": "4096", "NO_COLOR": "1",
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "TWINE_USERNAME": login.get("user", "__token__"), "TWINE_PASSWORD": login.get("secret", SECRET),
    }
    command = [
        sys.executable, "-m", "twine", "--no-color", "upload", "--verbose", "--non-interactive",
        "--disable-progress-bar", "--repository-url", index.upload_url, *map(str, paths),
    ]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=20)  # nosec B603


def test_what_twine_sends_is_stored(tmp_path):
    files = sample_release("Some.Demo", "1.0rc1")
    with StrictIndex() as index:
        done = _twine(index, tmp_path, *files.items())
        assert (done.returncode, index.stored) == (0, files), done.stdout
        assert {post.user_agent[:6] for post in index.posts} == {"twine/"}


@pytest.mark.parametrize("speaks_json", [True, False])
def test_pip_downloads_what_is_stored(speaks_json, tmp_path):
    pytest.importorskip("pip")
    files = sample_release("Some.Demo", "1.0rc1")
    with StrictIndex(json=speaks_json, relative_urls=speaks_json) as index:
        for file in files.items():
            index.put(*file)
        pip = [sys.executable, "-m", "pip", "--isolated", "--disable-pip-version-check", "download", "--no-deps"]
        options = ["--no-cache-dir", "--index-url", index.simple_url, "-d", str(tmp_path / "got")]
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}
        subprocess.run(  # nosec B603
            [*pip, *options, "some-demo==1.0rc1"], env=environment, check=True, capture_output=True, timeout=20
        )
        wheel = "some_demo-1.0rc1-py3-none-any.whl"
        assert (tmp_path / "got" / wheel).read_bytes() == files[wheel]


@pytest.mark.parametrize(
    ("settings", "login", "said", "statuses"),
    [
        ({}, {"secret": "pypi-wrong"}, "403 Invalid or non-existent authentication information.", [403]),
        ({}, {"user": "alice"}, "403 Username/Password authentication is no longer supported.", [403]),
        ({"read_only": True}, {}, "403 Read-only mode: Uploads are temporarily disabled.", [403]),
        ({"new_project_limit": 0}, {}, "429 Too many new projects created", [429]),
        ({"burnt": [WHEEL]}, {}, "400 This filename was previously used", [400]),
        ({"faults": [redirect(308, "https://elsewhere.invalid/")]}, {}, "https://elsewhere.invalid/", [308]),
        ({"faults": [Answer(status=503, times=None)]}, {}, "503 Service Unavailable", [503] * 5),
        ({"faults": [Drop(moment=Moment.AFTER_STORING)]}, {}, "RemoteDisconnected", [None]),
        ({"faults": [Echo()]}, {}, SECRET, [403]),
    ],
)
def test_twine_is_refused_and_shows_the_text(settings, login, said, statuses, tmp_path):
    with StrictIndex(**settings) as index:
        done = _twine(index, tmp_path, (WHEEL, WHEEL_DATA), **login)
        assert (done.returncode, [post.status for post in index.posts]) == (1, statuses)
        assert said in re.sub(r"\s+", " ", done.stdout + done.stderr)


def test_twine_gets_through_after_two_server_errors(tmp_path):
    with StrictIndex(faults=[Answer(status=502, times=2, stored=True)]) as index:
        assert _twine(index, tmp_path, (WHEEL, WHEEL_DATA)).returncode == 0
        assert [(post.status, post.stored) for post in index.posts] == [(502, True), (502, False), (200, False)]


def test_twine_is_told_of_other_bytes_and_not_of_the_same(tmp_path):
    with StrictIndex() as index:
        index.put(WHEEL, WHEEL_DATA)
        assert _twine(index, tmp_path, (WHEEL, WHEEL_DATA)).returncode == 0
        done = _twine(index, tmp_path, sample_wheel(extra={"demo/a": b""}))
        assert (done.returncode, "File already exists" in done.stdout + done.stderr) == (1, True)
        assert index.stored == {WHEEL: WHEEL_DATA}
