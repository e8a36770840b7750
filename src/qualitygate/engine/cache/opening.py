"""Opening the cache for a run."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from qualitygate.engine.cache import place
from qualitygate.engine.cache.answers import Cache
from qualitygate.engine.cache.store import Store
from qualitygate.plugin import Request
from qualitygate.sources.source import Source


def open_store(root: Path, given: Path | None, tracked: frozenset[str] | None = None) -> Store:
    """The cache's file for the project at *root*.

    Args:

        given: The folder that the user named, if one.

        tracked: As in `Source.tracked`.

    Raises:

        SourceError: The file is refused, see `place.require_own`.
    """
    folder = place.folder(root, given)
    place.require_own(folder, root, tracked)
    return Store(folder)


def open_cache(
    root: Path,
    given: Path | None,
    source: Source,
    requests: Mapping[str, Request],
    tools: Mapping[str, str],
    keeps: bool = True,
) -> Cache:
    """What earlier runs found out about the project.

    For the arguments and errors see `open_store` and `Cache`. In CI (`CI` is set) time stamps prove nothing: a
    checkout has fresh ones, and a restored cache comes from another machine.
    """
    # What a commit holds is not what git tracks now.
    opened = open_store(root, given, None if source.info.kind == "commit" else source.tracked)
    return Cache(opened, source, requests, tools, trust_signatures=not os.environ.get("CI"), keeps=keeps)
