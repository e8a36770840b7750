"""What the adapters of radon and xenon share: one analysis of a file, radon's search for files, radon's configuration.

Verified against radon 6.0.1.
"""

from __future__ import annotations

import ast
import codecs
import configparser
import contextlib
import functools
import importlib
import io
import locale
import os
import sys
import tokenize
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from qualitygate.adapters import _python, _radon_raw, _tool
from qualitygate.plugin import ConfigError, FileProblem, Measurement, Request, Tree

Block = Any
"""`radon.visitors.Function` or `Class`: radon has no types."""

_STRICTEST_DEPTH = 60
"""Frames below the shared analysis. More than any command has, so what succeeds here succeeds in each of them."""


class UnanalysableError(Exception):
    """A file without an answer; holds the problem."""

    def __init__(self, kind: str, message: str) -> None:
        super().__init__(message)
        self.problem = FileProblem(kind=kind, message=message)


# --- text ---------------------------------------------------------------------------------------------------------


@functools.lru_cache(maxsize=2)
def decode(data: bytes, encoding: str) -> str:
    """The text that radon reads from a file with this content.

    radon reads every file in one encoding and gives up files with a byte-order mark and files in other encodings.
    Those are read here as Python reads them; all others as radon does, whatever their encoding cookie says.

    Raises:

        UnanalysableError: kind `encoding`.
    """
    if data.startswith(codecs.BOM_UTF8):
        encoding = "utf-8-sig"
    try:
        return _read(data, encoding)
    except UnicodeError as error:
        problem = UnanalysableError("encoding", str(error))
    try:
        return _read(data, tokenize.detect_encoding(io.BytesIO(data).readline)[0])
    except (UnicodeError, SyntaxError):
        raise problem from None


def _read(data: bytes, encoding: str) -> str:
    return io.TextIOWrapper(io.BytesIO(data), encoding).read()


def file_encoding(check: str) -> str:
    """The encoding in which radon reads files: `$RADONFILESENCODING`, else UTF-8.

    Raises:

        ConfigError: Python does not know it.
    """
    name = os.environ.get("RADONFILESENCODING", "utf-8")
    try:
        codecs.lookup(name)
    except LookupError:
        raise ConfigError([f"check {check}: RADONFILESENCODING in the environment is no encoding: {name!r}"]) from None
    return name


# --- one analysis of a file ---------------------------------------------------------------------------------------


def blocks(text: str, no_assert: bool, depth: int) -> list[Block]:
    """`radon.complexity.cc_visit(text)`: functions, classes and methods.

    Args:

        depth: See `_tool.stack_like_command_line`; of the frame that calls `cc_visit` under the command.

    Raises:

        UnanalysableError: The text is not Python, or too deeply nested for this command.
    """
    from radon.complexity import cc_visit

    with _problems(text):
        try:
            return list(_visited(text, no_assert).blocks)
        except RecursionError:
            return list(_exactly(depth, cc_visit, text, no_assert=no_assert))


def maintainability(text: str, multi: bool, depth: int) -> float:
    """`radon.metrics.mi_visit(text, multi)`, from 0 to 100. For *depth* and errors see `blocks`."""
    from radon import metrics

    with _problems(text):
        try:
            return _shared_maintainability(text, multi)
        except RecursionError:
            with _tool.replaced(metrics, "analyze", _radon_raw.analyze):
                return float(_exactly(depth, metrics.mi_visit, text, multi))


