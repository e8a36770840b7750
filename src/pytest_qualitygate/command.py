"""The command line that the gate is run by, and what it says before a run."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import os
import shlex
import subprocess  # nosec B404 - it runs the command, which the user chooses
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import pytest

_COVERAGE = (
    "COV_CORE_SOURCE", "COV_CORE_CONFIG", "COV_CORE_DATAFILE", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG",
)
"""By these variables Python processes that tests start are measured, too (pytest-cov 4 to 7)."""

_TIMEOUT = 120
"""Seconds for the command to read its configuration."""


@dataclasses.dataclass(frozen=True)
class Command:
    """How to call `qualitygate`."""

    line: tuple[str, ...]
    root: str
    """The folder to run in."""
    config: tuple[str, ...]
    """Options that name the configuration."""
    reports: tuple[str, ...]
    """Values of `--report`, with absolute files."""

    @classmethod
    def of(cls, config: pytest.Config) -> Command:
        """As the options and the ini file say.

        Raises:

            pytest.UsageError: They are wrong.
        """
        own: list[str] = config.getini("qualitygate_command")
        given = config.option.qualitygate_config
        here = config.invocation_params.dir
        file = here / given if given else config.getini("qualitygate_config") and config.rootpath / config.getini(
            "qualitygate_config"
        )
        return cls(
            line=tuple(own) or (sys.executable, "-P", "-m", "qualitygate"),
            root=str(config.rootpath),
            config=(f"--config={os.path.abspath(file)}",) if file else (),
            reports=tuple(_report(value, here) for value in config.option.qualitygate_report),
        )

    @property
    def environment(self) -> dict[str, str]:
        """Of the command's process."""
        return {name: value for name, value in os.environ.items() if name not in _COVERAGE}

    def shown(self, check: str) -> str:
        """What to type to see all findings of a check."""
        line = self.line if self.line[-2:] != ("-m", "qualitygate") else ("qualitygate",)
        return f"{shlex.join((*line, 'check', *self.config, f'--only={check}'))}   (in {self.root})"

    @functools.cached_property
    def configured(self) -> list[str]:
        """The checks that are configured, in their order.

        Raises:

            pytest.UsageError: There is no such command, or the configuration is wrong.
        """
        line = [*self.line, "config", "show", *self.config]
        try:
            done = subprocess.run(  # nosec B603
                line,
                cwd=self.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_TIMEOUT,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            _refuse(f"`{' '.join(self.line)}` can not be run: {error}", "see qualitygate_command in the ini file")
        said = done.stderr.decode(errors="replace").strip()
        if done.returncode:
            raise pytest.UsageError(said or f"`{' '.join(line)}` ended with {done.returncode}")
        try:
            checks: list[str] = tomllib.loads(done.stdout.decode())["checks"]
        except (ValueError, KeyError) as error:
            _refuse(
                f"`{' '.join(line)}` does not tell the checks ({error})", "name a command of qualitygate 0.1 or newer"
            )
        return checks


def chosen_checks(config: pytest.Config, known: Sequence[str], ids: Sequence[str]) -> list[str]:
    """Those of the *known* checks that options, *ids* and the ini file ask for, in their order.

    Raises:

        pytest.UsageError: There is no such check.
    """
    narrowed = config.option.qualitygate_check or config.getini("qualitygate_checks")
    for check in (*narrowed, *ids):
        if check not in known:
            near = difflib.get_close_matches(check, known, 1)
            advice = f"did you mean {near[0]}? the checks are" if near else "the checks are"
            _refuse(f"the gate has no check called {check!r}", f"{advice} {', '.join(known)}")
    return [check for check in known if check in (narrowed or known) and check in (ids or known)]


def _report(value: str, here: Path) -> str:
    name, equals, file = value.partition("=")
    if not equals or not name or not file or file == "-":
        _refuse(f"--qualitygate-report {value}: expected FORMAT=FILE", "for example json=gate.json")
    path = here / file
    # Whatever happens before the gate runs: a green report of an earlier run must not be taken for this one's.
    if path.is_file() and not path.is_symlink():
        path.unlink()
    return f"{name}={path}"


def _refuse(headline: str, advice: str) -> NoReturn:
    raise pytest.UsageError(f"{headline}\n  {advice}")
