"""A discrete-event simulation of slots, a queue and listeners around the server's `choose` and `window_s`; see
`bench.simulate`."""

from __future__ import annotations

import heapq
import itertools
import math
from collections import deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from bench.slot_model import SPREAD, SlotModel
from speechd.pool.capacity import BLOCKING_S, listeners
from speechd.pool.dispatch import Rows, SlotView, choose, latest_start, least_window_s, window_s
from speechd.speech.look_ahead import SEGMENTS_AHEAD

MEDIAN_S: Final = 10.0
SIGMA: Final = 1.0
LONGEST_S: Final = 300.0
"""Audio seconds of a request: lognormal, so that most are a few sentences and some are chapters."""

SENTENCE_S: Final = 4.5
PASSAGE_S: Final = 10.0
"""Audio seconds of the first passage, which is a sentence, and of later ones."""

FIRST_S: Final = 2.0
LATER_S: Final = 2.7
FAST_PACE: Final = 2.5
HEADROOM: Final = 0.5
"""How text was cut for segments before there were windows: audio seconds of a first segment from this pace on, of any
other at least, and the share of the audio in hand within which the next one had to be ready."""

MAX_WAIT_S: Final = 10.0
"""Admission's bound on the expected wait for a first segment."""

SETTLE_S: Final = 30.0
"""Seconds at the beginning that are not counted, while the server fills."""
LEAST_S: Final = 60.0
"""Seconds of arrivals after that, at least."""

ARRIVAL: Final[tuple[int, ...]] = ()
"""An event without rows that are done: a request arrives."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How slots are shared. by_deadline: the earliest first, else the first request. windows: slots take windows of
    passages. cut: text is cut into short segments, as before there were windows; else segments are passages."""

    by_deadline: bool = True
    windows: bool = True
    cut: bool = False


@dataclass(slots=True)
class Stream:
    """One request. left_s: audio not yet planned. spoken: of each passage, what was made and is not heard in order yet,
    and last None at its end. heard: passages that have arrived in order; parts: windows or
    segments of them."""

    arrived: float
    left_s: float
    submitted_s: float = 0.0
    in_queue: int = 0
    planned: int = 0
    began: float = math.inf
    spoken: dict[int, deque[float | None]] = field(default_factory=dict)
    heard: int = 0
    heard_s: float = 0.0
    worst_s: float = 0.0
    parts: int = 0

    def hear(self, now: float) -> None:
        """Take what has come in order."""
        while parts := self.spoken.get(self.heard):
            part_s = parts.popleft()
            if part_s is None:
                del self.spoken[self.heard]
                self.heard += 1
                continue
            self.began = min(self.began, now)
            self.worst_s = max(self.worst_s, now - self.began - self.heard_s)
            self.heard_s += part_s
            self.parts += 1


