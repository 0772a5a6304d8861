"""Every metric, declared once, and their exposition. Any worker tells of the whole server.

Labels have closed sets of values; nothing of what is spoken is among them, nor of who asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, get_args

from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from speechd import __version__
from speechd.encoders import FORMATS
from speechd.errors import Reason
from speechd.machine import resident_bytes
from speechd.metrics.counters import Counter, Counts, Histogram
from speechd.pool.model_status import ModelState
from speechd.pool.scoreboard import Scoreboard

MEDIA_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4

BEGUN: Final = Counter("speechd_requests_begun", "Requests for speech, whatever became of them, or will.")

REQUESTS: Final = Counter(
    "speechd_requests",
    "Requests for speech that have ended: complete; failed (500, or broken off midway); client left; client too slow "
    "(left its audio unread); client stalled (took it far slower than it plays, or a whole reply at under 4 KB/s); "
    "refused (503, see speechd_refusals_total); invalid (4xx); worker died (under it).",
    "outcome",
    ("complete", "failed", "client left", "client too slow", "client stalled", "refused", "invalid", "worker died"),
)

REFUSALS: Final = Counter(
    "speechd_refusals",
    "Requests answered with 503: count (too many in flight), key (too many with one API key), wait (too long an "
    "expected wait), queue (of segments, full), patience (no audio in time for its client), memory (too many bytes are "
    "held already), not ready (no slot works).",
    "reason",
    get_args(Reason),
)

EDGE_REFUSALS: Final = Counter(
    "speechd_edge_refusals",
    "Requests of any kind refused while they arrived: 400 (not HTTP), 408 (not in time), 413 (body too large), 431 "
    "(headers too large), 501 (unknown transfer encoding), 503 (too many connections, or too much being received), 505 "
    "(not HTTP/1). Only those for speech whose headers were accepted are in speechd_requests_total, too.",
    "status",
    ("400", "408", "413", "431", "501", "503", "505"),
)

AUDIO_SENT: Final = Counter(
    "speechd_audio_sent_seconds",
    "Audio encoded for clients: what they took, and what is ahead of them (look_ahead_s).",
    "format",
    tuple(FORMATS),
)

ENCODE: Final = Counter("speechd_encode_seconds", "Time that encoders took.", "format", tuple(FORMATS))

FIRST_AUDIO: Final = Histogram(
    "speechd_first_audio_seconds",
    "From a request's arrival to the first audio that is made here, ready to be sent (TTFA, without the network); of a "
    "request that came back from the other server, too, but not of whole replies.",
    (0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0),
)

QUEUE_WAIT: Final = Histogram(
    "speechd_queue_wait_seconds",
    "What a request's first segment waited for a slot. Later ones are in no hurry while their listener has audio.",
    (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)

OVERFLOWS: Final = Counter(
    "speechd_overflow_requests",
    "Requests for the other server (overflow_url), by their end. There: complete; failed (broken off midway); "
    "client left; client too slow; client stalled. Back here, to be spoken or refused: refused (another status than "
    "200); no speech (under 200); unreachable; broken (off before any speech, or in a whole reply); slow; memory (too "
    "many bytes are held already for a whole reply). Not sent: full (overflow_max_in_flight); resting (it has not "
    "answered lately). All are among speechd_requests_total, too.",
    "outcome",
    (
        *("complete", "failed", "client left", "client too slow", "client stalled"),
        *("refused", "no speech", "unreachable", "broken", "slow", "memory", "full", "resting"),
    ),
)

OVERFLOW_FIRST_AUDIO: Final = Histogram(
    "speechd_overflow_first_audio_seconds",
    "From a request's arrival to the first bytes that the other server sends; not of whole replies.",
    FIRST_AUDIO.bounds,
)

TEXT_DEATHS: Final = Counter(
    "speechd_text_process_deaths",
    "Processes that read text, beside each worker, which ended: by a text that crashed or outlasted them, mostly. Its "
    "sender gets an error at the second, nobody else notices.",
)

RTF: Final = Histogram(
    "speechd_rtf",
    "Seconds of synthesis for a second of audio, of each request that got any.",
    (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0),
)

UNDERRUN: Final = Histogram(
    "speechd_underrun_seconds",
    "The worst wait of each stream's listener, who plays from the first bytes on: over all later writes, the greatest "
    "of the time since the first less the audio written before. Not of streams of one write, nor of whole replies.",
    (0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0),
)

COUNTED: Final = (
    *(BEGUN, REQUESTS, REFUSALS, EDGE_REFUSALS, AUDIO_SENT, ENCODE, FIRST_AUDIO, QUEUE_WAIT, RTF, UNDERRUN),
    *(OVERFLOWS, OVERFLOW_FIRST_AUDIO, TEXT_DEATHS),
)
"""What workers count; the rest is read from the scoreboard."""


def saturation(board: Scoreboard) -> float:
    """How full the server is; 0 when it is idle. At 1 or more, requests are refused."""
    in_flight = int(board.in_flight.sum()) / max(1, board.max_in_flight_now())
    return max(in_flight, board.expected_wait_s() / board.limits.max_wait_s)


Family = type[CounterMetricFamily] | type[GaugeMetricFamily]


@dataclass(frozen=True, slots=True)
class OfServer:
    """A metric without a label."""

    family: Family
    name: str
    help: str
    read: Callable[[Scoreboard], float]


OF_SERVER: Final = (
    OfServer(GaugeMetricFamily, "speechd_workers", "Workers that there ought to be.", lambda board: board.workers),
    OfServer(GaugeMetricFamily, "speechd_workers_ready", "Workers that are ready.", lambda board: board.ready),
    OfServer(
        GaugeMetricFamily,
        "speechd_model_loaded",
        "0 while the model is unloaded for want of requests, or being loaded again; else 1.",
        lambda board: board.model.state is ModelState.LOADED,
    ),
    OfServer(
        GaugeMetricFamily,
        "speechd_requests_in_flight",
        "Requests that were admitted and have not ended, but for whole replies that are only being sent.",
        lambda board: int(board.in_flight.sum()),
    ),
    OfServer(
        GaugeMetricFamily,
        "speechd_requests_in_flight_limit",
        "How many may be: as many as the slots can speak to at their measured speed, and never over max_in_flight.",
        lambda board: board.max_in_flight_now(),
    ),
    OfServer(
        GaugeMetricFamily,
        "speechd_overflow_in_flight",
        "Requests that the other server speaks, or has been asked to; not among those in flight here.",
        lambda board: int(board.overflow_in_flight.sum()),
    ),
    OfServer(
        GaugeMetricFamily,
        "speechd_whole_reply_bytes",
        "Held of replies that are not streamed, until they are sent; the limit is max_whole_total_bytes.",
        lambda board: int(board.held_bytes.sum()),
    ),
    OfServer(
        GaugeMetricFamily,
        "speechd_segments_waiting",
        "Segments that wait for a slot.",
        lambda board: board.queue.waiting,
    ),
    OfServer(
        GaugeMetricFamily,
        "speechd_segments_running",
        "Segments that slots are working on.",
        lambda board: board.queue.running,
    ),
    OfServer(
        GaugeMetricFamily,
        "speechd_expected_wait_seconds",
        "Before a first segment that came now would be started.",
        lambda board: board.expected_wait_s(),
    ),
    OfServer(
        GaugeMetricFamily,
        "speechd_saturation",
        "For autoscaling: the greater of requests in flight / their limit, and expected wait / max_wait_s. 0: idle; 1 "
        "or more: requests are refused. The busy share of the slots is no part of it: one listener's long text keeps "
        "all of them busy, and another's first segment would still go before it.",
        saturation,
    ),
    OfServer(
        CounterMetricFamily,
        "speechd_synthesis_retries",
        "Segments synthesised again because the worker that did it died.",
        lambda board: board.queue.retries,
    ),
)


@dataclass(frozen=True, slots=True)
class OfWorker:
    """One for each worker, by its index. read: from its row in `Scoreboard.states`; None: there is nothing to tell."""

    family: Family
    name: str
    help: str
    read: Callable[[dict[str, Any]], float | None]


OF_WORKER: Final = (
    OfWorker(
        CounterMetricFamily,
        "speechd_segments",
        "Segments that each slot has synthesised.",
        lambda row: row["segments"],
    ),
    OfWorker(
        CounterMetricFamily,
        "speechd_audio_synthesised_seconds",
        "Audio that each slot has synthesised.",
        lambda row: row["audio_s"],
    ),
    OfWorker(
        CounterMetricFamily,
        "speechd_slot_busy_seconds",
        "What that took each slot: its rate is the slot's busy share.",
        lambda row: row["busy_s"],
    ),
    OfWorker(
        CounterMetricFamily,
        "speechd_worker_restarts",
        "Times that a worker died, and another was to take its place.",
        lambda row: row["deaths"],
    ),
    OfWorker(
        CounterMetricFamily,
        "speechd_worker_recyclings",
        "Times that a worker ended because another had come in its place: for its age or memory, or with a model or "
        "without it.",
        lambda row: row["recycled"],
    ),
    OfWorker(
        GaugeMetricFamily,
        "speechd_worker_resident_bytes",
        "Memory of each worker. What workers share, as the engine's weights, is in each of them.",
        lambda row: resident_bytes(row["pid"]),
    ),
)


class Metrics(Collector):
    """All metrics of a server. Made in the arbiter, before the fork."""

    def __init__(self, board: Scoreboard, engine: str) -> None:
        self.counts = Counts(board.rows, COUNTED)
        self._board, self._engine = board, engine

    def render(self) -> bytes:
        """In Prometheus' text format, of `MEDIA_TYPE`."""
        return generate_latest(self)

    def collect(self) -> Iterator[Metric]:
        """Called by `generate_latest`."""
        board, rows = self._board, self._board.states()
        yield InfoMetricFamily("speechd", "What serves.", {"version": __version__, "engine": self._engine})
        for metric in COUNTED:
            yield self._counter(metric) if isinstance(metric, Counter) else self._histogram(metric)
        for told in OF_SERVER:
            family = told.family(told.name, told.help)
            family.add_metric([], float(told.read(board)))
            yield family
        for by_worker in OF_WORKER:
            family = by_worker.family(by_worker.name, by_worker.help, labels=["worker"])
            for index, row in enumerate(rows):
                if (value := by_worker.read(row)) is not None:
                    family.add_metric([str(index)], value)
            yield family

    def _counter(self, counter: Counter) -> Metric:
        family = CounterMetricFamily(counter.name, counter.help, labels=[counter.label] if counter.label else [])
        for value, count in self.counts.counter(counter).items():
            family.add_metric([value] if counter.label else [], count)
        return family

    def _histogram(self, histogram: Histogram) -> Metric:
        counts, total = self.counts.histogram(histogram)
        bounds = [*map(floatToGoString, histogram.bounds), "+Inf"]
        family = HistogramMetricFamily(histogram.name, histogram.help)
        family.add_metric([], list(zip(bounds, counts, strict=True)), total)
        return family
