"""A run without mistakes loads nothing that only mistakes need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

_SCRIPT = """
import sys
from pathlib import Path
from qualitygate.config import load_settings
settings = load_settings(Path(sys.argv[1]), {}, version="0.1")
settings.digest
print(*sys.modules)
"""


def test_an_ordinary_configuration_imports_no_helper_of_rare_cases(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.qualitygate]\npaths = ['src']\nallow-empty = true\n")
    done = subprocess.run(
        [sys.executable, "-c", _SCRIPT, str(tmp_path)], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(done.stdout.split())

    assert "qualitygate.config.resolve" in loaded
    assert not loaded & {"pathspec", "packaging", "difflib", "qualitygate.config.places", "qualitygate.config.schema"}
    assert not loaded & {"flake8", "doc8", "yamllint", "bandit", "radon", "xenon", "qualitygate.adapters"}
