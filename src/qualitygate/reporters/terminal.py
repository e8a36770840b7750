"""The summary of a run for people: what failed, then one table, then the verdict in words on the last line.

Shown one by one are the findings of failed checks. Findings of soft-failed checks do not push these out of sight: they
are a number in the table with the command that lists them. `verbose` adds the findings of all other checks, `info`
included, and the versions and configuration files of the tools. `quiet` leaves what must be done and the last line, so
that of a run that passed one line is left.
"""

from __future__ import annotations

import shlex
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import groupby

from qualitygate.model.findings import FileProblem, Finding
from qualitygate.model.results import Breakage, CheckRun, Outcome, Report, State
from qualitygate.model.severity import Severity
from qualitygate.reporters._layout import Page, cells
from qualitygate.reporters._shared import count, order, place
from qualitygate.reporters._table import Judged, table

MOST_FINDINGS = 60
"""More findings than this are summarised."""
MOST_OTHERS = 20
"""Longest list of anything else: unreadable files, warnings, reasons of one broken check."""
WORST = 10
"""How many rules and files a summary names."""

_SEVERITY_STYLES = {
    Severity.INFO: "dim",
    Severity.LOW: "cyan",
    Severity.MEDIUM: "yellow",
    Severity.HIGH: "red",
    Severity.CRITICAL: "bold red",
}

_BY_HAND_HELPS = "run it by hand to see the cause; if it is one file, put that into `exclude`"

_CURES = {
    "missing": "install it into the environment of qualitygate; `qualitygate doctor` shows what it finds",
    "version": "install a version in the tested range; `qualitygate doctor` shows both",
    "timeout": "give it more time with `--file-timeout SECONDS`, or put the file into `exclude`",
    "memory": "run fewer at a time with `--jobs 1`, or put the file into `exclude`",
    "deadline": "allow more time with `--deadline SECONDS`, or narrow the run with PATHS",
    "configuration": "mend the configuration of the tool",
}


def render(
    report: Report,
    *,
    width: int = 80,
    colour: bool = False,
    verbose: bool = False,
    quiet: bool = False,
    ascii: bool = False,
    folder: str = "this folder",
) -> str:
    """*report* as lines of at most *width* columns; the last one is the verdict.

    Args:

        width: Columns; fewer than 40 are treated as 40.

        ascii: For an encoding that has no `·`: everything beyond ASCII becomes a backslash escape.

        folder: The project root as the reader should be told it. Tools run there by hand give the same findings.
    """
    page = Page(width, ascii)
    checks = _judged(report)
    loud = not quiet
    _found(page, report, checks, verbose)
    if loud or report.verdict.word in ("fail", "broken"):
        _unreadable(page, report)
    _broken(page, report, folder)
    page.blank()
    if loud:
        _header(page, report)
        table(page, checks)
    if loud and verbose:
        _tools(page, report.runs)
    _hints(page, checks, loud, folder)
    if loud:
        _remarks(page, report)
    _last_line(page, report, checks)
    return page.text(colour)


def _judged(report: Report) -> list[Judged]:
    """Each run with its verdict, None for the runs of a report that was not judged."""
    verdicts = report.verdict.checks
    return list(zip(report.runs, [*verdicts, *[None] * (len(report.runs) - len(verdicts))], strict=True))


# ---- findings


def _found(page: Page, report: Report, checks: Sequence[Judged], verbose: bool) -> None:
    failed: list[CheckRun] = []
    others: list[CheckRun] = []
    for run, verdict in checks:
        (failed if verdict and verdict.outcome is Outcome.FAIL else others).append(run)
    _findings(page, report, failed, Severity.LOW, "")
    if verbose:
        _findings(page, report, others, Severity.INFO, "other findings (within limits, soft, info): ")


def _findings(page: Page, report: Report, runs: Sequence[CheckRun], least: Severity, title: str) -> None:
    """The findings of *runs*, those below *least* only if a check has no others; a summary if they are too many."""
    shown: list[Finding] = []
    for run in runs:
        loud = [finding for finding in run.findings if finding.severity >= least]
        shown += loud or run.findings
    if not shown:
        return
    page.blank()
    if len(shown) > MOST_FINDINGS:
        _summary(page, report, runs, shown, title)
        return
    if title:
        page.add((title, "bold"))
    for _, of_file in groupby(sorted(shown, key=order), key=lambda finding: finding.path):
        page.blank()
        for _, of_line in groupby(of_file, key=lambda finding: finding.line):
            _line_of_code(page, report, list(of_line))


