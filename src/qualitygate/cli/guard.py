"""What stands around every command: signals, errors as sentences, and a report of what must not happen."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import os
import signal
import sys
from collections.abc import Callable, Iterator
from types import FrameType

import click

from qualitygate.errors import ExitCode, Interrupted, QualityGateError
from qualitygate.model import names


@dataclasses.dataclass(frozen=True)
class Manner:
    """How a command speaks when it fails."""

    redact: Callable[[str], str] = str
    """Applied to every text."""
    nothing: str = "nothing was judged"
    """What did not happen."""


def guarded(command: click.Command, args: list[str], manner: Manner = Manner()) -> int:  # noqa: B008 - immutable
    """Run *command*; every way it can end is turned into an exit code, and text on standard error."""
    _prepare_streams()
    try:
        with _signals():
            result = command.main(args, prog_name="qualitygate", standalone_mode=False)
        return int(result or 0)
    except QualityGateError as error:
        return _tell(error, manner)
    except click.ClickException as error:
        text = io.StringIO()
        error.show(text)
        tell(_visible(manner.redact(text.getvalue())))
        _say(manner.nothing)
        return int(ExitCode.NOT_JUDGED)
    except (Interrupted, KeyboardInterrupt, click.Abort) as error:
        code = error.code if isinstance(error, Interrupted) else ExitCode.INTERRUPTED
        _say(f"interrupted: {manner.nothing}")
        return int(code)
    except SystemExit:
        raise
    except BaseException as error:
        return _internal(error, args, manner)


def _prepare_streams() -> None:
    """Let nothing that is printed fail: not on a closed stream, and not for a character that it can not encode."""
    for number in range(3):
        # Files opened later must not get the numbers of closed streams: workers would write over them.
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # it was closed
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Turn SIGINT and SIGTERM into an exception in the main thread, so that workers are ended on the way out."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        # A second signal must not interrupt the cleaning up of the first.
        for one in handlers:
            signal.signal(one, signal.SIG_IGN)
        raise Interrupted(ExitCode.TERMINATED if number == signal.SIGTERM else ExitCode.INTERRUPTED)

    handlers = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _tell(error: QualityGateError, manner: Manner) -> int:
    _say(manner.redact(f"error: {error.headline}"))
    if error.hint:
        tell(_visible(manner.redact(f"  {error.hint}\n")))
    _say(error.closing if manner.redact is str else manner.nothing)
    return int(error.code)


def _say(text: str) -> None:
    tell(_visible(f"qualitygate: {text}\n"))


def tell(text: str) -> None:
    """Write to standard error, if it can be written: a full disk or a reader gone changes no verdict."""
    with contextlib.suppress(OSError):
        click.echo(text, err=True, nl=False, color=True)


def _visible(text: str) -> str:
    """*text*, which may quote names and arguments, without control characters other than line breaks."""
    return "\n".join(map(names.visible, text.split("\n")))


def _internal(error: BaseException, args: list[str], manner: Manner) -> int:
    import platform
    import traceback

    headline = f"internal error: {type(error).__name__}: {error}"
    text = "\n".join(
        [
            headline,
            "",
            f"qualitygate: {_versions()}",
            f"python: {platform.python_version()} on {platform.platform()}",
            f"arguments: {args}",
            "",
            "".join(traceback.format_exception(error)),
        ]
    )
    _say(manner.redact(headline))
    _say(f"{manner.nothing}; please report this with the file {_write_report(manner.redact(text))}")
    return int(ExitCode.INTERNAL)


def _versions() -> str:
    from importlib.metadata import PackageNotFoundError, version

    known = ("pytest-qualitygate", "flake8", "doc8", "yamllint", "bandit", "radon", "xenon", "pebble", "msgspec")
    found = []
    for name in known:
        with contextlib.suppress(PackageNotFoundError):
            found.append(f"{name} {version(name)}")
    return ", ".join(found)


def _write_report(text: str) -> str:
    import datetime
    import tempfile

    stamp = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S")
    try:
        descriptor, path = tempfile.mkstemp(prefix=f"qualitygate-{stamp}-", suffix=".txt")
        with open(descriptor, "w", encoding="utf-8", errors="backslashreplace") as stream:
            stream.write(text)
    except OSError as error:
        tell(text)
        return f"above (it could not be written: {error})"
    return path
