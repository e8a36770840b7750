"""The benchmark's own arithmetic, its verification and its tables."""

from __future__ import annotations

import json
import os
import sys

import pytest

from benchmarks import goals, projects, table, verify
from benchmarks.bench import slowest, total
from benchmarks.measure import Contender, Result, alternate
from benchmarks.process import Command, Failed, Unavailable, Usage, adopt_orphans, run
from benchmarks.scenarios import SCENARIOS


def result(name, *seconds, parent=10.0, note="", verified=0):
    return Result(name, [Usage(one, 1.0, parent, 0.0) for one in seconds], note, verified)


def command(tmp_path, script, **allowed):
    return Command((sys.executable, "-c", script), tmp_path, dict(os.environ), **allowed)


def test_a_ratio_is_that_of_the_medians():
    assert table.ratio(result("a", 1, 9, 2), result("b", 4, 100, 3)) == 0.5


@pytest.mark.parametrize("other", [None, Result("b"), result("b", 1, note="failed: crash")])
def test_without_a_measurement_there_is_no_ratio(other):
    assert table.ratio(result("a", 1), other) is None


@pytest.mark.parametrize(("actual", "word"), [(1.0, "met"), (1.0001, "MISSED"), (None, "not measured")])
def test_exactly_the_goal_is_met_and_more_is_missed(actual, word):
    assert table.outcome(actual, 1.0) == word


def test_a_row_has_a_line_for_each_goal_and_else_one_against_the_baseline():
    wanted = (goals.Goal("g", "new", 0.5, "old"), goals.Goal("g", "new", 120, metric="parent"))
    results = {"old": result("old", 4), "new": result("new", 1, verified=1), "other": result("other", 8)}
    old, new, memory, other = table.lines("g", results, "old", wanted)
    assert (old.ratio, old.goal, old.outcome) == ("", "", "")
    assert (new.ratio, new.goal, new.outcome, new.identical) == ("0.25", "<= 0.5", "met", "1 of 1")
    assert (memory.median, memory.goal, memory.outcome) == ("10 MB parent", "<= 120 MB parent", "met")
    assert (other.against, other.ratio, other.goal) == ("old", "2", "")


def test_a_row_that_could_not_be_measured_is_shown_with_the_reason_and_its_goals():
    results = {"new": Result("new", note="not available: Error: No such option '--staged'.")}
    made = table.lines("g", results, "", (goals.Goal("g", "new", 0.6),))
    assert [line.outcome for line in made] == ["not measured"]
    assert "No such option '--staged'" in table.text(made)
    assert "No such option '--staged'" in "\n".join(table.markdown(made))


def test_a_goal_whose_row_is_missing_is_shown_as_not_measured():
    made = table.lines("g", {"old": result("old", 4)}, "old", (goals.Goal("g", "new", 0.5, "old"),))
    assert [(line.row, line.outcome) for line in made] == [("old", ""), ("new", "not measured")]


def test_a_table_in_markdown_has_as_many_cells_in_each_line():
    made = table.lines("g", {"a|b": result("a|b", 1, 2, 3)}, "", ())
    rows = [line.replace(r"\|", "") for line in table.markdown(made)]
    assert {row.count("|") for row in rows} == {len(table.HEADER) + 1}


@pytest.mark.parametrize(("value", "shown"), [(0.0123, "0.012 s"), (1.234, "1.23 s"), (123.45, "123.5 s")])
def test_seconds_are_shown_no_finer_than_they_are_known(value, shown):
    assert table.seconds(value) == shown


def test_every_goal_is_of_a_known_group():
    assert {goal.group for goal in goals.GOALS} <= set(SCENARIOS)


def test_a_total_adds_round_by_round_and_the_slowest_is_so_by_its_median():
    quick, slow = result("quick", 1, 50, 2), result("slow", 3, 4, 5)
    assert total("both", [quick, slow]).values("seconds") == [4, 54, 7]
    assert slowest("worst", [quick, slow]).values("seconds") == [3, 4, 5]


def test_a_total_with_a_part_missing_is_none():
    assert total("both", [result("a", 1), Result("b", note="failed: crash")]).median() is None


