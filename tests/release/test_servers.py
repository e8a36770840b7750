"""What the product relies on, shown with the real servers, and the servers' own manners."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import socket
import subprocess
import sys

import pytest
import requests

from tests.release import fronts, projects, servers

PROJECT = "qg-demo"
NAME = "qg_demo-1.0.tar.gz"
DATA = b"not really an archive"
DIGEST = hashlib.sha256(DATA).hexdigest()
OTHER = b"other bytes"


def store(index, data=DATA, **more):
    return index.store(NAME, data, PROJECT, "1.0", **more)


def stranger(index, user="", password=""):
    return dataclasses.replace(index, user=user, password=password)


# pypiserver


def test_pypiserver_lists_a_file_with_its_hash_at_once(pypiserver):
    assert pypiserver.files(PROJECT) == {}
    assert store(pypiserver).status_code == 200
    assert pypiserver.files(PROJECT) == {NAME: DIGEST}


def test_pypiserver_answers_with_html_even_if_only_json_is_wanted(pypiserver):
    store(pypiserver)
    page = pypiserver.page(PROJECT, accept="application/vnd.pypi.simple.v1+json")
    assert (page.status_code, page.headers["Content-Type"].partition(";")[0]) == (200, "text/html")


@pytest.mark.parametrize(("agent", "status"), [("tests", 409), ("twine/7.0.0", 400)])
@pytest.mark.parametrize("data", [DATA, OTHER], ids=["identical", "different"])
def test_pypiserver_refuses_a_name_twice_whatever_the_bytes(pypiserver, agent, status, data):
    store(pypiserver)
    again = store(pypiserver, data, agent=agent)
    assert (again.status_code, "already exists" in again.text) == (status, True)
    assert pypiserver.files(PROJECT) == {NAME: DIGEST}


def test_pypiserver_tells_a_wrong_password_from_none(pypiserver):
    assert store(stranger(pypiserver, "alice", "wrong")).status_code == 403
    assert store(stranger(pypiserver)).status_code == 401
    assert pypiserver.files(PROJECT) == {}


def test_pypiserver_leads_from_another_spelling_to_the_normalized_name(pypiserver):
    store(pypiserver)
    answer = pypiserver.page("QG.Demo")
    assert (answer.status_code, answer.headers["Location"].endswith(f"/simple/{PROJECT}/")) == (301, True)


@pytest.mark.parametrize("path", ["legacy/", "simple/", "pypi"])
def test_pypiserver_takes_uploads_at_its_root_only(pypiserver, path):
    assert pypiserver.ask("POST", pypiserver.upload_url + path).status_code == 405


def test_pypiserver_does_not_check_the_digest_that_was_sent(pypiserver):
    assert store(pypiserver, sha256_digest="0" * 64).status_code == 200
    assert pypiserver.files(PROJECT) == {NAME: DIGEST}


def test_pypiserver_does_not_send_anybody_elsewhere_for_unknown_names(pypiserver):
    assert pypiserver.page("unknown").status_code == 404


# devpi-server


def test_devpi_lists_a_file_as_json_with_its_hash_and_a_relative_address(devpi):
    assert devpi.test.files(PROJECT) == {}
    assert store(devpi.test).status_code == 200
    (file,) = devpi.test.page(PROJECT).json()["files"]
    assert (file["filename"], file["hashes"]["sha256"], file["url"][:3]) == (NAME, DIGEST, "../")
    assert devpi.test.files(PROJECT) == {NAME: DIGEST}


def test_devpi_takes_identical_bytes_again_and_refuses_others(devpi):
    store(devpi.test)
    same, other = store(devpi.test), store(devpi.test, OTHER)
    assert (same.status_code, "identical file" in same.reason) == (200, True)
    assert (other.status_code, "already exists in non-volatile index" in other.reason) == (409, True)
    assert devpi.test.files(PROJECT) == {NAME: DIGEST}


def test_devpi_refuses_a_wrong_password_and_another_users_index(devpi, devpi_server):
    other = devpi_server.pair().test
    assert store(stranger(devpi.test, devpi.test.user, "wrong")).status_code == 401
    assert store(stranger(devpi.test, other.user, other.password)).status_code == 403
    assert devpi.test.files(PROJECT) == {}


def test_devpi_lets_nobody_remove_a_file(devpi):
    store(devpi.test)
    owner = (devpi.test.user, devpi.test.password)
    gone = devpi.test.ask("DELETE", f"{devpi.test.upload_url}{PROJECT}/1.0", auth=owner)
    assert gone.status_code == 403
    assert devpi.test.files(PROJECT) == {NAME: DIGEST}


def test_devpi_leads_from_another_spelling_to_the_normalized_name(devpi):
    store(devpi.test)
    answer = devpi.test.page("QG.Demo")
    assert (answer.status_code, f"/{PROJECT}" in answer.headers["Location"]) == (302, True)
    assert devpi.test.page("unknown").status_code == 404


def test_devpi_does_not_check_the_digest_that_was_sent(devpi):
    assert store(devpi.test, sha256_digest="0" * 64).status_code == 200
    assert devpi.test.files(PROJECT) == {NAME: DIGEST}


def test_the_indexes_of_a_pair_and_of_two_pairs_do_not_see_one_another(devpi, devpi_server):
    store(devpi.test)
    assert devpi.prod.files(PROJECT) == devpi_server.pair().test.files(PROJECT) == {}


# twine, with both


@pytest.mark.parametrize("kind", ["pypiserver", "devpi"])
def test_twine_uploads_what_was_built(kind, request, write_sample, tmp_path):
    index = request.getfixturevalue(kind)
    index = index if kind == "pypiserver" else index.test
    built = tmp_path / "built"
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", built, write_sample(projects.TINY)]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    account = {"TWINE_USERNAME": index.user, "TWINE_PASSWORD": index.password}
    upload = [sys.executable, "-m", "twine", "upload", "--non-interactive", "--repository-url", index.upload_url]
    subprocess.run(
        [*upload, *sorted(built.iterdir())], env=servers.environment() | account, check=True, capture_output=True,
        timeout=120,
    )
    hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in built.iterdir()}
    assert index.files(projects.TINY.project) == hashes
    assert len(hashes) == 2


# TLS


def test_a_front_with_an_authority_of_its_own_is_trusted_by_those_who_know_it(tls_devpi):
    assert store(tls_devpi.test).status_code == 200
    assert tls_devpi.test.files(PROJECT) == {NAME: DIGEST}
    assert tls_devpi.test.index_url.startswith("https://")


def test_a_front_with_an_authority_of_its_own_is_trusted_by_nobody_else(tls_devpi):
    with requests.Session() as session:
        session.trust_env = False
        with pytest.raises(requests.exceptions.SSLError):
            session.get(tls_devpi.test.index_url, timeout=30)


def test_a_front_passes_on_status_and_reason(tls_devpi):
    store(tls_devpi.test)
    other = store(tls_devpi.test, OTHER)
    assert (other.status_code, "already exists" in other.reason) == (409, True)


@pytest.mark.parametrize("kind", ["pypiserver", "devpi"])
def test_a_redirection_behind_a_front_stays_behind_it(kind, request, tmp_path):
    plain = request.getfixturevalue(kind)
    plain = plain if kind == "pypiserver" else plain.test
    with fronts.tls_front(plain.upload_url, tmp_path / "authority") as front:
        index = plain.through(front)
        store(index)
        answer = index.page("QG.Demo")
        assert answer.status_code in (301, 302)
        assert answer.headers["Location"].startswith((front.url, "/"))


def test_a_front_says_if_nothing_is_behind_it(tmp_path):
    with fronts.tls_front(f"http://127.0.0.1:{servers.free_port()}/", tmp_path) as front:
        url = f"{front.url}/"
        index = servers.Index(upload_url=url, index_url=url, user="", password="", ca=front.ca)
        assert index.ask("GET", url).status_code == 502


# The proxy


def through(proxy, url, **more):
    with requests.Session() as session:
        session.trust_env = False
        session.proxies = {"http": proxy, "https": proxy}
        return session.get(url, timeout=30, **more)


def test_a_proxy_passes_plain_requests_on_and_remembers_them(forward_proxy, pypiserver):
    store(pypiserver)
    url = f"{pypiserver.index_url}{PROJECT}/?a=b"
    address = forward_proxy.url.replace("://", "://name:word@")
    assert DIGEST in through(address, url).text
    assert forward_proxy.requests == [("GET", url)]
    assert forward_proxy.authorizations == ["Basic bmFtZTp3b3Jk"]


def test_only_a_proxy_that_knows_a_name_leads_to_the_index_behind_it(forward_proxy, devpi, tmp_path):
    with fronts.tls_front(devpi.test.upload_url, tmp_path / "authority", "index.example") as front:
        index = devpi.test.through(front)
        with pytest.raises(requests.exceptions.ConnectionError):
            index.files(PROJECT)
        with pytest.raises(requests.exceptions.ProxyError):
            through(forward_proxy.url, f"{index.index_url}{PROJECT}/", verify=str(index.ca))
        forward_proxy.names["index.example"] = "127.0.0.1"
        assert through(forward_proxy.url, f"{index.index_url}{PROJECT}/", verify=str(index.ca)).status_code == 404
    assert forward_proxy.requests == [("CONNECT", f"index.example:{front.port}")] * 2


def test_a_proxy_does_not_go_elsewhere(forward_proxy):
    assert through(forward_proxy.url, "http://elsewhere.example/").status_code == 403


# Beginning and end


def test_a_server_has_ended_after_its_context(tmp_path):
    with servers.pypiserver(tmp_path / "server") as index:
        port = int(index.upload_url.rstrip("/").rpartition(":")[2])
        socket.create_connection(("127.0.0.1", port), timeout=30).close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=30)


@pytest.mark.parametrize(("start", "path"), [(servers.pypiserver, "pypiserver"), (servers.devpi, "devpi")])
def test_a_missing_server_is_an_error_that_names_the_cure(start, path, tmp_path, monkeypatch):
    monkeypatch.setenv(servers.FOLDER_VARIABLE, str(tmp_path / "nowhere"))
    with pytest.raises(servers.ServerError, match="make servers"), start(tmp_path / path):
        pass


def test_a_server_that_does_not_start_is_quoted(tmp_path):
    command = [sys.executable, "-c", "print('no disk left'); raise SystemExit(7)"]
    with pytest.raises(servers.ServerError, match=r"(?s)exit status 7.*no disk left"):
        with servers.running(lambda port: command, lambda port: False, tmp_path / "log"):
            pass


def test_a_server_that_never_answers_is_given_up_and_ended(tmp_path, monkeypatch):
    monkeypatch.setattr(servers, "_START", 1.0)
    pid = tmp_path / "pid"
    script = f"import os, pathlib, time; pathlib.Path({str(pid)!r}).write_text(str(os.getpid())); time.sleep(60)"
    command = [sys.executable, "-c", script]
    with pytest.raises(servers.ServerError, match="did not get ready"):
        with servers.running(lambda port: command, lambda port: False, tmp_path / "log"):
            pass
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)


def test_a_port_that_somebody_took_is_exchanged_for_another(tmp_path, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ports = iter([taken.getsockname()[1], servers.free_port()])
        monkeypatch.setattr(servers, "free_port", lambda: next(ports))
        with servers.pypiserver(tmp_path / "server") as index:
            assert f":{taken.getsockname()[1]}/" not in index.upload_url
            assert index.files(PROJECT) == {}


def test_an_index_does_not_show_its_password(pypiserver):
    assert pypiserver.password not in repr(pypiserver)
