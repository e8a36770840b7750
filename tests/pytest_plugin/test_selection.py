"""Which items there are, and which of them run."""

from __future__ import annotations

import pytest

from tests.pytest_plugin.harness import TESTS, VERDICTS


def only(*checks):
    return {f"qualitygate::{check}": VERDICTS[f"qualitygate::{check}"] for check in checks}


@pytest.mark.parametrize(
    ("args", "expected", "checks"),
    [
        (["qualitygate::bandit"], only("bandit"), ["bandit"]),
        (["qualitygate::radon", "qualitygate::bandit"], only("bandit", "radon"), ["bandit", "radon"]),
        (["-k", "flake8"], only("flake8"), ["flake8"]),
        (["-m", "qualitygate"], VERDICTS, []),
        (["--qualitygate-only"], VERDICTS, []),
        (["--deselect", "qualitygate::flake8"], TESTS | only("yamllint", "bandit", "radon"),
         ["yamllint", "bandit", "radon"]),
        (["tests/test_x.py::test_one", "qualitygate::bandit"],
         {"tests.test_x::test_one": "passed", **only("bandit")}, ["bandit"]),
        (["qualitygate::bandit", "tests/test_x.py::test_one"],
         {"tests.test_x::test_one": "passed", **only("bandit")}, ["bandit"]),
        (["tests/test_y.py", "--qualitygate-check", "radon", "--qualitygate-check", "bandit"],
         {"tests.test_y::test_two": "passed", "tests.test_y::test_three": "passed", **only("bandit", "radon")},
         ["bandit", "radon"]),
    ],
    ids=" ".join,
)
def test_checks_are_selected_as_tests_are(suite, args, expected, checks):
    ran = suite.run("--qualitygate", *args)
    assert ran.outcomes == expected
    assert len(ran.calls) == 1
    assert [word.removeprefix("--only=") for word in ran.calls[0] if word.startswith("--only=")] == checks


@pytest.mark.parametrize("args", [["-m", "not qualitygate"], ["-k", "test_one"], ["--no-qualitygate"]])
def test_a_gate_that_is_not_selected_does_not_run(suite, args):
    ran = suite.run("--qualitygate", *args)
    assert (ran.code, ran.calls) == (0, [])
    assert not any(name.startswith("qualitygate::") for name in ran.outcomes)


def test_the_ini_file_turns_it_on_and_chooses(make_suite):
    ini = "[pytest]\nqualitygate = true\nqualitygate_checks = bandit radon\nqualitygate_config = other.toml\n"
    config = 'checks = ["flake8", "bandit", "radon"]\npaths = ["pkg"]\n[radon]\nmax-findings = "any"\n'
    suite = make_suite({"pytest.ini": ini, "other.toml": config})
    assert suite.run("tests").outcomes == TESTS | only("bandit", "radon")
    assert suite.run("tests", "--no-qualitygate").outcomes == TESTS


def test_another_configuration_is_named_from_where_one_stands(make_suite):
    suite = make_suite({"tests/other.toml": 'checks = ["flake8"]\npaths = ["."]\n'})
    ran = suite.run("--qualitygate", "--qualitygate-config", "other.toml", cwd="tests")
    assert {name: word for name, word in ran.outcomes.items() if "qualitygate" in name} == {
        "qualitygate::flake8": "passed"
    }


def test_the_last_failed_check_is_run_again_alone(suite):
    suite.run("--qualitygate")
    ran = suite.run("--qualitygate", "--lf")
    assert ran.outcomes == only("flake8")
    assert len(ran.calls) == 1


def test_collecting_alone_runs_nothing(suite):
    ran = suite.run("--qualitygate", "--co", "-q")
    assert (ran.code, ran.calls) == (0, [])
    assert [line for line in ran.out.splitlines() if line.startswith("qualitygate::")] == list(VERDICTS)
    assert "7 tests collected" in ran.out


@pytest.mark.parametrize("prefix", ["", "../"])
def test_a_check_can_be_named_from_a_subfolder_as_pytest_prints_it(suite, prefix):
    ran = suite.run("--qualitygate", f"{prefix}qualitygate::bandit", cwd="tests")
    assert ran.outcomes == only("bandit")


def test_a_folder_of_tests_may_have_the_name_of_the_gate(make_suite):
    suite = make_suite({"qualitygate/test_z.py": "def test_four():\n    pass\n"})
    ran = suite.run("--qualitygate", "qualitygate", "qualitygate::bandit")
    assert ran.outcomes == {"qualitygate.test_z::test_four": "passed", **only("bandit")}


@pytest.mark.parametrize("layout", ["qualitygate", "src/qualitygate"])
def test_a_package_of_the_project_may_have_the_name_of_the_gate(make_suite, layout):
    test = "import qualitygate\nfrom qualitygate.inner import VALUE\n\n\ndef test_one():\n    assert VALUE == 1\n"
    suite = make_suite({
        "pytest.ini": "[pytest]\npythonpath = . src\ntestpaths = tests\n",
        f"{layout}/__init__.py": "", f"{layout}/inner.py": "VALUE = 1\n", "tests/test_x.py": test,
    })
    assert suite.run("--qualitygate").outcomes == TESTS | VERDICTS
    assert suite.run().outcomes == TESTS


def test_a_file_that_can_not_be_imported_stops_the_gate_as_it_stops_tests(make_suite):
    suite = make_suite({"tests/test_z.py": "import nowhere\n"})
    ran = suite.run("--qualitygate")
    assert (ran.code, ran.calls) == (2, [])
    ran = suite.run("--qualitygate", "--continue-on-collection-errors")
    assert {name: ran.outcomes[name] for name in VERDICTS} == VERDICTS
    ran = suite.run("--qualitygate-only")
    assert (ran.code, ran.outcomes) == (1, VERDICTS)


def test_an_argument_that_does_not_exist_is_still_an_error(suite):
    assert suite.run("--qualitygate", "nowhere.py").code == 4
