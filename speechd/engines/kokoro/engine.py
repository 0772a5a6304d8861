"""The kokoro engine: a text's phonemes and a voice's row make a segment; the model speaks it in any worker."""

from __future__ import annotations

import gc
import struct
from functools import lru_cache
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from speechd.audio.samples import Audio
from speechd.engines.base import Segment, SegmentTooLong, SynthesisOptions
from speechd.engines.kokoro.checkpoint import PACK_SHAPE, Checkpoint
from speechd.engines.kokoro.g2p.g2p import G2P
from speechd.engines.kokoro.load import Model, load
from speechd.engines.registry import EngineOptions
from speechd.errors import InvalidRequest
from speechd.shared_memory import trim_heap
from speechd.voices import Blend

TOKEN_LIMIT: Final = PACK_SHAPE[0]
"""Phonemes in one segment: a voice has a row for each number of them."""

STYLE_SIZE: Final = PACK_SHAPE[2]

PACKS_KEPT: Final = 64
"""Voices in memory, 0.5 MB each: all of the release, and some more."""

FRAME_S: Final = 0.025
"""Seconds. What the model counts durations in; a phoneme has at least one frame."""

FRAMES_PER_PHONEME: Final = 2.9
"""At speed 1: 14 phonemes a second."""

WARM_UP_PHONEME: Final = "A"
"""Spoken to bring the model to its device, and to see that it speaks there."""

SEED_MASK: Final = 2**63 - 1
"""Torch takes no larger seeds."""

_HEADER = struct.Struct("<dQ")


class KokoroEngine:
    """Kokoro-82M. Speeds hold to about 2.5; beyond, more and more phonemes have the least duration there is."""

    name: Final = "kokoro"
    passage_limit: Final = 400
    # The fast model costs the same from here on, and shorter segments hold less memory and give way sooner.
    efficient_length: Final = 120

    def __init__(self, weights: Checkpoint, options: EngineOptions) -> None:
        # A process in which torch has used a second thread hangs in its forks.
        torch.set_num_threads(1)
        self._weights = weights
        self._options = options
        self._config = self._weights.config()
        self._ids: dict[str, int] = self._config["vocab"]
        self._model: Model | None = None
        self.load()
        self._g2p = G2P(self._ids)
        self._pack = lru_cache(PACKS_KEPT)(self._weights.pack)

    def load(self) -> None:
        self._model = load(self._config, self._weights.state(), self._options.device, self._options.dtype)
        trim_heap()  # of the original weights, before the fork: 230 MiB of 880

    def unload(self) -> None:
        self._model = None
        gc.collect()  # should anything in it refer to itself
        trim_heap()

    def check(self, delivery: SynthesisOptions) -> None:
        for voice, _ in delivery.blend.parts:
            if not self._weights.has_pack(voice.id):
                raise InvalidRequest(
                    f"This server lacks the pack of the voice '{voice.id}'; 'speechd download' adds it.",
                    param="voice",
                    code="voice_not_found",
                )
            self._pack(voice.id)
        self._g2p.check(delivery.language)

    def prepare(self, text: str, delivery: SynthesisOptions) -> Segment | None:
        phonemes = self._g2p.phonemes(text, delivery.language)
        if not phonemes:
            return None
        if len(phonemes) > TOKEN_LIMIT:
            raise SegmentTooLong
        frames = len(phonemes) * max(1.0, FRAMES_PER_PHONEME / delivery.speed)
        style = self._style(delivery.blend, len(phonemes))
        tokens = np.array([self._ids[phoneme] for phoneme in phonemes], np.uint16)
        return Segment(ModelInput(delivery.speed, delivery.seed & SEED_MASK, style, tokens).packed(), frames * FRAME_S)

    def start(self, threads: int) -> None:
        self.use(threads)
        token = self._ids.get(WARM_UP_PHONEME, 1)
        self._speak(ModelInput(1.0, 0, np.zeros(STYLE_SIZE, np.float32), np.array([token], np.uint16)))

    def use(self, threads: int) -> None:
        torch.set_num_threads(threads)

    def synthesize(self, segment: Segment) -> Audio:
        return self._speak(ModelInput.unpacked(segment.payload))

    def _speak(self, spoken: ModelInput) -> Audio:
        assert self._model is not None
        tokens = torch.nn.functional.pad(torch.from_numpy(spoken.tokens.astype(np.int64)), (1, 1))
        samples = self._model(tokens, torch.from_numpy(spoken.style.copy())[None], spoken.speed, spoken.seed)
        return Audio(samples.numpy())

    def _style(self, blend: Blend, phonemes: int) -> npt.NDArray[np.float32]:
        """The row of the voices for this number of phonemes, as the kokoro package chooses it; averaged by weight."""
        rows = [self._pack(voice.id)[phonemes - 1] for voice, _ in blend.parts]
        return np.average(rows, axis=0, weights=[weight for _, weight in blend.parts]).astype(np.float32)


class ModelInput(NamedTuple):
    """What the model is given. style: (256,), tokens: without pads."""

    speed: float
    seed: int
    style: npt.NDArray[np.float32]
    tokens: npt.NDArray[np.uint16]

    def packed(self) -> bytes:
        return _HEADER.pack(self.speed, self.seed) + self.style.tobytes() + self.tokens.tobytes()

    @classmethod
    def unpacked(cls, payload: bytes) -> ModelInput:
        speed, seed = _HEADER.unpack_from(payload)
        style = np.frombuffer(payload, np.float32, STYLE_SIZE, _HEADER.size)
        return cls(speed, seed, style, np.frombuffer(payload, np.uint16, -1, _HEADER.size + style.nbytes))
