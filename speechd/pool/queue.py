"""The queue: one row of shared memory for every segment that waits or runs, of all workers."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from speechd.engines.base import PAYLOAD_LIMIT, Segment
from speechd.pool.dispatch import Rows, SlotView, choose, least_window_s, window_s
from speechd.pool.lease import Lease, Place, Work
from speechd.pool.lock import Lock
from speechd.pool.window_states import WindowStates
from speechd.shared_memory import shared_array

FREE: Final = 0
WAITING: Final = 1
RUNNING: Final = 2

WINDOW_SHIFT: Final = 2
STATE_MASK: Final = 3
"""A row's progress: the number of its window, and in the last bits its state. So both change in one write."""

NOBODY: Final = -1
"""The home of a row whose home worker cancelled it or died: its window runs to its end, for nobody."""

NO_WINDOW: Final = -1
"""In place of the number of the window that was taken last."""

MAX_DEATHS: Final = 2
"""Workers that may die of one window; its segment is not tried again."""

ORDINARY: Final = SlotView(speed=1.0)


class SegmentQueue:
    """A row's `progress` is written last when the row is filled, and alone when it moves on: a worker may be killed
    between any two writes, and leaves a queue behind.

    After a window the next one's state, and all else, is in place before the row's progress says so. Until then the
    row is that of the window before, which is rendered again if its slot dies; its state and length are as they were.

    Rows change under the lock, but for `give_back`: a running row is its slot's, or the arbiter's after a death.
    """

    def __init__(self, rows: int, lock: Lock, window_state_limit: int = 0) -> None:
        """window_state_limit: bytes that the engine's state between two windows has at most; 0 for no windows."""
        self._lock = lock
        self._last_serial = shared_array(np.int64, 1)
        self._progress = shared_array(np.int64, rows)
        self._serial = shared_array(np.int64, rows)
        self._deadline = shared_array(np.float64, rows)
        self._start_by = shared_array(np.float64, rows)
        self._duration_s = shared_array(np.float64, rows)
        self._left_s = shared_array(np.float64, rows)
        self._held_back_s = shared_array(np.float64, rows)
        self._home = shared_array(np.int32, rows)
        self._slot = shared_array(np.int32, rows)
        self._since = shared_array(np.float64, rows)
        self._taken = shared_array(np.int64, rows)  # the window for which the next two hold
        self._wanted_s = shared_array(np.float64, rows)
        self._deaths = shared_array(np.uint8, rows)
        self._work = shared_array(np.float64, rows, len(Work._fields))
        self._retries = shared_array(np.int64, 1)
        self._length = shared_array(np.int32, rows)
        self._payload = shared_array(np.uint8, rows, PAYLOAD_LIMIT)
        self._states = WindowStates(rows, window_state_limit)

    @property
    def window_state_limit(self) -> int:
        """Bytes that the state between two windows has at most; 0 where segments are taken whole."""
        return self._states.limit

    def put(
        self, segment: Segment, home: int, deadline: float, start_by: float = math.inf, held_back_s: float = 0.0
    ) -> Place | None:
        """Let a segment of worker `home` wait; None if all rows are taken. For the moments, see `choose`; held_back_s:
        see `hold_back`."""
        payload = np.frombuffer(segment.payload, np.uint8)
        with self._lock:
            state = self._state
            row = int(state.argmin())
            if state[row] != FREE:
                return None
            self._last_serial[0] += 1
            serial = int(self._last_serial[0])
            self._serial[row], self._deadline[row], self._start_by[row] = serial, deadline, start_by
            self._duration_s[row] = self._left_s[row] = segment.duration_s
            self._held_back_s[row] = held_back_s
            self._home[row], self._taken[row], self._work[row] = home, NO_WINDOW, 0.0
            self._length[row] = len(payload)
            self._payload[row, : len(payload)] = payload
            self._states.begin(row)
            self._progress[row] = WAITING
        return Place(row, serial)

    def take(self, slot: int, limit: int = 1, limit_s: float = math.inf, view: SlotView = ORDINARY) -> list[Lease]:
        """What worker `slot` is to synthesise now: a window, or at most `limit` segments where there are no windows.

        See `choose` and `window_s`. Empty if none waits. One that a worker has died of is taken alone, so that it ends
        nothing but itself: not beside what the slot has in hand, and nothing is taken beside it.
        """
        with self._lock:
            now = time.monotonic()
            waiting = self._rows()
            rows = choose(waiting, now, limit, limit_s)
            in_hand = np.flatnonzero((self._state == RUNNING) & (self._slot == slot))
            if in_hand.size and waiting.alone[[*in_hand, *rows]].any():
                return []
            for row in rows:
                self._begin(row, now, view)
                self._slot[row], self._since[row] = slot, now
                self._progress[row] += RUNNING - WAITING
        return [self._lease(row) for row in rows]

    def hold_back(self, place: Place, held_back_s: float) -> None:
        """Have so many audio seconds at the end of a segment not rendered for now, but for its first window, and for
        what a window has at least. Without effect on one that is gone."""
        with self._lock:
            if self.has(place):
                self._held_back_s[place.row] = held_back_s

    def is_wanted(self, lease: Lease) -> bool:
        """Whether its home worker still waits for it."""
        return bool(self._home[lease.place.row] != NOBODY)

    def add_work(self, lease: Lease, audio_s: float, busy_s: float, thread_ratio: float = 1.0) -> Work:
        """Count what was done for a window, on so many times the slot's own threads. Returns its segment's sums."""
        work = self._work[lease.place.row]
        work += audio_s, busy_s, busy_s * thread_ratio
        return Work(*work.tolist())

    def give_back(self, lease: Lease) -> None:
        """Free the row: the segment is done with, spoken or not."""
        self._free(lease.place.row)

    def go_on(self, lease: Lease, state: bytes, left_s: float, deadline: float, start_by: float) -> None:
        """Let the segment wait for its next window, which any slot may take; or free the row, if nobody wants it.

        state: what that starts from. left_s: audio seconds that are left. For the moments, see `choose`.
        """
        row, following = lease.place.row, lease.window + 1
        self._states.write(row, following, state)
        with self._lock:
            if self._home[row] == NOBODY:
                self._free(row)
                return
            self._left_s[row], self._deadline[row], self._start_by[row] = left_s, deadline, start_by
            self._progress[row] = following << WINDOW_SHIFT | WAITING

    def cancel(self, place: Place) -> None:
        """Forget a segment that waits; let one that runs end for nobody. Without effect on one that is gone."""
        with self._lock:
            if self.has(place):
                self._leave(place.row)

    def has(self, place: Place) -> bool:
        """Whether it waits or runs."""
        return bool(self._serial[place.row] == place.serial and self._progress[place.row] & STATE_MASK)

    def clear(self, worker: int) -> list[tuple[int, int]]:
        """Cancel the segments of worker `worker`, which is dead, and let those that it ran for others wait again.

        Returns those that do not, because their window has had its `MAX_DEATHS`: home worker and serial number of each.
        """
        failed = []
        with self._lock:
            for row in np.flatnonzero((self._state != FREE) & (self._home == worker)).tolist():
                self._leave(row)
            for row in np.flatnonzero((self._state == RUNNING) & (self._slot == worker)).tolist():
                self._deaths[row] += 1
                if self._home[row] == NOBODY:
                    self._free(row)
                elif self._deaths[row] < MAX_DEATHS:
                    self._progress[row] += WAITING - RUNNING
                    self._retries[0] += 1
                else:
                    failed.append((int(self._home[row]), int(self._serial[row])))
                    self._free(row)
        return failed

    def waiting_places(self) -> list[tuple[int, Place]]:
        """Home worker and place of each segment that waits."""
        with self._lock:
            rows = np.flatnonzero(self._state == WAITING)
            return [(int(self._home[row]), Place(int(row), int(self._serial[row]))) for row in rows]

    @property
    def waiting(self) -> int:
        """Segments that wait for a slot, for their first window or another; those held back wait for their client."""
        return int(np.count_nonzero(self._is_waiting))

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
        """Windows that waited again because their slot's worker died, since the server began."""
        return int(self._retries[0])

    def runs(self, slot: int) -> bool:
        """Whether worker `slot` is synthesising."""
        return bool(((self._state == RUNNING) & (self._slot == slot)).any())

    def backlog_s(self, speeds: npt.NDArray[np.float64], due: float) -> float:
        """Audio seconds to be synthesised before a segment with the deadline `due` is begun: of all that runs, and of
        what waits with a deadline up to `due`. Of each a window, behind which others come first; all that is left of
        it where there are no windows, or `due` is infinite.

        speeds: shape (rows of workers,), audio seconds that each worker's slot synthesises in a second.
        """
        state = self._state
        running = np.flatnonzero(state == RUNNING)
        slots = self._slot[running]
        shares = speeds[slots] / np.bincount(slots)[slots]  # segments that are synthesised at once share a slot
        done_s = (time.monotonic() - self._since[running]) * shares
        ahead = self._is_waiting & (self._deadline <= due)
        running_s, ahead_s = self._left_s[running], self._left_s[ahead]
        if self.window_state_limit and math.isfinite(due):
            running_s = np.minimum(running_s, self._wanted_s[running])
            ahead_s = np.minimum(ahead_s, least_window_s(float(speeds.mean())))
        return float(np.maximum(running_s - done_s, 0.0).sum() + ahead_s.sum())

    @property
    def _state(self) -> npt.NDArray[Any]:
        """Whether each row is free, waits or runs."""
        return self._progress & STATE_MASK

    @property
    def _is_waiting(self) -> npt.NDArray[np.bool_]:
        """Whether each row waits, and some of it may be rendered now."""
        may_go_on = (self._progress >> WINDOW_SHIFT == 0) | (self._left_s > self._held_back_s)
        waiting: npt.NDArray[np.bool_] = (self._state == WAITING) & may_go_on
        return waiting

    def _rows(self) -> Rows:
        died = (self._deaths > 0) & (self._taken == self._progress >> WINDOW_SHIFT)
        return Rows(self._is_waiting, self._deadline, self._start_by, self._serial, self._left_s, died)

    def _begin(self, row: int, now: float, view: SlotView) -> None:
        """Decide how long the row's window is, unless somebody has died of it: it is to be the same then."""
        window = self._progress[row] >> WINDOW_SHIFT
        if self._taken[row] == window:
            return
        self._wanted_s[row], self._deaths[row] = math.inf, 0
        if self.window_state_limit:
            due_in_s, left_s = float(self._deadline[row]) - now, float(self._left_s[row])
            has_listener = math.isfinite(self._start_by[row])
            if self._held_back_s[row]:
                allowed_s = max(least_window_s(view.speed), left_s - float(self._held_back_s[row]))
                view = replace(view, longest_s=min(view.longest_s, allowed_s))
            self._wanted_s[row] = window_s(left_s, due_in_s, view, has_listener=has_listener)
        self._taken[row] = window

    def _lease(self, row: int) -> Lease:
        window = int(self._progress[row] >> WINDOW_SHIFT)
        return Lease(
            Place(row, int(self._serial[row])),
            int(self._home[row]),
            Segment(self._payload[row, : self._length[row]].tobytes(), float(self._duration_s[row])),
            float(self._deadline[row]),
            window,
            float(self._wanted_s[row]),
            self._states.read(row, window),
            math.isfinite(self._start_by[row]),
            float(self._left_s[row]),
        )

    def _leave(self, row: int) -> None:
        if self._progress[row] & STATE_MASK == WAITING:
            self._free(row)
        else:
            self._home[row] = NOBODY

    def _free(self, row: int) -> None:
        self._states.release(row)
        self._progress[row] = FREE
