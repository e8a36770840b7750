"""docutils in a process that serves many documents: what it remembers, what it must not do, where it is configured.

Verified against docutils 0.21.2, which keeps things from one document to the next: roles that a document defines
(`.. role::`) are known in all later ones, and an unsupported `language_code` is reported in the first one only.
"""

from __future__ import annotations

import bisect
import configparser
import contextlib
import functools
import hashlib
import os
import re
import types
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, NoReturn

from qualitygate.adapters import _tool
from qualitygate.model.paths import below
from qualitygate.plugin import Analysis, ConfigError, Request

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

        read: Gives one document, with its content, to docutils as the command would. Its answer must depend on
            nothing but these and the state that docutils is in.

    Raises:

        ConfigError: docutils can not read its configuration.
    """

    def __init__(self, check: str, find: Callable[[], Sequence[str]], read: Callable[[str, bytes], Analysis]) -> None:
        from docutils.core import Publisher

        self._find, self._read = find, read
        self._tables: list[Roles] = [dict(_known_roles())]
        """Known roles: at the start, and after each of `_definers`."""
        self._answers: dict[str, tuple[bytes, Analysis]] = {}
        """What was said about definers that were read for their roles, and the content that it was said about."""
        publisher = Publisher(None, None, None, settings=None)
        publisher.set_components("standalone", "restructuredtext", "pseudoxml")
        with _tool.silenced() as output:
            try:
                self._settings = publisher.get_settings()
            except SystemExit:  # what docutils does about a wrong value, after printing it
                said = output.getvalue().strip()
                raise ConfigError([f"check {check}: docutils can not read its configuration: {said}"]) from None

    def answer(self, path: str, data: bytes) -> Analysis:
        """What `read` says when the command comes to *path*."""
        # What is not given to docutils has no place among the documents, and no use for roles.
        count = bisect.bisect_left(self._definers, self._position.get(path, 0))
        self._know_roles(count)
        content, said = self._answers.pop(path, (None, None))
        if said is not None and content == data:
            return said
        return self._read_as(count, path, data)

    def contexts(self, paths: Sequence[str]) -> list[str]:
        """For each of *paths* a digest of what earlier documents contribute to its answer, "" where that is nothing.

        It is made from the text of all earlier documents that may define a role, and of all that these include. Where
        a document is the one in which docutils remarks on its language, that is told in front.
        """
        return [self._context(path) for path in paths]

    def _context(self, path: str) -> str:
        if path not in self._position:
            return ""
        place = self._position[path]
        remark = "first " if place == 0 and self._settings.language_code != "en" else ""
        return remark + self._digests[bisect.bisect_left(self._definers, place)]

    def _know_roles(self, count: int) -> None:
        """Fill `_tables` up to the roles that are known after *count* of the definers."""
        while len(self._tables) <= count:
            number = len(self._tables) - 1
            definer = self._documents[self._definers[number]]
            try:
                data = Path(definer).read_bytes()
            except OSError:
                self._tables.append(self._tables[number])
                continue
            with contextlib.suppress(Exception):  # reported when the document itself is checked
                self._answers[definer] = data, self._read_as(number, definer, data)

    def _read_as(self, number: int, path: str, data: bytes) -> Analysis:
        """Read *path* after *number* of the definers; if it is the next of them, learn its roles."""
        with self._state(path, self._tables[number]):
            try:
                return self._read(path, data)
            finally:
                if len(self._tables) == number + 1 and path in self._definer(number):
                    # The default role, named "", ends with its document unless that could not be read to its end.
                    self._tables.append({name: role for name, role in _known_roles().items() if name})

    def _definer(self, number: int) -> list[str]:
        """The path of a definer, in a list that is empty after the last."""
        return [self._documents[place] for place in self._definers[number:][:1]]

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
    def _digests(self) -> list[str]:
        """Digests of what the first definers contribute: of none of them, of the first, of the first two..."""
        total = hashlib.sha256()
        digests = [""]
        for place in self._definers:
            for path in self._sources(self._documents[place]):
                total.update(b"%s\0%s\0" % (os.fsencode(path), _digest(path)))
            digests.append(total.hexdigest())
        return digests

    def _sources(self, definer: str) -> list[str]:
        """The files, present or not, that decide which roles *definer* defines."""
        files: dict[str, None] = {}
        if self._tells_files(definer, files):
            return list(files)
        with contextlib.suppress(OSError):
            data = Path(definer).read_bytes()
            # Roles do not matter for this, unless unknown ones make docutils stop.
            known = self._tables[0]
            if self._settings._config_files:
                number = bisect.bisect_left(self._definers, self._position[definer])
                self._know_roles(number)
                known = self._tables[number]
            with self._state(definer, known):
                return [definer, *(path for path, _ in self._read(definer, data).depends)]
        return [definer]

    def _tells_files(self, path: str, files: dict[str, None]) -> bool:
        """Whether it can be told without docutils which files *path* and those in it include; they join *files*."""
        files[path] = None
        try:
            text = Path(path).read_bytes().replace(b"\0", b"")
        except OSError:
            return True
        for match in self._insertion.finditer(text):
            target, next_line = match[1].strip(), match[2].strip()
            ends_here = not next_line or next_line.startswith(b":") or not match[2][:1].isspace()
            if not (ends_here and _PLAIN.fullmatch(target)):
                return False
            source = self._included(path, os.fsdecode(target))
            if source not in files and not self._tells_files(source, files):
                return False
        return True

    # Between name and colons there may be a tab: docutils makes spaces of it.

    @functools.cached_property
    def _definition(self) -> re.Pattern[bytes]:
        # A table's cells may come from a file (`:file:`) and hold anything.
        return re.compile(rb"\s(?:%s)\s?::|:file:\s" % self._names("role"), re.IGNORECASE)

    @functools.cached_property
    def _inclusion(self) -> re.Pattern[bytes]:
        return re.compile(rb"\s(?:%s)\s?::([^\r\n]*)" % self._names("include"), re.IGNORECASE)

    @functools.cached_property
    def _insertion(self) -> re.Pattern[bytes]:
        # The rest of the line, and the next line.
        include = rb"(?:\s(?:%s)\s?::|:file:\s)" % self._names("include")
        return re.compile(include + rb"([^\r\n]*)(?=(?:\r\n?|\n)?([^\r\n]*))", re.IGNORECASE)

    def _names(self, directive: str) -> bytes:
        """Alternatives for *directive* in the document's language and in English."""
        from docutils.parsers.rst.languages import get_language

        translations: dict[str, str] = getattr(get_language(self._settings.language_code), "directives", {})
        names = {directive, *(name for name, meant in translations.items() if meant == directive)}
        return b"|".join(re.escape(name.encode()) for name in sorted(names))


