"""Dividing the files of a run among shards, so that it can be proved later that nothing is missing or there twice.

A file belongs to the shard that the hash of its path in the repository names. That depends on nothing else, so every
shard finds out its own files alone, and all visits of a file, by whatever check, are made by one shard.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import platform
from collections.abc import Iterable, Mapping

from qualitygate.engine.tasks import Plan, PlanResult
from qualitygate.engine.versions import installed
from qualitygate.model.shards import Manifest, Shard, Share
from qualitygate.plugin import Adapter

_BITS = 128


def shard_of(path: str, count: int) -> int:
    """Which of *count* shards a file belongs to, from 1.

    Args:

        path: Of the file, from the repository's top.
    """
    return _hash(path) % count + 1


def own_part(plans: Mapping[str, PlanResult], shard: Shard, root_prefix: str) -> dict[str, PlanResult]:
    """*plans* with the visits that *shard* is to make; *root_prefix* as in `Source`."""
    return {name: _own_part(plan, shard, root_prefix) for name, plan in plans.items()}


def _own_part(plan: PlanResult, shard: Shard, root_prefix: str) -> PlanResult:
    if not isinstance(plan, Plan):
        return plan
    visits = [visit for visit in plan.visits if shard_of(root_prefix + visit[1], shard.count) == shard.index]
    return dataclasses.replace(plan, visits=tuple(visits), sharded=True)


def manifest(
    plans: Mapping[str, PlanResult], shard: Shard, root_prefix: str, adapters: Mapping[str, Adapter[object]]
) -> Manifest:
    """What is told about the part of *plans* that is *shard*'s; *adapters* are those of the checks."""
    shares = []
    for check, plan in plans.items():
        own = _own_part(plan, shard, root_prefix)
        if isinstance(plan, Plan) and isinstance(own, Plan):
            share = Share(
                check=check,
                packages=_packages(plan, adapters[check]),
                visits=len(own.visits),
                digest=_digest(own, root_prefix),
                all_visits=len(plan.visits),
                all_digest=_digest(plan, root_prefix),
            )
            shares.append(share)
    return Manifest(shard=shard, python=platform.python_version(), shares=tuple(shares))


def _packages(plan: Plan, adapter: Adapter[object]) -> tuple[str, ...]:
    names = (adapter.distribution, *adapter.dependencies)
    return tuple(sorted({*(f"{name} {installed(name) or 'missing'}" for name in names), *plan.plugins}))


def _digest(plan: Plan, root_prefix: str) -> str:
    return total(f"{_hash(root_prefix + path, spelled):x}" for spelled, path in plan.visits)


def total(digests: Iterable[str]) -> str:
    """The digest of several lists of visits together, whatever their order."""
    return f"{sum(int(digest, 16) for digest in digests) % 2**_BITS:032x}"


def _hash(*names: str) -> int:
    # A name is bytes, whatever this machine decodes them to.
    data = b"\0".join(map(os.fsencode, names))
    return int.from_bytes(hashlib.sha256(data).digest()[: _BITS // 8], "big")
