"""bandit: common security problems in Python code. Verified against bandit 1.9.4."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import logging
import tokenize
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from qualitygate.adapters import _python, _tool
from qualitygate.plugin import (
    UNCONFIGURED,
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

    from bandit.core.issue import Issue
    from bandit.core.manager import BanditManager

#: Frames of the command down to the caller of `BanditManager._execute_ast_visitor`: module, main, run_tests,
#: _parse_file.
_DEPTH = 4

#: Frames that the quick visit has less than the command, so that what it can do the command can do, too.
_MARGIN = 100

_PLUGIN_GROUPS = ("bandit.plugins", "bandit.blacklists")

#: Keys of a `.bandit` file that write or read reports, with what to use instead (`bandit.cli.main`, 1.9.4).
_REFUSED_KEYS = {"output": "--output", "baseline": "--baseline"}

#: Rules whose column is a number of characters from 1 (`bandit.plugins.trojansource`); all others give bytes from 0.
_CHARACTER_COLUMNS = frozenset({"B613"})

_SEVERITIES = {"LOW": Severity.LOW, "MEDIUM": Severity.MEDIUM, "HIGH": Severity.HIGH}


@dataclasses.dataclass(frozen=True)
class Options:
    """What one bandit command works with."""

    manager: BanditManager
    targets: tuple[str, ...]
    excluded_paths: str
    exclude_dirs: tuple[str, ...] | None
    """As configured: each discovery adds to the manager's own list."""
    severity: str
    confidence: str


