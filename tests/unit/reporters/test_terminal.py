"""What people read at the end of a run."""

from __future__ import annotations

import re
import shlex
import subprocess
import time
import unicodedata

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len

from qualitygate.model.findings import FileProblem
from qualitygate.model.limits import Policy, SoftFail
from qualitygate.model.results import Breakage, Outcome, Report, SourceInfo, Verdict
from qualitygate.model.severity import Severity
from qualitygate.reporters import terminal
from tests.unit.reporters.samples import (
    CLEAN_FLAKE8,
    FAILED_FLAKE8,
    REPORTS,
    SOFT_DOC8,
    SYNTAX,
    finding,
    many,
    report,
    reports,
    run,
)

BIDIRECTIONAL = set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")


def harmful(text: str) -> set[str]:
    invisible = {character for character in text if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp")}
    return (invisible | BIDIRECTIONAL & set(text)) - {"\n"}


def row(rendered: str, check: str) -> list[str]:
    (line,) = [line for line in rendered.splitlines() if re.match(rf"  {check} ", line)]
    return line.split()


def last_line(made: Report, **options: bool) -> str:
    return terminal.render(made, **options).splitlines()[-1]


# ---- the verdict


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nothing", "nothing judged: no check found a file"),
        ("clean", "passed"),
        ("budget", "passed (partial run)"),
        ("soft-fail", "passed with 1 soft failure (doc8)"),
        ("failed", "failed: flake8, bandit"),
        ("broken", "no verdict: bandit, doc8, radon gave no trustworthy answer"),
        ("unjudged", "not judged: the run did not finish"),
    ],
)
@pytest.mark.parametrize("quiet", [False, True])
def test_the_last_line_is_the_verdict_and_the_time(name: str, words: str, quiet: bool) -> None:
    line = last_line(REPORTS[name], quiet=quiet)
    seconds = f"{REPORTS[name].seconds:.1f}s"

    assert line == words + seconds.rjust(80 - len(words))


def test_one_broken_check_is_told_with_its_reason() -> None:
    broken = run("bandit", breakage=(Breakage(kind="killed", message="killed on a.py, twice", path="a.py"),))
    words = "no verdict: bandit gave no trustworthy answer (killed on a.py, twice)"

    assert last_line(report(broken)).startswith(f"{words}  ")


def test_more_failed_checks_than_fit_are_counted() -> None:
    made = report(*(run(f"flake8-{number:02}", findings=(finding(),)) for number in range(30)))

    assert re.fullmatch(r"failed: flake8-00, .* and 2\d more +0.4s", last_line(made))
    assert len(last_line(made)) == 80


def test_a_partial_run_that_saw_no_file_does_not_look_like_a_plain_pass() -> None:
    made = report(run(files=0, skip_reason="no file"), scope="partial", files=0)

    assert last_line(made).startswith("passed, but there was no file to judge (partial run)  ")


# ---- the table


@pytest.mark.parametrize(
    ("policy", "severities", "cells"),
    [
        (Policy(), [], ["clean", "0", "0"]),
        (Policy(), [Severity.INFO], ["clean", "0", "0"]),
        (Policy(max_findings=2), [Severity.LOW, Severity.HIGH], ["budget", "2", "2"]),
        (Policy(max_findings=1), [Severity.LOW, Severity.HIGH], ["failed", "2", "1"]),
        (Policy(max_findings="any"), [Severity.LOW], ["reported", "1", "any"]),
        (Policy(max_findings={"low": 3, "high": 10}), [Severity.LOW], ["budget", "1", "limits"]),
        (Policy(max_findings={"low": "any", "total": 7}), [Severity.LOW], ["budget", "1", "limits"]),
        (Policy(max_findings={"low": "any", "high": 0}), [Severity.LOW], ["budget", "1", "limits"]),
        (Policy(max_findings={"low": "any", "total": "any"}), [Severity.LOW], ["reported", "1", "any"]),
        (Policy(max_findings={"total": 1200}), [Severity.LOW], ["budget", "1", "1,200"]),
        (Policy(max_findings={"low": 1, "total": 1}), [Severity.LOW] * 2, ["failed", "2", "low", "1,", "total", "1"]),
        (Policy(max_findings={"E5": 0, "medium": 0}), [Severity.MEDIUM, Severity.LOW], ["failed", "2", "E5", "0"]),
        (
            Policy(max_findings={"low": 0, "medium": 0, "high": 0}),
            [Severity.LOW, Severity.MEDIUM, Severity.HIGH],
            ["failed", "3", "limits"],
        ),
        (Policy(max_findings={"low": 9, "high": 0}), [Severity.LOW, Severity.HIGH], ["failed", "2", "high", "0"]),
        (Policy(max_findings={"info": 0}), [Severity.INFO], ["failed", "1", "info", "0"]),
        (Policy(soft_fail=SoftFail()), [Severity.LOW], ["soft-fail", "1", "0"]),
    ],
)
def test_a_row_says_what_was_found_and_what_is_allowed(
    policy: Policy, severities: list[Severity], cells: list[str]
) -> None:
    one = run(findings=tuple(finding(severity=severity) for severity in severities), cached=14)
    rendered = terminal.render(report(one, policies={"flake8": policy}))

    assert row(rendered, "flake8")[: len(cells) + 4] == ["flake8", *cells, "15", "14", "0.2s"]


