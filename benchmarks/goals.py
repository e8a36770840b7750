"""What the product wants to reach on two cores. The only place that holds a goal."""

from __future__ import annotations

import dataclasses
from typing import Literal

from benchmarks import names

Metric = Literal["seconds", "parent", "worker"]


@dataclasses.dataclass(frozen=True)
class Goal:
    """At most *limit*: the median of *metric* of *row*, divided by that of *against* if there is one."""

    group: str
    row: str
    limit: float
    against: str = ""
    metric: Metric = "seconds"


GOALS = (
    Goal("project", names.COLD, 0.40, names.SIX),
    Goal("project", names.COLD, 0.55, names.PREK_ALL),
    Goal("project", names.TEN, 0.05, names.PREK_ALL),
    Goal("project", names.TEN, 1.00, names.PREK_TEN),
    Goal("project", names.WARM, 0.015, names.PREK_ALL),
    Goal("project", names.COLD, 120, metric="parent"),
    Goal("project", names.COLD, 250, metric="worker"),
    Goal("scale", names.WARM, 0.30),
    Goal("scale", names.WARM, 3.0, names.RUFF_WARM),
    Goal("scale", names.COLD, 120, metric="parent"),
    Goal("scale", names.COLD, 250, metric="worker"),
    Goal("edit", names.EDITED, 0.6),
    Goal("edit", names.EDITED, 2.0, names.SLOWEST),
    Goal("edit", names.STAGED, 0.6),
    Goal("edit", names.STAGED, 2.0, names.SLOWEST),
    Goal("growth", "cold, 16x files", 17.0, "cold, 1x files"),
    Goal("growth", "warm, 16x files", 17.0, "warm, 1x files"),
    # The same findings in 16 times the bytes: 10 % is room for noise.
    Goal("growth", "cold, 1x files, 16x bytes", 1.10, "cold, 1x files", "parent"),
    Goal("literal", names.COLD, 1.0),
)
