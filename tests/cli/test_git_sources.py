"""`qualitygate check --staged` and `--at REF`: the verdict of a clean clone, whatever the work tree has."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.conftest import Project, environment, git

BAD_PY = "import os\n\n\ndef f(x):\n    assert x\n    return eval(x)\n"
FLAKE8 = '[tool.qualitygate]\nchecks = ["flake8"]\n[tool.qualitygate.flake8]\nargs = []\n'

ALL = {
    "setup.cfg": "[flake8]\nmax-line-length = 30\n",  # above the project: flake8 finds it only without a nearer one
    "shared/base.yaml": "extends: default\nrules:\n  document-start: disable\n  line-length: {max: 40}\n",
    "shared/part.rst": "Part\n====\n\nAbove the project ``unclosed\n",
    "app/pyproject.toml": (
        '[tool.qualitygate]\nexclude = ["out/"]\n'
        '[tool.qualitygate.flake8]\nargs = []\n[tool.qualitygate.doc8]\nargs = []\n'
        '[tool.qualitygate.yamllint]\nargs = []\n'
        '[tool.qualitygate.bandit]\nargs = ["-c", "conf/bandit file.yaml"]\n'
        '[tool.qualitygate.bandit-ini]\ntool = "bandit"\nargs = []\npaths = ["src"]\n'
        '[tool.qualitygate.radon]\nargs = []\n[tool.qualitygate.xenon]\nargs = ["-a", "A", "-b", "A", "-m", "A"]\n'
    ),
    "app/.flake8": "[flake8]\nper-file-ignores =\n    src/one.py: F401\nexclude = src/skipped\n",
    "app/.yamllint": "extends: ../shared/base.yaml\nignore-from-file: [conf/ignored yaml.txt]\n",
    "app/conf/ignored yaml.txt": "ignored/\n",
    "app/conf/bandit file.yaml": "skips: [B101]\n",
    "app/src/.bandit": "[bandit]\nskips: B307\n",
    "app/doc8.ini": "[doc8]\nmax-line-length = 50\nignore-path = docs/old*/*\n",
    "app/docutils.conf": "[restructuredtext parser]\ntab_width: 4\n",
    "app/radon.cfg": "[radon]\ncc_min = A\nshow_complexity = true\n",
    "app/src/one.py": BAD_PY,
    "app/src/two.py": BAD_PY + "\n\ndef g(x):\n    exec(x)\n"
    + "".join(f"    if x == {n}:\n        return {n}\n" for n in range(9)),
    "app/src/skipped/three.py": BAD_PY,
    "app/src/long.py": f"x = '{'a' * 60}'\n",
    "app/bin/script": "#!/usr/bin/env python\n" + BAD_PY,
    "app/out/four.py": BAD_PY,
    "app/yaml/a.yaml": "a: [1,2]\n",
    "app/yaml/long.yaml": f"a: {'b ' * 30}c\n",
    "app/ignored/a.yaml": "a: [1,2]\n",
    "app/docs/old1/x.rst": "T\n=\n\n" + "word " * 30 + "\n",
    "app/docs/a.rst": (
        "Title\n=====\n\n.. role:: mine\n\n.. include:: part.txt\n\n.. include:: ../../shared/part.rst\n\n"
        ".. include::\n   lnk/b.inc\n\n.. include:: gone.txt\n\n"
        ".. csv-table:: t\n   :file: data.csv\n\n.. csv-table:: u\n   :file: gone.csv\n\nText `x`:mine: here.\n"
    ),
    "app/docs/part.txt": "Included *unclosed\n",
    "app/docs/data.csv": "a,b\nc,d\n",
    "app/docs/inner/b.inc": "Behind a link **unclosed\n",
    "app/docs/z.rst": "Later\n=====\n\nUses :mine:`x` of another file.\n",
}


def everything(make_project):
    """A project in a sub folder of its repository, with links and native configuration of every tool."""
    project = make_project(ALL, git=False)
    os.symlink("inner", project.root / "app/docs/lnk")
    os.symlink("../src/two.py", project.root / "app/bin/linked.py")
    os.symlink("nowhere", project.root / "app/src/broken.py")
    os.symlink("../../shared", project.root / "app/docs/outside")
    return project.commit()


def comparable(report):
    """What must not depend on where the files come from; configuration is told with its place on the disk."""
    for check in report["checks"]:
        for name in ("seconds", "cached", "notes", "config_files"):
            check.pop(name)
    names = ("verdict", "exit_code", "root_prefix", "scope", "checks", "findings", "measurements")
    return {name: report[name] for name in names}


def judged(project, *args, cwd=None, **env):
    """The comparable part of a run's JSON report, and all that it said."""
    result = project.run("check", "--report", "json=-", *args, cwd=cwd, **env)
    assert result.out, result.err
    return comparable(json.loads(result.out)), result


