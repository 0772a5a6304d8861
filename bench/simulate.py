"""How dispatch scales past this machine: a discrete-event simulation of 2 to 1000 slots around the server's `choose`.

    python -m bench.simulate [--quick] [--slots N,N...] [--speed X]

Three ways to share the same slots: by earliest deadline (the server's), first come first served, and requests pinned to
a random worker, as with plain preforking. Requests arrive at random, have the lengths of real texts, are planned as the
server plans them (a short first segment, then growing ones) and are read by their clients as fast as they come.
Load is audio seconds asked for, of those that all slots can synthesise in the same time; admission is the server's.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import math
from dataclasses import asdict, dataclass, field
from typing import Final

import numpy as np

from bench import results as record
from speechd.pool.capacity import BLOCKING_S, LISTENING_SHARE, listeners
from speechd.pool.dispatch import choose
from speechd.speech.planner import CHARACTERS_PER_S, FAST_PACE, FIRST_LENGTH, HEADROOM, LEAST_LENGTH
from speechd.speech.stream import SEGMENTS_AHEAD

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

FIRST_S: Final = FIRST_LENGTH / CHARACTERS_PER_S
LATER_S: Final = LEAST_LENGTH / CHARACTERS_PER_S
EFFICIENT_S: Final = 10.0
"""Audio seconds of a first segment on fast slots, of any other at least, and of one that an engine speaks best."""

MAX_WAIT_S: Final = 10.0
"""Admission's bound on the expected wait for a first segment."""

LATE_S: Final = 0.1
"""C100's bound on a listener's worst wait."""

SETTLE_S: Final = 30.0
"""Seconds at the beginning that are not counted: an empty house fills."""
LEAST_S: Final = 60.0
"""Seconds of arrivals after that, at least."""

ARRIVAL: Final = -1


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


@dataclass(frozen=True, slots=True)
class Figures:
    """ttfa and underrun in seconds; c100 in percent, like underrun of the streams of more than one segment; refused in
    percent of all requests."""

    slots: int
    speed: float
    load: float
    policy: str
    ttfa_p50_s: float
    ttfa_p99_s: float
    c100: float
    underrun_p99_s: float
    refused: float
    audio_s_per_s: float


class House:
    """The slots, the queue, and a clock. `by_deadline`: else by the arrival of the request. speed: of a slot."""

    def __init__(self, slots: int, *, by_deadline: bool, listening_share: float, speed: float = SPEED) -> None:
        self._places = listeners(slots * speed, listening_share)
        rows = (self._places + 1) * SEGMENTS_AHEAD
        self.slots = slots
        self._speed = speed
        self.streams: list[Stream] = []
        self.refused = 0
        self.now = 0.0
        self.arrivals_end = math.inf
        self.settled_audio_s = 0.0
        self._by_deadline = by_deadline
        self._random = np.random.default_rng(0)
        self._serials = itertools.count()
        self._events: list[tuple[float, int, int]] = []
        self._waiting = np.zeros(rows, bool)
        self._deadline = np.zeros(rows)
        self._urgency = np.zeros(rows)
        self._start_by = np.full(rows, math.inf)
        self._serial = np.zeros(rows, np.int64)
        self._duration_s = np.zeros(rows)
        self._segment: list[tuple[Stream, int]] = [(Stream(0.0, 0.0), 0)] * rows
        self._free = list(range(rows))
        self._wait_count = self._run_count = self._in_flight = 0
        self._ends_sum = 0.0

    def run(self, load: float, requests: int) -> None:
        """Let that many requests arrive, or more, and all that were admitted end."""
        mean_s = MEDIAN_S * math.exp(SIGMA**2 / 2)
        interval_s = mean_s / (load * self.slots * self._speed)
        self._schedule(0.0, ARRIVAL)
        while self._events:
            self.now, _, row = heapq.heappop(self._events)
            if row != ARRIVAL:
                self._finish(row)
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
        while self._run_count < self.slots and self._wait_count:
            row = choose(self._waiting, self._urgency, self._start_by, self._serial, self.now)
            assert row is not None
            self._waiting[row] = False
            self._wait_count -= 1
            self._run_count += 1
            luck = max(0.5, 1.0 + SPREAD * self._random.standard_normal())
            end = self.now + luck * (OVERHEAD_S + float(self._duration_s[row]) / self._speed)
            self._ends_sum += end
            self._schedule(end, row)

    def _finish(self, row: int) -> None:
        self._ends_sum -= self.now
        self._run_count -= 1
        stream, number = self._segment[row]
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
        if self._wait_count + self._run_count < self.slots:
            return 0.0
        running_s = self._ends_sum - self._run_count * self.now
        ahead = self._waiting & (self._deadline <= self.now)
        return (running_s + float(self._duration_s[ahead].sum()) / self._speed) / self.slots

    def _schedule(self, at: float, row: int) -> None:
        heapq.heappush(self._events, (at, next(self._serials), row))


