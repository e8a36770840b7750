"""Cold and warm runs of a whole project, and ten files changed in a fresh checkout."""

from __future__ import annotations

import shutil
from pathlib import Path

from benchmarks import commands, names, projects
from benchmarks.bench import Bench, Reference
from benchmarks.measure import Contender, Result, sequence

_CI = {"CI": "true"}


def rows(bench: Bench) -> dict[str, Result]:
    """All in one group, since most goals compare with prek on all files."""
    files = projects.mixed(bench.quick)
    root = projects.write(bench.path("project"), files)
    return bench.alternate([*_others(bench, root), *_whole(bench, root), *_ten(bench, files)])


def _others(bench: Bench, root: Path) -> list[Contender]:
    ruff, status = commands.ruff(bench, root), commands.git_status(bench, root)
    bench.warm_up(ruff, status)
    return [
        sequence(names.SIX, commands.six(bench, root)),
        sequence(names.PREK_ALL, [commands.prek(bench, root, "--all-files")]),
        sequence(names.PRE_COMMIT_ALL, [commands.pre_commit(bench, root, "--all-files")]),
        sequence(names.RUFF_WARM, [ruff]),
        sequence(names.GIT_STATUS, [status]),
    ]


def _whole(bench: Bench, root: Path) -> list[Contender]:
    expected = Reference(bench, root, "project")
    warm = bench.gate(root, "project-warm")
    bench.warm_up(warm.command())
    return [
        bench.gate(root, "project-cold").cold(names.COLD, expected),
        bench.gate(root, "project-no-cache").cold(names.NO_CACHE, expected, "--no-cache"),
        bench.gate(root, "project-one-job").cold(names.ONE_JOB, expected, "--jobs", "1"),
        warm.contender(names.WARM, expected, full=False),
    ]


def _ten(bench: Bench, files: projects.Files) -> list[Contender]:
    """A merge request: the job gets a fresh clone, and the cache folder as the last job on the target left it."""
    origin = projects.write(bench.path("origin"), files)
    root, saved = bench.path("checkout"), bench.path("saved-cache")
    gate = bench.gate(root, "ten")
    _clone(bench, origin, root)
    bench.warm_up(gate.command(env=_CI))
    gate.cache.mkdir(exist_ok=True)
    shutil.copytree(gate.cache, saved)
    changed = _change_ten(bench, origin, files)

    def prepare() -> None:
        _clone(bench, origin, root)
        gate.forget()
        shutil.copytree(saved, gate.cache)

    return [
        gate.contender(names.TEN, Reference(bench, root, "ten"), prepare=prepare, env=_CI, full=False),
        sequence(names.PREK_TEN, [commands.prek(bench, root, "--files", *changed)]),
        sequence(names.PRE_COMMIT_TEN, [commands.pre_commit(bench, root, "--files", *changed)]),
    ]


def _change_ten(bench: Bench, origin: Path, files: projects.Files) -> list[str]:
    changed = [
        *projects.ordinary(files, ".py", 7), *projects.ordinary(files, ".rst", 2), *projects.ordinary(files, ".yml")
    ]
    projects.update(origin, {path: projects.with_comment(path, files[path], "changed") for path in changed})
    identity = ("-c", "user.name=Author", "-c", "user.email=author@example.org")
    bench.git(origin, *identity, "commit", "-qam", "change ten files")
    return changed


def _clone(bench: Bench, origin: Path, root: Path) -> None:
    shutil.rmtree(root, ignore_errors=True)
    bench.git(bench.scratch, "clone", "-q", str(origin), str(root))
