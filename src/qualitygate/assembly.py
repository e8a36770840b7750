"""Puts together what became of each check: plan and answer -> `CheckRun`."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from msgspec.structs import replace

from qualitygate.adapters.registry import ADAPTERS
from qualitygate.config import CheckSettings
from qualitygate.engine.engine import Answer
from qualitygate.engine.tasks import Plan, PlanResult
from qualitygate.errors import ToolError
from qualitygate.model import names
from qualitygate.model.findings import FileProblem
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
    return CheckRun(check=check.name, tool=check.tool, breakage=broken, by_hand=_by_hand(check))


def _completed(check: CheckSettings, plan: Plan, answer: Answer, fingerprints: Fingerprints) -> CheckRun:
    found = [one for result in answer.results for one in result.findings]
    return CheckRun(
        check=check.name,
        tool=check.tool,
        version=plan.version,
        files=len({path for _, path in plan.visits}),
        seconds=sum(result.seconds for result in answer.results),
        findings=triage(check.name, check.tool, [*found, *answer.overall], check.policy.severity, fingerprints),
        measurements=tuple(one for result in answer.results for one in result.measurements),
        problems=_problems([result.problem for result in answer.results if result.problem is not None]),
        breakage=tuple(map(_presentable, answer.breakage)),
        skip_reason=_skip_reason(plan),
        narrowed=plan.narrowed,
        notes=(*plan.notes, *answer.notes),
        config_files=plan.config_files,
        by_hand=_by_hand(check),
    )


def _problems(problems: Sequence[FileProblem]) -> tuple[FileProblem, ...]:
    return tuple(
        replace(problem, message=names.display(problem.message), path=names.display(problem.path))
        for problem in sorted(problems, key=lambda problem: problem.path)
    )


def _presentable(breakage: Breakage) -> Breakage:
    path = None if breakage.path is None else names.display(breakage.path)
    return Breakage(kind=breakage.kind, message=names.display(breakage.message), path=path)


def _by_hand(check: CheckSettings) -> tuple[str, ...]:
    return tuple(map(shlex.join, ADAPTERS[check.tool].by_hand(check.args, check.extra_args, check.paths)))


def _skip_reason(plan: Plan) -> str | None:
    if plan.visits:
        return None
    return "none of its files is in PATHS" if plan.narrowed else "no file to look at"
