"""The configuration as git's index or a commit has it, for a run that judges that."""

from __future__ import annotations

import contextlib
import dataclasses
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from qualitygate.adapters.registry import ADAPTERS
from qualitygate.config import Settings, load_settings
from qualitygate.config.load import OWN_FILE, PYPROJECT
from qualitygate.config.slips import MISNAMED
from qualitygate.errors import ConfigError
from qualitygate.model.tree import Tree
from qualitygate.sources.layout import Layout
from qualitygate.sources.recorded import Recorded
from qualitygate.sources.snapshot import Snapshot

_OWN_NAMES = (PYPROJECT, OWN_FILE, *MISNAMED)


def load(start: Path, recorded: Recorded, config: Path | None, version: str) -> Settings:
    """What `config.load_settings` would give in a clean checkout.

    Args:

        start: The shell's folder, in the repository of *recorded*.

        recorded: The index or the commit.

        config: The file that the user named, relative to *start*.

        version: Of this product.

    Raises:

        ConfigError: As `load_settings`; also if *config* lies outside of the repository.

        SourceError: Files can not be read or laid out.
    """
    start, top = Path(os.path.realpath(start)), recorded.top
    with contextlib.closing(Snapshot(recorded, top)) as stored, Layout(stored) as layout:
        named = [] if config is None else [_inside(stored.tree, start, config)]
        _require_readable(stored, [*_searched(recorded.prefix(start)), *named])
        layout.add(dict.fromkeys([*_configuring(stored.tree), *named]))
        (layout.root / ".git").mkdir()  # where the search for a configuration ends
        folder = layout.root / recorded.prefix(start)
        folder.mkdir(parents=True, exist_ok=True)
        spelled = Path(os.path.relpath(layout.root / named[0], folder)) if named else None
        try:
            settings = load_settings(folder, ADAPTERS, config=spelled, version=version)
        except ConfigError as error:
            here, there = str(layout.root), str(top)
            raise ConfigError([line.replace(here, there) for line in error.problems], error.hint) from None
        root = top / settings.root.relative_to(layout.root)
        file = settings.file and top / settings.file.relative_to(layout.root)
        return dataclasses.replace(settings, root=root, file=file)


def _configuring(tree: Tree) -> list[str]:
    """Files that may configure this product or a tool."""
    names = {*_OWN_NAMES, *(name for adapter in ADAPTERS.values() for name in adapter.config_names)}
    return [path for path in tree.files if path.rpartition("/")[2] in names]


def _inside(tree: Tree, start: Path, config: Path) -> str:
    """Path of *config* from the top."""
    path = start / config
    for spelled in (path, Path(os.path.realpath(path.parent), path.name)):
        relative = tree.relative(str(spelled))
        if relative is not None:
            return relative
    raise ConfigError(
        [f"{config} lies outside of the git repository in {tree.root}"],
        "With --staged and --at the configuration is read from git, too: name a file that is in it.",
    )


def _searched(prefix: str) -> Iterator[str]:
    """Where the search for a configuration looks, from the folder *prefix* upward."""
    folder = prefix.rstrip("/")
    while True:
        yield from (f"{folder}/{name}" if folder else name for name in _OWN_NAMES)
        if not folder:
            return
        folder = folder.rpartition("/")[0]


def _require_readable(stored: Snapshot, paths: Iterable[str]) -> None:
    """Refuse links to nothing, or to outside of the repository, where a configuration may be."""
    for path in paths:
        if stored.tree.shows(path):
            try:
                stored.read(path)
            except OSError as error:
                raise ConfigError(
                    [f"{path} can not be read: {error.strerror}"],
                    "Whether it holds a configuration must be known: make it a file that git has.",
                ) from None
