"""flake8: style, pyflakes, complexity and its plug-ins. Verified against flake8 7.5.0."""

from __future__ import annotations

import configparser
import contextlib
import dataclasses
import io
import linecache
import operator
import sys
import tokenize
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from qualitygate.adapters import _python, _tool
from qualitygate.plugin import (
    Adapter,
    Analysis,
    Argument,
    ConfigError,
    FileProblem,
    Policy,
    RawFinding,
    Request,
    Resolution,
    Severity,
    ToolError,
    Tree,
    honoured,
    refused,
    without_effect,
)

if TYPE_CHECKING:
    import argparse

    from flake8.checker import Results
    from flake8.plugins.finder import Plugins
    from flake8.style_guide import StyleGuideManager
    from flake8.violation import Violation

_PROJECT_FILES = ("setup.cfg", "tox.ini", ".flake8")
_LOCAL_PLUGINS = "flake8:local-plugins"
_NO_TEXT_ENCODING = "is not a text encoding; use codecs.open() to handle arbitrary codecs"
_OWN_DISTRIBUTIONS = frozenset({"flake8", "local", "mccabe", "pycodestyle", "pyflakes"})

#: Frames of the command down to the caller of `FileChecker.run_checks`: module, main, run, _run, run_checks,
#: Manager.run, run_serial and, before comprehensions were inlined in Python 3.12, its list comprehension.
_DEPTH = 7 if sys.version_info >= (3, 12) else 8


class _Collector:
    """Stands where flake8 has its formatter."""

    def __init__(self) -> None:
        self.violations: list[Violation] = []

    def handle(self, violation: Violation) -> None:
        """Keep what the style guide lets through."""
        self.violations.append(violation)


@dataclasses.dataclass(frozen=True)
class Options:
    """What one flake8 command works with."""

    plugins: Plugins
    namespace: argparse.Namespace
    guide: StyleGuideManager
    collector: _Collector


