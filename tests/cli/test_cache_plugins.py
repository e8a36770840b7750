"""What an installed plug-in requires decides its answers as its own code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.test_cache import Warm, by_rule, install

PLUGIN = """
import wordlist

class Plugin:
    name, version = "words", "1.0"

    def __init__(self, tree):
        pass

    def run(self):
        yield 1, 0, f"WRD1 {wordlist.WORD}", type(self)
"""
CONFIG = """
[tool.qualitygate]
checks = ["flake8", "yamllint"]
[tool.qualitygate.flake8]
args = []
cacheable-plugins = ["flake8-words"]
"""
FILES = {"a.py": "x = 1\n", "b.py": "x = 2\n", "a.yaml": "---\na: 1\n", "pyproject.toml": CONFIG}


def install_words(site: Path, requires: str) -> None:
    """A flake8 plug-in that says what the module `wordlist` holds."""
    site.mkdir(exist_ok=True)
    (site / "flake8_words.py").write_text(PLUGIN)
    install(
        site, "flake8_words", "1.0", entry_points__txt="[flake8.extension]\nWRD = flake8_words:Plugin\n",
        METADATA=f"Metadata-Version: 2.1\nName: flake8-words\nVersion: 1.0\nRequires-Dist: {requires}\n\nText.\n",
        RECORD="flake8_words.py,sha256=same,1\n",
    )


def install_wordlist(site: Path, word: str, version: str = "1.0") -> None:
    """The module, in a distribution of another name."""
    (site / "wordlist.py").write_text(f"WORD = {word!r}\n")
    install(site, "Word.List", version, RECORD=f"wordlist.py,sha256={word},1\n")


def messages(report: dict) -> set[str]:
    return {one["message"] for one in report["findings"]}


@pytest.mark.parametrize(
    "requires",
    ["word-list", "Word_List>=1", "word-list (>=1,<9)", 'word.list[fast]!=3; python_version >= "3"'],
)
def test_new_code_in_what_a_plugin_requires_makes_its_tool_look_again(make_project, tmp_path, requires):
    site = tmp_path / "site"
    install_words(site, requires)
    install_wordlist(site, "old")
    warm = Warm(make_project(FILES), PYTHONPATH=str(site))
    assert by_rule(warm.report, "flake8") == {"WRD1": 2} and messages(warm.report) == {"old"}
    warm.expect({})
    install_wordlist(site, "newer")
    assert messages(warm.expect({"flake8": 2}, exact=True)) == {"newer"}
    warm.expect({})
    explained = warm.project.run("cache", "explain", "a.py", PYTHONPATH=str(site)).out
    assert "not known" not in explained
    install_wordlist(site, "newer", version="1.1")
    assert "word-list is another one" in warm.project.run("cache", "explain", "a.py", PYTHONPATH=str(site)).out
    warm.expect({"flake8": 2})


def test_what_is_required_by_a_requirement_counts_too_and_nothing_else(make_project, tmp_path):
    site = tmp_path / "site"
    install_words(site, "between")
    metadata = "Metadata-Version: 2.1\nName: between\nVersion: 1.0\nRequires-Dist: word-list\n"
    install(site, "between", "1.0", METADATA=metadata, RECORD="between.py,sha256=same,1\n")
    install_wordlist(site, "old")
    warm = Warm(make_project(FILES), PYTHONPATH=str(site))
    install(site, "unrelated", "1.0", RECORD="unrelated.py,sha256=any,1\n")
    warm.expect({})
    install_wordlist(site, "newer")
    assert messages(warm.expect({"flake8": 2}, exact=True)) == {"newer"}
