"""What is edited while a run reads it: no answer of that run stands for a state of the files that it was not made from.

An installed plug-in of flake8 and doc8 edits the files, at a moment that is the same in every run: when its tool comes
to a file for the first time. The tool has read that file by then, and all that it includes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_cache import by_rule, found, install, missed
from tests.conftest import Project

CONFIG = """
[tool.qualitygate]
checks = ["{check}"]
[tool.qualitygate.{check}]
args = []
cacheable-plugins = ["editor"]
"""

EDITOR = """
import os, runpy

from doc8.checks import ContentCheck


def edit(path):
    deed = os.path.join(os.path.dirname(__file__), os.path.basename(path) + ".deed")
    if os.path.exists(deed):
        os.rename(deed, deed + ".done")
        runpy.run_path(deed + ".done")


class OfFlake8:
    name, version = "editor", "1.0"

    def __init__(self, tree, filename):
        self.filename = filename

    def run(self):
        edit(self.filename)
        yield from ()


class OfDoc8(ContentCheck):
    name, version = "editor", "1.0"
    EXTENSIONS = {".rst"}
    REPORTS = {"E100"}

    def report_iter(self, parsed_file):
        edit(parsed_file.filename)
        yield from ()
"""

ENTRY_POINTS = "[flake8.extension]\nEDI = editor:OfFlake8\n[doc8.extension.check]\neditor = editor:OfDoc8\n"

WORKER_ENDS = "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n"
"""Its work is given to a new worker, which reads the configuration again."""


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder for PYTHONPATH with the plug-in installed; `NAME.deed` in it is run when a tool comes to file NAME."""
    folder = tmp_path / "site"
    folder.mkdir()
    (folder / "editor.py").write_text(EDITOR)
    install(folder, "editor", "1.0", entry_points__txt=ENTRY_POINTS)
    return folder


def put(path: Path, text: str | None) -> None:
    """Give a file this content; None removes it."""
    if text is None:
        path.unlink()
    else:
        path.write_text(text)


def edit_at(site: Path, name: str, path: Path, text: str | None, more: str = "") -> None:
    """Let the plug-in do once what `put` does, when its tool comes to the file *name*."""
    change = f"path.write_text({text!r})" if text is not None else "path.unlink()"
    (site / f"{name}.deed").write_text(f"from pathlib import Path\npath = Path({str(path)!r})\n{change}\n{more}")


def checked(project: Project, site: Path, *args: str) -> dict:
    result, report = project.check("--jobs", "1", *args, PYTHONPATH=str(site))
    assert result.code in (0, 1), result.err
    return report


def expect_answers_of_this_state(project: Project, site: Path) -> None:
    """The next run says what one without a cache says, and its answers are kept, since nothing changes any more."""
    report = checked(project, site)
    assert found(report) == found(checked(project, site, "--no-cache"))
    assert missed(checked(project, site)) == {}


IGNORING = "[flake8]\nextend-ignore = F401\n"


@pytest.mark.parametrize(
    ("before", "during"),
    [("[flake8]\n", IGNORING), (None, IGNORING), (IGNORING, "[flake8]\n"), (IGNORING, None)],
    ids=["loosened", "made", "tightened", "removed"],
)
def test_configuration_that_is_edited_during_a_run_is_told_apart_from_what_it_was(make_project, site, before, during):
    files = {"a.py": "import os\n", "b.py": "import re\n", "pyproject.toml": CONFIG.format(check="flake8")}
    project = make_project(files)
    config = project.root / ".flake8"
    if before is not None:
        config.write_text(before)
    edit_at(site, "a.py", config, during, WORKER_ENDS)
    report = checked(project, site)
    assert (site / "a.py.deed.done").exists()
    rules = {IGNORING: {}}.get(during, {"F401": 2})
    assert by_rule(report, "flake8") == rules, "no answer was made with the edited configuration: this shows nothing"
    put(config, before)
    expect_answers_of_this_state(project, site)
    put(config, during)
    expect_answers_of_this_state(project, site)


@pytest.mark.parametrize("name", ["part.inc", "part.rst"], ids=["included only", "a document too"])
def test_an_included_file_that_is_edited_during_a_run_is_seen_by_the_next(make_project, site, name):
    before, during = "*unclosed\n", "Fine.\n"
    project = make_project({
        "docs/a.rst": f"Title\n=====\n\n.. include:: {name}\n",
        f"docs/{name}": before,
        "pyproject.toml": CONFIG.format(check="doc8"),
    })
    edit_at(site, "a.rst", project.root / "docs" / name, during)
    report = checked(project, site)
    assert {one["path"] for one in report["findings"]} >= {"docs/a.rst"}, "the edit came first: this shows nothing"
    expect_answers_of_this_state(project, site)
    put(project.root / "docs" / name, before)
    expect_answers_of_this_state(project, site)


def test_a_document_whose_roles_later_ones_use_and_that_is_edited_during_a_run_is_seen_by_the_next(make_project, site):
    before, during = "Title\n=====\n\n.. role:: mine\n", "Title\n=====\n\n.. role:: yours\n"
    project = make_project({
        "a.rst": before,
        "b.rst": "Title\n=====\n\nText `x`:mine: here.\n",
        "pyproject.toml": CONFIG.format(check="doc8").replace("args = []", 'args = ["--no-sphinx"]'),
    })
    edit_at(site, "a.rst", project.root / "a.rst", during)
    report = checked(project, site)
    assert by_rule(report, "doc8") == {}, "the edit came first: this shows nothing"
    expect_answers_of_this_state(project, site)
    put(project.root / "a.rst", before)
    expect_answers_of_this_state(project, site)