def cloned(project, home):
    """A fresh clone."""
    target = project.root.parent / "clone"
    subprocess.run(
        ["git", "clone", "-q", str(project.root), str(target)], check=True, env=environment(home), capture_output=True
    )
    return Project(target, home)


def spoil(root):
    """Make a work tree that has nothing in common with what is committed."""
    for path in root.iterdir():
        if path.name != ".git":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (root / "app").mkdir()
    (root / "app/pyproject.toml").write_text('[tool.qualitygate]\nchecks = ["yamllint"]\nallow-empty = true\n')
    (root / "app/qualitygate.toml").write_text("wrong")
    (root / "app/.flake8").write_text("[flake8]\nextend-ignore = F\n")
    (root / "app/untracked.py").write_text(BAD_PY)
    (root / "app/docs").write_text("a file where a folder was")


@pytest.mark.parametrize("source", [("--staged",), ("--at", "HEAD")], ids=["index", "commit"])
def test_the_report_is_that_of_a_fresh_clone_whatever_the_work_tree_has(make_project, home, source):
    project = everything(make_project)
    clone = cloned(project, home)
    expected, _ = judged(clone, "--no-cache", cwd=clone.root / "app")
    found = {check["check"]: check["counts"]["total"] for check in expected["checks"]}
    assert set(found) == {"flake8", "doc8", "yamllint", "bandit", "radon", "xenon", "bandit-ini"}
    assert all(found.values()), f"a check without findings shows nothing: {found}"
    spoil(project.root)
    for more in (("--jobs", "1", "--no-cache"), ("--jobs", "2"), ("--jobs", "1")):
        actual, result = judged(project, *source, *more, cwd=project.root / "app")
        assert actual == expected, more
        assert "qualitygate-" not in result.err.replace("pytest-qualitygate", ""), "a temporary folder shows"


def test_what_only_the_work_tree_has_does_not_leak_from_its_cache(make_project):
    project = make_project({"a.py": BAD_PY, "pyproject.toml": FLAKE8})
    expected, _ = judged(project, "--at", "HEAD", "--no-cache")
    project.write({"a.py": "x = 1\n", "setup.cfg": "[flake8]\nignore = F401\n"})
    assert project.run("check").code == 0
    assert judged(project, "--at", "HEAD")[0] == judged(project, "--staged")[0] == expected
    assert project.run("check").code == 0


def test_an_answer_is_recalled_only_if_git_has_the_same_files_beside_it(make_project):
    project = make_project(
        {
            "docs/doc.rst": "T\n=\n\n.. include:: ../part.txt\n",
            "docs/pyproject.toml": '[tool.qualitygate]\nchecks = ["doc8"]\n',
            "part.txt": "*unclosed\n",
        }
    )
    docs = project.root / "docs"
    committed, _ = judged(project, "--at", "HEAD", "--no-cache", cwd=docs)
    project.write({"part.txt": "fine\n"})
    clean, _ = judged(project, cwd=docs)
    for _ in range(2):
        staged, _ = judged(project, "--staged", cwd=docs)
        assert staged == committed != clean
    report = json.loads(project.run("check", "--staged", "--report", "json=-", cwd=docs).out)
    assert [check["cached"] for check in report["checks"]] == [1]
    assert judged(project, cwd=docs)[0] == clean


