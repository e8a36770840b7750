"""Asking git, without letting a repository run programs of its own choice.

A repository's configuration can name a program as `core.fsmonitor`, and its hooks can be run when the index is
written: both are switched off here. What remains: `status` may run the clean filters that the user set up (such as
Git LFS), on files whose time stamps changed. `.gitattributes`, which comes with the content, can not name a program.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess  # nosec B404 - git has no other interface
from collections.abc import Sequence
from pathlib import Path

from qualitygate.errors import SourceError

TIMEOUT = 60.0
"""Seconds after which a git command is given up."""

_SAFE = ("-c", "core.fsmonitor=false", "-c", "core.untrackedCache=false", "-c", f"core.hooksPath={os.devnull}")

_ENVIRONMENT = {
    "LC_ALL": "C",  # messages are matched below
    "GIT_OPTIONAL_LOCKS": "0",  # never write the index
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",  # an id must mean the bytes it was made from
    "GIT_NO_LAZY_FETCH": "1",  # a partial clone must not go to the network,
    "GIT_ALLOW_PROTOCOL": "none",  # and before git 2.45 this keeps it from it
}


class Git:
    """git commands in one folder of a work tree.

    Args:

        root: Absolute path of the folder in which commands run.

        top: The folder at or above it that holds `.git`, if one does.

    Raises:

        SourceError: There is no git program, or it does not accept the repository.
    """

    def __init__(self, root: Path, top: Path | None) -> None:
        self.root = root
        self._program = _program(root)
        self._environment = _environment(top)
        self._require_same_repository(top)
        inside, _, prefix = self.ask("rev-parse", "--is-inside-work-tree", "--show-prefix").partition(b"\n")
        if inside != b"true":
            raise SourceError(
                f"{root} lies in a git repository without a work tree (a bare one, or inside a .git folder)",
                "Run in a checkout of the repository, made with `git clone` or `git worktree add`.",
            )
        self.prefix = os.fsdecode(prefix.removesuffix(b"\n"))
        """Path of the root below the work tree's top, with a final slash, or empty."""

    def _require_same_repository(self, top: Path | None) -> None:
        """A `GIT_DIR` left over from elsewhere would describe these files by another repository's index."""
        named = self._environment.get("GIT_DIR")
        if not named or top is None:
            return
        said = self.ask("rev-parse", "--absolute-git-dir")
        asked_alone = dict(self._environment)
        for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR"):
            asked_alone.pop(name, None)
        self._environment, kept = asked_alone, self._environment
        found = self.ask("rev-parse", "--absolute-git-dir")
        self._environment = kept
        if os.path.realpath(said) != os.path.realpath(found):
            raise SourceError(
                f"GIT_DIR is {named}, but {self.root} belongs to the repository in {top}",
                "Unset GIT_DIR, or run in the repository that it names.",
            )

    def run(
        self, *args: str, stdin: bytes = b"", index: Path | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run `git ARGS`; the exit status is the caller's affair.

        Args:

            stdin: What it reads.

            index: The file to use as the index, in place of the repository's.

        Raises:

            SourceError: It did not end in time or can not be started.
        """
        command = [self._program, *_SAFE, *args]
        environment = self._environment if index is None else {**self._environment, "GIT_INDEX_FILE": str(index)}
        try:
            return subprocess.run(  # nosec B603 - the program is git, the arguments are ours, no shell
                command,
                cwd=self.root,
                env=environment,
                input=stdin,
                capture_output=True,
                timeout=TIMEOUT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise self._too_slow(args) from None
        except OSError as error:
            raise self._not_run(error) from None

    def start(self, *args: str) -> subprocess.Popen[bytes]:
        """Start `git ARGS` with pipes to its three streams. The caller must end it.

        Ctrl-C does not reach it: whoever started it gives it up.

        Raises:

            SourceError: It can not be started.
        """
        try:
            return subprocess.Popen(  # nosec B603 - as in `run`
                [self._program, *_SAFE, *args],
                cwd=self.root,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                process_group=0,
            )
        except OSError as error:
            raise self._not_run(error) from None

    def begin(self, *args: str) -> Begun:
        """Start `git ARGS` and go on; for commands that only read. Raises SourceError: it can not be started."""
        try:
            return Begun(
                subprocess.Popen(  # nosec B603 - as in `run`
                    [self._program, *_SAFE, *args],
                    cwd=self.root,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                ),
                self._too_slow(args),
            )
        except OSError as error:
            raise self._not_run(error) from None

    def _too_slow(self, args: Sequence[str]) -> SourceError:
        return SourceError(
            f"`git {args[0]}` in {self.root} did not end within {TIMEOUT:g} seconds",
            f"Run it by hand in that folder: git {' '.join(args)}",
        )

    def _not_run(self, error: OSError) -> SourceError:
        return SourceError(f"git can not be run in {self.root}: {error}", "Check that it works by hand.")

    def head(self) -> tuple[str, str] | None:
        """The ids of HEAD's commit and of its tree; None before the first commit.

        Raises:

            SourceError: There is a commit that can not be read.
        """
        named = self.run("rev-parse", "HEAD", "HEAD^{tree}")
        if named.returncode == 0:
            commit, tree = named.stdout.decode("ascii").split()
            return commit, tree
        if self.run("rev-parse", "-q", "--verify", "HEAD").returncode == 0:
            raise self.refusal("rev-parse", named.stderr)
        return None

    def ask(self, *args: str) -> bytes:
        """What `git ARGS` prints.

        Raises:

            SourceError: It failed.
        """
        done = self.run(*args)
        if done.returncode != 0:
            raise self.refusal(args[0], done.stderr)
        return done.stdout

    def refusal(self, command: str, stderr: bytes) -> SourceError:
        """The error for a git command that failed with *stderr*, with the cure where it is known."""
        said = os.fsdecode(stderr).strip()
        cure = re.search(r"git config --global --add safe\.directory .+", said)
        if cure is not None:
            return SourceError(
                f"git refuses to read the repository of {self.root}, because it belongs to another user",
                f"If you trust it:  {cure.group()}",
            )
        first = next((line for line in said.splitlines() if line.startswith(("fatal:", "error:"))), said)
        return SourceError(
            f"git can not read the repository of {self.root}: {first or 'no message'}",
            f"See what `git {command}` and `git fsck` say in that folder, and repair the repository or clone it anew.",
        )


class Begun:
    """A git command that runs while something else is done; a context manager, which ends it."""

    def __init__(self, process: subprocess.Popen[bytes], too_slow: SourceError) -> None:
        self._process = process
        self._too_slow = too_slow

    def __enter__(self) -> Begun:
        return self

    def __exit__(self, *details: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
            self._process.communicate()

    def result(self) -> subprocess.CompletedProcess[bytes]:
        """Wait for its end; raises SourceError if it does not end in time."""
        try:
            output, errors = self._process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise self._too_slow from None
        return subprocess.CompletedProcess(self._process.args, self._process.returncode, output, errors)


def find_top(root: Path) -> Path | None:
    """The nearest folder at or above *root* that holds `.git` (folder or file) or is itself a git directory."""
    for folder in (root, *root.parents):
        if os.path.lexists(folder / ".git") or _is_git_folder(folder):
            return folder
    return None


def is_used(top: Path | None) -> bool:
    """Whether git says which files there are: a repository was found, or the environment names one."""
    return top is not None or bool(os.environ.get("GIT_DIR"))


def _is_git_folder(folder: Path) -> bool:
    """As in gitrepository-layout(5)."""
    return (folder / "HEAD").is_file() and (folder / "objects").is_dir() and (folder / "refs").is_dir()


def _program(root: Path) -> str:
    # A relative entry of PATH, or one inside of the project, would let a file of the project stand in for git.
    project = os.path.realpath(root)
    folders = [
        entry
        for entry in os.environ.get("PATH", os.defpath).split(os.pathsep)
        if os.path.isabs(entry) and os.path.commonpath([os.path.realpath(entry), project]) != project
    ]
    program = shutil.which("git", path=os.pathsep.join(folders)) if folders else None
    if program is None:
        raise SourceError(
            f"{root} lies in a git repository, but there is no git program on PATH to list its files",
            "Install git, or add its folder to PATH.",
        )
    return program


def _environment(top: Path | None) -> dict[str, str]:
    """The user's environment. Hooks set `GIT_DIR`, perhaps relative, and leave it to git where the work tree is.

    Raises:

        SourceError: `GIT_INDEX_FILE` names no file: git would take that for an index in which nothing is tracked.
    """
    index = os.environ.get("GIT_INDEX_FILE")
    if index and not any(os.path.exists(os.path.join(base, index)) for base in (top or "", os.curdir)):
        raise SourceError(f"GIT_INDEX_FILE is {index}, which does not exist", "Unset it, or name an index.")
    environment = {**os.environ, **_ENVIRONMENT}
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR"):
        if environment.get(name):
            environment[name] = os.path.abspath(environment[name])
    if environment.get("GIT_DIR") and "GIT_WORK_TREE" not in environment and top is not None:
        environment["GIT_WORK_TREE"] = str(top)
    return environment