class Flake8Adapter(Adapter[Options]):
    """Each file through flake8's own `FileChecker` and style guide."""

    name = "flake8"
    distribution = "flake8"
    versions = ">=7.3,<8"
    modules = ("flake8.main.application", "flake8.plugins.pyflakes", "pycodestyle", "mccabe")
    default_args = ("--max-line-length=120",)
    default_policy = Policy()
    config_names = _PROJECT_FILES
    dependencies = ("pycodestyle", "pyflakes", "mccabe")
    plugin_groups = ("flake8.extension", "flake8.report")
    variables = ("HOME", "PYFLAKES_BUILTINS", "PYFLAKES_ERROR_UNKNOWN")
    file_local_plugins = frozenset({"radon"})  # its visitor gets the syntax tree and nothing else (radon 6.0.1)
    arguments: ClassVar[dict[str, Argument]] = {
        "filenames": refused("put paths into `paths`"),
        "--append-config": honoured("inside the project root"),
        "--benchmark": without_effect(),
        "--bug-report": refused("use `qualitygate doctor`"),
        "--builtins": honoured(),
        "--color": without_effect("use --color of qualitygate"),
        "--config": honoured("inside the project root"),
        "--count": without_effect(),
        "--disable-noqa": honoured(),
        "--doctests": honoured(),
        "--enable-extensions": honoured(),
        "--exclude": honoured(),
        "--exit-zero": refused("use `soft-fail`"),
        "--extend-exclude": honoured(),
        "--extend-ignore": honoured(),
        "--extend-select": honoured(),
        "--filename": honoured(),
        "--format": without_effect("reports are chosen with --report"),
        "--hang-closing": honoured(),
        "--help": refused("see flake8's own documentation"),
        "--ignore": honoured(),
        "--indent-size": honoured(),
        "--isolated": honoured(),
        "--jobs": without_effect("use --jobs of qualitygate"),
        "--max-complexity": honoured(),
        "--max-doc-length": honoured(),
        "--max-line-length": honoured(),
        "--no-show-source": without_effect(),
        "--output-file": refused("reports are written with --report FORMAT=FILE"),
        "--per-file-ignores": honoured(),
        "--quiet": without_effect(),
        "--require-plugins": honoured("`require-plugins` can also ask for versions"),
        "--select": honoured(),
        "--show-source": without_effect(),
        "--statistics": without_effect(),
        "--stdin-display-name": refused("standard input is not a file of the project; put paths into `paths`"),
        "--tee": without_effect(),
        "--verbose": without_effect(),
        "--version": refused("use `qualitygate doctor`"),
    }

    def native_config(self, root: Path, paths: Sequence[str]) -> str | None:
        """flake8 also searches upward of the root; a file found there is reported by `resolve`."""
        return next((name for name in _PROJECT_FILES if (root / name).is_file() and _has_section(root / name)), None)

    def config_candidates(self, request: Request, tree: Tree) -> Sequence[str]:
        """flake8 searches from the root upward."""
        return _tool.upward(request.root, _PROJECT_FILES)

    def by_hand(self, args: Sequence[str], extra: dict[str, tuple[str, ...]], paths: Sequence[str]) -> list[list[str]]:
        """One command."""
        return [["flake8", *args, *paths]]

    def resolve(self, request: Request, tree: Tree) -> Resolution[Options]:
        """flake8's `parse_args`, which also loads the plug-ins and hands them their options."""
        from flake8 import style_guide

        collector = _Collector()
        files: list[str] = []
        with _tool.silenced() as output, _explained(request, output):
            plugins, namespace = self._parse(request, files)
            guide = style_guide.StyleGuideManager(namespace, collector)
        _tool.refuse_paths(namespace.filenames, request, self.arguments["filenames"].note)
        described = [_tool.describe_config(request.root, path, request.check) for path in files]
        return Resolution(
            options=Options(plugins, namespace, guide, collector),
            config_files=tuple(name for name, _ in described),
            notes=tuple(note for _, notes in described for note in notes),
            plugins=_third_party(plugins),
            uncacheable="it imports plug-ins from the project" if _has_local_plugins(plugins) else "",
        )

    def _parse(self, request: Request, files: list[str]) -> tuple[Plugins, argparse.Namespace]:
        import flake8
        from flake8.options import config, parse_args

        def on_parsed(namespace: argparse.Namespace) -> None:
            if getattr(namespace, "filenames", None):  # flake8 also parses for its first options and for defaults
                _tool.refuse_paths(namespace.filenames, request, self.arguments["filenames"].note)

        with (
            _tool.classified(self.arguments, request.check, on_parsed, honoured("an option of a plug-in")),
            _tool.replaced(flake8, "configure_logging", lambda *args: None),
            _tool.replaced(config, "load_config", _guarded(config.load_config, request, files)),
        ):
            plugins, namespace = parse_args.parse_args([*request.args, *request.paths])
        namespace.verbose = 0  # pycodestyle would print
        return plugins, namespace

    def select(self, options: Options, tree: Tree) -> list[str]:
        """flake8's own search over the visible files."""
        from flake8 import discover_files

        namespace = options.namespace
        with _tool.walking(tree, discover_files):
            return list(
                discover_files.expand_paths(
                    paths=namespace.filenames,
                    stdin_display_name=namespace.stdin_display_name,
                    filename_patterns=namespace.filename,
                    exclude=(*namespace.exclude, *namespace.extend_exclude),
                )
            )

    def path_facts(self, options: Options, path: str) -> str:
        """Which entry of per-file-ignores applies, since flake8 compares them with absolute paths."""
        if not options.namespace.per_file_ignores:
            return ""
        guide = options.guide.style_guide_for(path)
        return "" if guide.filename is None else _tool.inside(guide.filename)

    def check(self, options: Options, path: str, data: bytes) -> Analysis:
        """All of flake8's checks; recursion that runs out in one of them becomes a problem of the file.

        Raises:

            ToolError: A plug-in raised an exception.
        """
        from flake8 import exceptions

        try:
            results = _run_checks(options, path, _lines(data))
        except LookupError as error:
            if not str(error).endswith(_NO_TEXT_ENCODING):
                raise
            return Analysis(problem=FileProblem(kind="encoding", message=str(error)))
        except RecursionError:
            return _too_deep()
        except MemoryError as error:
            if not _python.parser_overflowed(error):
                raise
            return _too_deep()
        except exceptions.PluginExecutionFailed as failed:
            return _after_failure(failed)
        except exceptions.PluginRequestedUnknownParameters as error:
            raise ToolError(f"flake8: {error}") from error
        with _line_cache(path, data):
            return Analysis(findings=_reported(options, path, results), problem=_unparsed(results))

    def unreadable(self, options: Options, path: str, error: OSError) -> tuple[RawFinding, ...]:
        """flake8's E902, in its own words, unless it is ignored."""
        same = OSError(error.errno, error.strerror, path)  # Python makes the subclass that belongs to the number
        with _line_cache(path, b""):
            return _reported(options, path, [("E902", 0, 0, f"{type(same).__name__}: {same}", None)])


