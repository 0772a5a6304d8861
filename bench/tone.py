"""The tone engine at a set pace, to measure the server with an engine that costs nothing: `--engine bench.tone:paced`.

A slot then makes exactly 1 / `BENCH_RTF` audio seconds a second, whatever else the machine does. `bench.tone:batching`
synthesises up to `BENCH_BATCH` segments at once, as a GPU does.
"""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Sequence
from typing import Final

from speechd.audio.samples import Audio
from speechd.engines.base import Segment, SynthesisOptions
from speechd.engines.tone import ToneEngine

RTF: Final = "BENCH_RTF"
"""The environment's name of the engine's RTF. The engine's own: the server has no setting for it."""

BATCH: Final = "BENCH_BATCH"
"""The environment's name of how many segments the batching engine synthesises at once (8)."""

BATCH_COST: Final = "BENCH_BATCH_COST"
"""The environment's name of what each further segment of a batch costs, of what it costs alone (0.1)."""

BATCH_LIMIT_S: Final = "BENCH_BATCH_LIMIT_S"
"""The environment's name of the audio seconds of a batch (no limit)."""


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
