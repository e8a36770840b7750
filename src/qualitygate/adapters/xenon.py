"""xenon: limits on the complexity of blocks, modules and the whole project. Verified against xenon 0.9.3."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from qualitygate.adapters import _complexity, _tool
from qualitygate.plugin import (
    UNCONFIGURED,
    Adapter,
    Analysis,
    Argument,
    ConfigError,
    Measurement,
    Policy,
    RawFinding,
    Request,
    Resolution,
    Severity,
    Tree,
    honoured,
    refused,
)

if TYPE_CHECKING:
    import argparse

_DEPTH = 7
"""Frames down to the call of `cc_visit` in `xenon`."""

_LETTERS = frozenset("ABCDEF")


@dataclasses.dataclass(frozen=True)
class Options:
    """Configuration of one xenon command."""

    paths: tuple[str, ...]
    exclude: str | None
    ignore: str | None
    encoding: str
    no_assert: bool
    absolute: str | None
    modules: str | None
    average: str | None
    averagenum: float | None
    paths_in_front: bool


class XenonAdapter(Adapter[Options]):
    """xenon's `find_infractions`, file by file, and once over all blocks for the average."""

    name = "xenon"
    distribution = "xenon"
    versions = ">=0.9.3,<1"
    # Not xenon.core: it imports radon.cli, which reads the configuration of the folder in which it is imported.
    modules = ("xenon", "yaml", "radon.complexity", "mando", "colorama")
    default_args = ("--max-absolute=B", "--max-modules=B", "--max-average=B")
    default_policy = Policy(soft_fail=UNCONFIGURED)
    dependencies = ("radon", "mando", "nbformat", "PyYAML")
    variables = _complexity.VARIABLES
    finds_scripts = True
    measures = True
    family = "radon"
    cross_file_rules = frozenset({"average"})
    arguments: ClassVar[dict[str, Argument]] = {
        "path": refused("put paths into `paths`"),
        "--max-average": honoured(),
        "--max-average-num": honoured(),
        "--max-modules": honoured(),
        "--max-absolute": honoured(),
        "--exclude": honoured(),
        "--ignore": honoured(),
        "--no-assert": honoured(),
        "--paths-in-front": honoured("changes the message"),
        "--config-file": honoured("inside the project root; it holds settings for uploads only"),
        "--url": refused("nothing is uploaded; write a report with --report"),
        "--version": refused("use `qualitygate doctor`"),
        "--help": refused("see xenon's own documentation"),
    }

    def native_config(self, root: Path, paths: Sequence[str]) -> str | None:
        """None: `.xenon.yml` holds settings for uploads only."""
        return None

    def config_candidates(self, request: Request, tree: Tree) -> Sequence[str]:
        """radon's files, which it reads on import, and xenon's own."""
        return [*_complexity.config_candidates(), ".xenon.yml"]

    def by_hand(self, args: Sequence[str], extra: dict[str, tuple[str, ...]], paths: Sequence[str]) -> list[list[str]]:
        """One command."""
        return [["xenon", *args, *paths]]

    def resolve(self, request: Request, tree: Tree) -> Resolution[Options]:
        """Run xenon's `parse_args`; load radon's command line as xenon would, configuration errors included."""
        _complexity.load_cli(request.check)
        given = self._parsed(request)
        config = _tool.require_inside(request.root, given.config, request.check, "--config-file")
        options = Options(
            paths=request.paths,
            exclude=given.exclude,
            ignore=given.ignore,
            encoding=_complexity.file_encoding(request.check),
            no_assert=given.no_assert,
            absolute=given.absolute,
            modules=given.modules,
            average=given.average,
            averagenum=given.averagenum,
            paths_in_front=given.paths_in_front,
        )
        return Resolution(
            options=options,
            config_files=(config,) if Path(request.root, config).is_file() else (),
            notes=_notes(options, request.check),
        )

    def _parsed(self, request: Request) -> argparse.Namespace:
        import xenon

        parsed: list[argparse.Namespace] = []

        def on_parsed(namespace: argparse.Namespace) -> None:
            _complexity.refuse_paths(namespace.path, request, self.arguments["path"].note)
            parsed.append(namespace)

        try:
            with (
                _tool.silenced() as output,
                _tool.classified(self.arguments, request.check, on_parsed),
                _tool.command_line("xenon", [*request.args, *request.paths]),
            ):
                namespace: argparse.Namespace = xenon.parse_args()
                return namespace
        except ConfigError:
            raise
        except SystemExit:
            raise ConfigError([f"check {request.check}: xenon refuses its arguments: {output.getvalue()}"]) from None
        except Exception as error:
            path = parsed[-1].config if parsed else "its configuration file"
            raise ConfigError(
                [f"check {request.check}: {path}: xenon can not read this file ({type(error).__name__}: {error})"],
                "xenon itself crashes on a file that holds no mapping, an empty one for instance: remove it.",
            ) from None

    def select(self, options: Options, tree: Tree) -> list[str]:
        """radon's own search; xenon counts a path that is found twice once."""
        return list(dict.fromkeys(_complexity.discover(options.paths, options.exclude, options.ignore, tree)))

    def check(self, options: Options, path: str, data: bytes) -> Analysis:
        """Infractions of one file; a file that xenon would only warn about has a problem."""
        from radon.cli.tools import cc_to_dict

        try:
            text = _complexity.decode(data, options.encoding)
            blocks = _complexity.blocks(text, options.no_assert, _DEPTH)
        except _complexity.UnanalysableError as error:
            return Analysis(problem=error.problem)
        names = {(block.lineno, block.name): block.fullname for block in blocks}
        limits = dataclasses.replace(options, average=None, averagenum=None)
        # A file without blocks is no module for xenon.
        results = {path: [cc_to_dict(block) for block in blocks]} if blocks else {}
        return Analysis(
            findings=tuple(_file_finding(message, args, names) for message, args in _infractions(limits, results)),
            measurements=_complexity.measurements(blocks),
        )

    def reduce(self, options: Options, measurements: Sequence[Measurement]) -> tuple[RawFinding, ...]:
        """The average over the blocks of all files."""
        limits = dataclasses.replace(options, absolute=None, modules=None)
        blocks = [{"complexity": number.value} for number in measurements if number.metric == "cc"]
        return tuple(
            RawFinding(rule="average", message=message, severity=Severity.HIGH, symbol="project")
            for message, _ in _infractions(limits, {"": blocks})
        )


