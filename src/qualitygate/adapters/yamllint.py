"""yamllint: style and syntax of YAML files. Verified against yamllint 1.38.0 and 1.37.0."""

from __future__ import annotations

import contextlib
import dataclasses
import locale
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, ClassVar

from qualitygate.adapters import _tool
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
    Tree,
    honoured,
    refused,
    without_effect,
)

if TYPE_CHECKING:
    import argparse

    from yamllint.config import YamlLintConfig
    from yamllint.linter import LintProblem

_PROJECT_FILES = (".yamllint", ".yamllint.yaml", ".yamllint.yml")
_RULE_PAGE = "https://yamllint.readthedocs.io/en/stable/rules.html#module-yamllint.rules."


@dataclasses.dataclass(frozen=True)
class Options:
    """Configuration of one yamllint command."""

    conf: YamlLintConfig
    paths: tuple[str, ...]
    strict: bool
    no_warnings: bool


class YamllintAdapter(Adapter[Options]):
    """Each file that yamllint would lint, through `yamllint.linter.run`."""

    name = "yamllint"
    distribution = "yamllint"
    versions = ">=1.37,<2"
    modules = ("yamllint.cli",)
    default_policy = Policy(soft_fail=UNCONFIGURED)
    config_names = _PROJECT_FILES
    dependencies = ("PyYAML", "pathspec")
    variables = ("HOME", "XDG_CONFIG_HOME", "YAMLLINT_CONFIG_FILE", "YAMLLINT_FILE_ENCODING")
    arguments: ClassVar[dict[str, Argument]] = {
        "files": refused("put paths into `paths`"),
        "-": refused("standard input is not a file of the project; put paths into `paths`"),
        "--config-file": honoured("inside the project root"),
        "--config-data": honoured(),
        "--strict": honoured("warnings count: they become severity low"),
        "--no-warnings": honoured(),
        "--list-files": refused("use `qualitygate files --check yamllint`"),
        "--format": without_effect("reports are chosen with --report"),
        "--version": refused("use `qualitygate doctor`"),
        "--help": refused("see yamllint's own documentation"),
    }

    def native_config(self, root: Path, paths: Sequence[str]) -> str | None:
        """yamllint also searches upward of the root; a file found there is reported by `resolve`."""
        return next((name for name in _PROJECT_FILES if (root / name).is_file()), None)

    def config_candidates(self, request: Request, tree: Tree) -> Sequence[str]:
        """yamllint searches from the root upward, and then for a file of the user's."""
        home = os.environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
        named = os.environ.get("YAMLLINT_CONFIG_FILE")
        own = [os.path.join(home, "yamllint", "config"), *([os.path.expanduser(named)] if named else [])]
        return [*_tool.upward(request.root, _PROJECT_FILES), *own]

    def by_hand(self, args: Sequence[str], extra: dict[str, tuple[str, ...]], paths: Sequence[str]) -> list[list[str]]:
        """One command."""
        return [["yamllint", *args, *paths]]

    def resolve(self, request: Request, tree: Tree) -> Resolution[Options]:
        """Run yamllint's `cli.run` up to the point where it would list files."""
        from yamllint import cli

        parsed: list[argparse.Namespace] = []

        def on_parsed(namespace: argparse.Namespace) -> None:
            _tool.refuse_paths(namespace.files, request, self.arguments["files"].note)
            config = namespace.config_file
            if config is not None:
                _tool.require_inside(request.root, config, request.check, "--config-file", must_exist=True)
            parsed.append(namespace)

        with _collation(None), _files_read() as files, _tool.silenced() as output:
            try:
                with (
                    _tool.classified(self.arguments, request.check, on_parsed),
                    _tool.stopping_at(cli, "find_files_recursively"),
                ):
                    cli.run([*request.args, *request.paths])
            except _tool.Stopped as stopped:
                conf = stopped.call_args[1]
            except ConfigError:
                raise
            except locale.Error:
                problem = f"check {request.check}: yamllint's configuration names a locale that this machine lacks"
                raise ConfigError([problem], "Install it, or take `locale` out of the configuration.") from None
            except (SystemExit, Exception) as error:
                # Whatever comes out of reading the configuration would end the command with a message or a traceback.
                said = output.getvalue().strip() or f"{type(error).__name__}: {error}"
                raise ConfigError([f"check {request.check}: yamllint refuses its configuration: {said}"]) from None
        described = [_tool.describe_config(request.root, path, request.check) for path in files]
        return Resolution(
            options=Options(conf, request.paths, parsed[-1].strict, parsed[-1].no_warnings),
            config_files=tuple(name for name, _ in described),
            notes=tuple(note for _, notes in described for note in notes),
        )

    def select(self, options: Options, tree: Tree) -> list[str]:
        """yamllint's own search over the visible files, without those that its `ignore` would skip later."""
        from yamllint import cli

        with _tool.walking(tree, cli):
            found = list(cli.find_files_recursively(options.paths, options.conf))
        return [path for path in found if not options.conf.is_file_ignored(path.removeprefix("./"))]

    def check(self, options: Options, path: str, data: bytes) -> Analysis:
        """`linter.run`; what it raises for text that is not YAML at all becomes a problem of the file."""
        import yaml
        from yamllint import linter

        from qualitygate.adapters import _yaml_scan

        try:
            with _collation(options.conf.locale), _yaml_scan.scanning_once():
                found = list(linter.run(data, options.conf, path.removeprefix("./")))
        except UnicodeError as error:
            return Analysis(problem=FileProblem(kind="encoding", message=str(error)))
        except yaml.reader.ReaderError as error:
            kind = "nul" if error.character == 0 else "encoding"
            return Analysis(problem=FileProblem(kind=kind, message=" ".join(str(error).split())))
        return Analysis(
            findings=tuple(
                _finding(problem, options)
                for problem in found
                if problem.level == "error" or not options.no_warnings
            )
        )