def test_an_unchanged_file_is_not_looked_at_again_for_another_source(make_project):
    project = make_project({"a.py": BAD_PY, "b.yaml": "a: [1,2]\n", "c.rst": "T\n=\n"})
    project.check()
    for source in (["--staged"], ["--at", "HEAD"]):
        _, report = project.check(*source)
        assert [check["cached"] for check in report["checks"]] == [check["files"] for check in report["checks"]]


def test_the_staged_part_of_a_file_is_judged(make_project):
    project = make_project({"a.py": "x = 1\n", "pyproject.toml": FLAKE8})
    project.write({"a.py": "import os\n"})
    git(project.root, "add", "a.py")
    project.write({"a.py": "import sys\nimport re\n"})
    _, report = project.check("--staged")
    assert [finding["message"] for finding in report["findings"]] == ["'os' imported but unused"]
    assert report["source"] == {**report["source"], "kind": "index", "dirty": True}


def test_staged_deletions_and_renames_count(make_project):
    project = make_project({"a.py": "import os\n", "b.py": "import sys\n", "pyproject.toml": FLAKE8})
    git(project.root, "rm", "-q", "--cached", "a.py")
    git(project.root, "mv", "b.py", "c.py")
    _, report = project.check("--staged")
    assert [finding["path"] for finding in report["findings"]] == ["c.py"]


def test_a_file_added_by_name_only_is_told_and_not_judged(make_project):
    project = make_project({"a.py": "x = 1\n", "pyproject.toml": FLAKE8})
    project.write({"new.py": "import os\n"})
    git(project.root, "add", "-N", "new.py")
    result, _ = project.check("--staged")
    assert result.code == 0
    assert "new.py" in result.err


def test_the_policy_is_the_staged_one_also_where_it_is_new_or_gone(make_project):
    project = make_project({"a.py": "import os\n", "pyproject.toml": FLAKE8})
    loose = FLAKE8 + "max-findings = 1\n"
    project.write({"pyproject.toml": loose})
    assert (project.run("check").code, project.run("check", "--staged").code) == (0, 1)
    git(project.root, "add", "-A")
    assert (project.run("check", "--staged").code, project.run("check", "--at", "HEAD").code) == (0, 1)
    (project.root / "pyproject.toml").unlink()
    assert project.run("check", "--staged").code == 0
    git(project.root, "add", "-A")
    _, report = project.check("--staged")
    assert len(report["checks"]) == 6


def test_a_staged_mistake_in_the_policy_is_shown_with_its_place(make_project):
    project = make_project({"a.py": "", "sub/b.py": ""})
    project.write({"pyproject.toml": "[tool.qualitygate]\nexlude = []\n"})
    git(project.root, "add", "-A")
    project.write({"pyproject.toml": "[tool.qualitygate]\n"})
    result = project.run("check", "--staged", cwd=project.root / "sub")
    assert result.code == 2
    assert "../pyproject.toml:2:1" in result.err and "exclude" in result.err
    assert "/tmp" not in result.err


def test_a_policy_that_git_can_not_give_is_not_passed_over(make_project, tmp_path):
    (tmp_path / "elsewhere.toml").write_text(FLAKE8)
    for target in (str(tmp_path / "elsewhere.toml"), "nowhere"):
        project = make_project({"a.py": ""}, git=False, name=target.replace("/", "_"))
        os.symlink(target, project.root / "pyproject.toml")
        result = project.commit().run("check", "--staged")
        assert result.code == 2
        assert "pyproject.toml can not be read" in result.err


def test_a_configuration_named_by_the_user_is_read_from_git_too(make_project, tmp_path):
    project = make_project({"a.py": "import os\n", "gate/strict.toml": 'checks = ["flake8"]\n', "sub/x": ""})
    project.write({"gate/strict.toml": "wrong"})
    git(project.root, "mv", "a.py", "gate/a.py")
    for config in ("../gate/strict.toml", str(project.root / "gate/strict.toml")):
        result = project.run("check", "--staged", "--config", config, cwd=project.root / "sub")
        assert result.code == 1, result.err
    (tmp_path / "out.toml").write_text('checks = ["flake8"]\n')
    outside = project.run("check", "--staged", "--config", str(tmp_path / "out.toml"))
    assert (outside.code, "outside of the git repository" in outside.err) == (2, True)
    (project.root / "untracked.toml").write_text('checks = ["flake8"]\n')
    untracked = project.run("check", "--staged", "--config", "untracked.toml")
    assert (untracked.code, "no such file" in untracked.err) == (2, True)


