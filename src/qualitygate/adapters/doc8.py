"""doc8: style and validity of reStructuredText. Verified against doc8 2.0.0 with docutils 0.21.2.

The command checks all files in one process, in which docutils remembers things from file to file, such as the roles
that a file defines. Here each file gets what the files before it would have left (`_docutils.History`), whichever
worker checks it. "Before" is the order of `Adapter.select`, in which the entries of a folder are sorted; the command
takes them as the file system lists them. A path that is given twice is checked as at its first place.
"""

from __future__ import annotations

import collections
import configparser
import dataclasses
import os
import tomllib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from qualitygate.adapters import _doc8_shortcuts, _docutils, _tool, _tree_glob
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

Config = dict[str, Any]
"""What doc8 calls `cfg`: arguments and configuration file, merged by doc8."""
Error = tuple[str, str, int | float | str, str, str]
"""Check, file, line or `?`, rule, message, as `doc8.main.Result` collects them."""

_CONFIG_FILES = ("doc8.ini", ".config/doc8.ini", "tox.ini", "pep8.ini", "setup.cfg", "pyproject.toml")
_INI_KEYS = frozenset(
    "max-line-length ignore ignore-path ignore-path-errors allow-long-titles sphinx verbose file-encoding "
    "default-extension extensions".split()
)
_TYPES = {"max_line_length": int, "file_encoding": str, "default_extension": str, "paths": list}
"""pyproject.toml is taken as it is; with another type doc8 ends in a traceback."""
_PLUGINS = "doc8.extension.check"
_FRAMES_OF_COMMAND = 3
"""Depth of the stack where the command calls `validate`: the script, `main`, `doc8`."""


@dataclasses.dataclass(frozen=True)
class Options:
    """Configuration of one doc8 command."""

    check: str
    cfg: Config
    history: _docutils.History


class Doc8Adapter(Adapter[Options]):
    """Each file that doc8 would visit, through `doc8.main.validate`."""

    name = "doc8"
    distribution = "doc8"
    versions = ">=2,<3"
    modules = ("doc8.main",)
    default_args = ("--max-line-length=100",)
    default_policy = Policy(soft_fail=UNCONFIGURED)
    config_names = tuple(path.rpartition("/")[2] for path in _CONFIG_FILES)
    dependencies = ("docutils", "Pygments", "restructuredtext-lint", "stevedore", "pillow")
    plugin_groups = (_PLUGINS, "pygments.lexers")
    variables = ("HOME", "DOCUTILSCONFIG")
    has_context = True
    arguments: ClassVar[dict[str, Argument]] = {
        "paths": refused("put paths into `paths`"),
        "--config": honoured("inside the project root"),
        "--allow-long-titles": honoured(),
        "--ignore": honoured(),
        "--no-sphinx": honoured(),
        "--ignore-path": honoured(),
        "--ignore-path-errors": honoured("doc8 compares absolute paths, so it works for absolute `paths` only"),
        "--default-extension": honoured(),
        "--file-encoding": honoured(),
        "--max-line-length": honoured("doc8 prefers the value of its configuration file"),
        "--extension": honoured(),
        "--quiet": without_effect("see --quiet of `qualitygate check`"),
        "--verbose": without_effect("see --verbose of `qualitygate check`"),
        "--version": refused("use `qualitygate doctor`"),
        "--help": refused("see doc8's own documentation"),
    }

    def native_config(self, root: Path, paths: Sequence[str]) -> str | None:
        """The first of doc8's files that holds settings for it; one that can not be read counts."""
        return next((name for name in _CONFIG_FILES if (root / name).is_file() and _configures(root / name)), None)

    def config_candidates(self, request: Request, tree: Tree) -> Sequence[str]:
        """doc8's own files in the root, and those of docutils."""
        return [*_CONFIG_FILES, *_docutils.config_candidates()]

    def by_hand(self, args: Sequence[str], extra: dict[str, tuple[str, ...]], paths: Sequence[str]) -> list[list[str]]:
        """One command."""
        return [["doc8", *args, *paths]]

    def resolve(self, request: Request, tree: Tree) -> Resolution[Options]:
        """Run doc8's `main` up to the point where it would list files, and load its plug-ins."""
        with _tool.silenced():
            cfg, config_file = self._configuration(request)
            notes = _notes(request, cfg, config_file)
            docutils_files, docutils_notes = _docutils.configuration(request)
            plugins = _load_plugins(request, cfg)
            shortcuts = _doc8_shortcuts.Shortcuts()
            history = _docutils.History(
                request.check,
                find=lambda: [path for path in _find_files(request.check, cfg, tree) if _parses(cfg, path)],
                read=lambda path, data: _read(cfg, shortcuts, path, data),
            )
        return Resolution(
            options=Options(request.check, cfg, history),
            config_files=(*config_file, *docutils_files),
            notes=(*notes, *docutils_notes),
            plugins=plugins,
        )

    def _configuration(self, request: Request) -> tuple[Config, dict[str, Config]]:
        """doc8's merged configuration, and what the file that is in effect gave to it."""
        from doc8 import main

        read: dict[str, Config] = {}

        def on_parsed(namespace: argparse.Namespace) -> None:
            # Without a path doc8 takes the current folder.
            default = namespace.paths == [os.getcwd()] and tuple(namespace.paths) != request.paths
            _tool.refuse_paths([] if default else namespace.paths, request, self.arguments["paths"].note)
            _require_config_files(request, namespace.config)

        try:
            with (
                _tool.command_line("doc8", [*request.args, *request.paths]),
                _tool.classified(self.arguments, request.check, on_parsed),
                _tool.replaced(main, "setup_logging", lambda verbose: None),
                _tool.replaced(main, "from_ini", _recording(main.from_ini, read)),
                _tool.replaced(main, "from_toml", _recording(main.from_toml, read)),
                _tool.stopping_at(main, "scan"),
            ):
                main.main()
        except _tool.Stopped as stopped:
            cfg: Config = stopped.call_args[0]
        except ConfigError:
            raise
        except Exception as error:
            # Whatever comes out of reading the configuration would end the command with a traceback.
            where = next(reversed(read), "its arguments")
            said = f"{type(error).__name__}: {error}"
            raise ConfigError([f"check {request.check}: doc8 can not read {where}: {said}"]) from None
        _require_usable(request, cfg)
        cfg.update(quiet=True, verbose=False)
        return cfg, {path: given for path, given in read.items() if given}

    def select(self, options: Options, tree: Tree) -> list[str]:
        """doc8's own search over the visible files, without the ignored ones."""
        return _find_files(options.check, options.cfg, tree)

    def check(self, options: Options, path: str, data: bytes) -> Analysis:
        """`doc8.main.validate` on one file, in the state that the files before it leave."""
        return options.history.answer(path, data)

    def context(self, options: Options, paths: Sequence[str]) -> list[str]:
        """What docutils remembers of the files before: see `_docutils.History.contexts`."""
        return options.history.contexts(paths)


