"""Which code gives the answers on a machine, so that two machines can be compared."""

from __future__ import annotations

import hashlib
import platform
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import qualitygate
from qualitygate.adapters.registry import ADAPTERS
from qualitygate.engine.cache.packages import Packages

OUR_CODE = "the code of qualitygate"


def identity(tools: Iterable[str]) -> dict[str, str]:
    """Python, this package, and the distributions behind *tools* with their plug-ins: name -> version and content."""
    packages = Packages()
    adapters = [ADAPTERS[tool] for tool in sorted(set(tools))]
    distributions = {name for adapter in adapters for name in (adapter.distribution, *adapter.dependencies)}
    for adapter in adapters:
        distributions.update(packages.providers(adapter.plugin_groups))
    return {
        "Python": f"{platform.python_implementation()} {platform.python_version()} on {sys.platform}",
        OUR_CODE: _own_code(),
        **{name: packages.describe(name) for name in sorted(distributions)},
    }


def differences(there: Mapping[str, str], here: Mapping[str, str]) -> list[str]:
    """What is not the same, in words; a distribution that only one of them knows about is a plug-in."""
    return [
        f"{name} is {there.get(name, 'missing')} there, {here.get(name, 'missing')} here"
        for name in dict.fromkeys((*here, *there))
        if there.get(name) != here.get(name)
    ]


def _own_code() -> str:
    """A digest over the whole package: also what travels between machines has to be read by the same code."""
    package = Path(qualitygate.__file__).parent
    code = hashlib.sha256()
    for path in sorted(package.rglob("*.py")):
        code.update(path.relative_to(package).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return code.hexdigest()[:16]
