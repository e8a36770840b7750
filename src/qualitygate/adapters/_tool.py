"""Ways to run a tool's own code for its decisions without letting it print, exit, walk the disk or start working.

The six tools keep their option handling inside `main()`. Running that code and stopping it at the first call that
would do work gives exactly the options that the command line would have used.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, NoReturn

from qualitygate.plugin import Argument, ConfigError, Request, Tree


class Stopped(BaseException):  # noqa: N818 - control flow; BaseException so that no tool swallows it
    """A tool reached the call it was to be stopped at; holds that call's arguments."""

    def __init__(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        super().__init__()
        self.call_args = args
        self.call_kwargs = kwargs


@contextlib.contextmanager
def replaced(owner: object, name: str, value: object) -> Iterator[None]:
    """Give the attribute *name* of *owner* another *value* for the time of the block."""
    original = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, original)


def stopping_at(owner: object, name: str) -> contextlib.AbstractContextManager[None]:
    """Make a call of `owner.name` raise `Stopped` with the call's arguments."""

    def stop(*args: Any, **kwargs: Any) -> NoReturn:
        raise Stopped(args, kwargs)

    return replaced(owner, name, stop)


class _VirtualPath:
    """`os.path` that looks for files in a tree."""

    def __init__(self, tree: Tree) -> None:
        self.isdir = tree.isdir
        self.isfile = tree.isfile
        self.exists = tree.exists

    def __getattr__(self, name: str) -> Any:
        return getattr(os.path, name)


class _VirtualOs:
    """`os` that walks a tree."""

    def __init__(self, tree: Tree) -> None:
        self.walk = tree.walk
        self.path = _VirtualPath(tree)

    def __getattr__(self, name: str) -> Any:
        return getattr(os, name)


def walking(tree: Tree, *modules: ModuleType) -> contextlib.ExitStack:
    """Let the discovery code of *modules*, which use `os.walk` and `os.path`, see *tree* instead of the disk."""
    stack = contextlib.ExitStack()
    for module in modules:
        stack.enter_context(replaced(module, "os", _VirtualOs(tree)))
    return stack


@contextlib.contextmanager
def silenced() -> Iterator[io.StringIO]:
    """Catch what a tool prints on either stream; gives the text."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        yield text


@contextlib.contextmanager
def command_line(program: str, argv: list[str]) -> Iterator[None]:
    """Set `sys.argv` for tools that read nothing else."""
    with replaced(sys, "argv", [program, *argv]):
        yield


@contextlib.contextmanager
def classified(
    arguments: Mapping[str, Argument], check: str, on_parsed: Callable[[argparse.Namespace], None] | None = None
) -> Iterator[None]:
    """Refuse the refused options of every argument parser used inside the block.

    Args:

        arguments: Classification of the tool's options, see `Adapter.arguments`.

        check: Name of the check, for the message.

        on_parsed: Called with each namespace that a parser gave.

    Raises:

        ConfigError: A refused option was used, or the parser itself refused the arguments.
    """
    original = argparse.ArgumentParser.parse_known_args

    def parse(
        parser: argparse.ArgumentParser, args: Any = None, namespace: argparse.Namespace | None = None, **kwargs: Any
    ) -> tuple[argparse.Namespace, list[str]]:
        for action in parser._actions:
            argument = arguments.get(canonical(action))
            if argument is not None and argument.kind == "refused" and action.option_strings:
                _make_refusing(action, argument, check)
        result, rest = original(parser, args, namespace, **kwargs)
        if on_parsed is not None:
            on_parsed(result)
        return result, rest

    def error(parser: argparse.ArgumentParser, message: str) -> NoReturn:
        raise ConfigError([f"check {check}: {parser.prog} refuses its arguments: {message}"])

    with (
        replaced(argparse.ArgumentParser, "parse_known_args", parse),
        replaced(argparse.ArgumentParser, "error", error),
    ):
        yield


def canonical(action: argparse.Action) -> str:
    """The name under which `Adapter.arguments` holds an option: its longest spelling, or a positional's `dest`."""
    return max(action.option_strings, key=len, default=action.dest)


def refuse_paths(given: Sequence[str], request: Request, instead: str) -> None:
    """Refuse paths among the arguments of a check.

    Args:

        given: The paths that the tool's parser found in `request.args` followed by `request.paths`. To be called
            from `on_parsed` of `classified`: options after such a path make a parser complain about the others.

        instead: Where paths belong.

    Raises:

        ConfigError: The parser found others than `request.paths`.
    """
    given, paths = tuple(given), request.paths
    if given == paths:
        return
    count = len(given) - len(paths)
    extra = given[:count] if given[count:] == paths else tuple(path for path in given if path not in paths)
    if not extra:
        last = request.args[-1] if request.args else "an option"
        raise ConfigError([f"check {request.check}: {last}, the last of args, needs a value"])
    raise ConfigError([f"check {request.check}: {path} in args is a path: {instead}" for path in extra])


def _make_refusing(action: argparse.Action, argument: Argument, check: str) -> None:
    def refuse(self: argparse.Action, parser: object, namespace: object, values: object, option: str = "") -> NoReturn:
        raise ConfigError([f"check {check}: the argument {option} is refused: {argument.note}"])

    action.type = None  # argparse.FileType would open, and so empty, the file before the action is called
    action.choices = None
    action.__class__ = type("RefusedAction", (type(action),), {"__call__": refuse})


@contextlib.contextmanager
def stack_like_command_line(depth: int) -> Iterator[None]:
    """Let recursion run out where it would in the tool's own process.

    Whether deeply nested code can be analysed depends on how many frames are left of Python's limit. Here the stack
    is deeper than under the tool's own command, so the limit is moved by the difference.

    Args:

        depth: Number of frames below and including the caller's, in the tool's own process.
    """
    frame = sys._getframe(2)
    here = 0
    walker: Any = frame
    while walker is not None:
        here += 1
        walker = walker.f_back
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(limit + here - depth)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


def require_inside(root: str, path: str, check: str, option: str) -> str:
    """*path*, relative to *root*, of a file that an argument names.

    Raises:

        ConfigError: It lies outside the root: the answer would depend on the machine.
    """
    relative = os.path.relpath(os.path.realpath(path), os.path.realpath(root))
    if relative == os.pardir or relative.startswith(os.pardir + os.sep):
        raise ConfigError([f"check {check}: {option} names {path}, which is outside of the project root"])
    return relative.replace(os.sep, "/")


def describe_config(root: str, path: str, check: str) -> tuple[str, tuple[str, ...]]:
    """Name of a native configuration file for the report, and a warning where it lies outside the project root."""
    relative = os.path.relpath(os.path.realpath(path), os.path.realpath(root))
    if relative.startswith(os.pardir):
        absolute = os.path.abspath(path)
        return absolute, (
            f"check {check}: {absolute} is in effect and lies outside of the project, so other machines may judge "
            "differently",
        )
    return relative.replace(os.sep, "/"), ()
