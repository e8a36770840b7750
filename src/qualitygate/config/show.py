"""The effective settings as rows, for `qualitygate config show`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from qualitygate.config.settings import CheckSettings, Settings
from qualitygate.config.toml import value_text
from qualitygate.model.limits import SoftFail


class Row(NamedTuple):
    """One value. `key = value` of all rows together is a valid `qualitygate.toml` with the same limits and arguments.

    It names every check, so that all of them are configured there: one that was not, as all are without a file, is
    then no longer skipped where it finds no file, and arguments that come from its default become written ones.
    """

    key: str
    """Such as `paths` or `flake8.max-findings`."""
    value: str
    """As TOML."""
    origin: str


def show(settings: Settings) -> list[Row]:
    """Every effective value, defaults included."""
    rows = [Row(key, value_text(value), settings.origins[key]) for key, value in _top_level(settings)]
    for check in settings.checks:
        rows += [Row(f"{check.name}.{key}", value_text(value), check.origins[key]) for key, value in _check(check)]
    return rows


def _top_level(settings: Settings) -> Iterator[tuple[str, Any]]:
    if settings.required_version is not None:
        yield "required-version", settings.required_version
    yield "paths", settings.paths
    yield "exclude", settings.exclude
    if settings.checks:
        yield "checks", [check.name for check in settings.checks]
    yield "require-reason", settings.require_reason
    yield "allow-empty", settings.allow_empty
    yield "unreadable-ok", settings.unreadable_ok
    release: dict[str, Any] = {f"{target}-url": url for target, url in settings.release_urls.items()}
    if settings.not_secret:
        release["not-secret"] = settings.not_secret
    if release:
        yield "release", release


def _check(check: CheckSettings) -> Iterator[tuple[str, Any]]:
    yield "tool", check.tool
    yield "paths", check.paths
    yield "args", check.args
    for subcommand, args in check.extra_args.items():
        yield f"{subcommand}-args", args
    yield "require-plugins", check.require_plugins
    yield "cacheable-plugins", check.cacheable_plugins
    yield "max-findings", check.policy.max_findings
    yield "soft-fail", _soft_fail(check.policy.soft_fail)
    yield "severity", check.policy.severity
    yield "allow-empty", check.allow_empty
    yield "unreadable-ok", check.unreadable_ok


def _soft_fail(soft: SoftFail | None) -> Any:
    if soft is None:
        return False
    written = {"reason": soft.reason, "owner": soft.owner, "until": soft.until, "max-findings": soft.max_findings}
    return {key: value for key, value in written.items() if value not in ("", None)} or True
