"""The JSON report: its keys, its schema, and that nothing is lost in it."""

from __future__ import annotations

import json as plain_json
import math
from collections.abc import Callable
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings

from qualitygate.errors import UsageError
from qualitygate.model.findings import Measurement
from qualitygate.model.limits import Policy, SoftFail
from qualitygate.model.results import Report
from qualitygate.reporters import json, terminal
from tests.unit.reporters.samples import RADON, REPORTS, SYNTAX, as_json, as_text, finding, many, report, reports, run

VALIDATOR = jsonschema.Draft202012Validator(json.schema())


def loaded(made: Report) -> dict[str, Any]:
    document: dict[str, Any] = plain_json.loads(as_json(made))
    return document


def test_the_schema_is_a_valid_one() -> None:
    jsonschema.Draft202012Validator.check_schema(json.schema())


@pytest.mark.parametrize("name", REPORTS)
def test_each_kind_of_report_follows_the_schema(name: str) -> None:
    VALIDATOR.validate(loaded(REPORTS[name]))


@pytest.mark.parametrize(
    ("key", "value"),
    [("verdict", "green"), ("exit_code", "0"), ("schema", "qualitygate-report/2"), ("scope", None), ("checks", {})],
)
def test_the_schema_refuses_a_wrong_value(key: str, value: object) -> None:
    document = loaded(REPORTS["failed"])

    VALIDATOR.validate(document)
    assert not VALIDATOR.is_valid(document | {key: value})
    assert not VALIDATOR.is_valid({name: document[name] for name in document if name != key})


REPORT_KEYS = (
    "schema qualitygate verdict exit_code started seconds source root_prefix scope config_digest overrides shard "
    "checks findings measurements"
)
CHECK_KEYS = "check tool version state outcome skip_reason soft_fail files cached seconds counts limits errors by_hand"
FINDING_KEYS = (
    "check tool rule message severity path line column end_line end_column symbol source fingerprint status url"
)


@pytest.mark.parametrize(
    ("part", "keys"),
    [
        (lambda document: document, REPORT_KEYS),
        (lambda document: document["source"], "kind commit tree dirty"),
        (lambda document: document["checks"][0], CHECK_KEYS),
        (lambda document: document["checks"][0]["counts"], "total by_severity by_rule"),
        (lambda document: document["checks"][0]["limits"][0], "limit allowed actual breached sentence"),
        (lambda document: document["checks"][0]["soft_fail"], "reason owner until max_findings"),
        (lambda document: document["checks"][1]["errors"][0], "path kind message"),
        (lambda document: document["findings"][0], FINDING_KEYS),
        (lambda document: document["measurements"][0], "check tool metric subject path line value rank"),
    ],
)
def test_the_keys_that_users_were_promised_are_there(part: Callable[[Any], dict[str, Any]], keys: str) -> None:
    made = report(
        RADON,
        run("bandit", problems=(SYNTAX,)),
        policies={"radon": Policy(soft_fail=SoftFail(reason="later"))},
    )

    assert set(keys.split()) <= part(loaded(made)).keys()


def test_values_are_written_as_users_were_promised() -> None:
    document = loaded(REPORTS["budget"])

    assert document["shard"] is None
    assert document["checks"][2]["by_hand"] == "radon cc -s -nb src && radon mi -s -nb src"
    assert loaded(REPORTS["soft-fail"])["checks"][2]["soft_fail"] == {
        "reason": "legacy pages",
        "owner": "@docs",
        "until": "2027-03-31",
        "max_findings": 80,
    }
    assert loaded(REPORTS["failed"])["checks"][1]["errors"] == [
        {"path": "src/bad.py", "kind": "syntax", "message": "syntax error (line 3)", "broken": False, "rule": None}
    ]


def test_counts_are_those_of_the_findings() -> None:
    assert loaded(REPORTS["budget"])["checks"][1]["counts"] == {
        "total": 3,
        "by_severity": {"critical": 0, "high": 0, "medium": 1, "low": 2, "info": 0},
        "by_rule": {"B110": 2, "B603": 1},
    }


