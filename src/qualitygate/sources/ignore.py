"""gitignore patterns, decided for one folder entry at a time as git does (gitignore(5)).

pathspec translates the globs. It answers for whole paths: what matches a folder also matches everything below it.
git asks for every folder on the way down and lets a deeper file or a later line decide anew, so here a pattern must
match the entry itself and not one of its parents. That is had by ending the pattern and the path in one more name.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterable
from typing import TYPE_CHECKING

from qualitygate.errors import ConfigError

if TYPE_CHECKING:
    from pathspec import Pattern

_END = "/\u0101"
_NEWLINE = "\u0100"
_GLOB_CHARACTERS = frozenset("*?[\\")


class Patterns:
    """The lines of one `.gitignore`, or of `exclude`.

    Attributes:

        errors: The lines that are no patterns. They match nothing, as in git.
    """

    def __init__(self, lines: Iterable[str]) -> None:
        self.errors: list[str] = []
        # Number of the line decides; a name without globs, the most frequent kind, costs one look-up for all of them.
        self._names: dict[str, list[tuple[int, bool, bool]]] = {}
        self._globs: list[tuple[int, bool, bool, Pattern]] = []
        for number, line in enumerate(lines):
            self._add(number, line)
        self._globs.reverse()

    def _add(self, number: int, line: str) -> None:
        text = _trimmed(line)
        if not text or text.startswith("#"):
            return
        negative = text.startswith("!")
        text = _as_characters(text[negative:])
        folders_only = text.endswith("/")
        text = text.removesuffix("/")
        if not text:
            return
        if "/" not in text and not _GLOB_CHARACTERS.intersection(text):
            self._names.setdefault(text, []).append((number, folders_only, negative))
        else:
            try:
                self._globs.append((number, folders_only, negative, _compiled(text)))
            except ValueError:
                self.errors.append(line)

    def __bool__(self) -> bool:
        return bool(self._names or self._globs)

    def decide(self, path: str, is_folder: bool) -> bool | None:
        """Whether the entry *path* (relative to the folder of the patterns) is ignored; None where no line says so."""
        path = _as_characters(path)
        best, ignored = -1, None
        for number, folders_only, negative in self._names.get(path.rpartition("/")[2], ()):
            if is_folder or not folders_only:
                best, ignored = number, not negative
        ended = path + _END
        for number, folders_only, negative, pattern in self._globs:
            if number < best:
                break
            if (is_folder or not folders_only) and pattern.match_file(ended):
                return not negative
        return ignored


class Exclusion:
    """Patterns applied to whole paths below one folder: what is in an ignored folder is ignored."""

    def __init__(self, patterns: Patterns) -> None:
        self._patterns = patterns
        self._folders: dict[str, bool] = {"": False}

    def hides(self, path: str) -> bool:
        """Whether the file, or link, at *path* is hidden."""
        if not self._patterns:
            return False
        return self.hides_folder(path.rpartition("/")[0]) or bool(self._patterns.decide(path, is_folder=False))

    def hides_folder(self, path: str) -> bool:
        """Whether everything below the folder *path* is hidden."""
        unknown = []
        while path not in self._folders:
            unknown.append(path)
            path = path.rpartition("/")[0]
        hidden = self._folders[path]
        for folder in reversed(unknown):
            hidden = hidden or bool(self._patterns.decide(folder, is_folder=True))
            self._folders[folder] = hidden
        return hidden


def exclusion_of(exclude: Iterable[str]) -> Exclusion:
    """The exclusion that the lines of the setting `exclude` mean.

    Raises:

        ConfigError: A line is no gitignore pattern.
    """
    patterns = Patterns(exclude)
    if patterns.errors:
        raise ConfigError([f"exclude: {line!r} is not a gitignore pattern" for line in patterns.errors])
    return Exclusion(patterns)


def read_patterns(data: bytes) -> Patterns:
    """The patterns of a `.gitignore` file's content."""
    lines = data.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    return Patterns(os.fsdecode(line.removesuffix(b"\r")) for line in lines)


def _trimmed(line: str) -> str:
    """*line* without its trailing spaces; one behind a backslash stays."""
    text = line.rstrip(" ")
    backslashes = len(text) - len(text.rstrip("\\"))
    return text + " " if backslashes % 2 and len(text) < len(line) else text


def _as_characters(path: str) -> str:
    """One character per byte, because git's `?` and `[...]` match bytes; and none that `.` does not match."""
    if path.isascii() and "\n" not in path:
        return path
    return os.fsencode(path).decode("latin-1").replace("\n", _NEWLINE)


def _compiled(text: str) -> Pattern:
    import pathspec

    anchored = text if text.startswith("/") else f"/{text}" if "/" in text else f"**/{text}"
    if anchored.endswith("/**"):
        anchored += "/*"  # everything in the folder, but not the folder itself
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of `re`, about brackets inside of brackets
            return pathspec.GitIgnoreSpec.from_lines([anchored + _END]).patterns[0]
    except re.error as error:
        raise ValueError(str(error)) from error