class BanditAdapter(Adapter[Options]):
    """Each file through the `BanditManager` that bandit's own command line makes."""

    name = "bandit"
    distribution = "bandit"
    versions = ">=1.9,<2"
    modules = ("bandit.cli.main",)
    default_args = ("-s", "B101")
    default_policy = Policy(soft_fail=UNCONFIGURED)
    config_names = (".bandit",)
    dependencies = ("stevedore", "PyYAML")
    plugin_groups = (*_PLUGIN_GROUPS, "bandit.formatters")
    variables = ("HOME",)
    arguments: ClassVar[dict[str, Argument]] = {
        "targets": refused("put paths into `paths`"),
        "--aggregate": without_effect(),
        "--baseline": refused("use `max-findings` or `soft-fail`"),
        "--confidence": honoured(),
        "--confidence-level": honoured(),
        "--configfile": honoured("inside the project root"),
        "--debug": without_effect(),
        "--exclude": honoured(),
        "--exit-zero": refused("use `soft-fail`"),
        "--format": without_effect("reports are chosen with --report"),
        "--help": refused("see bandit's own documentation"),
        "--ignore-nosec": honoured(),
        "--ini": honoured("inside the project root"),
        "--level": honoured(),
        "--msg-template": without_effect("reports are chosen with --report"),
        "--number": without_effect(),
        "--output": refused("reports are written with --report FORMAT=FILE"),
        "--profile": honoured(),
        "--recursive": without_effect("folders are always searched"),
        "--severity-level": honoured(),
        "--silent": without_effect(),
        "--skip": honoured(),
        "--tests": honoured(),
        "--verbose": without_effect(),
        "--version": refused("use `qualitygate doctor`"),
    }

    def native_config(self, root: Path, paths: Sequence[str]) -> str | None:
        """bandit searches all folders below the paths; here only their tops and the root are looked at."""
        places = dict.fromkeys(Path(path, ".bandit").as_posix() for path in (".", *paths))
        return next((place for place in places if (root / place).is_file()), None)

    def config_candidates(self, request: Request, tree: Tree) -> Sequence[str]:
        """bandit searches all folders below the paths."""
        return [path for path in tree.files if path.endswith(".bandit") and path.rpartition("/")[2] == ".bandit"]

    def by_hand(self, args: Sequence[str], extra: dict[str, tuple[str, ...]], paths: Sequence[str]) -> list[list[str]]:
        """One command."""
        return [["bandit", "-r", *args, *paths]]

    def resolve(self, request: Request, tree: Tree) -> Resolution[Options]:
        """Run bandit's `main` up to the point where it would look for files."""
        _check_loaded(request.check)
        files: list[str] = []
        with _tool.silenced() as output, _explained(request, output) as log:
            namespace, manager, excluded_paths = self._main(request, tree, files)
        if namespace.config_file is not None:
            files.append(_tool.require_inside(request.root, namespace.config_file, request.check, "--configfile"))
        return Resolution(
            options=_options(request, manager, namespace, excluded_paths),
            config_files=tuple(files),
            notes=tuple(f"check {request.check}: bandit says: {text}" for text in log.warnings),
            plugins=_third_party(),
        )

    def _main(self, request: Request, tree: Tree, files: list[str]) -> tuple[argparse.Namespace, BanditManager, str]:
        from bandit.cli import main

        namespaces: list[argparse.Namespace] = []

        def on_parsed(namespace: argparse.Namespace) -> None:
            _tool.refuse_paths(namespace.targets, request, self.arguments["targets"].note)
            namespaces.append(namespace)

        try:
            with (
                _tool.classified(self.arguments, request.check, on_parsed),
                _tool.command_line("bandit", ["-r", *request.args, *request.paths]),
                _tool.walking(tree, main),
                _tool.replaced(main, "_init_logger", lambda *args, **kwargs: None),
                _tool.replaced(main.utils, "parse_ini_file", _guarded(main.utils.parse_ini_file, request, files)),
                _tool.stopping_at(main.b_manager.BanditManager, "discover_files"),
            ):
                main.main()
        except _tool.Stopped as stopped:
            manager, _, _, excluded_paths = stopped.call_args
            return namespaces[-1], manager, excluded_paths
        raise ToolError(f"check {request.check}: bandit ended before it looked for files")

    def select(self, options: Options, tree: Tree) -> list[str]:
        """bandit's own search over the visible files."""
        from bandit.core import manager as bandit_manager

        manager = options.manager
        if options.exclude_dirs is not None:
            manager.b_conf.config["exclude_dirs"] = list(options.exclude_dirs)
        with _tool.walking(tree, bandit_manager):
            manager.discover_files(options.targets, True, options.excluded_paths)
        return list(manager.files_list)

    def check(self, options: Options, path: str, data: bytes) -> Analysis:
        """What `BanditManager._parse_file` does, without its habit of giving files up in silence.

        Raises:

            ToolError: One of bandit's tests raised an exception, which bandit itself only logs.
        """
        from bandit.core import tester

        manager = options.manager
        manager.results = []
        manager.metrics = type(manager.metrics)()
        manager.metrics.begin(path)
        crashes = _Crashes()
        with _tool.replaced(tester.BanditTester, "report_error", crashes):
            try:
                _visit(manager, path, data, crashes)
            except Exception as error:
                problem: FileProblem | None = _given_up(error, data)
            else:
                problem = _judged(crashes, path)
        columns = _python.Columns(data)
        issues = [issue for issue in manager.results if issue.filter(options.severity, options.confidence)]
        return Analysis(findings=tuple(_finding(issue, columns) for issue in issues), problem=problem)


class _Log(logging.Handler):
    """Keeps what bandit logs."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.warnings: list[str] = []
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Sort by level."""
        (self.errors if record.levelno >= logging.ERROR else self.warnings).append(record.getMessage())


@contextlib.contextmanager
def _explained(request: Request, output: io.StringIO) -> Iterator[_Log]:
    """Turn the command's exits and tracebacks into the error that they are: a configuration that is wrong."""
    log = _Log()
    root = logging.getLogger()
    root.addHandler(log)
    try:
        yield log
    except SystemExit:
        raise _wrong(request, "\n".join(log.errors) or output.getvalue().strip()) from None
    except (ConfigError, ToolError, MemoryError):
        raise
    except Exception as error:
        raise _wrong(request, f"{type(error).__name__}: {error}") from error
    finally:
        root.removeHandler(log)


