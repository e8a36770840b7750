"""What is not fit to be published is refused before anything is sent."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.release import projects
from tests.release.harness import PASSWORD, Project, credentials, environment, make_project
from tests.release.strict_index import StrictIndex, Token
from tests.release.strict_index.samples import sample_sdist, sample_wheel
from tests.release.test_faults import OURS

NO_GATE = ("--no-gate", "a test")


@pytest.fixture
def index():
    with StrictIndex(tokens=[Token(PASSWORD)]) as running:
        yield running
        assert running.posts == [] or any(attempt.stored for attempt in running.posts)


@pytest.fixture
def project(tmp_path):
    return make_project(tmp_path / "project", OURS)


def release(project: Project, index: StrictIndex, *args: str, target: str = "test", **variables: str | None):
    access = credentials(index.upload_url, target.upper())
    return project.run(
        "--target", target, *args, **{**access, f"PYPI_{target.upper()}_INDEX_URL": index.simple_url, **variables}
    )


def test_a_changed_file_is_refused_and_an_untracked_one_where_a_build_could_take_it(project, index, write_sample):
    (project.root / "note.txt").write_text("not tracked")
    assert release(project, index, "--dist", "dist", *NO_GATE, "--dry-run").code == 0
    (project.root / "qg_demo.py").write_text("changed = True\n")
    changed = release(project, index, "--dist", "dist", *NO_GATE)
    allowed = release(project, index, "--dist", "dist", *NO_GATE, "--allow-dirty")
    tiny = Project(write_sample(projects.TINY))
    (tiny.root / "note.txt").write_text("not tracked")
    untracked = release(tiny, index, *NO_GATE)

    assert (changed.code, untracked.code, allowed.code) == (1, 1, 0)
    assert "qg_demo.py (changed)" in changed.err and "note.txt (not tracked)" in untracked.err
    assert project.receipt()["git"]["dirty"] is True


def test_files_that_the_command_was_given_or_writes_are_no_change(project, index):
    for name in ("gate.json", "outcome.json"):
        (project.root / name).write_text("{}")
    ran = release(project, index, "--gate-report", "gate.json", "--json", "outcome.json")
    assert ran.code == 2 and "work tree" not in ran.err and "gate.json" in ran.err


@pytest.mark.parametrize(
    ("tags", "args", "variables", "code", "told"),
    [
        ([], [], {}, 1, "has no version tag"),
        ([], ["--no-require-tag"], {}, 0, "no tag"),
        (["release-1.0"], [], {}, 1, "it has release-1.0"),
        (["release-1.0"], ["--tag-pattern", "release-{version}"], {}, 0, "tag release-1.0"),
        (["v1.0", "v1.1"], [], {}, 1, "several version tags: v1.0, v1.1"),
        (["v1.0", "1.0.0"], [], {}, 0, ""),
        (["v1.1"], [], {}, 1, "the files are of version 1.0, the tag is v1.1"),
        (["v1.0", "v1.1"], [], {"CI_COMMIT_TAG": "v1.0"}, 0, "tag v1.0"),
        (["v1.0"], [], {"CI_COMMIT_TAG": "v2.0"}, 1, "this pipeline is for the tag v2.0"),
    ],
)
def test_the_commit_has_one_version_tag_and_it_is_the_files(tmp_path, index, tags, args, variables, code, told):
    project = make_project(tmp_path / "project", OURS, tag=None)
    for tag in tags:
        project.git("tag", tag)

    ran = release(project, index, "--dist", "dist", *NO_GATE, "--dry-run", *args, **variables)

    assert (ran.code, told in ran.err) == (code, True), ran.err


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--target", "prod"], "give --yes"),
        (["--target", "prod", "--yes", "--no-require-tag"], "production needs a version tag"),
        (["--target", "test", "--promote", "receipt.json"], "it needs --target prod"),
        (["--target", "test", "--no-gate", " "], "--no-gate needs a reason"),
        (["--target", "test", "--no-gate", "x", "--gate-report", "y"], "can not be combined"),
        (["--target", "stage"], "'stage'"),
        ([], "--target test or --target prod"),
        (["--target", "test", "--tag-pattern", "v"], "{version} must be in it once"),
        (["--target", "test", "--project", "nowhere"], "no such folder"),
        (["--target", "test", "--dist", "nowhere"], "no folder"),
        (["--target", "test", "--bogus"], "No such option"),
    ],
)
def test_a_command_line_that_makes_no_sense_ends_with_2(project, index, args, told):
    variables = {**credentials(index.upload_url), **credentials(index.upload_url, "PROD")}
    ran = project.run(*args, **variables, PYPI_TEST_INDEX_URL=index.simple_url)

    assert (ran.code, told in ran.err) == (2, True), ran.err
    assert ran.err.rstrip().endswith("not released")


def test_a_closed_gate_sends_nothing(tmp_path, index):
    project = make_project(tmp_path / "project", OURS)
    (project.root / "qg_demo.py").write_text("import os\n")
    project.git("commit", "-qam", "two")
    project.git("tag", "-f", "v1.0")

    ran = release(project, index, "--dist", "dist")

    assert ran.code == 1 and "the gate is closed (fail): flake8 has 1 finding" in ran.err


def test_an_open_gate_is_recorded(project, index):
    assert release(project, index, "--dist", "dist").code == 0
    assert project.receipt()["checks"][0] == {"id": "gate", "result": "pass", "detail": "run"}


def test_a_gate_that_is_left_out_is_recorded_with_the_reason(project, index):
    assert release(project, index, "--dist", "dist", "--no-gate", "hot fix for #12").code == 0
    assert project.receipt()["checks"][0] == {"id": "gate", "result": "not run", "detail": "waived hot fix for #12"}


def gate_report(project: Project, *args: str) -> str:
    path = project.root.parent / "gate.json"
    subprocess.run(
        [sys.executable, "-P", "-m", "qualitygate", "check", f"--report=json={path}", *args], cwd=project.root,
        env=environment(), capture_output=True, timeout=120,
    )
    return str(path)


def test_the_report_of_a_gate_that_was_open_is_accepted(project, index):
    report = gate_report(project)
    ran = release(project, index, "--dist", "dist", "--gate-report", report)

    assert ran.code == 0, ran.err
    assert project.receipt()["checks"][0]["detail"].startswith("report ")


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["--only", "flake8"], "not of a full run"),
        (["--skip", "xenon"], "not of a full run"),
        (["--strict"], "is of a run with --strict"),
        (["--exit-zero"], "is of a run with --exit-zero"),
        (["qg_demo.py"], "not of a full run"),
        (["--shard", "1/2"], "says 'unjudged'"),
    ],
)
def test_the_report_of_less_than_the_whole_gate_is_refused(project, index, args, told):
    ran = release(project, index, "--dist", "dist", "--gate-report", gate_report(project, *args))
    assert (ran.code, told in ran.err) == (1, True), ran.err


def other_commit(project, report):
    project.git("commit", "-q", "--allow-empty", "-m", "two")
    project.git("tag", "-f", "v1.0")


def other_configuration(project, report):
    (project.root / "qualitygate.toml").write_text('checks = ["flake8"]\n')
    project.git("add", "-A")
    project.git("commit", "-qm", "two")
    project.git("tag", "-f", "v1.0")


def changed_verdict(project, report):
    report.write_text(json.dumps(json.loads(report.read_text()) | {"verdict": "fail"}))


def dirty(project, report):
    document = json.loads(report.read_text())
    report.write_text(json.dumps(document | {"source": document["source"] | {"dirty": True}}))


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (other_commit, "is of the commit"), (other_configuration, "is of another configuration"),
        (changed_verdict, "says 'fail'"), (dirty, "were not committed"),
    ],
)
def test_the_report_of_another_source_or_verdict_is_refused(project, index, spoil, told):
    report = Path(gate_report(project))
    spoil(project, report)
    ran = release(project, index, "--dist", "dist", "--gate-report", str(report))
    assert (ran.code, told in ran.err) == (1, True), ran.err


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema": "qualitygate-report/9"}'])
def test_what_is_no_report_is_refused(project, index, tmp_path, text):
    (tmp_path / "gate.json").write_text(text)
    ran = release(project, index, "--dist", "dist", "--gate-report", str(tmp_path / "gate.json"))
    assert ran.code == 2, ran.err


def test_a_build_that_fails_shows_its_end(write_sample, index):
    ran = release(Project(write_sample(projects.FAILING)), index, *NO_GATE)
    assert ran.code == 1 and "no sdist today" in ran.err and "the build failed" in ran.err


def is_running(process: str) -> bool:
    """Whether there is such a process that is more than an entry in a table."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_build_that_does_not_end_is_ended(write_sample, index, tmp_path):
    started = tmp_path / "started"
    project = Project(write_sample(projects.endless(started)))
    ran = release(project, index, *NO_GATE, QUALITYGATE_BUILD_TIMEOUT="8")

    assert ran.code == 1 and "did not end within 8 seconds" in ran.err, ran.err
    assert not is_running(started.read_text())


