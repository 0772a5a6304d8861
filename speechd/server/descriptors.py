"""How many files a worker may have open, and how many of them may be connections."""

from __future__ import annotations

import os
import resource
from typing import Final

from speechd.config.settings import InvalidSetting, Settings
from speechd.speech.look_ahead import SEGMENTS_AHEAD
from speechd.speech.spool import STEP_BYTES

WANTED: Final = 1 << 16
"""Descriptors, mostly connections. The usual soft limit of 1024 is soon used up by silent ones."""

PER_SEGMENT: Final = 2
"""Descriptors of a segment's audio: the file that comes with it, and the map's own."""

WHOLE_SHARE: Final = 0.25
"""Of a worker's files, how many are kept back for whole replies at most. Each has one, and there are as many as their
budget of bytes allows; of those that are only downloaded, too."""

OWN: Final = 64
"""Descriptors that a worker opens beside: event loop, heartbeat, connections that are told to go, files read."""


def reserve(settings: Settings) -> int:
    """Descriptors that a worker keeps back from its connections, beside those that it was forked with."""
    audio = settings.max_in_flight * SEGMENTS_AHEAD * PER_SEGMENT
    overflow = settings.overflow_max_in_flight if settings.overflow_url else 0
    return OWN + audio + overflow


def raise_limit(settings: Settings) -> None:
    """Have as many as are wanted, as far as this process may. Raises `InvalidSetting` if that is too few to serve."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Each request in flight has its connection, and as many again are refused or ask for other things.
    needed = _open() + reserve(settings) + 2 * settings.max_in_flight
    wanted = max(WANTED, needed)
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft != resource.RLIM_INFINITY and soft < needed:
        raise InvalidSetting(
            f"this process may open {soft} files, and needs {needed} for {settings.max_in_flight} requests at once: "
            "raise the limit (ulimit -n, systemd's LimitNOFILE, docker's --ulimit nofile), or lower --max-in-flight"
        )


def connections(settings: Settings) -> int:
    """How many connections this process may have, once it is a worker."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED if soft == resource.RLIM_INFINITY else soft
    whole = min(settings.max_whole_total_bytes // STEP_BYTES, int(WHOLE_SHARE * most))
    return max(2 * settings.max_in_flight, most - _open() - reserve(settings) - whole)


def _open() -> int:
    """Descriptors that this process has open."""
    return len(os.listdir("/dev/fd"))
