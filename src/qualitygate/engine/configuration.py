"""Which files may configure a check, found without its tool."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from qualitygate.model.tree import Tree
from qualitygate.plugin import Adapter, Request
from qualitygate.sources.source import Source


def candidates(adapter: Adapter[Any], request: Request, tree: Tree) -> list[str]:
    """Files, there or not, relative to the root or absolute: declared ones, and those that an argument names."""
    return sorted({*adapter.config_candidates(request, tree), *named(request, tree)})


def named(request: Request, tree: Tree) -> set[str]:
    """Those that an argument of the check names."""
    words = [*request.args, *(word for extra in request.extra_args.values() for word in extra)]
    return set(_named(words, tree))


def read(source: Source, path: str) -> bytes:
    """The content of such a file, as tools that run in the root find it.

    Raises:

        OSError: It can not be read.
    """
    return Path(path).read_bytes() if os.path.isabs(path) else source.read(path)


def _named(words: Iterable[str], tree: Tree) -> Iterator[str]:
    """Files that *words* of a command line may name: whole, after `=`, or after a short option."""
    for word in words:
        for text in (word, word.partition("=")[2], word[2:] if word.startswith("-") else ""):
            relative = tree.relative(text) if text else None
            if relative is not None and (tree.shows(relative) or _is_on_disk(tree, relative)):
                yield relative


def _is_on_disk(tree: Tree, relative: str) -> bool:
    """Also a file that git ignores can be named; the tool will read it."""
    try:
        return os.path.isfile(os.path.join(tree.root, relative))
    except ValueError:  # a NUL
        return False