def _has_section(path: Path) -> bool:
    """Whether flake8 takes *path* for its configuration (`flake8.options.config._find_config_file`, 7.5.0)."""
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="UTF-8")
    except (UnicodeDecodeError, configparser.ParsingError):
        return False
    except configparser.Error:
        return True  # flake8 fails on it, so it is not to be passed over
    return "flake8" in parser or _LOCAL_PLUGINS in parser


def _guarded(
    load: Callable[..., tuple[configparser.RawConfigParser, str]], request: Request, files: list[str]
) -> Callable[..., tuple[configparser.RawConfigParser, str]]:
    """flake8's `load_config` with our refusals; the files that it reads are added to *files*."""
    from flake8.options import config as flake8_config

    def load_config(
        config: str | None, extra: list[str], *, isolated: bool = False
    ) -> tuple[configparser.RawConfigParser, str]:
        for option, path in [("--config", config), *(("--append-config", path) for path in extra)]:
            if path is not None:
                _tool.require_inside(request.root, path, request.check, option)
        if not isolated:
            main = config or flake8_config._find_config_file(request.root)
            files.extend([main] if main else [])
            files.extend(extra)
        parser, folder = load(config, extra, isolated=isolated)
        if parser.has_section(_LOCAL_PLUGINS) and parser.options(_LOCAL_PLUGINS) and not request.allow_local_plugins:
            holder, _ = _tool.describe_config(request.root, _holder(files), request.check)
            raise ConfigError(
                [f"check {request.check}: [{_LOCAL_PLUGINS}] in {holder} imports code of the project"],
                "remove the section, install the plug-in as a package, or run with --allow-local-plugins",
            )
        return parser, folder

    return load_config


def _holder(files: list[str]) -> str:
    for path in files:
        parser = configparser.RawConfigParser()
        parser.read(path, encoding="UTF-8")
        if parser.has_section(_LOCAL_PLUGINS):
            return path
    return files[-1]


@contextlib.contextmanager
def _explained(request: Request, output: io.StringIO) -> Iterator[None]:
    """Tell what is wrong with the configuration from what is wrong with the installation."""
    from flake8 import exceptions

    try:
        yield
    except exceptions.FailedToLoadPlugin as error:
        raise ToolError(f"check {request.check}: {error}", "repair or remove that plug-in") from error
    except exceptions.ExecutionError as error:
        if str(error).startswith(("required plugins", "plugin code")):
            raise ToolError(f"check {request.check}: flake8 says: {error}") from None
        raise ConfigError([f"check {request.check}: flake8 refuses its configuration: {error}"]) from None
    except (SystemExit, ValueError, OSError, configparser.Error) as error:
        said = output.getvalue().strip() or str(error)
        raise ConfigError([f"check {request.check}: flake8 refuses its configuration: {said}"]) from None


def _third_party(plugins: Plugins) -> tuple[str, ...]:
    from packaging.utils import canonicalize_name

    found = {(loaded.plugin.package, loaded.plugin.version) for loaded in plugins.all_plugins()}
    return tuple(
        sorted(f"{name} {version}" for name, version in found if canonicalize_name(name) not in _OWN_DISTRIBUTIONS)
    )


