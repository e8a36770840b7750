"""Steps of doc8 that can be left out because their outcome is known. Verified against doc8 2.0.0 and docutils 0.21.2.

doc8 gives each document to docutils twice: for docutils' messages (`ParsedFile.errors`), and for the places of nodes
(`ParsedFile.document`), which it needs for lines that are too long. And it has docutils' settings put together from
hundreds of options and from `docutils.conf` for each of them anew. With other versions, with plug-ins, and wherever a
second look could make a difference, doc8's own code does it all.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import re
import sys
from collections.abc import Iterator
from typing import Any

from qualitygate.adapters import _tool

_VERSIONS = {"doc8": "2.0.0", "docutils": "0.21.2", "restructuredtext-lint": "2.0.2"}

_ROLE = re.compile(r"role\s?::", re.IGNORECASE)
"""What a text that defines a role holds, in the language of the second parse."""


class Shortcuts:
    """For the files of one command, which all have the same settings."""

    def __init__(self) -> None:
        self._settings: Any = None
        """docutils' settings, as `restructuredtext_lint.lint` asks for them."""

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Take the short cuts inside the block."""
        if not _known():
            yield
            return
        from doc8.checks import CheckMaxLineLength
        from docutils.core import Publisher

        get_settings, check_lines = Publisher.get_settings, CheckMaxLineLength._rst_checker

        def get_known_settings(publisher: Publisher, *args: Any, **kwargs: Any) -> Any:
            if args or kwargs != {"halt_level": 5}:
                return get_settings(publisher, *args, **kwargs)
            if self._settings is None:
                self._settings = copy.deepcopy(get_settings(publisher, **kwargs))
            publisher.settings = copy.deepcopy(self._settings)
            return publisher.settings

        def check_long_lines(check: Any, file: Any) -> Iterator[Any]:
            # Not a generator, so that the stack is as deep as in doc8.
            return iter(()) if self._needs_no_document(check, file) else check_lines(check, file)

        with (
            _tool.replaced(Publisher, "get_settings", get_known_settings),
            _tool.replaced(CheckMaxLineLength, "_rst_checker", check_long_lines),
        ):
            yield

    def _needs_no_document(self, check: Any, file: Any) -> bool:
        """Whether `_rst_checker` would parse *file* again and find no line that is too long.

        The first parse must have come to its end. A second one could do something new where the text defines roles,
        which are known in it from its beginning, or where `docutils.conf` was in effect, which it does not read.
        """
        return (
            file._errors is not None
            and self._settings is not None
            and not self._settings._config_files
            and all(len(line) <= check._max_line_length for line in file.lines_iter())
            and not _ROLE.search(file.contents)
        )


@functools.cache
def _known() -> bool:
    """Whether the installed code is the one that was looked at, with nothing added; warnings might be errors."""
    import importlib.metadata

    return (
        not sys.warnoptions
        and not importlib.metadata.entry_points(group="doc8.extension.check")
        and all(importlib.metadata.version(name) == version for name, version in _VERSIONS.items())
    )
