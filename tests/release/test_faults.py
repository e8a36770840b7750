"""Every fault ends as the table says; no case uploads wrong bytes, loses a file, or ends well unverified."""

from __future__ import annotations

import dataclasses
import shlex
import threading
import time
from collections.abc import Callable

import pytest
import requests

from tests.release.faults import BOTH, FAULTS, NOTHING, WHEEL, Row
from tests.release.harness import PASSWORD, credentials, expect_no_secret, make_project
from tests.release.strict_index import (
    Answer, Drop, Echo, EveryProject, Hang, Moment, NoHash, OtherBytes, Page, ReadAnswer, ReadDrop, ReadHang,
    ReadTruncated, StrictIndex, Token, Truncated, WrongHash, captive_portal, garbage_json, hostile_entries, redirect,
    redirected_reads, too_many,
)
from tests.release.strict_index.samples import sample_sdist, sample_wheel

NAME, VERSION = "qg-demo", "1.0"
WHEEL_NAME, WHEEL_DATA = sample_wheel(NAME, VERSION, metadata_version="2.4")
SDIST_NAME, SDIST_DATA = sample_sdist(NAME, VERSION, metadata_version="2.4")
OURS = {WHEEL_NAME: WHEEL_DATA, SDIST_NAME: SDIST_DATA}
OTHER_WHEEL = sample_wheel(NAME, VERSION, metadata_version="2.4", description="Another one.\n")[1]
PY2_NAME, PY2_DATA = sample_wheel(NAME, VERSION, metadata_version="2.4", tag="py2-none-any")
TWINES_OWN = 5
"""How often one twine (7.0) sends a file that is answered with 5xx."""
PATIENCE = "0.05"
"""Makes pauses and time limits short: 6 seconds for an upload, 1.5 for a page."""


@dataclasses.dataclass(frozen=True)
class Scenario:
    """How the index is, and how the cause goes away."""

    prepare: Callable[[StrictIndex], object] = lambda index: None
    mend: Callable[[StrictIndex], object] = lambda index: None
    settings: dict = dataclasses.field(default_factory=dict)
    files: dict = dataclasses.field(default_factory=lambda: dict(OURS))
    user: str | None = None
    after: str = ""
    """The file that must have been stored before *later* happens, while the command runs."""
    later: Callable[[StrictIndex], object] = lambda index: None


def scripted(*faults, **more) -> Scenario:
    return Scenario(prepare=lambda index: index.script(*faults), **more)


def distorted(*distortions) -> Scenario:
    return Scenario(settings={"distortions": distortions}, mend=lambda index: change(index, distortions=()))


def account(**facts) -> Scenario:
    return Scenario(settings={"tokens": [Token(PASSWORD, **facts)]}, mend=lambda index: change(index, tokens=[GOOD]))


def change(index: StrictIndex, **settings) -> None:
    for name, value in settings.items():
        setattr(index.settings, name, value)


GOOD = Token(PASSWORD)
BAD_TEXT = sample_wheel(NAME, VERSION, metadata_version="2.4", description="x @@does-not-render@@\n")[1]


def read(index: StrictIndex) -> None:
    requests.get(f"{index.simple_url}{NAME}/", timeout=10)


def raced(index: StrictIndex) -> None:
    """Somebody with the same files is quicker: what they send is there, and twine is told that it is taken."""
    index.script(Answer(status=400, reason="File already exists", stored=True, only=WHEEL_NAME))


