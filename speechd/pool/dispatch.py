"""Whose segment next: the decision, without any effect."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def choose(
    waiting: npt.NDArray[np.bool_],
    deadline: npt.NDArray[np.float64],
    start_by: npt.NDArray[np.float64],
    serial: npt.NDArray[np.int64],
    now: float,
) -> int | None:
    """The waiting row with the earliest deadline, of equal ones the first to arrive; None if no row is waiting. Those
    that are to be started by now go before all others: in a burst of newcomers, whose deadlines are their arrivals,
    those who listen already would run dry.

    All four have the shape (rows,). deadline, start_by: seconds of the clock of `now`; start_by is infinite where
    nobody listens yet; serial: grows with every arrival, never repeats.
    """
    rows = np.flatnonzero(waiting)
    if not rows.size:
        return None
    urgent = rows[start_by[rows] <= now]
    rows = urgent if urgent.size else rows
    deadlines = deadline[rows]
    earliest = rows[deadlines == deadlines.min()]
    return int(earliest[serial[earliest].argmin()])
