"""The code that runs inside worker processes. One process serves one project."""

from __future__ import annotations

import codecs
import contextlib
import gc
import os
import re
import signal
import time
from collections.abc import Sequence
from typing import Any, NoReturn

from msgspec.structs import replace

from qualitygate.adapters.registry import ADAPTERS
from qualitygate.engine.cache.contents import content_digest
from qualitygate.engine.tasks import (
    Batch,
    FileResult,
    Plan,
    PlanResult,
    Said,
    Setup,
    Visit,
    decode_numbers,
    encode_numbers,
)
from qualitygate.engine.versions import require_plugins, tool_version
from qualitygate.errors import ConfigError, ToolError
from qualitygate.model import names
from qualitygate.model.findings import SOURCE_LIMIT, FileProblem, Located, RawFinding
from qualitygate.plugin import Adapter, Analysis, Request, Resolution
from qualitygate.sources.read import read_bytes

OUT_OF_MEMORY = 97
"""Exit status of a worker that ran out of memory: nothing it holds can be trusted afterwards."""

_MUCH_GARBAGE = 700_000
"""Objects; about 100 MB."""

SILENT_EXIT = 98
"""Exit status of a worker in which something ended the process as if all were well."""


class _Process:
    """What this process was prepared with."""

    setup: Setup
    folder: str
    """The project root as the system spells it."""


_active: dict[str, tuple[str, Resolution[Any]]] = {}
"""Tool -> the check whose options its global state holds now."""


def start(setup: Setup) -> None:
    """Prepare this process: current folder, signals, streams, memory."""
    _Process.setup = setup
    os.chdir(setup.root)
    _Process.folder = os.getcwd()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # The watchdog: ends the process even while it is inside C code. The engine reads it off the exit status.
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    void = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(void, stream)
    _limit_memory(setup.memory)
    _forbid_silent_exit()
    gc.disable()


def _forbid_silent_exit() -> None:
    """Give a tool that calls `os._exit(0)` another status: pebble takes 0 for a worker that ended in order."""
    import posix

    leave = posix._exit

    def exit_with_status(status: int) -> NoReturn:
        leave(status or SILENT_EXIT)

    os._exit = posix._exit = exit_with_status


def _limit_memory(limit: int | None) -> None:
    if limit is None:
        return
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_DATA, (limit, hard))


def plan(check: str) -> PlanResult:
    """Resolve *check* and list the files its tool would visit."""
    adapter = _adapter(check)
    try:
        version = tool_version(adapter)
        require_plugins(_Process.setup.requests[check])
        resolution = _activate(check)
        visits = tuple(
            (path, relative)
            for path in adapter.select(resolution.options, _Process.setup.tree)
            if (relative := _Process.setup.tree.relative(path)) is not None
        )
        facts = {path: fact for path, _ in visits if (fact := adapter.path_facts(resolution.options, path))}
        _require_own_folder()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except (ConfigError, ToolError) as error:
        return error
    except BaseException as error:
        kind = "missing" if isinstance(error, ImportError) else "crashed"
        return ToolError(f"{adapter.name} can not be set up: {describe(error)}", kind=kind)
    return Plan(
        check=check,
        version=version,
        visits=visits,
        config_files=resolution.config_files,
        notes=(*resolution.notes, *_hidden_configuration(check, resolution.config_files)),
        plugins=resolution.plugins,
        facts=facts,
        uncacheable=_uncacheable(adapter, _Process.setup.requests[check], resolution),
    )


def _uncacheable(adapter: Adapter[Any], request: Request, resolution: Resolution[Any]) -> str:
    """Why the answers of a check must not be kept; empty if they may."""
    known = {_canonical(name) for name in (*adapter.file_local_plugins, *request.cacheable_plugins)}
    unknown = [plugin for plugin in resolution.plugins if _canonical(plugin.partition(" ")[0]) not in known]
    if unknown:
        return f"what {', '.join(unknown)} looks at is not known (see `cacheable-plugins`)"
    return resolution.uncacheable


def _canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def contexts(check: str, paths: Sequence[str]) -> list[str] | str:
    """What each of *paths*, as `select` gave them all, owes to the files before it; or how the tool crashed."""
    try:
        return _adapter(check).context(_activate(check).options, paths)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except BaseException as error:
        return describe(error)


def analyse(batch: Batch) -> list[FileResult]:
    """Look at each file of *batch* with each of its checks."""
    try:
        _prepare(batch)
        return [result for visit in batch.visits for result in _visit(visit, batch.file_timeout)]
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _prepare(batch: Batch) -> None:
    """Resolve the checks of *batch* before the time of its first file begins; that file tells what is wrong."""
    for check in {check for visit in batch.visits for check, _ in visit.spellings}:
        with contextlib.suppress(Exception, SystemExit):
            _activate(check)
    if not gc.get_freeze_count():
        gc.freeze()  # what the tools need for all files is never garbage


def _clear_up() -> None:
    """Collect garbage where much has gathered: syntax trees and documents are full of cycles.

    Python's own collector would look through them again and again while they are in use.
    """
    if gc.get_count()[0] > _MUCH_GARBAGE:
        gc.collect()


