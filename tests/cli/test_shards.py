"""`check --shard` and `merge` as their users see them."""

from __future__ import annotations

import json
import os
import re

import pytest

from tests.conftest import git
from tests.parity import corpora

CONFIG = """
[tool.qualitygate]
paths = ["."]
checks = ["flake8", "doc8", "yamllint", "bandit", "radon", "xenon"]
unreadable-ok = ["src/broken.py", "nowhere/**"]

[tool.qualitygate.flake8]
max-findings = 100

[tool.qualitygate.bandit]
soft-fail = { reason = "old", max-findings = 2 }

[tool.qualitygate.radon]
args = ["-s"]
max-findings = "any"

[tool.qualitygate.xenon]
args = ["--max-average-num=2.1", "--max-absolute=C"]
soft-fail = true
"""
BRANCHES = "def f(x):\n" + "".join(f"    if x == {n}:\n        return {n}\n" for n in range(12)) + "    return x\n"
FILES = {
    "src/a.py": "import os\nimport os\n\n\ndef f(x):\n    assert x\n    return eval(x)\n",
    "src/b.py": BRANCHES,
    "src/c.py": "def g():\n    return 1\n",
    "src/d.py": "def h(x):\n    return x and 1\n\n\ndef i():\n    return eval('1')\n",
    "src/broken.py": "def f(:\n",
    "src/other_broken.py": "def f(:\n",
    "docs/a.rst": "Title\n====\n",
    "docs/b.rst": "Title\n=====\n\n" + "x" * 90 + "\n",
    "b.yaml": "a: [1,2]\n",
    "c.yaml": "---\na:   1\n",
    "pyproject.toml": CONFIG,
}


@pytest.fixture
def project(make_project):
    return make_project(FILES)


@pytest.fixture
def reports(tmp_path):
    folder = tmp_path / "reports"
    folder.mkdir()
    return folder


def run_shards(project, reports, count, *args, **env):
    """Run each of *count* shards; gives their report files."""
    files = [str(reports / f"{number}.json") for number in range(1, count + 1)]
    for number, file in enumerate(files, start=1):
        result = project.run("check", "--shard", f"{number}/{count}", "--report", f"json={file}", *args, **env)
        assert result.code == 0, result.err
    return files


def merge(project, files, *args):
    result = project.run("merge", *files, "--report", "json=-", *args)
    return result, json.loads(result.out) if result.out else {}


def timeless(report):
    """*report* without what differs between two runs over the same files."""
    checks = [{key: check[key] for key in check if key not in ("seconds", "cached")} for check in report["checks"]]
    return {key: report[key] for key in report if key not in ("started", "seconds")} | {"checks": checks}


def without_times(text):
    return re.sub(r" +[0-9.]+s\b", "", text)


def change(file, edit):
    """Rewrite the JSON in *file*."""
    with open(file, encoding="utf-8") as stream:
        document = json.load(stream)
    edit(document)
    with open(file, "w", encoding="utf-8") as stream:
        json.dump(document, stream)


@pytest.mark.parametrize("count", [1, 2, 3, 12])  # of which some have no file
def test_the_merged_report_is_that_of_a_run_over_all_files(project, reports, count):
    whole, expected = project.check("--no-cache")

    result, merged = merge(project, run_shards(project, reports, count, "--no-cache"))

    assert timeless(merged) == timeless(expected)
    assert result.code == whole.code == 1
    assert without_times(result.err) == without_times(whole.err)
    assert {run["check"]: run["outcome"] for run in merged["checks"]} == {
        "flake8": "fail", "doc8": "fail", "yamllint": "fail", "bandit": "soft-fail", "radon": "fail",
        "xenon": "soft-fail",
    }


def test_every_file_is_looked_at_by_exactly_one_shard(project, reports):
    files = run_shards(project, reports, 3)

    documents = [json.loads(open(file, encoding="utf-8").read()) for file in files]
    everything = json.loads(project.run("check", "--report", "json=-").out)
    for place, check in enumerate(everything["checks"]):
        assert sum(document["checks"][place]["files"] for document in documents) == check["files"]
    assert sum(document["files"] for document in documents) == everything["files"]
    of_files = [{finding["path"] for finding in document["findings"]} for document in documents]
    assert not (of_files[0] & of_files[1] or of_files[0] & of_files[2] or of_files[1] & of_files[2])


