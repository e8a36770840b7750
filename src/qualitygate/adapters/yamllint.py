"""yamllint: style and syntax of YAML files. Verified against yamllint 1.38.0."""

from __future__ import annotations

import dataclasses
import locale
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from qualitygate.adapters import _tool
from qualitygate.plugin import (
    Adapter,
    Analysis,
    Argument,
    ConfigError,
    FileProblem,
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
    versions = ">=1.35,<2"
    modules = ("yamllint.cli",)
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

    def by_hand(self, args: Sequence[str], extra: dict[str, tuple[str, ...]], paths: Sequence[str]) -> list[list[str]]:
        """One command."""
        return [["yamllint", *args, *paths]]

    def resolve(self, request: Request, tree: Tree) -> Resolution[Options]:
        """Run yamllint's `cli.run` up to the point where it would list files."""
        from yamllint import cli

        parsed: list[argparse.Namespace] = []
        try:
            with (
                _tool.silenced() as output,
                _tool.classified(self.arguments, request.check, parsed.append),
                _tool.stopping_at(cli, "find_files_recursively"),
            ):
                cli.run([*request.args, *request.paths])
        except _tool.Stopped as stopped:
            files, conf = stopped.call_args
        except (SystemExit, OSError, UnicodeError) as error:
            said = output.getvalue().strip() or str(error)
            raise ConfigError([f"check {request.check}: yamllint refuses its configuration: {said}"]) from None
        if tuple(files) != request.paths:
            raise ConfigError(
                [f"check {request.check}: {path} in args is a path: {self.arguments['files'].note}" for path in files]
            )
        namespace = parsed[-1]
        config_files, notes = self._config_in_effect(request, namespace)
        options = Options(conf, request.paths, namespace.strict, namespace.no_warnings)
        return Resolution(options=options, config_files=config_files, notes=notes)

    def _config_in_effect(
        self, request: Request, namespace: argparse.Namespace
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        from yamllint import cli

        if namespace.config_data is not None:
            return (), ()
        if namespace.config_file is not None:
            return (_tool.require_inside(request.root, namespace.config_file, request.check, "--config-file"),), ()
        path = cli.find_project_config_filepath() or _user_config()
        if path is None:
            return (), ()
        name, notes = _tool.describe_config(request.root, path, request.check)
        return (name,), notes

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

        # key-ordering compares with strcoll; a process that served another configuration may have another locale.
        locale.setlocale(locale.LC_ALL, options.conf.locale or "C")
        try:
            found = list(linter.run(data, options.conf, path.removeprefix("./")))
        except UnicodeDecodeError as error:
            return Analysis(problem=FileProblem(kind="encoding", message=str(error)))
        except yaml.reader.ReaderError as error:
            kind = "nul" if error.character == 0 else "encoding"
            return Analysis(problem=FileProblem(kind=kind, message=" ".join(str(error).split())))
        except RecursionError:
            return Analysis(problem=FileProblem(kind="too-deep", message="nested too deeply"))
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


def _user_config() -> str | None:
    """The home-level file that yamllint 1.38 would fall back to (`yamllint.cli.run`)."""
    if "YAMLLINT_CONFIG_FILE" in os.environ:
        path = os.environ["YAMLLINT_CONFIG_FILE"]
    elif "XDG_CONFIG_HOME" in os.environ:
        path = os.path.join(os.environ["XDG_CONFIG_HOME"], "yamllint", "config")
    else:
        path = "~/.config/yamllint/config"
    path = os.path.expanduser(path)
    return path if os.path.isfile(path) else None
