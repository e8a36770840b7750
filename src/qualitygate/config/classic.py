"""What holds for a check that nobody configured: the classic pipeline, where only flake8 stops the line."""

from __future__ import annotations

from qualitygate.model.limits import Policy, SoftFail

_SOFT = Policy(soft_fail=SoftFail(reason="default of an unconfigured check"))

CLASSIC_POLICY = {
    "flake8": Policy(),
    "doc8": _SOFT,
    "yamllint": _SOFT,
    "bandit": _SOFT,
    # Report only: as in the job it replaces, not even a file that radon can not read fails the pipeline.
    "radon": Policy(max_findings="any", soft_fail=_SOFT.soft_fail),
    "xenon": _SOFT,
}
"""By tool. The arguments of the classic pipeline are each adapter's `default_args`."""