def reduce(check: str, numbers: Sequence[bytes]) -> tuple[RawFinding, ...] | str:
    """Findings of *check* about all files together, or how the tool crashed."""
    try:
        measurements = [measurement for part in numbers for measurement in decode_numbers(part)]
        return _adapter(check).reduce(_activate(check).options, measurements)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except BaseException as error:
        return describe(error)


def _require_own_folder() -> None:
    """Everything is relative to the current folder, so nothing holds when a plug-in changes it.

    Raises:

        ToolError: It was changed; it is changed back.
    """
    if os.getcwd() != _Process.folder:
        os.chdir(_Process.folder)
        raise ToolError("the tool or one of its plug-ins changed the current folder", "remove that plug-in")


def _hidden_configuration(check: str, config_files: Sequence[str]) -> list[str]:
    """Warnings about configuration that a clean clone would not have."""
    tree = _Process.setup.tree
    return [
        f"check {check}: {name} is in effect, but git ignores it or `exclude` hides it, so other machines may judge "
        "differently"
        for name in config_files
        if not os.path.isabs(name) and not tree.shows(name)
    ]


def _adapter(check: str) -> Adapter[Any]:
    return ADAPTERS[_Process.setup.tools[check]]


def _activate(check: str) -> Resolution[Any]:
    """The options of *check*; resolved anew when the tool's global state belongs to another check."""
    tool = _Process.setup.tools[check]
    active = _active.get(tool)
    if active is None or active[0] != check:
        _active.pop(tool, None)
        active = (check, _adapter(check).resolve(_Process.setup.requests[check], _Process.setup.tree))
        _active[tool] = active
    return active[1]


def _visit(visit: Visit, timeout: float) -> list[FileResult]:
    signal.setitimer(signal.ITIMER_REAL, timeout)
    try:
        data = _content(visit)
    except OSError as error:
        return [_unreadable(check, path, visit.path, error) for check, path in visit.spellings]
    except MemoryError:
        raise
    except BaseException as error:
        return [FileResult(check, path, visit.path, crash=describe(error)) for check, path in visit.spellings]
    _clear_up()
    digest = content_digest(data)
    return [_look(check, path, visit.path, data, digest) for check, path in visit.spellings]


def _content(visit: Visit) -> bytes:
    if isinstance(visit.data, OSError):
        raise visit.data
    return read_bytes(os.path.join(_Process.folder, visit.path)) if visit.data is None else visit.data


def _unreadable(check: str, path: str, relative: str, error: OSError) -> FileResult:
    try:
        found = _adapter(check).unreadable(_activate(check).options, path, error)
    except MemoryError:
        raise
    except BaseException as failure:
        return FileResult(check, path, relative, crash=describe(failure))
    located = tuple(Located(raw=raw, path=relative, source=None) for raw in found)
    message, rule = error.strerror or str(error), found[0].rule if found else None
    problem = FileProblem(kind="unreadable", message=message, rule=rule, path=relative)
    return FileResult(check, path, relative, Said(located, problem))


def _look(check: str, path: str, relative: str, data: bytes, digest: bytes) -> FileResult:
    started = time.process_time()
    adapter = _adapter(check)
    try:
        options = _activate(check).options
        analysis = adapter.check(options, path, data)
        context = adapter.context(options, [path])[0] if adapter.has_context else ""
        _require_own_folder()
    except MemoryError:
        raise
    except ToolError as error:
        crash = "; ".join(filter(None, (error.headline, error.hint)))
        return FileResult(check, path, relative, crash=crash)
    except BaseException as error:
        return FileResult(check, path, relative, crash=describe(error))
    return FileResult(
        check,
        path,
        relative,
        said=_said(relative, data, analysis),
        numbers=_numbers(relative, analysis),
        seconds=max(0.0, time.process_time() - started),
        digest=digest,
        context=context,
    )


def _said(relative: str, data: bytes, analysis: Analysis) -> Said | None:
    if not (analysis.findings or analysis.problem or analysis.depends):
        return None
    lines = split_lines(data) if any(raw.line for raw in analysis.findings) else []
    return Said(
        findings=tuple(Located(raw=raw, path=relative, source=_source(raw, lines)) for raw in analysis.findings),
        problem=None if analysis.problem is None else replace(analysis.problem, path=relative),
        depends=tuple(
            (path, None if content is None else content_digest(content)) for path, content in analysis.depends
        ),
    )


def _numbers(relative: str, analysis: Analysis) -> bytes:
    path = names.display(relative)
    return encode_numbers(
        [replace(one, path=path, subject=names.display(one.subject)) for one in analysis.measurements]
    )


def split_lines(data: bytes) -> list[str]:
    """The text of each line, for showing and for fingerprints: UTF-8, UTF-16 with a mark, else Latin-1."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        text = data.decode("utf-16", "replace")
    else:
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError:
            text = data.decode("latin-1")
    return re.split(r"\r\n|\r|\n", text)


def _source(raw: RawFinding, lines: list[str]) -> str | None:
    if raw.line is None or raw.line > len(lines):
        return None
    return lines[raw.line - 1][:SOURCE_LIMIT]


def describe(error: BaseException) -> str:
    """An exception in one line, with the place in the code where it was raised."""
    place = ""
    traceback = error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        place = f" ({os.path.basename(code.co_filename)}:{traceback.tb_lineno} in {code.co_name})"
        traceback = traceback.tb_next
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:500]}{place}"
