"""What it gains to read a batch while another is spoken: a simulation of a GPU's slot around the server's decisions.

    python -m bench.gpu.simulate [--clients 1,8,64,256] [--costs stated,h100] [--limits 32,64] [--listeners 1000]

Clients ask for one text after the other, at once (`--listeners`: after they have heard it). Ways to take batches:
"serial", one after the other; "pipelined", the next when the one that is spoken is about to end, as the server does;
and "early", the next as soon as the one before is spoken. Costs are those stated for comparison, 5 ms and 0.6 ms for an
audio second, half of the 5 in the text half; or what was measured on an H100 (docs/performance.md).
"""

from __future__ import annotations

import argparse
import heapq
import math
from dataclasses import asdict, dataclass, field
from typing import Final, Literal, get_args

import numpy as np

from bench import results as record
from speechd.engines.kokoro.gpu.gpu_model import GpuModel
from speechd.pool.batch_times import BatchTimes
from speechd.pool.dispatch import WAIT_S, Rows, choose

Way = Literal["serial", "pipelined", "early"]

MU: Final = 1.6
SIGMA: Final = 0.8
"""Audio seconds of a request: lognormal, 5 in the middle, 1 to 120."""

LONGEST_S: Final = 9.0
LEAST_S: Final = 0.05
"""Audio seconds of a segment: each is twice as long as the one before it."""

AHEAD_S: Final = 20.0
"""Audio seconds that a listener has in hand at most."""

CLIENT_S: Final = 0.001
"""Seconds from a result until its client's next request is in the queue."""

SPREAD: Final = 0.03
"""Relative standard deviation of the time of a speech half."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds: of a text half and for each audio second of it; of a speech half likewise; of a result and its audio."""

    text_s: float
    text_per_s: float
    speech_s: float
    speech_per_s: float
    result_s: float = 0.0
    result_per_s: float = 0.0


