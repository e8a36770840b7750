"""The state of the checked-out source: is it exactly a tagged commit?"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from packaging.version import InvalidVersion, Version

from qualitygate.errors import ReleaseCode, ReleaseError
from qualitygate.release.targets import shown
from qualitygate.sources.git import Git, find_top, is_used

DEFAULT_PATTERNS = ("v{version}", "{version}")
_SHOWN = 5


@dataclasses.dataclass(frozen=True, kw_only=True)
class Tag:
    """A version tag."""

    name: str
    version: Version


@dataclasses.dataclass(frozen=True, kw_only=True)
class SourceState:
    """What git says about the project."""

    commit: str
    tree: str
    time: int
    """Of the commit, in seconds since 1970."""
    changed: tuple[str, ...]
    """Tracked files that differ from HEAD, from the repository's top."""
    untracked: tuple[str, ...]
    """Files that git neither tracks nor ignores, from the repository's top."""
    tags: tuple[str, ...]
    """All tags on HEAD."""
    shallow: bool
    remote: str
    """Address of `origin` without credentials; empty if there is none."""
    tracked: frozenset[str]
    """Files of the project, relative to its folder."""


def read(project: Path, own: Sequence[Path] = ()) -> SourceState:
    """Ask git about *project*.

    Args:

        own: Files and folders of this command, which are not counted as untracked.

    Raises:

        SourceError: git can not be asked.

        ReleaseError: There is no repository, or no commit.
    """
    top = find_top(project)
    if not is_used(top):
        raise ReleaseError(
            ReleaseCode.REFUSED,
            f"{project} is not in a git repository, so nothing says which source is released",
            "release from a clone of the repository",
        )
    git = Git(project, top)
    head = git.head()
    if head is None:
        raise ReleaseError(ReleaseCode.REFUSED, f"the repository of {project} has no commit", "commit and tag first")
    changed, untracked = _status(git, own)
    return SourceState(
        commit=head[0],
        tree=head[1],
        time=int(git.ask("log", "-1", "--format=%ct", "HEAD")),
        changed=changed,
        untracked=untracked,
        tags=tuple(os.fsdecode(git.ask("tag", "--points-at", "HEAD")).split("\n")[:-1]),
        shallow=git.ask("rev-parse", "--is-shallow-repository").strip() == b"true",
        remote=_remote(git),
        tracked=frozenset(os.fsdecode(git.ask("ls-files", "-z")).split("\0")[:-1]),
    )


def _status(git: Git, own: Sequence[Path]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    top = Path(os.fsdecode(git.ask("rev-parse", "--show-toplevel").removesuffix(b"\n")))
    output = os.fsdecode(git.ask("status", "--porcelain=v1", "-z", "--untracked-files=all", "--no-renames"))
    changed: list[str] = []
    untracked: list[str] = []
    for entry in filter(None, output.split("\0")):
        state, path = entry[:2], entry[3:]
        if state != "??":
            changed.append(path)
        elif not any((top / path).is_relative_to(one) for one in own):
            untracked.append(path)
    return tuple(changed), tuple(untracked)


def _remote(git: Git) -> str:
    done = git.run("config", "--get", "remote.origin.url")
    url = os.fsdecode(done.stdout).strip()
    # The other forms, `user@host:path` and a folder, hold no password.
    return shown(url) if "://" in url and urlsplit(url).scheme != "file" else url if "@" in url else ""


def require_clean(state: SourceState, *, untracked_too: bool) -> None:
    """Nothing must be built that the commit does not hold.

    Raises:

        ReleaseError: Files differ from HEAD, or lie about.
    """
    found = [*(f"{path} (changed)" for path in state.changed)]
    if untracked_too:
        found += [f"{path} (not tracked)" for path in state.untracked]
    if found:
        more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
        raise ReleaseError(
            ReleaseCode.REFUSED,
            f"the work tree is not the commit {state.commit[:12]}: {', '.join(found[:_SHOWN])}{more}",
            "commit, ignore or remove them; --allow-dirty records them in the receipt instead",
        )


def version_tag(state: SourceState, patterns: Sequence[str], required: bool) -> Tag | None:
    """The version tag on HEAD; None if there is none and none is required.

    Args:

        patterns: Names of version tags, with `{version}` in place of the version.

    Raises:

        ReleaseError: There is none, or there are several of different versions, or CI runs for another tag.
    """
    found = [tag for name in state.tags if (tag := _tag(name, patterns)) is not None]
    in_ci = os.environ.get("CI_COMMIT_TAG")
    if in_ci:
        return _of_pipeline(in_ci, found, state, patterns)
    if len({tag.version for tag in found}) > 1:
        raise ReleaseError(
            ReleaseCode.REFUSED,
            f"the commit {state.commit[:12]} has several version tags: {', '.join(tag.name for tag in found)}",
            "which of them is it? Remove the others, or name it by --tag-pattern",
        )
    if not found and required:
        raise _untagged(state, patterns)
    return found[0] if found else None


def _of_pipeline(name: str, found: Sequence[Tag], state: SourceState, patterns: Sequence[str]) -> Tag:
    for tag in found:
        if tag.name == name:
            return tag
    raise ReleaseError(
        ReleaseCode.REFUSED,
        f"this pipeline is for the tag {name}, which is no version tag on the commit {state.commit[:12]}",
        f"version tags look like {' or '.join(patterns)}; --tag-pattern names others",
    )


def _untagged(state: SourceState, patterns: Sequence[str]) -> ReleaseError:
    others = f" (it has {', '.join(state.tags[:_SHOWN])})" if state.tags else ""
    shallow = "; this clone is shallow, so it may only be missing here (`git fetch --tags`)" if state.shallow else ""
    return ReleaseError(
        ReleaseCode.REFUSED,
        f"the commit {state.commit[:12]} has no version tag{others}{shallow}",
        f"tag it ({' or '.join(patterns)}; other names by --tag-pattern), or --no-require-tag for the test index",
    )


def _tag(name: str, patterns: Sequence[str]) -> Tag | None:
    for pattern in patterns:
        before, _, after = pattern.partition("{version}")
        match = re.fullmatch(f"{re.escape(before)}(?P<version>.+?){re.escape(after)}", name)
        if match is not None:
            try:
                return Tag(name=name, version=Version(match["version"]))
            except InvalidVersion:
                continue
    return None
