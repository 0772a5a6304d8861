"""Which segments next, and how much of one: the decisions, without any effect.

Earliest deadline first (EDF; Liu and Layland 1973, "Scheduling algorithms for multiprogramming in a hard-real-time
environment"), over the segments of all workers. Where the engine renders windows, a slot takes a window of a segment,
and gives the rest back.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from speechd.pool.capacity import BLOCKING_S

FIRST_WINDOW_S: Final = 1.0
"""Audio seconds of the first window for somebody who hears nothing yet, and of any window at least. Shorter ones cost
more of their time for their margins."""

IDLE_WINDOW_S: Final = 0.6
"""Audio seconds of the first window while another slot is idle: it costs more of its time, which nobody waits for, and
its listener hears something sooner."""

SLOW_WINDOW_S: Final = 3.0
"""Divided by the speed of a slot, if that is over 1, the audio seconds of a window at least. On slow slots a first one
must last while the next one is made, and what others need. Simulated for two slots at a speed of 1, windows of 3 s give
a C100 of 98 %, and windows of 1 s one of 7 %."""

WAIT_S: Final = 0.4
"""Seconds until a slot takes what must be started: half of what the others keep theirs for at most, for they seldom all
begin at once. With twice as much nobody hears better, and newcomers wait a tenth longer (simulated)."""

HEADROOM: Final = 0.5
"""The share of the time until its listener runs dry within which a window is to be there. The rest is for waiting, for
the prosody of the next segment and for errors of prediction."""

LONGEST_WINDOW_S: Final = 17.5
"""Audio seconds of a window, at most, but for a rest: what a slot holds grows with them."""

LEAST_REST_S: Final = 0.5
"""Audio seconds of a segment that are rendered with the window before them, if fewer are left."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of a queue; all arrays have the shape (rows,).

    waiting: whether a segment waits in the row.
    deadline, start_by: seconds of one clock; start_by is infinite where nobody listens yet.
    serial: grows with every arrival, never repeats.
    duration_s: predicted audio seconds that are yet to be made.
    alone: whether the segment may share its synthesis with no other.
    """

    waiting: npt.NDArray[np.bool_]
    deadline: npt.NDArray[np.float64]
    start_by: npt.NDArray[np.float64]
    serial: npt.NDArray[np.int64]
    duration_s: npt.NDArray[np.float64]
    alone: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class SlotView:
    """What a slot that takes a window knows of itself and of the others.

    speed: audio seconds that it makes in a second. can_be_spared: whether another slot is idle, and stays so whoever
    of those in flight comes back for more. longest_s: audio seconds that one engine call may have.
    """

    speed: float
    can_be_spared: bool = True
    longest_s: float = math.inf


def least_window_s(speed: float, shortest_s: float = FIRST_WINDOW_S) -> float:
    """How many audio seconds a slot of this speed renders at a time, if there are so many; never less than
    `shortest_s`."""
    return max(shortest_s, SLOW_WINDOW_S / max(speed, 1.0))


def window_s(left_s: float, due_in_s: float, view: SlotView, *, has_listener: bool) -> float:
    """How many audio seconds a slot is to render of a segment now; infinite for all that is left.

    As much as is there before the listener runs dry, with headroom: the longer windows are, the less they cost, and the
    nearer they are to the whole. While no slot is to spare, no more than `BLOCKING_S` of work, for nothing more urgent
    can start meanwhile.

    left_s: audio seconds of the segment that are not rendered yet. due_in_s: seconds until its listener has heard all
    that comes before. has_listener: whether anybody hears something already.
    """
    is_free = view.can_be_spared and not has_listener
    least_s = least_window_s(view.speed, IDLE_WINDOW_S if is_free else FIRST_WINDOW_S)
    wanted_s = HEADROOM * due_in_s * view.speed if has_listener else least_s
    if not view.can_be_spared:
        wanted_s = min(wanted_s, BLOCKING_S * view.speed)
    wanted_s = min(max(wanted_s, least_s), LONGEST_WINDOW_S, view.longest_s)
    return math.inf if left_s < wanted_s + LEAST_REST_S else wanted_s


def latest_start(deadline: float, audio_s: float, speed: float) -> float:
    """When a segment, or a window of it, must be started to be there by its deadline, though all slots may be taken.
    audio_s: what the slot will have to make at its speed."""
    return deadline - audio_s / speed - WAIT_S


def choose(rows: Rows, now: float, limit: int = 1, limit_s: float = math.inf) -> list[int]:
    """The waiting rows to synthesise at once, the earliest deadline first, of equal ones the first to arrive.

    Those that are to be started by `now` go before all others: in a burst of newcomers, whose deadlines are their
    arrivals, those who listen already would run dry.

    limit: how many at most; limit_s: of how many audio seconds together, though the first may have more. No row that
    comes later takes the place of one that does not fit. Empty if no row is waiting.
    """
    waiting = np.flatnonzero(rows.waiting)
    if not waiting.size:
        return []
    urgent = waiting[rows.start_by[waiting] <= now]
    first = _earliest(rows, urgent if urgent.size else waiting)
    if limit == 1 or rows.alone[first]:
        return [first]
    return _batch(rows, waiting, now, limit, limit_s)


def _earliest(rows: Rows, among: npt.NDArray[np.intp]) -> int:
    deadlines = rows.deadline[among]
    earliest = among[deadlines == deadlines.min()]
    return int(earliest[rows.serial[earliest].argmin()])


def _batch(rows: Rows, waiting: npt.NDArray[np.intp], now: float, limit: int, limit_s: float) -> list[int]:
    shared = waiting[~rows.alone[waiting]]
    order = np.lexsort((rows.serial[shared], rows.deadline[shared], rows.start_by[shared] > now))[:limit]
    chosen = shared[order]
    fits = int(np.searchsorted(np.cumsum(rows.duration_s[chosen]), limit_s, side="right"))
    return [int(row) for row in chosen[: max(1, fits)]]
