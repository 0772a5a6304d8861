"""Kokoro's model behind the server where there are neither its weights nor its G2P: a made checkpoint, which speaks a
token for each character.

    python -m speechd serve --engine bench.gpu.engine:create --engine-path .
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import torch

from bench.gpu import checkpoint
from speechd.audio.samples import Audio
from speechd.engines.base import EngineOptions, Segment, SegmentTooLong, SynthesisOptions
from speechd.engines.kokoro import voices
from speechd.engines.kokoro.load import load
from speechd.engines.kokoro.model import SAMPLE_RATE, ModelInput
from speechd.languages.table import KOKORO_CODES
from speechd.text.speakable import speakable
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
        self.synthesize([Segment(ModelInput(1.0, 0, self._style, np.array([1], np.uint16)).packed(), 0.1)])

    def synthesize(self, segments: Sequence[Segment]) -> list[Audio | Exception]:
        inputs = [ModelInput.unpacked(segment.payload) for segment in segments]
        rendered = self._model.render(self._model.plan(inputs))
        return [Audio(each.samples.numpy(), SAMPLE_RATE) for each in rendered]


def create(options: EngineOptions) -> MadeKokoro:
    """The engine with a model of the real size."""
    return MadeKokoro(options, checkpoint.REAL)


def create_tiny(options: EngineOptions) -> MadeKokoro:
    """The engine with a small model, for rehearsals."""
    return MadeKokoro(options, checkpoint.TINY)
