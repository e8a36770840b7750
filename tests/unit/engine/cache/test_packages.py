"""What is installed is told from the folders of `sys.path`, and every difference in code is told."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from qualitygate.engine.cache.packages import Packages

RECORD = "tool/__init__.py,sha256=abc,10\n../../bin/tool,sha256=def,9\ntool-1.0.dist-info/RECORD,,\n"


def install(site: Path, name: str = "tool-1.0.dist-info", **files: str) -> Path:
    folder = site / name
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in {"METADATA": "Name: tool\n", **files}.items():
        (folder / file.replace("__", ".")).write_text(text)
    return folder


def described(*folders: Path, name: str = "tool") -> str:
    return Packages([str(folder) for folder in folders]).describe(name)


def test_version_and_content_are_told(tmp_path: Path) -> None:
    install(tmp_path / "a", RECORD=RECORD)
    install(tmp_path / "b", RECORD=RECORD.replace("abc", "xyz"))
    install(tmp_path / "c", "tool-1.1.dist-info", RECORD=RECORD)
    told = [described(tmp_path / name) for name in "abc"]
    assert [one.partition(" ")[0] for one in told] == ["1.0", "1.0", "1.1"]
    assert len(set(told)) == 3


def test_scripts_metadata_and_the_order_of_files_make_no_difference(tmp_path: Path) -> None:
    install(tmp_path / "a", RECORD=RECORD + "tool/b.py,sha256=b,1\ntool-1.0.dist-info/INSTALLER,sha256=pip,4\n")
    lines = ["tool/b.py,sha256=b,1\n", *reversed(RECORD.replace("def", "ghi").splitlines(keepends=True))]
    install(tmp_path / "b", RECORD="".join(lines) + "tool-1.0.dist-info/INSTALLER,sha256=uv,2\n")
    assert described(tmp_path / "a") == described(tmp_path / "b")


def test_what_is_not_installed_is_told_too(tmp_path: Path) -> None:
    assert described(tmp_path, tmp_path / "nowhere", Path(os.__file__)) == "missing"


@pytest.mark.parametrize("name", ["my_tool", "My-Tool", "my.tool", "MY--tool"])
def test_all_spellings_of_a_name_are_the_same(tmp_path: Path, name: str) -> None:
    install(tmp_path, "My_tool-2.0.dist-info", RECORD=RECORD)
    assert described(tmp_path, name=name).startswith("2.0 ")


def test_of_two_installations_the_first_on_the_path_counts(tmp_path: Path) -> None:
    install(tmp_path / "a", "tool-1.0.dist-info", RECORD=RECORD)
    install(tmp_path / "b", "tool-2.0.dist-info", RECORD=RECORD)
    assert described(tmp_path / "a", tmp_path / "b").startswith("1.0")
    assert described(tmp_path / "b", tmp_path / "a").startswith("2.0")


def test_without_a_record_a_new_installation_shows_in_its_time(tmp_path: Path) -> None:
    folder = install(tmp_path)
    os.utime(folder / "METADATA", ns=(10**18, 10**18))
    before = described(tmp_path)
    assert before == described(tmp_path)
    os.utime(folder / "METADATA", ns=(10**18, 10**18 + 1))
    assert before != described(tmp_path)


def test_an_editable_installation_can_change_at_any_time(tmp_path: Path) -> None:
    install(tmp_path / "pip", direct_url__json='{"dir_info": {"editable": true}, "url": "file:///x"}', RECORD=RECORD)
    install(tmp_path / "uv", direct_url__json='{"url":"file:///x","dir_info":{"editable":true}}', RECORD=RECORD)
    install(tmp_path / "develop", "tool.egg-info")
    for name in ("pip", "uv", "develop"):
        assert Packages([str(tmp_path / name)]).is_changeable("Tool"), name


def test_other_installations_do_not_change(tmp_path: Path) -> None:
    install(tmp_path / "url", direct_url__json='{"dir_info": {}, "url": "file:///x"}', RECORD=RECORD)
    install(tmp_path / "index", RECORD=RECORD)
    install(tmp_path / "dist-packages", "tool-1.0.egg-info")
    for name in ("url", "index", "dist-packages", "nowhere"):
        assert not Packages([str(tmp_path / name)]).is_changeable("tool"), name


def test_an_egg_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "tool-1.0-py3.11.egg-info").write_text("Name: tool\n")
    assert described(tmp_path).startswith("1.0")
    assert Packages([str(tmp_path)]).providers(["flake8.extension"]) == []


def test_providers_are_the_distributions_with_an_entry_point_of_the_group(tmp_path: Path) -> None:
    install(tmp_path, "a-1.dist-info", entry_points__txt="[flake8.extension]\nA=a:A\n")
    install(tmp_path, "b-1.dist-info", entry_points__txt="[console_scripts]\nb=b:b\n\n [ flake8.report ] \nB=b:B\n")
    install(tmp_path, "c-1.dist-info", entry_points__txt="[flake8xextension]\nC=c:C\n# [flake8.extension]\n")
    packages = Packages([str(tmp_path)])
    assert packages.providers(["flake8.extension"]) == ["a"]
    assert packages.providers(["flake8.extension", "flake8.report"]) == ["a", "b"]
    assert packages.providers([]) == []


def test_a_new_distribution_changes_the_digest_over_all(tmp_path: Path) -> None:
    install(tmp_path, "a-1.dist-info")
    before = Packages([str(tmp_path)]).all()
    install(tmp_path, "b-1.dist-info")
    assert Packages([str(tmp_path)]).all() != before


def test_a_record_that_is_no_text_is_read_all_the_same(tmp_path: Path) -> None:
    folder = install(tmp_path)
    (folder / "RECORD").write_bytes(b"tool/\xff.py,sha256=abc,1\n\0\0\n")
    assert described(tmp_path).startswith("1.0 ")


def test_versions_are_those_that_importlib_tells() -> None:
    code = "import importlib.metadata as m; print(*(f'{n} {m.version(n)}' for n in ('flake8', 'PyYAML', 'bandit')))"
    told = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True).stdout.split()
    packages = Packages()
    found = {name: packages.describe(name).partition(" ")[0] for name in told[::2]}
    assert found == dict(zip(told[::2], told[1::2], strict=True))


def requiring(*lines: str) -> str:
    return "".join(["Name: x\n", *(f"Requires-Dist: {line}\n" for line in lines), "\nRequires-Dist: in-the-text\n"])


@pytest.mark.parametrize(
    "line",
    ["My.Lib", "my_lib>=1", "my-lib (<2,>=1)", "my-lib[fast]~=1.0", "my-lib @ https://example.org/x.zip",
     "my-lib; python_version < '4'"],
)
def test_a_requirement_is_found_however_it_is_written(tmp_path: Path, line: str) -> None:
    install(tmp_path, "tool-1.0.dist-info", METADATA=requiring(line))
    assert Packages([str(tmp_path)]).with_requirements(["Tool"]) == {"tool", "my-lib"}


def test_requirements_of_requirements_are_found_also_in_a_circle(tmp_path: Path) -> None:
    install(tmp_path, "a-1.dist-info", METADATA=requiring("b", "gone"))
    install(tmp_path, "b-1.dist-info", METADATA=requiring("c"))
    install(tmp_path, "c-1.dist-info", METADATA=requiring("a"))
    install(tmp_path, "d-1.dist-info", METADATA=requiring("e"))
    packages = Packages([str(tmp_path)])
    assert packages.with_requirements(["a"]) == {"a", "b", "c", "gone"}
    assert packages.with_requirements([]) == set()


def test_what_only_an_extra_requires_is_left_out(tmp_path: Path) -> None:
    install(tmp_path, "a-1.dist-info", METADATA=requiring("b", "c; extra == 'fast'", 'd>=1 ; extra=="fast"'))
    assert Packages([str(tmp_path)]).with_requirements(["a"]) == {"a", "b"}
