"""Runs the groups in a folder of their own."""

from __future__ import annotations

import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.measure import TIME_IS_OVER, Result
from benchmarks.process import Failed, Unavailable, adopt_orphans
from benchmarks.scenarios import SCENARIOS

_QUICK_TIMEOUT, _TIMEOUT = 45.0, 900.0
"""Seconds for one command."""

_QUICK_BUDGET = 140.0
"""Seconds after which `--quick` begins no further measurement."""


def run(groups: Sequence[str], quick: bool, rounds: int | None) -> Iterator[tuple[str, dict[str, Result], list[str]]]:
    """Name, results and notes of each group, when it is done. The trees of a group are removed before the next."""
    adopt_orphans()
    deadline = time.monotonic() + _QUICK_BUDGET if quick else float("inf")
    for group in groups:
        if time.monotonic() > deadline:
            yield group, {group: Result(group, note=TIME_IS_OVER)}, []
        else:
            yield group, *_group(group, quick, rounds, deadline)


def _group(group: str, quick: bool, rounds: int | None, deadline: float) -> tuple[dict[str, Result], list[str]]:
    with tempfile.TemporaryDirectory(prefix="benchmarks-") as scratch:
        bench = Bench(
            scratch=Path(scratch).resolve(),
            tools=Path(sysconfig.get_path("scripts")),
            quick=quick,
            rounds=rounds or (1 if quick else 5),
            timeout=_QUICK_TIMEOUT if quick else _TIMEOUT,
            deadline=deadline,
            progress=lambda text: _show(f"{group}: {text}"),
        )
        try:
            results = SCENARIOS[group].measure(bench)
        except (Unavailable, Failed) as problem:
            results = {group: Result(group, note=f"failed: {problem}")}
        _show("")
        return results, bench.notes


def _show(text: str) -> None:
    if sys.stderr.isatty():
        print(f"\r\x1b[K{text[:110]}", end="", file=sys.stderr, flush=True)
    elif text:
        print(text, file=sys.stderr, flush=True)
