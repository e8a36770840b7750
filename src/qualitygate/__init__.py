"""One quality gate in place of a row of lint jobs.

The public names are those of `qualitygate.api`. They are loaded when they are first used: the command starts quickly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qualitygate.api import (
        Breakage,
        CheckRun,
        CheckVerdict,
        ConfigError,
        ExitCode,
        FileProblem,
        Finding,
        LimitResult,
        Measurement,
        Outcome,
        QualityGateError,
        Report,
        Severity,
        SoftFail,
        State,
        UsageError,
        Verdict,
        check,
    )

__version__ = "0.1.0.dev0"

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


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from qualitygate import api

    return getattr(api, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
