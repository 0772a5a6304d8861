"""The scoreboard: what all workers know of each other, in memory that the arbiter makes before it forks them."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from speechd.pool import capacity
from speechd.pool.capacity import Limits, Load
from speechd.pool.dispatch import SlotView
from speechd.pool.ipc import Doorbell, ResultChannel
from speechd.pool.lock import Lock
from speechd.pool.model_status import ModelState, ModelStatus
from speechd.pool.queue import SegmentQueue
from speechd.pool.throughput import ASSUMED_THROUGHPUT, Throughput
from speechd.server.worker_table import State, WorkerTable
from speechd.shared_memory import shared_array


@dataclass(frozen=True, slots=True)
class Cleared:
    """The remains of a dead worker. requests: its own, which ended with it. failed: segments that it ran for others
    and that are not tried again, by home worker and serial number."""

    requests: int
    failed: list[tuple[int, int]]


class Scoreboard:
    """One row per worker, and some that are spare: for workers that come before others leave. As in Apache's httpd.

    Each worker writes its own row, and the arbiter those of the dead. `table`, `throughput`, `queue` and `lock` see to
    themselves.
    """

    def __init__(
        self, workers: int, limits: Limits, *, keys: int = 0, spare: int = 0, window_state_limit: int = 0
    ) -> None:
        """keys: API keys that are counted. spare: rows besides those of the workers. window_state_limit: see
        `SegmentQueue`."""
        self.workers = workers
        self.rows = rows = workers + spare
        self.limits = limits
        self.table = WorkerTable(rows)
        self.throughput = Throughput(rows)
        self.lock = Lock()
        # Room for all, and for the segments that slots still finish for requests that are gone.
        places = limits.max_in_flight * limits.segments_per_request + rows
        self.queue = SegmentQueue(places, self.lock, window_state_limit)
        self.bell = Doorbell()
        self.model = ModelStatus()
        self.results = tuple(ResultChannel() for _ in range(rows))
        self.in_flight = shared_array(np.int32, rows)
        self.in_flight_by_key = shared_array(np.int32, rows, keys)
        self.overflow_in_flight = shared_array(np.int32, rows)
        self.sessions = shared_array(np.int32, rows)
        self.held_bytes = shared_array(np.int64, rows)
        self._threads = shared_array(np.int32, rows)
        self._active_at = shared_array(np.float64, rows)
        self._active_at[:] = time.monotonic()

    def clear(self, index: int) -> Cleared:
        """Give back all that worker `index`, which has ended, held; its row of the table is freed after that."""
        failed = self.queue.clear(index)
        requests = int(self.in_flight[index] + self.overflow_in_flight[index])
        if requests:
            self.mark_activity(index)
        self.in_flight[index] = 0
        self.in_flight_by_key[index] = 0
        self.overflow_in_flight[index] = 0
        self.sessions[index] = 0
        self.held_bytes[index] = 0
        self._threads[index] = 0
        return Cleared(requests, failed)

    def set_threads(self, index: int, threads: int) -> None:
        """Say that the slot of worker `index` runs on so many threads."""
        self._threads[index] = threads

    def threads_for(self, own: int, most: int, cores: int) -> int:
        """The threads on which a slot is to speak for somebody who waits already: its own at least, and at most as many
        of the `cores` as no slot uses, which it shares with what other idle slots are about to take."""
        takers = 1 + min(self.queue.waiting, max(0, self.slots - self.queue.busy_slots))
        return capacity.threads_for(own, most, cores - int(self._threads.sum()), takers)

    def mark_activity(self, index: int) -> None:
        """Say that a request of worker `index` came or ended."""
        self._active_at[index] = time.monotonic()

    @property
    def idle_s(self) -> float:
        """Seconds without a request; 0 while any is in flight, or a slot works."""
        if self.in_flight.any() or self.queue.running:
            return 0.0
        return time.monotonic() - float(self._active_at.max())

    def is_ready(self) -> bool:
        """Return whether any worker is ready."""
        return self.ready > 0

    @property
    def ready(self) -> int:
        """Workers that accept requests which will be worked on, even if the model is to be loaded for that."""
        ready = self.table.has_state(State.READY)
        if self.slots or self.model.state is not ModelState.LOADED:
            ready |= self.table.has_state(State.IDLE)
        return int(np.count_nonzero(ready))

    @property
    def slots(self) -> int:
        """Slots that work: those of workers that are ready, draining, or back ends."""
        return int(np.count_nonzero(self._working()))

    @property
    def needed_by_others(self) -> bool:
        """Whether others rely on the slots of draining workers: requests of workers whose slot does not work, and all
        requests where no worker is ready, because the whole server drains. Those that another server has been asked for
        may come back."""
        requests = self.in_flight + self.overflow_in_flight
        return bool(requests[~self._working()].any() or (requests.any() and not self.ready))

    def load(self) -> Load:
        """Return what there is to do, and what does it."""
        working, per_slot = self._working(), self.throughput.per_slot()
        slots = int(np.count_nonzero(working))
        # Where no slot works now, one will.
        average = float(per_slot[working].sum()) / max(slots, 1) or float(per_slot.mean()) or ASSUMED_THROUGHPUT
        return Load(slots, average, int(self.in_flight.sum()))

    def slot_view(self, index: int) -> SlotView:
        """Return what the slot of worker `index` goes by when it decides how long a window is to be."""
        speed = float(self.throughput.per_slot()[index]) or ASSUMED_THROUGHPUT
        wanted = max(int(self.in_flight.sum()), self.queue.waiting + self.queue.busy_slots)
        longest_s = capacity.timely_s(speed, self.limits.synthesis_timeout_s)
        return SlotView(speed, wanted < self.slots, longest_s)

    def total_throughput(self) -> float:
        """Audio seconds that all working slots synthesise in a second, together."""
        return float(self.throughput.per_slot()[self._working()].sum())

    def max_in_flight_now(self) -> int:
        """Requests that may be in flight, see `capacity.max_in_flight_now`."""
        is_known = self.slots and self.throughput.is_known
        return capacity.max_in_flight_now(self.limits, self.total_throughput() if is_known else None)

    def expected_wait_s(self) -> float:
        """Seconds before a segment whose deadline is now would be started; 0 while a slot is idle."""
        if self.queue.waiting + self.queue.busy_slots < self.slots:
            return 0.0
        return self.backlog_s(time.monotonic())

    def backlog_s(self, due: float = math.inf) -> float:
        """Seconds that the slots (or one, if none works) need for what runs, and waits with a deadline up to `due`."""
        audio_s = self.queue.backlog_s(self.throughput.per_slot(), due)
        return audio_s / (self.total_throughput() or ASSUMED_THROUGHPUT)

    def states(self) -> list[dict[str, Any]]:
        """Every row with its counts since the server began, for people and for metrics."""
        throughput = self.throughput.per_slot()
        return [
            {
                "state": row.state.name.lower(),
                "pid": row.pid,
                "boots": row.boots,
                "failed_boots": row.failures,
                "recycled": row.recycled,
                "deaths": row.deaths,
                "in_flight": int(self.in_flight[row.index]),
                "busy": self.queue.runs(row.index),
                "speed": float(throughput[row.index]),
                **self.throughput.totals(row.index)._asdict(),
            }
            for row in self.table.rows()
        ]

    def _working(self) -> npt.NDArray[np.bool_]:
        return self.table.has_state(State.READY, State.DRAINING, State.WORKING)

    def __repr__(self) -> str:
        return (
            f"<Scoreboard in flight {self.in_flight.sum()}/{self.limits.max_in_flight}, "
            f"waiting {self.queue.waiting}, running {self.queue.running}, ready {self.ready}/{self.workers}>"
        )

    def close(self) -> None:
        """Close sockets and files, in this process."""
        self.lock.close()
        self.bell.close()
        for results in self.results:
            results.close()
