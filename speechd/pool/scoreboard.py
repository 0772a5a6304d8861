"""The scoreboard: what all workers know of each other, in memory that the arbiter makes before it forks them."""

from __future__ import annotations

import math
import os
import time
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from speechd.pool.ipc import Doorbell, ResultChannel, SegmentStatus, failed_result
from speechd.pool.lock import Lock
from speechd.pool.model_status import ModelStatus
from speechd.pool.queue import SegmentQueue
from speechd.shared_memory import shared_array

ASSUMED_SPEED: Final = 2.0
"""Audio seconds per second of a slot before any has been measured: about what stock Kokoro does on one core."""

MEMORY: Final = 0.8
"""What a slot's measured speed keeps of the past at each segment: the last five or so count."""

LISTENING_SHARE: Final = 0.8
"""What remains builds up the audio that listeners have in hand, so that they survive a crowd of newcomers. Beyond the
capacity, `bench/simulate.py` finds a C100 of 99.6 % or more at 0.8, and of 60 to 97 % at 0.9; slots are as busy."""


class State(IntEnum):
    """Of a worker's row."""

    FREE = 0
    """No worker has it."""
    BOOTING = 1
    READY = 2
    """Its engine is warm and its slot works."""
    DRAINING = 3
    """It finishes what is in flight, and works for others until it ends."""
    RETIRING = 4
    """It finishes what is in flight, and its slot works no more: another has come, or its start failed."""
    ASLEEP = 5
    """It takes requests, and has no slot: the model is unloaded."""


@dataclass(frozen=True, slots=True)
class Limits:
    """max_in_flight: requests, of all workers together, and with one API key (0: no limit of its own).
    max_wait_s: expected seconds before a first segment is started beyond which requests are refused.
    segments_per_request: most segments of one request that are in the queue at once.
    synthesis_timeout_s: what one engine call may take.
    listening_share: how much of the slots' measured speed the requests in flight may need, see `places`.
    max_overflow_in_flight: requests, of all workers together, that another server speaks.
    max_held_bytes: of all replies together that are sent whole."""

    max_in_flight: int
    max_in_flight_per_key: int
    max_wait_s: float
    segments_per_request: int
    synthesis_timeout_s: float
    listening_share: float = LISTENING_SHARE
    max_overflow_in_flight: int = 0
    max_held_bytes: int = 512 << 20


def listeners(speed: float, share: float) -> int:
    """How many can be listened to without an underrun at this speed of all slots together, of which they may need a
    share: each takes a second of audio in a second. At least one: if that is too many, nobody else would fare better.
    """
    return max(1, int(share * speed))


