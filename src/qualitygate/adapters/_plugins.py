"""Plug-ins of the tools: whether those that the configuration requires are installed."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Iterable

from packaging.requirements import InvalidRequirement, Requirement

from qualitygate.plugin import ConfigError, Request, ToolError


def check_required(request: Request) -> None:
    """Hold `require-plugins` against the distributions installed next to the tool.

    Raises:

        ConfigError: A requirement is not one.

        ToolError: A plug-in is missing or has another version.
    """
    wanted = _parsed(request)
    installed = {requirement.name: _installed_version(requirement.name) for requirement in wanted}
    missing = [requirement for requirement in wanted if not _satisfied(requirement, installed[requirement.name])]
    if missing:
        raise ToolError(
            f"check {request.check}: required plug-ins are not installed\n"
            f"- required: {_listed(str(requirement) for requirement in wanted)}\n"
            f"- installed: {_listed(f'{name} {version}' for name, version in installed.items() if version)}\n"
            f"- missing: {_listed(str(requirement) for requirement in missing)}",
            "install them in the environment that qualitygate runs in",
        )


def _parsed(request: Request) -> list[Requirement]:
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


def _installed_version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _satisfied(requirement: Requirement, version: str | None) -> bool:
    return version is not None and requirement.specifier.contains(version, prereleases=True)


def _listed(items: Iterable[str]) -> str:
    return ", ".join(sorted(items)) or "none"
