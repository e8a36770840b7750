"""docutils in a process that serves many documents: what it remembers, what it must not do, where it is configured.

Verified against docutils 0.21.2, which keeps things from one document to the next: roles that a document defines
(`.. role::`) are known in all later ones, and an unsupported `language_code` is reported in the first one only.
"""

from __future__ import annotations

import bisect
import configparser
import contextlib
import functools
import os
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from qualitygate.adapters import _tool
from qualitygate.plugin import ConfigError, Request

Roles = dict[str, Any]
"""Role names -> functions."""

_REFUSED_SETTINGS = {
    "warning_stream": "docutils would overwrite that file; findings are in the reports of --report",
    "record_dependencies": "docutils would overwrite that file",
}
"""Settings of docutils.conf that write files. All others work as under doc8's command: those about output
(stylesheets, dumps, exit status) have no effect there, and `report_level` does not hide findings."""


class NetworkUse(BaseException):  # noqa: N818 - control flow; BaseException so that docutils does not report it
    """A directive asked for a web address."""


class History:
    """What docutils knows from the documents that a command would have read before a document.

    Only documents whose text, or the text of what they include, may define a role are read for this, once per process
    and only when a document after them is asked for.

    Args:

        check: Name of the check, for messages.

        find: Gives the documents in the order of the command.

        read: Gives one document, with its content, to docutils as the command would.

    Raises:

        ConfigError: docutils can not read its configuration.
    """

    def __init__(self, check: str, find: Callable[[], Sequence[str]], read: Callable[[str, bytes], object]) -> None:
        from docutils.core import Publisher

        self._find, self._read = find, read
        self._tables: list[Roles] = [dict(_known_roles())]
        """Known roles: at the start, and after each of `_definers`."""
        publisher = Publisher(None, None, None, settings=None)
        publisher.set_components("standalone", "restructuredtext", "pseudoxml")
        with _tool.silenced() as output:
            try:
                self._settings = publisher.get_settings()
            except SystemExit:  # what docutils does about a wrong value, after printing it
                said = output.getvalue().strip()
                raise ConfigError([f"check {check}: docutils can not read its configuration: {said}"]) from None

    @contextlib.contextmanager
    def before(self, path: str) -> Iterator[None]:
        """The state that docutils would be in when the command comes to *path*, for the time of the block."""
        with self._state(path, self._roles_before(path)):
            yield

    def _roles_before(self, path: str) -> Roles:
        # What is not given to docutils has no place among the documents, and no use for roles.
        count = bisect.bisect_left(self._definers, self._position.get(path, 0))
        while len(self._tables) <= count:
            definer = self._documents[self._definers[len(self._tables) - 1]]
            with self._state(definer, self._tables[-1]):
                with contextlib.suppress(Exception):  # reported when the document itself is checked
                    self._read(definer, Path(definer).read_bytes())
                # The default role, named "", ends with its document unless that could not be read to its end.
                self._tables.append({name: role for name, role in _known_roles().items() if name})
        return self._tables[count]

    @contextlib.contextmanager
    def _state(self, path: str, known: Roles) -> Iterator[None]:
        self._set_languages(first=self._documents[:1] == [path])
        _set_roles(known)
        try:
            yield
        finally:
            _set_roles(self._tables[0])

    def _set_languages(self, first: bool) -> None:
        """docutils reports an unsupported language when it first looks for it, and then remembers the substitute."""
        from docutils import languages
        from docutils.parsers.rst import languages as rst_languages

        for importer in (languages.get_language, rst_languages.get_language):
            if first:
                importer.cache.clear()
            else:
                importer(self._settings.language_code)

    @functools.cached_property
    def _documents(self) -> list[str]:
        return list(dict.fromkeys(self._find()))

    @functools.cached_property
    def _position(self) -> dict[str, int]:
        return {path: index for index, path in enumerate(self._documents)}

    @functools.cached_property
    def _definers(self) -> list[int]:
        """Positions of the documents that may define a role, in order."""
        return [index for index, path in enumerate(self._documents) if self._may_define(path, set())]

    def _may_define(self, path: str, seen: set[str]) -> bool:
        """Whether *path*, which need not be readable, or a file that it includes looks as if it defined a role."""
        seen.add(path)
        try:
            text = Path(path).read_bytes().replace(b"\0", b"")  # so that ASCII in UTF-16 is found as well
        except OSError:
            return len(seen) > 1  # an included name may go on in the next line: let docutils read it
        if self._definition.search(text):
            return True
        targets = {self._included(path, os.fsdecode(match[1])) for match in self._inclusion.finditer(text)}
        return any(self._may_define(target, seen) for target in sorted(targets - seen))

    def _included(self, path: str, target: str) -> str:
        """Where docutils 0.21.2 looks for the target of an `include` (`Include.run`)."""
        from docutils.parsers.rst.directives.misc import Include, adapt_path

        target = target.strip()
        if target.startswith("<") and target.endswith(">"):
            return os.path.join(Include.standard_include_path, target[1:-1])
        return str(adapt_path(target, path, self._settings.root_prefix))

    @functools.cached_property
    def _definition(self) -> re.Pattern[bytes]:
        # A table's cells may come from a file (`:file:`) and hold anything.
        return re.compile(rb"(?<=\s)(?:%s) ?::|:file:\s" % self._names("role"), re.IGNORECASE)

    @functools.cached_property
    def _inclusion(self) -> re.Pattern[bytes]:
        return re.compile(rb"(?<=\s)(?:%s) ?::([^\r\n]*)" % self._names("include"), re.IGNORECASE)

    def _names(self, directive: str) -> bytes:
        """Alternatives for *directive* in the document's language and in English."""
        from docutils.parsers.rst.languages import get_language

        translations: dict[str, str] = getattr(get_language(self._settings.language_code), "directives", {})
        names = {directive, *(name for name, meant in translations.items() if meant == directive)}
        return b"|".join(re.escape(name.encode()) for name in sorted(names))


