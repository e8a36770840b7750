"""What the items say: the command's verdict, once, for each check."""

from __future__ import annotations

import json

import pytest

from tests.pytest_plugin.harness import CHECKS, FILES, TESTS, VERDICTS


def comparable(report):
    report = json.loads(report) if isinstance(report, str) else report
    timeless = {key: value for key, value in report.items() if key not in ("started", "seconds")}
    checks = [{key: value for key, value in check.items() if key not in ("seconds", "cached")}
              for check in timeless.pop("checks")]
    return timeless, checks


def test_nothing_happens_unless_it_is_asked_for(suite):
    suite.project.write({"tests/test_x.py": (
        "import sys\n\n\ndef test_one():\n"
        "    assert [name for name in sys.modules if 'qualitygate' in name] == ['pytest_qualitygate']\n"
    )})
    ran = suite.run()
    assert (ran.code, ran.calls, ran.outcomes) == (0, [], TESTS)
    assert "quality gate" not in ran.out


def test_each_check_is_an_item_with_the_outcome_of_the_command(suite, tmp_path):
    ran = suite.run("--qualitygate", "--qualitygate-report", f"json={tmp_path}/gate.json")
    result, report = suite.project.check()
    assert (ran.code, result.code) == (1, 1)
    assert ran.outcomes == TESTS | VERDICTS
    assert list(ran.outcomes)[-len(CHECKS):] == list(VERDICTS)
    assert len(ran.calls) == 1
    assert comparable((tmp_path / "gate.json").read_text()) == comparable(report)


def test_a_failure_shows_verdict_findings_with_their_lines_and_the_command_for_all(suite):
    ran = suite.run("--qualitygate")
    failures = ran.out.partition("= FAILURES =")[2].partition("= quality gate =")[0]
    assert "flake8 has 1 finding, 0 allowed" in failures
    assert "pkg/mod.py:1:1  F401  'os' imported but unused\n    import os" in failures
    assert "check --only=flake8" in failures
    assert "Traceback" not in ran.out and "pytest_plugin" not in failures
    assert "FAILED qualitygate::flake8" in ran.out


def test_many_findings_are_counted_and_the_first_are_shown(make_suite):
    suite = make_suite({"pkg/mod.py": "import os\n" * 50})
    ran = suite.run("--qualitygate", "qualitygate::flake8")
    assert ran.out.count("pkg/mod.py:") == 20
    assert "and 30 more" in ran.out


def test_a_soft_failure_is_expected_and_says_why(suite):
    ran = suite.run("--qualitygate", "-rx", "qualitygate::yamllint")
    assert (ran.code, ran.outcomes) == (0, {"qualitygate::yamllint": "xfailed"})
    assert "XFAIL qualitygate::yamllint - soft failure: yamllint has 1 finding, 0 allowed: old files" in ran.out
    assert "old files" in ran.case("yamllint").find("skipped").get("message")


def test_runxfail_makes_a_soft_failure_a_failure(suite):
    ran = suite.run("--qualitygate", "--runxfail", "qualitygate::yamllint")
    assert (ran.code, ran.outcomes) == (1, {"qualitygate::yamllint": "failed"})
    assert "conf.yaml:2" in ran.out


def test_a_clean_check_whose_answers_were_known_is_passed(suite):
    suite.run("--qualitygate")
    ran = suite.run("--qualitygate")
    properties = {item.get("name"): item.get("value") for item in ran.case("bandit").iter("property")}
    assert ran.outcomes["qualitygate::bandit"] == "passed"
    assert properties["qualitygate.cached"] == properties["qualitygate.files"] == "2"


def test_the_junit_file_has_what_was_found(suite):
    ran = suite.run("--qualitygate")
    case = ran.case("flake8")
    properties = {item.get("name"): item.get("value") for item in case.iter("property")}
    assert properties["qualitygate.outcome"] == "fail"
    assert (properties["qualitygate.found"], properties["qualitygate.allowed"]) == ("1", "0")
    assert "flake8 has 1 finding, 0 allowed" in case.find("failure").get("message")
    assert "pkg/mod.py:1:1" in case.find("failure").text


def test_the_section_has_a_line_for_each_check(suite):
    ran = suite.run("--qualitygate")
    section = ran.out.partition("= quality gate =")[2].splitlines()
    rows = [line.split() for line in section[2:6]]
    assert [row[:2] for row in rows] == [["flake8", "failed"], ["yamllint", "soft"], ["bandit", "passed"],
                                         ["radon", "passed"]]


