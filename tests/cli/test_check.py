"""`qualitygate check` as its users see it: exit codes, verdict, reports, narrowing."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from tests.conftest import environment

BAD_PY = "import os\n\n\ndef f(x):\n    assert x\n    return eval(x)\n"
CONFIG = "[tool.qualitygate]\n"


def counts(report, check):
    return next(one["counts"]["by_rule"] for one in report["checks"] if one["check"] == check)


def outcomes(report):
    return {one["check"]: one["outcome"] for one in report["checks"]}


def test_without_configuration_the_classic_pipeline_judges(make_project):
    project = make_project(
        {"a.py": BAD_PY, "docs/a.rst": "Title\n====\n", "b.yaml": "a: [1,2]\n", "c.py": "x = 1\n"}
    )
    result, report = project.check()
    assert result.code == 1
    assert outcomes(report) == {
        "flake8": "fail", "doc8": "soft-fail", "yamllint": "soft-fail", "bandit": "soft-fail", "radon": "pass",
        "xenon": "pass",
    }
    assert counts(report, "bandit") == {"B307": 1}
    assert result.last_line.startswith("failed: flake8")


def test_a_clean_project_passes(make_project):
    result = make_project({"a.py": "x = 1\n"}).run("check")
    assert result.code == 0
    assert result.last_line.startswith("passed")


def test_an_empty_folder_is_not_clean(make_project):
    result = make_project({}, git=False).run("check")
    assert result.code == 4
    assert "nothing judged" in result.last_line


def test_a_configured_check_without_files_stops_everything_unless_allowed(make_project):
    project = make_project({"a.py": "x = 1\n", "pyproject.toml": CONFIG + 'checks = ["flake8", "doc8"]\n'})
    result = project.run("check")
    assert result.code == 2
    assert "doc8 is configured, but finds no file" in result.err
    project.write({"pyproject.toml": CONFIG + 'checks = ["flake8", "doc8"]\nallow-empty = true\n'})
    assert project.run("check").code == 0


def test_a_path_that_does_not_exist_is_named_with_the_nearest_one(make_project):
    result = make_project({"src/a.py": "x = 1\n", "pyproject.toml": CONFIG + 'paths = ["scr"]\n'}).run("check")
    assert result.code == 2
    assert "scr" in result.err and "did you mean 'src'" in result.err and "pyproject.toml:2" in result.err


def test_a_typo_in_the_configuration_is_shown_with_its_place_and_the_right_key(make_project):
    result = make_project({"a.py": "", "pyproject.toml": CONFIG + 'exlude = ["x"]\n'}).run("check")
    assert result.code == 2
    assert "pyproject.toml:2:1" in result.err and "exclude" in result.err


def test_paths_narrow_the_run_and_cross_file_limits_are_not_judged(make_project):
    project = make_project({"a/x.py": "import os\n", "b/y.py": "import sys\n"})
    result, report = project.check("a")
    assert report["scope"] == "partial"
    assert {finding["path"] for finding in report["findings"]} == {"a/x.py"}
    assert "partial" in result.err
    inner = project.run("check", "y.py", "--report", "text=-", cwd=project.root / "b")
    assert inner.out.startswith("b/y.py:1:1: flake8/F401")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--only", "flak8"], "there is no check called flak8"),
        (["nowhere.py"], "nowhere.py"),
        (["/"], "outside of the project root"),
        (["--report", "pdf=x"], "there is no format called pdf"),
        (["--report", "json"], "expected FORMAT=FILE"),
        (["--report", "json=-", "--report", "text=-"], "two reports"),
        (["--today", "yesterday"], "not a date"),
        (["--config", "missing.toml"], "missing.toml"),
        (["--jobs", "0"], "--jobs"),
        (["--nonsense"], "--nonsense"),
        (["--only", "flake8", "--skip", "flake8"], "no check is left"),
    ],
)
def test_a_wrong_command_line_judges_nothing(make_project, arguments, said):
    result = make_project({"a.py": "x = 1\n"}).run("check", *arguments)
    assert result.code == 2
    assert said in result.err


def test_soft_failures_exit_with_the_code_asked_for(make_project):
    project = make_project({"a.py": "x = 1\n", "b.yaml": "a: [1,2]\n"})
    assert project.run("check").code == 0
    result = project.run("check", "--soft-exit-code", "10")
    assert result.code == 10
    assert "1 soft failure (yamllint)" in result.last_line
    assert project.run("check", "--soft-exit-code", "10", "--strict").code == 1
    assert project.run("check", "--soft-exit-code", "10", "--strict", "--exit-zero").code == 0


def test_an_expired_soft_fail_blocks_and_says_whose_it_is(make_project):
    soft = 'soft-fail = { reason = "old tools", owner = "@ops", until = 2026-03-31 }\n'
    config = CONFIG + 'checks = ["yamllint"]\n[tool.qualitygate.yamllint]\n' + soft
    project = make_project({"a.yaml": "a: [1,2]\n", "pyproject.toml": config})
    assert project.run("check", "--today", "2026-03-31").code == 0
    late = project.run("check", "--today", "2026-04-01")
    assert late.code == 1
    assert "2026-03-31" in late.err and "old tools" in late.err and "@ops" in late.err


def test_a_file_that_no_tool_can_read_fails_its_checks_and_is_listed_once(make_project):
    project = make_project({"bad.py": "def f(:\n", "good.py": "x = 1\n"})
    result, report = project.check()
    assert result.code == 1
    assert outcomes(report)["bandit"] == "soft-fail"
    assert outcomes(report)["radon"] == "soft-fail"
    assert result.err.count("bad.py: not analysed by flake8, bandit, radon, xenon") == 1
    assert counts(report, "flake8")["E999"] == 1


def test_a_file_known_to_be_unreadable_is_exempt_and_an_idle_pattern_is_reported(make_project):
    config = CONFIG + 'checks = ["bandit"]\nunreadable-ok = ["data/broken/**", "never/**"]\n'
    project = make_project({"data/broken/bad.py": "def f(:\n", "good.py": "x = 1\n", "pyproject.toml": config})
    result = project.run("check")
    assert result.code == 0
    assert 'unreadable-ok = ["never/**"]' in result.err and "data/broken" not in result.err


def test_a_link_known_to_lead_nowhere_is_exempt_with_what_flake8_says_of_it(make_project):
    project = make_project({"good.py": "x = 1\n", "pyproject.toml": CONFIG + 'unreadable-ok = ["gone.py"]\n'})
    (project.root / "gone.py").symlink_to("nowhere.py")
    result, report = project.check("--only", "flake8")
    assert (result.code, report["findings"]) == (0, [])


def test_a_report_of_an_earlier_run_is_replaced_even_when_nothing_is_judged(make_project, tmp_path):
    project = make_project({"a.py": "x = 1\n"})
    file = tmp_path / "out" / "report.json"
    assert project.run("check", "--report", f"json={file}").code == 0
    assert json.loads(file.read_text())["verdict"] == "pass"
    project.write({"pyproject.toml": CONFIG + "wrong = 1\n"})
    assert project.run("check", "--report", f"json={file}").code == 2
    assert json.loads(file.read_text())["verdict"] == "unjudged"


def test_the_format_of_a_report_never_changes_the_exit_code(make_project, tmp_path):
    project = make_project({"a.py": "import os\n"})
    (tmp_path / "out").mkdir()
    codes = {project.run("check", "--report", f"{name}={tmp_path}/out/r").code for name in ("json", "text")}
    assert codes == {project.run("check").code} == {1}


def test_two_checks_of_one_tool_keep_their_own_arguments(make_project):
    config = CONFIG + (
        'checks = ["bandit", "bandit-tests", "flake8", "flake8-short"]\n'
        '[tool.qualitygate.bandit]\npaths = ["src"]\nargs = []\n'
        '[tool.qualitygate.bandit-tests]\ntool = "bandit"\npaths = ["tests"]\nargs = ["-s", "B101"]\n'
        '[tool.qualitygate.flake8-short]\ntool = "flake8"\nargs = ["--max-line-length=10", "--max-complexity=1"]\n'
    )
    body = "def f(value):\n    assert value\n"
    project = make_project({"src/a.py": body, "tests/a.py": body, "pyproject.toml": config})
    for jobs in ("1", "2"):
        _, report = project.check("--jobs", jobs)
        assert counts(report, "bandit") == {"B101": 1}
        assert counts(report, "bandit-tests") == {}
        assert counts(report, "flake8") == {}
        assert counts(report, "flake8-short") == {"E501": 4}


def test_the_report_is_the_same_whatever_the_number_of_workers(make_project):
    files = {f"p/m{n}.py": BAD_PY * (n + 1) for n in range(12)} | {f"d/{n}.yaml": "a: [1,2]\n" for n in range(5)}
    project = make_project(files)

    def judged(jobs):
        _, report = project.check("--jobs", jobs, "--no-cache")
        for check in report["checks"]:
            check.pop("seconds")
        return report["checks"], report["findings"], report["measurements"]

    assert judged("1") == judged("4")


def test_fingerprints_survive_an_inserted_line_and_another_checkout(make_project):
    one = make_project({"a.py": "import os\n", "b.py": "x = (1,2)\n"}, name="one")
    two = make_project({"a.py": "# comment\n\nimport os\n", "b.py": "y = 1\nx = (1,2)\n"}, name="two")
    prints = [{f["fingerprint"] for f in project.check()[1]["findings"]} for project in (one, two)]
    assert prints[0] and prints[0] == prints[1]


def test_a_tool_that_can_not_be_imported_is_broken_and_the_others_are_judged(make_project, tmp_path):
    site = tmp_path / "site"
    (site / "doc8").mkdir(parents=True)
    (site / "doc8" / "__init__.py").write_text("raise ImportError('doc8 is damaged')\n")
    project = make_project({"a.py": "import os\n", "a.rst": "Title\n=====\n"})
    result, report = project.check(PYTHONPATH=str(site))
    assert result.code == 3
    assert outcomes(report)["doc8"] == "broken" and outcomes(report)["flake8"] == "fail"
    assert "doc8" in result.last_line and result.last_line.startswith("no verdict")


def test_exit_zero_does_not_hide_what_is_broken(make_project, tmp_path):
    site = tmp_path / "site"
    (site / "doc8").mkdir(parents=True)
    (site / "doc8" / "__init__.py").write_text("raise ImportError('doc8 is damaged')\n")
    project = make_project({"a.rst": "Title\n=====\n"})
    assert project.run("check", "--exit-zero", PYTHONPATH=str(site)).code == 3


def test_a_report_that_can_not_be_written_is_told_and_the_others_are_written(make_project, tmp_path):
    project = make_project({"a.py": "import os\n"})
    file = tmp_path / "report.json"
    result = project.run("check", "--report", "text=/dev/full", "--report", f"json={file}")
    assert result.code == 2
    assert "/dev/full" in result.err and "failed: flake8" in result.err and "a report is missing" in result.last_line
    assert json.loads(file.read_text())["verdict"] == "fail"


def test_a_reader_of_standard_output_that_goes_away_changes_nothing(make_project):
    project = make_project({f"m{n}.py": "import os\n" * 200 for n in range(20)})
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "qualitygate", "check", "--report", "text=-", "--exit-zero"],
        cwd=project.root,
        env=environment(project.home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdout.close()
        err = process.stderr.read().decode()
    assert process.returncode == 0
    assert "failed: flake8" in err and "Broken" not in err


def test_a_report_on_standard_output_is_utf_8_whatever_the_terminal(make_project):
    project = make_project({"é.py": "import os\n"})
    result = project.run("check", "--report", "text=-", PYTHONIOENCODING="ascii")
    assert result.code == 1
    assert result.out.startswith("é.py:1:1: ")


@pytest.mark.parametrize("wrong", [["--today", "junk"], ["--nope"], ["--jobs", "x"], ["--only"]])
def test_a_wrong_command_line_leaves_no_green_report_either(make_project, tmp_path, wrong):
    project = make_project({"a.py": "x = 1\n"})
    file = tmp_path / "report.json"
    project.run("check", f"--report=json={file}")
    assert project.run("check", "--report", f"json={file}", *wrong).code == 2
    assert json.loads(file.read_text())["verdict"] == "unjudged"


def test_a_report_inside_of_the_project_is_no_file_of_the_project(make_project):
    project = make_project({"a.py": "x = 1\n"})
    for _ in range(2):
        result = project.run("check", "--report", "json=report.yaml")
        assert result.code == 0
        report = json.loads((project.root / "report.yaml").read_text())
        assert report["source"]["dirty"] is False
        assert {check["check"]: check["state"] for check in report["checks"]}["yamllint"] == "skipped"


def test_paths_through_a_link_to_a_folder_are_judged(make_project):
    project = make_project({"src/a.py": "import os\n"})
    (project.root / "lnk").symlink_to("src")
    assert project.run("check", "lnk").code == project.run("check", "src").code == 1


def test_paths_that_no_check_looks_at_judge_nothing(make_project):
    result = make_project({"README.md": "x\n", "a.py": "x = 1\n"}).run("check", "README.md")
    assert result.code == 2
    assert "no check looks at anything in README.md" in result.err


@pytest.mark.parametrize("tool", ["flake8", "doc8", "yamllint", "bandit", "radon", "xenon"])
def test_a_required_plugin_that_is_not_installed_breaks_the_check_of_any_tool(make_project, tool):
    config = CONFIG + f'checks = ["{tool}"]\n[tool.qualitygate.{tool}]\nrequire-plugins = ["no-such-plugin>=1"]\n'
    project = make_project({"a.py": "x = 1\n", "a.rst": "T\n=\n", "a.yaml": "---\na: 1\n", "pyproject.toml": config})
    result, report = project.check()
    assert result.code == 3
    assert report["checks"][0]["errors"][0]["kind"] == "missing"
    assert "no-such-plugin" in result.err
    assert project.run("config", "verify").code == 3


def test_two_checks_of_one_family_cost_what_each_costs(make_project):
    config = CONFIG + 'checks = ["radon", "radon-strict"]\n[tool.qualitygate.radon-strict]\ntool = "radon"\n'
    config += 'args = ["-na"]\n[tool.qualitygate.radon]\nargs = ["-nf"]\n'
    project = make_project({f"m{n}.py": "def f():\n    pass\n" for n in range(5)} | {"pyproject.toml": config})
    _, report = project.check("--jobs", "1")
    assert [check["counts"]["by_rule"] for check in report["checks"]] == [{}, {"cc": 5, "mi": 5}]


def test_configuration_that_a_clean_clone_would_not_have_is_told(make_project):
    project = make_project({"a.py": "import os\n", ".gitignore": ".flake8\n"})
    project.write({".flake8": "[flake8]\nignore = F\n"})
    result = project.run("check")
    assert ".flake8 is in effect, but git ignores it" in " ".join(result.err.split())


@pytest.mark.parametrize("closed", ["2>&-", ">&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_closed_and_full_standard_streams_change_no_exit_code(make_project, closed):
    project = make_project({"a.py": "import os\n"})
    command = f"{sys.executable} -P -m qualitygate check {closed}"
    done = subprocess.run(["bash", "-c", command], cwd=project.root, env=environment(project.home), check=False)
    assert done.returncode == 1


@pytest.mark.parametrize("wrong", [["--deadline", "nan"], ["--file-timeout", "inf"], ["--deadline", "0"]])
def test_times_are_finite_numbers_of_seconds(make_project, wrong):
    result = make_project({"a.py": "x = 1\n"}).run("check", *wrong)
    assert result.code == 2
    assert result.last_line == "qualitygate: nothing was judged"


def test_the_own_folder_is_never_written_through_a_link(make_project, tmp_path):
    project = make_project({"a.py": "x = 1\n"})
    (project.root / ".qualitygate").mkdir()
    (project.root / ".qualitygate" / ".gitignore").symlink_to(tmp_path / "victim")
    assert project.run("check").code == 0
    assert not (tmp_path / "victim").exists()


def test_a_folder_named_by_the_environment_gets_no_gitignore(make_project):
    project = make_project({"a.py": "x = 1\n"})
    project.run("check", QUALITYGATE_CACHE_DIR=str(project.root))
    assert not (project.root / ".gitignore").exists()


def test_today_is_recorded(make_project):
    _, report = make_project({"a.py": "x = 1\n"}).check("--today", "2026-01-02")
    assert report["overrides"] == ["--today 2026-01-02"]


def test_nothing_is_written_into_the_project_but_its_own_ignored_folder(make_project):
    project = make_project({"a.py": BAD_PY, "a.rst": "T\n=\n", "a.yaml": "---\na: 1\n"})
    project.run("check")
    assert sorted(os.listdir(project.root)) == [".git", ".qualitygate", "a.py", "a.rst", "a.yaml"]
    assert (project.root / ".qualitygate" / ".gitignore").read_text() == "*\n"


def test_version_and_help_import_no_tool(make_project):
    project = make_project({})
    assert project.run("--version").out.startswith("qualitygate 0.")
    result = project.run("--help", PYTHONPROFILEIMPORTTIME="1")
    assert "check" in result.out
    imported = {line.rpartition("|")[2].strip().partition(".")[0] for line in result.err.splitlines()}
    assert "qualitygate" in imported
    assert not imported & {"flake8", "bandit", "docutils", "doc8", "radon", "xenon", "yamllint", "pebble"}


def test_a_mistyped_command_names_the_nearest(make_project):
    result = make_project({}).run("chekc")
    assert result.code == 2
    assert "Did you mean 'check'" in result.err
