"""One of several runs that divide the files among them, and what it tells about its share."""

from __future__ import annotations

import msgspec


class Shard(msgspec.Struct, frozen=True):
    """Which of how many; both count from 1."""

    index: int
    count: int

    def __str__(self) -> str:
        return f"shard {self.index} of {self.count}"


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What one check was given in one shard, and in all of them together.

    The digests of visits, over paths and contents, are sums, so that those of all shards add up to that of the whole
    list: see `engine.shards`.
    """

    check: str
    packages: tuple[str, ...]
    """Its tool, that tool's dependencies and plug-ins, as `distribution version`."""
    inputs: str
    """A digest over what its answers depend on besides the visited files, such as native configuration."""
    visits: int
    digest: str
    all_visits: int
    all_digest: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What must be known of a shard to put it together with the others, besides what every report tells."""

    shard: Shard
    python: str
    """Version."""
    shares: tuple[Share, ...] = ()
    """Of the checks whose tool could be used."""
