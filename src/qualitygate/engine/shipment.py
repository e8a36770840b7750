"""What a machine without a checkout needs to work on a project, and the folder that is made of it there.

The folder mirrors the paths of the machine that the project is on: what is `/home/me/project/setup.cfg` here is
`FOLDER/home/me/project/setup.cfg` there. So a configuration file above the project, or in the user's home, is where
the tools look for it, and no tool can tell the difference by anything but the first part of a path.
"""

from __future__ import annotations

import dataclasses
import locale
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace

from qualitygate.adapters.registry import ADAPTERS
from qualitygate.engine import configuration
from qualitygate.engine.identity import identity
from qualitygate.engine.tasks import FileResult, Setup
from qualitygate.model.findings import FileProblem, RawFinding

_LOCALE = ("LANG", "LC_ALL", "LC_CTYPE", "PYTHONUTF8")
"""Variables that decide how Python reads a text file whose encoding nobody names."""


@dataclasses.dataclass(frozen=True)
class Shipment:
    """A project without the files that are looked at, which come with each batch."""

    setup: Setup
    """As on the machine that the project is on."""
    materials: dict[str, bytes]
    """Files that tools open themselves: absolute path on that machine -> content."""
    variables: dict[str, str]
    """Environment that the tools' answers depend on; others of these are not set."""
    encoding: str
    """What Python takes there for a text file whose encoding nobody names."""
    locale: dict[str, str]
    """Variables by which Python chooses that encoding when it starts."""
    identity: dict[str, str]
    """As `engine.identity` gives it there."""


def packed(setup: Setup, materials: dict[str, bytes]) -> Shipment:
    """What is to be sent, with what else of this machine the answers depend on."""
    tools = set(setup.tools.values())
    names = {name for tool in tools for name in ADAPTERS[tool].variables}
    variables = {name: os.environ[name] for name in sorted(names) if name in os.environ}
    return Shipment(
        setup=setup,
        materials=materials,
        variables={**variables, "HOME": os.path.expanduser("~")},
        locale={name: os.environ[name] for name in _LOCALE if name in os.environ},
        encoding=locale.getpreferredencoding(False),
        identity=identity(tools),
    )


def moved(values: Mapping[str, str], folder: str) -> dict[str, str]:
    """*values* with all absolute paths, also several between colons, moved below *folder*."""
    return {
        name: os.pathsep.join(folder + part if os.path.isabs(part) else part for part in value.split(os.pathsep))
        for name, value in values.items()
    }


def unpack(shipment: Shipment, folder: str) -> Setup:
    """Write the materials below *folder*, an empty one; give the setup to work there."""
    os.makedirs(folder + shipment.setup.root, exist_ok=True)
    os.makedirs(folder + shipment.variables["HOME"], exist_ok=True)
    for path, content in shipment.materials.items():
        place = Path(folder + path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    return shipment.setup.at(folder + shipment.setup.root)


def foreign_files(setup: Setup, folder: str) -> list[str]:
    """Files outside of *folder* that would configure a check here, or would do so there but can not be shipped."""
    found = set()
    for check, request in setup.requests.items():
        for path in configuration.candidates(ADAPTERS[setup.tools[check]], request, setup.tree):
            place = os.path.normpath(os.path.join(setup.root, path))
            if place.startswith(folder + os.sep):
                continue
            shipped = os.path.isabs(path) and os.path.isfile(folder + place)
            if shipped or os.path.isfile(place):
                found.add(place)
    return sorted(found)


def told(results: list[FileResult], folder: str) -> list[FileResult]:
    """*results* as if *folder* were not in front of any path."""
    return [_told(result, folder) for result in results]


def _told(result: FileResult, folder: str) -> FileResult:
    said, crash = result.said, result.crash
    if said is not None:
        findings = tuple(replace(one, raw=_without(one.raw, folder)) for one in said.findings)
        problem = None if said.problem is None else _without(said.problem, folder)
        said = replace(said, findings=findings, problem=problem)
    return dataclasses.replace(result, said=said, crash=None if crash is None else crash.replace(folder, ""))


_Message = TypeVar("_Message", RawFinding, FileProblem)


def _without(told_by: _Message, folder: str) -> _Message:
    if folder not in told_by.message:
        return told_by
    return replace(told_by, message=told_by.message.replace(folder, ""))
