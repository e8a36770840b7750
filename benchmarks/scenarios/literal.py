"""One generated file."""

from __future__ import annotations

from benchmarks import commands, names, projects
from benchmarks.bench import Bench, Reference
from benchmarks.measure import Result, sequence


def rows(bench: Bench) -> dict[str, Result]:
    """The gate with all checks, radon among them; and the command lines for Python."""
    root = projects.write(bench.path("literal"), projects.literal(500 if bench.quick else 2_500))
    lines = [bench.tool(root, *commands.on_folder(line)) for line in commands.PYTHON_ONLY]
    return bench.alternate([
        bench.gate(root, "literal").cold(names.COLD, Reference(bench, root, "literal")),
        sequence("radon mi", [bench.tool(root, *commands.on_folder(commands.RADON_MI))]),
        sequence("flake8, bandit, radon cc, radon mi, xenon", lines),
    ])
