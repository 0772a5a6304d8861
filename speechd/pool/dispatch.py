"""Which segments next: the decision, without any effect.

Earliest deadline first (EDF; Liu and Layland 1973, "Scheduling algorithms for multiprogramming in a hard-real-time
environment"), over the segments of all workers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of a queue; all arrays have the shape (rows,).

    waiting: whether a segment waits in the row.
    deadline, start_by: seconds of one clock; start_by is infinite where nobody listens yet.
    serial: grows with every arrival, never repeats.
    duration_s: predicted audio seconds.
    alone: whether the segment may share its synthesis with no other.
    """

    waiting: npt.NDArray[np.bool_]
    deadline: npt.NDArray[np.float64]
    start_by: npt.NDArray[np.float64]
    serial: npt.NDArray[np.int64]
    duration_s: npt.NDArray[np.float64]
    alone: npt.NDArray[np.bool_]


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