class _Log:
    """Collects what xenon logs: the text, and the values in it."""

    def __init__(self) -> None:
        self.errors: list[tuple[str, tuple[Any, ...]]] = []

    def error(self, template: str, *args: Any) -> None:
        self.errors.append((template % args, args))


def _infractions(options: Options, results: dict[str, Any]) -> list[tuple[str, tuple[Any, ...]]]:
    from xenon.core import find_infractions

    log = _Log()
    find_infractions(options, log, results)
    return log.errors


def _file_finding(message: str, args: tuple[Any, ...], names: dict[tuple[int, str], str]) -> RawFinding:
    """xenon logs (path, line, name, rank) of a block and (path, rank) of a module."""
    if len(args) == 2:
        return RawFinding(rule="modules", message=message, severity=Severity.HIGH)
    _, line, name, _ = args
    return RawFinding(
        rule="absolute", message=message, severity=Severity.HIGH, line=line, symbol=names[line, name]
    )


def _notes(options: Options, check: str) -> tuple[str, ...]:
    limits = {
        "--max-absolute": options.absolute,
        "--max-modules": options.modules,
        "--max-average": options.average,
    }
    if options.averagenum is None and not any(limit is not None for limit in limits.values()):
        return (f"check {check}: xenon has no threshold, so it can not find anything",)
    return tuple(
        f"check {check}: {option}={limit} is not a letter from A to F; xenon compares it as text"
        for option, limit in limits.items()
        if limit is not None and limit not in _LETTERS
    )
