"""radon: cyclomatic complexity of blocks and maintainability index of files. Verified against radon 6.0.1."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, ClassVar

from qualitygate.adapters import _complexity, _tool
from qualitygate.plugin import (
    UNCONFIGURED,
    Adapter,
    Analysis,
    Argument,
    ConfigError,
    FileProblem,
    Measurement,
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

_CC_SEVERITY = {
    "A": Severity.INFO,
    "B": Severity.LOW,
    "C": Severity.MEDIUM,
    "D": Severity.HIGH,
    "E": Severity.CRITICAL,
    "F": Severity.CRITICAL,
}
_MI_SEVERITY = {"A": Severity.INFO, "B": Severity.MEDIUM, "C": Severity.HIGH}

# Frames down to the call of `cc_visit` and `mi_visit` in `radon cc` and `radon mi`. Python 3.11 counts calls that go
# through C code, too.
_CC_DEPTH = 11 if sys.version_info < (3, 12) else 10
_MI_DEPTH = _CC_DEPTH + 1

_NO_NOTEBOOKS = refused("notebooks are not analysed, as without this option")
_REFUSED_KEYS = {
    "output_file": "findings would go there; write a report with --report",
    "include_ipynb": _NO_NOTEBOOKS.note,
    "ipynb_cells": _NO_NOTEBOOKS.note,
}


@dataclasses.dataclass(frozen=True)
class Shown:
    """Which ranks a command shows, and whether with the number."""

    min: str
    max: str
    with_number: bool

    def shows(self, rank: str) -> bool:
        """As radon compares: as text."""
        return self.min <= rank <= self.max


@dataclasses.dataclass(frozen=True)
class Options:
    """Configuration of the two commands `radon cc` and `radon mi` over the same files."""

    paths: tuple[str, ...]
    exclude: str | None
    ignore: str | None
    encoding: str
    cc: Shown
    no_assert: bool
    show_closures: bool
    mi: Shown
    multi: bool


class RadonAdapter(Adapter[Options]):
    """Each file that radon would analyse, through `cc_visit` and `mi_visit`."""

    name = "radon"
    distribution = "radon"
    versions = ">=6.0.1,<7"
    # Not radon.cli: it reads the configuration of the folder in which it is imported.
    modules = ("radon.complexity", "radon.metrics", "mando", "colorama")
    default_args = ("-nb",)
    # Report only: as in the job it replaces, not even a file that radon can not read fails the pipeline.
    default_policy = Policy(max_findings="any", soft_fail=UNCONFIGURED)
    config_names = ("radon.cfg", "setup.cfg", "pyproject.toml")
    dependencies = ("mando", "nbformat")
    variables = _complexity.VARIABLES
    finds_scripts = True
    measures = True
    family = "radon"
    subcommands = ("cc", "mi")
    arguments: ClassVar[dict[str, Argument]] = {
        "paths": refused("put paths into `paths`"),
        "--min": honoured(),
        "--max": honoured(),
        "--exclude": honoured("in `args` only: both commands see the same files"),
        "--ignore": honoured("in `args` only: both commands see the same files"),
        "--show-complexity": honoured("adds the number to the message"),
        "--show": honoured("adds the number to the message"),
        "--no-assert": honoured(),
        "--show-closures": honoured(),
        "--multi": honoured(),
        "--average": without_effect("an average is no finding; xenon limits it"),
        "--total-average": without_effect("an average is no finding; xenon limits it"),
        "--order": without_effect(),
        "--sort": without_effect(),
        "--json": without_effect("reports are chosen with --report"),
        "--xml": without_effect("reports are chosen with --report"),
        "--md": without_effect("reports are chosen with --report"),
        "--codeclimate": without_effect("reports are chosen with --report"),
        "--output-file": refused("write a report with --report"),
        "--include-ipynb": _NO_NOTEBOOKS,
        "--ipynb-cells": _NO_NOTEBOOKS,
        "--version": refused("use `qualitygate doctor`"),
        "--help": refused("see radon's own documentation"),
    }

    def native_config(self, root: Path, paths: Sequence[str]) -> str | None:
        """radon also reads `$RADONCFG` and `~/.radon.cfg`; `resolve` reports them."""
        if (root / "radon.cfg").is_file():
            return "radon.cfg"
        names = ("setup.cfg", "pyproject.toml")
        return next((name for name in names if _complexity.section_of(root / name) is not None), None)

    def config_candidates(self, request: Request, tree: Tree) -> Sequence[str]:
        """radon's files."""
        return _complexity.config_candidates()

    def by_hand(self, args: Sequence[str], extra: dict[str, tuple[str, ...]], paths: Sequence[str]) -> list[list[str]]:
        """One command per measure."""
        return [["radon", command, *args, *extra.get(command, ()), *paths] for command in self.subcommands]

    def resolve(self, request: Request, tree: Tree) -> Resolution[Options]:
        """Run radon's program, with the configuration of the current folder, up to where it would read files."""
        config_files, notes = _config_in_effect(request)
        cli = _complexity.load_cli(request.check)
        self._require_known_by_both(cli, request)
        cc, mi = (self._parsed(cli, request, command, _extra(request, command)) for command in self.subcommands)
        for command, config in (("cc", cc), ("mi", mi)):
            without_extra = self._parsed(cli, request, command, ())
            if (config.exclude, config.ignore) != (without_extra.exclude, without_extra.ignore):
                raise ConfigError(
                    [f"check {request.check}: --exclude and --ignore are refused in {command}-args"],
                    "Put them into `args`: `radon cc` and `radon mi` are to see the same files.",
                )
        options = Options(
            paths=request.paths,
            exclude=cc.exclude,
            ignore=cc.ignore,
            encoding=_complexity.file_encoding(request.check),
            cc=Shown(cc.min, cc.max, cc.show_complexity),
            no_assert=cc.no_assert,
            show_closures=cc.show_closures,
            mi=Shown(mi.min, mi.max, mi.show),
            multi=mi.multi,
        )
        notes += _shows_nothing(request.check, "cc", options.cc, _CC_SEVERITY)
        notes += _shows_nothing(request.check, "mi", options.mi, _MI_SEVERITY)
        return Resolution(options=options, config_files=config_files, notes=notes)

    def _parsed(self, cli: ModuleType, request: Request, command: str, extra: Sequence[str]) -> Any:
        """The `radon.cli.Config` of one command."""
        harvester = f"{command.upper()}Harvester"
        request = dataclasses.replace(request, args=(*request.args, *extra))

        def on_parsed(namespace: argparse.Namespace) -> None:
            _complexity.refuse_paths(
                namespace.paths, request, self.arguments["paths"].note, (self.name, *self.subcommands)
            )

        try:
            with (
                _tool.silenced() as output,
                _tool.classified(self.arguments, request.check, on_parsed),
                _tool.stopping_at(cli, harvester),
            ):
                cli.program.execute([command, *request.args, *request.paths])
        except _tool.Stopped as stopped:
            _, config = stopped.call_args
            return config
        except SystemExit:
            raise ConfigError([f"check {request.check}: radon refuses its arguments: {output.getvalue()}"]) from None
        raise AssertionError(f"radon {command} ended without {harvester}")

    def _require_known_by_both(self, cli: ModuleType, request: Request) -> None:
        errors: dict[str, ConfigError] = {}
        for command in self.subcommands:
            try:
                self._parsed(cli, request, command, ())
            except ConfigError as error:
                errors[command] = error
        if len(errors) == 1:
            other = "mi" if "cc" in errors else "cc"
            (known_error,) = errors.values()
            raise ConfigError(
                known_error.problems,
                f"`args` go to both commands of radon; put what only `radon {other}` knows into `{other}-args`.",
            )
        if errors:
            raise errors["cc"]

    def select(self, options: Options, tree: Tree) -> list[str]:
        """radon's own search; it gives a path named twice twice."""
        return _complexity.discover(options.paths, options.exclude, options.ignore, tree)

    def check(self, options: Options, path: str, data: bytes) -> Analysis:
        """`cc` and `mi` of one file; either may fail alone, and the first failure is the file's problem."""
        problems: list[FileProblem] = []
        findings: list[RawFinding] = []
        numbers: list[Measurement] = []
        for measure in (_cc, _mi):
            try:
                text = _complexity.decode(data, options.encoding)
                found, measured = measure(options, path, text)
            except _complexity.UnanalysableError as error:
                problems.append(error.problem)
            else:
                findings.extend(found)
                numbers.extend(measured)
        return Analysis(
            findings=tuple(findings), measurements=tuple(numbers), problem=problems[0] if problems else None
        )


