"""Ways to run a tool's own code for its decisions without letting it print, exit, walk the disk or start working.

The six tools keep their option handling inside `main()`. Running that code and stopping it at the first call that
would do work gives exactly the options that the command line would have used.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import ModuleType
from typing import TYPE_CHECKING, Any, NoReturn

from qualitygate.model.paths import below
from qualitygate.plugin import Argument, ConfigError, Request, Tree, refused

if TYPE_CHECKING:
    import argparse


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


_UNKNOWN = refused("this version of qualitygate does not know it, and can not tell what it would hide")


@contextlib.contextmanager
def classified(
    arguments: Mapping[str, Argument],
    check: str,
    on_parsed: Callable[[argparse.Namespace], None] | None = None,
    others: Argument = _UNKNOWN,
) -> Iterator[None]:
    """Refuse the refused options of every argument parser used inside the block.

    Args:

        arguments: Classification of the tool's options, see `Adapter.arguments`.

        check: Name of the check, for the message.

        on_parsed: Called with each namespace that a parser gave.

        others: What holds for options that *arguments* does not name, such as those of plug-ins.

    Raises:

        ConfigError: A refused option was used, or the parser itself refused the arguments.
    """
    import argparse

    original = argparse.ArgumentParser.parse_known_args
    given: list[str] = []
    known: set[str] = set()

    def parse(
        parser: argparse.ArgumentParser, args: Any = None, namespace: argparse.Namespace | None = None, **kwargs: Any
    ) -> tuple[argparse.Namespace, list[str]]:
        for action in parser._actions:
            argument = arguments.get(canonical(action), others)
            if argument.kind == "refused" and action.option_strings:
                _make_refusing(action, argument, check)
        given.extend(sys.argv[1:] if args is None else args)
        known.update(parser._option_string_actions)
        result, rest = original(parser, args, namespace, **kwargs)
        try:
            if on_parsed is not None:
                on_parsed(result)
        except ConfigError:
            # The value of an option that the parser does not know looks like a path; the option is the mistake.
            options = [item for item in rest if _is_option(item)]
            if options:
                parser.error(f"unrecognized arguments: {' '.join(options)}")
            raise
        return result, rest

    def error(parser: argparse.ArgumentParser, message: str) -> NoReturn:
        raise ConfigError([f"check {check}: {parser.prog} refuses its arguments: {message}"], _advice(given, known))

    with (
        replaced(argparse.ArgumentParser, "parse_known_args", parse),
        replaced(argparse.ArgumentParser, "error", error),
    ):
        yield


def _advice(given: Sequence[str], known: Collection[str]) -> str:
    """What to write instead of *given*, arguments that a parser refuses; *known* are the spellings of its options."""
    for item in filter(_is_option_with_value, given):
        return f"{item} is an option and its value in one string: {_in_two(item)}"
    words = dict.fromkeys(item.partition("=")[0] for item in given if item.startswith("--"))
    near = [f"`{option}`" for word in words for option in _nearest(word, known)]
    return f"did you mean {' and '.join(near)}?" if near else ""


def _nearest(word: str, known: Collection[str]) -> list[str]:
    """The option that *word* is a slip of, if any; the beginning of an option is none."""
    if any(option.startswith(word) for option in known):
        return []
    import difflib

    return difflib.get_close_matches(word, sorted(known), 1, _SLIP)


_SLIP = 0.7
"""Similarity of a slip: with less, radon's `--multi` would be taken for a slip of `--min`."""


def _is_option(item: str) -> bool:
    return item.startswith("-") and item not in ("-", "--")


def _is_option_with_value(item: str) -> bool:
    """Whether *item* is such as `--max-line-length 120`: two words of a command line in one string."""
    option, space, _ = item.partition(" ")
    return bool(space) and _is_option(option) and "=" not in option


def _in_two(item: str) -> str:
    """How to write an option and its value that are in one string."""
    option, _, value = item.partition(" ")
    joined = f', or "{option}={value.strip()}"' if option.startswith("--") else ""
    return f'write "{option}", "{value.strip()}"{joined}'


def canonical(action: argparse.Action) -> str:
    """The name under which `Adapter.arguments` holds an option: its longest spelling, or a positional's `dest`."""
    return max(action.option_strings, key=len, default=action.dest)


def refuse_paths(given: Sequence[str], request: Request, instead: str, subcommands: Collection[str] = ()) -> None:
    """Refuse paths among the arguments of a check.

    Args:

        given: The paths that the tool's parser found in `request.args` followed by `request.paths`. To be called
            from `on_parsed` of `classified`: options after such a path make a parser complain about the others.

        instead: Where paths belong.

        subcommands: Words of the tool's command line that the gate writes itself.

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
    raise ConfigError(
        [f"check {request.check}: {path} in args is {_told(path, instead, subcommands)}" for path in extra]
    )


def _told(word: str, instead: str, subcommands: Collection[str]) -> str:
    """What a *word* that a parser took for a path is, and what to do with it."""
    if word.partition(" ")[0] in subcommands:
        return "part of the command, which qualitygate adds itself: leave it out"
    if _is_option_with_value(word):
        return f"an option and its value in one string: {_in_two(word)}"
    return f"a path: {instead}"


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


def require_inside(root: str, path: str, check: str, option: str, must_exist: bool = False) -> str:
    """*path*, relative to *root*, of a file that an argument names.

    Raises:

        ConfigError: It lies outside the root: the answer would depend on the machine. Or, with *must_exist*, there is
            no such file.
    """
    relative = below(os.path.realpath(root), os.path.realpath(path))
    if relative is None:
        raise ConfigError([f"check {check}: {option} names {path}, which is outside of the project root"])
    if must_exist and not os.path.isfile(path):
        what = "is not a file" if os.path.lexists(path) else "does not exist"
        raise ConfigError([f"check {check}: {option} names {path}, which {what}"])
    return relative


def upward(root: str, names: Sequence[str]) -> list[str]:
    """Each of *names* in the folder *root* and in all above it: `setup.cfg`, `../setup.cfg`..."""
    above = ["../" * level for level in range(root.rstrip("/").count("/") + 1)]
    return [folder + name for folder in above for name in names]


def inside(pattern: str) -> str:
    """An absolute pattern without the current folder in front, so that it is the same in every checkout."""
    return pattern.removeprefix(os.getcwd() + os.sep)


def describe_config(root: str, path: str, check: str) -> tuple[str, tuple[str, ...]]:
    """Name of a native configuration file for the report, and a warning where it lies outside the project root."""
    relative = below(os.path.realpath(root), os.path.realpath(path))
    if relative is None:
        absolute = os.path.abspath(path)
        return absolute, (
            f"check {check}: {absolute} is in effect and lies outside of the project, so other machines may judge "
            "differently",
        )
    return relative, ()
