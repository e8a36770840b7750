"""What shows that several runs looked at the same: contents of files, and what else answers depend on."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping

from qualitygate.adapters.registry import ADAPTERS
from qualitygate.engine.cache import keys
from qualitygate.engine.cache.answers import Cache
from qualitygate.engine.cache.contents import Contents
from qualitygate.engine.cache.packages import Packages
from qualitygate.engine.isolation import safe_path
from qualitygate.engine.tasks import Plan
from qualitygate.plugin import Request
from qualitygate.sources.source import Source

_UNREADABLE = b"unreadable"
_PACKAGE = "package "
_FILE = "file "
_APART = ("variable ", "python")
"""Beginnings of the names of parts that may differ between machines: folders stand in variables, and of Python the
version counts, which a manifest tells, not who built it."""


class Evidence:
    """About one source and its checks.

    Args:

        source: What is judged.

        requests: The checks by name.

        tools: Check -> tool.

        cache: What is known already; None to find out everything.
    """

    def __init__(
        self, source: Source, requests: Mapping[str, Request], tools: Mapping[str, str], cache: Cache | None
    ) -> None:
        self._requests = requests
        self._tools = tools
        self._contents = Contents(source, None, trusted=False) if cache is None else cache.contents
        installed = Packages(safe_path(sys.path, source.tree.root))
        self._inputs = keys.Inputs(source, installed) if cache is None else cache.inputs

    def contents(self, paths: Iterable[str]) -> dict[str, bytes]:
        """A digest of the content of each of *paths*; the same one for all that can not be read."""
        paths = list(paths)
        self._contents.learn(paths)
        return {path: self._contents.digest(path) or _UNREADABLE for path in paths}

    def packages(self, check: str) -> tuple[str, ...]:
        """The installed distributions behind the answers of a check, as `name version`, sorted."""
        found = {name: text.partition(" ")[0] for name, text in self._parts(check).items() if name.startswith(_PACKAGE)}
        return tuple(
            sorted(f"{name.removeprefix(_PACKAGE)} {found[name]}" for name in found if found[name] != keys.MISSING)
        )

    def inputs(self, plan: Plan) -> str:
        """A digest over what the answers of a check depend on besides the files that it visits.

        It is the same on every machine that has the same files and packages, wherever these lie.
        """
        parts = self._parts(plan.check)
        parts |= {f"{_FILE}{path}": self._inputs.file(path) for path in plan.config_files}
        for name in self._inputs.changeable(ADAPTERS[self._tools[plan.check]]):
            # Its record names the folder that it was installed from.
            parts[_PACKAGE + name] = parts[_PACKAGE + name].partition(" ")[0]
        return keys.digest(*(text for part in sorted(_portable(parts)) for text in part)).hex()

    def _parts(self, check: str) -> dict[str, str]:
        return self._inputs.check_parts(ADAPTERS[self._tools[check]], self._requests[check])


def _portable(parts: keys.Parts) -> Iterator[tuple[str, str]]:
    for name, value in parts.items():
        path = name.removeprefix(_FILE)
        if path != name and (os.path.isabs(path) or path.startswith("../")):
            # How many folders there are above the project, and whose home this is, does not matter.
            if not value.startswith(keys.MISSING):
                yield _FILE + os.path.basename(path), value
        elif not name.startswith(_APART):
            yield name, value
