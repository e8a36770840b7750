"""Puts together what became of each check: plan and answer -> `CheckRun`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from msgspec.structs import replace

from qualitygate.adapters.registry import ADAPTERS
from qualitygate.config import CheckSettings
from qualitygate.engine.answer import Answer
from qualitygate.engine.tasks import Plan, PlanResult, decode_numbers
from qualitygate.errors import ToolError
from qualitygate.model import names
from qualitygate.model.findings import FileProblem, Measurement
from qualitygate.model.results import Breakage, CheckRun
from qualitygate.triage.fingerprint import Fingerprints
from qualitygate.triage.triage import triage


def check_run(
    check: CheckSettings, plan: PlanResult, answer: Answer | None, fingerprints: Fingerprints
) -> CheckRun:
    """The run of *check*; without a plan, or without an answer to it, a broken one."""
    if isinstance(plan, Plan) and answer is not None:
        return _completed(check, plan, answer, fingerprints)
    assert isinstance(plan, ToolError)
    message = names.display("; ".join(filter(None, (plan.headline, plan.hint))))
    broken = (Breakage(kind=plan.kind, message=message),)
    return CheckRun(check=check.name, tool=check.tool, breakage=broken, by_hand=by_hand(check))


def _completed(check: CheckSettings, plan: Plan, answer: Answer, fingerprints: Fingerprints) -> CheckRun:
    found = [*answer.findings, *answer.overall]
    files = len({path for _, path in plan.visits})
    return CheckRun(
        check=check.name,
        tool=check.tool,
        version=plan.version,
        files=files,
        cached=min(files, answer.cached),
        seconds=answer.seconds,
        findings=triage(check.name, check.tool, found, check.policy.severity, fingerprints),
        measurements=_measurements(answer),
        problems=_problems(answer.problems),
        breakage=tuple(map(presentable, answer.breakage)),
        skip_reason=None if plan.visits else skip_reason(plan),
        narrowed=plan.narrowed,
        notes=(*plan.notes, *answer.notes),
        config_files=plan.config_files,
        by_hand=by_hand(check),
    )


def _measurements(answer: Answer) -> tuple[Measurement, ...]:
    """In the order of paths, and of each file as its tool gives them."""
    parts = [decoded for part in answer.numbers if (decoded := decode_numbers(part))]
    return tuple(one for part in sorted(parts, key=lambda part: part[0].path) for one in part)


def _problems(problems: Sequence[FileProblem]) -> tuple[FileProblem, ...]:
    shown = [
        replace(problem, message=names.display(problem.message), path=names.display(problem.path))
        for problem in problems
    ]
    return tuple(sorted(shown, key=lambda problem: problem.path))


def presentable(breakage: Breakage) -> Breakage:
    """*breakage* without characters that can not be encoded."""
    path = None if breakage.path is None else names.display(breakage.path)
    return Breakage(kind=breakage.kind, message=names.display(breakage.message), path=path)


def by_hand(check: CheckSettings) -> tuple[str, ...]:
    """The tool's own command lines, run in the root, that give the findings of *check*."""
    return tuple(map(shlex.join, ADAPTERS[check.tool].by_hand(check.args, check.extra_args, check.paths)))


def skip_reason(plan: Plan) -> str:
    """Why *plan* has no visits."""
    if plan.sharded:
        return "none of its files is in this shard"
    return "none of its files is in PATHS" if plan.narrowed else "no file to look at"
