"""The whole job, as a pipeline runs it: an environment, the installation, the run."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks import commands, projects
from benchmarks.bench import Bench, Reference, slowest, total
from benchmarks.measure import Contender, Result
from benchmarks.process import Command, Failed, Unavailable

SIX_JOBS = "six jobs one after another"
_ONE_JOB = "one job, qualitygate, cold"
_REPOSITORY = Path(__file__).parents[2]


def rows(bench: Bench) -> dict[str, Result]:
    """The six jobs are measured one by one; their sum and the slowest of them are computed."""
    root = projects.write(bench.path("piped"), projects.mixed(bench.quick))
    jobs = [
        _job(bench, f"job {name}", (f"{name}=={importlib.metadata.version(name)}",),
             [bench.tool(root, *commands.on_folder(line)) for line in lines])
        for name, lines in commands.JOBS.items()
    ]
    results = bench.alternate([*_gate(bench, root), *jobs])
    if _ONE_JOB not in results:
        results[_ONE_JOB] = Result(_ONE_JOB, note="not available: no wheel could be built")
    measured = [results[job.name] for job in jobs]
    return results | {
        SIX_JOBS: total(SIX_JOBS, measured),
        "slowest of the six jobs": slowest("slowest of the six jobs", measured),
    }


def _gate(bench: Bench, root: Path) -> list[Contender]:
    folder = bench.path("wheel/x").parent
    build = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder))
    try:
        bench.once(Command((*build, str(_REPOSITORY)), bench.scratch, bench.env, frozenset({0})))
    except (Failed, Unavailable):
        return []
    [wheel] = folder.glob("*.whl")
    gate = bench.gate(root, "piped")
    plain = gate.cold(_ONE_JOB, Reference(bench, root, "piped"))
    return [_job(bench, _ONE_JOB, (str(wheel),), [gate.command()], plain)]


def _job(
    bench: Bench, name: str, requirements: Sequence[str], run: Sequence[Command], like: Contender | None = None
) -> Contender:
    """Environment, installation and *run* with the programs of that environment; else as *like*."""
    folder = bench.path(f"environments/{name.replace(' ', '-')}")

    def prepare() -> None:
        shutil.rmtree(folder, ignore_errors=True)
        if like:
            like.prepare()

    create = Command((sys.executable, "-m", "venv", str(folder)), bench.scratch, bench.env, frozenset({0}))
    pip = (str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *requirements)
    install = Command(pip, bench.scratch, bench.env, frozenset({0}))
    moved = [Command((str(folder / "bin" / Path(one.argv[0]).name), *one.argv[1:]), one.cwd, one.env) for one in run]
    return Contender(
        name, tuple((command,) for command in (create, install, *moved)), prepare, like.verify if like else None
    )
