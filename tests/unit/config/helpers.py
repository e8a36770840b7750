"""A project folder with a configuration, and stand-ins for the tools."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from qualitygate.config import Settings, load_settings
from qualitygate.model.limits import Policy, SoftFail
from qualitygate.plugin import Adapter, Analysis, Request, Resolution, Tree

EXAMPLE = """\
[tool.qualitygate]
required-version = ">=0.1,<0.2"
paths = ["src", "tests", "docs"]          # default ["."]
exclude = ["docs/_build/"]                # gitignore patterns, on top of .gitignore
checks = ["flake8", "doc8", "yamllint", "bandit", "bandit-tests", "radon", "xenon"]

[tool.qualitygate.flake8]
args = ["--max-line-length=120"]          # the tool's own flags, verbatim
require-plugins = ["flake8-bugbear>=24"]
max-findings = 0                          # the default

[tool.qualitygate.doc8]
paths = ["docs"]                          # replaces the top-level paths
args = ["--max-line-length=100", "--ignore-path=docs/_build/*"]
soft-fail = { reason = "legacy pages", owner = "@docs", until = 2027-03-31, max-findings = 40 }

[tool.qualitygate.yamllint]
paths = ["."]

[tool.qualitygate.bandit]
paths = ["src"]
args = ["-s", "B101"]
max-findings = { medium = 3, low = 10 }
soft-fail = true                          # allowed, unless `require-reason = true` at the top

[tool.qualitygate.bandit-tests]
tool = "bandit"
paths = ["tests"]
args = ["-s", "B101,B105,B106"]

[tool.qualitygate.radon]
args = ["-s", "-nb"]                      # for `radon cc` and `radon mi`
max-findings = "any"                      # report only

[tool.qualitygate.xenon]
args = ["--max-absolute=B", "--max-modules=B", "--max-average=B"]
soft-fail = true
"""


class StandIn(Adapter[None]):
    """Has a name, default arguments and policy, and a native configuration file called `.NAME`."""

    arguments: ClassVar = {}

    def __init__(
        self, name: str, *default_args: str, policy: Policy | None = None, subcommands: tuple[str, ...] = ()
    ) -> None:
        self.name = name  # type: ignore[misc]
        self.default_args = default_args  # type: ignore[misc]
        self.default_policy = policy or Policy()  # type: ignore[misc]
        self.subcommands = subcommands  # type: ignore[misc]

    def native_config(self, root: Path, paths: Sequence[str]) -> str | None:
        return f".{self.name}" if (root / f".{self.name}").is_file() else None

    def config_candidates(self, request: Request, tree: Tree) -> Sequence[str]:
        return ()

    def by_hand(self, args: Sequence[str], extra: dict[str, tuple[str, ...]], paths: Sequence[str]) -> list[list[str]]:
        return []

    def resolve(self, request: Request, tree: Tree) -> Resolution[None]:
        raise NotImplementedError

    def select(self, options: None, tree: Tree) -> list[str]:
        raise NotImplementedError

    def check(self, options: None, path: str, data: bytes) -> Analysis:
        raise NotImplementedError


SOFT = Policy(soft_fail=SoftFail(reason="stand-in"))
TOOLS: Mapping[str, Adapter[Any]] = {
    tool.name: tool
    for tool in (
        StandIn("flake8", "--max-line-length=120"),
        StandIn("doc8", "--max-line-length=100", policy=SOFT),
        StandIn("yamllint"),
        StandIn("bandit", "-s", "B101"),
        StandIn("radon", "-nb", subcommands=("cc", "mi")),
        StandIn("xenon", "--max-absolute=B", "--max-modules=B", "--max-average=B"),
    )
}


def load(folder: Path, text: str | None = None, *, version: str = "0.1.0", name: str = "qualitygate.toml") -> Settings:
    """The settings of a project in *folder* whose configuration file holds *text*."""
    (folder / ".git").mkdir(exist_ok=True)
    if text is not None:
        (folder / name).write_text(text, encoding="utf-8")
    return load_settings(folder, TOOLS, version=version)
