"""The identity of a finding over runs, machines and unrelated edits."""

from __future__ import annotations

import hashlib
from collections import Counter

FORMAT = "1"
"""Changes when the recipe does: old and new fingerprints must not be compared."""


class Fingerprints:
    """Gives fingerprints that are unique within one report.

    The hash covers the format version, tool, check, rule, the path from the repository's top, and either the symbol
    the finding is about or the line's text without white space; equal ones are told apart by their order in the
    file. No line number and no absolute path goes in, so an insertion above or another checkout changes nothing.
    """

    def __init__(self, root_prefix: str) -> None:
        self._root_prefix = root_prefix
        self._seen: Counter[tuple[str, ...]] = Counter()

    def of(
        self, *, tool: str, check: str, rule: str, path: str | None, symbol: str | None, source: str | None
    ) -> str:
        """The fingerprint of the next finding; call in file order."""
        where = "" if path is None else self._root_prefix + path
        what = f"symbol {symbol}" if symbol is not None else f"text {''.join((source or '').split())}"
        key = (FORMAT, tool, check, rule, where, what)
        self._seen[key] += 1
        parts = (*key, str(self._seen[key]))
        digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass"))
        return f"qg{FORMAT}-{digest.hexdigest()[:32]}"