def test_a_check_without_a_trustworthy_answer_is_an_error_even_if_it_is_soft(suite, tmp_path):
    (tmp_path / "site/yamllint").mkdir(parents=True)
    (tmp_path / "site/yamllint/__init__.py").write_text("raise ImportError('damaged')\n")
    ran = suite.run("--qualitygate", PYTHONPATH=str(tmp_path / "site"))
    assert ran.code == 1
    assert ran.outcomes == TESTS | VERDICTS | {"qualitygate::yamllint": "error"}
    assert "yamllint gave no trustworthy answer" in ran.out and "damaged" in ran.out
    assert "Traceback" not in ran.out


def test_a_file_that_can_not_be_analysed_is_named(make_suite):
    ran = make_suite({"pkg/bad.py": "def f(:\n"}).run("--qualitygate", "qualitygate::bandit")
    assert ran.outcomes == {"qualitygate::bandit": "failed"}
    assert "pkg/bad.py: not analysed: " in ran.out and "invalid syntax" in ran.out


def test_a_check_that_has_no_file_is_skipped_with_the_reason(make_suite):
    files = {"pyproject.toml": '[tool.qualitygate]\nchecks = ["flake8", "doc8"]\nallow-empty = true\n'}
    ran = make_suite(files).run("--qualitygate", "-rs")
    assert ran.outcomes["qualitygate::doc8"] == "skipped"
    assert "no file to look at" in ran.case("doc8").find("skipped").get("message")


def test_a_gate_that_judged_nothing_is_an_error(make_suite):
    config = (
        '[tool.qualitygate]\nchecks = ["doc8", "yamllint"]\nallow-empty = true\npaths = ["tests"]\n'
    )
    suite = make_suite({"pyproject.toml": config})
    ran = suite.run("--qualitygate")
    assert suite.project.run("check").code == 4
    assert ran.code == 1
    assert {ran.outcomes[f"qualitygate::{check}"] for check in ("doc8", "yamllint")} == {"error"}
    assert "exit code 4" in ran.out


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ('[tool.qualitygate]\nexlude = []\n', "did you mean `exclude`?"),
        ('[tool.qualitygate\n', "pyproject.toml"),
    ],
)
def test_a_mistake_in_the_configuration_stops_pytest_with_its_text(make_suite, config, told):
    ran = make_suite({"pyproject.toml": config}).run("--qualitygate")
    assert (ran.code, ran.calls) == (4, [])
    assert told in ran.err and "Traceback" not in ran.err


def test_what_is_wrong_only_when_the_gate_runs_is_an_error_of_its_items(make_suite):
    config = FILES["pyproject.toml"] + '[tool.qualitygate.flake8]\nargs = ["--nonsense"]\n'
    ran = make_suite({"pyproject.toml": config}).run("--qualitygate")
    assert ran.code == 1
    assert {ran.outcomes[name] for name in VERDICTS} == {"error"}
    assert "--nonsense" in ran.out and "Traceback" not in ran.out


@pytest.mark.parametrize("args", [("--qualitygate-check", "flake9"), ("qualitygate::flake9",)])
def test_a_check_that_does_not_exist_is_a_usage_error(suite, args):
    ran = suite.run("--qualitygate", *args)
    assert ran.code == 4
    assert "did you mean flake8?" in ran.err


def test_a_command_that_does_not_exist_is_a_usage_error(suite):
    ran = suite.run("--qualitygate", "-o", "qualitygate_command=no-such-command", counting=False)
    assert ran.code == 4
    assert "no-such-command" in ran.err and "qualitygate_command" in ran.err


def test_a_command_that_tells_nothing_is_never_green(suite, tmp_path):
    liar = tmp_path / "liar"
    liar.write_text('#!/bin/sh\ntest "$1" = check || echo "checks = [\\"flake8\\"]"\n')
    liar.chmod(0o755)
    ran = suite.run("--qualitygate", "-o", f"qualitygate_command={liar}", counting=False)
    assert (ran.code, ran.outcomes["qualitygate::flake8"]) == (1, "error")


def test_reports_are_written_and_old_ones_do_not_survive_a_session_that_stops(suite):
    report = suite.project.root / "out/gate.txt"
    suite.run("--qualitygate", "--qualitygate-report=text=out/gate.txt", "--qualitygate-report", "json=out/gate.json")
    assert "pkg/mod.py:1:1: flake8/F401" in report.read_text()
    assert json.loads((suite.project.root / "out/gate.json").read_text())["exit_code"] == 1
    suite.project.write({"tests/test_x.py": "import nowhere\n"})
    ran = suite.run("--qualitygate", "--qualitygate-report=text=out/gate.txt")
    assert (ran.code, ran.calls, report.exists()) == (2, [], False)


@pytest.mark.parametrize("value", ["json", "json=", "=file", "json=-"])
def test_a_report_without_format_or_file_is_a_usage_error(suite, value):
    ran = suite.run("--qualitygate", "--qualitygate-report", value)
    assert ran.code == 4
    assert "expected FORMAT=FILE" in ran.err