def _line_of_code(page: Page, report: Report, found: Sequence[Finding]) -> None:
    """The findings of one line, then its text."""
    for finding in found:
        _finding(page, report, finding)
    source = found[0].source or ""
    if source.strip():
        page.add((f"      {page.clean(source.strip().expandtabs(4))}", "dim"))


def _finding(page: Page, report: Report, finding: Finding) -> None:
    where = page.name(place(report, finding.path))
    if finding.line is not None:
        where += f":{finding.line}" if finding.column is None else f":{finding.line}:{finding.column}"
    page.flow(
        (where, "bold"),
        ("  ", ""),
        (page.name(f"{finding.check}/{finding.rule}"), _SEVERITY_STYLES[finding.severity]),
        (f"  {page.clean(finding.message)}", ""),
    )


def _summary(page: Page, report: Report, runs: Sequence[CheckRun], shown: Sequence[Finding], title: str) -> None:
    rules = Counter((finding.severity, finding.check, finding.rule) for finding in shown)
    first = {(finding.check, finding.rule): finding.message for finding in reversed(shown)}
    paths = Counter(place(report, finding.path) for finding in shown)
    page.flow((f"{title}{count(len(shown), 'finding')} in {count(len(paths), 'file')}", "bold"))
    page.add((f"  worst {WORST} of {count(len(rules), 'rule')}:" if len(rules) > WORST else "  rules:", ""))
    worst = sorted(rules.items(), key=lambda item: (-item[0][0], -item[1], item[0][1:]))[:WORST]
    for (severity, check, rule), number in worst:
        label = page.name(f"{check}/{rule}")
        message = page.clean(first[check, rule])
        page.add((f"  {number:>7,}  ", ""), (label, _SEVERITY_STYLES[severity]), (f"  {severity.word}: {message}", ""))
    page.add((f"  worst {WORST} of {count(len(paths), 'file')}:" if len(paths) > WORST else "  files:", ""))
    for path, number in sorted(paths.items(), key=lambda item: (-item[1], item[0]))[:WORST]:
        page.add((f"  {number:>7,}  {page.name(path)}", ""))
    page.command("see all of them:", _command([run.check for run in runs if run.findings], whole=True))


def _command(checks: Iterable[str], whole: bool) -> str:
    only = " ".join(f"--only {shlex.quote(check)}" for check in checks)
    return f"qualitygate check {only}{' --report text=-' if whole else ''}"


# ---- what could not be seen


def _unreadable(page: Page, report: Report) -> None:
    files: dict[str, list[tuple[str, FileProblem]]] = defaultdict(list)
    for run in report.runs:
        for problem in run.problems:
            files[problem.path].append((run.check, problem))
    page.blank()
    for path in sorted(files)[:MOST_OTHERS]:
        checks = ", ".join(dict.fromkeys(check for check, _ in files[path]))
        # Tools word the same cause differently: one message for each kind of cause is enough.
        messages = {problem.kind: problem.message for _, problem in reversed(files[path])}
        where = page.name(place(report, path))
        reasons = page.clean("; ".join(reversed(messages.values())))
        page.flow((where, "bold"), (f": not analysed by {page.name(checks)}: {reasons}", ""))
    if len(files) > MOST_OTHERS:
        page.add((f"and {count(len(files) - MOST_OTHERS, 'more file')} not analysed", ""))
        page.command("see all of them:", _command([run.check for run in report.runs if run.problems], whole=True))


def _broken(page: Page, report: Report, folder: str) -> None:
    for run in report.runs:
        if not run.breakage:
            continue
        page.blank()
        for breakage in run.breakage[:MOST_OTHERS]:
            reason = page.clean(_told(breakage))
            page.flow((page.name(run.check), "bold"), (f" gave no trustworthy answer: {reason}", ""))
        if len(run.breakage) > MOST_OTHERS:
            page.add((f"and {count(len(run.breakage) - MOST_OTHERS, 'more reason')}", ""))
        for cure in dict.fromkeys(_CURES.get(breakage.kind, _BY_HAND_HELPS) for breakage in run.breakage):
            page.flow((f"  what to do: {cure}", ""))
        _by_hand(page, run, folder)


def _told(breakage: Breakage) -> str:
    if breakage.path and breakage.path not in breakage.message:
        return f"{breakage.message} ({breakage.path})"
    return breakage.message


# ---- the run


def _header(page: Page, report: Report) -> None:
    source = report.source
    parts = [
        f"qualitygate {report.qualitygate}",
        report.config_file or "no configuration: classic pipeline",
        count(len(report.runs), "check"),
        count(report.files, "file"),
    ]
    if source.kind != "worktree":
        parts.append("git index" if source.kind == "index" else f"commit {(source.commit or '')[:12]}")
    if report.scope == "partial":
        parts.append("partial run")
    parts.extend(report.overrides)
    page.flow((page.clean(f" {page.dot} ".join(parts)), "bold"))


