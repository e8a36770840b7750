"""Imported by the fork server, so that forked workers find the tools' modules already loaded, and print nothing.

A tool that can not be imported is no error here: the worker that needs it tries again and reports why.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys

from qualitygate.engine.isolation import safe_path

sys.path[:] = safe_path(sys.path, os.environ.get("_QUALITYGATE_ROOT", os.getcwd()))

# A worker that is still starting when the run ends would print a traceback about it.
_void = os.open(os.devnull, os.O_RDWR)
for _stream in (0, 1, 2):
    os.dup2(_void, _stream)

for _name in filter(None, os.environ.get("_QUALITYGATE_PRELOAD", "").split(",")):
    with contextlib.suppress(Exception):
        importlib.import_module(_name)
