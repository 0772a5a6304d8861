from __future__ import annotations

import os
from pathlib import Path

import psutil
import pytest

from speechd import machine

GONE = 1 << 30
"""A pid that no process has: pids end at 2²² (proc_sys_kernel(5), pid_max)."""


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
    files = {"/proc/self/cgroup": f"1:cpu:/\n0::{group}\n"}
    files |= {f"/sys/fs/cgroup/{folder}cpu.max": quota for folder, quota in quotas.items()}

    def read_text(path: Path) -> str:
        if str(path) not in files:
            raise FileNotFoundError
        return files[str(path)]

    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: set(range(8)))
    monkeypatch.setattr(Path, "read_text", read_text)
    assert machine.available_cores() == cores


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
