from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True)
def _plain_git_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's git configuration and an enclosing hook's variables must not decide."""
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
