"""What makes a file unfit to be published."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Flaw:
    """One reason not to publish a file."""

    file: str
    """Name of the archive; empty for a flaw of the set."""
    rule: str
    """A short word, such as `record-hash`."""
    place: str
    """The member, or `member:line`, with control characters written out; empty if the whole archive is meant."""
    message: str
    """One sentence: what is wrong and what to do. Never holds a secret."""
