"""The gate in pytest: a minute of tests without it, with it, and before it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from benchmarks import projects, verify
from benchmarks.bench import Bench, Gate, Reference
from benchmarks.measure import Contender, Result
from benchmarks.process import Command

ALONE = "pytest"

_TESTS = '''import time

import pytest


@pytest.mark.parametrize("number", range({count}))
def test_one_second_of_work(number):
    end = time.process_time() + 1
    while time.process_time() < end:
        sum(range(1000))
'''
"""A second of processor time each, so that a processor that is taken away shows."""


def rows(bench: Bench) -> dict[str, Result]:
    """In one process and with two workers, each with an empty cache and with a full one."""
    count = 4 if bench.quick else 60
    files = {
        **projects.mixed(bench.quick),
        "pytest.ini": b"[pytest]\ntestpaths = checks_of_speed\naddopts = -p no:cacheprovider\n",
        "checks_of_speed/test_speed.py": _TESTS.format(count=count).encode(),
    }
    root = projects.write(bench.path("beside"), files)
    expected = Reference(bench, root, "beside")
    return bench.alternate([
        contender
        for workers in ((), ("-n", "2"))
        for contender in [_alone(bench, root, workers), *_both(bench, root, expected, workers)]
    ])


def _alone(bench: Bench, root: Path, workers: tuple[str, ...]) -> Contender:
    return Contender(_name(workers), ((bench.tool(root, "pytest", "-q", *workers),),), lambda: None, lambda: "")


def _name(workers: tuple[str, ...], *more: str) -> str:
    return " ".join((ALONE, *workers, *more))


def _both(bench: Bench, root: Path, expected: Reference, workers: tuple[str, ...]) -> list[Contender]:
    cold, warm = (bench.gate(root, f"beside-{len(workers)}-{state}") for state in ("cold", "warm"))
    bench.warm_up(warm.command())
    return [
        contender
        for gate, state, prepare in ((cold, "cold", cold.forget), (warm, "warm", lambda: None))
        for contender in (
            _beside(bench, gate, expected, workers, state, prepare),
            _after(bench, gate, expected, workers, state, prepare),
        )
    ]


def _beside(
    bench: Bench, gate: Gate, expected: Reference, workers: tuple[str, ...], state: str, prepare: Callable[[], object]
) -> Contender:
    argv = (
        str(bench.tools / "pytest"), "-q", *workers, "--qualitygate", f"--qualitygate-report=json={gate.report}"
    )
    command = Command(argv, gate.root, {**bench.env, "QUALITYGATE_CACHE_DIR": str(gate.cache)})
    name = _name(workers, f"--qualitygate, {state}")
    return Contender(name, ((command,),), prepare, lambda: verify.difference(gate.report, expected.report()))


def _after(
    bench: Bench, gate: Gate, expected: Reference, workers: tuple[str, ...], state: str, prepare: Callable[[], object]
) -> Contender:
    stages = ((bench.tool(gate.root, "pytest", "-q", *workers),), (gate.command(),))
    name = _name(workers, f"&& qualitygate check, {state}")
    return Contender(name, stages, prepare, lambda: verify.difference(gate.report, expected.report()))
