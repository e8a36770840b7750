"""One file edited, and one file staged."""

from __future__ import annotations

from pathlib import Path

from benchmarks import commands, names, projects
from benchmarks.bench import Bench, Reference, slowest
from benchmarks.measure import Contender, Result, sequence


def rows(bench: Bench) -> dict[str, Result]:
    """The gate sees the whole project, the command lines that one file."""
    files = projects.mixed(bench.quick)
    [path] = projects.ordinary(files, ".py")
    root, index = (projects.write(bench.path(name), files) for name in ("edited", "staged"))
    singles = [_named(bench, root, line, path) for line in commands.PYTHON_ONLY]
    status = commands.git_status(bench, root)
    bench.warm_up(status)
    results = bench.alternate([
        _edited(bench, root, path, files[path]),
        _staged(bench, index, path, files[path]),
        *singles,
        sequence("prek, that file", [commands.prek(bench, root, "--files", path)]),
        sequence("pre-commit, that file", [commands.pre_commit(bench, root, "--files", path)]),
        sequence(names.GIT_STATUS, [status]),
    ])
    return results | {names.SLOWEST: slowest(names.SLOWEST, [results[single.name] for single in singles])}


def _named(bench: Bench, root: Path, line: tuple[str, ...], path: str) -> Contender:
    name = " ".join(word for word in line[:2] if not word.startswith("-"))
    return sequence(f"{name}, that file", [bench.tool(root, *line, path)])


class _Editor:
    """Gives a file another content each time; all of them have the same findings and measurements."""

    def __init__(self, root: Path, path: str, data: bytes) -> None:
        self._root, self._path, self._data = root, path, data
        self._number = 0

    def edit(self) -> None:
        self._number += 1
        projects.update(
            self._root, {self._path: projects.with_comment(self._path, self._data, f"edit {self._number:06}")}
        )


def _edited(bench: Bench, root: Path, path: str, data: bytes) -> Contender:
    gate, editor = bench.gate(root, "edited"), _Editor(root, path, data)
    bench.warm_up(gate.command())
    return gate.contender(names.EDITED, Reference(bench, root, "edited"), prepare=editor.edit, full=False)


def _staged(bench: Bench, root: Path, path: str, data: bytes) -> Contender:
    gate, editor = bench.gate(root, "staged"), _Editor(root, path, data)

    def prepare() -> None:
        editor.edit()
        bench.git(root, "add", path)

    bench.warm_up(gate.command("--staged"))
    expected = Reference(bench, root, "staged", "--staged")
    return gate.contender(names.STAGED, expected, "--staged", prepare=prepare, full=False)
