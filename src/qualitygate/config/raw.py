"""What can be written into the configuration, key by key.

The loader, the JSON Schema and the configuration reference of the documentation are all made from these types, so a
description here is what users read. A key that is not written is `UNSET`; what then holds is decided in `resolve`.
"""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

SeverityWord = Literal["info", "low", "medium", "high", "critical"]

#: The upper end is that of TOML's own integers.
Count = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Text = Annotated[str, Meta(min_length=1)]
Texts = list[Text]
NonEmptyTexts = Annotated[list[Text], Meta(min_length=1)]
Allowed = Count | Literal["any"]
MaxFindings = Allowed | dict[Text, Allowed]

_MAX_FINDINGS = (
    "How many findings are allowed: exactly this many pass, one more does not. A number counts all findings of "
    'severity `low` and above; `"any"` is no limit. A table limits by severity (`high`), by rule or rule prefix '
    "(`E501`, `E5`; the longest prefix holds, and a rule beats a severity) and by `total`; what none of its keys "
    "covers is limited to 0 unless `total` is given. Findings of severity `info` count only where a key names them."
)


def _about(description: str, *, default: str, example: Any, **json_schema: Any) -> Meta:
    """Prose on a key. *default* is TOML text or words; *example* is a value."""
    return Meta(
        description=description,
        examples=[example],
        extra={"default": default},
        extra_json_schema=json_schema or None,
    )