def test_broken_and_skipped_checks_show_no_number_of_findings() -> None:
    broken = run("bandit", findings=(finding(),), breakage=(Breakage(kind="crashed", message="exit status 70"),))
    rendered = terminal.render(report(broken, run("doc8", files=0, skip_reason="no file below docs")))

    assert row(rendered, "bandit")[:4] == ["bandit", "broken", "-", "-"]
    assert row(rendered, "doc8")[:4] == ["doc8", "skipped", "-", "-"]
    assert "no file below docs" in rendered


def test_columns_are_aligned_and_numbers_have_separators() -> None:
    lines = terminal.render(REPORTS["soft-fail"]).splitlines()
    head, flake8, bandit, doc8 = lines[1:5]

    for title in ("found", "allowed", "files", "cached", "time"):
        end = head.index(title) + len(title)
        for line in (flake8, bandit, doc8):
            assert re.fullmatch(r"[\d,]+|\d\.\ds", line[:end].split()[-1])
            assert not line[end:] or line[end] == " "
    assert "1,515" in flake8


@pytest.mark.parametrize("width", [60, 80, 200])
def test_a_soft_failure_shows_its_end_reason_and_owner_at_any_width(width: int) -> None:
    rendered = terminal.render(REPORTS["soft-fail"], width=width)

    assert "until 2027-03-31: legacy pages (@docs)" in rendered
    assert row(rendered, "doc8")[:7] == ["doc8", "soft-fail", "44", "40", "256", "256", "0.0s"]


def test_the_header_names_what_was_judged() -> None:
    made = report(CLEAN_FLAKE8, source=SourceInfo(kind="commit", commit="0123456789abcdef"), overrides=("--strict",))
    header = terminal.render(made, width=120).splitlines()[0]

    assert header == "qualitygate 0.1.0 · pyproject.toml · 1 check · 1,515 files · commit 0123456789ab · --strict"


# ---- findings


def test_findings_come_first_grouped_by_file_with_their_source() -> None:
    lines = terminal.render(report(FAILED_FLAKE8), width=130).splitlines()

    assert lines[:7] == [
        "src/a.py:3:121  flake8/E501  line too long (134 > 120 characters)",
        "      result = compute(first_argument, second_argument)  # and so on, and on, until it is too long",
        "src/a.py:40:1  flake8/W391  blank line at end of file",
        "",
        "src/package/module.py:10:5  flake8/F821  undefined name 'spam'",
        "      spam()",
        "",
    ]


def test_two_findings_on_a_line_show_its_source_once() -> None:
    found = (finding(source="x=1", rule="E225"), finding(source="x=1", rule="E501"))
    rendered = terminal.render(report(run(findings=found)))

    assert rendered.count("x=1") == 1
    assert rendered.index("E225") < rendered.index("E501") < rendered.index("x=1")


def test_findings_within_limits_or_soft_or_info_are_listed_only_on_request() -> None:
    quiet_ones = finding(check="bandit", rule="B110")
    info = finding(rule="E999", severity=Severity.INFO)
    made = report(
        run(findings=(*FAILED_FLAKE8.findings, info)),
        run("bandit", findings=(quiet_ones,)),
        run("doc8", findings=SOFT_DOC8.findings[:3]),
        policies={"bandit": Policy(max_findings=1), "doc8": Policy(soft_fail=SoftFail())},
    )
    usual, verbose = terminal.render(made), terminal.render(made, verbose=True)

    assert "flake8/F821" in usual
    for rule in ("bandit/B110", "doc8/D001"):
        assert rule not in usual
        assert rule in verbose
    assert "flake8/E999" not in usual


