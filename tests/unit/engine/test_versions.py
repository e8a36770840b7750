"""Tools and plug-ins must be installed in versions that will do."""

from __future__ import annotations

import pytest

from qualitygate.adapters.registry import ADAPTERS
from qualitygate.engine import versions
from qualitygate.errors import ConfigError, ToolError
from qualitygate.plugin import Request


def request(*plugins: str) -> Request:
    return Request(check="doc8", root="/", paths=(".",), args=(), require_plugins=plugins)


def test_require_plugins_names_what_is_required_installed_and_missing():
    with pytest.raises(ToolError) as caught:
        versions.require_plugins(request("mccabe>=99", "flake8-nowhere>=2", "pyflakes>=1"))
    lines = caught.value.headline.splitlines()
    assert lines[1] == "- required: flake8-nowhere>=2, mccabe>=99, pyflakes>=1"
    assert lines[2].startswith("- installed: mccabe 0.") and "pyflakes" in lines[2]
    assert lines[3] == "- missing: flake8-nowhere>=2, mccabe>=99"
    assert caught.value.kind == "missing"


def test_require_plugins_that_are_installed_are_enough():
    versions.require_plugins(request("mccabe>=0.6", 'nowhere; python_version < "3"'))


def test_a_requirement_that_is_none_is_a_configuration_error():
    with pytest.raises(ConfigError, match="'not a plug-in' is no requirement"):
        versions.require_plugins(request("not a plug-in"))


@pytest.mark.parametrize(("found", "kind"), [(None, "missing"), ("0.1", "version"), ("99", "version")])
def test_a_tool_that_is_missing_or_too_old_or_too_new_is_refused_with_a_cure(monkeypatch, found, kind):
    monkeypatch.setattr(versions, "installed", lambda name: found)
    with pytest.raises(ToolError) as caught:
        versions.tool_version(ADAPTERS["bandit"])
    assert caught.value.kind == kind
    assert "pip install 'bandit>=1.9,<2'" in caught.value.hint


@pytest.mark.parametrize("adapter", ADAPTERS.values(), ids=ADAPTERS)
def test_the_installed_tools_will_do(adapter):
    assert versions.tool_version(adapter)[0].isdigit()
