"""On real projects a commit and the index get the verdict of their clean work tree."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.parity import corpora

pytestmark = pytest.mark.slow


def judged(root: Path, *source: str) -> dict[str, Any]:
    """What a run says, without its times."""
    done = subprocess.run(
        [sys.executable, "-P", "-m", "qualitygate", "check", "--no-cache", "--report", "json=-", *source],
        cwd=root,
        capture_output=True,
        timeout=1800,
    )
    assert done.returncode in (0, 1), done.stderr
    report = json.loads(done.stdout)
    for check in report["checks"]:
        del check["seconds"]
    return {name: report[name] for name in ("verdict", "checks", "findings", "measurements")}


@pytest.mark.parametrize(("name", "folder"), [("django", "."), ("sphinx", "sphinx-9.0.4")])
def test_git_has_the_verdict_of_its_clean_work_tree(name: str, folder: str, tmp_path: Path) -> None:
    top = corpora.unpack(name, tmp_path)
    expected = judged(top / folder)
    assert expected["findings"]
    for path in (top / folder).rglob("*.py"):
        path.write_text("import os\n")
    shutil.rmtree(next(path for path in (top / folder).iterdir() if path.is_dir() and path.name != ".git"))
    assert judged(top / folder, "--at", "HEAD") == expected
    assert judged(top / folder, "--staged") == expected
