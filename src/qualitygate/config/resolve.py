"""From what is written to what holds: complete settings, or all problems at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import UNSET, UnsetType

from qualitygate.config.load import Document, Location, find
from qualitygate.config.problems import Problem, config_error
from qualitygate.config.raw import CheckTable, ReleaseTable, SoftFailTable, TopLevel
from qualitygate.config.settings import CheckSettings, Origins, Settings
from qualitygate.config.structure import convert
from qualitygate.config.values import check_problems, tool_problem, top_level_problems
from qualitygate.errors import ConfigError
from qualitygate.model.limits import Policy, SoftFail

if TYPE_CHECKING:
    from qualitygate.config.places import KeyPath
    from qualitygate.plugin import Adapter

_TOP_KEYS = TopLevel.__struct_encode_fields__
_CHECK_KEYS = CheckTable.__struct_encode_fields__
_INHERITED = ("paths", "allow-empty", "unreadable-ok")
"""Top-level keys that a key of the same name in a check's table replaces."""

_Value = TypeVar("_Value")


def load_settings(
    start: Path, adapters: Mapping[str, Adapter[Any]], config: Path | None = None, *, version: str
) -> Settings:
    """Find, read and resolve the configuration.

    Args:

        start: The shell's folder.

        adapters: Every known tool by name, in the order of the default checks.

        config: A configuration file named on the command line, relative to *start*.

        version: The running version of qualitygate.

    Raises:

        ConfigError: With every problem found.
    """
    location = find(start, config)
    if location.document is None:
        return _settings(location, _Written(TopLevel(), {}), adapters)
    written, problems = _written(location.document, adapters)
    told = {problem.path for problem in problems}
    problems += [problem for problem in _value_problems(written, adapters, version, told) if problem.path not in told]
    if problems:
        raise config_error(location.document, problems)
    return _settings(location, written, adapters)


def _value_problems(
    written: _Written, adapters: Mapping[str, Adapter[Any]], version: str, told: set[KeyPath]
) -> Iterator[Problem]:
    yield from top_level_problems(written.top, [*dict.fromkeys((*adapters, *written.checks))], version)
    for name, table in written.checks.items():
        adapter = adapters.get(table.tool or name)
        if adapter is None and (name, "tool") not in told:
            yield tool_problem(name, table, adapters)
        yield from check_problems(name, table, adapter, bool(written.top.require_reason))


@dataclasses.dataclass(frozen=True)
class _Written:
    """A configuration file, typed."""

    top: TopLevel
    checks: dict[str, CheckTable]
    """In the order of the file."""


def _written(document: Document, adapters: Mapping[str, Adapter[Any]]) -> tuple[_Written, list[Problem]]:
    top: dict[str, Any] = {}
    checks: dict[str, CheckTable] = {}
    problems: list[Problem] = []
    in_check = f"this key belongs in the table of a check, such as {_header(document, 'flake8')}"
    at_top = dict.fromkeys(_TOP_KEYS, "this key belongs at the top level")
    for key, value in document.table.items():
        if isinstance(value, dict) and key not in _TOP_KEYS:
            checks[key], found = convert(value, CheckTable, (key,), at_top)
            problems += found
        elif key in adapters:
            problems.append(Problem((key,), f"`{key}` is not a table", f"expected a table: {_header(document, key)}"))
        else:
            top[key] = value
    converted, found = convert(top, TopLevel, (), dict.fromkeys(_CHECK_KEYS, in_check))
    return _Written(converted, checks), found + problems


def _header(document: Document, check: str) -> str:
    return f"[{'.'.join((*document.prefix, check))}]"


def _settings(location: Location, written: _Written, adapters: Mapping[str, Adapter[Any]]) -> Settings:
    top = written.top
    names = top.checks or [*dict.fromkeys((*adapters, *written.checks))]
    document = location.document
    origins: dict[str, str | KeyPath] = dict.fromkeys(_TOP_KEYS, "default")
    origins |= {key: (key,) for key in _keys(top)}
    return Settings(
        root=location.root,
        file=None if document is None else document.file,
        checks=_checks(names, location, written, adapters),
        exclude=tuple(_first(top.exclude, [])),
        require_reason=_first(top.require_reason, False),
        warnings=tuple(_warnings(names, written, document)),
        required_version=_first(top.required_version, None),
        paths=tuple(_first(top.paths, ["."])),
        allow_empty=_first(top.allow_empty, False),
        unreadable_ok=tuple(_first(top.unreadable_ok, [])),
        release_urls=dict(_release_urls(top.release or ReleaseTable())),
        not_secret=tuple((top.release or ReleaseTable()).not_secret or ()),
        origins=Origins(document, origins),
    )