def test_a_shard_is_not_judged_and_says_what_to_do_next(project, reports):
    file = reports / "1.json"
    result = project.run(
        "check", "--shard", "1/2", "--report", f"json={file}", "--report", f"text={reports / 'text'}", "-v"
    )

    assert result.code == 0
    report = json.loads(file.read_text())
    assert (report["verdict"], report["exit_code"], report["shard"]["index"]) == ("unjudged", 0, 1)
    assert {check["outcome"] for check in report["checks"]} == {None}
    assert "shard 1 of 2" in result.err and "qualitygate merge REPORT..." in result.err and "flake8" in result.err
    assert "passed" not in result.err and "failed" not in result.err
    assert "not judged: shard 1 of 2" in (reports / "text").read_text()


def test_the_average_is_that_of_all_files_and_is_found_by_no_shard(project, reports):
    whole = [one for one in project.check()[1]["findings"] if one["rule"] == "average"]
    files = run_shards(project, reports, 2)

    assert len(whole) == 1
    found = [one for file in files for one in json.loads(open(file, encoding="utf-8").read())["findings"]]
    assert found and not [one for one in found if one["rule"] == "average"]
    assert [one for one in merge(project, files)[1]["findings"] if one["rule"] == "average"] == whole


def test_a_cache_filled_by_shards_serves_a_whole_run_and_the_other_way_round(project, reports):
    expected = timeless(project.check("--no-cache")[1])

    for _ in range(2):  # the second time everything is known
        files = run_shards(project, reports, 2)
        assert timeless(merge(project, files)[1]) == expected
        assert timeless(project.check()[1]) == expected


def test_what_a_shard_knows_is_not_taken_for_a_whole_project(make_project, reports):
    project = make_project({"src/b.py": BRANCHES, "pyproject.toml": CONFIG.replace('"src/broken.py", ', "").replace(
        '"flake8", "doc8", "yamllint", "bandit", "radon", ', "")})
    run_shards(project, reports, 1)  # the same files as a whole run, but not its average

    assert "average" in {finding["rule"] for finding in project.check()[1]["findings"]}


def test_soft_failures_are_judged_once_under_the_options_of_the_merge(make_project, reports):
    bandit = '[tool.qualitygate]\nchecks = ["bandit"]\n[tool.qualitygate.bandit]\n'
    bad = {f"{name}.py": f"x{name} = eval('1')\n" for name in "abcd"}
    soft = 'soft-fail = { reason = "old", until = 2030-01-01, max-findings = 4 }\n'
    project = make_project({**bad, "pyproject.toml": bandit + soft})
    files = run_shards(project, reports, 2)

    assert merge(project, files, "--today", "2029-12-31")[1]["verdict"] == "soft-fail"
    assert merge(project, files, "--today", "2030-01-02")[0].code == 1
    assert merge(project, files, "--soft-exit-code", "10", "--today", "2029-12-31")[0].code == 10
    strict, report = merge(project, files, "--strict", "--exit-zero")
    assert (strict.code, report["verdict"], report["overrides"]) == (0, "fail", ["--strict", "--exit-zero"])
    project.write({"pyproject.toml": bandit + soft.replace("4", "3")})
    assert merge(project, run_shards(project, reports, 2), "--today", "2029-12-31")[1]["verdict"] == "fail"


@pytest.mark.parametrize("narrowing", [["src"], ["--skip", "flake8"], ["--only", "xenon", "src/b.py", "src/c.py"]])
def test_a_narrowed_run_can_be_divided(project, reports, narrowing):
    expected = project.check(*narrowing)[1]

    merged = merge(project, run_shards(project, reports, 2, *narrowing))[1]

    assert merged["scope"] == "partial"
    assert timeless(merged) == timeless(expected)


def test_shards_of_a_folder_below_the_top_of_the_repository_can_be_merged(make_project, reports):
    project = make_project({f"services/a/{name}": text for name, text in FILES.items()})
    project.root = project.root / "services" / "a"

    assert timeless(merge(project, run_shards(project, reports, 2))[1]) == timeless(project.check()[1])


