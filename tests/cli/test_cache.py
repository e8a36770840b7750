"""The cache as users see it: whatever an answer depends on is noticed, and nothing else costs anything."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.test_isolation import PLUGIN
from tests.conftest import Project, environment

CONFIG = """
[tool.qualitygate]
checks = ["flake8", "doc8", "yamllint", "bandit", "radon", "xenon"]
[tool.qualitygate.doc8]
paths = ["docs"]
[tool.qualitygate.radon]
args = ["-s"]
[tool.qualitygate.xenon]
args = ["--max-absolute=A", "--max-modules=A", "--max-average=A"]
"""
BRANCHES = "".join(f"    if x == {n}:\n        return {n}\n" for n in range(12))
FILES = {
    "src/a.py": "import os\n\n\ndef f(x):\n    return eval(x)\n",
    "src/b.py": f"def g(x):\n{BRANCHES}",
    "src/c.py": "x = __path__\n",
    "docs/a.rst": "Title\n=====\n\nText.\n",
    "docs/b.rst": "Title\n====\n",
    "a.yaml": "a: [1,2]\n",
    "b.yaml": "---\na: 1\n",
    "pyproject.toml": CONFIG,
}
PYTHON = {"flake8", "bandit", "radon", "xenon"}
ALL = PYTHON | {"doc8", "yamllint"}


def missed(report: dict) -> dict[str, int]:
    """Check -> number of files that were looked at."""
    return {one["check"]: one["files"] - one["cached"] for one in report["checks"] if one["files"] != one["cached"]}


def found(report: dict) -> tuple:
    """What the tools said, without what says how long it took or how it was known."""
    findings = [{key: value for key, value in one.items() if key != "fingerprint"} for one in report["findings"]]
    checks = [
        {key: one[key] for key in ("check", "version", "state", "outcome", "files", "counts", "errors", "limits")}
        for one in report["checks"]
    ]
    return findings, report["measurements"], checks, report["verdict"]


def by_rule(report: dict, check: str) -> dict[str, int]:
    return next(one["counts"]["by_rule"] for one in report["checks"] if one["check"] == check)


class Warm:
    """A project that was checked once."""

    def __init__(self, project: Project, *args: str, **env: str) -> None:
        self.project = project
        self.args, self.env = args, env
        self.report = self.check()

    def check(self, *args: str, **env: str) -> dict:
        result, report = self.project.check(*self.args, *args, **{**self.env, **env})
        assert result.code in (0, 1), result.err
        assert "warning" not in result.err or "cache" not in result.err, result.err
        return report

    def expect(self, misses: dict[str, int], *args: str, exact: bool = False, **env: str) -> dict:
        """Check again, which must look at just so many files; with *exact* compare with a run without cache."""
        report = self.check(*args, **env)
        assert missed(report) == misses
        if exact:
            assert found(report) == found(self.check("--no-cache", *args, **env))
        return report


@pytest.fixture
def warm(make_project) -> Warm:
    return Warm(make_project(FILES))


def test_a_run_in_which_nothing_changed_imports_no_tool_and_starts_no_worker(warm):
    assert missed(warm.report) == {check: one for check, one in zip(
        ("flake8", "doc8", "yamllint", "bandit", "radon", "xenon"), (3, 2, 2, 3, 3, 3), strict=True)}
    assert found(warm.check()) == found(warm.report)
    result = warm.project.run("check", "--report", "json=-", PYTHONPROFILEIMPORTTIME="1")
    assert missed(json.loads(result.out)) == {}
    imported = set(re.findall(r"\|\s+([\w.]+)$", result.err, flags=re.M))
    assert "qualitygate.gate" in imported
    heavy = {"flake8", "pycodestyle", "doc8", "docutils", "yamllint", "yaml", "bandit", "stevedore", "radon", "xenon",
             "pebble", "multiprocessing"}
    assert heavy & imported == set()


def test_an_edited_file_alone_is_looked_at_and_the_average_is_exact(warm):
    warm.project.write({"src/a.py": FILES["src/b.py"].replace("g(", "h(") + "\n\ndef f(x):\n    return x\n"})
    report = warm.expect(dict.fromkeys(PYTHON, 1), exact=True)
    assert by_rule(report, "flake8") == {"F821": 1}
    assert by_rule(report, "xenon")["average"] == 1
    warm.project.write({"src/a.py": FILES["src/a.py"]})
    assert found(warm.expect({})) == found(warm.report)


def test_the_same_content_under_another_name_is_another_file(warm):
    os.rename(warm.project.root / "src/c.py", warm.project.root / "src/__init__.py")
    report = warm.expect(dict.fromkeys(PYTHON, 1), exact=True)
    assert by_rule(warm.report, "flake8") == {"F401": 1, "F821": 1}
    assert by_rule(report, "flake8") == {"F401": 1}


def test_policy_costs_nothing(warm):
    for change in (
        ('args = ["-s"]', 'args = ["-s"]\nmax-findings = 0\nseverity = { cc = "info" }'),
        ("max-findings = 0", 'max-findings = "any"\nsoft-fail = true'),
        ("soft-fail = true", 'soft-fail = { reason = "old", until = 2199-01-01 }'),
        ("\n[tool.qualitygate]", '\n[project]\nname = "p"\nversion = "1"\n[tool.qualitygate]\nrequire-reason = true'),
    ):
        text = (warm.project.root / "pyproject.toml").read_text()
        assert change[0] in text
        warm.project.write({"pyproject.toml": text.replace(*change)})
        warm.expect({})
    warm.expect({}, exact=True)
    warm.expect({}, "--strict", "--exit-zero", "--report", f"text={warm.project.home}/x", "--jobs", "1")


def test_arguments_and_paths_concern_their_check_alone(warm):
    warm.project.write({"pyproject.toml": CONFIG + '[tool.qualitygate.flake8]\nargs = ["--ignore=F401"]\n'})
    assert by_rule(warm.expect({"flake8": 3}, exact=True), "flake8") == {"F821": 1}
    warm.project.write({"pyproject.toml": CONFIG.replace('["-s"]', '["-s"]\npaths = ["src/a.py"]')})
    warm.expect({})
    warm.project.write({"pyproject.toml": CONFIG.replace('["-s"]', '["-s"]\nmi-args = ["-m"]')})
    warm.expect({"radon": 3})


def test_a_native_configuration_file_concerns_its_tool_alone(warm):
    files = {one["check"]: one["files"] for one in warm.report["checks"]}
    for name, text, checks in (
        (".flake8", "[flake8]\nper-file-ignores =\n    src/a.py: F401\n", {"flake8"}),
        ("setup.cfg", "[radon]\ncc_min = C\n", {"flake8", "doc8", "radon", "xenon"}),
        (".yamllint", "extends: default\nrules: {commas: disable}\n", {"yamllint"}),
        ("src/.bandit", "[bandit]\nskips: B307\n", {"bandit"}),
        ("docutils.conf", "[general]\nlanguage_code: xx\n", {"doc8"}),
        ("radon.cfg", "[radon]\ncc_min = C\n", {"radon", "xenon"}),
        ("~/.config/yamllint/config", "rules: {}\n", {"yamllint"}),
        ("~/.radon.cfg", "[radon]\ncc_min = C\n", {"radon", "xenon"}),
        ("../.flake8", "[flake8]\nextend-ignore = F401\n", {"flake8"}),
    ):
        path = warm.project.root / name.replace("~", str(warm.project.home))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        now = warm.check()
        misses = missed(now)
        assert set(misses) == checks, name
        assert all(misses[check] >= files[check] for check in checks), name
        if name != "src/.bandit":  # which the default arguments overrule
            assert found(now)[:2] != found(warm.report)[:2], name
        path.unlink()
        assert found(warm.expect({})) == found(warm.report), name


def test_files_that_a_configuration_names_are_noticed(make_project):
    project = make_project({
        **FILES,
        ".yamllint": "extends: base.conf\nignore-from-file: ignored.txt\n",
        "base.conf": "extends: default\n",
        "ignored.txt": "none\n",
    })
    warm = Warm(project, "--only", "yamllint")
    assert by_rule(warm.report, "yamllint")["commas"] == 1
    project.write({"base.conf": "extends: default\nrules: {commas: disable}\n"})
    assert "commas" not in by_rule(warm.check(), "yamllint")
    project.write({"ignored.txt": "b.yaml\n", "base.conf": "extends: default\n"})
    report = warm.check()
    assert [one["files"] for one in report["checks"]] == [warm.report["checks"][0]["files"] - 1]
    assert found(report) == found(warm.check("--no-cache"))


def test_the_environment_concerns_the_tools_that_read_it(warm):
    report = warm.expect({"flake8": 3}, exact=True, PYFLAKES_BUILTINS="__path__")
    assert by_rule(report, "flake8") == {"F401": 1}
    warm.expect({"radon": 3, "xenon": 3}, RADONFILESENCODING="latin-1")
    warm.expect(missed(warm.report), PYTHONWARNINGS="ignore")
    warm.expect({}, EDITOR="vi", LC_MESSAGES="C")


def test_an_unchanged_tree_is_not_even_read(warm):
    strace = shutil.which("strace")
    if strace is None:
        pytest.skip("needs strace")
    time.sleep(2.2)  # until the clock has certainly moved on since the files were written
    warm.check()
    log = warm.project.home / "log"
    done = subprocess.run(
        [strace, "-o", log, "-e", "trace=open,openat", sys.executable, "-P", "-m", "qualitygate", "check"],
        cwd=warm.project.root, env=environment(warm.project.home), capture_output=True, text=True, timeout=100,
    )
    opened = log.read_text()
    if "qualitygate" not in opened:
        pytest.skip(f"strace can not trace here: {done.stderr[-200:]}")
    assert "cache.sqlite3" in opened
    assert [name for name in FILES if name != "pyproject.toml" and f"project/{name}" in opened] == []


def test_in_ci_time_stamps_prove_nothing_and_contents_everything(warm, tmp_path):
    when = time.time() - 10**6
    for path in warm.project.root.rglob("*"):
        if ".git" not in path.parts:
            os.utime(path, (when, when))
    warm.expect({}, CI="1")
    # The same size and all times as before can not be made on purpose; the index must not even be asked.
    warm.project.write({"src/a.py": FILES["src/a.py"].replace("os", "re")})
    warm.expect(dict.fromkeys(PYTHON, 1), exact=True, CI="1")


def test_a_project_that_moved_with_its_cache_hits(warm, tmp_path):
    shutil.copytree(warm.project.root, tmp_path / "elsewhere", symlinks=True)
    moved = Project(tmp_path / "elsewhere", warm.project.home)
    result, report = moved.check()
    assert missed(report) == {}
    assert found(report) == found(warm.report)


def test_two_projects_in_one_folder_do_not_disturb_each_other(make_project, tmp_path):
    shared = str(tmp_path / "shared")
    one = Warm(make_project(FILES, name="one"), "--cache-dir", shared)
    others = {name: text + "# 2\n" if name.endswith(".py") else text for name, text in FILES.items()}
    other = Warm(make_project(others, name="two"), QUALITYGATE_CACHE_DIR=shared)
    assert set(missed(other.report)) == PYTHON  # what is the same is known
    for project in (one, other):
        assert found(project.expect({})) == found(project.report)
        assert not (project.project.root / ".qualitygate").exists()
    assert len(list(Path(shared).glob("last-run-*.json"))) == 2
    assert "flake8" in one.project.run("doctor", QUALITYGATE_CACHE_DIR=shared).out


def test_the_cache_may_lie_anywhere_in_the_project(make_project):
    warm = Warm(make_project(FILES), "--cache-dir", "build/cache")
    assert warm.report["source"]["dirty"] is False
    warm.expect({})
    for folder in ("src", "."):  # not of its own, so that nothing there is hidden from git
        warm = Warm(warm.project, "--cache-dir", folder)
        assert warm.report["source"]["dirty"] is False
        assert found(warm.expect({})) == found(warm.report)
        for path in (*(warm.project.root / folder).glob("cache.*"), *(warm.project.root / folder).glob("last-run-*")):
            path.unlink()


def test_narrowed_runs_leave_the_others_what_they_know(warm):
    warm.expect({}, "--only", "flake8", "src/a.py")
    warm.project.write({"src/a.py": "x = 1\n"})
    warm.expect({"flake8": 1}, "--only", "flake8", "src")
    warm.expect({"bandit": 1, "radon": 1, "xenon": 1}, exact=True)
    warm.expect({}, "docs", exact=True)
    warm.expect({})


def test_no_cache_neither_reads_nor_writes(make_project):
    project = make_project(FILES)
    project.check("--no-cache")
    assert not (project.root / ".qualitygate").exists()
    warm = Warm(project)
    folder = project.root / ".qualitygate"
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}
    report = warm.check("--no-cache")
    assert all(check["cached"] == 0 for check in report["checks"])
    assert before == {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}


def test_files_that_are_wrong_are_judged_the_same_from_the_cache(make_project):
    warm = Warm(make_project({
        **FILES, "src/d.py": "def f(:\n", "src/e.py": b"x = '\xff'\n", "src/f.py": b"\0\n", "docs/c.rst": b"\xff\n",
        "c.yaml": "a: [\n",
    }))
    report = warm.check()
    assert found(report) == found(warm.report)
    assert found(report) == found(warm.check("--no-cache"))
    assert set(missed(report)) <= {"doc8"}
    (warm.project.root / "src/g.py").symlink_to("nowhere")
    report = warm.check()
    again = warm.expect({check: 1 for check in missed(report)}, exact=True)
    assert "unreadable" in {error["kind"] for check in again["checks"] for error in check["errors"]}
    (warm.project.root / "src/nowhere").write_text("import os\n")
    assert by_rule(warm.check(), "flake8")["F401"] == 2
    assert found(warm.check()) == found(warm.check("--no-cache"))


# --- documents that depend on others ----------------------------------------------------------------------------------


def test_included_files_are_noticed_when_they_change_come_and_go(make_project):
    project = make_project({
        "docs/a.rst": "Title\n=====\n\n.. include:: part.inc\n\n.. csv-table::\n   :file: t.csv\n",
        "docs/0.rst": "Title\n=====\n",
        "docs/part.inc": "Text.\n",
        "docs/t.csv": "1,2\n",
        "pyproject.toml": '[tool.qualitygate]\nchecks = ["doc8"]\n',
    })
    warm = Warm(project)
    assert by_rule(warm.report, "doc8") == {}
    project.write({"docs/part.inc": "*Text.\n"})
    assert by_rule(warm.expect({"doc8": 1}, exact=True), "doc8") == {"D000": 1}
    (project.root / "docs/part.inc").unlink()
    assert by_rule(warm.expect({"doc8": 1}, exact=True), "doc8") == {"D000": 1}
    project.write({"docs/part.inc": "Text.\n", "docs/t.csv": '1,2\n"'})
    report = warm.expect({"doc8": 1}, exact=True)
    assert by_rule(report, "doc8") == {"D000": 1}
    project.write({"docs/t.csv": "1,2\n"})
    assert by_rule(warm.expect({"doc8": 1}), "doc8") == {}


def test_roles_of_earlier_documents_are_noticed_when_they_change_come_and_go(make_project):
    role = ".. role:: foo(literal)\n\nTitle\n=====\n"
    project = make_project({
        "docs/a.rst": "Title\n=====\n",
        "docs/b.rst": "Title\n=====\n\n:foo:`x` text.\n",
        "docs/c.rst": "Title\n=====\n",
        "pyproject.toml": '[tool.qualitygate]\nchecks = ["doc8"]\n'
        '[tool.qualitygate.doc8]\nargs = ["--no-sphinx"]\n',
    })
    warm = Warm(project)
    assert by_rule(warm.report, "doc8") == {"D000": 1}
    project.write({"docs/a.rst": role})  # a changed; what b and c owe to it too
    assert by_rule(warm.expect({"doc8": 3}, exact=True), "doc8") == {}
    os.rename(project.root / "docs/a.rst", project.root / "docs/z.rst")
    assert by_rule(warm.check(), "doc8") == {"D000": 1}
    assert found(warm.check()) == found(warm.check("--no-cache"))
    os.rename(project.root / "docs/z.rst", project.root / "docs/a.rst")
    assert by_rule(warm.expect({}), "doc8") == {}
    project.write({"docs/a.rst": role.replace("foo", "bar")})
    assert by_rule(warm.expect({"doc8": 3}, exact=True), "doc8") == {"D000": 1}


def test_a_script_is_seen_as_soon_as_it_is_one(make_project):
    config = CONFIG.replace('"flake8", "doc8", "yamllint", "bandit", ', "")
    config = config.replace('\n[tool.qualitygate.doc8]\npaths = ["docs"]', "")
    warm = Warm(make_project({"src/a.py": "x = 1\n", "run": FILES["src/b.py"], "pyproject.toml": config}))
    assert [check["files"] for check in warm.report["checks"]] == [1, 1]
    warm.project.write({"run": "#!/usr/bin/env python3\n" + FILES["src/b.py"]})
    report = warm.expect({"radon": 1, "xenon": 1})
    assert [check["files"] for check in report["checks"]] == [2, 2]
    warm.project.write({"run": FILES["src/b.py"]})
    assert found(warm.expect({})) == found(warm.report)


# --- plug-ins and versions --------------------------------------------------------------------------------------------


def install(site: Path, name: str, version: str, **files: str) -> None:
    for old in site.glob(f"{name}-*.dist-info"):
        shutil.rmtree(old)
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    for file, text in files.items():
        (info / file.replace("__", ".")).write_text(text)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder for PYTHONPATH, with a flake8 plug-in in it that is not installed."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "flake8_evil.py").write_text(PLUGIN)
    return folder


ENTRY = "[flake8.extension]\nEVI = flake8_evil:Plugin\n"


def test_another_version_of_a_dependency_concerns_its_tools_alone(make_project, site):
    warm = Warm(make_project(FILES), PYTHONPATH=str(site))
    for name, checks in (
        ("pycodestyle", {"flake8": 3}), ("restructuredtext_lint", {"doc8": 2}),
        ("mando", {"flake8": 3, "radon": 3, "xenon": 3}),  # radon is a plug-in of flake8, too
        ("unrelated", {}),
    ):
        install(site, name, "99.0", RECORD=f"{name}.py,sha256=abc,1\n")
        warm.expect(checks)
        install(site, name, "99.0", RECORD=f"{name}.py,sha256=xyz,1\n")
        warm.expect(checks)


def test_answers_of_an_unknown_plugin_are_not_kept_unless_it_is_named(make_project, site):
    warm = Warm(make_project(FILES), "--only", "flake8", PYTHONPATH=str(site))
    warm.expect({})
    install(site, "flake8_evil", "1.0", entry_points__txt=ENTRY)
    warm.expect({"flake8": 3})
    warm.expect({"flake8": 3})
    explained = warm.project.run("cache", "explain", "src/a.py", PYTHONPATH=str(site)).out
    assert "flake8-evil 1.0" in explained.replace("_", "-")
    named = CONFIG + '[tool.qualitygate.flake8]\ncacheable-plugins = ["Flake8.Evil"]\n'
    warm.project.write({"pyproject.toml": named})
    warm.expect({"flake8": 3})
    warm.expect({})
    install(site, "flake8_evil", "1.1", entry_points__txt=ENTRY)
    warm.expect({"flake8": 3})
    warm.expect({})
    install(site, "flake8_evil", "1.1", entry_points__txt=ENTRY, direct_url__json='{"dir_info":{"editable":true}}')
    warm.expect({"flake8": 3})
    warm.expect({"flake8": 3}, exact=True)
    assert "editable" in warm.project.run("cache", "explain", "src/a.py", PYTHONPATH=str(site)).out


def test_metadata_in_the_project_does_not_stand_for_what_is_installed(make_project, site):
    install(site, "pycodestyle", "99.0", RECORD="x.py,sha256=abc,1\n")
    project = make_project(FILES)
    warm = Warm(project, "--only", "flake8", PYTHONPATH=f"{project.root}{os.pathsep}{site}")
    install(project.root, "pycodestyle", "99.0", RECORD="x.py,sha256=evil,1\n")
    install(site, "pycodestyle", "99.1", RECORD="x.py,sha256=abc,1\n")
    warm.expect({"flake8": 3})


def test_answers_of_local_plugins_are_never_kept(make_project):
    project = make_project({
        **FILES,
        ".flake8": "[flake8:local-plugins]\nextension =\n    LOC = local:Plugin\npaths = .\n",
        "local.py": "class Plugin:\n    name = version = 'x'\n\n"
        "    def __init__(self, tree):\n        self.run = list\n",
    })
    warm = Warm(project, "--only", "flake8", "--allow-local-plugins")
    files = len([name for name in FILES if name.endswith(".py")]) + 1
    warm.expect({"flake8": files})


# --- interrupted runs -------------------------------------------------------------------------------------------------


def test_an_interrupted_run_keeps_what_it_had(make_project, site):
    install(site, "flake8_evil", "1.0", entry_points__txt=ENTRY)
    config = '[tool.qualitygate]\nchecks = ["flake8"]\n[tool.qualitygate.flake8]\ncacheable-plugins = ["flake8-evil"]\n'
    files = {f"src/m{n:02}.py": "import os\n" * (n + 1) for n in range(60)}
    project = make_project({**files, "src/z.py": "# endless\n", "pyproject.toml": config})
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "qualitygate", "check", "--jobs", "2"], cwd=project.root, start_new_session=True,
        env=environment(project.home, PYTHONPATH=str(site)), stderr=subprocess.PIPE,
    ) as process:
        time.sleep(6)
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 130 and b"Traceback" not in err
    project.write({"src/z.py": "x = 1\n"})
    result, report = project.check(PYTHONPATH=str(site))
    assert report["checks"][0]["cached"] > 0
    assert by_rule(report, "flake8") == by_rule(project.check("--no-cache", PYTHONPATH=str(site))[1], "flake8")


# --- the commands -----------------------------------------------------------------------------------------------------


def test_info_tells_place_size_and_number(warm):
    result = warm.project.run("cache", "info")
    assert result.code == 0
    assert str(warm.project.root / ".qualitygate" / "cache.sqlite3") in result.out and "MiB of at most" in result.out
    numbers = dict(re.findall(r"^ +(\w+) +([\d,]+)$", result.out, flags=re.M))
    assert numbers["plans"] == numbers["answers"] == "6"
    assert int(numbers["results"]) >= 16


def test_clear_makes_the_next_run_look_at_everything(warm):
    result = warm.project.run("cache", "clear")
    assert result.code == 0 and "entries removed" in result.out
    assert re.search(r"results +0", warm.project.run("cache", "info").out)
    warm.expect(missed(warm.report))


def test_explain_says_what_changed(warm):
    project = warm.project

    def explained(name: str, **env: str) -> dict[str, str]:
        result = project.run("cache", "explain", name, **env)
        assert result.code == 0, result.err
        return dict(re.findall(r"^(\w+): ([^\0]*?)(?=^\w+: |\Z)", result.out, flags=re.M))

    assert {check: said.strip() for check, said in explained("src/a.py").items()} == dict.fromkeys(PYTHON, "known")
    project.write({"src/a.py": "x = 2\n"})
    assert all("its content changed" in said for said in explained("src/a.py").values())
    project.write({"pyproject.toml": CONFIG + '[tool.qualitygate.flake8]\nargs = ["--max-line-length=9"]\n'})
    said = explained("src/b.py")
    assert "the arguments changed" in said.pop("flake8")
    assert {one.strip() for one in said.values()} == {"known"}
    assert "RADONFILESENCODING changed" in explained("src/b.py", RADONFILESENCODING="ascii")["radon"]
    (project.home / ".config/yamllint").mkdir(parents=True)
    (project.home / ".config/yamllint/config").write_text("rules: {}\n")
    assert "yamllint/config changed" in explained("a.yaml")["yamllint"]
    assert project.run("cache", "explain", "nowhere.py").code == 2
    assert project.run("cache", "explain", "src").code == 2
    inner = project.run("cache", "explain", "b.rst", cwd=project.root / "docs")
    assert inner.out == "doc8: known\n"


def test_explain_of_a_project_that_was_never_checked_says_so(make_project):
    result = make_project(FILES).run("cache", "explain", "a.yaml")
    assert result.code == 0 and "not run with this cache" in result.out


def test_the_commands_work_without_a_configuration(make_project):
    project = make_project({"a.py": "x = 1\n"})
    for command in ("info", "clear"):
        assert project.run("cache", command).code == 0
    with contextlib.suppress(FileNotFoundError):
        shutil.rmtree(project.root / ".qualitygate")
    assert "flake8: not known" in project.run("cache", "explain", "a.py").out