class Scoreboard:
    """One row per worker, and some that are spare: for workers that come before others leave. Made in the arbiter,
    which calls `claim` before a fork and `clear` after a death; a worker calls `adopt` first of all.

    Each worker writes its own row and the arbiter those of the dead; `queue` and `lock` see to themselves.
    """

    def __init__(self, workers: int, limits: Limits, *, keys: int = 0, spare: int = 0) -> None:
        self.workers = workers
        self.rows = rows = workers + spare
        self.limits = limits
        self.lock = Lock()
        # Room for all, and for the segments that slots still finish for requests that are gone.
        self.queue = SegmentQueue(limits.max_in_flight * limits.segments_per_request + rows, self.lock)
        self.bell = Doorbell()
        self.model = ModelStatus()
        self.replies = tuple(ResultChannel() for _ in range(rows))
        self.in_flight = shared_array(np.int32, rows)
        self.in_flight_by_key = shared_array(np.int32, rows, keys)
        self.overflow_in_flight = shared_array(np.int32, rows)
        self.held_bytes = shared_array(np.int64, rows)
        self._state = shared_array(np.uint8, rows)
        self._pid = shared_array(np.int32, rows)
        self._boots = shared_array(np.int32, rows)
        self._failed_boots = shared_array(np.int32, rows)
        self._recycled = shared_array(np.int32, rows)
        self._deaths = shared_array(np.int32, rows)
        self._recent_audio_s = shared_array(np.float64, rows)
        self._recent_busy_s = shared_array(np.float64, rows)
        self._threads = shared_array(np.int32, rows)
        self._segments = shared_array(np.int64, rows)
        self._audio_s = shared_array(np.float64, rows)
        self._busy_s = shared_array(np.float64, rows)
        self._touched = shared_array(np.float64, rows)
        self._touched[:] = time.monotonic()

    def claim(self, index: int) -> None:
        """Worker `index` is about to be forked."""
        assert self._state[index] == State.FREE
        self._state[index] = State.BOOTING
        self._boots[index] += 1

    def adopt(self, index: int) -> None:
        """This process is worker `index`."""
        self._pid[index] = os.getpid()

    def set_ready(self, index: int) -> None:
        """The slot of worker `index` works. One that is draining already is not ready any more."""
        self._failed_boots[index] = 0
        if self._state[index] == State.BOOTING:
            self._state[index] = State.READY

    def set_asleep(self, index: int) -> None:
        """Worker `index` takes requests, and has no slot."""
        self._failed_boots[index] = 0
        self._state[index] = State.ASLEEP if self._state[index] == State.BOOTING else State.RETIRING

    def drain(self, index: int) -> None:
        """Worker `index` is on its way out."""
        self._state[index] = State.DRAINING if self._state[index] in (State.READY, State.DRAINING) else State.RETIRING

    def retire(self, index: int) -> None:
        """Worker `index` is on its way out, and its slot takes no more segments."""
        self._state[index] = State.RETIRING

    def clear(self, index: int, failures: int = 0) -> None:
        """Worker `index` has ended, in whatever way: give back all that it held, and its row.

        failures: how many of this row in succession, this one included, ended before they were ready.
        """
        failed = self.queue.clear(index)
        self._failed_boots[index] = failures
        broken = self.in_flight[index] + self.overflow_in_flight[index]
        recycled = self._state[index] == State.RETIRING and not broken and not failures
        self._recycled[index] += recycled
        self._deaths[index] += not recycled
        if broken:
            self.touch(index)
        self.in_flight[index] = 0
        self.in_flight_by_key[index] = 0
        self.overflow_in_flight[index] = 0
        self.held_bytes[index] = 0
        self._threads[index] = 0
        self._pid[index] = 0
        self._state[index] = State.FREE
        for home, serial in failed:
            self.replies[home].send(failed_result(serial, SegmentStatus.KILLED), wait=False)
        # A ring that the dead worker heard may have been for any segment that waits.
        self.bell.ring(self.queue.waiting)

    def refuse_waiting(self) -> None:
        """The model could not be loaded: tell all who wait for a slot."""
        for home, serial in self.queue.drop_waiting():
            self.replies[home].send(failed_result(serial, SegmentStatus.UNLOADED), wait=False)

    def spread(self, own: int, most: int, cores: int) -> int:
        """The threads on which a slot is to speak for somebody who waits already: its own at least, and at most as many
        of the `cores` as no slot uses, which it shares with what other idle slots are about to take."""
        free = cores - int(self._threads.sum())
        alike = 1 + min(self.queue.waiting, max(0, self.slots - self.queue.running))
        return max(own, min(most, free // alike))

    def use(self, index: int, threads: int) -> None:
        """The slot of worker `index` runs on so many threads."""
        self._threads[index] = threads

    def touch(self, index: int) -> None:
        """A request of worker `index` came or ended."""
        self._touched[index] = time.monotonic()

    def expect(self, index: int, audio_s: float, busy_s: float) -> None:
        """The slot of worker `index`, not at work yet, has been tried on `audio_s`, which took `busy_s`: its speed
        until it is known better. Without one, a server would take more listeners at its start than it can speak to."""
        if not self._recent_busy_s[index]:
            self._recent_audio_s[index], self._recent_busy_s[index] = audio_s, busy_s

    def record(self, index: int, audio_s: float, busy_s: float, spread: float = 1.0) -> None:
        """The slot of worker `index` has synthesised a segment of `audio_s` in `busy_s`.

        spread: on how many times the threads that it has when all slots are at work. So much faster it was at most,
        which tells something of its speed only if even so it was faster than it is known to be.
        """
        recent_audio_s, recent_busy_s = self._recent_audio_s[index], self._recent_busy_s[index]
        if spread == 1.0 or audio_s * recent_busy_s > busy_s * spread * recent_audio_s:
            self._recent_audio_s[index] = MEMORY * recent_audio_s + audio_s
            self._recent_busy_s[index] = MEMORY * recent_busy_s + busy_s * spread
        self._segments[index] += 1
        self._audio_s[index] += audio_s
        self._busy_s[index] += busy_s

    def state(self, index: int) -> State:
        """The state of row `index`."""
        return State(self._state[index])

    def is_ready(self) -> bool:
        """Whether any worker is ready."""
        return self.ready > 0

    @property
    def is_booting(self) -> bool:
        """Whether any worker is on its way to be ready."""
        return bool((self._state == State.BOOTING).any())

    @property
    def ready(self) -> int:
        """Workers that are ready, be it to have the model loaded."""
        return int(np.count_nonzero(self._has_state(State.READY, State.ASLEEP)))

    @property
    def slots(self) -> int:
        """Slots that work: of workers that are ready or draining."""
        return int(np.count_nonzero(self._working()))

    @property
    def relied_on(self) -> bool:
        """Whether others rely on the slots of draining workers: requests of workers whose slot does not work, and all
        requests where no worker is ready, because the whole server drains; be it that another server has been asked."""
        requests = self.in_flight + self.overflow_in_flight
        return bool(requests[~self._working()].any() or (requests.any() and not self.ready))

    @property
    def idle_s(self) -> float:
        """Seconds without a request; 0 while any is in flight, or a slot works."""
        if self.in_flight.any() or self.queue.running:
            return 0.0
        return time.monotonic() - float(self._touched.max())

    def speeds(self) -> npt.NDArray[np.float64]:
        """Audio seconds that each worker's slot synthesises in a second, shape (rows,)."""
        measured = self._recent_busy_s > 0.0
        speeds = self._recent_audio_s / np.where(measured, self._recent_busy_s, 1.0)
        return np.where(measured, speeds, speeds[measured].mean() if measured.any() else ASSUMED_SPEED)

    def speed(self) -> float:
        """Audio seconds that all working slots synthesise in a second, together."""
        return float(self.speeds()[self._working()].sum())

    def places(self) -> int:
        """Requests that may be in flight: as many as the slots can speak to, and never more than `max_in_flight`."""
        limits = self.limits
        if not self.slots or not self._recent_busy_s.any():  # nothing is known of the speed that there will be
            return limits.max_in_flight
        return min(limits.max_in_flight, listeners(self.speed(), limits.listening_share))

    def expected_wait_s(self) -> float:
        """Seconds before a segment whose deadline is now would be started; 0 while a slot is idle."""
        if self.queue.waiting + self.queue.running < self.slots:
            return 0.0
        return self.backlog_s(time.monotonic())

    def backlog_s(self, due: float = math.inf) -> float:
        """Seconds that the slots (or one, if none works) need for what runs, and waits with a deadline up to `due`."""
        return self.queue.backlog_s(self.speeds(), due) / (self.speed() or ASSUMED_SPEED)

    def states(self) -> list[dict[str, Any]]:
        """Every row with its counts since the server began, for people and for metrics."""
        return [
            {
                "state": self.state(index).name.lower(),
                "pid": int(self._pid[index]),
                "boots": int(self._boots[index]),
                "failed_boots": int(self._failed_boots[index]),
                "recycled": int(self._recycled[index]),
                "deaths": int(self._deaths[index]),
                "in_flight": int(self.in_flight[index]),
                "busy": self.queue.runs(index),
                "speed": float(self.speeds()[index]),
                "segments": int(self._segments[index]),
                "audio_s": float(self._audio_s[index]),
                "busy_s": float(self._busy_s[index]),
            }
            for index in range(self.rows)
        ]

    def _working(self) -> npt.NDArray[np.bool_]:
        return self._has_state(State.READY, State.DRAINING)

    def _has_state(self, *any_of: State) -> npt.NDArray[np.bool_]:
        return np.isin(self._state.copy(), any_of)  # which reads what it is given more than once, and others write

    def __repr__(self) -> str:
        return (
            f"<Scoreboard in flight {self.in_flight.sum()}/{self.limits.max_in_flight}, "
            f"waiting {self.queue.waiting}, running {self.queue.running}, ready {self.ready}/{self.workers}>"
        )

    def close(self) -> None:
        """Close sockets and files, in this process."""
        self.lock.close()
        self.bell.close()
        for replies in self.replies:
            replies.close()