COSTS: Final = {
    "stated": Costs(0.0025, 0.0, 0.0025, 0.0006),
    # "A batch" and "batch after batch" differ by the text half. A batch of 64 s took the server 44.5 ms: what is more
    # than the halves are the results.
    "h100": Costs(0.0023, 0.00005, 0.0025, 0.00048, 0.0001, 0.00007),
}


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one line of the table. batch_s: audio seconds of a batch, on average."""

    costs: str
    limit_s: float
    clients: int
    way: Way
    p50_ms: float
    p99_ms: float
    audio_s_per_s: float
    batch_s: float


@dataclass(slots=True)
class Stream:
    """One request. left_s: audio that is not in the queue yet; next_s: of its next segment; made_s: audio that is heard
    or can be, since `began`."""

    arrived: float
    left_s: float
    next_s: float
    made_s: float = 0.0
    began: float = math.inf

    @property
    def deadline(self) -> float:
        """When its listener has heard what was made."""
        return min(self.began + self.made_s, math.inf) if self.made_s else self.arrived

    def cut(self) -> float:
        """The audio seconds of its next segment, taken from what is left."""
        audio_s = min(self.next_s, self.left_s)
        self.left_s -= audio_s
        self.next_s = min(LONGEST_S, 2 * self.next_s)
        return audio_s


@dataclass(slots=True)
class Slot:
    """One slot, its queue and its clients. first_s: of a stream's first segment. listening: whether clients hear a
    response before they ask again."""

    costs: Costs
    way: Way
    limit_s: float
    first_s: float
    listening: bool
    random: np.random.Generator = field(default_factory=lambda: np.random.default_rng(0))
    coming: list[tuple[float, int, Stream]] = field(default_factory=list)
    waiting: list[tuple[Stream, float]] = field(default_factory=list)
    first_audio: list[float] = field(default_factory=list)
    times: BatchTimes = field(default_factory=BatchTimes)
    device_free: float = 0.0
    results_free: float = 0.0
    batches: list[float] = field(default_factory=list)
    count: int = 0

    def run(self, clients: int, seconds: float) -> None:
        """Let so many clients come within a moment, and stay."""
        for _ in range(clients):
            self._arrive(self.random.uniform(0.0, 2.0 if self.listening else 0.3))
        now = 0.0
        while now < seconds:
            now = self._work(self._take(now), now) if self._admit(now) else self._next_moment(now)

    def _arrive(self, at: float) -> None:
        length_s = min(120.0, max(1.0, self.random.lognormal(MU, SIGMA)))
        self._come(at, Stream(at, length_s, self.first_s))

    def _come(self, at: float, stream: Stream) -> None:
        self.count += 1
        heapq.heappush(self.coming, (at, self.count, stream))

    def _admit(self, now: float) -> bool:
        """Have all segments wait that have come. Whether any does."""
        while self.coming and self.coming[0][0] <= now:
            stream = heapq.heappop(self.coming)[2]
            self.waiting.append((stream, stream.cut()))
        return bool(self.waiting)

    def _next_moment(self, now: float) -> float:
        """When a slot that found nothing looks again: at the end of what is spoken, else when somebody comes."""
        return self.device_free if now < self.device_free else max(now, self.coming[0][0])

    def _take(self, now: float) -> list[tuple[Stream, float]]:
        """The most urgent segments, as the server chooses them."""
        deadlines = np.array([stream.deadline for stream, _ in self.waiting])
        audio_s = np.array([audio_s for _, audio_s in self.waiting])
        heard = np.array([stream.made_s > 0 for stream, _ in self.waiting])
        start_by = np.where(heard, deadlines - audio_s * self.costs.speech_per_s - WAIT_S, math.inf)
        places = np.arange(len(deadlines))
        rows = Rows(places >= 0, deadlines, start_by, places, audio_s, places < 0)
        chosen = choose(rows, now, GpuModel.batch_limit, self.limit_s)
        batch = [self.waiting[place] for place in chosen]
        for place in sorted(chosen, reverse=True):
            del self.waiting[place]
        return batch

    def _work(self, batch: list[tuple[Stream, float]], now: float) -> float:
        """Speak a batch. Returns when the next one may be taken."""
        costs, audio_s, before = self.costs, sum(audio_s for _, audio_s in batch), self.results_free
        text_s = costs.text_s + costs.text_per_s * audio_s
        speech_s = (costs.speech_s + costs.speech_per_s * audio_s) * (1.0 + SPREAD * self.random.standard_normal())
        launched = now + text_s
        begun = max(launched, self.device_free)
        self.device_free = ended = begun + speech_s
        self.batches.append(audio_s)
        self._send(batch, max(ended, before))
        if self.way == "serial":
            return self.results_free
        # No more than two in hand: the results of the batch before are out.
        turn = begun + self.times.speech_s(audio_s) - self.times.lead_s if self.way == "pipelined" else begun
        self.times.add(audio_s, text_s, speech_s)
        return max(launched, min(turn, ended), before)

    def _send(self, batch: list[tuple[Stream, float]], now: float) -> None:
        for stream, audio_s in batch:
            now += self.costs.result_s + self.costs.result_per_s * audio_s
            if not stream.made_s:
                stream.began = now
                self.first_audio.append(now - stream.arrived)
            stream.made_s += audio_s
            if stream.left_s > LEAST_S:
                self._come(max(now, stream.deadline - AHEAD_S) if self.listening else now, stream)
            else:
                self._arrive(max(now, stream.deadline) if self.listening else now + CLIENT_S)
        self.results_free = now


def measure(
    name: str, limit_s: float, clients: int, way: Way, first_s: float, seconds: float = 30.0, *, listening: bool
) -> Figures:
    """The figures of one line of the table."""
    slot = Slot(COSTS[name], way, limit_s, first_s, listening)
    slot.run(clients, seconds)
    p50, p99 = np.percentile(slot.first_audio, [50, 99])
    return Figures(
        costs=name,
        limit_s=limit_s,
        clients=clients,
        way=way,
        p50_ms=round(1000 * float(p50), 1),
        p99_ms=round(1000 * float(p99), 1),
        audio_s_per_s=round(sum(slot.batches) / slot.device_free, 1),
        batch_s=round(float(np.mean(slot.batches)), 1),
    )


def main() -> None:
    """Print the table, and all of it as one JSON line last."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clients", default="1,8,16,64,256", metavar="N,N...")
    parser.add_argument("--listeners", default="1000", metavar="N,N...", help="who hear what they asked for")
    parser.add_argument("--costs", default=",".join(COSTS), metavar="NAME,NAME...")
    parser.add_argument("--first", type=float, default=1.2, help="audio seconds of a first segment (default: 1.2)")
    parser.add_argument("--limits", default="32,64", metavar="S,S...", help="audio seconds of a batch")
    options = parser.parse_args()
    rows = []
    print("costs   limit s  clients         way  first audio p50 ms      p99  audio s/s  batch s")
    for name in options.costs.split(","):
        for limit_s in map(float, options.limits.split(",")):
            levels = [(int(each), False) for each in options.clients.split(",")]
            levels += [(int(each), True) for each in options.listeners.split(",") if each]
            for clients, listening in levels:
                for way in get_args(Way):
                    row = measure(name, limit_s, clients, way, options.first, listening=listening)
                    rows.append(asdict(row) | {"listening": listening})
                    print(
                        f"{name:6} {limit_s:8g} {clients:8}{'r' if listening else ' '} {way:>10} {row.p50_ms:19.1f} "
                        f"{row.p99_ms:8.1f} {row.audio_s_per_s:10.1f} {row.batch_s:8.1f}",
                        flush=True,
                    )
    record.publish("gpu.simulate", vars(options), rows)


if __name__ == "__main__":
    main()
