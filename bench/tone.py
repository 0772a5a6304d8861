"""The tone engine at a set pace, to measure the server with an engine that costs nothing: `--engine bench.tone:paced`.

A slot then makes exactly 1 / `BENCH_RTF` audio seconds a second, whatever else the machine does. `bench.tone:batching`
synthesises up to `BENCH_BATCH` segments at once. `bench.tone:pipelined` has the two halves of a GPU's batch, and
`bench.tone:serial` the same without a text half beside a speech half.
"""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from speechd.audio.samples import Audio
from speechd.engines.base import Segment, SynthesisOptions
from speechd.engines.pipelining import PendingBatch
from speechd.engines.tone import ToneEngine

RTF: Final = "BENCH_RTF"
"""The environment's name of the engine's RTF. The engine's own: the server has no setting for it."""

BATCH: Final = "BENCH_BATCH"
"""The environment's name of how many segments the batching engine synthesises at once (8)."""

BATCH_COST: Final = "BENCH_BATCH_COST"
"""The environment's name of what each further segment of a batch costs, of what it costs alone (0.1)."""

BATCH_LIMIT_S: Final = "BENCH_BATCH_LIMIT_S"
"""The environment's name of the audio seconds of a batch (no limit)."""

TEXT_S: Final = "BENCH_TEXT_S"
"""The environment's name of the seconds of a batch's text half (0.0025). Its speech half takes `BENCH_RTF` times its
audio, and `BENCH_SPEECH_S`."""

SPEECH_S: Final = "BENCH_SPEECH_S"
"""The environment's name of what a speech half costs besides, in seconds (0.0025)."""


def paced(options: object) -> ToneEngine:
    """Called by the server with its options."""
    return ToneEngine(float(os.environ[RTF]))


class BatchingEngine(ToneEngine):
    """Synthesises several segments in the time of the longest, and a part of the time of each other one."""

    def __init__(self, rtf: float, limit: int, cost: float, limit_s: float = math.inf) -> None:
        """limit: segments at once; cost: of a further one, of what it costs alone; limit_s: audio seconds at once."""
        super().__init__()
        self.batch_limit = limit
        self.batch_limit_s = limit_s
        self._batch_rtf = rtf
        self._cost = cost

    def synthesize(self, segments: Sequence[Segment]) -> list[Audio | Exception]:
        began = time.monotonic()
        outcomes = super().synthesize(segments)
        took_s = self._batch_rtf * self._charged_s([outcome for outcome in outcomes if isinstance(outcome, Audio)])
        time.sleep(max(0.0, took_s - (time.monotonic() - began)))
        return outcomes

    def _charged_s(self, audios: Sequence[Audio]) -> float:
        longest_s = max((audio.duration_s for audio in audios), default=0.0)
        return longest_s + self._cost * (sum(audio.duration_s for audio in audios) - longest_s)


def batching(options: object) -> BatchingEngine:
    """As `paced`, of an engine that synthesises several segments at once."""
    return BatchingEngine(
        float(os.environ[RTF]),
        int(os.environ.get(BATCH, "8")),
        float(os.environ.get(BATCH_COST, "0.1")),
        float(os.environ.get(BATCH_LIMIT_S, "inf")),
    )


@dataclass(frozen=True, slots=True)
class HalfSpoken:
    """A batch whose speech half ends at a moment of `time.monotonic()`. See `PendingBatch`."""

    ends: float
    speak: Callable[[], list[Audio | Exception]]

    def wait(self) -> list[Audio | Exception]:
        """Return what was spoken."""
        time.sleep(max(0.0, self.ends - time.monotonic()))
        return self.speak()


class PipelinedEngine(ToneEngine):
    """Has a device that speaks one batch after the other, and reads one meanwhile."""

    def __init__(self, rtf: float, limit: int, limit_s: float, text_s: float, speech_s: float) -> None:
        """limit, limit_s: segments and audio seconds at once; text_s, speech_s: of each half, whatever is in it."""
        super().__init__()
        self.batch_limit = limit
        self.batch_limit_s = limit_s
        self._speech_rtf = rtf
        self._text_s = text_s
        self._speech_s = speech_s
        self._device_free_at = 0.0

    def submit(self, segments: Sequence[Segment]) -> PendingBatch:
        """See `SupportsPipelining`."""
        time.sleep(self._text_s)
        audio_s = sum(segment.duration_s for segment in segments)
        begins = max(time.monotonic(), self._device_free_at)
        self._device_free_at = begins + self._speech_s + self._speech_rtf * audio_s
        return HalfSpoken(self._device_free_at, partial(super().synthesize, segments))

    def synthesize(self, segments: Sequence[Segment]) -> list[Audio | Exception]:
        return self.submit(segments).wait()


class SerialEngine(ToneEngine):
    """A `PipelinedEngine` that does nothing beside."""

    def __init__(self, engine: PipelinedEngine) -> None:
        super().__init__()
        self.batch_limit, self.batch_limit_s = engine.batch_limit, engine.batch_limit_s
        self._engine = engine

    def synthesize(self, segments: Sequence[Segment]) -> list[Audio | Exception]:
        return self._engine.synthesize(segments)


def pipelined(options: object) -> PipelinedEngine:
    """As `paced`, of an engine that reads a batch while it speaks another."""
    return PipelinedEngine(
        float(os.environ[RTF]),
        int(os.environ.get(BATCH, "64")),
        float(os.environ.get(BATCH_LIMIT_S, "64")),
        float(os.environ.get(TEXT_S, "0.0025")),
        float(os.environ.get(SPEECH_S, "0.0025")),
    )


def serial(options: object) -> SerialEngine:
    """As `pipelined`, one half after the other."""
    return SerialEngine(pipelined(options))


class FragileEngine(ToneEngine):
    """Reads as native code may: some texts crash it, others keep it for ever."""

    def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
        if "kaboom" in text:
            os.kill(os.getpid(), signal.SIGSEGV)
        while "endless" in text:
            pass
        return super().prepare(text, options)


def fragile(options: object) -> ToneEngine:
    """As `paced`, of an engine that some texts harm."""
    return FragileEngine(float(os.environ[RTF]))
