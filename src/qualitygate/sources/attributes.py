"""Which files a checkout would not write as git stores them (gitattributes(5))."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from qualitygate.errors import SourceError
from qualitygate.sources import git

_ASKED = ("text", "eol", "working-tree-encoding", "ident", "filter")
_NO_VALUE = ("unspecified", "unset", "set")


def converted(repository: git.Git, paths: Sequence[str], commit: str | None) -> list[str]:
    """Those of *paths* (below git's folder) that a checkout would convert; none if git can not tell.

    Args:

        commit: Whose attributes count; None for those of the index.
    """
    names = b"".join(os.fsencode(path) + b"\0" for path in paths)
    try:
        with _index_of(repository, commit) as index:
            done = repository.run("check-attr", "--cached", "-z", "--stdin", *_ASKED, stdin=names, index=index)
    except (SourceError, OSError):
        return []
    if done.returncode != 0:
        return []
    fields = os.fsdecode(done.stdout).split("\0")
    values: dict[str, dict[str, str]] = {}
    for path, attribute, value in zip(fields[0::3], fields[1::3], fields[2::3], strict=False):
        values.setdefault(path, {})[attribute] = value
    return [path for path, given in values.items() if _converts(given)]


def are_given(repository: git.Git) -> bool:
    """Whether the repository has attributes of its own, besides those of the files."""
    with contextlib.suppress(SourceError):
        path = repository.ask("rev-parse", "--git-path", "info/attributes").removesuffix(b"\n")
        return os.path.exists(os.path.join(os.fsencode(repository.root), path))
    return False


def _converts(given: Mapping[str, str]) -> bool:
    encoding = given.get("working-tree-encoding", "unspecified")
    return (
        given.get("filter", "unset") not in _NO_VALUE
        or given.get("ident") == "set"
        or (encoding not in _NO_VALUE and encoding.upper() not in ("UTF-8", "UTF8"))
        or (given.get("eol") == "crlf" and given.get("text") != "unset")
    )


@contextlib.contextmanager
def _index_of(repository: git.Git, commit: str | None) -> Iterator[Path | None]:
    """An index that holds *commit*. `git check-attr --source` would do without one, but only since git 2.40."""
    if commit is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="qualitygate-", ignore_cleanup_errors=True) as folder:
        index = Path(folder, "index")
        done = repository.run("read-tree", commit, index=index)
        if done.returncode != 0:
            raise repository.refusal("read-tree", done.stderr)
        yield index
