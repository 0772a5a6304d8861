"""What the machine has for this process, what processes take of it, and how one ends with another."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path, PurePath
from typing import Final

PR_SET_PDEATHSIG: Final = 1
"""The option of prctl(2) by which a process is signalled when its parent dies (<linux/prctl.h>)."""


def available_cores() -> int:
    """Cores that this process may use: its affinity mask, within the quotas of its control group and of those around it
    (a container's `--cpus`, a service's `CPUQuota`)."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    for group in _control_groups():
        with suppress(OSError, ValueError):  # there is no such group, or it has no quota: "max"
            quota, period = (group / "cpu.max").read_text().split()
            cores = min(cores, int(quota) // int(period))
    return max(1, cores)


def available_bytes() -> int:
    """Memory that this process and others beside it may use: the machine's, within the limits of its control groups."""
    size = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    for group in _control_groups():
        with suppress(OSError, ValueError):  # as above
            size = min(size, int((group / "memory.max").read_text()))
    return size


def resident_bytes(pid: int) -> int | None:
    """The resident set of a process (RSS), with all that it shares. None if there is no such process, or no Linux to
    ask (proc_pid_statm(5))."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * resource.getpagesize()
    except (OSError, IndexError):
        return None


def proportional_bytes(pid: int) -> int | None:
    """The proportional set of a process (PSS): each page counts by its share in it, so that sums over processes count
    it once. None as for `resident_bytes`."""
    return _rollup_bytes(pid, "Pss:")


def unique_bytes(pid: int) -> int | None:
    """The unique set of a process (USS): what it shares with no other. None as for `resident_bytes`."""
    return _rollup_bytes(pid, "Private_")


def end_with(parent: int) -> None:
    """Have the kernel kill this process when its parent dies, however that ends. Elsewhere than on Linux it ends only
    if its parent has died by now."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(os.EX_SOFTWARE)


def _control_groups() -> list[Path]:
    """The folders of this process's control group, and of those around it (the kernel's cgroup-v2.rst)."""
    group = PurePath()
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/cgroup").read_text().splitlines()
        group = PurePath(next(line.removeprefix("0::/") for line in lines if line.startswith("0::/")))
    return [Path("/sys/fs/cgroup", folder) for folder in (group, *group.parents)]


def _rollup_bytes(pid: int, prefix: str) -> int | None:
    """The sum of the fields of `smaps_rollup` (proc_pid_smaps(5)) that begin so."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return None
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith(prefix))