def _read(cfg: Config, shortcuts: _doc8_shortcuts.Shortcuts, path: str, data: bytes) -> Analysis:
    """`validate` on one file; what would end the command with a traceback becomes a problem of the file."""
    from doc8 import main
    from docutils.utils import SystemMessage

    result = main.Result()
    result.capture = True
    file = _parsed_file(cfg, path, data)
    problem = None
    with _tool.silenced(), _docutils.offline(), _docutils.files_asked_for() as asked, shortcuts.taken():
        try:
            with _tool.stack_like_command_line(_FRAMES_OF_COMMAND):
                main.validate(cfg, collections.deque([file]), result=result)
        except UnicodeError as error:
            problem = FileProblem(kind="encoding", message=str(error))
        except RecursionError:
            problem = FileProblem(kind="too-deep", message="nested too deeply for docutils")
        except SystemMessage as error:
            problem = FileProblem(kind="tool", message=f"docutils stopped at the halt_level of docutils.conf: {error}")
        except _docutils.NetworkUse as error:
            problem = FileProblem(kind="refused", message=str(error))
    return Analysis(findings=tuple(map(_finding, result.errors)), problem=problem, depends=tuple(sorted(asked.items())))


def _parses(cfg: Config, path: str) -> bool:
    """Whether doc8 gives the file to docutils."""
    from doc8 import checks

    extension = os.path.splitext(path)[1] or cfg["default_extension"]
    return checks.CheckValidity.EXT_MATCHER.match(extension) is not None


def _parsed_file(cfg: Config, path: str, data: bytes) -> object:
    """doc8's own file object, which would otherwise read the file itself."""
    from doc8.parser import ParsedFile

    file = ParsedFile(path, encoding=cfg["file_encoding"], default_extension=cfg["default_extension"])
    file._raw_content = data
    file._lines = data.splitlines(True)
    file._has_read = True
    return file