def rules(rendered: str) -> list[str]:
    return re.findall(r"flake8/(\w+)", rendered)


@pytest.mark.parametrize(
    ("limits", "listed"),
    [
        ({"high": 0, "low": 2}, ["F401"]),
        ({"high": 1, "low": 1}, ["E225", "E501"]),
        ({"high": 1, "E5": 0, "low": 1}, ["E501"]),
        ({"high": 1, "E": 1, "low": 5}, ["E225", "E501"]),
        ({"high": 0, "low": 9, "total": 2}, ["E225", "E501", "F401"]),
        ({"high": 1, "low": 2, "info": 0}, ["W605"]),
        ({"low": 2}, ["F401"]),
    ],
)
def test_listed_are_the_findings_that_count_under_a_breached_limit(limits: dict[str, int], listed: list[str]) -> None:
    found = (
        finding(rule="F401", severity=Severity.HIGH),
        finding(rule="E225"),
        finding(rule="E501"),
        finding(rule="W605", severity=Severity.INFO),
    )
    made = report(run(findings=found), policies={"flake8": Policy(max_findings=limits)})

    assert sorted(rules(terminal.render(made))) == listed
    assert sorted(rules(terminal.render(made, verbose=True))) == ["E225", "E501", "F401", "W605"]


def test_a_check_that_failed_for_an_unreadable_file_lists_no_findings() -> None:
    made = report(run(findings=(finding(),), problems=(SYNTAX,)), policies={"flake8": Policy(max_findings=1)})
    rendered = terminal.render(made)

    assert rules(rendered) == []
    assert "failed: flake8 could not analyse 1 file\n" in rendered


@pytest.mark.parametrize(
    ("policy", "shown"),
    [
        (Policy(), False),
        (Policy(max_findings={"low": 0}), True),
        (Policy(max_findings={"E5": 0}), False),
        (Policy(soft_fail=SoftFail(max_findings={"low": 0})), True),
    ],
)
def test_the_severity_is_shown_where_limits_are_per_severity(policy: Policy, shown: bool) -> None:
    rendered = terminal.render(report(run(findings=(finding(),)), policies={"flake8": policy}))

    assert ("src/a.py:3:121  flake8/E501 (low)  line too long" in rendered) is shown
    assert ("src/a.py:3:121  flake8/E501  line too long" in rendered) is not shown


def test_a_remark_is_marked_as_such() -> None:
    made = report(run(findings=(finding(severity=Severity.INFO),)))

    assert "flake8/E501 (info)  line" in terminal.render(made, verbose=True)


def test_a_soft_failure_never_pushes_a_failure_out_of_sight() -> None:
    many_soft = run("doc8", findings=SOFT_DOC8.findings * 100)
    made = report(FAILED_FLAKE8, many_soft, policies={"doc8": Policy(soft_fail=SoftFail())})

    for verbose in (False, True):
        rendered = terminal.render(made, verbose=verbose)
        assert "src/package/module.py:10:5  flake8/F821  undefined name 'spam'" in rendered


@pytest.mark.parametrize("number", [60, 61])
def test_more_than_sixty_findings_are_summarised(number: int) -> None:
    found = tuple(finding(line=line) for line in range(1, number + 1))
    rendered = terminal.render(report(run(findings=found)))

    assert rendered.count("src/a.py:") == (60 if number == 60 else 0)
    assert ("see all of them:   qualitygate check --only flake8 --report text=-" in rendered) == (number > 60)
    assert ("     61  flake8/E501  low: line too long" in rendered) == (number > 60)
    assert ("     61  src/a.py" in rendered) == (number > 60)


def test_the_worst_rules_of_a_summary_are_the_most_severe_then_the_most_frequent() -> None:
    found = [finding(rule="E501")] * 50 + [finding(rule="E225")] * 20 + [finding(rule="F821", severity=Severity.HIGH)]
    rendered = terminal.render(report(run(findings=tuple(found))))

    assert re.findall(r"flake8/(\w+)  (?:low|high):", rendered) == ["F821", "E501", "E225"]


def test_the_sample_of_a_rule_in_a_summary_is_of_its_severity() -> None:
    found = [finding(message="a slip")] * 40 + [finding(message="a crash", severity=Severity.HIGH)] * 40
    rendered = terminal.render(report(run(findings=tuple(found))))

    assert "     40  flake8/E501  high: a crash\n" in rendered
    assert "     40  flake8/E501  low: a slip\n" in rendered


