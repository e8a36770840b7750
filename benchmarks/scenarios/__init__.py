"""What is measured, by group."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from benchmarks import names
from benchmarks.bench import Bench
from benchmarks.measure import Result
from benchmarks.scenarios import beside, ci, cluster, edit, growth, literal, project, scale, shards


@dataclasses.dataclass(frozen=True)
class Scenario:
    """A group of rows that are measured side by side."""

    title: str
    measure: Callable[[Bench], dict[str, Result]]
    baseline: str
    """The row that those without a goal are compared with."""


SCENARIOS = {
    "project": Scenario("A project: Django's wheel, Sphinx's documents, Ansible's YAML", project.rows, names.SIX),
    "edit": Scenario("The same project: one file", edit.rows, names.SLOWEST),
    "literal": Scenario("One file with one literal of 2,500 lines", literal.rows, names.COLD),
    "growth": Scenario("100 files, 4 and 16 times as many, 16 times the bytes", growth.rows, "cold, 1x files"),
    "scale": Scenario("5,000 files", scale.rows, names.RUFF_WARM),
    "shards": Scenario("The project in two shards", shards.rows, names.COLD),
    "dask": Scenario("The project on two Dask workers of this machine", cluster.rows, names.COLD),
    "pytest": Scenario("The project with a minute of tests", beside.rows, beside.ALONE),
    "ci": Scenario("The whole CI job: environment, installation, run", ci.rows, ci.SIX_JOBS),
}
