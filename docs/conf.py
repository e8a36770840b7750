"""Sphinx's configuration."""

from __future__ import annotations

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parent / "_ext"), str(Path(__file__).parents[1])]  # extensions, tests

project = "qualitygate"
author = "the qualitygate authors"
copyright = author
release = version = installed_version("pytest-qualitygate")

extensions = ["qualitygate_docs"]
exclude_patterns = ["_build", "_examples", "_ext"]
html_theme = "furo"
html_title = f"qualitygate {release}"
nitpicky = True
