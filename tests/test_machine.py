from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from speechd import machine

GONE = 1 << 30
"""A pid that no process has: pids end at 2²² (proc_sys_kernel(5), pid_max)."""


def in_control_group(monkeypatch: pytest.MonkeyPatch, group: str, files: dict[str, str]) -> None:
    """Have this process in a group, with these files below the root of all groups, and no others."""
    there = {f"/sys/fs/cgroup/{name}": content for name, content in files.items()}
    there["/proc/self/cgroup"] = f"1:cpu:/\n0::{group}\n"

    def read_text(path: Path) -> str:
        if str(path) not in there:
            raise FileNotFoundError
        return there[str(path)]

    monkeypatch.setattr(Path, "read_text", read_text)


@pytest.mark.parametrize(
    ("group", "quotas", "cores"),
    [
        ("/", {}, 8),
        ("/", {"": "max 100000"}, 8),
        ("/", {"": "200000 100000"}, 2),
        ("/", {"": "50000 100000"}, 1),
        ("/", {"": "1600000 100000"}, 8),
        ("/", {"": "nonsense"}, 8),
        ("/system.slice/speechd.service", {"system.slice/speechd.service/": "400000 100000"}, 4),
        ("/system.slice/speechd.service", {"system.slice/speechd.service/": "max 100000", "system.slice/": "3 1"}, 3),
        ("/gone", {"": "200000 100000"}, 2),
    ],
)
def test_cores_are_those_of_the_affinity_within_all_quotas(
    monkeypatch: pytest.MonkeyPatch, group: str, quotas: dict[str, str], cores: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    in_control_group(monkeypatch, group, {f"{folder}cpu.max": quota for folder, quota in quotas.items()})
    assert machine.available_cores() == cores


@pytest.mark.parametrize(
    ("limits", "size"),
    [({}, 8 << 30), ({"": "max"}, 8 << 30), ({"": "1073741824"}, 1 << 30), ({"a/b/": "max", "a/": "4096"}, 4096)],
)
def test_memory_is_that_of_the_machine_within_all_limits(
    monkeypatch: pytest.MonkeyPatch, limits: dict[str, str], size: int
) -> None:
    monkeypatch.setattr(os, "sysconf", {"SC_PHYS_PAGES": 2 << 20, "SC_PAGE_SIZE": 4 << 10}.__getitem__)
    in_control_group(monkeypatch, "/a/b", {f"{folder}memory.max": limit for folder, limit in limits.items()})
    assert machine.available_bytes() == size


def test_resident_set_is_what_psutil_reads() -> None:
    ballast = bytearray(os.urandom(1)) * (16 << 20)
    resident = machine.resident_bytes(os.getpid())
    assert resident is not None
    assert resident == pytest.approx(psutil.Process().memory_info().rss, rel=0.05)
    assert resident > len(ballast)


def test_unique_and_proportional_set_are_what_psutil_reads() -> None:
    expected = psutil.Process().memory_full_info()
    assert machine.unique_bytes(os.getpid()) == pytest.approx(expected.uss, rel=0.05)
    assert machine.proportional_bytes(os.getpid()) == pytest.approx(expected.pss, rel=0.05)


def test_nothing_is_known_of_a_process_that_is_gone() -> None:
    for read in (machine.resident_bytes, machine.proportional_bytes, machine.unique_bytes):
        assert read(GONE) is None
