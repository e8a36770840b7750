"""Many files, nothing changed."""

from __future__ import annotations

from benchmarks import commands, names, projects
from benchmarks.bench import Bench, Reference
from benchmarks.measure import Result, sequence


def rows(bench: Bench) -> dict[str, Result]:
    """The run that fills the cache is the cold row: it is measured once, since nothing is compared with its time."""
    root = projects.write(bench.path("scale"), projects.large(150 if bench.quick else 5_000))
    expected = Reference(bench, root, "scale")
    gate = bench.gate(root, "scale")
    ruff, status = commands.ruff(bench, root), commands.git_status(bench, root)
    bench.warm_up(ruff, status)
    cold = bench.alternate([gate.cold(names.COLD, expected)], rounds=1)
    contenders = [
        gate.contender(names.WARM, expected, full=False),
        sequence(names.RUFF_WARM, [ruff]),
        sequence(names.GIT_STATUS, [status]),
    ]
    return cold | bench.alternate(contenders)
