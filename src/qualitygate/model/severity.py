"""How bad a finding is."""

from __future__ import annotations

import enum


class Severity(enum.IntEnum):
    """Ordered from a remark to a certain defect; `info` never counts against a limit unless a limit names it."""

    INFO = 0
    LOW = 1
    MEDIUM = 2
    HIGH = 3
    CRITICAL = 4

    @property
    def word(self) -> str:
        """The name as written in configuration and reports."""
        return self.name.lower()

    @classmethod
    def from_word(cls, word: str) -> Severity:
        """The severity called *word*; raises KeyError for any other text."""
        return cls[word.upper()]


SEVERITY_WORDS = tuple(severity.word for severity in Severity)
