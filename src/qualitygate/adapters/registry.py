"""The list of built-in tools. A new one is its own file and one line here."""

from __future__ import annotations

from typing import Any

from qualitygate.adapters.bandit import BanditAdapter
from qualitygate.adapters.doc8 import Doc8Adapter
from qualitygate.adapters.flake8 import Flake8Adapter
from qualitygate.adapters.radon import RadonAdapter
from qualitygate.adapters.xenon import XenonAdapter
from qualitygate.adapters.yamllint import YamllintAdapter
from qualitygate.plugin import Adapter

ADAPTERS: dict[str, Adapter[Any]] = {
    adapter.name: adapter
    for adapter in (
        Flake8Adapter(),
        Doc8Adapter(),
        YamllintAdapter(),
        BanditAdapter(),
        RadonAdapter(),
        XenonAdapter(),
    )
}
"""By tool name, in the order of the classic pipeline."""
