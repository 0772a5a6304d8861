"""How much the slots can take on: requests at once, the wait for a slot, and what one stream may use.

Pure: no clock, no shared memory.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

LISTENING_SHARE: Final = 0.8
"""The share of the slots' throughput that listeners may need. What remains builds up the audio that they have in hand,
so that they survive a crowd of newcomers. Beyond the capacity, `bench/simulate.py` finds a C100 of 99.6 % or more at
0.8, and of 60 to 97 % at 0.9; slots are as busy."""

BLOCKING_S: Final = 0.8
"""Seconds that a window, or a segment where there are none, may keep a slot while no slot is to spare: nothing more
urgent can start meanwhile. What it costs in efficiency is less than the listeners' patience is worth."""

OVERLONG: Final = 1.8
"""The multiple of the seconds that a segment should have at most which it may have: texts are cut where they can be,
and a segment's time is known only when it has been made."""

ORDINARY_S: Final = 10.0
"""Audio seconds that a segment may always have: at a quarter of the voice's speed a clause takes up to nine."""

TIMEOUT_SHARE: Final = 1 / 8
"""The share of `synthesis_timeout_s` that an engine call may take at the throughput that is known. The watchdog ends
the worker of one that takes all of it; other loads make a slot several times slower, and some texts are a third longer
than predicted."""

LEAST_LIMIT_S: Final = 2.0
"""Audio seconds that a segment, or a window, may have however slow the slots are."""

LOOK_AHEAD_S: Final = 1000.0
"""Audio seconds (48 MB as PCM, 16 as MP3) that all streams together hold ahead of their clients, before each has but
its least."""

LEAST_LOOK_AHEAD_S: Final = 5.0
"""Audio seconds that a stream may hold however many there are."""


@dataclass(frozen=True, slots=True)
class Limits:
    """max_in_flight: requests, of all workers together, and with one API key (0: no limit of its own).
    max_wait_s: expected seconds before a first segment is started beyond which requests are refused.
    segments_per_request: most segments of one request that are in the queue at once.
    synthesis_timeout_s: what one engine call may take.
    listening_share: how much of the slots' throughput the requests in flight may need, see `max_in_flight_now`.
    max_overflow_in_flight: requests, of all workers together, that another server speaks.
    max_held_bytes: of all replies together that are sent whole.
    max_sessions: connections, of all workers together, over which text comes in pieces."""

    max_in_flight: int
    max_in_flight_per_key: int
    max_wait_s: float
    segments_per_request: int
    synthesis_timeout_s: float
    listening_share: float = LISTENING_SHARE
    max_overflow_in_flight: int = 0
    max_held_bytes: int = 512 << 20
    max_sessions: int = 1000


@dataclass(frozen=True, slots=True)
class Load:
    """The work at a moment, and the slots that do it.

    slots: those that work. slot_throughput: audio seconds that one of them synthesises in a second, on average.
    requests: in flight.
    """

    slots: int
    slot_throughput: float
    requests: int = 0


@dataclass(frozen=True, slots=True)
class StreamBudget:
    """The resources that one stream may count on.

    look_ahead_s: audio seconds that it may hold, so that all streams together hold a bounded amount of memory. limit_s:
    audio seconds that no segment exceeds; infinite where the engine renders windows.
    """

    look_ahead_s: float = math.inf
    limit_s: float = math.inf


def listeners(throughput: float, share: float) -> int:
    """Count the streams that can be played without an underrun, if they may need this share of the throughput of all
    slots: each takes a second of audio in a second. At least one: if that is too many, fewer there cannot be."""
    return max(1, int(share * throughput))


def max_in_flight_now(limits: Limits, throughput: float | None) -> int:
    """Return how many requests may be in flight: as many as the slots can feed, and never more than `max_in_flight`.

    throughput: of all slots, in audio seconds per second; None while nothing is known of it.
    """
    if throughput is None:
        return limits.max_in_flight
    return min(limits.max_in_flight, listeners(throughput, limits.listening_share))


def threads_for(own: int, most: int, free: int, takers: int) -> int:
    """Return the threads on which a slot is to speak for somebody who waits already.

    own: those it has when all slots are at work, the least. most: the bound. free: cores that no slot uses. takers:
    idle slots, this one included, that the free cores are for.
    """
    return max(own, min(most, free // takers))


def timely_s(slot_throughput: float, synthesis_timeout_s: float) -> float:
    """Return the audio seconds of one engine call that are done long before the watchdog would end it."""
    return max(LEAST_LIMIT_S, TIMEOUT_SHARE * synthesis_timeout_s * slot_throughput)


def stream_budget(load: Load, synthesis_timeout_s: float, *, has_windows: bool = False) -> StreamBudget:
    """Return what one stream may count on, among all that there are. has_windows: segments are rendered in windows, so
    that how long they are is of no consequence to others."""
    longest_s = timely_s(load.slot_throughput, synthesis_timeout_s)
    if load.requests >= max(load.slots, 1):
        longest_s = min(longest_s, max(ORDINARY_S, OVERLONG * BLOCKING_S * load.slot_throughput))
    return StreamBudget(
        look_ahead_s=max(LEAST_LOOK_AHEAD_S, LOOK_AHEAD_S / max(load.requests, 1)),
        limit_s=math.inf if has_windows else longest_s,
    )