def _find_files(check: str, cfg: Config, tree: Tree) -> list[str]:
    from doc8 import utils

    outside = [path for path in cfg["paths"] if tree.relative(path) is None]
    if outside:
        raise ConfigError([f"check {check}: doc8 is given {path}, outside of the project root" for path in outside])
    try:
        with _tool.walking(tree, utils), _tool.replaced(utils, "glob", _tree_glob.TreeGlob(tree)):
            found = list(utils.find_files(cfg["paths"], cfg["extension"], cfg["ignore_path"]))
    except OSError as error:
        raise ConfigError([f"check {check}: doc8 refuses its paths: {error}"]) from None
    return [path for path, ignored in found if not ignored]


def _finding(error: Error) -> RawFinding:
    _, _, line, rule, message = error
    return RawFinding(
        rule=rule,
        message=str(message),
        severity=Severity.MEDIUM if rule == "D000" else Severity.LOW,
        line=None if isinstance(line, str) else int(line),
    )


def _configures(path: Path) -> bool:
    """Whether doc8 finds a setting in this file, or can not read it."""
    try:
        if path.suffix == ".toml":
            return bool(tomllib.loads(path.read_text("utf-8")).get("tool", {}).get("doc8"))
        parser = configparser.RawConfigParser()
        parser.read_string(path.read_text("utf-8"))
    except (OSError, ValueError, configparser.Error):
        return True
    return parser.has_section("doc8") and not _INI_KEYS.isdisjoint(parser.options("doc8"))


def _recording(read: Callable[[str], Config], into: dict[str, Config]) -> Callable[[str], Config]:
    """*read*, noting the file and a copy of what it gave, which doc8 takes apart later."""

    def recorded(path: str) -> Config:
        into[path] = {}
        cfg = read(path)
        into[path] = dict(cfg)
        return cfg

    return recorded


def _require_config_files(request: Request, paths: Sequence[str]) -> None:
    """doc8 prints a remark about a file that is missing, none about one of another type, and goes on without it."""
    for path in paths:
        _tool.require_inside(request.root, path, request.check, "--config", must_exist=True)
        if not path.endswith((".ini", ".cfg", ".toml")):
            raise ConfigError([f"check {request.check}: --config names {path}; doc8 reads .ini, .cfg and .toml"])


def _require_usable(request: Request, cfg: Config) -> None:
    problems = [
        f"check {request.check}: doc8's {key.replace('_', '-')} is {cfg[key]!r}, which is no {expected.__name__}"
        for key, expected in _TYPES.items()
        if not isinstance(cfg[key], expected)
    ]
    if not problems:
        try:
            str(b"x", cfg["file_encoding"] or "utf-8")
        except UnicodeError:
            pass
        except LookupError as error:
            problems.append(f"check {request.check}: doc8's file-encoding: {error}")
    if problems:
        raise ConfigError(problems)


def _notes(request: Request, cfg: Config, config_file: dict[str, Config]) -> list[str]:
    """Where the configuration file in effect does something else than it seems to say."""
    notes: list[str] = []
    for name, given in config_file.items():
        for key in ("ignore", "ignore_path", "extension"):
            if isinstance(given.get(key), str):
                word = key.replace("_", "-")
                notes.append(f"check {request.check}: doc8 takes the string of {word} in {name} apart; write a list")
        if tuple(cfg["paths"]) != request.paths:
            notes.append(f"check {request.check}: doc8 takes its paths from {name}: {', '.join(cfg['paths'])}")
    return notes


def _load_plugins(request: Request, cfg: Config) -> tuple[str, ...]:
    """Load the installed plug-ins as doc8 will for each file, which goes on without those that fail."""
    import importlib.metadata

    from stevedore.extension import ExtensionManager

    failures: list[str] = []

    def on_failure(manager: object, point: Any, error: BaseException) -> None:
        failures.append(f"{point.name} ({point.value}): {type(error).__name__}: {error}")

    try:
        ExtensionManager(
            namespace=_PLUGINS, invoke_on_load=True, invoke_args=(cfg.copy(),), on_load_failure_callback=on_failure
        )
    except Exception as error:
        failures.append(f"{type(error).__name__}: {error}")
    if failures:
        raise ToolError(
            f"check {request.check}: doc8 plug-ins can not be loaded: {'; '.join(failures)}",
            "Repair or uninstall them.",
        )
    points = importlib.metadata.entry_points(group=_PLUGINS)
    return tuple(sorted({f"{point.dist.name} {point.dist.version}" for point in points if point.dist}))
