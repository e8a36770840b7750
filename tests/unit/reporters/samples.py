"""Reports to render: one of each kind, and a strategy for arbitrary ones."""

from __future__ import annotations

import datetime
import shlex

from hypothesis import strategies as st

from qualitygate.model.findings import FileProblem, Finding, Measurement
from qualitygate.model.limits import Policy, SoftFail
from qualitygate.model.results import (
    Breakage,
    CheckRun,
    CheckVerdict,
    LimitResult,
    Outcome,
    Report,
    SourceInfo,
    Verdict,
)
from qualitygate.model.severity import Severity
from qualitygate.model.shards import Manifest, Shard, Share
from qualitygate.policy import Terms, judge
from qualitygate.policy import unjudged as not_judged
from qualitygate.reporters import json, text, unjudged

STARTED = datetime.datetime(2026, 3, 14, 9, 26, 53, 589000, tzinfo=datetime.UTC)
FLAKE8_BY_HAND = ("flake8 --max-line-length=120 src tests",)


def finding(**values: object) -> Finding:
    """A finding of flake8, with what *values* say otherwise."""
    given = {
        "check": "flake8",
        "tool": "flake8",
        "rule": "E501",
        "message": "line too long (134 > 120 characters)",
        "severity": Severity.LOW,
        "fingerprint": "f" * 32,
        "path": "src/a.py",
        "line": 3,
        "column": 121,
    }
    return Finding(**given | values)


def run(check: str = "flake8", **values: object) -> CheckRun:
    """A run over 15 files, with what *values* say otherwise."""
    return CheckRun(**{"check": check, "tool": check, "version": "7.3.0", "files": 15, "seconds": 0.2} | values)


def report(*runs: CheckRun, policies: dict[str, Policy] | None = None, **values: object) -> Report:
    """The report on *runs* as policy judges them, where no policy is given with the strictest one."""
    terms = Terms(today=STARTED.date(), partial=values.get("scope") == "partial")
    verdict = judge(runs, {one.check: Policy() for one in runs} | (policies or {}), terms)
    given = {
        "qualitygate": "0.1.0",
        "verdict": verdict,
        "runs": runs,
        "started": STARTED,
        "seconds": 0.4321,
        "source": SourceInfo(commit="c0ffee" * 6 + "c0ff", tree="7" * 40, dirty=False),
        "config_file": "pyproject.toml",
        "config_digest": "d" * 16,
        "files": 1515,
    }
    return Report(**given | values)


SOFT = SoftFail(reason="legacy pages", owner="@docs", until=datetime.date(2027, 3, 31), max_findings=80)

DEFAULT = SoftFail(reason="default of an unconfigured check")

CLEAN_FLAKE8 = run(files=1515, cached=1514, seconds=0.21, by_hand=FLAKE8_BY_HAND)
BUDGET_BANDIT = run(
    "bandit",
    version="1.9.1",
    files=1489,
    cached=1488,
    seconds=0.1,
    findings=tuple(
        finding(check="bandit", tool="bandit", rule=rule, severity=severity, line=line, message="Try, Except, Pass.")
        for line, (rule, severity) in enumerate([("B110", Severity.LOW)] * 2 + [("B603", Severity.MEDIUM)], start=7)
    ),
)
SOFT_DOC8 = run(
    "doc8",
    version="2.0.0",
    files=256,
    cached=256,
    seconds=0.0,
    findings=tuple(
        finding(check="doc8", tool="doc8", rule="D001", message="Too long", path="docs/a.rst", line=line, column=None)
        for line in range(1, 45)
    ),
    by_hand=("doc8 docs",),
)
RADON = run(
    "radon",
    version="6.0.1",
    files=1489,
    findings=(
        finding(
            check="radon",
            tool="radon",
            rule="cc",
            message="F 3:0 load - C (14)",
            severity=Severity.MEDIUM,
            symbol="load",
            column=1,
            end_line=40,
        ),
    ),
    measurements=(
        Measurement(metric="cc", subject="load", value=14, rank="C", line=3, path="src/a.py"),
        Measurement(metric="mi", subject="src/a.py", value=61.25, rank="A", path="src/a.py"),
    ),
    config_files=("radon.cfg",),
    by_hand=("radon cc -s -nb src", "radon mi -s -nb src"),
)
SKIPPED_YAMLLINT = run("yamllint", version="", files=0, seconds=0, skip_reason="no file")
FAILED_FLAKE8 = run(
    files=1515,
    cached=1512,
    findings=(
        finding(
            source="    result = compute(first_argument, second_argument)  # and so on, and on, until it is too long",
            url="https://www.flake8rules.com/rules/E501.html",
        ),
        finding(
            rule="F821",
            message="undefined name 'spam'",
            severity=Severity.HIGH,
            path="src/package/module.py",
            line=10,
            column=5,
            source="\tspam()",
        ),
        finding(rule="W391", message="blank line at end of file", line=40, column=1, source="   "),
    ),
    by_hand=FLAKE8_BY_HAND,
)
SYNTAX = FileProblem(kind="syntax", message="syntax error (line 3)", path="src/bad.py")

