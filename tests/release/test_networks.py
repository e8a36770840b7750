"""Private networks, trusted publishing, attestations: they work, or a sentence says why not."""

from __future__ import annotations

import pytest

from qualitygate.release.children import Done
from qualitygate.release.credentials import redactor
from qualitygate.release.replies import Trouble
from qualitygate.release.targets import Target
from qualitygate.release.upload import _reply
from tests.release import fronts, projects, servers
from tests.release.harness import PASSWORD, Project, credentials, expect_no_secret, make_project
from tests.release.strict_index import StrictIndex, Token
from tests.release.test_faults import OURS

NO_GATE = ("--no-gate", "a test")
TOKEN = "pypi-" + "A" * 90
USUAL = dict.fromkeys(("TWINE_CERT", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"))


def test_an_index_behind_a_proxy_with_an_authority_of_its_own_is_reached(
    write_sample, devpi_server, forward_proxy, tmp_path
):
    pair = devpi_server.pair()
    forward_proxy.names["index.example"] = fronts.HOST
    project = Project(write_sample(projects.TINY))
    with fronts.tls_front(devpi_server.url, tmp_path / "authority", name="index.example") as front:
        index = pair.test.through(front)
        variables = {
            **credentials(index.upload_url, user=index.user, password=index.password),
            "PYPI_TEST_INDEX_URL": index.index_url, **USUAL, "PIP_CERT": str(index.ca),
            "HTTPS_PROXY": forward_proxy.url.replace("://", "://bob:proxy-password@"), "NO_PROXY": "", "no_proxy": "",
            "https_proxy": None,
        }
        ran = project.run("--target", "test", *NO_GATE, **variables)

    assert ran.code == 0, ran.err
    assert {method for method, _ in forward_proxy.requests} == {"CONNECT"} and len(forward_proxy.requests) >= 6
    assert all(forward_proxy.authorizations)
    assert pair.test.files(projects.TINY.project)
    expect_no_secret(ran, project.root, secret=index.password, user=index.user)
    expect_no_secret(ran, project.root, secret="proxy-password", user="bob")


def test_an_index_that_wants_the_password_for_reading_gets_it_and_nobody_else(tmp_path):
    project = make_project(tmp_path / "project", OURS)
    with StrictIndex(tokens=[Token(PASSWORD)], auth_to_read=True) as index:
        ran = project.run("--target", "test", "--dist", "dist", *NO_GATE, **credentials(index.upload_url))

    assert ran.code == 0, ran.err
    assert "installed from the files that the index served" in ran.err
    expect_no_secret(ran, project.root)


@pytest.mark.parametrize("settings", [{"json": False}, {"relative_urls": True}])
def test_both_forms_of_a_simple_index_do(tmp_path, settings):
    project = make_project(tmp_path / "project", OURS)
    with StrictIndex(tokens=[Token(PASSWORD)], **settings) as index:
        ran = project.run("--target", "test", "--dist", "dist", *NO_GATE, **credentials(index.upload_url))

        assert ran.code == 0, ran.err
        assert index.stored == OURS


def test_a_server_that_is_down_is_told_from_one_that_has_no_index(tmp_path):
    project = make_project(tmp_path / "project", OURS)
    down = credentials(f"http://127.0.0.1:{servers.free_port()}/")
    with StrictIndex(tokens=[Token(PASSWORD)]) as index:
        nothing = credentials(f"{index.base_url}/files/")
        unreachable = project.run("--target", "test", "--dist", "dist", *NO_GATE, **down, QUALITYGATE_PATIENCE="0.02")
        elsewhere = project.run("--target", "test", "--dist", "dist", *NO_GATE, **nothing)

    assert (unreachable.code, elsewhere.code) == (6, 2), unreachable.err + elsewhere.err
    assert "PYPI_TEST_INDEX_URL" in elsewhere.err


@pytest.mark.parametrize(
    ("variables", "told"),
    [
        ({}, "another one"),
        ({"PYPI_TEST_URL": None, "PYPI_TEST_USERNAME": None, "PYPI_TEST_PASSWORD": TOKEN}, "this is a token"),
    ],
)
def test_attestations_that_no_index_would_take_are_refused_at_once(tmp_path, variables, told):
    project = make_project(tmp_path / "project", OURS)
    with StrictIndex(tokens=[Token(PASSWORD)]) as index:
        ran = project.run(
            "--target", "test", "--dist", "dist", *NO_GATE, "--attestations",
            **{**credentials(index.upload_url), **variables},
        )
        assert (ran.code, told in ran.err, index.posts) == (2, True, []), ran.err


def test_trusted_publishing_without_an_identity_is_refused(tmp_path):
    project = make_project(tmp_path / "project", OURS)
    always = ("--trusted-publishing", "always")
    ran = project.run("--target", "test", "--dist", "dist", *NO_GATE, *always, GITLAB_CI="true")
    assert ran.code == 2 and Target.TEST.identity_variable in ran.err


TRACEBACK = """INFO     Querying keyring for username
Traceback (most recent call last):
  File "twine/__main__.py", line 33, in main
requests.exceptions.ConnectionError: HTTPSConnectionPool(host='index', port=443): Max retries exceeded
"""


@pytest.mark.parametrize(
    ("output", "code", "trouble", "told"),
    [
        (TRACEBACK, 1, Trouble.CONNECTION, "Max retries exceeded"),
        ("x\nrequests.exceptions.SSLError: [SSL: CERTIFICATE_VERIFY_FAILED]\n", 1, Trouble.CERTIFICATE, "SSLError"),
        ("ERROR    TrustedPublishingFailure: The token request failed\n", 1, Trouble.LOCAL, "The token request failed"),
        ("ERROR    InvalidDistribution: Metadata is missing\n", 1, Trouble.LOCAL, "Metadata is missing"),
        ("", -9, Trouble.CONNECTION, ""),
    ],
)
def test_what_twine_says_is_told_in_a_line(output, code, trouble, told):
    reply = _reply(Done(code, output), redactor({}))
    assert (reply.status, reply.trouble) == (None, trouble)
    assert told in str(reply) and "\n" not in str(reply)


def test_what_an_index_says_in_its_answer_does_not_pass_for_an_answer():
    answer = "INFO     Response from http://h/legacy/:\n         {}\n"
    output = answer.format("403 Forbidden") + answer.format("200 OK")
    assert _reply(Done(1, output), redactor({})).status == 403