def _has_local_plugins(plugins: Plugins) -> bool:
    return any(loaded.plugin.package == "local" for loaded in plugins.all_plugins())


def _lines(data: bytes) -> list[str]:
    """The text as `FileProcessor.read_lines_from_filename` (flake8 7.5.0) decodes it."""
    try:
        return _strict_lines(data)
    except (SyntaxError, UnicodeError):
        return io.TextIOWrapper(io.BytesIO(data), "latin-1").readlines()


def _strict_lines(data: bytes) -> list[str]:
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    return io.TextIOWrapper(io.BytesIO(data), encoding).readlines()


def _run_checks(options: Options, path: str, lines: list[str]) -> Results:
    from flake8.checker import FileChecker
    from flake8.processor import FileProcessor

    from qualitygate.adapters import _flake8_checker

    plugins, namespace = options.plugins.checkers, options.namespace
    with (
        _tool.replaced(FileProcessor, "read_lines", lambda self: lines),
        _tool.stack_like_command_line(_DEPTH),
    ):
        if _flake8_checker.applies(plugins):
            checker = _flake8_checker.Checker(filename=path, plugins=plugins, options=namespace, lines=lines)
        else:
            checker = FileChecker(filename=path, plugins=plugins, options=namespace)
        results: Results = checker.run_checks()[1]
    return results


def _after_failure(failed: Any) -> Analysis:
    """A plug-in raised: lack of stack is the file's problem, all else is the plug-in's."""
    cause = failed.original_exception
    if isinstance(cause, RecursionError):
        return _too_deep()
    if isinstance(cause, MemoryError):
        raise cause
    raise ToolError(
        f"flake8: plug-in {failed.plugin_name} failed on {failed.filename}: {cause!r}",
        "report this to the authors of the plug-in; until it is repaired, remove the plug-in or exclude the file",
    ) from cause


def _unparsed(results: Results) -> FileProblem | None:
    """The problem of a file that Python can not parse, on which flake8 runs only some of its checks.

    Also where the finding that says so is ignored: what was not analysed must not look clean.
    """
    for code, line, _, text, _ in results:
        if code in ("E999", "E902"):
            return FileProblem(kind="syntax", message=f"{text} (line {line})", rule=code)
    return None


def _too_deep() -> Analysis:
    return Analysis(problem=FileProblem(kind="too-deep", message="nested too deeply: Python's recursion limit reached"))


@contextlib.contextmanager
def _line_cache(path: str, data: bytes) -> Iterator[None]:
    """Let flake8 find *data* where it asks `linecache` for a line, as it does where tokenizing failed."""
    try:
        lines = _strict_lines(data)
    except (SyntaxError, UnicodeError, LookupError):
        lines = []  # as linecache does
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    linecache.cache[path] = (len(data), None, lines, path)
    try:
        yield
    finally:
        linecache.cache.pop(path, None)


def _reported(options: Options, path: str, results: Results) -> tuple[RawFinding, ...]:
    """What is left after select, ignore, per-file-ignores and noqa, in flake8's order (`checker.Manager.report`)."""
    violations = options.collector.violations
    violations.clear()
    results.sort(key=operator.itemgetter(1, 2))
    for code, line, column, text, physical_line in results:
        options.guide.handle_error(code, path, line, column, text, physical_line)
    return tuple(_finding(violation) for violation in violations)


def _finding(violation: Violation) -> RawFinding:
    line = violation.line_number or None
    return RawFinding(
        rule=violation.code,
        message=violation.text,
        severity=_severity(violation.code),
        line=line,
        column=None if line is None else violation.column_number,
    )


def _severity(code: str) -> Severity:
    if code.startswith("E9") or (code.startswith("F") and code[1:2].isdigit()):
        return Severity.HIGH  # F and a digit is pyflakes; F and a letter is a plug-in's
    return Severity.MEDIUM if code.startswith("C9") else Severity.LOW
