"""pyflakes: likely mistakes in Python code. Verified against pyflakes 4.1.0."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

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
    refused,
)


@dataclasses.dataclass(frozen=True)
class Options:
    """Configuration of one pyflakes command."""

    paths: tuple[str, ...]


class PyflakesAdapter(Adapter[Options]):
    """Each file that pyflakes would visit, through `pyflakes.api.check`."""

    name = "pyflakes"
    distribution = "pyflakes"
    versions = ">=4,<5"
    modules = ("pyflakes.api",)
    variables = ("PYFLAKES_BUILTINS", "PYFLAKES_ERROR_UNKNOWN")
    finds_scripts = True
    arguments: ClassVar[dict[str, Argument]] = {
        "paths": refused("put paths into `paths`"),
        "--version": refused("use `qualitygate doctor`"),
        "--help": refused("see pyflakes' own documentation"),
    }

    def native_config(self, root: Path, paths: Sequence[str]) -> str | None:
        """None: pyflakes has no configuration file."""
        return None

    def config_candidates(self, request: Request, tree: Tree) -> Sequence[str]:
        """None."""
        return ()

    def by_hand(self, args: Sequence[str], extra: dict[str, tuple[str, ...]], paths: Sequence[str]) -> list[list[str]]:
        """One command."""
        return [["pyflakes", *args, *paths]]

    def resolve(self, request: Request, tree: Tree) -> Resolution[Options]:
        """pyflakes has no option that could be honoured."""
        notes = {argument: self.arguments.get(argument, self.arguments["paths"]).note for argument in request.args}
        if notes:
            raise ConfigError([f"check {request.check}: {name} is refused: {note}" for name, note in notes.items()])
        return Resolution(options=Options(request.paths))

    def select(self, options: Options, tree: Tree) -> list[str]:
        """pyflakes' own search over the visible files."""
        from pyflakes import api

        with _tool.walking(tree, api):
            return list(api.iterSourceCode(options.paths))

    def check(self, options: Options, path: str, data: bytes) -> Analysis:
        """What pyflakes reports; a file that it can not parse has a problem."""
        from pyflakes import api

        reporter = _Reporter()
        with _tool.silenced():
            api.check(data, path, reporter)
        return Analysis(findings=tuple(reporter.findings), problem=reporter.problem)


class _Reporter:
    """Stands where pyflakes has the reporter that prints."""

    def __init__(self) -> None:
        self.findings: list[RawFinding] = []
        self.problem: FileProblem | None = None

    def flake(self, message: Any) -> None:
        """The class of a message is its rule; pyflakes counts columns from 0."""
        self.findings.append(
            RawFinding(
                rule=type(message).__name__,
                message=message.message % message.message_args,
                severity=Severity.HIGH,
                line=message.lineno,
                column=message.col + 1,
            )
        )

    def syntaxError(self, filename: str, message: str, line: int, column: int, text: str) -> None:  # noqa: N802
        """The file is no Python."""
        self.problem = FileProblem(kind="syntax", message=f"{message} (line {line})")

    def unexpectedError(self, filename: str, message: str) -> None:  # noqa: N802
        """The file can not be decoded."""
        self.problem = FileProblem(kind="encoding", message=message)
