"""Whose segment next: the decision, without any effect."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def choose(
    waiting: npt.NDArray[np.bool_], deadline: npt.NDArray[np.float64], serial: npt.NDArray[np.int64]
) -> int | None:
    """The waiting row with the earliest deadline, of equal ones the first to arrive; None if no row is waiting.

    All three have the shape (rows,). deadline: seconds of one clock; serial: grows with every arrival, never repeats.
    """
    rows = np.flatnonzero(waiting)
    if not rows.size:
        return None
    deadlines = deadline[rows]
    earliest = rows[deadlines == deadlines.min()]
    return int(earliest[serial[earliest].argmin()])
