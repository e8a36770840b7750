"""The partition of files, and the digests that prove it complete."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qualitygate.engine import shards
from qualitygate.engine.tasks import Plan
from qualitygate.errors import ToolError
from qualitygate.model.shards import Shard

NAMES = st.binary(min_size=1, max_size=20).filter(lambda name: not set(name) & {0}).map(os.fsdecode)
VISITS = st.lists(st.tuples(NAMES, NAMES), max_size=30).map(tuple)


class Known:
    """Evidence about files that hold their own name, or what they are said to."""

    def __init__(self, texts):
        self.texts = texts

    def contents(self, paths):
        return {path: self.texts.get(path, os.fsencode(path)) for path in paths}

    def packages(self, check):
        return (f"{check} 1",)

    def inputs(self, plan):
        return "3" * 40


def manifests(plan, count, prefix="", texts=None):
    known = Known(texts or {})
    made = [shards.manifest({plan.check: plan}, Shard(index, count), prefix, known) for index in range(1, count + 1)]
    return [one.shares[0] for one in made]


@pytest.mark.parametrize(
    ("path", "two", "seven"), [("src/a.py", 2, 1), ("docs/ä.rst", 2, 3), (os.fsdecode(b"odd\xff.py"), 1, 2)]
)
def test_the_shard_of_a_path_never_changes(path, two, seven):
    assert (shards.shard_of(path, 2), shards.shard_of(path, 7)) == (two, seven)


def test_the_shard_of_a_path_does_not_depend_on_the_locale():
    code = (
        "import os; from qualitygate.engine.shards import shard_of;"
        "print(shard_of(os.fsdecode(b'docs/\\xc3\\xa4.rst'), 7))"
    )

    environment = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)

    assert done.stdout == "3\n"


@given(VISITS, st.integers(1, 9))
def test_shards_are_disjoint_complete_and_add_up_to_the_whole(visits, count):
    plan = Plan("yamllint", "1", visits)
    indices = range(1, count + 1)
    parts = [shards.own_part({"yamllint": plan}, Shard(index, count), "x/")["yamllint"] for index in indices]
    shares = manifests(plan, count, "x/")

    assert sorted(visit for part in parts for visit in part.visits) == sorted(visits)
    of_files = [{path for _, path in part.visits} for part in parts]
    assert sum(map(len, of_files)) == len(set().union(*of_files))
    assert len({(share.all_visits, share.all_digest) for share in shares}) == 1
    assert sum(share.visits for share in shares) == shares[0].all_visits == len(visits)
    assert shards.total(share.digest for share in shares) == shares[0].all_digest


def test_visits_keep_their_order_and_know_that_they_are_not_all():
    plan = Plan("yamllint", "1", tuple((f"./{number}.yaml", f"{number}.yaml") for number in range(20)))

    part = shards.own_part({"yamllint": plan}, Shard(1, 2), "")["yamllint"]

    assert part.sharded
    assert 0 < len(part.visits) < 20
    assert part.visits == tuple(visit for visit in plan.visits if visit in part.visits)


def test_a_project_in_a_folder_is_divided_by_the_paths_of_its_repository():
    plan = Plan("yamllint", "1", tuple((f"{number}.yaml", f"{number}.yaml") for number in range(40)))

    top, below = (shards.own_part({"yamllint": plan}, Shard(1, 2), prefix)["yamllint"] for prefix in ("", "a/"))

    assert top.visits != below.visits
    assert {path for _, path in below.visits} == {
        path for _, path in plan.visits if shards.shard_of(f"a/{path}", 2) == 1
    }


def test_every_visit_changes_the_digest_and_their_order_does_not():
    visits = (("./a", "a"), ("b", "b"), ("b", "b"))
    digest = manifests(Plan("yamllint", "1", visits), 1)[0].digest

    assert manifests(Plan("yamllint", "1", visits[::-1]), 1)[0].digest == digest
    for other in (visits[:2], (("a", "a"), *visits[1:]), (("./a", "c"), *visits[1:])):
        assert manifests(Plan("yamllint", "1", other), 1)[0].digest != digest


def test_the_content_of_a_file_changes_the_digest_of_all_in_every_shard_and_of_its_own_part():
    plan = Plan("yamllint", "1", tuple((f"{number}.yaml", f"{number}.yaml") for number in range(20)))
    before, after = manifests(plan, 2), manifests(plan, 2, texts={"7.yaml": b"other"})
    owner = shards.shard_of("7.yaml", 2)

    assert [one.all_digest == two.all_digest for one, two in zip(before, after, strict=True)] == [False, False]
    assert [one.digest == two.digest for one, two in zip(before, after, strict=True)] == [owner == 2, owner == 1]
    assert shards.total(share.digest for share in after) == after[0].all_digest


def test_a_check_without_a_tool_has_no_share_and_stays_what_it_is():
    error = ToolError("yamllint is not installed")
    plans = {"yamllint": error}

    assert shards.own_part(plans, Shard(1, 2), "") == plans
    assert shards.manifest(plans, Shard(1, 2), "", Known({})).shares == ()