def report(path, **changes):
    check = {"check": "flake8", "seconds": 1.0, "cached": 0, "files": 3}
    document = {"verdict": "pass", "started": "now", "seconds": 2.0, "checks": [check], "findings": []}
    path.write_text(json.dumps(document | changes))
    return path


def test_reports_that_differ_in_times_and_cached_files_are_equal(tmp_path):
    other = report(
        tmp_path / "b", started="later", seconds=9.0,
        checks=[{"check": "flake8", "seconds": 0.0, "cached": 3, "files": 3}],
    )
    assert verify.difference(report(tmp_path / "a"), other) == ""


def test_the_place_of_a_difference_between_reports_is_told(tmp_path):
    other = report(tmp_path / "b", findings=[{"rule": "E501"}])
    assert verify.difference(report(tmp_path / "a"), other) == "report.findings is 0 entries, expected 1 entries"


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"extra": 1}, "only one has extra in report"),
        ({"checks": [{"check": "flake8", "files": 4}]}, "report.checks[0].files is 3, expected 4"),
    ],
)
def test_a_difference_deep_in_a_report_is_told_with_its_place(tmp_path, changes, told):
    assert verify.difference(report(tmp_path / "a"), report(tmp_path / "b", **changes)) == told


@pytest.mark.parametrize("verdict", ["unjudged", "broken"])
def test_a_report_without_a_verdict_is_no_result(tmp_path, verdict):
    one = report(tmp_path / "a", verdict=verdict)
    with pytest.raises(Failed, match=verdict):
        verify.difference(one, one)


def test_contenders_take_turns_and_one_that_differs_is_dropped(tmp_path):
    seen = []
    contenders = [
        Contender("good", ((command(tmp_path, "pass"),),), lambda: seen.append("good")),
        Contender("bad", ((command(tmp_path, "pass"),),), lambda: seen.append("bad"), lambda: "one finding less"),
    ]
    results = alternate(contenders, 3, 30, tmp_path, lambda text: None)
    assert seen == ["good", "bad", "good", "good"]
    assert len(results["good"].samples) == 3
    assert results["bad"].note == "failed: the result differs: one finding less"


def test_after_the_deadline_nothing_is_begun_and_the_row_says_so(tmp_path):
    contender = Contender("late", ((command(tmp_path, "pass"),),))
    late = alternate([contender], 2, 30, tmp_path, lambda text: None, deadline=0)["late"]
    assert (late.samples, late.note) == ([], "not measured: the time of --quick is over")


def test_a_command_that_refuses_is_unavailable(tmp_path):
    script = "import sys; print('Usage: x'); print('Error: No such option'); print('bye'); sys.exit(2)"
    with pytest.raises(Unavailable, match="^Error: No such option$"):
        run([command(tmp_path, script)], 30, tmp_path)


@pytest.mark.parametrize("script", ["import os; os.abort()", "1 / 0", "import time; time.sleep(60)"])
def test_a_crash_a_trace_and_a_time_out_are_failures(tmp_path, script):
    with pytest.raises(Failed):
        run([command(tmp_path, script)], 1, tmp_path)


@pytest.fixture
def adopting():
    adopt_orphans()
    yield
    adopt_orphans(False)


@pytest.mark.usefixtures("adopting")
def test_memory_and_processor_time_of_children_are_seen_also_if_nobody_waits_for_them(tmp_path):
    child = "import time\nblock = bytearray(80_000_000)\nwhile time.process_time() < 0.5: pass"
    parent = f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {child!r}])\ntime.sleep(0.4)"
    usage = run([command(tmp_path, parent)], 30, tmp_path)
    assert usage.processor > 0.5
    assert usage.worker > 80 > usage.parent


def test_copies_differ_from_each_other_in_every_file():
    copied = projects.copies({"a.py": b"x = 1", "b.rst": b"Text.\n", "c.yml": b"a: 1\n"}, 3)
    assert len(set(copied.values())) == len(copied) == 9
    assert copied["copy01/a.py"] == b"x = 1\n# copy 1 of a.py\n"
    assert copied["copy02/b.rst"] == b"Text.\n\n.. copy 2 of b.rst\n"


def test_padding_multiplies_the_bytes_of_python_files():
    data = b"value = 1\n" * 1000
    assert len(projects.padded({"a.py": data}, 16)["a.py"]) == pytest.approx(16 * len(data), rel=0.01)
