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

from qualitygate.engine.evidence import Evidence
from qualitygate.engine.tasks import Plan, PlanResult
from qualitygate.model.shards import Manifest, Shard, Share

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
    plans: Mapping[str, PlanResult], shard: Shard, root_prefix: str, evidence: Evidence
) -> Manifest:
    """What is told about the part of *plans* that is *shard*'s; *evidence* is about their source.

    Every shard tells about the contents of all files: that it would have said the same about those of the others is
    what lets them be put together.
    """
    shares = []
    for check, plan in plans.items():
        own = _own_part(plan, shard, root_prefix)
        if isinstance(plan, Plan) and isinstance(own, Plan):
            contents = evidence.contents(path for _, path in plan.visits)
            share = Share(
                check=check,
                packages=evidence.packages(check),
                inputs=evidence.inputs(plan),
                visits=len(own.visits),
                digest=_digest(own, root_prefix, contents),
                all_visits=len(plan.visits),
                all_digest=_digest(plan, root_prefix, contents),
            )
            shares.append(share)
    return Manifest(shard=shard, python=platform.python_version(), shares=tuple(shares))


def _digest(plan: Plan, root_prefix: str, contents: Mapping[str, bytes]) -> str:
    return total(f"{_hash(root_prefix + path, spelled, contents[path]):x}" for spelled, path in plan.visits)


def total(digests: Iterable[str]) -> str:
    """The digest of several lists of visits together, whatever their order."""
    return f"{sum(int(digest, 16) for digest in digests) % 2**_BITS:032x}"


def _hash(*fields: str | bytes) -> int:
    # A name is bytes, whatever this machine decodes them to, and has no NUL; a digest, which may, comes last.
    data = b"\0".join(map(os.fsencode, fields))
    return int.from_bytes(hashlib.sha256(data).digest()[: _BITS // 8], "big")
