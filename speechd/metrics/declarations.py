"""Every metric, declared once: its name, help, labels and buckets.

Names and units follow Prometheus' "Metric and label naming"; counters get their suffix `_total` on exposition. Labels
have closed sets of values. None of them tells what is spoken, or who asked for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily

from speechd.context import Outcome, OverflowOutcome
from speechd.encoders import FORMATS
from speechd.errors import Reason
from speechd.machine import resident_bytes
from speechd.metrics.counters import Counter, Histogram
from speechd.pool.model_status import ModelState
from speechd.pool.scoreboard import Scoreboard
from speechd.speech.passage_meter import Join

REQUESTS_BEGUN: Final = Counter("speechd_requests_begun", "Requests for speech that have begun, ended or not.")

REQUESTS: Final = Counter(
    "speechd_requests",
    "Requests for speech that have ended: complete; failed (500, or broken off midway); client left; client too slow "
    "(left its audio unread); client stalled (took it far slower than it plays, or a whole reply at under 4 KB/s); "
    "refused (503, see speechd_refusals_total); invalid (4xx); worker died (while it had the request).",
    "outcome",
    tuple(outcome for outcome in Outcome if outcome is not Outcome.CANCELLED),
)

UTTERANCES_BEGUN: Final = Counter("speechd_utterances_begun", "Utterances (contexts) of live text, ended or not.")

UTTERANCES: Final = Counter(
    "speechd_utterances",
    "Utterances that have ended: complete; cancelled (by the client, who goes on to listen to others); failed; client "
    "left (or closed it before its end); client too slow (left its audio unread); client stalled (took it far slower "
    "than it plays); refused (there was no place to speak it); invalid (its text cannot be read); worker died.",
    "outcome",
    tuple(Outcome),
)

GUESSES: Final = Counter(
    "speechd_guesses",
    "Guesses at the first sentence of an utterance, with which a slot begins before it is certain: right; dropped "
    "(it was another, or came too late to tell, or the utterance ended).",
    "result",
    ("right", "dropped"),
)

REFUSALS: Final = Counter(
    "speechd_refusals",
    "Requests answered with 503: count (too many in flight), key (too many with one API key), wait (the expected wait "
    "is too long), queue (of segments, full), patience (no audio in time for the client), memory (too many bytes are "
    "held already), not ready (no slot works).",
    "reason",
    get_args(Reason),
)

HTTP_REJECTIONS: Final = Counter(
    "speechd_http_rejections",
    "Requests of any kind rejected while they arrived: 400 (no HTTP), 408 (too slow), 413 (body too large), 426 (other "
    "WebSocket version), 431 (headers too large), 501 (unknown transfer coding), 503 (too many connections or bytes, "
    "or draining), 505 (not HTTP/1). speechd_requests_total has only those for speech whose headers were accepted.",
    "status",
    ("400", "408", "413", "426", "431", "501", "503", "505"),
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
    "From a request's arrival to the first audio that is made here, ready to be sent (TTFA, without the network). "
    "Includes requests that the upstream server declined; whole replies are left out.",
    (0.025, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0, 30.0),
)

QUEUE_WAIT: Final = Histogram(
    "speechd_queue_wait_seconds",
    "How long a request's first segment waited for a slot. Later ones may wait while their listener has audio.",
    (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0),
)

OVERFLOWS: Final = Counter(
    "speechd_overflow_requests",
    "Requests for the upstream server (overflow_url), by their end. Spoken there: complete; failed (broken off "
    "midway); client left; client too slow; client stalled. Declined there, then spoken or refused here: refused "
    "(another status than 200); no speech (under 200); unreachable; broken (off before any speech, or in a whole "
    "reply); slow; memory (too many bytes are held already for a whole reply). Not sent: full "
    "(overflow_max_in_flight); resting (it has not answered lately). All are in speechd_requests_total, too.",
    "outcome",
    tuple(OverflowOutcome),
)

OVERFLOW_FIRST_AUDIO: Final = Histogram(
    "speechd_overflow_first_audio_seconds",
    "From a request's arrival to the first bytes that the upstream server sends; whole replies are left out.",
    FIRST_AUDIO.bounds,
)

TEXT_DEATHS: Final = Counter(
    "speechd_text_process_deaths",
    "Processes that read text for a worker and ended, mostly because a text crashed them or took too long. Only the "
    "sender of that text gets an error, at the second death.",
)

PASSAGE_TOKENS: Final = Histogram(
    "speechd_passage_tokens",
    "Tokens (Kokoro: phonemes) of each passage whose text let it have 100 to 200, on which Kokoro's voices are best. "
    "The first of a text, the rest of a paragraph and sentences of more do not count.",
    (10.0, 20.0, 50.0, 99.0, 150.0, 200.0, 300.0, 400.0),
)

PASSAGE_JOINS: Final = Counter(
    "speechd_passage_joins",
    "Joins between the passages of a text, by what lies there: a pause that the text asks for, the end of a paragraph, "
    "of a sentence, or of a clause; or nothing, inside a clause. The last two are in sentences that are too long for "
    "one passage.",
    "kind",
    tuple(Join),
)

RTF: Final = Histogram(
    "speechd_rtf",
    "Seconds of synthesis for a second of audio, of each request that got any.",
    (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 5.0),
)

UNDERRUN: Final = Histogram(
    "speechd_underrun_seconds",
    "The longest wait of each stream's listener, who plays from the first bytes on: over all later writes, the "
    "greatest of the time since the first less the audio written before. Streams of one write and whole replies are "
    "left out.",
    (0.0, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0),
)

COUNTED: Final = (
    *(REQUESTS_BEGUN, REQUESTS, REFUSALS, HTTP_REJECTIONS, AUDIO_SENT, ENCODE, FIRST_AUDIO, QUEUE_WAIT, RTF, UNDERRUN),
    *(UTTERANCES_BEGUN, UTTERANCES, GUESSES),
    *(OVERFLOWS, OVERFLOW_FIRST_AUDIO, TEXT_DEATHS, PASSAGE_TOKENS, PASSAGE_JOINS),
)
"""What workers count; the rest is read from the scoreboard."""

DEPRECATED_NAMES: Final[Mapping[str, Counter]] = {"speechd_edge_refusals": HTTP_REJECTIONS}
"""Former names, under which counters are exposed for one more release."""


def saturation(board: Scoreboard) -> float:
    """How full the server is: 0 when it is idle; at 1 or more, requests are refused."""
    in_flight = int(board.in_flight.sum()) / max(1, board.max_in_flight_now())
    return max(in_flight, board.expected_wait_s() / board.limits.max_wait_s)


Family = type[CounterMetricFamily] | type[GaugeMetricFamily]


@dataclass(frozen=True, slots=True)
class ServerMetric:
    """A metric of the whole server, without a label. read: its value, from the scoreboard."""

    family: Family
    name: str
    help: str
    read: Callable[[Scoreboard], float]


SERVER_METRICS: Final = (
    ServerMetric(GaugeMetricFamily, "speechd_workers", "Workers that there should be.", lambda board: board.workers),
    ServerMetric(GaugeMetricFamily, "speechd_workers_ready", "Workers that are ready.", lambda board: board.ready),
    ServerMetric(
        GaugeMetricFamily,
        "speechd_model_loaded",
        "0 while the model is unloaded because nobody asks for speech, or being loaded again; else 1.",
        lambda board: board.model.state is ModelState.LOADED,
    ),
    ServerMetric(
        GaugeMetricFamily,
        "speechd_requests_in_flight",
        "Requests that were admitted and have not ended. Whole replies that are only being sent are left out.",
        lambda board: int(board.in_flight.sum()),
    ),
    ServerMetric(
        GaugeMetricFamily,
        "speechd_requests_in_flight_limit",
        "How many may be: as many as the slots can feed at their measured speed, and at most max_in_flight.",
        lambda board: board.max_in_flight_now(),
    ),
    ServerMetric(
        GaugeMetricFamily,
        "speechd_sessions",
        "Connections over which text comes in pieces, idle or not; at most max_sessions.",
        lambda board: int(board.sessions.sum()),
    ),
    ServerMetric(
        GaugeMetricFamily,
        "speechd_overflow_in_flight",
        "Requests that the upstream server speaks, or has been asked to; not among those in flight here.",
        lambda board: int(board.overflow_in_flight.sum()),
    ),
    ServerMetric(
        GaugeMetricFamily,
        "speechd_whole_reply_bytes",
        "Bytes held of replies that are not streamed, until they are sent; at most max_whole_total_bytes.",
        lambda board: int(board.held_bytes.sum()),
    ),
    ServerMetric(
        GaugeMetricFamily,
        "speechd_segments_waiting",
        "Segments that wait for a slot.",
        lambda board: board.queue.waiting,
    ),
    ServerMetric(
        GaugeMetricFamily,
        "speechd_segments_running",
        "Segments that slots are working on.",
        lambda board: board.queue.running,
    ),
    ServerMetric(
        GaugeMetricFamily,
        "speechd_expected_wait_seconds",
        "How long a first segment that came now would wait for a slot.",
        lambda board: board.expected_wait_s(),
    ),
    ServerMetric(
        GaugeMetricFamily,
        "speechd_saturation",
        "For autoscaling: the greater of requests in flight / their limit, and expected wait / max_wait_s. 0: idle; 1 "
        "or more: requests are refused. How busy the slots are does not count: one listener's long text keeps all of "
        "them busy, and another's first segment would still go before it.",
        saturation,
    ),
    ServerMetric(
        CounterMetricFamily,
        "speechd_synthesis_retries",
        "Segments synthesised again because the worker that did it died.",
        lambda board: board.queue.retries,
    ),
)


@dataclass(frozen=True, slots=True)
class WorkerMetric:
    """A metric with the label `worker`, the worker's index. read: its value, from the worker's row in
    `Scoreboard.states`; None if there is none."""

    family: Family
    name: str
    help: str
    read: Callable[[dict[str, Any]], float | None]


WORKER_METRICS: Final = (
    WorkerMetric(
        CounterMetricFamily,
        "speechd_segments",
        "Segments that each slot has synthesised.",
        lambda row: row["segments"],
    ),
    WorkerMetric(
        CounterMetricFamily,
        "speechd_audio_synthesised_seconds",
        "Audio that each slot has synthesised.",
        lambda row: row["audio_s"],
    ),
    WorkerMetric(
        CounterMetricFamily,
        "speechd_slot_busy_seconds",
        "Time that each slot has spent on synthesis: its rate is the busy share of the slot.",
        lambda row: row["busy_s"],
    ),
    WorkerMetric(
        CounterMetricFamily,
        "speechd_worker_restarts",
        "Times that a worker died and was to be replaced.",
        lambda row: row["deaths"],
    ),
    WorkerMetric(
        CounterMetricFamily,
        "speechd_worker_recyclings",
        "Times that a worker ended because another had taken its place: for its age or memory, or because the model "
        "was loaded or unloaded.",
        lambda row: row["recycled"],
    ),
    WorkerMetric(
        GaugeMetricFamily,
        "speechd_worker_resident_bytes",
        "Resident memory of each worker. What workers share, such as the engine's weights, is in each of them.",
        lambda row: resident_bytes(row["pid"]),
    ),
)