HOSTILE_TEXT = "\x1b[2J[red]bold[/red] :boom: \u202eevil\u202c \U0001f4a5\r\nsecond\tline \udcff \x9b31m "
HOSTILE_TEXT += "x" * 10_000
HOSTILE_PATH = "src/\x1b]0;title\x07[red]\n\u202ey.py \U0001f4a9 \udcfe"

SHARE = Share(
    check="flake8",
    packages=("flake8 7.3.0",),
    inputs="3" * 40,
    visits=800,
    digest="1" * 32,
    all_visits=1515,
    all_digest="2" * 32,
)

REPORTS: dict[str, Report] = {
    "shard": report(
        SOFT_DOC8,
        BUDGET_BANDIT,
        SKIPPED_YAMLLINT,
        verdict=not_judged([SOFT_DOC8, BUDGET_BANDIT]),
        shard=Manifest(shard=Shard(2, 3), python="3.13.1", shares=(SHARE,)),
        arguments=("--config", "x.toml"),
        files=800,
    ),
    "nothing": report(
        run("flake8", files=0, seconds=0, skip_reason="no file"), SKIPPED_YAMLLINT, files=0, config_file=None
    ),
    "clean": report(CLEAN_FLAKE8, SKIPPED_YAMLLINT, policies={"yamllint": Policy(soft_fail=SoftFail())}),
    "budget": report(
        CLEAN_FLAKE8,
        BUDGET_BANDIT,
        RADON,
        policies={
            "bandit": Policy(max_findings={"medium": 3, "low": 10}),
            "radon": Policy(max_findings="any"),
        },
        scope="partial",
        overrides=("--skip xenon",),
    ),
    "soft-fail": report(
        CLEAN_FLAKE8,
        BUDGET_BANDIT,
        SOFT_DOC8,
        policies={"bandit": Policy(max_findings=20), "doc8": Policy(max_findings=40, soft_fail=SOFT)},
    ),
    "failed": report(
        FAILED_FLAKE8,
        run("bandit", files=1489, problems=(SYNTAX,), by_hand=("bandit -r src -s B101",)),
        run("radon", files=1489, problems=(SYNTAX,)),
        SOFT_DOC8,
        policies={
            "radon": Policy(max_findings="any", soft_fail=SoftFail(reason="later")),
            "doc8": Policy(soft_fail=SOFT),
        },
        warnings=("paths: `tests/data/old/**` of unreadable-ok matches nothing",),
    ),
    "broken": report(
        FAILED_FLAKE8,
        run(
            "bandit",
            files=1489,
            breakage=(Breakage(kind="killed", message="worker killed on src/a.py, twice", path="src/a.py"),),
            by_hand=("bandit -r src -s B101",),
            notes=("~/.config/bandit/bandit.yaml is in effect",),
        ),
        run(
            "doc8",
            files=256,
            breakage=(
                Breakage(
                    kind="missing",
                    message="doc8 is not installed beside qualitygate; python -m pip install 'doc8<3,>=2'",
                ),
            ),
            by_hand=("doc8 docs",),
        ),
        run(
            "radon",
            files=256,
            breakage=(Breakage(kind="deadline", message="the deadline passed with 3 of 256 files to go"),),
            by_hand=("radon cc src",),
        ),
    ),
    # Limits per severity, in a run of PATHS and with another configuration file.
    "graded": report(
        run(
            "bandit",
            files=2,
            findings=(
                finding(check="bandit", rule="B404", message="subprocess", line=1, column=1),
                finding(check="bandit", rule="B602", message="shell=True", severity=Severity.HIGH, line=2, column=5),
                finding(check="bandit", rule="B603", message="untrusted", severity=Severity.MEDIUM, line=9, column=5),
            ),
            narrowed=True,
            by_hand=("bandit -r src",),
        ),
        run("xenon", files=2, findings=(finding(check="xenon", rule="absolute", message="B"),), problems=(SYNTAX,)),
        policies={
            "bandit": Policy(max_findings={"high": 0, "medium": 0, "low": 1}),
            "xenon": Policy(max_findings={"absolute": 1}),
        },
        config_file="gate.toml",
        scope="partial",
        overrides=("src",),
        arguments=("--config", "gate.toml", "src"),
    ),
    "unconfigured": report(
        run("flake8", findings=(finding(),), by_hand=("flake8 --max-line-length=120 .",)),
        run("doc8", findings=SOFT_DOC8.findings[:2]),
        run("yamllint", findings=(finding(check="yamllint", severity=Severity.INFO), finding(check="yamllint"))),
        run("radon", findings=RADON.findings, problems=(SYNTAX,)),
        policies={
            "doc8": Policy(soft_fail=DEFAULT),
            "yamllint": Policy(soft_fail=DEFAULT),
            "radon": Policy(max_findings="any", soft_fail=DEFAULT),
        },
        config_file=None,
    ),
    "hostile": report(
        run(
            "fl\x1bake\n8",
            findings=(
                finding(
                    check="fl\x1bake\n8",
                    rule="[bold]E\x07",
                    message=HOSTILE_TEXT,
                    path=HOSTILE_PATH,
                    source=f"\t{HOSTILE_TEXT}",
                ),
                finding(check="fl\x1bake\n8", rule="average", path=None, line=None, column=None, message="\n[/red]\n"),
            ),
            problems=(FileProblem(kind="syntax", message=HOSTILE_TEXT, path=HOSTILE_PATH),),
            notes=(HOSTILE_TEXT,),
            by_hand=(shlex.join(["flake8", "src/it's [red] \x1b[31m", *(f"folder {n}" for n in range(20))]),),
        ),
        run("bandit", breakage=(Breakage(kind="\x1b", message=HOSTILE_TEXT, path=HOSTILE_PATH),)),
        config_file="q\x1b[0m.toml",
        warnings=(HOSTILE_TEXT,),
        overrides=("--only '\x1b'",),
        scope="partial",
    ),
    "unjudged": unjudged("0.1.0", STARTED),
}


