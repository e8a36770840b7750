"""Two shards and the merge."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks import names, projects, verify
from benchmarks.bench import Bench, Gate, Reference
from benchmarks.measure import Contender, Result
from benchmarks.process import Command


def rows(bench: Bench) -> dict[str, Result]:
    """Shards begin with empty caches, each with its own, as two machines would."""
    root = projects.write(bench.path("sharded"), projects.mixed(bench.quick))
    expected = Reference(bench, root, "sharded")
    return bench.alternate([
        bench.gate(root, "unsharded").cold(names.COLD, expected),
        _sharded(bench, root, expected, "two shards and merge, one after the other", (), together=False),
        _sharded(bench, root, expected, "two shards at once, --jobs 1 each, and merge", ("--jobs", "1"), together=True),
    ])


def _sharded(
    bench: Bench, root: Path, expected: Reference, name: str, options: Sequence[str], together: bool
) -> Contender:
    gates = [bench.gate(root, f"shard-{number}-{together}") for number in (1, 2)]
    merged = bench.path(f"merged-{together}.json")
    shards = tuple(gate.command("--shard", f"{number}/2", *options) for number, gate in enumerate(gates, 1))
    stages = (shards,) if together else tuple((shard,) for shard in shards)

    def prepare() -> None:
        merged.unlink(missing_ok=True)
        for gate in gates:
            gate.forget()

    def difference() -> str:
        return verify.difference(merged, expected.report(), ignoring=("shard",))

    return Contender(name, (*stages, (_merge(bench, root, gates, merged),)), prepare, difference)


def _merge(bench: Bench, root: Path, gates: Sequence[Gate], merged: Path) -> Command:
    reports = [str(gate.report) for gate in gates]
    return bench.tool(root, "qualitygate", "merge", "--report", f"json={merged}", *reports)
