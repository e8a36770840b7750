"""Proves that a release can be installed and imported, in an environment that nothing else is in."""

from __future__ import annotations

import dataclasses
import importlib.util
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.tags import sys_tags
from packaging.utils import parse_wheel_filename

from qualitygate.errors import ReleaseCode, ReleaseError
from qualitygate.release import children
from qualitygate.release.redaction import Redactor

_TIMEOUT = 600.0  # seconds for each step

_ELSEWHERE = ("PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_FIND_LINKS", "PIP_NO_INDEX", "PIP_CONSTRAINT")
"""By these pip would look at other places than the one to prove."""

_PROOF = """
import importlib, importlib.metadata, sys
name, version = sys.argv[1:]
distribution = importlib.metadata.distribution(name)
if distribution.version != version:
    sys.exit(f"the version that is installed is {distribution.version}")
modules = set()
for file in distribution.files or ():
    first, *rest = file.parts
    if rest and file.name == "__init__.py" and len(rest) == 1:
        modules.add(first)
    elif not rest and first.endswith(".py"):
        modules.add(first[:-3])
for module in sorted(filter(str.isidentifier, modules)):
    importlib.import_module(module)
print(f"imported {', '.join(sorted(modules)) or 'nothing'}")
"""
"""Run in that environment: the version is the one, and every module at the top can be imported."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Installed:
    """What was proven."""

    proven: bool
    how: str
    """One line for people and the receipt."""


class NotFound(ReleaseError):
    """pip does not find, or not accept, what the index serves."""


def prove(
    project: str,
    version: str,
    wheels: Mapping[str, str],
    requires_python: str,
    redact: Redactor,
    *,
    index_url: str | None,
    folder: Path | None,
) -> Installed:
    """Install the wheel that fits this Python, by its hash, with its dependencies, and import it.

    Args:

        wheels: SHA-256 by file name.

        index_url: The simple index to install from; None for the files in *folder*.

    Raises:

        ReleaseError: It can not be installed or imported.
    """
    reason = _unfit(list(wheels), requires_python)
    if reason:
        return Installed(proven=False, how=f"not installed: {reason}")
    with tempfile.TemporaryDirectory(prefix="qualitygate-install-") as scratch:
        place = Path(scratch)
        pip = _environment(place / "env", redact)
        python = place / "env" / "bin" / "python"
        pinned = place / "requirements.txt"
        hashes = [f"--hash=sha256:{sha}" for sha in wheels.values()]
        pinned.write_text(" ".join([f"{project}=={version}", *hashes]))
        install = [*pip, "install"]
        where = ["--index-url", index_url] if index_url else ["--no-index", "--find-links", str(folder)]
        _step(
            [*install, "--no-cache-dir", "--no-deps", "--require-hashes", "--only-binary=:all:", *where, "-r", pinned],
            "it can not be installed",
            redact,
            NotFound,
            without=_ELSEWHERE,
            variables={"PIP_CONFIG_FILE": os.devnull},
        )
        # It is there already, so that this brings its dependencies alone, from where the user's pip finds packages.
        _step([*install, f"{project}=={version}"], "its dependencies can not be installed", redact)
        _step([*pip, "check"], "its dependencies do not fit", redact)
        said = _step([python, "-I", "-c", _PROOF, project, version], "it can not be imported", redact)
    source = "from the index" if index_url else "from the files that the index served"
    return Installed(proven=True, how=f"installed {source} by hash, {said}")


def _environment(folder: Path, redact: Redactor) -> list[str | Path]:
    """Make a virtual environment; gives the command line of pip for it."""
    own_pip = importlib.util.find_spec("pip") is not None
    without = ["--without-pip"] if own_pip else []  # copying it there takes longer than all the rest
    _step([sys.executable, "-I", "-m", "venv", *without, folder], "a virtual environment can not be made", redact)
    python = folder / "bin" / "python"
    options: list[str | Path] = ["--disable-pip-version-check", "--no-input"]
    if own_pip:
        return [sys.executable, "-I", "-m", "pip", "--python", python, *options]
    return [python, "-I", "-m", "pip", *options]


def _unfit(names: list[str], requires_python: str) -> str:
    """Why none of these wheels can be installed here; empty if one can."""
    running = ".".join(map(str, sys.version_info[:3]))
    try:
        if requires_python and not SpecifierSet(requires_python).contains(running, prereleases=True):
            return f"it needs Python {requires_python}, this one is {running}"
    except InvalidSpecifier:
        return f"its Requires-Python is {requires_python!r}"
    tags = set(sys_tags())
    if not any(tags & parse_wheel_filename(name)[3] for name in names):
        return f"there is no wheel for this Python ({running}) on this platform"
    return ""


def _step(
    argv: list[str | Path],
    failure: str,
    redact: Redactor,
    kind: type[ReleaseError] = ReleaseError,
    *,
    without: tuple[str, ...] = (),
    variables: Mapping[str, str] | None = None,
) -> str:
    done = children.run(argv, timeout=_TIMEOUT, without=without, variables=variables)
    if done.failed:
        raise kind(
            ReleaseCode.UNVERIFIED,
            f"{failure}: {redact(done.why)}",
            "the files are on the index: do not build anew; look into it",
        )
    return redact(done.last_line)
