"""Distribution files: what they are, and whether they are fit to be published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pathspec

from qualitygate.release.artifacts.archives import Kind
from qualitygate.release.artifacts.contents import content_flaws, sdist_differences
from qualitygate.release.artifacts.flaw import Flaw
from qualitygate.release.artifacts.identity import identity_flaws
from qualitygate.release.artifacts.leaks import leak_flaws
from qualitygate.release.artifacts.reading import Artifact, read_artifact

__all__ = ["Artifact", "Flaw", "flaws", "read_artifact", "sdist_differences"]

_KINDS: frozenset[Kind] = frozenset({"sdist", "wheel"})
_FORMS = frozenset({"private-key", "secret-file", "token"})
"""Rules that go by looks, which a project may know better."""


def flaws(
    artifacts: Sequence[Artifact],
    *,
    public: bool,
    secrets: Mapping[str, str],
    not_secret: Sequence[str] = (),
    kinds: frozenset[Kind] = _KINDS,
) -> list[Flaw]:
    """Every reason not to publish *artifacts*, in a stable order.

    Args:

        public: Whether they are to go to the public index.

        secrets: Values that must not be in them, by the name that is told.

        not_secret: gitignore patterns of members that look like secrets and are none, such as keys for tests; paths in
            an sdist begin below its top folder.

        kinds: What must be among them.
    """
    found = list(identity_flaws(artifacts, public=public, kinds=kinds))
    harmless = pathspec.GitIgnoreSpec.from_lines(not_secret)
    for artifact in artifacts:
        found += dict.fromkeys(content_flaws(artifact))
        found += [flaw for flaw in leak_flaws(artifact, secrets) if not _is_harmless(flaw, artifact, harmless)]
    return found


def _is_harmless(flaw: Flaw, artifact: Artifact, harmless: pathspec.GitIgnoreSpec) -> bool:
    if flaw.rule not in _FORMS:
        return False
    return any(harmless.match_file(path) for path in _paths(flaw, artifact))


def _paths(flaw: Flaw, artifact: Artifact) -> Iterator[str]:
    """The member's path, with and without a line number."""
    path = flaw.place.partition("/")[2] if artifact.kind == "sdist" else flaw.place
    yield path
    yield path.rpartition(":")[0]
