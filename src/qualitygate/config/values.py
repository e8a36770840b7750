"""Values of the right type that can not be meant: each rule is one function that yields problems."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType

from qualitygate.config.problems import Problem, nearest, suggestion
from qualitygate.config.raw import CheckTable, SoftFailTable, TopLevel
from qualitygate.config.toml import value_text
from qualitygate.model.severity import SEVERITY_WORDS

if TYPE_CHECKING:
    from qualitygate.config.places import KeyPath
    from qualitygate.model.limits import MaxFindings
    from qualitygate.plugin import Adapter

CHECK_NAME = "[a-z][a-z0-9_-]*"
_LIMIT_WORDS = (*SEVERITY_WORDS, "total")
#: High enough that no rule name of a built-in tool is taken for a slip (yamllint's and xenon's are words).
_SLIP = 0.75


def top_level_problems(top: TopLevel, checks: Iterable[str], version: str) -> Iterator[Problem]:
    """Problems of the top-level keys.

    Args:

        checks: Every name that `checks` may hold.

        version: The running version of qualitygate.
    """
    if top.required_version:
        yield from _version_problems(top.required_version, version)
    yield from _path_problems(top.paths, ())
    yield from _pattern_problems(top.exclude, ("exclude",))
    yield from _pattern_problems(top.unreadable_ok, ("unreadable-ok",))
    names = top.checks or []
    for index, name in enumerate(names):
        if name not in checks:
            yield Problem(("checks", index), f"unknown check {value_text(name)} in `checks`", suggestion(name, checks))
        elif name in names[:index]:
            yield Problem(("checks", index), f"{value_text(name)} is in `checks` twice", "expected each check once")


def check_problems(
    name: str, table: CheckTable, adapter: Adapter[Any] | None, require_reason: bool
) -> Iterator[Problem]:
    """Problems of one check's table; *adapter* is None where its tool is not known."""
    if not re.fullmatch(CHECK_NAME, name):
        yield Problem(
            (name,),
            f"{value_text(name)} can not be the name of a check",
            "expected a lower-case letter, then lower-case letters, digits, `_` and `-`",
        )
    yield from _path_problems(table.paths, (name,))
    yield from _pattern_problems(table.unreadable_ok, (name, "unreadable-ok"))
    yield from _argument_problems(name, table, adapter)
    yield from _plugin_problems(table.require_plugins, (name, "require-plugins"))
    yield from _limit_key_problems(table.max_findings, (name, "max-findings"))
    yield from _severity_key_problems(table.severity or {}, (name, "severity"))
    yield from _soft_fail_problems(name, table, require_reason)


def tool_problem(name: str, table: CheckTable, adapters: Mapping[str, Adapter[Any]]) -> Problem:
    """The problem of a check whose tool is not known."""
    if table.tool:
        return Problem((name, "tool"), f"unknown tool {value_text(table.tool)}", suggestion(table.tool, adapters))
    known = suggestion(name, (*adapters, *TopLevel.__struct_encode_fields__))
    return Problem((name,), f"the check {value_text(name)} has no tool of its name", f"{known}; or give it a `tool`")


def _version_problems(required: str, version: str) -> Iterator[Problem]:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import Version

    path = ("required-version",)
    try:
        specifiers = SpecifierSet(required)
    except InvalidSpecifier as error:
        yield Problem(path, str(error), 'expected a version specifier such as ">=0.1,<0.2"')
        return
    # A development version stands for the release it leads to, unless the specifier itself tells pre-releases apart.
    stands_for = version if specifiers.prereleases else Version(version).base_version
    if not specifiers.contains(version, prereleases=True) and not specifiers.contains(stands_for, prereleases=True):
        yield Problem(
            path,
            f"qualitygate {version} is installed, {required} is required",
            f'install a version that fits, for instance with: pip install "pytest-qualitygate{required}"',
        )


def _path_problems(paths: list[str] | UnsetType, table: KeyPath) -> Iterator[Problem]:
    for index, path in enumerate(paths or []):
        complaint = _path_complaint(path)
        if complaint:
            yield Problem((*table, "paths", index), f"the path {value_text(path)} {complaint[0]}", complaint[1])


def _path_complaint(path: str) -> tuple[str, str] | None:
    if "\0" in path:
        return "holds a NUL character", "expected a path that can exist"
    if path.startswith("/"):
        return "is absolute", "expected a path relative to the project root"
    if path.startswith("-"):
        return "would be taken for an option", f"write {value_text('./' + path)}"
    if posixpath.normpath(path).split("/")[0] == "..":
        return "leaves the project root", "expected a path inside the project root"
    return None


