"""Credentials are checked before anything else, and never shown."""

from __future__ import annotations

import base64

import pytest

from qualitygate.errors import ReleaseCode, ReleaseError
from qualitygate.release import credentials
from qualitygate.release.targets import Target, host, index_candidates, is_public, public_index, shown

SECRET = "s3cr3t-password"
URL = "http://127.0.0.1:1/"
GOOD = {"PYPI_TEST_USERNAME": "alice", "PYPI_TEST_PASSWORD": SECRET, "PYPI_TEST_URL": URL}


def token(location: str) -> str:
    """A macaroon (version 2, binary) begins with the version, and the location as its first field."""
    body = b"\x02\x01" + bytes([len(location)]) + location.encode() + b"\x02\x10" + b"i" * 80
    return "pypi-" + base64.urlsafe_b64encode(body).decode().rstrip("=")


@pytest.fixture(autouse=True)
def no_ci(monkeypatch):
    for name in ("GITLAB_CI", "GITHUB_ACTIONS", "CI_COMMIT_REF_PROTECTED"):
        monkeypatch.delenv(name, raising=False)


def refused(given, target=Target.TEST, **options):
    with pytest.raises(ReleaseError) as caught:
        credentials.read(target, given, **options)
    assert caught.value.code is ReleaseCode.NOT_READY
    text = f"{caught.value.headline}\n{caught.value.hint}"
    for name, value in given.items():
        assert not name.endswith("PASSWORD") or len(value) < 6 or value.strip() not in text
    return text


def test_three_variables_are_all_there_is_to_it():
    found = credentials.read(Target.TEST, GOOD)
    assert (found.url, found.user, found.password, found.index_url) == (URL, "alice", SECRET, None)
    assert found.for_twine == {"TWINE_USERNAME": "alice", "TWINE_PASSWORD": SECRET}
    assert SECRET not in repr(found)


def test_without_an_address_twines_own_is_used_and_a_token():
    given = {"PYPI_TEST_PASSWORD": token(Target.TEST.public_site)}
    found = credentials.read(Target.TEST, given)
    assert (found.url, found.user) == (Target.TEST.public_url, "__token__")
    assert found.index_url == public_index(Target.TEST)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"PYPI_TEST_PASSWORD": None}, "PYPI_TEST_PASSWORD is not set"),
        ({"PYPI_TEST_USERNAME": None}, "PYPI_TEST_USERNAME is not set"),
        ({"PYPI_TEST_PASSWORD": ""}, "PYPI_TEST_PASSWORD is empty"),
        ({"PYPI_TEST_PASSWORD": "$PYPI_TOKEN"}, "a variable that was not expanded"),
        ({"PYPI_TEST_PASSWORD": "${PYPI_TOKEN}"}, "a variable that was not expanded"),
        ({"PYPI_TEST_PASSWORD": " spaced-password"}, "a space at an end"),
        ({"PYPI_TEST_PASSWORD": "two\nlines-of-it"}, "a control character"),
        ({"PYPI_TEST_USERNAME": "a:b"}, "a colon"),
        ({"PYPI_TEST_URL": "http://packages.example/"}, "not encrypted"),
        ({"PYPI_TEST_URL": "ftp://packages.example/"}, "no http address"),
        ({"PYPI_TEST_URL": "https://a:secret-in-it@packages.example/"}, "a user name or a password"),
        ({"PYPI_TEST_URL": "https://packages.example/simple/"}, "for reading"),
        ({"PYPI_TEST_URL": "https://packages.example/$CI/"}, "unexpanded variable"),
        ({"PYPI_TEST_URL": "https://packages.example:x/"}, "no address"),
        ({"PYPI_TEST_INDEX_URL": "http://packages.example/simple"}, "not encrypted"),
    ],
)
def test_what_can_not_be_right_is_refused_by_its_name(changes, expected):
    given = {name: value for name, value in (GOOD | changes).items() if value is not None}
    assert expected in refused(given)


def test_the_other_targets_variables_are_never_used():
    other = {name.replace("TEST", "PROD"): value for name, value in GOOD.items()}
    assert "PYPI_TEST_PASSWORD is not set" in refused({"PYPI_TEST_URL": URL, "PYPI_TEST_USERNAME": "a", **other})