def test_conflicts_judge_nothing(make_project):
    project = make_project({"a.py": "x = 1\n"})
    git(project.root, "checkout", "-qb", "other")
    project.write({"a.py": "x = 2\n"}).commit()
    git(project.root, "checkout", "-q", "main")
    project.write({"a.py": "x = 3\n"}).commit()
    with pytest.raises(subprocess.CalledProcessError):
        git(project.root, "merge", "-q", "other")
    result = project.run("check", "--staged")
    assert result.code == 2
    assert "conflicts: a.py" in result.err
    assert project.run("check", "--at", "other").code == 0


def test_what_is_no_commit_judges_nothing(make_project):
    project = make_project({"a.py": "x = 1\n"})
    git(project.root, "tag", "-a", "v1", "-m", "one")
    git(project.root, "branch", "topic")
    assert project.run("check", "--at", "v1").code == project.run("check", "--at", "HEAD^0").code == 0
    for ref in ("HEAD:a.py", "HEAD^{tree}", "nonsense", "--help", "-x", "HEAD..topic", "", "HEAD~5"):
        result = project.run("check", f"--at={ref}")
        assert (result.code, f"{ref!r} names no commit" in result.err) == (2, True), ref
    assert "Did you mean topic?" in project.run("check", "--at", "topc").err


def test_without_a_repository_or_a_commit_there_is_nothing_to_judge(make_project):
    project = make_project({"a.py": "import os\n", "pyproject.toml": FLAKE8}, git=False)
    for source in (["--staged"], ["--at", "HEAD"]):
        result = project.run("check", *source)
        assert (result.code, "not in a git repository" in result.err) == (2, True)
    git(project.root, "init", "-q")
    assert "names no commit" in project.run("check", "--at", "HEAD").err
    assert project.run("check", "--staged").code == 4
    git(project.root, "add", "-A")
    assert project.run("check", "--staged").code == 1


def test_two_sources_at_once_are_refused(make_project):
    result = make_project({"a.py": ""}).run("check", "--staged", "--at", "HEAD")
    assert (result.code, "can not be combined" in result.err) == (2, True)


def test_paths_narrow_what_git_has_and_follow_the_shell(make_project):
    project = make_project({"a/x.py": "import os\n", "b/y.py": "import os\n", "b/c/z.py": "import os\n"})
    (project.root / "b/y.py").unlink()
    for source in (["--staged"], ["--at=HEAD"]):
        result, report = project.check(*source, "b/y.py", "a")
        assert {finding["path"] for finding in report["findings"]} == {"a/x.py", "b/y.py"}
        assert report["scope"] == "partial"
        inner = project.run("check", *source, "c", "--report", "text=-", cwd=project.root / "b")
        assert inner.out.startswith("b/c/z.py:1:1: flake8/F401")
        missing = project.run("check", *source, "new.py")
        assert (missing.code, "new.py" in missing.err) == (2, True)


def test_the_command_that_shows_more_asks_about_the_same_source(make_project):
    project = make_project({"a.yaml": "a: [1,2]\n"})
    for source in ("--staged", "--at=HEAD"):
        assert f"--report text=- {source}" in project.run("check", source).err


def test_files_that_a_checkout_would_convert_are_told(make_project):
    project = make_project({"a.py": "x = 1\n", "big.yaml": "oid: 1\n", ".gitattributes": "*.yaml filter=lfs\n"})
    for source in (["--staged"], ["--at", "HEAD"]):
        assert "not as a checkout would convert them: big.yaml" in project.run("check", *source).err


