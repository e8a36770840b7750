"""Whether what answers depend on stayed as it was while they were made.

Keys are made before workers read configuration and documents. What was written since may have been in an answer or not,
so that the answer must not be kept under the key of either state.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable

_TICK = 20 * 10**6
"""Nanoseconds by which the time stamps of file systems may lag behind the clock (Linux: one tick of the kernel)."""


class Steadiness:
    """Looks at files again, at the end of what began with its making.

    Args:

        root: Absolute path of the folder that paths are relative to.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._began = time.time_ns() - _TICK
        self._there: dict[str, bool] = {}

    def note(self, paths: Iterable[str]) -> None:
        """Remember which of *paths* are there now."""
        for path in paths:
            self._there.setdefault(path, self._changed_at(path) is not None)

    def holds(self, paths: Iterable[str]) -> bool:
        """Whether none of *paths* was made, removed or changed since; those not noted must be there."""
        return all(self._is_steady(path) for path in paths)

    def _is_steady(self, path: str) -> bool:
        changed = self._changed_at(path)
        there = self._there.get(path, True)
        return not there if changed is None else there and changed < self._began

    def _changed_at(self, path: str) -> int | None:
        try:
            return os.stat(os.path.join(self._root, path)).st_ctime_ns
        except (OSError, ValueError):
            return None
