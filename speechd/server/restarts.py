"""When a worker may be forked: at once, but with growing waits where the one before it failed to start.

A truncated exponential back-off for each row. A worker that had served and then died is replaced at once; only failures
to start count. Pure: no clock, no process.

`missing`, in the arguments: how many workers are to be forked. A row that waits after a failure keeps one of them
waiting, even if others are free.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from speechd.server.worker_table import Row


@dataclass(frozen=True, slots=True)
class RestartBackoff:
    """Waits after failures to start in succession: first_s after one, then doubling up to limit_s."""

    first_s: float
    limit_s: float

    def delay_s(self, failures: int) -> float:
        """Seconds until another attempt; 0 without failures."""
        return min(self.limit_s, self.first_s * 2 ** min(failures - 1, 64)) if failures else 0.0


def failures_after(row: Row) -> int:
    """Failures to start in succession, now that the row's worker has ended."""
    return 0 if row.served else row.failures + 1


def next_row(rows: Sequence[Row], now: float, missing: int) -> int | None:
    """The row that is to have a worker now: one whose worker failed goes first, so that its count goes on."""
    free = [row for row in rows if row.is_free]
    due = [row for row in free if row.restart_at <= now]
    waiting = len(free) - len(due)
    if not due or missing <= waiting:
        return None
    return min(due, key=lambda row: (-row.failures, row.index)).index


def wait_s(rows: Sequence[Row], now: float, missing: int) -> float:
    """Seconds until a worker may be forked; infinite while none is missing, or none has a row."""
    if not missing:
        return math.inf
    if next_row(rows, now, missing) is not None:
        return 0.0
    return min((row.restart_at - now for row in rows if row.is_free and row.restart_at > now), default=math.inf)