def test_ten_thousand_findings_take_a_screen_and_less_than_a_second() -> None:
    made = many(10_000)
    start = time.perf_counter()
    rendered = terminal.render(made)

    assert time.perf_counter() - start < 1
    assert len(rendered.splitlines()) < 40


# ---- files not analysed, broken checks, hints


def test_a_file_that_could_not_be_analysed_is_told_once_with_its_checks() -> None:
    made = report(
        run("bandit", problems=(SYNTAX,)),
        run("radon", problems=(FileProblem(kind="syntax", message="invalid syntax", path="src/bad.py"),)),
        run("xenon", problems=(FileProblem(kind="nul", message="NUL byte", path="src/bad.py"),)),
    )
    rendered = terminal.render(made, width=100)

    assert "src/bad.py: not analysed by bandit, radon, xenon: syntax error (line 3); NUL byte\n" in rendered
    assert rendered.count("src/bad.py") == 1


def test_a_thousand_unreadable_files_do_not_fill_the_screen() -> None:
    problems = tuple(FileProblem(kind="nul", message="NUL byte", path=f"{number}.py") for number in range(1000))
    rendered = terminal.render(report(run("bandit", problems=problems)))

    assert rendered.count("NUL byte") == 20
    assert "and 980 more files not analysed" in rendered


@pytest.mark.parametrize(
    ("kind", "cure"),
    [
        ("timeout", "--file-timeout"),
        ("memory", "--jobs 1"),
        ("deadline", "--deadline"),
        ("configuration", "configuration of the tool"),
        ("crashed", "run it by hand"),
        ("killed", "run it by hand"),
        ("of a later version", "run it by hand"),
    ],
)
def test_a_broken_check_is_told_with_what_to_do(kind: str, cure: str) -> None:
    rendered = terminal.render(report(run("bandit", breakage=(Breakage(kind=kind, message="no answer"),))), width=120)

    assert "bandit gave no trustworthy answer: no answer\n" in rendered
    assert cure in rendered


@pytest.mark.parametrize("kind", ["missing", "version"])
def test_what_the_message_already_cures_is_told_no_other_cure(kind: str) -> None:
    message = "bandit is not installed beside qualitygate; python -m pip install bandit"
    broken = run("bandit", breakage=(Breakage(kind=kind, message=message),), by_hand=("bandit -r src",))
    rendered = terminal.render(report(broken))

    assert f"bandit gave no trustworthy answer: {message}\n" in rendered.replace("\n    ", " ")
    assert "what to do" not in rendered
    assert "by hand" not in rendered


@pytest.mark.parametrize(("kind", "helps"), [("crashed", True), ("killed", True), ("deadline", False)])
def test_a_command_by_hand_is_told_where_it_shows_the_cause(kind: str, helps: bool) -> None:
    broken = run("bandit", breakage=(Breakage(kind=kind, message="no answer"),), by_hand=("bandit -r src",))

    assert ("  by hand, in this folder:   bandit -r src\n" in terminal.render(report(broken))) is helps


def test_the_name_of_the_check_is_not_told_twice() -> None:
    broken = run("bandit", breakage=(Breakage(kind="crashed", message="check bandit: it ended"),))
    rendered = terminal.render(report(broken, run("xenon", notes=("check xenon: --max-absolute=Z",))))

    assert "bandit gave no trustworthy answer: it ended\n" in rendered
    assert "note: xenon: --max-absolute=Z\n" in rendered


def test_the_file_that_broke_a_check_is_named_even_if_the_message_does_not() -> None:
    broken = run("bandit", breakage=(Breakage(kind="timeout", message="no end after 60 s", path="src/a.py"),))

    assert "bandit gave no trustworthy answer: no end after 60 s (src/a.py)\n" in terminal.render(report(broken))


def test_a_failed_check_is_told_with_the_commands_that_show_it() -> None:
    rendered = terminal.render(report(FAILED_FLAKE8))

    assert (
        "failed: flake8 has 3 findings, 0 allowed\n"
        "  same by hand, in this folder:   flake8 --max-line-length=120 src tests\n"
    ) in rendered


def test_the_project_root_is_named_where_the_shell_is_elsewhere() -> None:
    assert "same by hand, in ../..:   flake8 " in terminal.render(report(FAILED_FLAKE8), folder="../..")


