"""What is counted of a request and of its stream, and when."""

from __future__ import annotations

import time

from speechd.audio.samples import SAMPLE_RATE, Samples
from speechd.encoders.base import Encoder
from speechd.errors import Reason
from speechd.metrics.counters import WorkerCounters
from speechd.metrics.exposition import (
    AUDIO_SENT,
    BEGUN,
    EDGE_REFUSALS,
    ENCODE,
    FIRST_AUDIO,
    QUEUE_WAIT,
    REFUSALS,
    REQUESTS,
    RTF,
    UNDERRUN,
)
from speechd.speech.stream import Timings


def begin(row: WorkerCounters) -> None:
    """A request for speech has come."""
    row.count(BEGUN)


def end(row: WorkerCounters, status: int, outcome: str | None, reason: Reason | None) -> None:
    """It was answered with this status (0: not at all). outcome: that of its stream, if it had one; reason: of a
    refusal."""
    if outcome in (None, "failed"):  # the status tells what failed
        outcome = "invalid" if 400 <= status < 500 else "refused" if status == 503 else "failed"
    row.count(REQUESTS, outcome)
    if reason is not None:
        row.count(REFUSALS, reason)


def refuse(row: WorkerCounters, status: int) -> None:
    """The edge has refused a request, for speech or not, with this status."""
    row.count(EDGE_REFUSALS, str(status))


def bury(row: WorkerCounters) -> None:
    """In the arbiter: the row's worker is dead, and the requests that it had begun and not ended died with it."""
    row.count(REQUESTS, "worker died", row.total(BEGUN) - row.total(REQUESTS))


class StreamMeter:
    """What one stream adds to its worker's row."""

    def __init__(self, row: WorkerCounters, format: str, *, whole: bool) -> None:
        self._row, self._format, self._whole = row, format, whole
        self._encode_s = 0.0

    def encoded(self, audio_s: float, took_s: float) -> None:
        """In the encode thread: a call of the encoder."""
        self._encode_s += took_s
        self._row.count(AUDIO_SENT, self._format, audio_s)
        self._row.count(ENCODE, self._format, took_s)

    def begin(self, timings: Timings) -> str:
        """The first bytes are about to be sent; returns the value of `Server-Timing` (W3C), in milliseconds."""
        steps = {
            "text": timings.text_s or 0.0,
            "queue": timings.queue_s or 0.0,
            "synthesis": timings.synthesis_s,
            "encode": self._encode_s,
        }
        self._row.observe(QUEUE_WAIT, steps["queue"])
        if not self._whole and timings.first_audio_s is not None:
            self._row.observe(FIRST_AUDIO, timings.first_audio_s)
        return ", ".join(f"{step};dur={1000 * took_s:.1f}" for step, took_s in steps.items())

    def end(self, timings: Timings) -> None:
        """The stream is over, in whatever way."""
        if timings.audio_s:
            self._row.observe(RTF, timings.synthesis_s / timings.audio_s)
        if not self._whole and timings.underrun_s is not None:
            self._row.observe(UNDERRUN, timings.underrun_s)


class MeasuredEncoder:
    """An encoder whose time is taken."""

    def __init__(self, encoder: Encoder, meter: StreamMeter) -> None:
        self._encoder, self._meter = encoder, meter

    def encode(self, samples: Samples) -> bytes:
        began = time.perf_counter()
        data = self._encoder.encode(samples)
        self._meter.encoded(len(samples) / SAMPLE_RATE, time.perf_counter() - began)
        return data

    def finish(self) -> bytes:
        began = time.perf_counter()
        data = self._encoder.finish()
        self._meter.encoded(0.0, time.perf_counter() - began)
        return data

    def close(self) -> None:
        self._encoder.close()
