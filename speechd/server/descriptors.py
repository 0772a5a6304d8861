"""How many files a worker may have open, and how many of them may be connections."""

from __future__ import annotations

import os
import resource
from dataclasses import dataclass
from typing import Final

from speechd.config.settings import InvalidSetting

WANTED: Final = 1 << 16
"""Descriptors, mostly for connections. The usual soft limit of 1024 is soon used up by silent ones."""

SPOOL_SHARE: Final = 0.25
"""The share of a worker's files that is kept back for spools at most."""

OWN: Final = 64
"""Descriptors that a worker opens besides: event loop, heartbeat, connections that are told to go, files that it reads.
"""


@dataclass(frozen=True, slots=True)
class FileDemand:
    """Files that the application has open in one worker at most.

    requests: how many are in flight at once, each with its connection. streams: files for what is being made for them.
    spools: files of responses that are buffered whole, also of those that are only being sent.
    """

    requests: int
    streams: int = 0
    spools: int = 0


def raise_limit(demand: FileDemand) -> None:
    """Raise the soft limit (RLIMIT_NOFILE, getrlimit(2)) to what is wanted, as far as this process may.

    Raises `InvalidSetting` if that is too little to serve.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Each request in flight has its connection, and as many again are refused or ask for other things.
    needed = _open() + OWN + demand.streams + 2 * demand.requests
    wanted = max(WANTED, needed)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft != resource.RLIM_INFINITY and soft < needed:
        raise InvalidSetting(
            f"this process may open {soft} files, and needs {needed} for {demand.requests} requests at once: "
            "raise the limit (ulimit -n, systemd's LimitNOFILE, docker's --ulimit nofile), or lower --max-in-flight"
        )


def connections(demand: FileDemand) -> int:
    """How many connections this process, a worker, may have."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED if soft == resource.RLIM_INFINITY else soft
    spools = min(demand.spools, int(SPOOL_SHARE * most))
    return max(2 * demand.requests, most - _open() - OWN - demand.streams - spools)


def _open() -> int:
    """Descriptors that this process has open."""
    return len(os.listdir("/dev/fd"))
