"""The trees that are measured, built from real packages."""

from __future__ import annotations

import functools
import itertools
import re
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from tests.parity import corpora

Files = dict[str, bytes]
"""Content by path relative to the root."""

_COMMENT = {".py": "#", ".rst": "..", ".txt": "..", ".yml": "#", ".yaml": "#"}
"""How a comment begins, by suffix."""


@functools.cache
def package(name: str) -> Mapping[str, bytes]:
    """All files of the corpus *name*, which is downloaded if it is not there yet."""
    with tempfile.TemporaryDirectory() as scratch:
        root = corpora.extract(name, Path(scratch))
        paths = sorted(path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
        return {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}


def mixed(quick: bool) -> Files:
    """Django's wheel whole, the documents of Sphinx and the YAML files of ansible-core; a part of them if *quick*."""
    django = dict(package("django"))
    documents = _with(package("sphinx"), ".rst", ".txt")
    yaml = _with(package("ansible-core"), ".yml", ".yaml")
    if quick:
        django = {path: data for path, data in django.items() if re.match("django/(forms|http)/", path)}
        documents, yaml = _spread(_handy(documents), 20), _spread(_handy(yaml), 10)
    return django | documents | yaml


def sample(python: int, documents: int, yaml: int) -> Files:
    """As many files of each kind, spread over the packages; none is huge."""
    return (
        _spread(_handy(_with(package("django"), ".py")), python)
        | _spread(_handy(_with(package("sphinx"), ".rst")), documents)
        | _spread(_handy(_with(package("ansible-core"), ".yml", ".yaml")), yaml)
    )


def large(count: int) -> Files:
    """*count* Python and YAML files: copies of those of Django and ansible-core."""
    code = _with(package("django"), ".py") | _with(package("ansible-core"), ".py", ".yml", ".yaml")
    return dict(itertools.islice(copies(code, -(-count // len(code))).items(), count))


def copies(files: Mapping[str, bytes], times: int) -> Files:
    """*files* below *times* folders; a comment of its own makes the content of each unlike that of all others."""
    return {
        f"copy{number:02}/{path}": with_comment(path, data, f"copy {number} of {path}")
        for number in range(times)
        for path, data in files.items()
    }


def padded(files: Mapping[str, bytes], times: int) -> Files:
    """*files* with *times* the bytes in Python files, by comments that no tool has anything to say about."""
    line = ("padding " * 9).rstrip()
    return {
        path: with_comment(path, data, *[line] * (len(data) * (times - 1) // (len(line) + 3)))
        if path.endswith(".py") else data
        for path, data in files.items()
    }


def with_comment(path: str, data: bytes, *lines: str) -> bytes:
    """*data* with comment lines at its end."""
    mark = _COMMENT[Path(path).suffix]
    text = "".join(f"{mark} {line}\n" for line in lines)
    ending = b"" if not data or data.endswith(b"\n") else b"\n"
    # In reStructuredText a comment begins after an empty line.
    return data + ending + (b"\n" if mark == ".." else b"") + text.encode()


def literal(lines: int) -> Files:
    """One module that holds one dictionary of so many lines."""
    body = "".join(f'    "name {number}": "value {number}",\n' for number in range(lines))
    return {"table.py": f"TABLE = {{\n{body}}}\n".encode()}


def ordinary(files: Mapping[str, bytes], suffix: str, count: int = 1) -> list[str]:
    """Paths of *count* files with *suffix* that are larger than three of four others."""
    paths = sorted(_with(files, suffix), key=lambda path: (len(files[path]), path))
    first = min(len(paths) * 3 // 4, len(paths) - count)
    return paths[first:first + count]


def write(root: Path, files: Mapping[str, bytes]) -> Path:
    """Put *files* below *root* and under git, as a clean clone would be; gives *root*."""
    update(root, files)
    corpora.commit(root)
    return root


def update(root: Path, files: Mapping[str, bytes]) -> None:
    """Write *files* below *root*."""
    for path, data in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def _with(files: Mapping[str, bytes], *suffixes: str) -> Files:
    return {path: data for path, data in files.items() if path.endswith(suffixes)}


def _handy(files: Mapping[str, bytes]) -> Files:
    return {path: data for path, data in files.items() if 200 < len(data) < 20_000}


def _spread(files: Mapping[str, bytes], count: int) -> Files:
    paths: Iterable[str] = sorted(files)
    step = max(1, len(files) // count)
    return {path: files[path] for path in itertools.islice(paths, 0, step * count, step)}
