"""Runs one adapter over one project in a process of its own, as a worker would, and compares with a command line."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

Row = tuple[str, str | None, int | None, int | None, str]
"""Rule, path, line, column, message."""

_SCRIPT = """
import json, os, sys
import importlib
from qualitygate.plugin import Adapter
from qualitygate.plugin import Request, Tree
tool, args, extra, paths = json.loads(sys.argv[1])
module = importlib.import_module("qualitygate.adapters." + tool)
adapter = getattr(module, tool.capitalize() + "Adapter")()
root = os.getcwd()
files = []
for folder, _, names in os.walk("."):
    for name in names:
        path = os.path.join(folder, name)[2:]
        if not path.startswith(".git/"):
            files.append(path)
tree = Tree(root, files, empty_folders=(".git",) if os.path.isdir(".git") else ())
resolution = adapter.resolve(
    Request(check=tool, root=root, paths=tuple(paths), args=tuple(args),
            extra_args={k: tuple(v) for k, v in extra.items()}), tree)
visits = adapter.select(resolution.options, tree)
rows, problems, measurements = [], [], []
for visit in visits:
    path = tree.relative(visit)
    try:
        with open(visit, "rb") as stream:
            data = stream.read()
    except OSError as error:
        found = adapter.unreadable(resolution.options, visit, error)
        problems.append([path, "unreadable", str(error)])
    else:
        analysis = adapter.check(resolution.options, visit, data)
        found = analysis.findings
        measurements.extend(analysis.measurements)
        if analysis.problem is not None:
            problems.append([path, analysis.problem.kind, analysis.problem.message])
    rows.extend([f.rule, path, f.line, f.column, f.message] for f in found)
rows.extend([f.rule, None, None, None, f.message] for f in adapter.reduce(resolution.options, measurements))
print(json.dumps({"files": visits, "rows": rows, "problems": problems, "notes": resolution.notes,
                  "config_files": resolution.config_files}))
"""


@dataclasses.dataclass
class Answer:
    """What the adapter said."""

    files: list[str]
    """Visited path strings, as the tool spells them."""
    rows: Counter[Row]
    problems: list[tuple[str, str, str]]
    """Path, kind, message."""
    notes: list[str]
    config_files: list[str]


class AdapterFailed(Exception):
    """The adapter raised; holds the traceback's text."""


def gate(
    root: Path,
    tool: str,
    args: Sequence[str] = (),
    paths: Sequence[str] = (".",),
    extra: dict[str, Sequence[str]] | None = None,
    env: dict[str, str] | None = None,
) -> Answer:
    """Run the adapter of *tool* over *root*; raises AdapterFailed."""
    task = json.dumps([tool, list(args), {key: list(value) for key, value in (extra or {}).items()}, list(paths)])
    done = subprocess.run(
        [sys.executable, "-P", "-c", _SCRIPT, task],
        cwd=root,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        env={**os.environ, **(env or {})},
        timeout=600,
    )
    if done.returncode != 0:
        raise AdapterFailed(done.stderr)
    data = json.loads(done.stdout.splitlines()[-1])
    return Answer(
        files=data["files"],
        rows=Counter(tuple(row) for row in data["rows"]),
        problems=[tuple(problem) for problem in data["problems"]],
        notes=data["notes"],
        config_files=data["config_files"],
    )


def command(
    root: Path, *argv: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a tool's own command line (a module of this interpreter) in *root*."""
    return subprocess.run(
        [sys.executable, "-P", "-m", *argv],
        cwd=root,
        capture_output=True,
        text=True,
        errors="surrogateescape",
        env={**os.environ, **(env or {})},
        timeout=600,
    )


def write(root: Path, files: dict[str, str | bytes]) -> Path:
    """Make the files, given by relative path, below *root*."""
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root