def many(number: int) -> Report:
    """A failed report with *number* findings of 26 rules in 301 files."""
    found = tuple(
        finding(
            rule=f"E5{index % 26:02}",
            path=f"src/package/module_{index % 301}.py",
            line=index + 1,
            severity=Severity(index % 26 % 5),
            source="value = 1" * 20,
        )
        for index in range(number)
    )
    return report(run(findings=found, by_hand=FLAKE8_BY_HAND))


# ---- arbitrary reports

# All of Unicode, lone surrogates included, with what does harm made likely.
_TEXT = st.text(
    st.one_of(st.characters(), st.characters(categories=["Cs"]), st.sampled_from("\x1b\n\r\t\x9b\u202e\u2028[]/'\\ ")),
    max_size=60,
)
_NUMBER = st.integers(0, 10**7)
_PLACE = st.none() | st.integers(1, 10**6)
_SECONDS = st.floats(0, 1e6)


_DIGEST = st.text("0123456789abcdef", min_size=32, max_size=32)
_SHARES = st.builds(
    Share,
    check=_TEXT,
    packages=st.lists(_TEXT, max_size=2).map(tuple),
    inputs=st.text("0123456789abcdef", min_size=40, max_size=40),
    visits=_NUMBER,
    digest=_DIGEST,
    all_visits=_NUMBER,
    all_digest=_DIGEST,
)
_MANIFESTS = st.builds(
    Manifest,
    shard=st.builds(Shard, st.integers(1, 200), st.integers(1, 200)),
    python=_TEXT,
    shares=st.lists(_SHARES, max_size=2).map(tuple),
)