class SoftFailTable(msgspec.Struct, rename="kebab", forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The table form of `soft-fail`: why, whose, until when and up to how many."""

    reason: Annotated[
        str | UnsetType,
        _about("Why the check may fail for now. Shown in every report.", default='""', example="legacy pages"),
    ] = UNSET
    owner: Annotated[
        str | UnsetType,
        _about("Who sees to it that the soft failure ends.", default='""', example="@docs"),
    ] = UNSET
    until: Annotated[
        datetime.date | UnsetType,
        _about(
            "Last day, in UTC, on which the check may fail softly; from the next day on it fails the gate. A TOML "
            "date, without quotes.",
            default="no end",
            example=datetime.date(2027, 3, 31),
        ),
    ] = UNSET
    max_findings: Annotated[
        MaxFindings | UnsetType,
        _about(
            "Ceiling of the soft failure: up to the check's own `max-findings` the check passes, up to this ceiling it "
            "fails softly, above it it fails the gate. Has the same forms as the check's `max-findings`.",
            default="no ceiling",
            example=40,
        ),
    ] = UNSET


class CheckTable(msgspec.Struct, rename="kebab", forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The table of one check. Its name is the check's name, and its tool has the same name unless `tool` is given."""

    tool: Annotated[
        Text | UnsetType,
        _about(
            "The tool that the check uses. Several checks may use the same tool.",
            default="the name of the check",
            example="bandit",
        ),
    ] = UNSET
    paths: Annotated[
        NonEmptyTexts | UnsetType,
        _about(
            "Files and folders that the tool is given, relative to the project root. Replaces the top-level `paths`.",
            default="the top-level `paths`",
            example=["docs"],
        ),
    ] = UNSET
    args: Annotated[
        list[str] | UnsetType,
        _about(
            "The tool's own command-line options, verbatim; the tool's own documentation applies. Replaces the default "
            "arguments, which apply only where the project has no configuration file of that tool.",
            default="the tool's default arguments",
            example=["--max-line-length=120"],
        ),
    ] = UNSET
    cc_args: Annotated[
        list[str] | UnsetType,
        _about("Arguments for `radon cc` only, after `args`.", default="[]", example=["--no-assert"]),
    ] = UNSET
    mi_args: Annotated[
        list[str] | UnsetType,
        _about("Arguments for `radon mi` only, after `args`.", default="[]", example=["--multi"]),
    ] = UNSET
    require_plugins: Annotated[
        Texts | UnsetType,
        _about(
            "Distributions that must be installed beside the tool, as requirement specifiers; the check is broken "
            "without them.",
            default="[]",
            example=["flake8-bugbear>=24"],
        ),
    ] = UNSET
    cacheable_plugins: Annotated[
        Texts | UnsetType,
        _about(
            "Distributions of plug-ins whose findings in a file depend on nothing but that file. A check with other "
            "third-party plug-ins looks at every file in every run.",
            default="[]",
            example=["flake8-bugbear"],
        ),
    ] = UNSET
    max_findings: Annotated[
        MaxFindings | UnsetType,
        _about(_MAX_FINDINGS, default="0", example={"high": 0, "low": 10}),
    ] = UNSET
    soft_fail: Annotated[
        bool | SoftFailTable | UnsetType,
        _about(
            "Whether a failure of this check leaves the gate open. `true` for always, or a table with a reason, an "
            "owner, an end date and a ceiling.",
            default="false",
            example={"reason": "legacy pages", "until": datetime.date(2027, 3, 31), "max-findings": 40},
        ),
    ] = UNSET
    severity: Annotated[
        dict[Text, SeverityWord] | UnsetType,
        _about(
            "Other severities for the findings of some rules: a rule or rule prefix each; the longest prefix holds.",
            default="{}",
            example={"E501": "info"},
        ),
    ] = UNSET
    allow_empty: Annotated[
        bool | UnsetType,
        _about(
            "Whether the check may find no file. Otherwise a configured check without files ends the run.",
            default="the top-level `allow-empty`",
            example=True,
        ),
    ] = UNSET
    unreadable_ok: Annotated[
        Texts | UnsetType,
        _about(
            "gitignore patterns of files that the tool need not be able to analyse, and whose finding that says so "
            "(`E999` and `E902` of flake8) does not count either. Replaces the top-level `unreadable-ok`.",
            default="the top-level `unreadable-ok`",
            example=["tests/data/broken/**"],
        ),
    ] = UNSET


class ReleaseTable(msgspec.Struct, rename="kebab", forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The table `release`: where `qualitygate release` may publish."""

    test_url: Annotated[
        Text | UnsetType,
        _about(
            "Upload address of the test index. Where it is set, `PYPI_TEST_URL` must be the same, so that neither a "
            "change of this file nor one of the environment alone can send credentials elsewhere.",
            default="any address that `PYPI_TEST_URL` names",
            example="https://packages.example.org/test/",
        ),
    ] = UNSET
    prod_url: Annotated[
        Text | UnsetType,
        _about(
            "Upload address of the production index. Where it is set, `PYPI_PROD_URL` must be the same.",
            default="any address that `PYPI_PROD_URL` names",
            example="https://packages.example.org/prod/",
        ),
    ] = UNSET
    not_secret: Annotated[
        Texts | UnsetType,
        _about(
            "gitignore patterns of files in the distributions that look like secrets and are none, such as keys for "
            "tests. The values of the credentials themselves are never exempt.",
            default="[]",
            example=["tests/certificates/*.key"],
        ),
    ] = UNSET


class TopLevel(msgspec.Struct, rename="kebab", forbid_unknown_fields=True, frozen=True, kw_only=True):
    """The keys of `[tool.qualitygate]` in `pyproject.toml`, or those at the top of `qualitygate.toml`."""

    required_version: Annotated[
        Text | UnsetType,
        _about(
            "Versions of qualitygate that this configuration is for, as a version specifier.",
            default="any version",
            example=">=0.1,<0.2",
        ),
    ] = UNSET
    paths: Annotated[
        NonEmptyTexts | UnsetType,
        _about(
            "Files and folders that the tools are given, relative to the project root.",
            default='["."]',
            example=["src", "tests", "docs"],
        ),
    ] = UNSET
    exclude: Annotated[
        Texts | UnsetType,
        _about(
            "gitignore patterns of files that no check sees, on top of those that git ignores.",
            default="[]",
            example=["docs/_build/"],
        ),
    ] = UNSET
    checks: Annotated[
        NonEmptyTexts | UnsetType,
        _about(
            "The checks to run, in this order: names of tools or of check tables.",
            default="all built-in tools, then every other check that has a table",
            example=["flake8", "bandit", "bandit-tests"],
            uniqueItems=True,
        ),
    ] = UNSET
    require_reason: Annotated[
        bool | UnsetType,
        _about("Whether every soft failure must have a reason.", default="false", example=True),
    ] = UNSET
    allow_empty: Annotated[
        bool | UnsetType,
        _about("Whether configured checks may find no file.", default="false", example=True),
    ] = UNSET
    unreadable_ok: Annotated[
        Texts | UnsetType,
        _about(
            "gitignore patterns of files that the tools need not be able to analyse. The findings that say the same "
            "of such a file (`E999` and `E902` of flake8) are exempt too; a pattern without use is reported.",
            default="[]",
            example=["tests/data/broken/**"],
        ),
    ] = UNSET
    release: Annotated[
        ReleaseTable | UnsetType,
        _about(
            "Where `qualitygate release` may publish.",
            default="wherever the environment says",
            example={"test-url": "https://packages.example.org/test/"},
        ),
    ] = UNSET
