"""The project's folders do not get onto the workers' `sys.path`."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path

import qualitygate
from qualitygate.engine.isolation import safe_path


def test_folders_of_the_project_are_dropped_and_others_kept(tmp_path):
    inside = [str(tmp_path), str(tmp_path / "src"), ""]
    outside = [str(tmp_path.parent), str(tmp_path) + "-other", "/usr/lib/python3/dist-packages"]
    assert safe_path([*inside, *outside], str(tmp_path)) == outside


def test_a_link_into_the_project_is_dropped(tmp_path):
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "link").symlink_to(project)
    assert safe_path([str(tmp_path / "link")], str(project)) == []


def test_the_installation_stays_although_it_lies_in_the_project():
    packages = sysconfig.get_paths()["purelib"]
    assert safe_path([packages], str(Path(sys.prefix).parent)) == [packages]


def test_the_folder_that_this_package_comes_from_stays():
    own = str(Path(qualitygate.__file__).parents[1])
    assert safe_path([own], str(Path(own).parent)) == [own]
