"""Batches hold every visit once, the heaviest first, and share files within a family."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from qualitygate.engine.batches import make_batches
from qualitygate.engine.tasks import Plan


def plan(check: str, *paths: str) -> Plan:
    return Plan(check=check, version="1", visits=tuple((f"./{path}", path) for path in paths))


paths = st.lists(st.sampled_from([f"f{n}.py" for n in range(8)]), max_size=30)


@given(st.dictionaries(st.sampled_from("abcd"), paths, max_size=4), st.integers(1, 4))
def test_every_visit_of_every_check_is_in_exactly_one_batch(visits, jobs):
    plans = [plan(check, *names) for check, names in visits.items()]
    families = {"a": "one", "b": "one", "c": "c", "d": "d"}
    batches = make_batches(plans, families, lambda path: 0, jobs, 1.0)
    found = Counter(
        (check, spelling, visit.path)
        for batch in batches
        for visit in batch.visits
        for check, spelling in visit.spellings
    )
    assert found == Counter((one.check, path, relative) for one in plans for path, relative in one.visits)


def test_checks_of_a_family_look_at_a_file_together():
    plans = [plan("radon", "a.py", "b.py"), plan("xenon", "b.py"), plan("flake8", "b.py")]
    batches = make_batches(plans, {"radon": "r", "xenon": "r", "flake8": "flake8"}, lambda path: 0, 1, 1.0)
    checks = sorted([check for check, _ in visit.spellings] for batch in batches for visit in batch.visits)
    assert checks == [["flake8"], ["radon"], ["radon", "xenon"]]


def test_the_heaviest_batches_come_first():
    sizes = {f"{number}.py": number * 10_000 for number in range(20)}
    plans = [plan("flake8", *sizes)]
    batches = make_batches(plans, {"flake8": "flake8"}, sizes.__getitem__, 2, 1.0)
    weights = [sum(sizes[visit.path] for visit in batch.visits) for batch in batches]
    assert len(batches) > 4
    assert weights == sorted(weights, reverse=True)
