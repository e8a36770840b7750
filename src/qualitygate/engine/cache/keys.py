"""What an answer depends on, as named parts, and the keys made of them.

The parts are plain text by name, so that `qualitygate cache explain` can say which one changed. Facts on what belongs
in are in each adapter: its distributions, variables and configuration files.
"""

from __future__ import annotations

import functools
import hashlib
import locale
import os
import sys
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

import qualitygate
from qualitygate.engine import configuration
from qualitygate.engine.cache.packages import Packages
from qualitygate.model.tree import Tree
from qualitygate.plugin import Adapter, Request
from qualitygate.sources.source import Source

Parts = Mapping[str, str]
"""Name of an input, such as `file setup.cfg` -> its value, or a digest of it."""

MISSING = "missing"

_OUR_CODE = ("adapters", "engine", "engine/cache", "model", "sources", "errors.py", "plugin.py")
"""What of this package decides an answer."""


def digest(*fields: str | bytes) -> bytes:
    """One key of several fields, none of which can run into its neighbour."""
    return hashlib.sha256(msgspec.msgpack.encode([_encodable(field) for field in fields])).digest()[:20]


def _encodable(field: str | bytes) -> bytes:
    return field.encode("utf-8", "surrogateescape") if isinstance(field, str) else field


def of(parts: Parts) -> bytes:
    """The key of *parts*."""
    return digest(*(text for name in sorted(parts) for text in (name, parts[name])))


class Inputs:
    """Gathers the parts of keys for the checks of one run.

    Args:

        source: Where configuration files are read.

        packages: What is installed.
    """

    def __init__(self, source: Source, packages: Packages) -> None:
        self._source = source
        self._packages = packages
        self._files: dict[str, str] = {}

    def check_parts(self, adapter: Adapter[Any], request: Request) -> dict[str, str]:
        """Everything besides the files themselves that the answers of a check depend on."""
        parts = dict(_common())
        parts |= {f"package {name}": self._packages.describe(name) for name in self._distributions(adapter)}
        parts |= {f"variable {name}": os.environ.get(name, MISSING) for name in adapter.variables}
        files = configuration.candidates(adapter, request, self._source.tree)
        parts |= {f"file {path}": self.file(path) for path in files}
        # A tool that is told to read pyproject.toml may take it for another kind of file than TOML.
        named = configuration.named(request, self._source.tree)
        parts |= {f"file {path} (named)": self._whole(path) for path in named if _is_reduced(path)}
        parts["arguments"] = repr((adapter.name, request.args, sorted(request.extra_args.items())))
        return parts

    def changeable(self, adapter: Adapter[Any]) -> list[str]:
        """Distributions behind the answers of a check whose code can change without a trace."""
        return [name for name in self._distributions(adapter) if self._packages.is_changeable(name)]

    def _distributions(self, adapter: Adapter[Any]) -> list[str]:
        providers = self._packages.providers(adapter.plugin_groups)
        return sorted(self._packages.with_requirements([adapter.distribution, *adapter.dependencies, *providers]))

    def plan_parts(
        self, adapter: Adapter[Any], request: Request, check_parts: Parts, scripts: bytes
    ) -> dict[str, str]:
        """Everything that decides which files a check visits.

        Args:

            scripts: A digest over what the search for scripts looks at, where the adapter's does.
        """
        tree = self._source.tree
        local = {
            "check": request.check,
            "paths": repr([(path, tree.isfile(path), tree.isdir(path)) for path in request.paths]),
            "plug-ins": repr((request.require_plugins, request.cacheable_plugins, request.allow_local_plugins)),
            "list of files": _listing(tree),
            "scripts": scripts.hex(),
            "folder": tree.root if self._source.on_disk else "",
        }
        if request.require_plugins:
            local["packages"] = self._packages.all()
        return {**check_parts, **local}

    def file(self, path: str) -> str:
        """A digest of the part of a configuration file that tools look at.

        Of `pyproject.toml` that is all but the tables of packaging and the gate's own: changing a limit must not cost
        a run.
        """
        if path not in self._files:
            self._files[path] = self._file(path)
        return self._files[path]

    def _file(self, path: str) -> str:
        return self._whole(path, _tool_tables if _is_reduced(path) else bytes)

    def _whole(self, path: str, part: Callable[[bytes], bytes] = bytes) -> str:
        try:
            data = configuration.read(self._source, path)
        except (OSError, ValueError) as error:
            return f"{MISSING} ({type(error).__name__})"
        return hashlib.sha256(part(data)).hexdigest()[:32]


def _is_reduced(path: str) -> bool:
    return os.path.basename(path) == "pyproject.toml"


_PACKAGING = ("project", "build-system", "dependency-groups")


def _tool_tables(data: bytes) -> bytes:
    try:
        tables = tomllib.loads(data.decode())
        tools = tables.pop("tool", {})
        tools.pop("qualitygate", None)
        return repr((tools, {name: table for name, table in tables.items() if name not in _PACKAGING})).encode()
    except (ValueError, AttributeError, TypeError, RecursionError):
        return data


def _listing(tree: Tree) -> str:
    text = "\0".join((*tree.files, "", *map(repr, sorted(tree.folder_links.items())), *tree.empty_folders))
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:32]


@functools.cache
def _common() -> Parts:
    """What every answer depends on: this package's own code, and Python."""
    return {
        "qualitygate": _own_code(),
        "python": f"{sys.implementation.name} {sys.version}",
        "flags": repr((_flags(), sys.warnoptions, sys.getrecursionlimit(), sys.platform)),
        "encoding": f"{locale.getencoding()} {sys.getfilesystemencoding()}",
        "variable PYTHONPATH": os.environ.get("PYTHONPATH", MISSING),
    }


def _flags() -> dict[str, int]:
    """Python's options, but for those that change no answer.

    Images set that no compiled code is written, and developers' shells do not. With `safe_path` or without, the project
    is never on the path.
    """
    without_effect = ("dont_write_bytecode", "safe_path")
    return {name: getattr(sys.flags, name) for name in sys.flags.__match_args__ if name not in without_effect}


def _own_code() -> str:
    code = hashlib.sha256()
    for path in sorted(_own_files(Path(qualitygate.__file__).parent)):
        code.update(path.read_bytes())
    return code.hexdigest()[:32]


def _own_files(package: Path) -> Iterable[Path]:
    for name in _OUR_CODE:
        path = package / name
        yield from path.glob("*.py") if path.is_dir() else [path]
