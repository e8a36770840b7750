"""Judgement: what the runs mean under the limits. Pure: no clock, no disk, no environment."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from qualitygate.errors import PRECEDENCE, ExitCode
from qualitygate.model.findings import Finding
from qualitygate.model.limits import OTHERS, TOTAL, Allowed, MaxFindings, Policy, SoftFail, covering
from qualitygate.model.results import CheckRun, CheckVerdict, LimitResult, Outcome, State, Verdict
from qualitygate.model.severity import SEVERITY_WORDS, Severity


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The circumstances of a judgement, from the command line and the clock."""

    today: datetime.date
    """In UTC."""
    strict: bool = False
    """Soft becomes hard."""
    soft_exit_code: int = 0
    exit_zero: bool = False
    partial: bool = False
    """The run was narrowed, so finding no file is no error."""


def judge(runs: Sequence[CheckRun], policies: Mapping[str, Policy], terms: Terms) -> Verdict:
    """The verdict on *runs*, each under the policy of its check's name.

    Raises:

        KeyError: A run has no policy.
    """
    checks = tuple(judge_check(run, policies[run.check], terms) for run in runs)
    worst = max((check.outcome for check in checks), default=Outcome.PASS)
    nothing = not terms.partial and all(run.state is State.SKIPPED for run in runs)
    word = "nothing" if nothing else worst.word
    return Verdict(word=word, exit_code=_exit_code(worst, nothing, terms), checks=checks)


def unjudged(runs: Sequence[CheckRun]) -> Verdict:
    """What takes the place of a verdict on *runs* that are a part of what is to be judged together."""
    broken = any(run.state is State.BROKEN for run in runs)
    return Verdict(word="unjudged", exit_code=int(ExitCode.BROKEN if broken else ExitCode.PASSED))


def _exit_code(worst: Outcome, nothing: bool, terms: Terms) -> int:
    applying = {
        ExitCode.BROKEN: worst is Outcome.BROKEN,
        ExitCode.FAILED: worst is Outcome.FAIL and not terms.exit_zero,
        ExitCode.NO_FILES: nothing and not terms.exit_zero,
    }
    for code in PRECEDENCE:
        if applying.get(code):
            return int(code)
    return terms.soft_exit_code if worst is Outcome.SOFT_FAIL else int(ExitCode.PASSED)


def judge_check(run: CheckRun, policy: Policy, terms: Terms) -> CheckVerdict:
    """The verdict on one check: hard limit, then the permission to fail softly with its ceiling and end date."""
    limits = hold(run.check, run.findings, policy.max_findings)
    soft = policy.soft_fail
    if run.state is State.BROKEN:
        return CheckVerdict(outcome=Outcome.BROKEN, limits=limits, soft_fail=soft, sentence=_broken(run))
    reasons = [limit.sentence for limit in limits if limit.breached]
    if run.problems:
        count = len({problem.path for problem in run.problems})
        reasons.append(f"{run.check} could not analyse {_count(count, 'file')}")
    if not reasons:
        return CheckVerdict(outcome=Outcome.PASS, limits=limits, soft_fail=soft)
    sentence = "; ".join(reasons)
    against = _against_softness(run, policy, terms)
    if against is None:
        return CheckVerdict(outcome=Outcome.SOFT_FAIL, limits=limits, soft_fail=soft, sentence=sentence)
    return CheckVerdict(
        outcome=Outcome.FAIL, limits=limits, soft_fail=soft, sentence="; ".join(filter(None, (sentence, against)))
    )


def _against_softness(run: CheckRun, policy: Policy, terms: Terms) -> str | None:
    """None if the failure may be soft, else why it may not (empty where there is nothing to explain)."""
    soft, hard = policy.soft_fail, policy.max_findings
    if soft is None:
        return ""
    if terms.strict:
        return "soft-fail does not count under --strict"
    return _expired(soft, terms.today) or _above_ceiling(run, hard, soft)


def _expired(soft: SoftFail, today: datetime.date) -> str | None:
    if soft.until is None or today <= soft.until:
        return None
    owner = f", owner {soft.owner}" if soft.owner else ""
    return f"its soft-fail ended on {soft.until.isoformat()} (reason: {soft.reason or 'none given'}{owner})"


def _above_ceiling(run: CheckRun, hard: MaxFindings, soft: SoftFail) -> str | None:
    ceiling = soft.max_findings
    if ceiling is None:
        return None
    if isinstance(hard, dict) and isinstance(ceiling, dict):
        ceiling = hard | ceiling  # what the ceiling does not name keeps its hard limit
    above = [limit.sentence for limit in hold(run.check, run.findings, ceiling) if limit.breached]
    return "above the ceiling of its soft-fail: " + "; ".join(above) if above else None


def hold(check: str, findings: Iterable[Finding], allowed: MaxFindings) -> tuple[LimitResult, ...]:
    """Hold *findings* against a `max-findings` value of any form.

    A number limits all findings of severity low and above. In a table a finding counts under the longest rule key
    that its rule starts with, else under the key of its severity; what no key covers counts as `others`, allowed 0
    unless the table has `total`. `total` counts every finding of low and above, whatever else covers it.
    """
    if not isinstance(allowed, dict):
        total = sum(finding.severity > Severity.INFO for finding in findings)
        return (_limit(check, TOTAL, allowed, total),)
    counts: Counter[str] = Counter()
    for finding in findings:
        key = covering(finding.rule, finding.severity.word, allowed)
        counted = finding.severity > Severity.INFO
        if key is not None or counted:
            counts[OTHERS if key is None else key] += 1
        if counted:
            counts[TOTAL] += 1
    keys: dict[str, Allowed] = dict(allowed)
    if TOTAL not in keys:
        keys[OTHERS] = 0
    return tuple(_limit(check, key, number, counts[key]) for key, number in keys.items())


def _limit(check: str, key: str, allowed: Allowed, actual: int) -> LimitResult:
    number = None if allowed == "any" else allowed
    if key == TOTAL:
        what = _count(actual, "finding")
    elif key == OTHERS:
        what = _count(actual, "other finding")
    elif key in SEVERITY_WORDS:
        what = _count(actual, f"{key} finding")
    else:
        what = f"{_count(actual, 'finding')} of {key}"
    return LimitResult(
        limit=key,
        allowed=number,
        actual=actual,
        breached=number is not None and actual > number,
        sentence=f"{check} has {what}, {'any number' if number is None else number} allowed",
    )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def _broken(run: CheckRun) -> str:
    first = run.breakage[0]
    more = f", and {len(run.breakage) - 1} more" if len(run.breakage) > 1 else ""
    return f"{run.check} gave no trustworthy answer ({first.message}{more})"
