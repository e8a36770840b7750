"""Find the configuration file and read it."""

from __future__ import annotations

import dataclasses
import functools
import os
import re
import stat
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qualitygate.config.slips import misnamed_files, misnamed_tables
from qualitygate.errors import ConfigError

if TYPE_CHECKING:
    from qualitygate.config.places import KeyPath, Place

PYPROJECT = "pyproject.toml"
OWN_FILE = "qualitygate.toml"
_OUR_TABLE = ("tool", "qualitygate")


@dataclasses.dataclass(frozen=True)
class Document:
    """A configuration file as it was read."""

    file: Path
    shown: str
    """The path as messages show it: relative to the shell's folder."""
    text: str
    """With LF line ends."""
    prefix: tuple[str, ...]
    """Where our table is: `("tool", "qualitygate")` in `pyproject.toml`, else the top."""
    table: dict[str, Any]
    """Our table."""

    def place(self, path: KeyPath) -> Place:
        """Where the key *path* of our table is written, or else the nearest one above it; line 1 for the whole."""
        from qualitygate.config.places import Place

        full = (*self.prefix, *path)
        for end in range(len(full), 0, -1):
            if full[:end] in self._places:
                return self._places[full[:end]]
        return Place(1, 1)

    def line(self, number: int) -> str:
        """The text of one line, counted from 1; empty beyond the end."""
        lines = self.text.split("\n")
        return lines[number - 1] if number <= len(lines) else ""

    def origin(self, path: KeyPath) -> str:
        """`file:line` of a key of our table."""
        return f"{self.file.name}:{self.place(path).line}"

    @functools.cached_property
    def _places(self) -> dict[KeyPath, Place]:
        from qualitygate.config.places import locate

        return locate(self.text)


@dataclasses.dataclass(frozen=True)
class Location:
    """The project root, and its configuration if there is one."""

    root: Path
    """Absolute, without symbolic links."""
    document: Document | None


def find(start: Path, config: Path | None = None) -> Location:
    """The project root as seen from *start*.

    Args:

        start: The shell's folder. The search goes upward from it and ends at the git top level.

        config: A configuration file named by the user, relative to *start*; its folder is the root. One that is not
            called `pyproject.toml` has the keys of `qualitygate.toml`.

    Raises:

        ConfigError: A file can not be read, is not valid TOML, or a folder holds two configurations. Or a file or a
            table has nearly the name of ours, so that it would not be read.
    """
    start = Path(os.path.realpath(start))
    if config is not None:
        return _named(start, config)
    for folder in (start, *start.parents):
        document = _in_folder(folder, start)
        if document is not None:
            return Location(folder, document)
        if os.path.lexists(folder / ".git"):
            return Location(folder, None)
    return Location(start, None)


def _named(start: Path, config: Path) -> Location:
    path = start / config
    root = Path(os.path.realpath(path.parent))
    document = _read(root / path.name, start)
    if document is None:
        if os.path.lexists(path):
            raise ConfigError(
                [f"{_shown(path, start)} has no [tool.qualitygate] table"],
                hint="add the table, or leave --config out to run without a configuration",
            )
        raise ConfigError([f"{_shown(path, start)}: no such file"], hint="--config names a configuration file")
    return Location(root, document)


def _in_folder(folder: Path, start: Path) -> Document | None:
    misnamed = [
        f"{_shown(folder / name, start)} is not read; did you mean `{OWN_FILE}`?" for name in misnamed_files(folder)
    ]
    if misnamed:
        raise ConfigError(misnamed, hint="rename the file, or move it away")
    found = [document for name in (PYPROJECT, OWN_FILE) if (document := _read(folder / name, start)) is not None]
    if len(found) > 1:
        raise ConfigError(
            [f"{found[0].shown} has a [tool.qualitygate] table, and {found[1].shown} is beside it"],
            hint="keep one of the two configurations",
        )
    return found[0] if found else None


def _read(file: Path, start: Path) -> Document | None:
    """None where the file does not exist, or is a `pyproject.toml` without our table."""
    shown = _shown(file, start)
    text = _text(file, shown)
    if text is None:
        return None
    data = _parsed(text, shown)
    if file.name != PYPROJECT:
        return Document(file, shown, text, (), data)
    _require_no_slips(Document(file, shown, text, (), data))
    tools = data.get("tool")
    table = tools.get("qualitygate") if isinstance(tools, dict) else None
    if table is None:
        return None
    document = Document(file, shown, text, _OUR_TABLE, table)
    if not isinstance(table, dict):
        from qualitygate.config.problems import Problem, config_error

        raise config_error(
            document, [Problem((), "`tool.qualitygate` is not a table", "expected a table: [tool.qualitygate]")]
        )
    return document


def _require_no_slips(document: Document) -> None:
    """Refuse a table of a `pyproject.toml` that nearly has the name of ours, also beside ours."""
    slips = list(misnamed_tables(document.table))
    if slips:
        from qualitygate.config.problems import Problem, config_error
        from qualitygate.config.toml import key_text

        ours = f"did you mean `[{'.'.join(_OUR_TABLE)}]`?"
        names = (".".join(key_text(str(part)) for part in path) for path in slips)
        raise config_error(
            document,
            [Problem(path, f"`[{name}]` is not read", ours) for path, name in zip(slips, names, strict=True)],
        )


def _text(file: Path, shown: str) -> str | None:
    try:
        os.lstat(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError) as error:
        raise _unreadable(shown, error) from None
    try:
        if not stat.S_ISREG(os.stat(file).st_mode):  # opening a pipe would wait for ever
            raise ConfigError([f"{shown} is not a file"], hint="move it away, or make it a file")
        return file.read_bytes().decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            [f"{shown}:{line}:1: not UTF-8 ({error.reason}); TOML files must be"], hint="save the file as UTF-8"
        ) from None
    except OSError as error:
        raise _unreadable(shown, error) from None


def _unreadable(shown: str, error: Exception) -> ConfigError:
    reason = getattr(error, "strerror", None) or str(error)
    return ConfigError(
        [f"{shown} can not be read: {reason}"], hint="whether it holds a configuration must be known; make it readable"
    )


def _parsed(text: str, shown: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ConfigError([f"{shown}:1:1: not readable as TOML: nested too deeply"]) from None
    except ValueError as error:  # also of huge integers, which is not a TOMLDecodeError
        said = str(error)
    from qualitygate.config.problems import shortened

    place = re.search(r" \(at (?:line (\d+), column (\d+)|end of document)\)$", said)
    if place is None:
        line, column = 1, 1
    elif place[1] is None:
        line, column = text.count("\n") + 1, len(text) - text.rfind("\n")
    else:
        line, column = int(place[1]), int(place[2])
    message = said if place is None else said[: place.start()]
    if text.startswith("\ufeff"):
        message = "the file starts with a byte-order mark, which TOML does not allow"
    source = shortened(text.split("\n")[line - 1])
    raise ConfigError(
        [f"{shown}:{line}:{column}: not valid TOML: {message}" + (f"\n    {source}" if source else "")],
        hint="nothing was judged; whether the file configures the gate can not be known until it is valid",
    )


def _shown(file: Path, start: Path) -> str:
    return os.path.relpath(file, start)