def _wrong(request: Request, said: str) -> ConfigError:
    return ConfigError([f"check {request.check}: bandit refuses its configuration: {said}"])


def _check_loaded(check: str) -> None:
    """bandit goes on without a plug-in that can not be imported; the gate does not."""
    from bandit.core.extension_loader import MANAGER

    for extensions in (MANAGER.plugins_mgr, MANAGER.blacklists_mgr):
        lost = sorted({point.name for point in extensions.list_entry_points()} - set(extensions.names()))
        if lost:
            raise ToolError(
                f"check {check}: bandit can not load the plug-ins {', '.join(lost)}",
                "`bandit --help` shows why; repair or remove the package they come from",
            )


def _third_party() -> tuple[str, ...]:
    import importlib.metadata

    points = [point for group in _PLUGIN_GROUPS for point in importlib.metadata.entry_points(group=group)]
    found = {(point.dist.name, point.dist.version) for point in points if point.dist is not None}
    return tuple(sorted(f"{name} {version}" for name, version in found if name != "bandit"))


def _guarded(
    parse: Callable[[str], dict[str, str] | None], request: Request, files: list[str]
) -> Callable[[str], dict[str, str] | None]:
    """bandit's `parse_ini_file` with our refusals; the file that it reads is added to *files*."""

    def parse_ini_file(path: str) -> dict[str, str] | None:
        name = _tool.require_inside(request.root, path, request.check, "--ini")
        files.append(name)
        values = parse(path)
        for key, option in _REFUSED_KEYS.items():
            if (values or {}).get(key):
                note = BanditAdapter.arguments[option].note
                raise ConfigError([f"check {request.check}: the key {key} in {name} is refused: {note}"])
        return values

    return parse_ini_file


def _options(request: Request, manager: Any, namespace: argparse.Namespace, excluded_paths: str) -> Options:
    """The parts of the command that come after the search for files, as `bandit.cli.main` has them.

    Raises:

        ConfigError: bandit would end there with a message or a traceback.
    """
    if not manager.b_ts.tests:
        raise _wrong(request, "No tests would be run, please check the profile.")
    _require_texts(request, manager, "include")
    _require_texts(request, manager, "exclude_dirs")
    exclude_dirs = manager.b_conf.get_option("exclude_dirs")
    manager.debug = False  # it would only make bandit print
    return Options(
        manager=manager,
        targets=request.paths,
        excluded_paths=excluded_paths,
        exclude_dirs=tuple(exclude_dirs) if exclude_dirs else None,
        severity=_level(request, "severity", namespace.severity),
        confidence=_level(request, "confidence", namespace.confidence),
    )


def _require_texts(request: Request, manager: Any, key: str) -> None:
    value = manager.b_conf.get_option(key) or []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise _wrong(request, f"{key} is not a list of texts: {value!r}")


def _level(request: Request, what: str, value: object) -> str:
    """bandit's word for a level given as a number from 1; a `.bandit` file gives a text, on which bandit fails."""
    from bandit.core import constants

    if not isinstance(value, int) or value > len(constants.RANKING):
        raise _wrong(request, f"no {what} level: {value!r}")
    return str(constants.RANKING[value - 1])


def _visit(manager: Any, path: str, data: bytes, crashes: _Crashes) -> None:
    if _visited_quickly(manager, path, data, crashes):
        return
    stream = io.BytesIO(data)
    nosec_lines = {} if manager.ignore_nosec else _nosec_lines(stream)
    with _tool.stack_like_command_line(_DEPTH):
        manager._execute_ast_visitor(path, stream, data, nosec_lines)


