"""Real projects by package name, fetched once and kept in `.cache/corpora`."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

CORPORA = {
    "django": ("django==5.2.8", "--only-binary=:all:"),
    "ansible-core": ("ansible-core==2.17.14", "--only-binary=:all:"),
    "sphinx": ("sphinx==9.0.4", "--no-binary=:all:"),
}

_CACHE = Path(os.environ.get("QUALITYGATE_TEST_CORPORA", Path(__file__).parents[2] / ".cache" / "corpora"))


def archive(name: str) -> Path:
    """The distribution file of corpus *name*; downloaded by pip from the index it is configured for."""
    requirement, kind = CORPORA[name]
    folder = _CACHE / name
    if not folder.exists():
        _CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE) as fresh:
            command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", kind, "--dest", fresh]
            subprocess.run([*command, requirement], check=True)
            # Whole or not at all, since another process may want the same one.
            with contextlib.suppress(OSError):
                shutil.copytree(fresh, f"{fresh}.done")
                os.rename(f"{fresh}.done", folder)
    return next(folder.iterdir())


def extract(name: str, target: Path) -> Path:
    """Put the files of corpus *name* below *target*; gives its root."""
    path = archive(name)
    root = target / name
    root.mkdir(parents=True)
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as bundle:
            bundle.extractall(root)
    else:
        with tarfile.open(path) as bundle:
            bundle.extractall(root, filter="data")
    return root


def commit(root: Path) -> None:
    """Put *root* under git, as a clean clone would be."""
    git(root, "init", "-q")
    (root / ".git" / "info" / "exclude").write_text("/qualitygate.toml\n/.qualitygate/\n")
    git(root, "add", "-A", "-f")
    git(root, "-c", "user.name=Tester", "-c", "user.email=tester@example.org", "commit", "-qm", "state")


def unpack(name: str, target: Path) -> Path:
    """Unpack corpus *name* below *target* and put it under git; gives its root."""
    root = extract(name, target)
    commit(root)
    return root


def git(root: Path, *args: str) -> None:
    """Run git in *root*."""
    subprocess.run(["git", *args], cwd=root, check=True, capture_output=True)