def test_targets_can_not_be_crossed():
    for target in Target:
        given = {f"{target.prefix}_URL": target.other.public_url, f"{target.prefix}_PASSWORD": token("x")}
        assert f"--target {target.other.value}" in refused(given, target)


def test_a_token_of_the_other_index_is_refused():
    for target in Target:
        text = refused({f"{target.prefix}_PASSWORD": token(target.other.public_site)}, target)
        assert f"is a token of the {target.other.title}" in text


def test_a_token_of_the_public_index_goes_nowhere_else():
    given = GOOD | {"PYPI_TEST_URL": "https://packages.example/", "PYPI_TEST_PASSWORD": token(Target.TEST.public_site)}
    assert "is sent to that index only" in refused(given)
    assert credentials.read(Target.TEST, given | {"PYPI_TEST_URL": URL}).url == URL


def test_the_public_index_takes_tokens_only():
    assert "is no API token" in refused({"PYPI_TEST_PASSWORD": SECRET})
    assert "takes only __token__" in refused({"PYPI_TEST_USERNAME": "alice", "PYPI_TEST_PASSWORD": token("x")})


def test_an_address_beside_the_upload_address_is_refused():
    wrong = public_index(Target.PROD).replace("simple/", "pypi/")
    assert "not the upload address" in refused({"PYPI_PROD_URL": wrong, "PYPI_PROD_PASSWORD": token("x")}, Target.PROD)


def test_a_line_break_at_the_end_is_left_out_with_a_warning():
    found = credentials.read(Target.TEST, GOOD | {"PYPI_TEST_PASSWORD": f"{SECRET}\r\n"})
    assert found.password == SECRET and "line break" in found.warnings[0]


def test_a_protected_variable_is_named_as_the_likely_cause(monkeypatch):
    monkeypatch.setenv("GITLAB_CI", "true")
    assert "protected" in refused({"PYPI_TEST_URL": URL, "PYPI_TEST_USERNAME": "a"})


def test_the_configured_address_must_be_the_environments():
    assert credentials.read(Target.TEST, GOOD, configured_url=URL.rstrip("/")).url == URL
    assert "only if both name it" in refused(GOOD, configured_url="https://packages.example/")
    given = {"PYPI_TEST_PASSWORD": token(Target.TEST.public_site)}
    assert "is not set" in refused(given, configured_url="https://packages.example/")


def test_the_identity_of_a_job_takes_the_place_of_a_password(monkeypatch):
    monkeypatch.setenv("GITLAB_CI", "true")
    found = credentials.read(Target.TEST, {"TESTPYPI_ID_TOKEN": "eyJ.identity"})
    assert found.for_twine == {"GITLAB_CI": "true", "TESTPYPI_ID_TOKEN": "eyJ.identity"} and not found.password


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "this job has no identity token"),
        ({"PYPI_TEST_PASSWORD": "x" * 9, "TESTPYPI_ID_TOKEN": "t"}, "use one of the two"),
        ({"PYPI_TEST_URL": URL, "TESTPYPI_ID_TOKEN": "t"}, "no trusted publishing"),
    ],
)
def test_trusted_publishing_that_can_not_work_is_refused(given, expected):
    assert expected in refused(given, trusted_publishing="always")


def test_where_an_index_may_be_is_derived_from_the_upload_address():
    assert index_candidates("https://h/legacy/") == ("https://h/simple/",)
    assert index_candidates("https://h/root/dev/") == ("https://h/root/dev/simple/", "https://h/root/dev/+simple/")


def test_addresses_are_shown_without_user_information():
    assert shown("https://bob:pw@h:8/p/?token=1#f") == "https://h:8/p/"
    assert host("https://H.Example:8/") == "h.example" and not is_public("https://h.example/")


def test_twines_own_addresses_are_those_that_its_command_line_uses():
    from twine.settings import Settings

    for name, target in (("testpypi", Target.TEST), ("pypi", Target.PROD)):
        settings = Settings(repository_name=name, non_interactive=True, username="a", password="b")
        assert settings.repository_config["repository"] == target.public_url
