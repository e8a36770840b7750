"""The effective configuration: every default filled in, every value with its origin."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from qualitygate.model.limits import Policy

if TYPE_CHECKING:
    from qualitygate.config.load import Document
    from qualitygate.config.places import KeyPath


class Origins(Mapping[str, str]):
    """Where each value comes from, by configuration key: `pyproject.toml:12`, `default`...

    Line numbers are looked up when an origin is read, since finding them costs a scan of the file.
    """

    def __init__(self, document: Document | None, entries: Mapping[str, str | KeyPath]) -> None:
        self._document = document
        self._entries = dict(entries)

    def __getitem__(self, key: str) -> str:
        entry = self._entries[key]
        if isinstance(entry, str):
            return entry
        assert self._document is not None
        return self._document.origin(entry)

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)


@dataclasses.dataclass(frozen=True, kw_only=True)
class CheckSettings:
    """One check as it will be run and judged."""

    name: str
    tool: str
    paths: tuple[str, ...]
    """Relative to the root, verbatim."""
    args: tuple[str, ...]
    """What the tool is given: the configured arguments, or the default ones where they apply."""
    extra_args: dict[str, tuple[str, ...]]
    """Arguments for one subcommand, by its name; only written ones."""
    require_plugins: tuple[str, ...]
    cacheable_plugins: tuple[str, ...]
    """Plug-ins, by distribution, whose findings in a file depend on that file alone."""
    policy: Policy
    allow_empty: bool
    unreadable_ok: tuple[str, ...]
    """gitignore patterns of files that the tool need not be able to analyse."""
    configured: bool
    """Whether the check has a table or is named in `checks`. Only another one may be skipped for lack of files."""
    origins: Mapping[str, str] = dataclasses.field(compare=False)
    """By key as written in the check's table, such as `max-findings`."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that the configuration decides."""

    root: Path
    """Absolute path of the project root."""
    file: Path | None
    """The configuration file; None where there is none."""
    checks: tuple[CheckSettings, ...]
    """In the order in which they are shown."""
    exclude: tuple[str, ...]
    """gitignore patterns of files that no check sees."""
    require_reason: bool
    warnings: tuple[str, ...]
    """One sentence each; nothing that changes the verdict."""
    required_version: str | None = None
    paths: tuple[str, ...] = (".",)
    """Default of the checks' `paths`."""
    allow_empty: bool = False
    """Default of the checks' `allow_empty`."""
    unreadable_ok: tuple[str, ...] = ()
    """Default of the checks' `unreadable_ok`."""
    release_urls: Mapping[str, str] = dataclasses.field(default_factory=dict)
    """Upload addresses that a release may use, by target (`test`, `prod`); any where none is given."""
    not_secret: tuple[str, ...] = ()
    """gitignore patterns of files that look like secrets and may be published."""
    origins: Mapping[str, str] = dataclasses.field(default_factory=dict, compare=False)
    """By top-level key."""

    @functools.cached_property
    def digest(self) -> str:
        """SHA-256, in hexadecimal, of everything that can change the verdict.

        The root, the name of the file, origins, reasons and owners are not part of it.
        """
        import hashlib

        judged = [self.exclude, [_verdict_relevant(check) for check in self.checks]]
        return hashlib.sha256(msgspec.json.encode(judged, order="deterministic")).hexdigest()


def _verdict_relevant(check: CheckSettings) -> dict[str, object]:
    policy = check.policy
    soft = policy.soft_fail
    return {
        "name": check.name,
        "tool": check.tool,
        "paths": check.paths,
        "args": check.args,
        "extra_args": check.extra_args,
        "require_plugins": check.require_plugins,
        "max_findings": policy.max_findings,
        "severity": policy.severity,
        "soft_fail": None if soft is None else {"until": soft.until, "max_findings": soft.max_findings},
        "allow_empty": check.allow_empty,
        "unreadable_ok": check.unreadable_ok,
        "configured": check.configured,
    }