class Simulation:
    """The slots, the queue, and a clock."""

    def __init__(self, slots: int, model: SlotModel, policy: Policy, listening_share: float) -> None:
        self._model, self._policy, self._share = model, policy, listening_share
        places = listeners(slots * model.throughput * 1.5, listening_share)
        rows = (places + 1) * SEGMENTS_AHEAD
        self.slots = slots
        self.streams: list[Stream] = []
        self.refused = 0
        self.now = 0.0
        self.arrivals_end = math.inf
        self.settled_audio_s = 0.0
        self._most = places
        self._random = np.random.default_rng(0)
        self._serials = itertools.count()
        self._events: list[tuple[float, int, tuple[int, ...]]] = []
        self._waiting = np.zeros(rows, bool)
        self._deadline = np.zeros(rows)
        self._urgency = np.zeros(rows)
        self._start_by = np.full(rows, math.inf)
        self._serial = np.zeros(rows, np.int64)
        self._duration_s = np.zeros(rows)
        self._left_s = np.zeros(rows)
        self._taken_s = np.zeros(rows)
        self._alone = np.zeros(rows, bool)
        self._segment: list[tuple[Stream, int]] = [(Stream(0.0, 0.0), 0)] * rows
        self._free = list(range(rows))
        self._wait_count = self._run_count = self._busy_slots = self._in_flight = 0
        self._ends_sum = 0.0
        self._made_s = self._busy_s = 0.0

    def run(self, load: float, requests: int) -> None:
        """Let that many requests arrive, or more, and all that were admitted end."""
        mean_s = MEDIAN_S * math.exp(SIGMA**2 / 2)
        interval_s = mean_s / (load * self.slots * self._model.throughput)
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

    @property
    def _speed(self) -> float:
        """Audio seconds that a slot makes in a second, as measured."""
        if self._busy_s < self.slots:
            return self._model.throughput
        return min(self._made_s / self._busy_s, 1.4 * self._model.throughput)

    def _arrive(self) -> None:
        places = min(self._most, listeners(self.slots * self._speed, self._share))
        if self._in_flight >= places or self._expected_wait_s() > MAX_WAIT_S:
            self.refused += 1
            return
        length_s = min(LONGEST_S, MEDIAN_S * math.exp(SIGMA * self._random.standard_normal()))
        stream = Stream(self.now, length_s)
        self.streams.append(stream)
        self._in_flight += 1
        self._submit(stream)

    def _submit(self, stream: Stream) -> None:
        # The server's plan: behind its first segment, a stream waits until some of that is spoken.
        most = SEGMENTS_AHEAD if stream.began <= self.now else 1
        while stream.left_s > 0.0 and stream.in_queue < most:
            duration_s = self._cut_s(stream) if self._policy.cut else self._passage_s(stream)
            row = self._free.pop()
            self._deadline[row] = self._deadline_of(stream)
            self._urgency[row] = self._deadline[row] if self._policy.by_deadline else stream.arrived
            at_once_s = min(duration_s, least_window_s(self._speed)) if self._policy.windows else duration_s
            playing = stream.planned and self._policy.by_deadline
            self._start_by[row] = latest_start(self._deadline[row], at_once_s, self._speed) if playing else math.inf
            self._serial[row] = next(self._serials)
            self._duration_s[row] = self._left_s[row] = duration_s
            self._segment[row] = stream, stream.planned
            stream.spoken[stream.planned] = deque()
            self._waiting[row] = True
            self._wait_count += 1
            stream.left_s -= duration_s
            stream.submitted_s += duration_s
            stream.in_queue += 1
            stream.planned += 1

    def _passage_s(self, stream: Stream) -> float:
        """The next passage: the first is a sentence, and no rest is left that would be much shorter than others."""
        passage_s = PASSAGE_S if stream.planned else SENTENCE_S
        return stream.left_s if stream.left_s < 1.4 * passage_s else passage_s

    def _cut_s(self, stream: Stream) -> float:
        ahead_s = max(0.0, stream.submitted_s - max(0.0, self.now - stream.began))
        pace = self.slots * self._speed / max(self.slots, self._in_flight, self._wait_count + self._run_count + 1)
        longest_s = BLOCKING_S * self._speed if self._in_flight >= self.slots else PASSAGE_S
        least_s = LATER_S if ahead_s or pace < FAST_PACE else FIRST_S
        return min(max(min(HEADROOM * ahead_s * pace, longest_s), least_s), PASSAGE_S, stream.left_s)

    def _deadline_of(self, stream: Stream) -> float:
        if not stream.submitted_s:
            return stream.arrived
        return min(stream.began, self.now) + stream.submitted_s

    def _dispatch(self) -> None:
        while self._busy_slots < self.slots and self._wait_count:
            spared = max(self._in_flight, self._wait_count + self._busy_slots) < self.slots
            waiting = Rows(self._waiting, self._urgency, self._start_by, self._serial, self._left_s, self._alone)
            rows = choose(waiting, self.now, self._model.batch)
            luck = max(0.5, 1.0 + SPREAD * self._random.standard_normal())
            took_s = luck * self._begin(rows, SlotView(self._speed, spared))
            self._waiting[rows] = False
            self._wait_count -= len(rows)
            self._run_count += len(rows)
            self._busy_slots += 1
            self._busy_s += took_s
            self._made_s += float(self._taken_s[rows].sum())
            self._ends_sum += self.now + took_s
            self._schedule(self.now + took_s, tuple(rows))

    def _begin(self, rows: list[int], view: SlotView) -> float:
        """Decide what a slot makes of the rows. Returns the seconds that it should take."""
        self._taken_s[rows] = self._left_s[rows]
        if not self._policy.windows:
            return self._model.synthesis_s(self._duration_s[rows])
        (row,) = rows
        left_s, due_in_s = float(self._left_s[row]), float(self._deadline[row]) - self.now
        has_listener = self._segment[row][0].began < math.inf
        taken_s = min(left_s, window_s(left_s, due_in_s, view, has_listener=has_listener))
        self._taken_s[row] = taken_s
        made_s = float(self._duration_s[row]) - left_s
        return self._model.rendering_s(taken_s, made_s, float(self._duration_s[row]))

    def _finish(self, rows: tuple[int, ...]) -> None:
        self._ends_sum -= self.now
        self._run_count -= len(rows)
        self._busy_slots -= 1
        for row in rows:
            self._deliver(*self._segment[row], row)

    def _deliver(self, stream: Stream, number: int, row: int) -> None:
        taken_s = float(self._taken_s[row])
        if SETTLE_S <= self.now <= self.arrivals_end:
            self.settled_audio_s += taken_s
        self._left_s[row] -= taken_s
        has_listener = stream.began < math.inf
        stream.spoken[number].append(taken_s)
        if self._left_s[row] > 0.0:
            self._go_on(row, taken_s, has_listener=has_listener)
        else:
            stream.spoken[number].append(None)
            stream.in_queue -= 1
            self._free.append(row)
        stream.hear(self.now)
        if stream.left_s > 0.0:
            self._submit(stream)
        elif not stream.in_queue:
            self._in_flight -= 1

    def _go_on(self, row: int, taken_s: float, *, has_listener: bool) -> None:
        """Let the passage wait for its next window, as the server's slots do."""
        deadline = (self._deadline[row] if has_listener else self.now) + taken_s
        self._deadline[row] = deadline
        if self._policy.by_deadline:
            self._urgency[row] = deadline
            at_once_s = min(float(self._left_s[row]), least_window_s(self._speed))
            self._start_by[row] = latest_start(deadline, at_once_s, self._speed)
        self._waiting[row] = True
        self._wait_count += 1

    def _expected_wait_s(self) -> float:
        if self._wait_count + self._busy_slots < self.slots:
            return 0.0
        running_s = self._ends_sum - self._busy_slots * self.now
        ahead_s = self._left_s[self._waiting & (self._deadline <= self.now)]
        if self._policy.windows:
            ahead_s = np.minimum(ahead_s, least_window_s(self._speed))
        return (running_s + float(ahead_s.sum()) / self._speed) / self.slots

    def _schedule(self, at: float, rows: tuple[int, ...]) -> None:
        heapq.heappush(self._events, (at, next(self._serials), rows))
