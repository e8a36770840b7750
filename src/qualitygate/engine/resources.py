"""How many workers this machine, container or job allotment can carry."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

WORKER_MEMORY = 400 * 2**20
"""Bytes one worker is counted with."""

_CGROUPS = Path("/sys/fs/cgroup")


def default_jobs() -> int:
    """Number of workers: CPU affinity and cgroup quota, cut so that each has `WORKER_MEMORY`. At least 1."""
    jobs = float(_affinity())
    quota = cpu_quota()
    if quota is not None:
        jobs = min(jobs, quota)
    memory = memory_limit()
    if memory is not None:
        jobs = min(jobs, memory / WORKER_MEMORY)
    return max(1, int(jobs))


def _affinity() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def cpu_quota(cgroups: Path = _CGROUPS, membership: Path = Path("/proc/self/cgroup")) -> float | None:
    """Processors that the cgroup (version 2 or 1) grants, perhaps a fraction; None without a quota."""
    quotas = []
    for folder in _folders(cgroups, membership, "cpu"):
        quota = _read_words(folder / "cpu.max")
        if quota and quota[0] != "max":
            quotas.append(int(quota[0]) / int(quota[1]))
        quota, period = _read_words(folder / "cpu.cfs_quota_us"), _read_words(folder / "cpu.cfs_period_us")
        if quota and period and int(quota[0]) > 0:
            quotas.append(int(quota[0]) / int(period[0]))
    return min(quotas, default=None)


def memory_limit(cgroups: Path = _CGROUPS, membership: Path = Path("/proc/self/cgroup")) -> int | None:
    """Bytes this process and its children may use: the smallest of the cgroup's limits and the machine's memory."""
    limits = []
    for folder in _folders(cgroups, membership, "memory"):
        for name in ("memory.max", "memory.limit_in_bytes"):
            words = _read_words(folder / name)
            if words and words[0] != "max":
                limits.append(int(words[0]))
    machine = _sysconf_memory()
    return min([*limits, *machine], default=None)


def _sysconf_memory() -> list[int]:
    read: Callable[[str], int] = os.sysconf
    try:
        return [read("SC_PAGE_SIZE") * read("SC_PHYS_PAGES")]
    except (ValueError, OSError):
        return []


def _folders(cgroups: Path, membership: Path, controller: str) -> Iterator[Path]:
    """The folders of this process's cgroup and of all above it, in either version's layout."""
    try:
        lines = membership.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        top = cgroups / controllers if controllers else cgroups
        folder = top / path.lstrip("/")
        yield folder
        for parent in folder.parents:
            if not parent.is_relative_to(top):
                break
            yield parent


def _read_words(path: Path) -> list[str]:
    try:
        return path.read_text().split()
    except OSError:
        return []
