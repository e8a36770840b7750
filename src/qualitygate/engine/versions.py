"""Which versions of tools and plug-ins are installed, and whether they will do."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from qualitygate.errors import ConfigError, ToolError
from qualitygate.plugin import Adapter, Request

if TYPE_CHECKING:
    from packaging.requirements import Requirement


def installed(distribution: str) -> str | None:
    """The version of *distribution* in this environment; None if it is not there."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def tool_version(adapter: Adapter[Any]) -> str:
    """The installed version of the adapter's tool.

    Raises:

        ToolError: It is not installed (kind `missing`), or outside the range that the adapter was tested with (kind
            `version`).
    """
    from packaging.specifiers import SpecifierSet

    version = installed(adapter.distribution)
    cure = f"python -m pip install '{adapter.distribution}{adapter.versions}'"
    if version is None:
        raise ToolError(f"{adapter.name} is not installed beside qualitygate", cure, "missing")
    if version not in SpecifierSet(adapter.versions, prereleases=True):
        headline = f"{adapter.name} {version} is installed, but only {adapter.versions} is supported"
        raise ToolError(headline, cure, "version")
    return version


def require_plugins(request: Request) -> None:
    """Hold `require-plugins` against the distributions installed next to the tool.

    Raises:

        ConfigError: A requirement is not one.

        ToolError: A plug-in is missing or has another version (kind `missing`).
    """
    if not request.require_plugins:
        return
    wanted = _parsed(request)
    found = {requirement.name: installed(requirement.name) for requirement in wanted}
    missing = [requirement for requirement in wanted if not _satisfied(requirement, found[requirement.name])]
    if missing:
        raise ToolError(
            f"required plug-ins are not installed\n"
            f"- required: {_listed(str(requirement) for requirement in wanted)}\n"
            f"- installed: {_listed(f'{name} {version}' for name, version in found.items() if version)}\n"
            f"- missing: {_listed(str(requirement) for requirement in missing)}",
            "install them in the environment that qualitygate runs in",
            "missing",
        )


def _parsed(request: Request) -> list[Requirement]:
    from packaging.requirements import InvalidRequirement, Requirement

    parsed: list[Requirement] = []
    problems: list[str] = []
    for text in request.require_plugins:
        try:
            parsed.append(Requirement(text))
        except InvalidRequirement as error:
            first_line = str(error).splitlines()[0]
            problems.append(f"check {request.check}: require-plugins: {text!r} is no requirement: {first_line}")
    if problems:
        raise ConfigError(problems, 'write a distribution with or without a range of versions: "flake8-bugbear>=24"')
    return [requirement for requirement in parsed if requirement.marker is None or requirement.marker.evaluate()]


def _satisfied(requirement: Requirement, version: str | None) -> bool:
    return version is not None and requirement.specifier.contains(version, prereleases=True)


def _listed(items: Iterable[str]) -> str:
    return ", ".join(sorted(items)) or "none"