def _cc(options: Options, path: str, text: str) -> tuple[list[RawFinding], tuple[Measurement, ...]]:
    from radon.complexity import add_inner_blocks, cc_rank, sorted_results

    blocks = _complexity.blocks(text, options.no_assert, _CC_DEPTH)
    if options.show_closures:
        blocks = add_inner_blocks(blocks)
    blocks = sorted_results(blocks)
    shown = [(block, rank) for block in blocks if options.cc.shows(rank := cc_rank(block.complexity))]
    findings = [_block_finding(block, rank, options.cc.with_number) for block, rank in shown]
    return findings, _complexity.measurements(blocks)


def _block_finding(block: _complexity.Block, rank: str, with_number: bool) -> RawFinding:
    number = f" ({block.complexity})" if with_number else ""
    return RawFinding(
        rule="cc",
        message=f"{block.letter} {block.fullname} - {rank}{number}",
        severity=_CC_SEVERITY[rank],
        line=block.lineno,
        # radon counts bytes; only white space, which has one byte each, can stand before a block.
        column=block.col_offset + 1,
        end_line=block.endline,
        symbol=block.fullname,
    )


def _mi(options: Options, path: str, text: str) -> tuple[list[RawFinding], tuple[Measurement, ...]]:
    from radon.metrics import mi_rank

    value = _complexity.maintainability(text, options.multi, _MI_DEPTH)
    rank = mi_rank(value)
    measured = (Measurement(metric="mi", subject=path, value=value, rank=rank),)
    if not options.mi.shows(rank):
        return [], measured
    number = f" ({value:.2f})" if options.mi.with_number else ""
    return [RawFinding(rule="mi", message=f"{rank}{number}", severity=_MI_SEVERITY[rank])], measured


def _extra(request: Request, command: str) -> tuple[str, ...]:
    return request.extra_args.get(command, ())


def _shows_nothing(check: str, command: str, shown: Shown, ranks: dict[str, Severity]) -> tuple[str, ...]:
    if any(shown.shows(rank) for rank in ranks):
        return ()
    return (f"check {check}: radon {command} shows nothing with --min={shown.min} --max={shown.max}",)


def _config_in_effect(request: Request) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Names of radon's configuration files and warnings about them; refuses keys that write files or add notebooks."""
    names: list[str] = []
    notes: tuple[str, ...] = ()
    problems: list[str] = []
    for path, section in _complexity.config_sections():
        name, more = _tool.describe_config(request.root, path, request.check)
        names.append(name)
        notes += more
        for key, why in _REFUSED_KEYS.items():
            if section.get(key, "").lower() not in ("", "0", "no", "off", "false"):
                problems.append(f"check {request.check}: {name}: the key {key} of radon is refused: {why}")
    if problems:
        raise ConfigError(problems)
    return tuple(names), notes