def _release_urls(table: ReleaseTable) -> Iterator[tuple[str, str]]:
    for target, url in (("test", table.test_url), ("prod", table.prod_url)):
        if url is not UNSET:
            yield target, url


def _checks(
    names: Iterable[str], location: Location, written: _Written, adapters: Mapping[str, Adapter[Any]]
) -> tuple[CheckSettings, ...]:
    checks = []
    refusals: list[str] = []
    for name in names:
        try:
            checks.append(_check(name, location, written, adapters))
        except ConfigError as error:  # a native configuration file that an adapter can not read
            refusals += error.problems
    if refusals:
        raise ConfigError(refusals)
    return tuple(checks)


def _check(
    name: str, location: Location, written: _Written, adapters: Mapping[str, Adapter[Any]]
) -> CheckSettings:
    top = written.top
    table = written.checks.get(name, CheckTable())
    adapter = adapters[table.tool or name]
    configured = name in written.checks or bool(top.checks)
    paths = tuple(_first(table.paths, top.paths, ["."]))
    args, args_origin = _arguments(table, adapter, location.root, paths)
    origins: dict[str, str | KeyPath] = dict.fromkeys(_CHECK_KEYS, "default")
    if not configured:
        origins["max-findings"] = origins["soft-fail"] = "default (classic pipeline)"
    origins["args"] = args_origin
    origins |= {key: (key,) for key in _keys(top) if key in _INHERITED}
    origins |= {key: (name, key) for key in _keys(table)}
    return CheckSettings(
        name=name,
        tool=adapter.name,
        paths=paths,
        args=args,
        extra_args=dict(_extra_arguments(table)),
        require_plugins=tuple(table.require_plugins or ()),
        cacheable_plugins=tuple(table.cacheable_plugins or ()),
        policy=_policy(table) if configured else adapter.default_policy,
        allow_empty=_first(table.allow_empty, top.allow_empty, False),
        unreadable_ok=tuple(_first(table.unreadable_ok, top.unreadable_ok, [])),
        configured=configured,
        origins=Origins(location.document, origins),
    )


def _arguments(
    table: CheckTable, adapter: Adapter[Any], root: Path, paths: tuple[str, ...]
) -> tuple[tuple[str, ...], str]:
    """The arguments, and where they come from if the table does not give them."""
    if table.args is not UNSET:
        return tuple(table.args), ""
    native = adapter.native_config(root, paths)
    if native is not None:
        return (), f"none: {native} configures {adapter.name}"
    return adapter.default_args, "default"


def _extra_arguments(table: CheckTable) -> Iterator[tuple[str, tuple[str, ...]]]:
    if table.cc_args is not UNSET:
        yield "cc", tuple(table.cc_args)
    if table.mi_args is not UNSET:
        yield "mi", tuple(table.mi_args)


def _policy(table: CheckTable) -> Policy:
    return Policy(
        max_findings=table.max_findings or 0,
        soft_fail=_soft_fail(table.soft_fail or False),
        severity=dict(table.severity or {}),
    )


def _soft_fail(written: bool | SoftFailTable) -> SoftFail | None:
    if isinstance(written, bool):
        return SoftFail() if written else None
    return SoftFail(
        reason=written.reason or "",
        owner=written.owner or "",
        until=written.until or None,
        max_findings=_first(written.max_findings, None),
    )


def _warnings(names: Iterable[str], written: _Written, document: Document | None) -> Iterator[str]:
    for name in written.checks:
        if document is not None and name not in names:
            origin = document.origin((name,))
            yield f"{origin}: the check `{name}` is configured but not in `checks`, so it does not run"


def _keys(table: TopLevel | CheckTable) -> Iterator[str]:
    """The keys that are written in *table*."""
    for field, key in zip(table.__struct_fields__, table.__struct_encode_fields__, strict=True):
        if getattr(table, field) is not UNSET:
            yield key


def _first(*values: _Value | UnsetType) -> _Value:
    """The first value that is written; the last one always is."""
    return next(value for value in values if value is not UNSET)
