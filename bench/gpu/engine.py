"""Kokoro's model behind the server where there are neither its weights nor its G2P: a made checkpoint, which speaks a
token for each character.

    python -m speechd serve --engine bench.gpu.engine:create --engine-path .

With `BENCH_SLOTS`, only so many workers have a slot; the others listen, read and encode. Which they are, locks on files
in `BENCH_LOCKS` decide. A server with such workers is an experiment of this benchmark.
"""

from __future__ import annotations

import fcntl
import math
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from bench.gpu import checkpoint
from speechd.audio.samples import Audio
from speechd.engines.base import EngineOptions, Segment, SegmentTooLong, SynthesisOptions, speakable
from speechd.engines.kokoro import voices
from speechd.engines.kokoro.load import load
from speechd.engines.kokoro.model import SAMPLE_RATE, ModelInput
from speechd.languages.table import KOKORO_CODES
from speechd.pool.slot import Slot
from speechd.voices import Catalogue

FRAME_S: Final = 0.025
TOKEN_LIMIT: Final = 510
SEED_MASK: Final = 2**63 - 1


class MadeKokoro:
    """See `speechd.engines.base.Engine`."""

    name: Final = "made-kokoro"
    sample_rate: Final = SAMPLE_RATE
    model_ids: Final = voices.MODEL_IDS
    passage_limit: Final = 400
    passage_length: Final = 120

    def __init__(self, options: EngineOptions, config: dict[str, Any]) -> None:
        torch.set_num_threads(1)  # a process in which torch has used a second thread cannot fork
        self._model = load(config, checkpoint.make(config), options.device, options.dtype)
        self.batch_limit = self._model.batch_limit
        self.batch_limit_s = float(os.environ.get("BENCH_BATCH_S", self._model.batch_limit_s))
        self._style = checkpoint.voice_row(0)[0].numpy()
        self._slot_lock: int | None = None
        self._has_slot = True

    def voices(self) -> Catalogue:
        return voices.catalogue()

    def languages(self) -> Sequence[str]:
        return tuple(KOKORO_CODES.values())

    def load_voice(self, options: SynthesisOptions) -> None:
        pass

    def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
        if not speakable(text):
            return None
        if len(text) > TOKEN_LIMIT:
            raise SegmentTooLong
        tokens = np.array([1 + ord(character) % (checkpoint.TOKENS - 1) for character in text], np.uint16)
        seconds = len(tokens) * max(1.0, checkpoint.FRAMES_PER_PHONEME / options.speed) * FRAME_S
        return Segment(ModelInput(options.speed, options.seed & SEED_MASK, self._style, tokens).packed(), seconds)

    def start(self, threads: int) -> None:
        torch.set_num_threads(1)
        self._has_slot = self._takes_slot()
        if self._has_slot:
            self.synthesize([Segment(ModelInput(1.0, 0, self._style, np.array([1], np.uint16)).packed(), 0.1)])
        else:
            setattr(Slot, "start", lambda slot: None)  # noqa: B010

    def synthesize(self, segments: Sequence[Segment]) -> list[Audio | Exception]:
        if not self._has_slot:
            return [Audio(np.zeros(SAMPLE_RATE // 10, np.float32), SAMPLE_RATE) for _ in segments]
        inputs = [ModelInput.unpacked(segment.payload) for segment in segments]
        rendered = self._model.render(self._model.plan(inputs))
        return [Audio(each.samples.numpy(), SAMPLE_RATE) for each in rendered]

    def _takes_slot(self) -> bool:
        """Whether this process is among the first `BENCH_SLOTS`; it is until it ends."""
        slots = float(os.environ.get("BENCH_SLOTS", math.inf))
        if math.isinf(slots):
            return True
        for index in range(int(slots)):
            lock = os.open(Path(os.environ["BENCH_LOCKS"]) / f"slot-{index}", os.O_CREAT | os.O_RDWR)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(lock)
            else:
                self._slot_lock = lock
                return True
        return False


def create(options: EngineOptions) -> MadeKokoro:
    """The engine with a model of the real size."""
    return MadeKokoro(options, checkpoint.REAL)


def create_tiny(options: EngineOptions) -> MadeKokoro:
    """The engine with a small model, for rehearsals."""
    return MadeKokoro(options, checkpoint.TINY)