def _known_roles() -> Roles:
    """docutils' own table (`roles._roles`): the standard roles used so far and those that documents define."""
    from docutils.parsers.rst import roles

    table: Roles = vars(roles)["_roles"]
    return table


def _set_roles(known: Roles) -> None:
    table = _known_roles()
    table.clear()
    table.update(known)


@contextlib.contextmanager
def offline() -> Iterator[None]:
    """Let the directives that open web addresses in docutils 0.21.2 raise NetworkUse."""
    from docutils.parsers.rst.directives import misc, tables

    def refusing(directive: str) -> Callable[[str], NoReturn]:
        def urlopen(url: str) -> NoReturn:
            raise NetworkUse(
                f"the directive {directive} reads {url}, and nothing is read from the network: "
                "keep the data in a file of the project and name it with :file:"
            )

        return urlopen

    with _tool.replaced(misc, "urlopen", refusing("raw")), _tool.replaced(tables, "urlopen", refusing("csv-table")):
        yield


def configuration(request: Request) -> tuple[list[str], list[str]]:
    """Files that docutils reads its settings from, and notes on them; raises ConfigError for one that writes files."""
    from docutils import frontend as partly_typed

    frontend: Any = partly_typed
    paths: list[str] = frontend.OptionParser.get_standard_config_files()
    names: list[str] = []
    notes: list[str] = []
    problems: list[str] = []
    for path in filter(os.path.isfile, paths):
        name, outside = _tool.describe_config(request.root, path, request.check)
        names.append(name)
        notes.extend(outside)
        parser = frontend.ConfigParser()
        try:
            parser.read(path)
        except configparser.Error as error:
            problems.append(f"check {request.check}: docutils can not read {name}: {error}")
        for section in parser.sections():
            for key in _REFUSED_SETTINGS.keys() & parser.options(section):
                reason = _REFUSED_SETTINGS[key]
                problems.append(f"check {request.check}: {key} in [{section}] of {name} is refused: {reason}")
    if problems:
        raise ConfigError(problems, "Take the settings out of docutils' configuration.")
    return names, notes