def test_the_time_is_written_in_utc() -> None:
    assert loaded(REPORTS["clean"])["started"] == "2026-03-14T09:26:53.589000Z"


def test_findings_of_all_checks_are_in_one_order() -> None:
    one = run(findings=(finding(path="b.py"), finding(path="a.py", line=10), finding(path=None, line=None)))
    two = run("doc8", findings=tuple(finding(check="doc8", path="a.py", line=line) for line in (9, 10)))
    places = [(made["path"], made["line"], made["check"]) for made in loaded(report(one, two))["findings"]]

    assert places == [
        (None, None, "flake8"),
        ("a.py", 9, "doc8"),
        ("a.py", 10, "doc8"),
        ("a.py", 10, "flake8"),
        ("b.py", 3, "flake8"),
    ]


def test_a_number_that_is_not_finite_is_null() -> None:
    values = (math.nan, math.inf, -math.inf, 1.5)
    measured = tuple(Measurement(metric="mi", subject=f"{number}", value=value) for number, value in enumerate(values))

    assert [made["value"] for made in loaded(report(run(measurements=measured)))["measurements"]] == [
        None,
        None,
        None,
        1.5,
    ]


def test_a_byte_that_is_not_utf8_does_not_stop_the_report() -> None:
    document = loaded(report(run(findings=(finding(path="caf\udce9.py", message="lone \ud800"),))))

    assert document["findings"][0]["path"] == "caf\\xe9.py"
    assert document["findings"][0]["message"] == "lone \\ud800"


@pytest.mark.parametrize("name", REPORTS)
def test_a_report_read_back_renders_the_same_in_every_format(name: str) -> None:
    original = REPORTS[name]
    again = json.parse(as_json(original))

    assert as_json(again) == as_json(original)
    assert as_text(again) == as_text(original)
    assert terminal.render(again, verbose=True) == terminal.render(original, verbose=True)


@settings(max_examples=60, deadline=None)
@given(reports())
def test_nothing_is_lost_in_a_round_trip(made: Report) -> None:
    rendered = as_json(made)

    VALIDATOR.validate(plain_json.loads(rendered))
    assert as_json(json.parse(rendered)) == rendered
    assert as_json(json.parse(rendered.encode())) == rendered


def test_a_key_of_a_later_version_is_passed_over() -> None:
    document = loaded(REPORTS["failed"]) | {"invented": 1}

    assert as_json(json.parse(plain_json.dumps(document))) == as_json(REPORTS["failed"])


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "Input data was truncated"),
        (b"\xff\xfe{}", "malformed"),
        (b"[]", "Expected `object`, got `array`"),
        (b"{}", "missing required field `schema`"),
        (b'{"schema": "qualitygate-report/2"}', "qualitygate-report/2"),
        (b'{"invented": ' + b"[" * 100_000, "recursion"),
        ("\udcff", "surrogates"),
    ],
)
def test_what_is_no_report_is_refused_with_its_name_and_reason(data: bytes | str, told: str) -> None:
    with pytest.raises(UsageError) as refusal:
        json.parse(data, "out/report.json")

    assert refusal.value.headline.startswith("out/report.json: not a report of qualitygate")
    assert told in refusal.value.headline
    assert "qualitygate check --report json=FILE" in refusal.value.hint


@pytest.mark.parametrize("key", ["findings", "measurements"])
def test_a_finding_of_an_unlisted_check_is_refused(key: str) -> None:
    document = loaded(REPORTS["budget"])
    document[key][0]["check"] = "pylint"

    with pytest.raises(UsageError, match="`pylint` is not among its checks"):
        json.parse(plain_json.dumps(document))


def test_ten_thousand_findings_survive() -> None:
    assert len(loaded(json.parse(as_json(many(10_000))))["findings"]) == 10_000
