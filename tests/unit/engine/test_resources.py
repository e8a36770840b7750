"""The number of workers follows what this process may use."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qualitygate.engine import resources


def cgroup(folder: Path, membership: str, files: dict[str, str]) -> tuple[Path, Path]:
    for name, content in files.items():
        (folder / "cgroup" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "cgroup" / name).write_text(content)
    (folder / "membership").write_text(membership)
    return folder / "cgroup", folder / "membership"


def test_the_smallest_quota_on_the_way_up_counts(tmp_path):
    files = {"cpu.max": "400000 100000\n", "a/cpu.max": "150000 100000\n", "a/b/cpu.max": "max 100000\n"}
    assert resources.cpu_quota(*cgroup(tmp_path, "0::/a/b\n", files)) == 1.5


def test_a_quota_of_version_one_is_read(tmp_path):
    files = {"cpu,cpuacct/x/cpu.cfs_quota_us": "50000\n", "cpu,cpuacct/x/cpu.cfs_period_us": "100000\n"}
    assert resources.cpu_quota(*cgroup(tmp_path, "3:cpu,cpuacct:/x\n2:memory:/y\n", files)) == 0.5


def test_no_quota_is_none(tmp_path):
    assert resources.cpu_quota(*cgroup(tmp_path, "0::/\n", {"cpu.max": "max 100000\n"})) is None
    assert resources.cpu_quota(tmp_path / "nothing", tmp_path / "nowhere") is None


def test_the_smallest_memory_limit_counts_and_the_machine_bounds_it(tmp_path):
    files = {"memory.max": "8589934592\n", "a/memory.max": "536870912\n"}
    assert resources.memory_limit(*cgroup(tmp_path, "0::/a\n", files)) == 2**29
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    assert resources.memory_limit(tmp_path / "nothing", tmp_path / "nowhere") == machine


@pytest.mark.parametrize(
    ("cpus", "quota", "memory", "jobs"),
    [(8, None, None, 8), (8, 2.5, None, 2), (8, 0.5, None, 1), (8, None, 900 * 2**20, 2), (1, None, 2**20, 1)],
)
def test_workers_follow_affinity_quota_and_memory(monkeypatch, cpus, quota, memory, jobs):
    monkeypatch.setattr(resources, "_affinity", lambda: cpus)
    monkeypatch.setattr(resources, "cpu_quota", lambda: quota)
    monkeypatch.setattr(resources, "memory_limit", lambda: memory)
    assert resources.default_jobs() == jobs


def test_affinity_is_that_of_this_process():
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert resources.default_jobs() == 1
    finally:
        os.sched_setaffinity(0, allowed)