@pytest.mark.parametrize("stored", [["--at", "HEAD"], ["--staged"]])
def test_what_git_has_stored_can_be_divided(project, reports, stored):
    expected = project.check(*stored)[1]
    files = run_shards(project, reports, 2, *stored)
    project.write({"pyproject.toml": CONFIG.replace("100", "1000"), "src/new.py": "import os\n"})

    assert timeless(merge(project, files)[1]) == timeless(expected)


def test_names_that_are_not_utf8_belong_to_a_shard_too(make_project, reports):
    project = make_project(FILES)
    for number in range(3):
        with open(os.path.join(os.fsencode(project.root), b"src/odd\xff%d.py" % number), "w") as stream:
            stream.write("import os\ndef f(:\n" if number == 1 else "import os\n")
    project.commit()

    assert timeless(merge(project, run_shards(project, reports, 3))[1]) == timeless(project.check()[1])


def test_auto_is_what_the_pipeline_says(project, reports):
    file = reports / "1.json"
    result = project.run(
        "check", "--shard", "auto", "--report", f"json={file}", CI_NODE_INDEX="2", CI_NODE_TOTAL="3"
    )

    assert result.code == 0
    shard = json.loads(file.read_text())["shard"]
    assert (shard["index"], shard["count"]) == (2, 3)


@pytest.mark.parametrize(
    ("shard", "environment", "said"),
    [
        ("0/2", {}, "there is no shard 0 of 2"),
        ("3/2", {}, "there is no shard 3 of 2"),
        ("x", {}, "not two numbers"),
        ("1/", {}, "not two numbers"),
        ("-1/2", {}, "not two numbers"),
        ("1/2/3", {}, "not two numbers"),
        ("auto", {}, "CI_NODE_INDEX and CI_NODE_TOTAL not set"),
        ("auto", {"CI_NODE_TOTAL": "1"}, "CI_NODE_INDEX not set"),
        ("auto", {"CI_NODE_INDEX": "3", "CI_NODE_TOTAL": "2"}, "there is no shard 3 of 2"),
    ],
)
def test_a_shard_that_can_not_be_is_a_usage_error(make_project, reports, shard, environment, said):
    project = make_project({"a.py": "x = 1\n"})
    scrubbed = {"CI_NODE_INDEX": "", "CI_NODE_TOTAL": ""} | environment
    result = project.run("check", f"--shard={shard}", "--report", f"json={reports / 'x'}", **scrubbed)

    assert result.code == 2
    assert said in result.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "--report json=FILE"),
        (["--report", "text=-"], "--report json=FILE"),
        (["--report", "json=-", "--strict"], "--strict: a shard does not judge"),
        (["--report", "json=-", "--exit-zero", "--soft-exit-code=3"], "--exit-zero, --soft-exit-code: a shard"),
        (["--report", "json=-", "--today=2030-01-01"], "--today: a shard does not judge"),
    ],
)
def test_what_makes_no_sense_in_a_shard_is_refused(make_project, arguments, said):
    result = make_project({"a.py": "x = 1\n"}).run("check", "--shard", "1/2", *arguments)

    assert result.code == 2
    assert said in result.err


def test_a_configured_check_without_files_stops_every_shard_but_one_without_files_here_does_not(make_project, reports):
    config = '[tool.qualitygate]\nchecks = ["flake8", "doc8"]\n'
    project = make_project({"a.py": "x = 1\n", "pyproject.toml": config})
    for shard in ("1/2", "2/2"):
        result = project.run("check", "--shard", shard, "--report", f"json={reports / 'x'}")
        assert result.code == 2 and "doc8 is configured, but finds no file" in result.err
    project.write({"b.rst": "Title\n=====\n"})

    result, report = merge(project, run_shards(project, reports, 5))
    assert (result.code, report["verdict"]) == (0, "pass")


def test_a_project_without_files_is_nothing_also_when_it_is_divided(make_project, reports):
    project = make_project({}, git=False)

    result, report = merge(project, run_shards(project, reports, 2))

    assert (result.code, report["verdict"]) == (4, "nothing")


# --- reports that can not be merged --------------------------------------------------------------------------------


def tamper_share(key, value):
    def edit(document):
        document["shard"]["shares"][0][key] = value

    return edit