def test_the_command_by_hand_is_left_out_where_paths_narrowed_the_check() -> None:
    narrowed = msgspec.structs.replace(FAILED_FLAKE8, narrowed=True)

    assert "by hand" in terminal.render(report(FAILED_FLAKE8))
    assert "by hand" not in terminal.render(report(narrowed))


def test_commands_repeat_what_the_run_was_given() -> None:
    soft = run("doc8", findings=SOFT_DOC8.findings[:3])
    arguments = ("--config", "ci/gate.toml", "--", "-odd.py", "my src")
    made = report(soft, many(100).runs[0], policies={"doc8": Policy(soft_fail=SoftFail())}, arguments=arguments)
    rendered = terminal.render(made, width=200)
    repeated = "--report text=- --config ci/gate.toml -- -odd.py 'my src'\n"

    assert f"  see all of them:   qualitygate check --only flake8 {repeated}" in rendered
    assert f"  see them:   qualitygate check --only doc8 {repeated}" in rendered


def test_findings_of_several_summarised_checks_have_a_command_each() -> None:
    found = tuple(finding(line=line) for line in range(40))
    others = tuple(finding(check="bandit", rule="B110", line=line) for line in range(40))
    rendered = terminal.render(report(run(findings=found), run("bandit", findings=others)))

    for check in ("flake8", "bandit"):
        assert f"  see them:   qualitygate check --only {check} --report text=-\n" in rendered
    assert "see them" not in terminal.render(report(run(findings=found), run("bandit", findings=others[:20])))
    assert "see them" not in terminal.render(report(run(findings=found * 2), run("bandit")))


def test_soft_failures_share_one_command_that_shows_them() -> None:
    rendered = terminal.render(REPORTS["unconfigured"])

    assert rendered.count("see them:") == 1
    assert (
        "soft failure: doc8 has 2 findings, 0 allowed\n"
        "soft failure: yamllint has 1 finding, 0 allowed\n"
        "soft failure: radon could not analyse 1 file\n"
        "  see them:   qualitygate check --only doc8 --only yamllint --report text=-\n"
    ) in rendered
    assert "see them:" not in terminal.render(REPORTS["unconfigured"], verbose=True)


def test_the_reason_of_all_soft_checks_without_configuration_is_told_once() -> None:
    rendered = terminal.render(REPORTS["unconfigured"])

    assert "unconfigured check" not in rendered
    assert rendered.count("default of the classic pipeline") == 1
    assert "default of the classic pipeline" not in terminal.render(REPORTS["soft-fail"])


def test_a_report_only_check_with_an_unreadable_file_says_why_it_failed_softly() -> None:
    (line,) = [line for line in terminal.render(REPORTS["unconfigured"]).splitlines() if line.startswith("  radon ")]

    assert line.split()[1:4] == ["soft-fail", "1", "any"]
    assert line.endswith("  1 file not analysed")


def test_a_soft_failure_without_a_reason_leaves_no_separator() -> None:
    made = report(run(problems=(SYNTAX,)), policies={"flake8": Policy(soft_fail=SoftFail())})

    assert "1 file not analysed\n" in terminal.render(made)


def test_a_long_command_can_be_pasted_into_a_shell() -> None:
    words = ["flake8", "--max-line-length=120", *(f"it's folder {number}" for number in range(20))]
    rendered = terminal.render(report(run(findings=(finding(),), by_hand=(shlex.join(words),))))
    pasted = rendered.partition("in this folder:")[2].partition("failed: flake8  ")[0]
    script = f"set -- {pasted.strip()}\nprintf '%s\\n' \"$@\""

    assert pasted.count("\n") > 4
    assert subprocess.run(["sh", "-c", script], capture_output=True, text=True).stdout.splitlines() == words


def test_notes_and_warnings_are_told_once() -> None:
    made = report(run("flake8", notes=("a note",)), run("doc8", notes=("a note",)), warnings=("a warning",) * 2)
    rendered = terminal.render(made)

    assert "warning: a warning\nnote: flake8, doc8: a note\n" in rendered
    assert rendered.count("a warning") == 1


# ---- quiet, verbose, colour, ASCII, width


@pytest.mark.parametrize("name", ["nothing", "clean", "budget", "soft-fail", "unjudged"])
def test_quiet_leaves_one_line_of_a_run_that_has_nothing_to_cure(name: str) -> None:
    assert len(terminal.render(REPORTS[name], quiet=True).splitlines()) == 1


