"""Keeps the checked project's code out of worker processes.

Worker processes take over the parent's `sys.path` and, by multiprocessing's default, import its `__main__` again.
Both could bring in modules of the checked project: a `yaml.py` beside `pyproject.toml` must stay a file to look at.
"""

from __future__ import annotations

import contextlib
import os
import site
import sys
import sysconfig
from collections.abc import Iterable, Iterator
from typing import Any

import qualitygate

_MAIN_MODULE_KEYS = ("init_main_from_name", "init_main_from_path")

#: Names that pebble 5 gives its workers and multiprocessing its fork server.
_OUR_PROCESSES = ("pebble_pool_worker", "ignore")


def safe_path(entries: Iterable[str], root: str) -> list[str]:
    """*entries* of `sys.path` without those in the project at *root*.

    The libraries of the Python installation stay although a virtual environment often lies inside the project, and so
    does the folder that this package itself was imported from.
    """
    libraries = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    kept = {os.path.realpath(path) for path in (*libraries, site.getusersitepackages())}
    root = os.path.realpath(root)
    return [entry for entry in entries if entry and not _is_project(os.path.realpath(entry), root, kept)]


def _is_project(entry: str, root: str, kept: set[str]) -> bool:
    if not _inside(entry, root) or any(_inside(entry, folder) and folder != root for folder in kept):
        return False
    return entry != _own_folder()


def _inside(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _own_folder() -> str:
    return os.path.dirname(os.path.dirname(os.path.realpath(qualitygate.__file__)))


@contextlib.contextmanager
def isolated_children(root: str, preload: Iterable[str]) -> Iterator[None]:
    """Start worker processes without the parent's `__main__` and without the project on `sys.path`.

    Args:

        root: Absolute path of the project.

        preload: Modules that the fork server imports once, see `engine.preload`.
    """
    import multiprocessing.spawn

    original = multiprocessing.spawn.get_preparation_data
    environment = {
        # For `python -c`, with which multiprocessing starts its servers: without it the current folder comes first.
        "PYTHONSAFEPATH": "1",
        "_QUALITYGATE_ROOT": root,
        "_QUALITYGATE_PRELOAD": ",".join(preload),
    }
    before = {name: os.environ.get(name) for name in environment}

    def prepare(name: str) -> dict[str, Any]:
        data = original(name)
        if name in _OUR_PROCESSES:
            for key in _MAIN_MODULE_KEYS:
                data.pop(key, None)
            data["sys_path"] = safe_path(sys.path, root)
        return data

    os.environ.update(environment)
    multiprocessing.spawn.get_preparation_data = prepare
    try:
        yield
    finally:
        multiprocessing.spawn.get_preparation_data = original
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