def _exactly(depth: int, function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Call *function* with as much of the stack as it has under its command.

    In a thread, whose stack is empty at first: what is on this one counts differently from version to version.
    """

    def call() -> Any:
        with _tool.silenced(), _tool.stack_like_command_line(depth):
            return function(*args, **kwargs)

    import concurrent.futures

    with concurrent.futures.ThreadPoolExecutor(max_workers=1) as pool:
        return pool.submit(call).result()


def _shared_maintainability(text: str, multi: bool) -> float:
    """The steps of `radon.metrics.mi_parameters`, in its order."""
    from radon import metrics

    tree = _parsed(text)
    with _tool.silenced():
        raw = _radon_raw.analyze(text)
    comments = raw.comments + (raw.multi if multi else 0)
    percent = comments / float(raw.sloc) * 100 if raw.sloc != 0 else 0
    with _brisk_visits(), _tool.stack_like_command_line(_STRICTEST_DEPTH):
        volume = metrics.h_visit_ast(tree).total.volume
    # radon counts assertions here, whatever --no-assert says.
    complexity = _visited(text, False).total_complexity
    return float(metrics.mi_compute(volume, complexity, raw.lloc, percent))


@functools.lru_cache(maxsize=1)
def _parsed(text: str) -> ast.Module:
    # Silenced here and below, because Python prints warnings about the text, such as invalid escape sequences.
    with _tool.silenced(), _tool.stack_like_command_line(_STRICTEST_DEPTH):
        return ast.parse(text)


@functools.lru_cache(maxsize=2)
def _visited(text: str, no_assert: bool) -> Any:
    from radon.visitors import ComplexityVisitor

    tree = _parsed(text)
    with _brisk_visits(), _tool.stack_like_command_line(_STRICTEST_DEPTH):
        return ComplexityVisitor.from_ast(tree, no_assert=no_assert)


def _brisk_visits() -> contextlib.AbstractContextManager[None]:
    """Let radon's visitors pass over nodes such as `Load` and `Add`, a good part of a tree, which tell them nothing.

    `ast.NodeVisitor.generic_visit` goes to each child; what radon 6.0.1 does there for these is to call it again.
    """
    return _tool.replaced(ast.NodeVisitor, "generic_visit", _visit_children)


_SILENT = (ast.expr_context, ast.operator, ast.boolop, ast.unaryop)
"""Nodes without a line, without children and without a method in radon's visitors."""


def _visit_children(visitor: ast.NodeVisitor, node: ast.AST) -> None:
    """`ast.NodeVisitor.generic_visit`, without `ast.iter_fields` and without `_SILENT` nodes outside of lists."""
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            for item in value:
                if isinstance(item, ast.AST):
                    visitor.visit(item)
        elif isinstance(value, ast.AST) and not isinstance(value, _SILENT):
            visitor.visit(value)


@contextlib.contextmanager
def _problems(text: str) -> Iterator[None]:
    """Make each exception that radon would record as a file's error an `UnanalysableError`."""
    try:
        yield
    except MemoryError as error:
        if not _python.parser_overflowed(error):
            raise
        raise UnanalysableError("too-deep", "nested too deeply for Python's parser") from None
    except RecursionError as error:
        raise UnanalysableError("too-deep", str(error)) from None
    except Exception as error:
        raise UnanalysableError(_kind(error, text), str(error)) from None


def _kind(error: Exception, text: str) -> str:
    if "\0" in text:
        return "nul"
    if isinstance(error, UnicodeError):
        return "encoding"
    # radon.raw raises a SyntaxError without a place on legal code that it can not split into statements.
    return "syntax" if isinstance(error, SyntaxError) and error.lineno is not None else "tool"


def measurements(found: Sequence[Block]) -> tuple[Measurement, ...]:
    """The complexity of each block."""
    from radon.complexity import cc_rank

    return tuple(
        Measurement(
            metric="cc",
            subject=block.fullname,
            value=block.complexity,
            rank=cc_rank(block.complexity),
            line=block.lineno,
        )
        for block in found
    )


# --- files --------------------------------------------------------------------------------------------------------


def discover(paths: Sequence[str], exclude: str | None, ignore: str | None, tree: Tree) -> list[str]:
    """radon's own search over the visible files. It opens files without `.py` to look for a Python shebang."""
    from radon.cli import tools

    with _locale_of_command_line(), _tool.walking(tree, tools):
        found = list(tools.iter_filenames(paths, exclude, ignore))
    # Where nbformat is installed notebooks are found, too, and passed over without --include-ipynb.
    return [path for path in found if not path.endswith(".ipynb")]


@contextlib.contextmanager
def _locale_of_command_line() -> Iterator[None]:
    """Let `open` without an encoding use the one it has in a new process: other tools change it in this one."""
    before = locale.setlocale(locale.LC_CTYPE)
    with contextlib.suppress(locale.Error):
        locale.setlocale(locale.LC_CTYPE, "")
    try:
        yield
    finally:
        locale.setlocale(locale.LC_CTYPE, before)


def refuse_paths(given: Sequence[str], request: Request, instead: str, subcommands: Sequence[str] = ()) -> None:
    """`_tool.refuse_paths`, and radon's name for standard input."""
    if set(request.paths) == {"-"}:
        raise ConfigError([f"check {request.check}: radon takes the path - for standard input; write ./-"])
    _tool.refuse_paths(given, request, instead, subcommands)


# --- radon's configuration ----------------------------------------------------------------------------------------


class _TolerantInterpolation(configparser.BasicInterpolation):
    """Takes a `%` in pyproject.toml, where it has no meaning, for a per cent sign."""

    def before_set(self, parser: Any, section: str, option: str, value: str) -> str:
        try:
            return super().before_set(parser, section, option, value)
        except ValueError:
            return value.replace("%", "%%")


class _TolerantParser(configparser.ConfigParser):
    def __init__(self) -> None:
        super().__init__(interpolation=_TolerantInterpolation())


def load_cli(check: str) -> ModuleType:
    """`radon.cli` as it is when imported in the current folder: it reads the configuration while it is imported.

    Raises:

        ConfigError: radon can not read its configuration; under its own command it would crash.
    """
    loaded = sys.modules.get("radon.cli")
    with (
        _locale_of_command_line(),
        _tool.silenced(),
        _tool.command_line("radon", []),
        _tool.replaced(configparser, "ConfigParser", _TolerantParser),
    ):
        try:
            return importlib.import_module("radon.cli") if loaded is None else importlib.reload(loaded)
        except ImportError:
            raise
        except Exception as error:
            problem = f"check {check}: radon can not read its configuration: {_explained(error)}"
    raise ConfigError([problem], "`radon` and `xenon` themselves crash on this.")


def _explained(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, configparser.DuplicateOptionError) and error.source == "<dict>":
        return f"pyproject.toml: [tool.{error.section}] has two keys {error.option!r} that differ only by case"
    if type(error).__name__ == "TOMLDecodeError":
        return f"pyproject.toml: {text}"
    if isinstance(error, configparser.Error) and not isinstance(error, configparser.InterpolationError):
        return text  # names the file
    return f"{text} ({type(error).__name__}, in {' or '.join(path for path, _ in _candidates())})"


VARIABLES = ("HOME", "RADONCFG", "RADONFILESENCODING", "LC_ALL", "LC_CTYPE", "LANG", "PYTHONUTF8")
"""What radon's answers depend on: names of files, and encodings in which it reads them."""


def config_candidates() -> list[str]:
    """Every file that radon reads for its configuration, there or not."""
    return [path for path, _ in _named()]


def config_sections() -> list[tuple[str, dict[str, str]]]:
    """The configuration files that radon finds in the current folder, and what each says in its section `[radon]`.

    In radon's order: a later one wins. `$RADONCFG`, `radon.cfg` and `~/.radon.cfg` are there even with no such section.
    """
    sections = [(path, section_of(Path(path))) for path, _ in _candidates()]
    always = {path for path, own in _candidates() if own}
    return [(path, section or {}) for path, section in sections if section is not None or path in always]


def _candidates() -> list[tuple[str, bool]]:
    """Those of `_named` that exist."""
    return [(path, own) for path, own in _named() if os.path.exists(path)]


def _named() -> list[tuple[str, bool]]:
    """Paths in radon's order, and whether each is a file for radon alone."""
    home = os.path.expanduser("~/.radon.cfg")
    named = [
        (os.environ.get("RADONCFG"), True),
        ("radon.cfg", True),
        ("pyproject.toml", False),
        ("setup.cfg", False),
        (home, True),
    ]
    return [(path, own) for path, own in named if path]


def section_of(path: Path) -> dict[str, str] | None:
    """What a configuration file says to radon, None if nothing or if it can not be read."""
    import tomllib

    try:
        if path.suffix == ".toml":
            section = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get("radon")
            return {str(key).lower(): str(value) for key, value in section.items()} if section is not None else None
        parser = configparser.RawConfigParser(strict=False)
        parser.read_string(path.read_text())
        return dict(parser["radon"]) if parser.has_section("radon") else None
    except (OSError, ValueError, AttributeError, configparser.Error):
        return None
