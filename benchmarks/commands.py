"""The command lines that qualitygate replaces, and the hooks that people write for them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from benchmarks.bench import Bench
from benchmarks.process import Command

FLAKE8 = ("flake8", "--max-line-length=120", "--jobs=2")
DOC8 = ("doc8", "--max-line-length=100")
YAMLLINT = ("yamllint",)
BANDIT = ("bandit", "-q", "-s", "B101")
RADON_CC = ("radon", "cc", "-s", "-nb")
RADON_MI = ("radon", "mi", "-s", "-nb")
XENON = ("xenon", "--max-absolute=B", "--max-modules=B", "--max-average=B")

CLASSIC = (FLAKE8, DOC8, YAMLLINT, BANDIT, RADON_CC, RADON_MI, XENON)
PYTHON_ONLY = (FLAKE8, BANDIT, RADON_CC, RADON_MI, XENON)

JOBS = {
    "flake8": (FLAKE8,),
    "doc8": (DOC8,),
    "yamllint": (YAMLLINT,),
    "bandit": (BANDIT,),
    "radon": (RADON_CC, RADON_MI),
    "xenon": (XENON,),
}
"""The jobs of the pipeline by the distribution that each installs."""


def on_folder(line: Sequence[str]) -> tuple[str, ...]:
    """The arguments that make *line* look at the whole folder it runs in."""
    return (*line, *(("-r",) if line[0] == "bandit" else ()), ".")


def six(bench: Bench, root: Path) -> list[Command]:
    """All of them on *root*."""
    return [bench.tool(root, *on_folder(line)) for line in CLASSIC]


def hooks(bench: Bench) -> Path:
    """The configuration for prek and pre-commit: each command line as a local hook that is given file names."""
    path = bench.path("hooks/.pre-commit-config.yaml")
    entries = "".join(
        f"      - id: {'-'.join(word for word in line[:2] if not word.startswith('-'))}\n"
        f"        name: {line[0]}\n"
        f"        entry: {' '.join((str(bench.tools / line[0]), *line[1:]))}\n"
        f"        language: system\n"
        f"        {_files(line[0])}\n"
        for line in CLASSIC
    )
    path.write_text(f"repos:\n  - repo: local\n    hooks:\n{entries}")
    return path


def _files(tool: str) -> str:
    return {"doc8": r"files: \.(rst|txt)$", "yamllint": "types: [yaml]"}.get(tool, "types: [python]")


def prek(bench: Bench, root: Path, *which: str) -> Command:
    """prek with those hooks on *which* (`--all-files`, or `--files` and names)."""
    return bench.tool(root, "prek", "run", "--config", str(hooks(bench)), *which)


def pre_commit(bench: Bench, root: Path, *which: str) -> Command:
    """The same with pre-commit."""
    return bench.tool(root, "pre-commit", "run", "--config", str(hooks(bench)), *which)


def ruff(bench: Bench, root: Path) -> Command:
    """`ruff check` with its default rules and a cache outside of the tree."""
    return bench.tool(root, "ruff", "check", "--output-format=concise", "--cache-dir", str(bench.path("ruff")), ".")


def git_status(bench: Bench, root: Path) -> Command:
    """The least that looks at every file."""
    return Command(("git", "status", "--porcelain"), root, bench.env, frozenset({0}))
