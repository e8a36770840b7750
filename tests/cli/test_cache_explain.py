"""`qualitygate cache explain` tells what is known and does not change it."""

from __future__ import annotations

import re

import pytest

from tests.cli.test_cache import FILES, missed
from tests.conftest import Project


@pytest.fixture
def project(make_project) -> Project:
    return make_project(FILES)


def kept(project: Project) -> dict[str, bytes]:
    """The database and what SQLite keeps beside it, by name."""
    return {path.name: path.read_bytes() for path in (project.root / ".qualitygate").glob("cache.sqlite3*")}


def explain(project: Project, name: str, **env: str) -> str:
    result = project.run("cache", "explain", name, **env)
    assert result.code == 0, result.err
    return result.out


def test_explain_leaves_the_database_as_it_is_whatever_changed(project):
    project.check()
    before = kept(project)
    assert "cache.sqlite3" in before
    assert "not known" not in explain(project, "src/a.py")
    assert kept(project) == before
    project.write({"src/a.py": "x = 2\n", "src/new.py": "x = 3\n", ".flake8": "[flake8]\nmax-line-length = 9\n"})
    for name in ("src/a.py", "src/b.py", "src/new.py", "a.yaml"):
        explain(project, name)
        assert kept(project) == before, name
    assert "RADONFILESENCODING changed" in explain(project, "src/b.py", RADONFILESENCODING="ascii")
    assert kept(project) == before


def test_explain_gives_the_same_reason_as_often_as_it_is_asked(project):
    project.check()
    project.write({".flake8": "[flake8]\nmax-line-length = 9\n"})
    said = explain(project, "src/a.py")
    assert "the configuration file .flake8 changed" in said
    assert explain(project, "src/a.py") == said
    assert missed(project.check()[1]) == {"flake8": 3}


def test_explain_of_a_project_that_was_never_checked_keeps_nothing(project):
    assert "not run with this cache" in explain(project, "src/a.py")
    numbers = re.findall(r"^ +\w+ +(\d+)$", project.run("cache", "info").out, flags=re.M)
    assert numbers and set(numbers) == {"0"}
    assert "not run with this cache" in explain(project, "src/a.py")
