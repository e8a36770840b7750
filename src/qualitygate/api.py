"""What a Python program may use: `qualitygate.check()` and the values in its report."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import qualitygate
from qualitygate import gate
from qualitygate.adapters.registry import ADAPTERS
from qualitygate.config import load_settings
from qualitygate.errors import ConfigError, ExitCode, QualityGateError, UsageError
from qualitygate.model.findings import FileProblem, Finding, Measurement
from qualitygate.model.limits import SoftFail
from qualitygate.model.results import Breakage, CheckRun, CheckVerdict, LimitResult, Outcome, Report, State, Verdict
from qualitygate.model.severity import Severity

__all__ = [
    "Breakage",
    "CheckRun",
    "CheckVerdict",
    "ConfigError",
    "ExitCode",
    "FileProblem",
    "Finding",
    "LimitResult",
    "Measurement",
    "Outcome",
    "QualityGateError",
    "Report",
    "Severity",
    "SoftFail",
    "State",
    "UsageError",
    "Verdict",
    "check",
]


def check(
    folder: str | Path = ".",
    *,
    config: str | Path | None = None,
    only: Sequence[str] = (),
    skip: Sequence[str] = (),
    strict: bool = False,
    jobs: int | None = None,
    cache: bool = True,
) -> Report:
    """Run the gate as `qualitygate check` does in *folder*, and give its report; prints nothing and exits nowhere.

    `report.exit_code` is 0 if the gate passed, soft failures included; `report.verdict.checks` says why it did not.

    Args:

        folder: The configuration is looked for here and above.

        config: This configuration file instead, relative to *folder*.

        only: Run only these checks.

        skip: Leave these checks out.

        strict: Whether soft failures count as failures.

        jobs: Number of worker processes; None for what the machine allows.

        cache: Whether the cache is read and written.

    Raises:

        QualityGateError: Nothing was judged: the configuration is wrong, a path is missing, git can not be read. What a
            tool or a file does wrong is in the report.
    """
    start = Path(folder).absolute()
    if not start.is_dir():
        raise UsageError(f"{folder}: no such folder", "give the folder of a project")
    named = None if config is None else start / config
    settings = load_settings(start, ADAPTERS, config=named, version=qualitygate.__version__)
    options = gate.Options(only=tuple(only), skip=tuple(skip), strict=strict, jobs=jobs, use_cache=cache)
    return gate.run(settings, options)