def test_files_that_disagree_are_refused(write_sample, index):
    ran = release(Project(write_sample(projects.LYING)), index, *NO_GATE)
    assert ran.code == 1 and "9.9.9" in ran.err, ran.err


def test_files_of_another_commit_are_refused(write_sample, index):
    project = Project(write_sample(projects.TINY))
    assert project.run("build").code == 0
    project.git("commit", "-q", "--allow-empty", "-m", "two")
    project.git("tag", "-f", projects.TINY.tag)
    ran = release(project, index, "--dist", "dist", *NO_GATE)
    assert ran.code == 1 and "were built from the commit" in ran.err


def test_a_built_file_that_was_changed_is_refused(write_sample, index):
    project = Project(write_sample(projects.TINY))
    assert project.run("build").code == 0
    with open(project.dist / projects.TINY.wheel, "ab") as stream:
        stream.write(b"x")
    ran = release(project, index, "--dist", "dist", *NO_GATE)
    assert ran.code == 1 and "has other bytes than were built" in ran.err


def test_a_dry_run_proves_and_plans_and_sends_nothing(project, index):
    ran = release(project, index, "--dist", "dist", "--dry-run")
    assert ran.code == 0 and "nothing was sent" in ran.err
    assert index.posts == [] and not (project.dist / "qualitygate-test.json").exists()