_PLAIN = re.compile(rb"""[^\0- "'\\,|<\x7f-\xff]+""")
"""Names of files that docutils takes as they are, wherever they stand; others may end in a table's border."""


def _digest(path: str) -> bytes:
    try:
        return hashlib.sha256(Path(path).read_bytes()).digest()
    except OSError:
        return b""


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


def _content(path: str) -> bytes | None:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError):
        return None


@contextlib.contextmanager
def files_asked_for() -> Iterator[dict[str, bytes | None]]:
    """Note the files that docutils 0.21.2 tries to open inside the block, present or not, for include, csv-table, raw
    and the width of figures.

    Their paths are relative to the current folder where inside it, else absolute; with their contents just before, None
    where there is nothing to read. docutils' own files are left out.
    """
    import docutils
    from docutils import io
    from docutils.parsers.rst.directives import images as untyped

    images: Any = untyped
    asked: dict[str, bytes | None] = {}
    folder = os.getcwd()
    own = os.path.join(os.path.dirname(docutils.__file__), "")

    def noting(original: Callable[..., IO[Any]]) -> Callable[..., IO[Any]]:
        def noted(path: str, *args: Any, **kwargs: Any) -> IO[Any]:
            absolute = os.path.abspath(path)
            if not absolute.startswith(own):
                asked.setdefault(below(folder, absolute) or absolute, _content(absolute))
            return original(path, *args, **kwargs)

        return noted

    pillow = images.PIL and types.SimpleNamespace(Image=types.SimpleNamespace(open=noting(images.PIL.Image.open)))
    vars(io)["open"] = noting(open)  # a name of the module that hides the built-in one
    try:
        with _tool.replaced(images, "PIL", pillow):
            yield asked
    finally:
        del vars(io)["open"]


def config_candidates() -> list[str]:
    """Where docutils 0.21.2 looks for its settings (`OptionParser.get_standard_config_files`)."""
    named = os.environ.get("DOCUTILSCONFIG")
    paths = named.split(os.pathsep) if named is not None else ["/etc/docutils.conf", "./docutils.conf", "~/.docutils"]
    return [os.path.expanduser(path) for path in paths if path.strip()]


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
