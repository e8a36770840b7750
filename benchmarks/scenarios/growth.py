"""How time and memory grow with files and with bytes."""

from __future__ import annotations

from collections.abc import Iterator

from benchmarks import projects
from benchmarks.bench import Bench, Reference
from benchmarks.measure import Contender, Result


def rows(bench: Bench) -> dict[str, Result]:
    """Cold and warm on the same files once, 4 and 16 times, and once with 16 times the bytes."""
    files = projects.sample(7, 2, 1) if bench.quick else projects.sample(70, 20, 10)
    trees = {f"{times}x files": projects.copies(files, times) for times in (1, 4, 16)}
    trees["1x files, 16x bytes"] = projects.padded(projects.copies(files, 1), 16)
    return bench.alternate([one for name, tree in trees.items() for one in _pair(bench, name, tree)])


def _pair(bench: Bench, name: str, files: projects.Files) -> Iterator[Contender]:
    folder = name.replace(" ", "-").replace(",", "")
    root = projects.write(bench.path(f"growth/{folder}"), files)
    expected = Reference(bench, root, folder)
    warm = bench.gate(root, f"{folder}-warm")
    bench.warm_up(warm.command())
    yield bench.gate(root, f"{folder}-cold").cold(f"cold, {name}", expected)
    yield warm.contender(f"warm, {name}", expected)
