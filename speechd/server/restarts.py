"""When a worker may be forked: at once, but with growing waits where the one before it failed to start.

Pure: no clock, no process. A worker that had served and then died is replaced at once; only failures to start count.
"""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(slots=True)
class _Row:
    taken: bool = False
    failures: int = 0
    due: float = -math.inf


class RestartBackoff:
    """One row per worker that there may be; a row is taken by a worker, or due at a moment of the caller's clock.

    `missing`, in the arguments: the workers that are to be forked. A row that waits after a failure keeps one of them
    waiting, though others be free.
    """

    def __init__(self, rows: int, *, delay_s: float, limit_s: float) -> None:
        self._rows = [_Row() for _ in range(rows)]
        self._delay_s = delay_s
        self._limit_s = limit_s

    def __repr__(self) -> str:
        free = [f"{index} after {row.failures} failures" for index, row in enumerate(self._rows) if not row.taken]
        return f"<Respawn free: {', '.join(free) or 'none'}>"

    def due(self, now: float, missing: int) -> int | None:
        """The row that may have a worker now: one whose worker failed before others, so that its count goes on."""
        free = [(index, row) for index, row in enumerate(self._rows) if not row.taken]
        due = [(-row.failures, index) for index, row in free if row.due <= now]
        waiting = len(free) - len(due)
        return min(due)[1] if due and missing > waiting else None

    def wait_s(self, now: float, missing: int) -> float:
        """Time until a worker may be forked; infinite while none is missing, or none has a row."""
        if not missing:
            return math.inf
        if self.due(now, missing) is not None:
            return 0.0
        return min((row.due - now for row in self._rows if not row.taken and row.due > now), default=math.inf)

    def take(self, index: int) -> None:
        """A worker of this row is being forked."""
        assert not self._rows[index].taken
        self._rows[index].taken = True

    def forgive(self) -> None:
        """Forget all failures: others are to be forked than those who failed."""
        for row in self._rows:
            row.failures, row.due = 0, -math.inf

    def give_back(self, index: int, *, served: bool, now: float) -> int:
        """The row's worker has ended; `served` if it had ever been ready. Returns the failures to start in a row."""
        row = self._rows[index]
        row.taken = False
        row.failures = 0 if served else row.failures + 1
        delay_s = min(self._limit_s, self._delay_s * 2 ** min(row.failures - 1, 64)) if row.failures else 0.0
        row.due = now + delay_s
        return row.failures