def drop_share(document):
    del document["shard"]["shares"][0]


REFUSED = {
    "other configuration": (lambda d: d.update(config_digest="0" * 64), "another configuration"),
    "other version": (lambda d: d.update(qualitygate="0.0.1"), "was made by qualitygate 0.0.1"),
    "other python": (lambda d: d["shard"].update(python="3.9.9"), "differ in the version of Python: 3.9.9 and"),
    "other tool": (lambda d: d["checks"][0].update(version="1.0"), "check flake8, its tool and version"),
    "other plug-ins": (
        tamper_share("packages", ["flake8-bugbear 24"]), "check flake8, its tool's dependencies and plug-ins",
    ),
    "other commit": (lambda d: d["source"].update(commit="c" * 40), "differ in the commit"),
    "other tree": (lambda d: d["source"].update(tree="c" * 40), "differ in the tree of the commit"),
    "other kind": (lambda d: d["source"].update(kind="index"), "differ in the kind of source"),
    "other folder": (lambda d: d.update(root_prefix="x/"), "differ in the folder of the project"),
    "other scope": (lambda d: d.update(overrides=["--allow-local-plugins"]), "differ in what they were narrowed to"),
    "other checks": (lambda d: d.update(checks=d["checks"][1:], findings=[], measurements=[]), "differ in the checks"),
    "unknown check": (lambda d: d["checks"][0].update(check="x"), "not among its checks"),
    "other native configuration": (
        lambda d: d["checks"][0].update(config_files=[".flake8"]), "the tool's own configuration files",
    ),
    "other number": (lambda d: d["shard"].update(count=4), "differ in the number of shards: 4 and 3"),
    "no such shard": (lambda d: d["shard"].update(index=9), "is shard 9 of 3, which can not be"),
    "twice": (lambda d: d["shard"].update(index=2), "are both shard 2 of 3"),
    "other files": (tamper_share("all_visits", 77), "check flake8, the number of all its files"),
    "other contents": (tamper_share("all_digest", "0" * 32), "differ in the files of flake8; run all shards on the"),
    "other inputs": (tamper_share("inputs", "0" * 40), "differ in the configuration files, packages or locale of"),
    "too many": (tamper_share("visits", 77), "file visits of all shards together are not the"),
    "overlapping": (tamper_share("digest", "0" * 32), "file visits of all shards together are not the"),
    "silent": (drop_share, "does not say what check flake8 was given"),
    "no digest": (tamper_share("digest", "x"), "not a report of qualitygate"),
    "no inputs": (tamper_share("inputs", "x"), "not a report of qualitygate"),
    "index 0": (lambda d: d["shard"].update(index=0), "not a report of qualitygate"),
}


@pytest.fixture(scope="module")
def shards(tmp_path_factory):
    """A project, and the reports of its three shards."""
    from tests.conftest import Project

    folder = tmp_path_factory.mktemp("shards")
    (folder / "home").mkdir()
    (folder / "reports").mkdir()
    made = Project(folder / "project", folder / "home").write(FILES).commit()
    files = run_shards(made, folder / "reports", 3)
    return made, {os.path.basename(file): open(file, encoding="utf-8").read() for file in files}


@pytest.fixture
def copied(shards, reports):
    """The same, with reports that may be changed."""
    made, texts = shards
    for name, text in texts.items():
        (reports / name).write_text(text, encoding="utf-8")
    return made, [str(reports / name) for name in sorted(texts)]


@pytest.mark.parametrize("case", REFUSED)
def test_a_report_that_does_not_belong_to_the_others_is_refused(copied, case):
    project, files = copied
    edit, said = REFUSED[case]
    change(files[0], edit)

    result = project.run("merge", *files)

    assert result.code == 3, result.err
    assert said in result.err
    assert result.last_line == "qualitygate: no verdict: the reports are not all shards of one run"


def test_the_files_that_disagree_are_named(copied):
    project, files = copied
    change(files[1], lambda document: document["source"].update(commit="c" * 40))

    err = project.run("merge", *files).err

    assert f"{files[0]} and {files[1]} differ in the commit" in err
    assert f"{files[0]} and {files[2]}" not in err


