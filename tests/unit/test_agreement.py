"""What must be true of reports to be put together; the command's tests have a case for each reason."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from qualitygate.agreement import in_order
from qualitygate.errors import ExitCode, ShardsError, UsageError
from qualitygate.model.results import Breakage
from qualitygate.model.shards import Manifest, Shard, Share
from qualitygate.policy import unjudged
from qualitygate.reporters import unjudged as placeholder
from tests.unit.reporters.samples import STARTED, report, run

WHOLE = {"all_visits": 3, "all_digest": f"{6:032x}"}


def shard(index, count=2, digest=None, visits=None, runs=None, **values):
    """A shard of two, of which the first has one visit with digest 1, and the second two with digest 5."""
    share = Share(
        check="flake8",
        packages=("flake8 7.3.0",),
        inputs="3" * 40,
        visits=index if visits is None else visits,
        digest=f"{(1, 5)[index % 2 == 0] if digest is None else digest:032x}",
        **WHOLE,
    )
    runs = (run(),) if runs is None else runs
    shares = () if any(one.breakage for one in runs) else (share,)
    made = Manifest(shard=Shard(index, count), python="3.13.1", shares=shares)
    return report(*runs, verdict=unjudged(runs), shard=made, **values)


def named(*reports):
    return [(f"{letter}.json", one) for letter, one in zip("abcdefghijklmnopqrstuvwxyz", reports, strict=False)]


def ordered(*reports):
    return in_order(named(*reports), "0.1.0", "d" * 16, {"flake8"})


def test_shards_come_out_in_their_order():
    first, second = shard(1), shard(2)

    assert ordered(second, first) == [first, second]


def test_a_refusal_has_the_exit_code_of_no_trustworthy_answer_and_says_what_to_do():
    with pytest.raises(ShardsError) as refused:
        ordered(shard(1))

    assert refused.value.code is ExitCode.BROKEN
    assert refused.value.headline == "shard 2 of 2 is missing"
    assert "--shard I/N" in refused.value.hint


def test_every_reason_is_told_at_once():
    with pytest.raises(ShardsError) as refused:
        ordered(shard(1, count=3), shard(1, count=3, qualitygate="9"))

    lines = refused.value.headline.splitlines()
    assert "b.json was made by qualitygate 9, and this is 0.1.0" in lines
    assert "a.json and b.json are both shard 1 of 3" in lines
    assert lines[-2:] == ["shard 2 of 3 is missing", "shard 3 of 3 is missing"]


def test_many_missing_shards_are_counted():
    with pytest.raises(ShardsError) as refused:
        ordered(shard(1, count=10**9), shard(2, count=10**9))

    lines = refused.value.headline.splitlines()
    assert len(lines) == 11
    assert lines[-1] == f"and {10**9 - 12} more shards are missing"


@pytest.mark.parametrize(
    "second", [{"visits": 1}, {"visits": 3}, {"digest": 4}, {"digest": 1}, {"digest": 2**128 - 1, "visits": 2}]
)
def test_shares_that_do_not_add_up_are_refused(second):
    with pytest.raises(ShardsError, match="check flake8: the .* file visits of all shards together are not the 3"):
        ordered(shard(1), shard(2, **second))


def test_sums_that_run_over_are_right():
    ordered(shard(1, digest=2**128 - 1), shard(2, digest=7))


def test_a_check_without_a_share_must_be_broken():
    broken = run(version="", breakage=(Breakage(kind="missing", message="flake8 is not installed"),))
    silent = shard(2)
    silent = replace(silent, shard=replace(silent.shard, shares=()))

    ordered(shard(1), shard(2, runs=(broken,)))
    with pytest.raises(ShardsError, match="shard 2 of 2 does not say what check flake8 was given"):
        ordered(shard(1), silent)


def test_the_report_of_a_whole_run_and_a_placeholder_are_told_apart():
    with pytest.raises(UsageError, match="b.json is the report of a whole run"):
        ordered(shard(1), report(run()))
    with pytest.raises(ShardsError, match="b.json was left by a run that did not finish"):
        ordered(shard(1), placeholder("0.1.0", STARTED))


def test_a_changed_work_tree_does_not_matter_while_the_contents_are_the_same():
    first, second = shard(1), shard(2)

    ordered(first, replace(second, source=replace(second.source, dirty=True)))


@pytest.mark.parametrize(
    ("key", "value", "what"),
    [("all_digest", "0" * 32, "the files"), ("inputs", "0" * 40, "the configuration files, packages or locale")],
)
def test_other_contents_are_told_in_one_sentence(key, value, what):
    second = shard(2)
    second = replace(second, shard=replace(second.shard, shares=(replace(second.shard.shares[0], **{key: value}),)))

    with pytest.raises(ShardsError) as refused:
        ordered(shard(1), second)

    assert refused.value.headline == (
        f"the shards looked at different contents: a.json and b.json differ in {what} of flake8; "
        "run all shards on the same commit without local changes, in the same environment"
    )
