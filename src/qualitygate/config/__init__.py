"""The configuration: find the file, read it, fill in what it does not say.

`show.show`, `schema.schema` and `reference.reference` are imported from their own modules, since few runs need them.
"""

from __future__ import annotations

from qualitygate.config.resolve import load_settings
from qualitygate.config.settings import CheckSettings, Settings

__all__ = ["CheckSettings", "Settings", "load_settings"]
