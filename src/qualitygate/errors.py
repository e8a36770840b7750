"""The exit codes and the exceptions that end a run.

An exception here is a *user's* situation with a cure, never a bug: the command line prints its headline and its
hint and exits with its code. Anything else that escapes is an internal error (70).
"""

from __future__ import annotations

import enum
from collections.abc import Sequence


class ExitCode(enum.IntEnum):
    """What the exit status of `check` means, one sentence each; the documentation's table is made from this."""

    sentence: str

    def __new__(cls, value: int, sentence: str) -> ExitCode:
        member = int.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member

    PASSED = (0, "The gate passed; soft failures are included unless --soft-exit-code says otherwise.")
    FAILED = (1, "The gate failed: a limit was exceeded or a file could not be analysed.")
    NOT_JUDGED = (
        2,
        "Nothing was judged: usage or configuration is wrong, a path does not exist or no check looks at it, a "
        "configured check has no file, or git can not be read.",
    )
    BROKEN = (
        3,
        "A tool gave no trustworthy answer: missing, wrong version, crashed, timed out or nonsense; or the deadline "
        "passed.",
    )
    NO_FILES = (4, "A full run found no file for any check.")
    INTERNAL = (70, "Internal error of qualitygate; a report to paste into an issue was written.")
    INTERRUPTED = (130, "Interrupted with Ctrl-C.")
    TERMINATED = (143, "Ended by SIGTERM.")


#: When several apply, the first of these wins; a soft exit code and 0 come after all of them.
PRECEDENCE = (
    ExitCode.NOT_JUDGED,
    ExitCode.INTERNAL,
    ExitCode.BROKEN,
    ExitCode.FAILED,
    ExitCode.NO_FILES,
)


class ReleaseCode(enum.IntEnum):
    """What the exit status of `release` and its subcommands means, one sentence each."""

    sentence: str

    def __new__(cls, value: int, sentence: str) -> ReleaseCode:
        member = int.__new__(cls, value)
        member._value_ = value
        member.sentence = sentence
        return member

    PUBLISHED = (0, "Published and verified, or already there with the same bytes.")
    REFUSED = (1, "The gate, the source or the files are not fit to be published; nothing was sent.")
    NOT_READY = (2, "Usage, configuration, credentials or an address is wrong or incomplete; nothing was stored.")
    UPLOAD_FAILED = (3, "The index refused the credentials or a file; the message lists what is there and what is not.")
    CONFLICT = (
        4, "Other bytes are there under our name, or the name or the release can not be used: it needs a new version.",
    )
    UNVERIFIED = (5, "Everything was uploaded, but the index did not yet serve it; run the same command again.")
    UNAVAILABLE = (6, "The index can not be reached, is read-only, or limits the rate: run the same command later.")
    INTERNAL = (70, "Internal error of qualitygate; a report to paste into an issue was written.")
    INTERRUPTED = (130, "Interrupted with Ctrl-C; the receipt says what was done.")
    TERMINATED = (143, "Ended by SIGTERM; the receipt says what was done.")


class QualityGateError(Exception):
    """Base of the errors that the user can act on: what is wrong and where, then what to do next."""

    code: ExitCode | ReleaseCode = ExitCode.NOT_JUDGED
    closing = "nothing was judged"
    """The last line on standard error: what became of the verdict."""

    def __init__(self, headline: str, hint: str = "") -> None:
        super().__init__(headline)
        self.headline = headline
        self.hint = hint

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return type(self), (self.headline, self.hint)


class UsageError(QualityGateError):
    """The command line asks for something that can not be done (user's mistake)."""


class ReportError(UsageError):
    """The run was judged, but a report that was asked for could not be written."""

    closing = "the verdict above stands, but a report is missing"


class ConfigError(QualityGateError):
    """The configuration, ours or a tool's, is wrong (user's mistake). Holds every problem found, not the first."""

    def __init__(self, problems: Sequence[str], hint: str = "") -> None:
        super().__init__("\n".join(problems), hint)
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type, tuple[Sequence[str], str]]:  # type: ignore[override]
        return type(self), (self.problems, self.hint)


class SourceError(QualityGateError):
    """The files to judge can not be listed: git is missing, refuses, or a path does not exist."""


class NoFilesError(QualityGateError):
    """A configured check found no file."""


class ToolError(QualityGateError):
    """A tool is missing, has a version outside the tested range, or failed as a whole: its check is broken."""

    code = ExitCode.BROKEN
    closing = "no verdict: a tool gave no trustworthy answer"

    def __init__(self, headline: str, hint: str = "", kind: str = "crashed") -> None:
        super().__init__(headline, hint)
        self.kind = kind
        """As in `Breakage.kind`."""

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:  # type: ignore[override]
        return type(self), (self.headline, self.hint, self.kind)


class ShardsError(QualityGateError):
    """The reports of shards do not make up one run."""

    code = ExitCode.BROKEN
    closing = "no verdict: the reports are not all shards of one run"


class ReleaseError(QualityGateError):
    """A release can not go on.

    Args:

        code: How the command exits.

        headline: What is wrong and where.

        hint: What to do next.
    """

    closing = "not released"

    def __init__(self, code: ReleaseCode, headline: str, hint: str = "") -> None:
        super().__init__(headline, hint)
        self.code: ReleaseCode = code

    def __reduce__(self) -> tuple[type, tuple[ReleaseCode, str, str]]:  # type: ignore[override]
        return type(self), (self.code, self.headline, self.hint)


class Interrupted(BaseException):  # noqa: N818 - an event, not an error
    """SIGTERM or Ctrl-C arrived; carries the exit code."""

    def __init__(self, code: ExitCode) -> None:
        super().__init__(code)
        self.code = code