def measure(
    slots: int, load: float, policy: str, listening_share: float, requests: int, speed: float = SPEED
) -> Figures:
    """Play one cell of the table."""
    # Of requests pinned to random workers, each worker sees a random part: a house of its own, with one slot.
    house = House(
        1 if policy == "pinned" else slots,
        by_deadline=policy == "deadline",
        listening_share=listening_share,
        speed=speed,
    )
    house.run(load, requests)
    streams = [stream for stream in house.streams if stream.arrived >= SETTLE_S]
    p50, p99 = np.percentile([stream.began - stream.arrived for stream in streams], [50, 99])
    worst = np.array([stream.worst_s for stream in streams if stream.planned > 1])
    return Figures(
        slots=slots,
        speed=speed,
        load=load,
        policy=policy,
        ttfa_p50_s=round(float(p50), 3),
        ttfa_p99_s=round(float(p99), 3),
        c100=round(100 * float(np.mean(worst <= LATE_S)), 2),
        underrun_p99_s=round(float(np.percentile(worst, 99)), 2),
        refused=round(100 * house.refused / (house.refused + len(house.streams)), 2),
        audio_s_per_s=round(house.settled_audio_s / (house.arrivals_end - SETTLE_S) * slots / house.slots, 1),
    )


def main() -> None:
    """Print the table, and all of it as one JSON line last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer cells and requests: about a second")
    parser.add_argument(
        "--listening-share", type=float, default=LISTENING_SHARE, help="as LISTENING_SHARE of pool.capacity"
    )
    parser.add_argument("--slots", metavar="N,N...", help="(default: 2,8,32,128,1000; quick: 2,16)")
    parser.add_argument("--speed", type=float, default=SPEED, help=f"of a slot, × real time (default: {SPEED:g})")
    options = parser.parse_args()
    counts = options.slots or ("2,16" if options.quick else "2,8,32,128,1000")
    print("slots  load   policy   TTFA p50 s   p99 s   C100 %  underrun p99 s   refused %   audio s/s")
    rows = []
    for slots in map(int, counts.split(",")):
        requests = 1_000 if options.quick else 8_000
        for load in (0.7, 4.0) if options.quick else (0.5, 0.7, 0.9, 1.5, 4.0):
            for policy in ("deadline", "arrival", "pinned"):
                row = measure(slots, load, policy, options.listening_share, requests, options.speed)
                rows.append(asdict(row))
                print(
                    f"{slots:5} {load:5} {policy:>8} {row.ttfa_p50_s:12.3f} {row.ttfa_p99_s:7.2f} {row.c100:8.2f} "
                    f"{row.underrun_p99_s:15.2f} {row.refused:11.2f} {row.audio_s_per_s:11.1f}",
                    flush=True,
                )
    record.publish("simulate", vars(options), rows)


if __name__ == "__main__":
    main()
