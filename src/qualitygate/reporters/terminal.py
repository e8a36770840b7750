"""The summary of a run for people: what failed, then one table, then the verdict in words on the last line.

Shown one by one are the findings for which checks failed: those that count under a breached limit. Findings of soft-
failed checks do not push these out of sight: they are a number in the table with the command that lists them.
`verbose` adds all other findings, `info` included, and the versions and configuration files of the tools. `quiet`
leaves what must be done and the last line, so that of a run that passed one line is left.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from qualitygate.model.findings import FileProblem
from qualitygate.model.results import Breakage, CheckRun, CheckVerdict, Outcome, Report, State
from qualitygate.reporters._findings import findings
from qualitygate.reporters._layout import Page, cells
from qualitygate.reporters._shared import count, place, rerun
from qualitygate.reporters._table import Judged, table

MOST_OTHERS = 20
"""Longest list of anything but findings: unreadable files, warnings, reasons of one broken check."""

_DEFAULT_SOFT = "soft checks: default of the classic pipeline; make them hard by configuring them"

_BY_HAND_HELPS = "run it by hand to see the cause; if it is one file, put that into `exclude`"

_CURES = {  # by kind of breakage
    "missing": "",  # the message says what to install
    "version": "",
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
    wrapped: bool = True,
    folder: str = "this folder",
) -> str:
    """*report* as lines of at most *width* columns; the last one is the verdict.

    Args:

        width: Columns; fewer than 40 are treated as 40.

        ascii: For an encoding that has no `·`: everything beyond ASCII becomes a backslash escape.

        wrapped: Break sentences, findings and commands that are longer than a line; without it each is one line.

        folder: The project root as the reader should be told it. Tools run there by hand give the same findings.
    """
    page = Page(width, ascii, wrapped)
    checks = _judged(report)
    loud = not quiet
    summarised = findings(page, report, checks, verbose)
    if loud or report.verdict.word in ("fail", "broken"):
        _unreadable(page, report)
    _broken(page, report, folder)
    page.blank()
    if loud:
        _header(page, report)
        _table(page, report, checks)
    if loud and verbose:
        _tools(page, report.runs)
    _failures(page, report, checks, summarised, folder)
    if loud:
        _soft_failures(page, report, checks, verbose)
        _remarks(page, report)
        _next_step(page, report)
    _last_line(page, report, checks)
    return page.text(colour)


def _judged(report: Report) -> list[Judged]:
    """Each run with its verdict, None for the runs of a report that was not judged."""
    verdicts = report.verdict.checks
    return list(zip(report.runs, [*verdicts, *[None] * (len(report.runs) - len(verdicts))], strict=True))


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
        page.command("see all of them:", rerun(report, [run.check for run in report.runs if run.problems], whole=True))


def _broken(page: Page, report: Report, folder: str) -> None:
    for run in report.runs:
        if not run.breakage:
            continue
        page.blank()
        for breakage in run.breakage[:MOST_OTHERS]:
            reason = page.clean(_told(run, breakage))
            page.flow((page.name(run.check), "bold"), (f" gave no trustworthy answer: {reason}", ""))
        if len(run.breakage) > MOST_OTHERS:
            page.add((f"and {count(len(run.breakage) - MOST_OTHERS, 'more reason')}", ""))
        for cure in dict.fromkeys(_CURES.get(breakage.kind, _BY_HAND_HELPS) for breakage in run.breakage):
            if cure:
                page.flow((f"  what to do: {cure}", ""))
        if any(breakage.kind not in _CURES for breakage in run.breakage):
            _by_hand(page, run, f"by hand, in {page.name(folder)}:")


def _told(run: CheckRun, breakage: Breakage) -> str:
    message = _without_check(breakage.message, run)
    if breakage.path and breakage.path not in message:
        return f"{message} ({breakage.path})"
    return message


def _without_check(text: str, run: CheckRun) -> str:
    """*text* without the name of the check, which stands before it anyway."""
    return text.removeprefix(f"check {run.check}: ")


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
    if report.shard is not None:
        parts.append(str(report.shard.shard))
    parts.extend(report.overrides)
    page.flow((page.clean(f" {page.dot} ".join(parts)), "bold"))


def _tools(page: Page, runs: Sequence[CheckRun]) -> None:
    for run in runs:
        files = ", ".join(run.config_files) or "no configuration file"
        page.flow((page.name(f"  {run.check}: {run.tool} {run.version or '-'}, {files}"), "dim"))


def _table(page: Page, report: Report, checks: Sequence[Judged]) -> None:
    """The table; what all soft checks of a project without configuration have in common is told once below it."""
    table(page, checks, permissions=report.config_file is not None)
    if report.config_file is None and _with_outcome(checks, Outcome.SOFT_FAIL):
        page.flow((_DEFAULT_SOFT, "dim"))


def _failures(
    page: Page, report: Report, checks: Sequence[Judged], summarised: frozenset[str], folder: str
) -> None:
    """Why each check failed, and how to see it."""
    for run, verdict in _with_outcome(checks, Outcome.FAIL):
        page.flow(("failed: ", "bold red"), (page.clean(verdict.sentence or run.check), ""))
        # The summary has the command for one check; what is listed can be read above.
        if run.check in summarised and len(summarised) > 1:
            page.command("see them:", rerun(report, [run.check], whole=True))
        if not run.narrowed:
            _by_hand(page, run, f"same by hand, in {page.name(folder)}:")


def _soft_failures(page: Page, report: Report, checks: Sequence[Judged], verbose: bool) -> None:
    soft = _with_outcome(checks, Outcome.SOFT_FAIL)
    for run, verdict in soft:
        page.flow(("soft failure: ", "yellow"), (page.clean(verdict.sentence or run.check), ""))
    hidden = [run.check for run, verdict in soft if any(limit.breached for limit in verdict.limits)]
    if hidden and not verbose:
        page.command("see them:", rerun(report, hidden, whole=True))


def _with_outcome(checks: Sequence[Judged], outcome: Outcome) -> list[tuple[CheckRun, CheckVerdict]]:
    return [(run, verdict) for run, verdict in checks if verdict and verdict.outcome is outcome]


def _by_hand(page: Page, run: CheckRun, label: str) -> None:
    if run.by_hand:
        page.command(label, " && ".join(run.by_hand))


def _remarks(page: Page, report: Report) -> None:
    """Warnings, and notes of the checks, each once."""
    notes: dict[str, list[str]] = defaultdict(list)
    for run in report.runs:
        for note in dict.fromkeys(_without_check(note, run) for note in run.notes):
            notes[note].append(run.check)
    lines = [("warning: ", warning) for warning in dict.fromkeys(report.warnings)]
    lines += [("note: ", f"{', '.join(checks)}: {note}") for note, checks in notes.items()]
    for label, text in lines[:MOST_OTHERS]:
        page.flow((label, "yellow" if label == "warning: " else "cyan"), (page.clean(text), ""))
    if len(lines) > MOST_OTHERS:
        page.add((f"and {count(len(lines) - MOST_OTHERS, 'more remark')} in the JSON report", ""))


def _next_step(page: Page, report: Report) -> None:
    if report.shard is not None:
        whose = count(report.shard.shard.count, "shard")
        page.command(f"to judge, with the reports of all {whose}:", "qualitygate merge REPORT...")


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
        return [page.name(run.check) for run, _ in _with_outcome(checks, outcome)]

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
        case "unjudged" if report.shard is not None:
            return _shard_done(page, str(report.shard.shard), checks, room)
        case _:
            return "not judged: the run did not finish"


def _shard_done(page: Page, shard: str, checks: Sequence[Judged], room: int) -> str:
    if any(run.state is State.BROKEN for run, _ in checks):
        return f"{shard}, no verdict: {_without_answer(page, checks, room - cells(shard) - 2)}"
    return f"{shard} is done; nothing is judged before the merge"


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