def test_other_commands_still_ask_the_work_tree(make_project):
    project = make_project({"a.py": "x = 1\n"})
    project.write({"b.py": "x = 1\n"})
    assert "b.py" in project.run("files", "--check", "flake8").out
    assert project.run("doctor").code == 0


def state(folder):
    """Names, sizes and times of all that is below *folder*."""
    return {
        str(path.relative_to(folder)): (path.lstat().st_size, path.lstat().st_mtime_ns)
        for path in folder.rglob("*")
        if not path.is_dir()
    }


@pytest.fixture
def scratch():
    """A folder for temporary files, whose path is short enough for sockets in it."""
    with tempfile.TemporaryDirectory(prefix="t-") as folder:
        yield Path(folder)


@pytest.mark.parametrize("how", ["clean", "broken", "refused"])
def test_nothing_is_left_but_the_cache(make_project, tmp_path, scratch, how):
    env = {"TMPDIR": str(scratch)}
    files = dict(ALL) if how != "refused" else {**ALL, "app/.flake8": "[flake8]\nmax-line-length = many\n"}
    project = make_project(files)
    if how == "broken":
        (tmp_path / "site/doc8").mkdir(parents=True)
        (tmp_path / "site/doc8/__init__.py").write_text("raise ImportError('damaged')\n")
        env["PYTHONPATH"] = str(tmp_path / "site")
    before = state(project.root)
    runs = [project.run("check", source, cwd=project.root / "app", **env) for source in ("--staged", "--at=HEAD")]
    assert {run.code for run in runs} == {{"clean": 1, "broken": 3, "refused": 2}[how]}
    after = {path: known for path, known in state(project.root).items() if not path.startswith("app/.qualitygate/")}
    assert after == before
    for path in project.root.glob("app/.qualitygate/*"):
        assert os.fsencode(scratch) not in path.read_bytes(), "the cache remembers a temporary folder"
    assert list(scratch.iterdir()) == []


SLEEPER = """
import time

from doc8.checks import ContentCheck

class Check(ContentCheck):
    name, version = "sleeper", "1.0"
    EXTENSIONS = {".rst"}
    REPORTS = {"S100"}

    def report_iter(self, parsed_file):
        time.sleep(600)
        yield from ()
"""


def test_an_interrupted_run_leaves_no_folder_and_no_process(make_project, tmp_path, scratch):
    info = tmp_path / "site/doc8_sleeper-1.0.dist-info"
    info.mkdir(parents=True)
    (tmp_path / "site/doc8_sleeper.py").write_text(SLEEPER)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: doc8-sleeper\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[doc8.extension.check]\nsleeper = doc8_sleeper:Check\n")
    project = make_project({"a.rst": "T\n=\n", "pyproject.toml": '[tool.qualitygate]\nchecks = ["doc8"]\n'})
    marker = f"QUALITYGATE_TEST_MARK={scratch}"
    with subprocess.Popen(
        [sys.executable, "-P", "-m", "qualitygate", "check", "--staged", "--no-cache"],
        cwd=project.root,
        env=environment(
            project.home, TMPDIR=str(scratch), QUALITYGATE_TEST_MARK=str(scratch), PYTHONPATH=str(tmp_path / "site")
        ),
        stderr=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        deadline = time.monotonic() + 60
        while not list(scratch.glob("qualitygate-*")):
            assert time.monotonic() < deadline and process.poll() is None
            time.sleep(0.02)
        time.sleep(0.3)
        os.killpg(process.pid, signal.SIGINT)
        err = process.communicate(timeout=60)[1].decode()
    assert process.returncode == 130, err
    assert "Traceback" not in err
    deadline = time.monotonic() + 20
    while marked(marker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert marked(marker) == []
    assert list(scratch.iterdir()) == []


def marked(marker):
    """Command lines of processes that have *marker* in their environment."""
    found = []
    for number in filter(str.isdecimal, os.listdir("/proc")):
        try:
            with open(f"/proc/{number}/environ", "rb") as stream:
                environ = stream.read()
            with open(f"/proc/{number}/cmdline", "rb") as stream:
                command = stream.read()
        except OSError:
            continue
        if marker.encode() in environ and command:
            found.append(command)
    return found