@st.composite
def _runs(draw: st.DrawFn, check: str) -> CheckRun:
    tool = draw(_TEXT)
    findings = st.builds(
        Finding,
        check=st.just(check),
        tool=st.just(tool),
        rule=_TEXT,
        message=_TEXT | st.just(HOSTILE_TEXT),
        severity=st.sampled_from(Severity),
        fingerprint=_TEXT,
        path=st.none() | _TEXT,
        line=_PLACE,
        column=_PLACE,
        end_line=_PLACE,
        end_column=_PLACE,
        symbol=st.none() | _TEXT,
        source=st.none() | _TEXT,
        status=_TEXT,
        url=st.none() | _TEXT,
    )
    measurements = st.builds(
        Measurement, metric=_TEXT, subject=_TEXT, value=st.floats(), rank=st.none() | _TEXT, line=_PLACE, path=_TEXT
    )
    return CheckRun(
        check=check,
        tool=tool,
        version=draw(_TEXT),
        files=draw(_NUMBER),
        cached=draw(_NUMBER),
        seconds=draw(_SECONDS),
        findings=tuple(draw(st.lists(findings, max_size=4))) * draw(st.sampled_from([1, 1, 1, 30])),
        measurements=tuple(draw(st.lists(measurements, max_size=3))),
        problems=tuple(
            draw(
                st.lists(
                    st.builds(FileProblem, kind=_TEXT, message=_TEXT, rule=st.none() | _TEXT, path=_TEXT), max_size=2
                )
            )
        ) * draw(st.sampled_from([1, 1, 15])),
        breakage=tuple(
            draw(st.lists(st.builds(Breakage, kind=_TEXT, message=_TEXT, path=st.none() | _TEXT), max_size=2))
        ),
        skip_reason=draw(st.none() | _TEXT),
        narrowed=draw(st.booleans()),
        notes=tuple(draw(st.lists(_TEXT, max_size=2))),
        config_files=tuple(draw(st.lists(_TEXT, max_size=2))),
        by_hand=tuple(draw(st.lists(_TEXT, max_size=2))),
    )


_ALLOWED = st.just("any") | _NUMBER
_VERDICTS = st.builds(
    CheckVerdict,
    outcome=st.sampled_from(Outcome),
    limits=st.lists(
        st.builds(
            LimitResult,
            limit=st.sampled_from(["total", "others", "medium", "E5"]) | _TEXT,
            allowed=st.none() | _NUMBER,
            actual=_NUMBER,
            breached=st.just(False),
            sentence=_TEXT,
        ).map(lambda limit: _breached(limit)),
        max_size=4,
    ).map(tuple),
    soft_fail=st.none()
    | st.builds(
        SoftFail,
        reason=_TEXT,
        owner=_TEXT,
        until=st.none() | st.dates(),
        max_findings=st.none() | _ALLOWED | st.dictionaries(_TEXT, _ALLOWED, max_size=2),
    ),
    sentence=_TEXT,
)


def _breached(limit: LimitResult) -> LimitResult:
    return LimitResult(
        limit=limit.limit,
        allowed=limit.allowed,
        actual=limit.actual,
        breached=limit.allowed is not None and limit.actual > limit.allowed,
        sentence=limit.sentence,
    )


@st.composite
def reports(draw: st.DrawFn) -> Report:
    """Any report that the types allow, sensible or not."""
    # Names must stay apart as text: `\udcff` and the four characters `\xff` are rendered alike.
    names = draw(st.lists(_TEXT.filter(lambda name: "\\" not in name), max_size=3, unique=True))
    runs = tuple(draw(_runs(name)) for name in names)
    judged = draw(st.sampled_from([0, len(runs)]))
    return Report(
        qualitygate=draw(_TEXT),
        verdict=Verdict(
            word=draw(st.sampled_from(["pass", "soft-fail", "fail", "broken", "nothing", "unjudged"])),
            exit_code=draw(st.integers(0, 255)),
            checks=tuple(draw(_VERDICTS) for _ in range(judged)),
        ),
        runs=runs,
        started=draw(
            st.datetimes(
                datetime.datetime(1990, 1, 1),
                datetime.datetime(2100, 1, 1),
                timezones=st.timezones(),
                allow_imaginary=False,
            )
        ),
        seconds=draw(_SECONDS),
        source=SourceInfo(
            kind=draw(st.sampled_from(["worktree", "index", "commit"])),
            commit=draw(st.none() | _TEXT),
            tree=draw(st.none() | _TEXT),
            dirty=draw(st.none() | st.booleans()),
        ),
        root_prefix=draw(_TEXT),
        scope=draw(st.sampled_from(["full", "partial"])),
        config_file=draw(st.none() | _TEXT),
        config_digest=draw(_TEXT),
        overrides=tuple(draw(st.lists(_TEXT, max_size=2))),
        arguments=tuple(draw(st.lists(_TEXT, max_size=2))),
        warnings=tuple(draw(st.lists(_TEXT, max_size=3))),
        files=draw(_NUMBER),
        shard=draw(st.none() | _MANIFESTS),
    )


def as_json(made: Report) -> str:
    """The whole of a report in this format."""
    return "".join(json.render(made))


def as_text(made: Report) -> str:
    """The whole of a report in this format."""
    return "".join(text.render(made))
