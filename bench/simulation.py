"""A discrete-event simulation of slots, a queue and listeners around the server's `choose`; see `bench.simulate`."""

from __future__ import annotations

import heapq
import itertools
import math
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt

from speechd.pool.capacity import BLOCKING_S, listeners
from speechd.pool.dispatch import Rows, choose
from speechd.speech.look_ahead import SEGMENTS_AHEAD

SPEED: Final = 4.0
"""Audio seconds per second of a slot, where nothing else is asked for."""
OVERHEAD_S: Final = 0.03
"""Seconds that each engine call costs besides."""
SPREAD: Final = 0.1
"""Relative standard deviation of an engine call's time."""

MEDIAN_S: Final = 10.0
SIGMA: Final = 1.0
LONGEST_S: Final = 300.0
"""Audio seconds of a request: lognormal, so that most are a few sentences and some are chapters."""

FAST_PACE: Final = 2.5
HEADROOM: Final = 0.5
FIRST_S: Final = 2.0
LATER_S: Final = 2.7
EFFICIENT_S: Final = 10.0
"""Audio seconds of a first segment on fast slots, of any other at least, and of one that an engine speaks best."""

MAX_WAIT_S: Final = 10.0
"""Admission's bound on the expected wait for a first segment."""

SETTLE_S: Final = 30.0
"""Seconds at the beginning that are not counted, while the server fills."""
LEAST_S: Final = 60.0
"""Seconds of arrivals after that, at least."""

BATCH_COST: Final = 0.1
"""The cost of each further segment of a batch, as a part of what it costs alone."""

ARRIVAL: Final[tuple[int, ...]] = ()
"""An event without rows that are done: a request arrives."""


@dataclass(frozen=True, slots=True)
class SlotModel:
    """How fast a slot is. speed: audio seconds in a second, of one segment at a time; batch: segments at once, at most;
    batch_cost: what each further one costs, of what it costs alone."""

    speed: float = SPEED
    batch: int = 1
    batch_cost: float = BATCH_COST

    @property
    def throughput(self) -> float:
        """Audio seconds in a second, of full batches of equal segments."""
        return self.speed * self.batch / (1 + self.batch_cost * (self.batch - 1))

    def synthesis_s(self, durations_s: npt.NDArray[np.float64]) -> float:
        """Seconds that a batch takes."""
        longest_s = float(durations_s.max())
        audio_s = longest_s + self.batch_cost * (float(durations_s.sum()) - longest_s)
        return OVERHEAD_S + audio_s / self.speed


@dataclass(slots=True)
class Stream:
    """One request. left_s: audio not yet planned; heard: what has arrived in order."""

    arrived: float
    left_s: float
    submitted_s: float = 0.0
    in_queue: int = 0
    planned: int = 0
    began: float = math.inf
    done: dict[int, float] = field(default_factory=dict)
    heard: int = 0
    heard_s: float = 0.0
    worst_s: float = 0.0


