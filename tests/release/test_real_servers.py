"""Releases to real package indexes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.release import projects
from tests.release.harness import Project, credentials, environment, expect_no_secret

NO_GATE = ("--no-gate", "the gate has tests of its own")


def access(index, target="TEST", **changes):
    """The variables for an index."""
    found = credentials(index.upload_url, target, index.user, index.password)
    found[f"PYPI_{target}_INDEX_URL"] = index.index_url
    return {name: value for name, value in (found | changes).items() if value is not None}


def release(project: Project, index, *args: str, target: str = "test", **variables):
    ran = project.run(
        "--target", target, *NO_GATE, *args, **{**access(index, target.upper()), **variables},
    )
    expect_no_secret(ran, project.root, secret=index.password, user=index.user)
    return ran


@pytest.fixture
def tiny(write_sample):
    return Project(write_sample(projects.TINY))


def local(project: Project) -> dict[str, str]:
    """SHA-256 of the built files, by name."""
    return {file["name"]: file["sha256"] for file in project.receipt()["files"]}


def test_a_first_publication_is_proven_to_be_served(tiny, pypiserver):
    ran = release(tiny, pypiserver)

    assert ran.code == 0, ran.err
    assert set(tiny.states().values()) == {"verified"}
    assert pypiserver.files(projects.TINY.project) == local(tiny) and len(local(tiny)) == 2
    assert "imported tiny" in ran.err or projects.TINY.module in ran.err
    assert tiny.receipt()["git"]["commit"] == tiny.git("rev-parse", "HEAD").strip()


def test_the_same_command_again_sends_nothing_and_verifies(tiny, devpi):
    assert release(tiny, devpi.test).code == 0
    before = tiny.receipt()

    again = release(tiny, devpi.test)

    assert again.code == 0 and "every file is there already" in again.err
    after = tiny.receipt()
    assert [file["uploaded_at"] for file in after["files"]] == [file["uploaded_at"] for file in before["files"]]
    assert local(tiny) == devpi.test.files(projects.TINY.project)


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        ({"PYPI_TEST_PASSWORD": "wrong-password"}, 3, "on the index: nothing"),
        ({"PYPI_TEST_PASSWORD": None}, 2, "PYPI_TEST_PASSWORD is not set"),
        ({"PYPI_TEST_USERNAME": None}, 2, "PYPI_TEST_USERNAME is not set"),
        ({"PYPI_TEST_USERNAME": "mallory"}, 3, "on the index: nothing"),
    ],
)
@pytest.mark.parametrize("kind", ["pypiserver", "devpi"])
def test_credentials_that_do_not_do_send_nothing(tiny, request, kind, change, code, told):
    server = request.getfixturevalue(kind)
    index = server if kind == "pypiserver" else server.test

    ran = tiny.run("--target", "test", *NO_GATE, **access(index, **change))

    assert (ran.code, told in ran.err) == (code, True), ran.err
    assert index.files(projects.TINY.project) == {}
    expect_no_secret(ran, tiny.root, secret=index.password, user=index.user)


@pytest.mark.parametrize("kind", ["pypiserver", "devpi"])
def test_other_bytes_under_a_name_that_is_taken_are_never_sent(tiny, request, kind):
    server = request.getfixturevalue(kind)
    index = server if kind == "pypiserver" else server.test
    assert release(tiny, index).code == 0
    there = index.files(projects.TINY.project)
    (tiny.root / "README.md").write_text("Another description.\n")
    tiny.git("commit", "-qam", "two")
    tiny.git("tag", "-f", projects.TINY.tag)

    rebuilt = release(tiny, index)

    assert rebuilt.code == 4, rebuilt.err
    assert index.files(projects.TINY.project) == there
    for path in tiny.dist.glob("qualitygate-*.json"):
        path.unlink()
    assert release(tiny, index).code == 4
    assert index.files(projects.TINY.project) == there


@pytest.mark.parametrize("first", ["wheel", "sdist"])
@pytest.mark.parametrize("kind", ["pypiserver", "devpi"])
def test_what_is_missing_is_sent_and_what_is_there_is_not(tiny, request, kind, first):
    server = request.getfixturevalue(kind)
    index = server if kind == "pypiserver" else server.test
    assert tiny.run("build").code == 0
    name = getattr(projects.TINY, first)
    assert index.store(name, (tiny.dist / name).read_bytes(), projects.TINY.project, projects.TINY.version).ok

    ran = release(tiny, index, "--dist", "dist")

    assert ran.code == 0, ran.err
    uploaded = [file["name"] for file in tiny.receipt()["files"] if file["uploaded_at"]]
    assert uploaded == [one for one in (projects.TINY.wheel, projects.TINY.sdist) if one != name]
    assert index.files(projects.TINY.project) == local(tiny)


def test_production_gets_the_bytes_that_test_proved(tiny, devpi):
    assert release(tiny, devpi.test).code == 0
    receipt = str(tiny.dist / "qualitygate-test.json")

    asked = release(tiny, devpi.prod, "--promote", receipt, target="prod")
    unknown = release(tiny, devpi.prod, "--promote", receipt, "--yes", target="prod")
    done = release(tiny, devpi.prod, "--promote", receipt, "--yes", "--new-project", target="prod")

    assert (asked.code, unknown.code, done.code) == (2, 2, 0), done.err
    assert "give --yes" in asked.err and "--new-project" in unknown.err
    assert "build" not in [line.split()[1] for line in done.err.splitlines() if line[:1] in "✓✗"]
    assert devpi.prod.files(projects.TINY.project) == devpi.test.files(projects.TINY.project) == local(tiny)
    assert tiny.receipt("prod")["promoted_from"] == devpi.test.index_url


def test_files_that_were_lost_are_taken_from_the_test_index_and_held_to_the_receipt(tiny, devpi):
    assert release(tiny, devpi.test).code == 0
    receipt = tiny.dist.rename(tiny.root.parent / "kept") / "qualitygate-test.json"

    ran = release(
        tiny, devpi.prod, "--promote", str(receipt), "--dist", "dist", "--yes", "--new-project", target="prod"
    )

    assert ran.code == 0, ran.err
    assert "download" in ran.err
    assert devpi.prod.files(projects.TINY.project) == devpi.test.files(projects.TINY.project)


def spoil_file(project, receipt):
    with open(project.dist / projects.TINY.wheel, "ab") as stream:
        stream.write(b"x")


def spoil_digest(project, receipt):
    text = receipt.read_text()
    digest = json.loads(text)["files"][0]["sha256"]
    receipt.write_text(text.replace(digest, digest[::-1]))


def spoil_verification(project, receipt):
    receipt.write_text(json.dumps(json.loads(receipt.read_text()) | {"verification": None, "result": "uploaded"}))


def spoil_commit(project, receipt):
    project.git("commit", "-q", "--allow-empty", "-m", "two")
    project.git("tag", "-f", projects.TINY.tag)


def spoil_target(project, receipt):
    receipt.write_text(receipt.read_text().replace('"target": "test"', '"target": "prod"'))


def spoil_text(project, receipt):
    receipt.write_text("{")


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (spoil_file, 1), (spoil_digest, 1), (spoil_verification, 1), (spoil_commit, 1), (spoil_target, 2),
        (spoil_text, 2),
    ],
)
def test_nothing_else_than_what_test_proved_is_promoted(tiny, devpi, spoil, code):
    assert release(tiny, devpi.test).code == 0
    receipt = tiny.dist / "qualitygate-test.json"
    spoil(tiny, receipt)

    ran = release(tiny, devpi.prod, "--promote", str(receipt), "--yes", "--new-project", target="prod")

    assert ran.code == code, ran.err
    assert devpi.prod.files(projects.TINY.project) == {}


def test_production_without_a_proof_on_test_is_warned_of(tiny, devpi):
    ran = release(tiny, devpi.prod, "--yes", "--new-project", target="prod")

    assert ran.code == 0 and "not proven on the test index" in ran.err


CERTIFICATES = ("TWINE_CERT", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


@pytest.mark.parametrize("variable", CERTIFICATES)
def test_one_variable_is_enough_for_an_authority_of_ones_own(tiny, tls_devpi, variable):
    usual = dict.fromkeys(CERTIFICATES)
    without = release(tiny, tls_devpi.test, **usual)
    ran = release(tiny, tls_devpi.test, **{**usual, variable: str(tls_devpi.test.ca)})

    assert without.code == 2 and "is not trusted" in without.err
    assert ran.code == 0, ran.err
    assert tls_devpi.test.files(projects.TINY.project) == local(tiny)


def test_a_name_is_normalised_for_the_index_and_kept_for_people(write_sample, devpi):
    project = Project(write_sample(projects.ODD_NAME))
    assert project.run("build").code == 0

    ran = release(project, devpi.test, "--dist", "dist")

    assert ran.code == 0, ran.err
    assert (project.receipt()["project"], project.receipt()["normalized"]) == ("QG.Demo--Pkg", "qg-demo-pkg")
    assert devpi.test.files("qg-demo-pkg") == local(project)


@pytest.mark.slow
@pytest.mark.parametrize("sample", projects.SAMPLES, ids=lambda sample: sample.name)
def test_every_build_backend_is_published_and_promoted(write_sample, devpi, sample):
    project = Project(write_sample(sample))
    pattern = ["--tag-pattern", sample.tag_pattern] if sample.tag_pattern else []

    to_test = release(project, devpi.test, *pattern)
    receipt = str(project.dist / "qualitygate-test.json")
    promoted = release(
        project, devpi.prod, *pattern, "--promote", receipt, "--yes", "--new-project", target="prod"
    )

    assert (to_test.code, promoted.code) == (0, 0), to_test.err + promoted.err
    assert project.receipt()["version"] == sample.version
    assert set(local(project)) == {sample.sdist, sample.wheel}
    assert f"imported {sample.module}" in to_test.err


def test_status_shows_files_receipt_and_index_side_by_side(tiny, devpi):
    variables = access(devpi.test)
    nothing = tiny.run("status", "--target", "test", **variables)
    assert tiny.run("build").code == 0
    built = tiny.run("status", "--target", "test", **variables)
    assert release(tiny, devpi.test, "--dist", "dist").code == 0
    published = tiny.run("status", "--target", "test", **variables)
    (tiny.dist / "qualitygate-build.json").unlink()
    (tiny.dist / projects.TINY.sdist).write_bytes((tiny.dist / projects.TINY.sdist).read_bytes() + b"x")
    other = tiny.run("status", "--target", "test", **variables)

    assert [ran.code for ran in (nothing, built, published, other)] == [2, 5, 0, 4]
    assert "missing" in built.out and "same bytes" in published.out and "OTHER BYTES" in other.out
    assert "verified" in published.out


def test_what_was_not_verified_can_be_verified_later(tiny, devpi):
    assert release(tiny, devpi.test, "--no-verify").code == 0
    receipt = tiny.dist / "qualitygate-test.json"
    assert tiny.receipt()["verification"] is None
    promoted = release(tiny, devpi.prod, "--promote", str(receipt), "--yes", "--new-project", target="prod")
    assert promoted.code == 1 and "release verify" in promoted.err

    ran = tiny.run("verify", str(receipt))

    assert ran.code == 0, ran.err
    assert set(tiny.states().values()) == {"verified"}


def wait_for_step(process: subprocess.Popen, path: Path, text: str) -> None:
    deadline = time.monotonic() + 60
    while text not in path.read_text():
        assert time.monotonic() < deadline and process.poll() is None, path.read_text()
        time.sleep(0.002)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
@pytest.mark.parametrize("moment", ["✓ plan", "✓ upload"])
def test_whatever_ends_a_release_the_same_command_finishes_it(tiny, devpi, tmp_path, moment, number):
    assert tiny.run("build").code == 0
    variables = environment(**access(devpi.test))
    said = tmp_path / "said.txt"
    with said.open("wb") as stream, subprocess.Popen(
        tiny.line("--target", "test", *NO_GATE, "--dist", "dist"), cwd=tiny.root, env=variables, stderr=stream,
        stdin=subprocess.DEVNULL, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        wait_for_step(process, said, moment)
        os.kill(process.pid, number)
        code = process.wait(30)
    assert code in (-9, 130, 143), said.read_text()
    assert "Traceback" not in said.read_text()

    again = release(tiny, devpi.test, "--dist", "dist")

    assert again.code == 0, again.err
    assert devpi.test.files(projects.TINY.project) == local(tiny)
    assert set(tiny.states().values()) == {"verified"}


def test_two_releases_of_one_folder_do_not_meet(tiny, devpi):
    import fcntl

    assert tiny.run("build").code == 0
    with open(tiny.dist / ".qualitygate-release.lock", "wb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        ran = release(tiny, devpi.test, "--dist", "dist")

    assert ran.code == 2 and "another release works" in ran.err