def _pattern_problems(patterns: list[str] | UnsetType, path: KeyPath) -> Iterator[Problem]:
    if not patterns:
        return
    from pathspec import GitIgnoreSpec

    for index, pattern in enumerate(patterns):
        place = (*path, index)
        try:
            compiled = list(GitIgnoreSpec.from_lines([pattern]).patterns)
        except (ValueError, IndexError) as error:
            yield Problem(place, f"{value_text(pattern)}: {error}", "expected a gitignore pattern")
            continue
        if all(one.include is None for one in compiled):
            yield Problem(place, f"the pattern {value_text(pattern)} never matches", "expected a gitignore pattern")


def _argument_problems(name: str, table: CheckTable, adapter: Adapter[Any] | None) -> Iterator[Problem]:
    for key, args in (("args", table.args), ("cc-args", table.cc_args), ("mi-args", table.mi_args)):
        for index, argument in enumerate(args or []):
            if "\0" in argument:
                yield Problem((name, key, index), "an argument holds a NUL character", "expected one that can be typed")
        subcommand = key.removesuffix("-args")
        if args is not UNSET and key != "args" and adapter is not None and subcommand not in adapter.subcommands:
            yield Problem(
                (name, key), f"{adapter.name} has no subcommand `{subcommand}`", "expected `args`, which it is given"
            )


def _plugin_problems(requirements: list[str] | UnsetType, path: KeyPath) -> Iterator[Problem]:
    if not requirements:
        return
    from packaging.requirements import InvalidRequirement, Requirement

    for index, requirement in enumerate(requirements):
        try:
            Requirement(requirement)
        except InvalidRequirement as error:
            said = str(error).splitlines()[0]
            yield Problem(
                (*path, index),
                f"{value_text(requirement)} is not a requirement: {said}",
                'expected a distribution and its versions, such as "flake8-bugbear>=24"',
            )


def _limit_key_problems(limits: MaxFindings | UnsetType, path: KeyPath) -> Iterator[Problem]:
    for key in limits if isinstance(limits, dict) else ():
        slip = key not in _LIMIT_WORDS and nearest(key.lower(), _LIMIT_WORDS, _SLIP)
        if slip:
            yield Problem(
                (*path, key),
                f"{value_text(key)} is neither a severity nor `total` nor a likely rule",
                f"did you mean `{slip}`? expected a severity ({', '.join(SEVERITY_WORDS)}), `total` or a rule",
            )


def _severity_key_problems(severities: Mapping[str, str], path: KeyPath) -> Iterator[Problem]:
    for key in severities:
        if key in _LIMIT_WORDS:
            yield Problem((*path, key), f"`{key}` is not a rule", 'expected rules as keys, such as { E501 = "info" }')


def _soft_fail_problems(name: str, table: CheckTable, require_reason: bool) -> Iterator[Problem]:
    path = (name, "soft-fail")
    soft = table.soft_fail
    if not soft:
        return
    reason = soft.reason if isinstance(soft, SoftFailTable) else UNSET
    if require_reason and not (reason and reason.strip()):
        yield Problem(
            (*path, "reason"),
            f"the soft failure of `{name}` has no reason, and `require-reason` is set",
            'expected a table such as { reason = "legacy pages", until = 2027-03-31 }',
        )
    if isinstance(soft, SoftFailTable) and soft.max_findings is not UNSET:
        yield from _limit_key_problems(soft.max_findings, (*path, "max-findings"))
        yield from _ceiling_problems(soft.max_findings, table.max_findings or 0, (*path, "max-findings"))


def _ceiling_problems(ceiling: MaxFindings, hard: MaxFindings, path: KeyPath) -> Iterator[Problem]:
    """A ceiling below the limit it softens would never hold."""
    allowed = hard if isinstance(hard, dict) else {"total": hard}
    for key, most in (ceiling if isinstance(ceiling, dict) else {"total": ceiling}).items():
        limit = allowed.get(key, 0)
        if most != "any" and (limit == "any" or most < limit):
            yield Problem(
                (*path, key) if isinstance(ceiling, dict) else path,
                f"the ceiling of {most} for `{key}` is below the limit of {limit} that the check passes with",
                "expected a ceiling of at least `max-findings`",
            )
