"""When a worker may be forked: at once, but with growing waits where the one before it failed to start.

A truncated exponential back-off for each row. A worker that had served and then died is replaced at once; only failures
to start count. Pure: no clock, no process.

`missing`, in the arguments: the roles of the workers that are to be forked. A row that waits after a failure keeps one
of its role waiting, even if others are free.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from speechd.server.worker_table import Role, Row


class Fork(NamedTuple):
    """A worker that is to be forked: its row, and its role."""

    row: int
    role: Role


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


def next_fork(rows: Sequence[Row], now: float, missing: Sequence[Role]) -> Fork | None:
    """The worker that is to be forked now: in a row whose worker failed, if it had this role, so that its count goes
    on."""
    free = [row for row in rows if row.is_free]
    due = [row for row in free if row.restart_at <= now]
    roles = list(missing)
    for row in free:
        if row.restart_at > now and row.role in roles:
            roles.remove(row.role)
    if not due or not roles:
        return None
    role = roles[0]
    return Fork(min(due, key=lambda row: (-row.failures if row.role is role else 0, row.index)).index, role)


def wait_s(rows: Sequence[Row], now: float, missing: Sequence[Role]) -> float:
    """Seconds until a worker may be forked; infinite while none is missing, or none has a row."""
    if not missing:
        return math.inf
    if next_fork(rows, now, missing) is not None:
        return 0.0
    return min((row.restart_at - now for row in rows if row.is_free and row.restart_at > now), default=math.inf)