def test_a_development_version_is_for_the_test_index(tmp_path, index):
    files = dict([sample_wheel("qg-demo", "1.0.dev3"), sample_sdist("qg-demo", "1.0.dev3")])
    project = make_project(tmp_path / "project", files, tag="v1.0.dev3")
    prod = release(project, index, "--dist", "dist", *NO_GATE, "--yes", "--dry-run", "--new-project", target="prod")
    test = release(project, index, "--dist", "dist", *NO_GATE, "--dry-run")
    assert (prod.code, test.code) == (1, 0), prod.err + test.err


def test_the_outcome_for_programs_says_what_happened(project, index):
    assert release(project, index, "--dist", "dist", *NO_GATE, "--json", "../outcome.json").code == 0
    outcome = json.loads((project.root.parent / "outcome.json").read_text())
    assert (outcome["exit_code"], outcome["result"], outcome["error"]) == (0, "published", None)
    assert [step["title"] for step in outcome["steps"]][:2] == ["credentials", "source"]
    assert outcome["receipt"]["result"] == "published"

    failed = release(project, index, "--dist", "dist", "--json", "../outcome.json", "--gate-report", "none.json")
    outcome = json.loads((project.root.parent / "outcome.json").read_text())
    assert failed.code == outcome["exit_code"] == 2 and "none.json" in outcome["error"]["headline"]


def test_a_project_that_insists_on_an_address_publishes_nowhere_else(project, index):
    (project.root / "qualitygate.toml").write_text('[release]\ntest-url = "https://packages.example/"\n')
    project.git("add", "-A")
    project.git("commit", "-qm", "two")
    project.git("tag", "-f", "v1.0")
    ran = release(project, index, "--dist", "dist", *NO_GATE)
    assert ran.code == 2 and "only if both name it" in ran.err


def test_help_and_version_need_no_credentials_and_no_project(tmp_path):
    project = Project(tmp_path)
    assert project.run("--help").code == 0
    assert "RECEIPT" in project.run("verify", "--help").out


def test_a_receipt_that_can_not_be_written_stops_before_anything_is_sent(project, index, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    ran = release(project, index, "--dist", "dist", *NO_GATE, "--receipt", str(tmp_path / "file" / "receipt.json"))
    assert ran.code == 2 and "can not be written" in ran.err and index.posts == [], ran.err
