"""Which living workers are replaced, and when: those that are too old, or hold too much memory, or are of another
generation than there is to be. Pure: no clock, no process.

A replacement comes first. Only when it is ready is one before it told to retire: it accepts no more connections, and
ends with its last one. So a replacement takes nothing from the number of workers that are ready.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from speechd.server.hooks import DesiredWorkers
from speechd.server.worker_table import Order, Role, Row

JITTER: Final = 0.1
"""The share of a life by which it is cut short at most, so that workers that began together do not end together."""

CHECK_S: Final = 5.0
"""Seconds from one look at the workers' memory to the next: each walks their page tables, which takes milliseconds."""

PAUSE_S: Final = 30.0
"""Seconds from one worker that is replaced for its memory to the next: a limit that all exceed from their start must
not keep the server forking."""


def missing(rows: Sequence[Row], desired: DesiredWorkers) -> list[Role]:
    """Return the roles of the workers that are to be forked."""
    staying = Counter(row.role for row in _staying(rows, desired))
    return [role for role, count in desired.counts.items() for _ in range(count - staying[role])]


def is_settled(rows: Sequence[Row], desired: DesiredWorkers) -> bool:
    """Return whether the workers that there are to be are there, have been ready, and no other is there."""
    living = [row for row in rows if not row.is_free]
    is_complete = Counter(row.role for row in living) == Counter(desired.counts)
    return is_complete and all(row.served and _stays(row, desired) for row in living)


def replaced(rows: Sequence[Row], desired: DesiredWorkers) -> list[int]:
    """Return the workers that are to retire now, because others are ready in their place. Each is named only until
    it has its order."""
    back_ends = [row for row in rows if row.role is Role.BACK_END]
    others = [row for row in rows if row.role is not Role.BACK_END]
    counted = (others, desired.count), (back_ends, desired.back_ends)
    return [index for alike, count in counted for index in _surplus(alike, desired, count)]


class Recycler:
    """The limits beyond which a worker is replaced."""

    def __init__(self, *, after_s: float, over_bytes: int) -> None:
        """after_s: the longest life; over_bytes: the most memory that a worker shares with no other. 0: no limit."""
        self._after_s = after_s or math.inf
        self._over_bytes = over_bytes or math.inf
        self._check_at = -math.inf

    def recycle_at(self, now: float, chance: float) -> float:
        """The end of a life that begins now. chance: 0 to 1, how much of `JITTER` it is cut short by."""
        return now + self._after_s * (1.0 - JITTER * chance)

    def choose(
        self, rows: Sequence[Row], desired: DesiredWorkers, now: float, unique_bytes: Callable[[int], int]
    ) -> tuple[int, str] | None:
        """The worker that is to be replaced from now on, if any, and why. One at a time: none before the last one has
        ended. unique_bytes: the memory of a process that no other shares, by its pid."""
        if not is_settled(rows, desired):
            return None
        oldest = min((row for row in rows if not row.is_free), key=lambda row: row.recycle_at)
        if now >= oldest.recycle_at:
            return oldest.index, f"it has lived for {self._after_s:g} s, or nearly"
        return self._too_large(rows, now, unique_bytes)

    def _too_large(self, rows: Sequence[Row], now: float, unique_bytes: Callable[[int], int]) -> tuple[int, str] | None:
        if self._over_bytes == math.inf or now < self._check_at:
            return None
        sizes = {row.index: unique_bytes(row.pid) for row in rows if not row.is_free}
        index = max(sizes, key=lambda index: sizes[index])
        is_over = sizes[index] > self._over_bytes
        self._check_at = now + (PAUSE_S if is_over else CHECK_S)
        return (index, f"it holds {sizes[index] >> 20} MiB of its own") if is_over else None


def _surplus(rows: Sequence[Row], desired: DesiredWorkers, count: int) -> list[int]:
    leaving = [row for row in rows if not (row.is_free or row.order is Order.RETIRE or _stays(row, desired))]
    ready = sum(row.served for row in _staying(rows, desired))
    return [row.index for row in leaving[: max(0, ready + len(leaving) - count)]]


def _staying(rows: Sequence[Row], desired: DesiredWorkers) -> list[Row]:
    return [row for row in rows if _stays(row, desired)]


def _stays(row: Row, desired: DesiredWorkers) -> bool:
    return not row.is_free and row.order is Order.STAY and row.generation == desired.generation