def _tools(page: Page, runs: Sequence[CheckRun]) -> None:
    for run in runs:
        files = ", ".join(run.config_files) or "no configuration file"
        page.flow((page.name(f"  {run.check}: {run.tool} {run.version or '-'}, {files}"), "dim"))


def _hints(page: Page, checks: Sequence[Judged], loud: bool, folder: str) -> None:
    """Why each check failed, and how to see it."""
    for run, verdict in checks:
        if verdict and verdict.outcome is Outcome.FAIL:
            page.flow(("failed: ", "bold red"), (page.clean(verdict.sentence or run.check), ""))
            page.command("see them:", _command([run.check], len(run.findings) > MOST_FINDINGS))
            _by_hand(page, run, folder)
        elif verdict and verdict.outcome is Outcome.SOFT_FAIL and loud:
            page.flow(("soft failure: ", "yellow"), (page.clean(verdict.sentence or run.check), ""))
            page.command("see them:", _command([run.check], whole=True))


def _by_hand(page: Page, run: CheckRun, folder: str) -> None:
    if run.by_hand:
        page.command(f"same by hand, in {page.name(folder)}:", " && ".join(run.by_hand))


def _remarks(page: Page, report: Report) -> None:
    """Warnings, and notes of the checks, each once."""
    notes: dict[str, list[str]] = defaultdict(list)
    for run in report.runs:
        for note in dict.fromkeys(run.notes):
            notes[note].append(run.check)
    lines = [("warning: ", warning) for warning in dict.fromkeys(report.warnings)]
    lines += [("note: ", f"{', '.join(checks)}: {note}") for note, checks in notes.items()]
    for label, text in lines[:MOST_OTHERS]:
        page.flow((label, "yellow" if label == "warning: " else "cyan"), (page.clean(text), ""))
    if len(lines) > MOST_OTHERS:
        page.add((f"and {count(len(lines) - MOST_OTHERS, 'more remark')} in the JSON report", ""))


# ---- the verdict


def _last_line(page: Page, report: Report, checks: Sequence[Judged]) -> None:
    seconds = f"{report.seconds:,.1f}s"
    room = page.width - cells(seconds) - 2
    colours = {Outcome.PASS.word: "green", Outcome.SOFT_FAIL.word: "yellow"}
    style = f"bold {colours.get(report.verdict.word, 'red')}"
    page.spread(_verdict(page, report, checks, room), seconds, style)


def _verdict(page: Page, report: Report, checks: Sequence[Judged], room: int) -> str:
    partial = " (partial run)" if report.scope == "partial" else ""

    def named(outcome: Outcome) -> list[str]:
        return [page.name(run.check) for run, verdict in checks if verdict and verdict.outcome is outcome]

    match report.verdict.word:
        case "pass" if report.files or not partial:
            return f"passed{partial}"
        case "pass":
            return "passed, but there was no file to judge (partial run)"
        case "soft-fail":
            soft = named(Outcome.SOFT_FAIL)
            start = f"passed with {count(len(soft), 'soft failure')} ("
            return f"{start}{_some(soft, room - len(start) - len(partial) - 1)}){partial}"
        case "fail":
            return f"failed: {_some(named(Outcome.FAIL), room - len('failed: '))}"
        case "broken":
            return f"no verdict: {_without_answer(page, checks, room)}"
        case "nothing":
            return "nothing judged: no check found a file"
        case _:
            return "not judged: the run did not finish"


def _without_answer(page: Page, checks: Sequence[Judged], room: int) -> str:
    broken = [(run, verdict) for run, verdict in checks if run.state is State.BROKEN]
    ending = " gave no trustworthy answer"
    if len(broken) == 1:
        run, verdict = broken[0]
        return page.clean(verdict.sentence if verdict and verdict.sentence else f"{run.check}{ending}")
    names = [page.name(run.check) for run, _ in broken]
    return f"{_some(names, room - len('no verdict: ') - len(ending))}{ending}"


def _some(names: Sequence[str], room: int) -> str:
    """As many of *names* as fit, and how many are left out."""
    for number in range(len(names), 1, -1):
        more = f" and {len(names) - number} more" if number < len(names) else ""
        text = f"{', '.join(names[:number])}{more}"
        if cells(text) <= room:
            return text
    return names[0] + (f" and {len(names) - 1} more" if len(names) > 1 else "") if names else ""