SCENARIOS = {
    "read-503-for-ever": scripted(ReadAnswer(status=503, times=None)),
    "read-503-twice": scripted(ReadAnswer(status=503, times=2)),
    "read-drop": scripted(ReadDrop()),
    "read-hang": scripted(ReadHang()),
    "read-truncated": scripted(ReadTruncated()),
    "read-garbage": scripted(garbage_json(times=None)),
    "read-portal": scripted(captive_portal(times=None)),
    "read-moved": scripted(redirected_reads("/nowhere/at/all", times=None)),
    "read-closed": Scenario(settings={"auth_to_read": True}),
    "no-hashes": Scenario(settings={"distortions": (NoHash(),)}),
    "foreign-project": Scenario(
        prepare=lambda index: index.put(*sample_wheel("other", "1.0")), settings={"distortions": (EveryProject(),)}
    ),
    "hostile": Scenario(
        prepare=lambda index: index.put(*sample_sdist(NAME, "0.9")),
        settings={"distortions": hostile_entries("qg_demo", VERSION)},
        mend=lambda index: change(index, distortions=()),
    ),
    "other-bytes": Scenario(prepare=lambda index: index.put(WHEEL_NAME, OTHER_WHEEL)),
    "other-files": Scenario(prepare=lambda index: index.put(PY2_NAME, PY2_DATA)),
    "token-wrong": Scenario(settings={"tokens": [Token("another")]}, mend=lambda index: change(index, tokens=[GOOD])),
    "token-scope": account(projects=["other"]),
    "token-expired": account(expired=True),
    "user-name": Scenario(user="alice"),
    "email": account(verified_email=False),
    "two-factor": account(two_factor=False),
    "echo": scripted(Echo(times=None)),
    "read-only": Scenario(settings={"read_only": True}, mend=lambda index: change(index, read_only=False)),
    "uploads-disabled": Scenario(
        settings={"uploads_disabled": True}, mend=lambda index: change(index, uploads_disabled=False)
    ),
    "new-projects": scripted(too_many(times=None)),
    "burnt": Scenario(settings={"burnt": (WHEEL_NAME,)}),
    "closed": Scenario(settings={"closed_releases": ((NAME, VERSION),)}),
    "taken-unlisted": scripted(Answer(status=400, reason="File already exists", times=None)),
    "raced": Scenario(prepare=raced),
    "description": Scenario(files={WHEEL_NAME: BAD_TEXT, SDIST_NAME: SDIST_DATA}),
    "digest-once": scripted(Answer(status=400, reason="The digest supplied does not match a digest calculated")),
    "digest-twice": scripted(
        Answer(status=400, reason="The digest supplied does not match a digest calculated", times=None)
    ),
    "too-large": scripted(Answer(status=413, times=None)),
    **{f"moved-{status}": scripted(redirect(status, "/elsewhere/", times=None)) for status in (301, 302, 307, 308)},
    "not-found": scripted(Answer(status=404, times=None)),
    "method": scripted(Answer(status=405, times=None)),
    "gone": scripted(Answer(status=410, times=None)),
    "502-then-200": scripted(Answer(status=502, times=TWINES_OWN)),
    "503-for-ever": scripted(Answer(status=503, times=None)),
    "503-stored": scripted(Answer(status=503, stored=True, times=2 * TWINES_OWN)),
    "520-stored": scripted(Answer(status=520, stored=True, times=2 * TWINES_OWN)),
    "drop-during": scripted(Drop(moment=Moment.DURING_UPLOAD)),
    "drop-before": scripted(Drop(moment=Moment.BEFORE_STORING)),
    "drop-after": scripted(Drop(moment=Moment.AFTER_STORING)),
    "drop-for-ever": scripted(Drop(times=None)),
    "hang-before": scripted(Hang(moment=Moment.BEFORE_STORING)),
    "hang-after": scripted(Hang(moment=Moment.AFTER_STORING)),
    "truncated": scripted(Truncated(in_head=True)),
    "second-503": scripted(Answer(status=503, times=None, only=SDIST_NAME)),
    "second-refused": scripted(
        Answer(status=403, reason="Invalid or non-existent authentication information.", times=None, only=SDIST_NAME)
    ),
    "second-blind": scripted(
        Answer(status=503, times=None, only=SDIST_NAME),
        after=WHEEL_NAME,
        later=lambda index: index.script(ReadAnswer(status=503, times=None)),
    ),
    "stale-briefly": Scenario(settings={"stale_polls": 2}),
    "stale-long": Scenario(settings={"stale_polls": 30}, mend=lambda index: [read(index) for _ in range(30)]),
    "verify-503": Scenario(
        after=SDIST_NAME, later=lambda index: index.script(ReadAnswer(status=503, times=None))
    ),
    "wrong-hash": distorted(WrongHash(WHEEL_NAME)),
    "wrong-bytes": distorted(OtherBytes(WHEEL_NAME, OTHER_WHEEL)),
    "file-404": scripted(ReadAnswer(status=404, times=None, on=Page.FILE)),
}

QUICK = {"other-bytes", "503-stored", "stale-long", "wrong-hash", "second-refused"}
"""The rest takes minutes."""


def test_every_row_has_a_scenario():
    assert [row.key for row in FAULTS] == list(dict.fromkeys(row.key for row in FAULTS))
    assert set(SCENARIOS) == {row.key for row in FAULTS}