class Simulation:
    """The slots, the queue, and a clock. by_deadline: else by the arrival of the request."""

    def __init__(self, slots: int, model: SlotModel, *, by_deadline: bool, listening_share: float) -> None:
        self._model = model
        self._speed = model.throughput
        self._places = listeners(slots * self._speed, listening_share)
        rows = (self._places + 1) * SEGMENTS_AHEAD
        self.slots = slots
        self.streams: list[Stream] = []
        self.refused = 0
        self.now = 0.0
        self.arrivals_end = math.inf
        self.settled_audio_s = 0.0
        self._by_deadline = by_deadline
        self._random = np.random.default_rng(0)
        self._serials = itertools.count()
        self._events: list[tuple[float, int, tuple[int, ...]]] = []
        self._waiting = np.zeros(rows, bool)
        self._deadline = np.zeros(rows)
        self._urgency = np.zeros(rows)
        self._start_by = np.full(rows, math.inf)
        self._serial = np.zeros(rows, np.int64)
        self._duration_s = np.zeros(rows)
        self._alone = np.zeros(rows, bool)
        self._segment: list[tuple[Stream, int]] = [(Stream(0.0, 0.0), 0)] * rows
        self._free = list(range(rows))
        self._wait_count = self._run_count = self._busy_slots = self._in_flight = 0
        self._ends_sum = 0.0

    def run(self, load: float, requests: int) -> None:
        """Let that many requests arrive, or more, and all that were admitted end."""
        mean_s = MEDIAN_S * math.exp(SIGMA**2 / 2)
        interval_s = mean_s / (load * self.slots * self._speed)
        self._schedule(0.0, ARRIVAL)
        while self._events:
            self.now, _, rows = heapq.heappop(self._events)
            if rows != ARRIVAL:
                self._finish(rows)
            else:
                self._arrive()
                if len(self.streams) + self.refused < requests or self.now < SETTLE_S + LEAST_S:
                    self._schedule(self.now + self._random.exponential(interval_s), ARRIVAL)
                else:
                    self.arrivals_end = self.now
            self._dispatch()

    def _arrive(self) -> None:
        if self._in_flight >= self._places or self._expected_wait_s() > MAX_WAIT_S:
            self.refused += 1
            return
        length_s = min(LONGEST_S, MEDIAN_S * math.exp(SIGMA * self._random.standard_normal()))
        stream = Stream(self.now, length_s)
        self.streams.append(stream)
        self._in_flight += 1
        self._submit(stream)

    def _submit(self, stream: Stream) -> None:
        # The server's plan: behind its first segment, a stream waits until that is spoken.
        most = SEGMENTS_AHEAD if stream.began <= self.now else 1
        while stream.left_s > 0.0 and stream.in_queue < most:
            ahead_s = max(0.0, stream.submitted_s - max(0.0, self.now - stream.began))
            pace = self.slots * self._speed / max(self.slots, self._in_flight, self._wait_count + self._run_count + 1)
            longest_s = BLOCKING_S * self._speed if self._in_flight >= self.slots else EFFICIENT_S
            least_s = LATER_S if ahead_s or pace < FAST_PACE else FIRST_S
            duration_s = min(max(min(HEADROOM * ahead_s * pace, longest_s), least_s), EFFICIENT_S, stream.left_s)
            row = self._free.pop()
            self._deadline[row] = self._deadline_of(stream)
            self._urgency[row] = self._deadline[row] if self._by_deadline else stream.arrived
            playing = self._by_deadline and stream.planned
            self._start_by[row] = self._deadline[row] - duration_s / self._speed - BLOCKING_S if playing else math.inf
            self._serial[row] = next(self._serials)
            self._duration_s[row] = duration_s
            self._segment[row] = stream, stream.planned
            self._waiting[row] = True
            self._wait_count += 1
            stream.left_s -= duration_s
            stream.submitted_s += duration_s
            stream.in_queue += 1
            stream.planned += 1

    def _deadline_of(self, stream: Stream) -> float:
        if not stream.submitted_s:
            return stream.arrived
        return min(stream.began, self.now) + stream.submitted_s

    def _dispatch(self) -> None:
        while self._busy_slots < self.slots and self._wait_count:
            waiting = Rows(
                self._waiting, self._urgency, self._start_by, self._serial, self._duration_s, alone=self._alone
            )
            rows = choose(waiting, self.now, self._model.batch)
            self._waiting[rows] = False
            self._wait_count -= len(rows)
            self._run_count += len(rows)
            self._busy_slots += 1
            luck = max(0.5, 1.0 + SPREAD * self._random.standard_normal())
            end = self.now + luck * self._model.synthesis_s(self._duration_s[rows])
            self._ends_sum += end
            self._schedule(end, tuple(rows))

    def _finish(self, rows: tuple[int, ...]) -> None:
        self._ends_sum -= self.now
        self._run_count -= len(rows)
        self._busy_slots -= 1
        for row in rows:
            self._deliver(*self._segment[row], row)

    def _deliver(self, stream: Stream, number: int, row: int) -> None:
        stream.done[number] = float(self._duration_s[row])
        if SETTLE_S <= self.now <= self.arrivals_end:
            self.settled_audio_s += stream.done[number]
        stream.in_queue -= 1
        self._free.append(row)
        while stream.heard in stream.done:
            stream.began = min(stream.began, self.now)
            stream.worst_s = max(stream.worst_s, self.now - stream.began - stream.heard_s)
            stream.heard_s += stream.done.pop(stream.heard)
            stream.heard += 1
        if stream.left_s > 0.0:
            self._submit(stream)
        elif not stream.in_queue:
            self._in_flight -= 1

    def _expected_wait_s(self) -> float:
        if self._wait_count + self._busy_slots < self.slots:
            return 0.0
        running_s = self._ends_sum - self._busy_slots * self.now
        ahead = self._waiting & (self._deadline <= self.now)
        return (running_s + float(self._duration_s[ahead].sum()) / self._speed) / self.slots

    def _schedule(self, at: float, rows: tuple[int, ...]) -> None:
        heapq.heappush(self._events, (at, next(self._serials), rows))
