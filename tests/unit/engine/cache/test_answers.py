"""An answer about all files is kept only if each of its parts was."""

from __future__ import annotations

from pathlib import Path

import pytest

from qualitygate.engine.answer import Answer
from qualitygate.engine.cache.answers import Cache
from qualitygate.engine.cache.contents import content_digest
from qualitygate.engine.cache.store import Store
from qualitygate.engine.tasks import FileResult, Plan
from qualitygate.plugin import Request
from qualitygate.sources.worktree import open_worktree

VISITS = (("./a.py", "a.py"), ("./b.py", "b.py"))
PLAN = Plan(check="bandit", version="1", visits=VISITS)
DIGEST = content_digest(b"x = 1\n")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "p"
    folder.mkdir()
    for _, name in VISITS:
        (folder / name).write_bytes(b"x = 1\n")
    return folder


def opened(root: Path) -> Cache:
    request = Request(check="bandit", root=str(root), paths=(".",), args=())
    return Cache(Store(root.parent / "cache"), open_worktree(root), {"bandit": request}, {"bandit": "bandit"}, True)


def run(root: Path, *results: FileResult) -> None:
    cache = opened(root)
    answer = Answer("bandit")
    for result in results:
        answer.add(result)
        cache.keep(PLAN, result)
    cache.keep_whole(PLAN, answer)
    cache.close()
    assert cache.warnings == ()


def known(root: Path) -> tuple[bool, list[bool]]:
    """Whether the answer about all files is known, and which of those about single files are."""
    cache = opened(root)
    whole, results = cache.whole(PLAN), cache.results(PLAN, ["", ""], numbers=True)
    cache.close()
    return whole is not None, [result is not None for result in results]


GOOD = [FileResult("bandit", spelled, path, digest=DIGEST) for spelled, path in VISITS]


def test_what_was_looked_at_is_known(root: Path) -> None:
    run(root, *GOOD)
    assert known(root) == (True, [True, True])


def test_a_file_that_only_the_worker_could_not_read_is_asked_about_again(root: Path) -> None:
    run(root, GOOD[0], FileResult("bandit", "./b.py", "b.py"))
    assert known(root) == (False, [True, False])


def test_a_file_that_changed_during_the_run_is_asked_about_again(root: Path) -> None:
    run(root, GOOD[0], FileResult("bandit", "./b.py", "b.py", digest=content_digest(b"x = 2\n")))
    assert known(root) == (False, [True, False])


def test_a_crash_is_never_kept(root: Path) -> None:
    run(root, GOOD[0], FileResult("bandit", "./b.py", "b.py", crash="ValueError: x", digest=DIGEST))
    assert known(root) == (False, [True, False])


def test_another_run_over_changed_files_knows_those_that_did_not(root: Path) -> None:
    run(root, *GOOD)
    (root / "b.py").write_bytes(b"x = 3\n")
    assert known(root) == (False, [True, False])
