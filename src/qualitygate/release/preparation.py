"""Everything that is proven before anything is sent: source, files, and what is in them."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from packaging.version import Version

from qualitygate.errors import ReleaseCode, ReleaseError
from qualitygate.model.names import visible
from qualitygate.release import artifacts, building, children, receipt, source
from qualitygate.release.artifacts import Artifact
from qualitygate.release.building import BuiltFile, Manifest
from qualitygate.release.redaction import Redactor
from qualitygate.release.source import SourceState, Tag
from qualitygate.release.targets import Target

_CHECK_TIMEOUT = 300.0  # seconds
_SHOWN = 20


class Teller(Protocol):
    """Whoever tells people what happens."""

    def step(self, title: str) -> AbstractContextManager[Callable[[str], None]]:
        """Something begins, and ends with the context; what the context gives takes what is to be told of it."""

    def say(self, text: str) -> None:
        """A remark."""

    def warn(self, text: str) -> None:
        """A remark that should not be missed."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sources:
    """Where the files to publish come from."""

    project: Path
    """Absolute folder of the project."""
    folder: Path
    """Absolute folder of the distributions."""
    built_before: bool
    """Whether the files must be there already."""
    patterns: tuple[str, ...] = source.DEFAULT_PATTERNS
    require_tag: bool = True
    allow_dirty: bool = False
    own: tuple[Path, ...] = ()
    """Files that this command reads or writes, which are no part of the source; absolute."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Prepared:
    """Files that were proven."""

    state: SourceState
    tag: Tag | None
    manifest: Manifest | None
    artifacts: tuple[Artifact, ...]
    notes: tuple[str, ...] = ()

    @property
    def first(self) -> Artifact:
        """One of them: in name and version they agree."""
        return self.artifacts[0]


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keep other releases out of a folder of distributions.

    Raises:

        ReleaseError: One is at work there, or the folder can not be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stream = open(folder / ".qualitygate-release.lock", "wb")
    except OSError as error:
        raise ReleaseError(
            ReleaseCode.NOT_READY, f"{folder} can not be written: {error.strerror}", "name another folder with --dist"
        ) from error
    with stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise ReleaseError(
                ReleaseCode.NOT_READY, f"another release works in {folder}", "wait for its end"
            ) from None
        yield


def require_folder(sources: Sources) -> None:
    """The files that were built before are somewhere.

    Raises:

        ReleaseError: There is no such folder.
    """
    if sources.built_before and not sources.folder.is_dir():
        raise ReleaseError(
            ReleaseCode.NOT_READY, f"there is no folder {sources.folder}", "build first: `qualitygate release build`"
        )


def check_source(sources: Sources, tell: Teller) -> tuple[SourceState, Tag | None]:
    """The commit to release, and its version tag.

    Raises:

        ReleaseError: The work tree is not a commit, or the commit has not one version tag.
    """
    with tell.step("source") as detail:
        state = source.read(sources.project, [path.resolve() for path in (sources.folder, *sources.own)])
        if not sources.allow_dirty:
            source.require_clean(state, untracked_too=not sources.built_before)
        tag = source.version_tag(state, sources.patterns, sources.require_tag)
        dirty = ", with changes that are not committed" if state.changed or state.untracked else ""
        detail(f"commit {state.commit[:12]}, {f'tag {tag.name}' if tag else 'no tag'}{dirty}")
    return state, tag


def prepare(
    sources: Sources,
    state: SourceState,
    tag: Tag | None,
    target: Target | None,
    *,
    public: bool,
    secrets: Mapping[str, str],
    not_secret: Sequence[str],
    redact: Redactor,
    tell: Teller,
) -> Prepared:
    """Build the files, or find them, and prove them.

    Args:

        target: Where they are to go; None if that is not known.

        public: Whether that is an index for everybody.

        secrets: What must not be in them, by its name.

        not_secret: gitignore patterns of what looks like a secret and is none.

    Raises:

        ReleaseError: They are not fit to be published.
    """
    files, manifest = _files(sources, state, redact, tell)
    with tell.step("files") as detail:
        found = tuple(artifacts.read_artifact(sources.folder / file.name) for file in files)
        _require_unchanged(found, files)
        _require_sound(artifacts.flaws(found, public=public, secrets=secrets, not_secret=not_secret))
        _require_version(found[0], tag, target)
        detail(f"{found[0].project} {found[0].version}: {', '.join(_sized(one) for one in found)}")
    notes = tuple(_sdist_notes(found, state))
    for note in notes:
        tell.say(note)
    with tell.step("twine check --strict"):
        _check_by_twine([one.path for one in found], redact)
    return Prepared(state=state, tag=tag, manifest=manifest, artifacts=found, notes=notes)


def _sized(artifact: Artifact) -> str:
    return f"{artifact.name} ({artifact.size / 1000:,.1f} kB)"


def _files(
    sources: Sources, state: SourceState, redact: Redactor, tell: Teller
) -> tuple[Sequence[BuiltFile], Manifest | None]:
    manifest = building.find(sources.folder) if sources.folder.is_dir() else None
    if sources.built_before:
        return _found(sources, state, manifest)
    with tell.step("build") as detail:
        if manifest is not None and not manifest.dirty and manifest.commit == state.commit:
            detail(f"the files of this commit are in {sources.folder.name}/ already")
            return manifest.files, manifest
        manifest = building.build(
            sources.project, sources.folder, state, receipt.sent_files(sources.folder), redact
        )
        detail(f"{', '.join(file.name for file in manifest.files)} ({manifest.frontend})")
    return manifest.files, manifest


def _found(
    sources: Sources, state: SourceState, manifest: Manifest | None
) -> tuple[Sequence[BuiltFile], Manifest | None]:
    if manifest is None:
        return building.files_in(sources.folder), None
    if manifest.commit != state.commit:
        raise ReleaseError(
            ReleaseCode.REFUSED,
            f"the files in {sources.folder} were built from the commit {manifest.commit[:12]}, HEAD is "
            f"{state.commit[:12]}",
            "check that commit out, or build this one in another folder",
        )
    if manifest.dirty and not sources.allow_dirty:
        raise ReleaseError(
            ReleaseCode.REFUSED,
            f"the files in {sources.folder} were built from a work tree with changes that were not committed",
            "commit and build anew; --allow-dirty records it in the receipt instead",
        )
    return manifest.files, manifest


def _require_unchanged(found: Sequence[Artifact], files: Sequence[BuiltFile]) -> None:
    for artifact, file in zip(found, files, strict=True):
        if artifact.sha256 != file.sha256:
            raise ReleaseError(ReleaseCode.REFUSED, f"{file.name} changed while it was read", "what writes there?")


def _require_sound(flaws: Sequence[artifacts.Flaw]) -> None:
    if not flaws:
        return
    lines = [f"  {visible(': '.join(filter(None, _words(flaw))))}" for flaw in flaws[:_SHOWN]]
    more = [f"  and {len(flaws) - _SHOWN} more"] if len(flaws) > _SHOWN else []
    count = "1 reason" if len(flaws) == 1 else f"{len(flaws)} reasons"
    raise ReleaseError(
        ReleaseCode.REFUSED,
        "\n".join([f"the files are not fit to be published, for {count}:", *lines, *more]),
        "mend the project and build anew; nothing was sent",
    )


def _words(flaw: artifacts.Flaw) -> tuple[str, str, str, str]:
    return flaw.file, flaw.place, flaw.rule, flaw.message


def _require_version(artifact: Artifact, tag: Tag | None, target: Target | None) -> None:
    version = Version(artifact.version)
    if tag is not None and version != tag.version:
        raise ReleaseError(
            ReleaseCode.REFUSED,
            f"the files are of version {artifact.version}, the tag is {tag.name}",
            "set the project's version, commit, and move the tag if it was not pushed yet; else release a new version",
        )
    if target is Target.PROD and version.is_devrelease:
        raise ReleaseError(
            ReleaseCode.REFUSED,
            f"{artifact.version} is a development version, which is for the test index",
            "give it a release version and a tag",
        )


def _sdist_notes(found: Sequence[Artifact], state: SourceState) -> Iterator[str]:
    for artifact in found:
        if artifact.kind == "sdist" and state.tracked:
            missing, extra = artifacts.sdist_differences(artifact, state.tracked)
            for word, names in (("not in", missing), ("only in", extra)):
                if names:
                    few = ", ".join(visible(name) for name in sorted(names)[:5])
                    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
                    yield f"{word} the sdist, compared with git: {few}{more}"


def _check_by_twine(paths: Sequence[Path], redact: Redactor) -> None:
    done = children.run(
        children.tool("twine", "--no-color", "check", "--strict", *paths),
        timeout=_CHECK_TIMEOUT,
        variables={"COLUMNS": "4096", "NO_COLOR": "1"},
    )
    if done.failed:
        lines = [f"  | {visible(line)}" for line in redact(done.output).splitlines() if line.strip()][-_SHOWN:]
        raise ReleaseError(
            ReleaseCode.REFUSED,
            "\n".join(["`twine check --strict` refuses the files:", *lines]),
            "mend the description in the project's metadata and build anew",
        )