@pytest.mark.parametrize(("name", "told"), [("failed", "flake8/F821"), ("broken", "worker killed on src/a.py")])
def test_quiet_still_tells_what_is_to_be_cured(name: str, told: str) -> None:
    rendered = terminal.render(REPORTS[name], quiet=True)

    assert told in rendered
    assert "failed: flake8 has 3 findings" in rendered
    assert "1,515" not in rendered


def test_verbose_names_versions_and_configuration_files() -> None:
    rendered = terminal.render(REPORTS["budget"], verbose=True)

    assert "  radon: radon 6.0.1, radon.cfg\n" in rendered
    assert "  flake8: flake8 7.3.0, no configuration file\n" in rendered


@pytest.mark.parametrize("name", [*REPORTS, "many"])
@pytest.mark.parametrize("width", [1, 40, 80, 133])
def test_colour_changes_nothing_but_colour(name: str, width: int) -> None:
    made = many(61) if name == "many" else REPORTS[name]
    plain = terminal.render(made, width=width)
    coloured = terminal.render(made, width=width, colour=True)

    assert COLOUR.search(coloured)
    assert not COLOUR.search(plain)
    stripped = [line.rstrip() for line in COLOUR.sub("", coloured).split("\n")]
    assert stripped == plain.split("\n")


def test_the_environment_does_not_change_the_rendering(monkeypatch: pytest.MonkeyPatch) -> None:
    usual = terminal.render(REPORTS["failed"], colour=True)
    for variable, value in {"NO_COLOR": "1", "COLUMNS": "20", "TERM": "dumb", "FORCE_COLOR": "0"}.items():
        monkeypatch.setenv(variable, value)

    assert terminal.render(REPORTS["failed"], colour=True) == usual


def test_without_wrapping_each_sentence_is_one_line_and_the_table_keeps_the_width() -> None:
    message = "a long message of many words " * 10 + "to its end"
    problem = FileProblem(kind="syntax", message=message, path="src/bad.py")
    words = shlex.join(["flake8", *(f"folder {number}" for number in range(30))])
    one = run(findings=(finding(message=message, source="x = 1 " * 60),), problems=(problem,), by_hand=(words,))
    rendered = terminal.render(report(one, warnings=(message,)), wrapped=False)
    lines = rendered.splitlines()

    assert f"src/a.py:3:121  flake8/E501  {message}" in lines
    assert f"src/bad.py: not analysed by flake8: {message}" in lines
    assert f"warning: {message}" in lines
    assert f"  same by hand, in this folder:   {words}" in lines
    assert len(lines[-1]) == 80
    assert len(lines[1]) == 80 and lines[1].lstrip().startswith("x = 1")


@settings(max_examples=30, deadline=None)
@given(reports())
def test_any_report_without_wrapping_is_harmless(made: Report) -> None:
    assert not harmful(terminal.render(made, wrapped=False, verbose=True))


@pytest.mark.parametrize("name", REPORTS)
def test_ascii_holds_for_every_character(name: str) -> None:
    assert terminal.render(REPORTS[name], ascii=True, verbose=True).isascii()


@settings(max_examples=60, deadline=None)
@given(reports(), st.integers(-1, 200), st.booleans(), st.booleans(), st.booleans())
def test_any_report_is_harmless_and_fits(made: Report, width: int, verbose: bool, quiet: bool, ascii: bool) -> None:
    rendered = terminal.render(made, width=width, verbose=verbose, quiet=quiet, ascii=ascii)

    assert not harmful(rendered)
    assert max(cell_len(line) for line in rendered.splitlines()) <= max(width, 40)
    assert rendered.endswith(f"{made.seconds:,.1f}s\n")


@settings(max_examples=30, deadline=None)
@given(reports())
def test_colour_lets_no_escape_of_others_through(made: Report) -> None:
    assert not harmful(COLOUR.sub("", terminal.render(made, colour=True)))


@pytest.mark.parametrize("outcome", Outcome)
def test_each_outcome_has_a_state_even_if_the_verdict_does_not_match_the_run(outcome: Outcome) -> None:
    made = report(CLEAN_FLAKE8)
    (verdict,) = made.verdict.checks
    odd = Verdict(word="fail", exit_code=1, checks=(msgspec.structs.replace(verdict, outcome=outcome),))
    word = {Outcome.PASS: "clean", Outcome.SOFT_FAIL: "soft-fail", Outcome.FAIL: "failed", Outcome.BROKEN: "broken"}

    assert row(terminal.render(msgspec.structs.replace(made, verdict=odd)), "flake8")[1] == word[outcome]