def _finding(problem: LintProblem, options: Options) -> RawFinding:
    if problem.level == "error":
        severity = Severity.MEDIUM
    else:
        severity = Severity.LOW if options.strict else Severity.INFO
    return RawFinding(
        rule=problem.rule or "syntax",
        message=problem.desc,
        severity=severity,
        line=problem.line,
        column=problem.column,
        url=None if problem.rule is None else _RULE_PAGE + problem.rule.replace("-", "_"),
    )


@contextlib.contextmanager
def _collation(name: str | None) -> Iterator[None]:
    """Sort keys by the rules of the locale *name* inside the block, by default as a fresh interpreter does.

    The command sets the locale of its whole process, on which the rule key-ordering depends (`strcoll`); a worker
    serves other checks as well.
    """
    before = locale.setlocale(locale.LC_ALL)
    try:
        if name is None:
            locale.setlocale(locale.LC_COLLATE, "C")
        else:
            locale.setlocale(locale.LC_ALL, name)
        yield
    finally:
        locale.setlocale(locale.LC_ALL, before)


@contextlib.contextmanager
def _files_read() -> Iterator[list[str]]:
    """List the files that configurations are read from inside the block, those shipped with yamllint left out.

    These are the configuration itself, what it extends (`extends:`) and its lists of patterns (`ignore-from-file:`).
    """
    from yamllint import config, decoder

    shipped = os.path.join(os.path.dirname(os.path.realpath(config.__file__)), "conf", "")
    files: list[str] = []

    def recorded(path: str, mode: str) -> IO[Any]:
        if not path.startswith(shipped):
            files.append(path)
        return open(path, mode)

    for module in (config, decoder):
        setattr(module, "open", recorded)  # noqa: B010 - a name of the module that hides the built-in one
    try:
        yield files
    finally:
        for module in (config, decoder):
            delattr(module, "open")