def test_a_missing_shard_is_named_and_one_that_is_there_twice(copied):
    project, files = copied

    missing = project.run("merge", files[0], files[2])
    twice = project.run("merge", files[0], *files)

    assert missing.code == 3 and "shard 2 of 3 is missing" in missing.err
    assert twice.code == 3 and f"{files[0]} and {files[0]} are both shard 1 of 3" in twice.err


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"schema": "qualitygate-report/1"}'])
def test_a_file_that_is_no_whole_report_leaves_no_verdict(copied, text):
    project, files = copied
    with open(files[1], "w") as stream:
        stream.write(text)

    result = project.run("merge", *files)

    assert result.code == 3
    assert files[1] in result.err and "not a report of qualitygate" in result.err


def test_a_report_that_was_cut_short_leaves_no_verdict(copied):
    project, files = copied
    os.truncate(files[2], os.path.getsize(files[2]) // 2)

    assert project.run("merge", *files).code == 3


def test_what_a_killed_shard_leaves_is_not_taken_for_its_report(copied):
    project, files = copied
    project.run("check", "--shard", "nonsense", "--report", f"json={files[1]}")

    result = project.run("merge", *files)

    assert result.code == 3
    assert f"{files[1]} was left by a run that did not finish" in result.err


def test_a_report_that_is_not_there_is_a_usage_error(copied):
    project, files = copied

    result = project.run("merge", *files, "nowhere.json")

    assert result.code == 2
    assert "nowhere.json" in result.err
    assert project.run("merge").code == 2


def test_the_report_of_a_whole_run_is_no_shard(copied, reports):
    project, files = copied
    whole = str(reports / "whole.json")
    project.run("check", "--report", f"json={whole}")

    for given in ([whole], [*files, whole]):
        result = project.run("merge", *given)
        assert result.code == 2
        assert "is the report of a whole run" in result.err and "--shard I/N" in result.err


def test_a_report_is_never_written_over_one_that_is_to_be_merged(copied):
    project, files = copied
    before = open(files[0], encoding="utf-8").read()

    result = project.run("merge", *files, "--report", f"json={files[0]}")

    assert result.code == 2
    assert "is to be merged and to be written" in result.err
    assert open(files[0], encoding="utf-8").read() == before


def test_a_refused_merge_leaves_no_older_verdict(copied, reports):
    project, files = copied
    target = reports / "merged.json"
    assert project.run("merge", *files, "--report", f"json={target}").code == 1
    assert json.loads(target.read_text())["verdict"] == "fail"

    assert project.run("merge", files[0], "--report", f"json={target}").code == 3

    assert json.loads(target.read_text())["verdict"] == "unjudged"


def test_reports_of_another_commit_than_the_one_checked_out_are_refused(make_project, reports):
    project = make_project(FILES)
    files = run_shards(project, reports, 2)
    project.write({"src/a.py": "x = 1\n"}).commit()

    result = project.run("merge", *files)

    assert result.code == 3
    assert "the one checked out here is" in result.err


def test_reports_made_under_another_configuration_are_refused(make_project, reports):
    project = make_project(FILES)
    files = run_shards(project, reports, 2)
    project.write({"pyproject.toml": CONFIG.replace("max-findings = 100", "max-findings = 1000")})

    result = project.run("merge", *files)

    assert result.code == 3
    assert "another configuration" in result.err


def test_a_check_that_breaks_in_one_shard_is_broken(make_project, reports):
    project = make_project({"a.py": "x = 1\n", "b.py": "x = 1\n", "c.py": "x = 1\n", "d.py": "y = 2\n"})
    codes = []
    files = [str(reports / f"{number}.json") for number in (1, 2)]
    for number, file in enumerate(files, start=1):
        timeout = ["--file-timeout", "0.000001"] if number == 2 else []
        result = project.run(
            "check", "--only", "flake8", "--shard", f"{number}/2", "--report", f"json={file}", "--no-cache", *timeout
        )
        codes.append(result.code)
    assert codes == [0, 3]

    result, report = merge(project, files)

    assert (result.code, report["verdict"]) == (3, "broken")
    assert "(shard 2 of 2)" in result.err


# --- contents ------------------------------------------------------------------------------------------------------

UNUSED = {f"f{number}.py": "import os\n" for number in range(6)}
EMPTY = dict.fromkeys(UNUSED, "")
ONLY_FLAKE8 = {"pyproject.toml": '[tool.qualitygate]\nchecks = ["flake8"]\n'}
DIFFERENT = "the shards looked at different contents"
UNCOMMITTED = "shards were made with uncommitted changes"


def one_shard(project, reports, number, *args, **env):
    """Run one shard of two; gives its report file."""
    file = str(reports / f"{number}.json")
    result = project.run("check", "--shard", f"{number}/2", "--report", f"json={file}", *args, **env)
    assert result.code == 0, result.err
    return file


def require_refused(project, files, said):
    result = project.run("merge", *files)
    assert result.code == 3, result.err
    assert f"{DIFFERENT}: {files[0]} and {files[1]} differ in {said} of flake8; " in result.err


@pytest.mark.parametrize("args", [[], ["--no-cache"]])
def test_shards_that_hid_the_findings_in_turn_are_refused(make_project, reports, args):
    project = make_project({**UNUSED, **ONLY_FLAKE8, ".flake8": "[flake8]\n"})
    project.write({".flake8": "[flake8]\nignore = F\n"})
    files = [one_shard(project, reports, 1, *args)]
    project.write({".flake8": "[flake8]\n", **EMPTY})
    files.append(one_shard(project, reports, 2, *args))
    project.write(UNUSED)
    assert project.check()[0].code == 1

    require_refused(project, files, "the files")
    require_refused(project, files, "the configuration files, packages or locale")


def test_shards_under_other_native_configuration_are_refused(make_project, reports):
    project = make_project({**UNUSED, **ONLY_FLAKE8, ".flake8": "[flake8]\nignore = F\n"})
    files = [one_shard(project, reports, 1)]
    project.write({".flake8": "[flake8]\nignore = E\n"})
    files.append(one_shard(project, reports, 2))

    require_refused(project, files, "the configuration files, packages or locale")


def test_shards_with_the_same_uncommitted_changes_are_merged_with_a_warning(make_project, reports):
    project = make_project({**EMPTY, **ONLY_FLAKE8})
    assert UNCOMMITTED not in merge(project, run_shards(project, reports, 2))[1]["warnings"]
    project.write(UNUSED)

    result, report = merge(project, run_shards(project, reports, 2))

    assert (result.code, len(report["findings"])) == (1, 6)
    assert report["warnings"].count(UNCOMMITTED) == 1


def test_shards_of_different_indexes_are_refused(make_project, reports):
    project = make_project({**UNUSED, **ONLY_FLAKE8})
    files = []
    for number, text in ((1, "x = 1\n"), (2, "x = 2\n")):
        project.write({"f0.py": text})
        git(project.root, "add", "-A")
        files.append(one_shard(project, reports, number, "--staged"))

    require_refused(project, files, "the files")


def test_shards_of_different_contents_without_git_are_refused(make_project, reports):
    project = make_project({**UNUSED, **ONLY_FLAKE8}, git=False)
    files = [one_shard(project, reports, 1)]
    project.write({"f0.py": ""})
    files.append(one_shard(project, reports, 2))

    require_refused(project, files, "the files")


def test_shards_of_two_checkouts_at_different_depths_with_other_homes_are_merged(make_project, reports, tmp_path):
    files = {**UNUSED, **ONLY_FLAKE8}
    project, other = make_project(files), make_project(files, name="some/where/else")
    (tmp_path / "other home").mkdir()
    other.home = tmp_path / "other home"
    both = [one_shard(project, reports, 1), one_shard(other, reports, 2, "--no-cache", PATH=os.environ["PATH"] + ":/x")]
    for file in both:  # they were committed at different times
        change(file, lambda document: document["source"].update(commit=None))

    assert merge(project, both)[0].code == 1


@pytest.mark.slow
@pytest.mark.parametrize("name", ["django"])
def test_a_real_project_is_the_same_divided_and_whole(make_project, reports, name):
    project = make_project({}, git=False)
    corpora.extract(name, project.root)
    project.root = project.root / name
    corpora.commit(project.root)

    expected = project.check()[1]
    merged = merge(project, run_shards(project, reports, 3))[1]

    assert timeless(merged) == timeless(expected)
