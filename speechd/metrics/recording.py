"""What is counted of a request and of its speech, and when."""

from __future__ import annotations

import time

from speechd.audio.samples import SAMPLE_RATE, Samples
from speechd.context import Outcome, RequestContext, Timings
from speechd.encoders.base import Encoder
from speechd.metrics.counters import WorkerCounters
from speechd.metrics.declarations import (
    AUDIO_SENT,
    ENCODE,
    FIRST_AUDIO,
    GUESSES,
    HTTP_REJECTIONS,
    PASSAGE_JOINS,
    PASSAGE_TOKENS,
    QUEUE_WAIT,
    REFUSALS,
    REQUESTS,
    REQUESTS_BEGUN,
    RTF,
    UNDERRUN,
    UTTERANCES,
    UTTERANCES_BEGUN,
)
from speechd.speech.passage_meter import PassageMeter
from speechd.speech.planner import Planned
from speechd.speech.synthesis import Guesses
from speechd.text.markup import Pause


def request_started(counters: WorkerCounters) -> None:
    """Count a request for speech that begins."""
    counters.count(REQUESTS_BEGUN)


def request_ended(counters: WorkerCounters, context: RequestContext) -> None:
    """Count a request for speech that has ended, by its outcome, and by the reason if it was refused."""
    counters.count(REQUESTS, context.final_outcome())
    if context.reason is not None:
        counters.count(REFUSALS, context.reason)


def rejected(counters: WorkerCounters, status: int) -> None:
    """Count a request, for speech or not, that was rejected with this status while it arrived."""
    counters.count(HTTP_REJECTIONS, str(status))


def worker_died(counters: WorkerCounters) -> None:
    """Count, in the arbiter, the requests and utterances that a dead worker had begun and not ended: they died with
    it."""
    for begun, ended in ((REQUESTS_BEGUN, REQUESTS), (UTTERANCES_BEGUN, UTTERANCES)):
        counters.count(ended, Outcome.WORKER_DIED, counters.total(begun) - counters.total(ended))


def utterance_started(counters: WorkerCounters) -> None:
    """Count an utterance that begins, whose text comes in pieces."""
    counters.count(UTTERANCES_BEGUN)


def utterance_ended(counters: WorkerCounters, outcome: Outcome, guesses: Guesses) -> None:
    """Count such an utterance that has ended, and the guesses at what it begins with."""
    counters.count(UTTERANCES, outcome)
    counters.count(GUESSES, "right", guesses.right)
    counters.count(GUESSES, "dropped", guesses.dropped)


class StreamMeter:
    """Measures of one request's speech, for its worker's counters. format: of its audio; whole: it is not streamed."""

    def __init__(self, counters: WorkerCounters, format: str, *, whole: bool) -> None:
        self._counters, self._format, self._whole = counters, format, whole
        self._encode_s = 0.0
        self._passages = PassageMeter()

    def record_planned(self, item: Planned | Pause | None) -> None:
        """Count what was planned next of the text, None for its end."""
        met = self._passages.add(item)
        if met is None:
            return
        if met.join is not None:
            self._counters.count(PASSAGE_JOINS, met.join)
        if met.had_text and met.tokens:
            self._counters.observe(PASSAGE_TOKENS, met.tokens)

    def record_encoding(self, audio_s: float, took_s: float) -> None:
        """Count a call of the encoder; in the encoders' thread. audio_s: what it was given; took_s: its time."""
        self._encode_s += took_s
        self._counters.count(AUDIO_SENT, self._format, audio_s)
        self._counters.count(ENCODE, self._format, took_s)

    def record_first_audio(self, timings: Timings) -> None:
        """Observe how long the first audio took, which is about to be sent."""
        self._counters.observe(QUEUE_WAIT, timings.queue_s or 0.0)
        if not self._whole and timings.first_audio_s is not None:
            self._counters.observe(FIRST_AUDIO, timings.first_audio_s)

    def server_timing(self, timings: Timings) -> str:
        """The value of the header `Server-Timing` (W3C Server Timing): the steps up to now, in milliseconds."""
        steps = {
            "text": timings.text_s or 0.0,
            "queue": timings.queue_s or 0.0,
            "synthesis": timings.synthesis_s,
            "encode": self._encode_s,
        }
        return ", ".join(f"{step};dur={1000 * took_s:.1f}" for step, took_s in steps.items())

    def record_end(self, timings: Timings) -> None:
        """Observe the whole of a stream that is over, however it ended."""
        if timings.rtf is not None:
            self._counters.observe(RTF, timings.rtf)
        if not self._whole and timings.underrun_s is not None:
            self._counters.observe(UNDERRUN, timings.underrun_s)


class MeasuredEncoder:
    """An encoder whose calls are measured."""

    def __init__(self, encoder: Encoder, meter: StreamMeter) -> None:
        self._encoder, self._meter = encoder, meter

    def encode(self, samples: Samples) -> bytes:
        began = time.perf_counter()
        data = self._encoder.encode(samples)
        self._meter.record_encoding(len(samples) / SAMPLE_RATE, time.perf_counter() - began)
        return data

    def finish(self) -> bytes:
        began = time.perf_counter()
        data = self._encoder.finish()
        self._meter.record_encoding(0.0, time.perf_counter() - began)
        return data

    def close(self) -> None:
        self._encoder.close()
