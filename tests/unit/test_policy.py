"""policy.judge: limits, soft fails, dates, precedence."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualitygate.model.findings import FileProblem, Finding
from qualitygate.model.limits import Policy, SoftFail
from qualitygate.model.results import Breakage, CheckRun, Outcome
from qualitygate.model.severity import Severity
from qualitygate.policy import Terms, hold, judge

DAY = datetime.date(2026, 6, 15)


def finding(rule: str = "E501", severity: Severity = Severity.LOW) -> Finding:
    return Finding(check="c", tool="t", rule=rule, message="m", severity=severity, fingerprint="f")


def run(*findings: Finding, check: str = "c", **more: object) -> CheckRun:
    return CheckRun(check=check, tool="t", files=1, findings=findings, **more)  # type: ignore[arg-type]


def outcome(findings: tuple[Finding, ...], policy: Policy, **terms: object) -> Outcome:
    verdict = judge([run(*findings)], {"c": policy}, Terms(today=DAY, **terms))  # type: ignore[arg-type]
    return verdict.checks[0].outcome


def test_exactly_the_maximum_passes_and_one_more_fails():
    assert outcome((finding(),) * 3, Policy(max_findings=3)) is Outcome.PASS
    assert outcome((finding(),) * 4, Policy(max_findings=3)) is Outcome.FAIL


def test_info_never_counts_unless_named():
    info = (finding(severity=Severity.INFO),)
    assert outcome(info, Policy(max_findings=0)) is Outcome.PASS
    assert outcome(info, Policy(max_findings={"total": 0})) is Outcome.PASS
    assert outcome(info, Policy(max_findings={"info": 0})) is Outcome.FAIL


def test_any_allows_everything():
    assert outcome((finding(),) * 1000, Policy(max_findings="any")) is Outcome.PASS


def test_the_longest_rule_prefix_covers_a_finding():
    policy = Policy(max_findings={"E": 0, "E5": 0, "E501": 2, "E50": 0})
    assert outcome((finding("E501"),) * 2, policy) is Outcome.PASS
    assert outcome((finding("E502"),), policy) is Outcome.FAIL


def test_a_rule_beats_a_severity():
    policy = Policy(max_findings={"low": 0, "E501": "any"})
    assert outcome((finding("E501"),), policy) is Outcome.PASS
    assert outcome((finding("W291"),), policy) is Outcome.FAIL


def test_what_no_key_covers_is_limited_to_zero_unless_total_is_given():
    high = (finding("F401", Severity.HIGH),)
    assert outcome(high, Policy(max_findings={"low": 5})) is Outcome.FAIL
    assert outcome(high, Policy(max_findings={"low": 5, "total": 9})) is Outcome.PASS


def test_total_counts_every_finding_of_low_and_above_whatever_else_covers_it():
    policy = Policy(max_findings={"E501": "any", "total": 2})
    assert outcome((finding("E501"),) * 3, policy) is Outcome.FAIL


def test_a_soft_fail_without_ceiling_softens_any_number():
    assert outcome((finding(),) * 99, Policy(soft_fail=SoftFail())) is Outcome.SOFT_FAIL


def test_within_the_hard_limit_a_soft_check_simply_passes():
    assert outcome((finding(),), Policy(max_findings=1, soft_fail=SoftFail())) is Outcome.PASS


def test_above_the_ceiling_a_soft_check_fails():
    policy = Policy(max_findings=1, soft_fail=SoftFail(max_findings=3))
    assert outcome((finding(),) * 3, policy) is Outcome.SOFT_FAIL
    assert outcome((finding(),) * 4, policy) is Outcome.FAIL


def test_what_a_ceiling_does_not_name_keeps_its_hard_limit():
    hard, soft = {"low": 10, "high": 0}, SoftFail(max_findings={"high": 2})
    found = (finding(),) * 5 + (finding("F401", Severity.HIGH),)
    assert outcome(found, Policy(max_findings=hard, soft_fail=soft)) is Outcome.SOFT_FAIL
    assert outcome(found * 3, Policy(max_findings=hard, soft_fail=soft)) is Outcome.FAIL


@pytest.mark.parametrize(("until", "expected"), [(DAY, Outcome.SOFT_FAIL), (DAY - datetime.timedelta(1), Outcome.FAIL)])
def test_until_is_inclusive(until, expected):
    assert outcome((finding(),), Policy(soft_fail=SoftFail(until=until))) is expected


def test_after_the_end_date_the_sentence_says_why_and_who_owns_it():
    soft = SoftFail(reason="legacy pages", owner="@docs", until=datetime.date(2026, 1, 1))
    verdict = judge([run(finding())], {"c": Policy(soft_fail=soft)}, Terms(today=DAY))
    sentence = verdict.checks[0].sentence
    assert "2026-01-01" in sentence and "legacy pages" in sentence and "@docs" in sentence


def test_strict_makes_soft_hard():
    assert outcome((finding(),), Policy(soft_fail=SoftFail()), strict=True) is Outcome.FAIL


def test_a_file_that_can_not_be_analysed_fails_its_check_softly_if_the_check_is_soft():
    bad = run(problems=(FileProblem(kind="syntax", message="m", path="a.py"),))
    assert judge([bad], {"c": Policy(max_findings="any")}, Terms(today=DAY)).exit_code == 1
    assert judge([bad], {"c": Policy(soft_fail=SoftFail())}, Terms(today=DAY)).word == "soft-fail"


def test_broken_is_never_softened():
    broken = run(breakage=(Breakage(kind="crashed", message="m"),))
    verdict = judge([broken], {"c": Policy(max_findings="any", soft_fail=SoftFail())}, Terms(today=DAY, exit_zero=True))
    assert (verdict.word, verdict.exit_code) == ("broken", 3)


def test_broken_beats_failed_beats_soft():
    runs = [
        run(check="broken", breakage=(Breakage(kind="crashed", message="m"),)),
        run(finding(), check="failed"),
        run(finding(), check="soft"),
    ]
    policies = {"broken": Policy(), "failed": Policy(), "soft": Policy(soft_fail=SoftFail())}
    terms = Terms(today=DAY, soft_exit_code=10)
    assert [judge(runs[n:], policies, terms).exit_code for n in range(3)] == [3, 1, 10]


def test_all_checks_skipped_is_nothing_in_a_full_run_and_a_pass_in_a_partial_one():
    skipped = [run(skip_reason="no file to look at")]
    assert judge(skipped, {"c": Policy()}, Terms(today=DAY)).exit_code == 4
    assert judge(skipped, {"c": Policy()}, Terms(today=DAY, exit_zero=True)).exit_code == 0
    assert judge(skipped, {"c": Policy()}, Terms(today=DAY, partial=True)).word == "pass"


@given(
    st.lists(st.tuples(st.sampled_from(["E501", "E502", "W291", "F401"]), st.sampled_from(list(Severity)))),
    st.dictionaries(
        st.sampled_from(["E", "E5", "E501", "W", "info", "low", "high", "total"]),
        st.one_of(st.integers(0, 5), st.just("any")),
    ),
)
def test_every_finding_above_info_is_counted_exactly_once_besides_the_total(found, allowed):
    findings = [finding(rule, severity) for rule, severity in found]
    limits = {limit.limit: limit for limit in hold("c", findings, allowed)}
    counted = sum(limit.actual for key, limit in limits.items() if key != "total")
    unnamed_info = sum(
        one.severity is Severity.INFO
        and "info" not in allowed
        and not any(one.rule.startswith(key) for key in allowed if key.isupper() or key[0] in "EWF")
        for one in findings
    )
    if "total" in allowed:
        assert limits["total"].actual == sum(one.severity > Severity.INFO for one in findings)
        assert "others" not in limits
    else:
        assert counted == len(findings) - unnamed_info


@given(st.lists(st.sampled_from(list(Severity)), max_size=20), st.integers(0, 20))
def test_adding_a_finding_never_improves_the_outcome(severities, maximum):
    findings = tuple(finding(severity=severity) for severity in severities)
    policy = Policy(max_findings=maximum, soft_fail=SoftFail(max_findings=maximum + 3))
    assert outcome(findings, policy) <= outcome((*findings, finding()), policy)
