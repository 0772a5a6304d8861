"""Kokoro's model behind the server where there are neither its weights nor its G2P: a made checkpoint, which speaks a
token for each character.

    python -m speechd serve --engine bench.gpu.engine:create --engine-path .
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import torch

from bench.gpu import checkpoint
from speechd.audio.samples import Audio
from speechd.engines.base import EngineOptions, Segment, SegmentTooLong, SynthesisOptions
from speechd.engines.kokoro import voices
from speechd.engines.kokoro.gpu.gpu_model import GpuModel
from speechd.engines.kokoro.gpu.stock import StockModel
from speechd.engines.kokoro.gpu.synthesizer import PendingBatch
from speechd.engines.kokoro.load import load, resolve
from speechd.engines.kokoro.model import SAMPLE_RATE, Model, ModelInput, Rendered
from speechd.languages.table import KOKORO_CODES
from speechd.text.speakable import speakable
from speechd.voices import Catalogue

FRAME_S: Final = 0.025
TOKEN_LIMIT: Final = 510
SEED_MASK: Final = 2**63 - 1

BATCH_S: Final = "BENCH_BATCH_S"
"""The environment's name of the audio seconds of a batch (the model's own limit)."""

NO_PIPELINE: Final = "BENCH_NO_PIPELINE"
"""The environment's name of the wish to speak one batch at a time."""


class MadeKokoro:
    """See `speechd.engines.base.Engine`."""

    name: Final = "made-kokoro"
    sample_rate: Final = SAMPLE_RATE
    model_ids: Final = voices.MODEL_IDS
    passage_limit: Final = 400
    passage_length: Final = 120

    def __init__(self, options: EngineOptions, config: dict[str, Any]) -> None:
        torch.set_num_threads(1)  # a process in which torch has used a second thread cannot fork
        self.use(load(config, checkpoint.make(config), options.device, options.dtype))
        self._style = checkpoint.voice_row(0)[0].numpy()

    def use(self, model: Model[Any]) -> None:
        """Speak with this model."""
        self._model = model
        self.batch_limit = model.batch_limit
        self.batch_limit_s = float(os.environ.get(BATCH_S, model.batch_limit_s))

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
        return _audios(self._model.render(self._model.plan(inputs)))


@dataclass(frozen=True, slots=True)
class PendingAudio:
    """See `speechd.engines.pipelining.PendingBatch`."""

    batch: PendingBatch

    def wait(self) -> list[Audio | Exception]:
        return _audios(self.batch.wait())


class PipelinedKokoro(MadeKokoro):
    """`MadeKokoro` on a GPU, which reads a batch while it speaks another."""

    def submit(self, segments: Sequence[Segment]) -> PendingAudio:
        assert isinstance(self._model, GpuModel)
        return PendingAudio(self._model.submit([ModelInput.unpacked(segment.payload) for segment in segments]))


def _audios(rendered: Sequence[Rendered]) -> list[Audio | Exception]:
    return [Audio(each.samples.numpy(), SAMPLE_RATE) for each in rendered]


def _engine(options: EngineOptions, config: dict[str, Any]) -> MadeKokoro:
    pipelined = resolve(options.device) == "cuda" and NO_PIPELINE not in os.environ
    return (PipelinedKokoro if pipelined else MadeKokoro)(options, config)


def create(options: EngineOptions) -> MadeKokoro:
    """The engine with a model of the real size."""
    return _engine(options, checkpoint.REAL)


def create_stock(options: EngineOptions) -> MadeKokoro:
    """The engine with the stock package's model, one segment at a time."""
    made = MadeKokoro(replace(options, device="cpu"), checkpoint.REAL)
    made.use(StockModel(checkpoint.REAL, checkpoint.make(checkpoint.REAL), options.device, required=True))
    return made


def create_tiny(options: EngineOptions) -> MadeKokoro:
    """The engine with a small model, for rehearsals."""
    return _engine(options, checkpoint.TINY)
