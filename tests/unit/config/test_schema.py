"""The JSON Schema is valid and agrees with the loader."""

from __future__ import annotations

import datetime
import json
import tomllib
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import assume, example, given
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from qualitygate.config.raw import CheckTable, SeverityWord
from qualitygate.config.schema import schema
from qualitygate.config.structure import convert
from qualitygate.config.toml import key_text, value_text
from qualitygate.errors import ConfigError
from qualitygate.model.severity import SEVERITY_WORDS

from .helpers import EXAMPLE, TOOLS, load
from .strategies import CHECK_TABLES, GOOD_CONFIGURATIONS

SCHEMA = schema(TOOLS)


def as_json(value: Any, key: str = "") -> Any:
    """A TOML value for a JSON validator, which has no dates: a string where one is expected, elsewhere null."""
    if isinstance(value, dict):
        return {key: as_json(item, key) for key, item in value.items()}
    if isinstance(value, list):
        return [as_json(item) for item in value]
    if isinstance(value, datetime.date):
        return value.isoformat() if key == "until" else None
    return value


def valid(table: dict[str, Any], part: dict[str, Any] = SCHEMA) -> bool:
    return bool(Draft202012Validator(part, format_checker=FormatChecker()).is_valid(as_json(table)))


def loads(folder: Path, text: str) -> bool:
    try:
        load(folder, text)
    except ConfigError:
        return False
    return True


def test_the_schema_is_a_valid_one_and_is_json() -> None:
    Draft202012Validator.check_schema(SCHEMA)

    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


def test_every_key_has_a_description_and_a_valid_example() -> None:
    tables = [SCHEMA, *SCHEMA["$defs"].values()]
    properties = {key: one for table in tables for key, one in table["properties"].items() if key not in TOOLS}

    assert {"paths", "checks", "max-findings", "soft-fail", "reason", "until"} <= set(properties)
    for key, one in properties.items():
        assert one["description"], key
        assert all(valid(value, one | {"$defs": SCHEMA["$defs"]}) for value in one["examples"]), key


def test_the_example_of_the_documentation_is_valid() -> None:
    assert valid(tomllib.loads(EXAMPLE)["tool"]["qualitygate"])


def test_severities_are_those_of_the_model() -> None:
    assert get_args(SeverityWord) == SEVERITY_WORDS


@pytest.mark.parametrize(
    "text",
    [
        "chekcs = ['flake8']",
        "args = ['x']",
        "paths = 'src'",
        "paths = []",
        "paths = ['']",
        "paths = [1]",
        "checks = []",
        "checks = ['flake8', 'flake8']",
        "require-reason = 1",
        "flake8 = 1",
        "[paths]",
        "[flke8]",
        "[mine]\ntool = 'flke8'",
        "['Bad name']\ntool = 'flake8'",
        "[flake8]\nmax-finding = 1",
        "[flake8]\nexclude = ['x']",
        "[flake8]\nmax-findings = -1",
        "[flake8]\nmax-findings = 'all'",
        "[flake8]\nmax-findings = true",
        "[flake8]\nmax-findings = { low = -1 }",
        "[flake8]\nmax-findings = { '' = 1 }",
        "[flake8]\nseverity = { E5 = 'minor' }",
        "[flake8]\nsoft-fail = 'yes'",
        "[flake8]\nsoft-fail.reson = 'x'",
        "[flake8]\nsoft-fail.until = 2027-01-01T00:00:00",
        "[flake8]\nsoft-fail.until = 'soon'",
        "[flake8]\nsoft-fail.max-findings = -1",
    ],
)
def test_structure_that_the_loader_refuses_the_schema_refuses(tmp_path: Path, text: str) -> None:
    assert not loads(tmp_path, text)
    assert not valid(tomllib.loads(text))


@given(CHECK_TABLES)
@example({"soft-fail": {"until": datetime.date(2027, 3, 31), "max-findings": {"low": 1}}})
def test_the_table_of_a_check_fits_its_type_exactly_if_it_fits_the_schema(table: dict[str, Any]) -> None:
    assume("tool" not in table)  # the schema knows the tools, the type does not
    _, problems = convert(table, CheckTable, (), {})

    assert valid(table, {"$ref": "#/$defs/CheckTable", "$defs": SCHEMA["$defs"]}) == (not problems)


@given(GOOD_CONFIGURATIONS)
@example(tomllib.loads(EXAMPLE)["tool"]["qualitygate"])
def test_the_loader_and_the_schema_accept_the_same_good_configurations(
    tmp_path_factory: pytest.TempPathFactory, table: dict[str, Any]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "agreement"
    folder.mkdir(exist_ok=True)
    text = "".join(f"{key_text(key)} = {value_text(value)}\n" for key, value in table.items())

    assert loads(folder, text)
    assert valid(table)