def _visited_quickly(manager: Any, path: str, data: bytes, crashes: _Crashes) -> bool:
    """Whether the file could be done without the steps that find nothing; if not, nothing has happened."""
    from qualitygate.adapters import _bandit_visitor

    if not _bandit_visitor.applies(manager.b_ts, manager.debug):
        return False
    quiet = manager.ignore_nosec or _bandit_visitor.without_nosec(data)
    try:
        visitor = _bandit_visitor.Visitor(path, data, manager, {} if quiet else _nosec_lines(io.BytesIO(data)))
        with _tool.stack_like_command_line(_DEPTH + _MARGIN):
            visitor.process(data)
    except Exception:  # whatever it was, it shows again
        crashes.found.clear()
        return False
    if crashes.found:
        crashes.found.clear()
        return False
    manager.results.extend(visitor.tester.results)
    return True


def _nosec_lines(stream: io.BytesIO) -> dict[int, Any]:
    """Line -> tests that a comment switches off there, as `BanditManager._parse_file` (1.9.4) collects them."""
    from bandit.core import manager as bandit_manager

    found: dict[int, Any] = {}
    try:
        for token in tokenize.tokenize(stream.readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = bandit_manager._parse_nosec_comment(token.string)
    except tokenize.TokenError:
        pass
    return found


class _Crashes:
    """Stands in for `BanditTester`'s report of an exception in one of its tests, which only logs it."""

    def __init__(self) -> None:
        self.found: list[tuple[str, Any, BaseException]] = []

    def __call__(self, test: str, context: Any, error: BaseException) -> None:
        """Keep name of the test, place and exception."""
        self.found.append((test, context, error))


def _judged(crashes: _Crashes, path: str) -> FileProblem | None:
    """Lack of stack, or of an encoding, in a test is the file's problem, anything else is the tool's."""
    problem = None
    for test, context, error in crashes.found:
        if isinstance(error, RecursionError):
            problem = _too_deep()
        elif isinstance(error, UnicodeError):
            problem = FileProblem(kind="encoding", message=f"{test}: {getattr(error, 'reason', error)}")
        elif isinstance(error, MemoryError):
            raise error
        else:
            line = context._context.get("lineno")
            raise ToolError(
                f"bandit: the test {test} failed on {path}, line {line}: {error!r}",
                "until the test is repaired, skip it (-s) or exclude the file",
            ) from error
    return problem


def _given_up(error: Exception, data: bytes) -> FileProblem:
    """The problem of a file that bandit would only list as skipped; re-raises what is not the file's fault."""
    if isinstance(error, RecursionError) or (isinstance(error, MemoryError) and _python.parser_overflowed(error)):
        return _too_deep()
    if b"\0" in data and isinstance(error, (SyntaxError, ValueError)):
        return FileProblem(kind="nul", message=str(error))
    if _python.decode(data) is None and isinstance(error, (SyntaxError, ValueError, LookupError)):
        return FileProblem(kind="encoding", message=str(error))
    if isinstance(error, SyntaxError):
        return FileProblem(kind="syntax", message=f"{error.msg} (line {error.lineno})")
    raise error


def _too_deep() -> FileProblem:
    return FileProblem(kind="too-deep", message="nested too deeply: Python's recursion limit reached")


def _finding(issue: Issue, columns: _python.Columns) -> RawFinding:
    """Ends are given for findings on one line only: of others bandit keeps no line that belongs to the end's column."""
    from bandit.core import docs_utils

    line = issue.lineno or None
    column = end_column = None
    if line is not None:
        in_characters = issue.test_id in _CHARACTER_COLUMNS
        column = issue.col_offset if in_characters else columns.column(line, issue.col_offset)
        if not in_characters and list(issue.linerange) == [line] and issue.end_col_offset > issue.col_offset:
            end_column = columns.column(line, issue.end_col_offset)
    return RawFinding(
        rule=issue.test_id,
        message=issue.text,
        severity=_SEVERITIES.get(issue.severity, Severity.LOW),
        line=line,
        column=column,
        end_line=None if end_column is None else line,
        end_column=end_column,
        url=docs_utils.get_url(issue.test_id),
    )
