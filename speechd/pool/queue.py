"""The queue: one row of shared memory for every segment that waits or runs, of all workers."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from speechd.engines.base import PAYLOAD_LIMIT, Segment
from speechd.pool.dispatch import Rows, choose
from speechd.pool.lock import Lock
from speechd.shared_memory import shared_array

FREE: Final = 0
WAITING: Final = 1
RUNNING: Final = 2

NOBODY: Final = -1
"""The home of a row whose home worker cancelled it or died: it runs to its end, for nobody."""

MAX_DEATHS: Final = 2
"""Workers that may die of one segment; it is not tried again."""


class Place(NamedTuple):
    """A segment in the queue: its row, and the serial number that tells it from the row's next segment."""

    row: int
    serial: int


@dataclass(frozen=True, slots=True)
class Lease:
    """A segment that a slot has taken. deadline: seconds of `time.monotonic()`."""

    place: Place
    home: int
    segment: Segment
    deadline: float


class SegmentQueue:
    """A row's `state` is written last when the row is filled, and alone when it moves on: a worker may be killed
    between any two writes, and leaves a queue behind.

    Rows change under the lock, but for `give_back`: a running row is its slot's, or the arbiter's after a death.
    """

    def __init__(self, rows: int, lock: Lock) -> None:
        self._lock = lock
        self._last_serial = shared_array(np.int64, 1)
        self._state = shared_array(np.uint8, rows)
        self._serial = shared_array(np.int64, rows)
        self._deadline = shared_array(np.float64, rows)
        self._start_by = shared_array(np.float64, rows)
        self._duration_s = shared_array(np.float64, rows)
        self._home = shared_array(np.int32, rows)
        self._slot = shared_array(np.int32, rows)
        self._since = shared_array(np.float64, rows)
        self._deaths = shared_array(np.uint8, rows)
        self._retries = shared_array(np.int64, 1)
        self._length = shared_array(np.int32, rows)
        self._payload = shared_array(np.uint8, rows, PAYLOAD_LIMIT)

    def put(self, segment: Segment, home: int, deadline: float, start_by: float = math.inf) -> Place | None:
        """Let a segment of worker `home` wait; None if all rows are taken. For the moments, see `choose`."""
        payload = np.frombuffer(segment.payload, np.uint8)
        with self._lock:
            row = int(self._state.argmin())
            if self._state[row] != FREE:
                return None
            self._last_serial[0] += 1
            serial = int(self._last_serial[0])
            self._serial[row], self._deadline[row], self._duration_s[row] = serial, deadline, segment.duration_s
            self._start_by[row], self._home[row], self._deaths[row] = start_by, home, 0
            self._length[row] = len(payload)
            self._payload[row, : len(payload)] = payload
            self._state[row] = WAITING
        return Place(row, serial)

    def take(self, slot: int, limit: int = 1, limit_s: float = math.inf) -> list[Lease]:
        """The segments that worker `slot` is to synthesise now, at most `limit`; see `choose`. Empty if none waits.

        One that a worker has died of is taken alone, so that it ends nothing but itself.
        """
        with self._lock:
            now = time.monotonic()
            rows = choose(self._rows(), now, limit, limit_s)
            for row in rows:
                self._slot[row], self._since[row] = slot, now
                self._state[row] = RUNNING
        return [self._lease(row) for row in rows]

    def is_wanted(self, lease: Lease) -> bool:
        """Whether its home worker still waits for it."""
        return bool(self._home[lease.place.row] != NOBODY)

    def give_back(self, lease: Lease) -> None:
        """Free the row: the segment is done with, spoken or not."""
        self._state[lease.place.row] = FREE

    def cancel(self, place: Place) -> None:
        """Forget a segment that waits; let one that runs end for nobody. Without effect on one that is gone."""
        with self._lock:
            if self.has(place):
                self._leave(place.row)

    def has(self, place: Place) -> bool:
        """Whether it waits or runs."""
        return bool(self._serial[place.row] == place.serial and self._state[place.row] != FREE)

    def clear(self, worker: int) -> list[tuple[int, int]]:
        """Cancel the segments of worker `worker`, which is dead, and let those that it ran for others wait again.

        Returns those that do not, because they have had their `MAX_DEATHS`: home worker and serial number of each.
        """
        failed = []
        with self._lock:
            taken = self._state != FREE
            for row in np.flatnonzero(taken & (self._home == worker)):
                self._leave(int(row))
            for row in np.flatnonzero((self._state == RUNNING) & (self._slot == worker)):
                self._deaths[row] += 1
                if self._home[row] == NOBODY:
                    self._state[row] = FREE
                elif self._deaths[row] < MAX_DEATHS:
                    self._state[row] = WAITING
                    self._retries[0] += 1
                else:
                    self._state[row] = FREE
                    failed.append((int(self._home[row]), int(self._serial[row])))
        return failed

    def waiting_places(self) -> list[tuple[int, Place]]:
        """Home worker and place of each segment that waits."""
        with self._lock:
            rows = np.flatnonzero(self._state == WAITING)
            return [(int(self._home[row]), Place(int(row), int(self._serial[row]))) for row in rows]

    @property
    def waiting(self) -> int:
        """Segments that wait for a slot."""
        return int(np.count_nonzero(self._state == WAITING))

    @property
    def running(self) -> int:
        """Segments that slots are working on."""
        return int(np.count_nonzero(self._state == RUNNING))

    @property
    def busy_slots(self) -> int:
        """Slots that are working on segments, of which each may have several."""
        return len(np.unique(self._slot[self._state == RUNNING]))

    @property
    def retries(self) -> int:
        """Segments that waited again because their slot's worker died, since the server began."""
        return int(self._retries[0])

    def runs(self, slot: int) -> bool:
        """Whether worker `slot` is synthesising."""
        return bool(((self._state == RUNNING) & (self._slot == slot)).any())

    def backlog_s(self, speeds: npt.NDArray[np.float64], due: float) -> float:
        """Audio seconds yet to be synthesised: of all that runs, and of what waits with a deadline up to `due`.

        speeds: shape (rows of workers,), audio seconds that each worker's slot synthesises in a second.
        """
        running = np.flatnonzero(self._state == RUNNING)
        slots = self._slot[running]
        shares = speeds[slots] / np.bincount(slots)[slots]  # segments that are synthesised at once share a slot
        done_s = (time.monotonic() - self._since[running]) * shares
        left_s = np.maximum(self._duration_s[running] - done_s, 0.0)
        ahead = (self._state == WAITING) & (self._deadline <= due)
        return float(left_s.sum() + self._duration_s[ahead].sum())

    def _rows(self) -> Rows:
        waiting = self._state == WAITING
        return Rows(waiting, self._deadline, self._start_by, self._serial, self._duration_s, self._deaths > 0)

    def _lease(self, row: int) -> Lease:
        segment = Segment(self._payload[row, : self._length[row]].tobytes(), float(self._duration_s[row]))
        return Lease(Place(row, int(self._serial[row])), int(self._home[row]), segment, float(self._deadline[row]))

    def _leave(self, row: int) -> None:
        if self._state[row] == WAITING:
            self._state[row] = FREE
        else:
            self._home[row] = NOBODY
