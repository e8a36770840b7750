"""Severity, fingerprints, exemptions."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qualitygate.model.findings import FileProblem, Finding, Located, RawFinding
from qualitygate.model.results import CheckRun
from qualitygate.model.severity import Severity
from qualitygate.triage.exempt import exempt
from qualitygate.triage.fingerprint import Fingerprints
from qualitygate.triage.triage import triage


def located(path="a.py", line=1, source="x = 1", rule="E501", symbol=None, message="m"):
    raw = RawFinding(rule=rule, message=message, severity=Severity.LOW, line=line, symbol=symbol)
    return Located(raw=raw, path=path, source=source)


def prints(*items, prefix="", tool="flake8", check="flake8"):
    return [finding.fingerprint for finding in triage(check, tool, items, {}, Fingerprints(prefix))]


def test_a_moved_line_keeps_its_fingerprint_and_another_text_has_another():
    assert prints(located(line=1)) == prints(located(line=99))
    assert prints(located(source="x  =  1 ")) == prints(located(source="x = 1"))
    assert prints(located(source="x = 1")) != prints(located(source="x = 2"))


def test_what_identifies_a_finding_is_in_the_fingerprint():
    base = prints(located())
    assert base != prints(located(rule="E502"))
    assert base != prints(located(path="b.py"))
    assert base != prints(located(), check="other")
    assert base != prints(located(), tool="other")
    assert base != prints(located(), prefix="services/a/")
    assert prints(located(path="a.py"), prefix="x/") == prints(located(path="x/a.py"))


def test_the_message_is_not_part_of_it():
    assert prints(located(message="line too long (81 > 79)")) == prints(located(message="another wording"))


def test_a_block_is_known_by_its_name_whatever_its_text():
    assert prints(located(symbol="f", source="def f():")) == prints(located(symbol="f", source="def f(x):"))


@given(st.lists(st.builds(located, st.sampled_from("ab"), st.integers(1, 3), st.sampled_from(["x", "y"])), max_size=20))
def test_fingerprints_are_unique_in_a_report(items):
    found = prints(*items)
    assert len(set(found)) == len(found)


def test_the_longest_prefix_of_the_severity_table_decides():
    remap = {"E": "info", "E50": "critical"}
    found = triage("c", "t", [located(rule="E501"), located(rule="E1"), located(rule="W")], remap, Fingerprints(""))
    assert {one.rule: one.severity for one in found} == {
        "E501": Severity.CRITICAL, "E1": Severity.INFO, "W": Severity.LOW,
    }


def test_text_that_can_not_be_encoded_is_made_visible():
    [found] = triage("c", "t", [located(path="\udcff.py", message="\ud800", source="\udc80")], {}, Fingerprints(""))
    assert (found.path, found.message, found.source) == ("\\xff.py", "\\ud800", "\\x80")


def test_exempting_takes_away_only_what_the_pattern_matches():
    def problem(path, rule=None):
        return FileProblem(kind="unreadable", message="m", rule=rule, path=path)

    def finding(path):
        return Finding(check="c", tool="t", rule="E902", message="m", severity=Severity.LOW, fingerprint="f", path=path)

    run = CheckRun(
        check="c", tool="t", problems=(problem("data/a.py", "E902"), problem("data/b.py"), problem("c.py")),
        findings=(finding("data/a.py"), finding("data/b.py")),
    )
    [kept], idle = exempt([run], {"c": ["data/**", "never"]})
    assert [one.path for one in kept.problems] == ["c.py"]
    assert [one.path for one in kept.findings] == ["data/b.py"]
    assert idle == ("never",)
