from __future__ import annotations

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from qualitygate.errors import SourceError
from qualitygate.sources import git as git_module
from qualitygate.sources.objects import Objects
from tests.unit.sources.repositories import git, repository, write

BIG = "x" * 70_000 + "\n"
CONTENTS = {"a.py": "1\n", "empty.py": "", "big.txt": BIG, "no_newline": "no newline"}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return repository(tmp_path / "repo", CONTENTS)


@pytest.fixture
def objects(repo: Path) -> Iterator[Objects]:
    objects = Objects(git_module.Git(repo, repo))
    yield objects
    objects.close()


def oid(repo: Path, path: str) -> str:
    return git(repo, "rev-parse", f"HEAD:{path}")


def children() -> set[int]:
    """Processes of ours that run `git cat-file`, zombies included."""
    found = set()
    for folder in Path("/proc").iterdir():
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split() if folder.name.isdigit() else []
        except OSError:
            continue
        if fields and int(fields[1]) == os.getpid() and "(git)" in (folder / "stat").read_text():
            found.add(int(folder.name))
    return found


@pytest.fixture(autouse=True)
def _no_git_is_left() -> Iterator[None]:
    before = children()
    yield
    gc.collect()
    assert children() == before


def fake_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Put a git in front of the real one that answers to `cat-file --batch` by *script*."""
    real = subprocess.run(["which", "git"], capture_output=True, text=True, check=True).stdout.strip()
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "git").write_text(
        f'#!/bin/sh\ncase "$*" in *"cat-file --batch") {script} ;; esac\nexec {real} "$@"\n'
    )
    (folder / "git").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


def test_blobs_are_read_as_they_are(repo: Path, objects: Objects) -> None:
    for path, content in CONTENTS.items():
        assert objects.read(oid(repo, path)) == content.encode()


def test_many_blobs_come_in_the_order_asked_for_also_twice(repo: Path, objects: Objects) -> None:
    paths = [*CONTENTS, *reversed(CONTENTS)] * 30
    oids = {path: oid(repo, path) for path in CONTENTS}
    assert list(objects.read_many(oids[path] for path in paths)) == [CONTENTS[path].encode() for path in paths]


def test_a_reader_that_stops_half_way_does_not_spoil_the_next_read(repo: Path, objects: Objects) -> None:
    oids = [oid(repo, path) for path in CONTENTS] * 30
    reading = objects.read_many(oids)
    assert next(reading) == b"1\n"
    assert objects.read(oid(repo, "no_newline")) == b"no newline"
    assert next(reading) == b""
    reading.close()  # type: ignore[attr-defined]
    assert objects.read(oid(repo, "big.txt")) == BIG.encode()


def test_sizes_are_told_for_more_objects_than_a_pipe_holds(tmp_path: Path) -> None:
    repo = repository(tmp_path / "many", {f"{i}.txt": "x" * i for i in range(3_000)})
    lines = git(repo, "ls-tree", "-r", "HEAD").splitlines()
    oids = {line.split("\t")[1]: line.split()[2] for line in lines}
    sizes = Objects(git_module.Git(repo, repo)).sizes(oids.values())
    assert {path: sizes[oid] for path, oid in oids.items()} == {f"{i}.txt": i for i in range(3_000)}


def test_sizes_of_nothing_start_no_git(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", None)
    assert objects.sizes([]) == {}


def test_a_missing_object_is_an_error_that_names_it_and_the_next_read_works(repo: Path, objects: Objects) -> None:
    missing = "1" * 40
    with pytest.raises(SourceError, match=f"object {missing} is missing") as caught:
        objects.read(missing)
    assert "git fsck" in caught.value.hint
    with pytest.raises(SourceError, match="is missing"):
        objects.sizes([missing])
    assert objects.read(oid(repo, "a.py")) == b"1\n"


def test_a_folder_is_not_read_as_a_file_and_does_not_spoil_the_next_read(repo: Path, objects: Objects) -> None:
    tree = git(repo, "rev-parse", "HEAD^{tree}")
    with pytest.raises(SourceError, match=f"unexpected answer '{tree} tree"):
        objects.read(tree)
    assert objects.read(oid(repo, "a.py")) == b"1\n", "what followed the answer is not taken for the next one"


@pytest.mark.parametrize("text", ["HEAD", "abc", "", "1" * 40 + "\n", "1" * 39 + "\n", "HEAD:a.py"])
def test_only_full_ids_are_taken(objects: Objects, text: str) -> None:
    for call in (objects.read, lambda oid: objects.sizes([oid]), lambda oid: list(objects.read_many([oid]))):
        with pytest.raises(ValueError, match="not a full object id"):
            call(text)


def test_a_damaged_object_is_an_error_with_what_git_says(repo: Path, objects: Objects) -> None:
    damaged = oid(repo, "big.txt")
    path = repo / ".git/objects" / damaged[:2] / damaged[2:]
    path.chmod(0o644)
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(SourceError, match="git can not read an object of the repository of .*: (error|fatal):"):
        objects.read(damaged)
    assert objects.read(oid(repo, "a.py")) == b"1\n"


def test_a_git_that_is_killed_between_reads_is_an_error_and_then_started_anew(repo: Path, objects: Objects) -> None:
    before = children()
    first = oid(repo, "a.py")
    objects.read(first)
    (process,) = children() - before
    os.kill(process, signal.SIGKILL)
    time.sleep(0.1)
    with pytest.raises(SourceError, match="git ended without a message"):
        objects.read(first)
    assert objects.read(first) == b"1\n"


def test_a_git_that_does_not_answer_is_given_up(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_git(tmp_path, monkeypatch, "exec sleep 60")
    monkeypatch.setattr(git_module, "TIMEOUT", 0.2)
    with pytest.raises(SourceError, match="did not answer within 0.2 seconds"):
        Objects(git_module.Git(repo, repo)).read("1" * 40)


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("read x; echo nonsense; exec sleep 60", "unexpected answer 'nonsense'"),
        ("read x; echo $x ambiguous; exec sleep 60", "unexpected answer '1{40} ambiguous'"),
        ("read x; echo 2222 blob 3; echo abc; exec sleep 60", "unexpected answer '2222 blob 3'"),
        ("read x; echo $x blob 2; echo abc; exec sleep 60", "is longer than the 2 bytes"),
        ("read x; echo $x blob 9; echo abc; exit 0", "git ended without a message"),
        ("read x; echo $x blob -1; exec sleep 60", "unexpected answer '1{40} blob -1'"),
        ("read x; echo noise >&2; echo fatal: no luck >&2; exit 128", "fatal: no luck"),
        ("echo fatal: at once >&2; exit 128", "fatal: at once"),
    ],
)
def test_an_unexpected_answer_is_an_error(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, message: str
) -> None:
    fake_git(tmp_path, monkeypatch, script)
    objects = Objects(git_module.Git(repo, repo))
    with pytest.raises(SourceError, match=message) as caught:
        objects.read("1" * 40)
    assert caught.value.hint


def test_a_git_that_talks_much_on_the_side_does_not_block(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_git(tmp_path, monkeypatch, "yes warning | head -c 300000 >&2; echo more >&2")
    objects = Objects(git_module.Git(repo, repo))
    assert objects.read(oid(repo, "a.py")) == b"1\n"
    objects.close()


def test_a_partial_clone_does_not_fetch_and_is_told_how_to(repo: Path, tmp_path: Path) -> None:
    git(repo, "config", "uploadpack.allowFilter", "true")
    git(repo, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(tmp_path, "clone", "-q", "--no-checkout", "--filter=blob:none", f"file://{repo}", "partial")
    partial = tmp_path / "partial"
    wanted = oid(repo, "a.py")
    objects = Objects(git_module.Git(partial, partial))
    for _ in range(2):
        with pytest.raises(SourceError, match=wanted) as caught:
            objects.read(wanted)
        assert "git fetch --refetch --no-filter" in caught.value.hint
        with pytest.raises(SourceError, match=wanted):
            objects.sizes([wanted])
    git(partial, "fetch", "-q", "--refetch", "--no-filter")
    assert objects.read(wanted) == b"1\n"
    objects.close()


def test_an_object_with_a_replacement_is_read_as_it_was_stored(repo: Path, objects: Objects) -> None:
    git(repo, "replace", oid(repo, "a.py"), oid(repo, "no_newline"))
    assert objects.read(oid(repo, "a.py")) == b"1\n"


def test_several_threads_each_get_their_own(repo: Path, objects: Objects) -> None:
    oids = {oid(repo, path): content.encode() for path, content in CONTENTS.items()}
    wrong: list[str] = []

    def read_all() -> None:
        for _ in range(50):
            wrong.extend(oid for oid, content in oids.items() if objects.read(oid) != content)

    threads = [threading.Thread(target=read_all) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_closing_ends_the_process_and_may_be_repeated(repo: Path) -> None:
    before = children()
    objects = Objects(git_module.Git(repo, repo))
    objects.close()
    objects.read(oid(repo, "a.py"))
    assert len(children() - before) == 1
    objects.close()
    objects.close()
    assert children() == before


def test_what_is_forgotten_ends_with_its_owner(repo: Path) -> None:
    before = children()
    objects = Objects(git_module.Git(repo, repo))
    objects.read(oid(repo, "a.py"))
    del objects
    gc.collect()
    assert children() == before


@pytest.mark.parametrize("end", ["pass", "raise SystemExit(3)", "import os; os.kill(os.getpid(), 9)"])
def test_no_git_outlives_python(repo: Path, end: str) -> None:
    program = (
        "from pathlib import Path\n"
        "from qualitygate.sources.git import Git\n"
        "from qualitygate.sources.objects import Objects\n"
        f"objects = Objects(Git(Path({str(repo)!r}), Path({str(repo)!r})))\n"
        f"objects.read({oid(repo, 'a.py')!r})\n"
        "import subprocess\n"
        "print(objects._batch._finish.peek()[2][0].pid, flush=True)\n"
        f"{end}\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    started = int(done.stdout)
    for _ in range(100):
        if not Path(f"/proc/{started}").exists() or "\nState:\tZ" in Path(f"/proc/{started}/status").read_text():
            return
        time.sleep(0.05)
    pytest.fail("git is still running")


def test_sha_256_repositories_are_read(tmp_path: Path) -> None:
    repo = write(tmp_path / "sha256", {"a.py": "1\n"})
    git(repo, "init", "-q", "--object-format=sha256")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "x")
    wanted = oid(repo, "a.py")
    assert len(wanted) == 64
    objects = Objects(git_module.Git(repo, repo))
    assert objects.read(wanted) == b"1\n" and objects.sizes([wanted]) == {wanted: 2}
    objects.close()