@pytest.mark.parametrize(
    "row", [pytest.param(row, marks=() if row.key in QUICK else pytest.mark.slow, id=row.key) for row in FAULTS]
)
def test_a_fault_ends_as_the_table_says_and_the_next_run_goes_on(tmp_path, row: Row):
    scenario = SCENARIOS[row.key]
    project = make_project(tmp_path / "project", scenario.files)
    with StrictIndex(**{"tokens": [GOOD], **scenario.settings}) as index:
        scenario.prepare(index)
        before = index.stored

        ran = run(project, index, scenario)

        assert (ran.code, said(ran, row)) == (row.code, True), ran.err
        expect_there(index, row.there, before)
        expect_honest(project, ran, row)
        posts = len(index.posts)
        index.calm()
        scenario.mend(index)
        again = run(project, index, dataclasses.replace(scenario, user=None, after=""))

        assert again.code == int(row.then[0]), again.err
        if row.then.startswith("0"):
            assert {name: data for name, data in index.stored.items() if name in OURS} == scenario.files
            assert set(project.states().values()) == {"verified"}
            assert (len(index.posts) == posts) == ("sends nothing" in row.then)
        else:
            expect_there(index, row.there, before)


def run(project, index, scenario):
    """One run of the command; what must happen meanwhile happens in a thread."""
    variables = credentials(index.upload_url, user=scenario.user or "__token__")
    ended = threading.Event()

    def watch() -> None:
        while scenario.after not in index.stored and not ended.is_set():
            time.sleep(0.002)
        scenario.later(index)

    watcher = threading.Thread(target=watch)
    if scenario.after:
        watcher.start()
    try:
        ran = project.run(
            "--target", "test", "--dist", "dist", "--no-gate", "a test", "--verify-timeout", "4",
            **variables, PYPI_TEST_INDEX_URL=index.simple_url, QUALITYGATE_PATIENCE=PATIENCE,
        )
    finally:
        ended.set()
        if scenario.after:
            watcher.join()
    expect_no_secret(ran, project.root, user=scenario.user or "__token__")
    return ran


def said(ran, row: Row) -> bool:
    """Whether a failure ends with a sentence and with what to do."""
    return row.code == 0 or ("error: " in ran.err and ran.err.rstrip().endswith("not released"))


def expect_there(index: StrictIndex, there: str, before: dict[str, bytes]) -> None:
    """The index holds what the table says, and never a byte that is not ours or was not there before."""
    ours = {NOTHING: set(), WHEEL: {WHEEL_NAME}, BOTH: set(OURS)}.get(there, set())
    assert index.stored == {**{name: OURS[name] for name in ours}, **before}


def expect_honest(project, ran, row: Row) -> None:
    """The receipt and the message say what is there."""
    if row.code == 0:
        assert set(project.states().values()) == {"verified"}
        assert project.receipt()["verification"]["hashes_equal"] is True
    elif row.step != "plan":
        receipt = project.receipt()
        assert receipt["exit_code"] == row.code and receipt["verification"] is None
        present = {name for name, state in project.states().items() if state in ("uploaded", "already-present")}
        if row.there in (NOTHING, WHEEL, BOTH):
            assert present == {NOTHING: set(), WHEEL: {WHEEL_NAME}, BOTH: set(OURS)}[row.there]
            assert f"on the index: {', '.join(sorted(present)) or 'nothing'}" in ran.err


def test_a_failed_run_says_how_to_go_on(tmp_path):
    project = make_project(tmp_path / "project", OURS)
    with StrictIndex(tokens=[GOOD], faults=[Answer(status=503, times=None)]) as index:
        ran = run(project, index, Scenario())
        index.calm()
        line = next(line for line in ran.err.splitlines() if "to go on: " in line).partition("to go on: ")[2]
        words = shlex.split(line)
        assert words[:2] == ["qualitygate", "release"]
        variables = credentials(index.upload_url)
        again = project.run(*words[2:], **variables, PYPI_TEST_INDEX_URL=index.simple_url)

    assert again.code == 0, again.err


def test_the_token_is_sent_to_no_other_host(tmp_path):
    project = make_project(tmp_path / "project", OURS)
    with StrictIndex(tokens=[GOOD], auth_to_read=True) as other, StrictIndex(tokens=[GOOD]) as index:
        index.script(redirected_reads(f"{other.simple_url}{NAME}/", times=None))
        ran = run(project, index, Scenario())

        assert ran.code in (2, 6) and not index.stored and not other.stored
        expect_no_secret(ran, project.root)
