"""The kokoro engine: a text's phonemes and a voice's row make a segment, which the model speaks in any worker."""

from __future__ import annotations

import gc
import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import torch

from speechd.audio.samples import Audio, TokenTime
from speechd.engines.base import EngineOptions, Segment, SegmentTooLong, SynthesisOptions, Window
from speechd.engines.kokoro import voices
from speechd.engines.kokoro.checkpoint import PACK_SHAPE, Checkpoint, Pack
from speechd.engines.kokoro.cpu.model import CpuModel
from speechd.engines.kokoro.g2p.g2p import G2P
from speechd.engines.kokoro.g2p.words import word_tokens
from speechd.engines.kokoro.gpu.gpu_model import GpuModel
from speechd.engines.kokoro.gpu.synthesizer import PendingBatch as PendingRendering
from speechd.engines.kokoro.load import load, resolve
from speechd.engines.kokoro.model import SAMPLE_RATE, STYLE_SIZE, Model, ModelInput, Rendered
from speechd.errors import InvalidRequest
from speechd.languages.table import KOKORO_CODES
from speechd.shared_memory import trim_heap
from speechd.voices import Blend, Catalogue, Voice

TOKEN_LIMIT: Final = PACK_SHAPE[0]
"""Phonemes in one segment: a voice has a row for each number of them."""

PACKS_KEPT: Final = 64
"""Voices in memory, 0.5 MB each: all of the release, and some more."""

FRAME_S: Final = 0.025
"""Seconds of a frame, the unit of the model's durations (600 samples); a phoneme has at least one."""

FRAMES_PER_PHONEME: Final = 2.9
"""At speed 1: 14 phonemes a second."""

WARM_UP_PHONEME: Final = "A"
"""Spoken to bring the model to its device, and to see that it speaks there."""

SEED_MASK: Final = 2**63 - 1
"""Torch takes no larger seeds."""


class KokoroEngine:
    """Kokoro-82M, a StyleTTS 2 (Li et al. 2023, arXiv:2306.07691) with an ISTFTNet vocoder (Kaneko et al. 2022,
    arXiv:2203.02395). Speeds hold to about 2.5; beyond, more and more phonemes have the least duration there is."""

    name: Final = "kokoro"
    sample_rate: Final = SAMPLE_RATE
    model_ids: Final = voices.MODEL_IDS
    passage_limit: Final = 400
    passage_length: Final = 150

    def __init__(self, checkpoint: Checkpoint, options: EngineOptions) -> None:
        # A process in which torch has used a second thread hangs in its forks.
        torch.set_num_threads(1)
        self._checkpoint = checkpoint
        self._options = options
        self._config = checkpoint.config()
        self._ids: dict[str, int] = self._config["vocab"]
        self._model: Model[Any] | None = None
        self.load()
        self._g2p = G2P(self._ids)
        self._pack = lru_cache(PACKS_KEPT)(checkpoint.pack)
        self._catalogue = voices.catalogue(checkpoint.folder, lacks=self._lacks)
        for voice in self._catalogue:  # a pack that cannot be read is found out now, and not by who asks for it
            checkpoint.pack(voice.id)

    def load(self) -> None:
        """See `SupportsUnload`."""
        self._model = load(self._config, self._checkpoint.state(), self._options.device, self._options.dtype)
        self.batch_limit, self.batch_limit_s = self._model.batch_limit, self._model.batch_limit_s
        trim_heap()  # of the original weights, before the fork: 230 MiB of 880

    def unload(self) -> None:
        """See `SupportsUnload`."""
        self._model = None
        gc.collect()  # should anything in it refer to itself
        trim_heap()

    def voices(self) -> Catalogue:
        """See `Engine`."""
        return self._catalogue

    def languages(self) -> Sequence[str]:
        """See `Engine`."""
        return tuple(KOKORO_CODES.values())

    def load_voice(self, options: SynthesisOptions) -> None:
        """See `Engine`."""
        self._packs(options.blend)
        self._g2p.check(options.language)

    def pack(self, blend: Blend) -> bytes:
        """See `SupportsPacks`."""
        combined = sum(weight * pack for weight, pack in self._packs(blend))
        file = io.BytesIO()
        torch.save(torch.from_numpy(np.asarray(combined, np.float32)).reshape(PACK_SHAPE), file)
        return file.getvalue()

    def prepare(self, text: str, options: SynthesisOptions) -> Segment | None:
        """See `Engine`."""
        phonemes = self._g2p.phonemes(text, options.language)
        segment = self._segment(phonemes, options)
        if segment is None or not options.words:
            return segment
        read = partial(self._g2p.phonemes, language=options.language)
        return replace(segment, words=word_tokens(text, phonemes, read), phonemes=phonemes)

    def prepare_phonemes(self, phonemes: str, options: SynthesisOptions) -> Segment | None:
        """See `SupportsPhonemes`. Raises `InvalidRequest` for a character that is no phoneme of the model's."""
        unknown = next((phoneme for phoneme in phonemes if phoneme not in self._ids), None)
        if unknown is not None:
            raise InvalidRequest(f"Kokoro has no phoneme {unknown!a}.", param="phonemes", code="invalid_value")
        return self._segment(phonemes.strip(), options)

    def _segment(self, phonemes: str, options: SynthesisOptions) -> Segment | None:
        if not phonemes:
            return None
        if len(phonemes) > TOKEN_LIMIT:
            raise SegmentTooLong
        frames = len(phonemes) * max(1.0, FRAMES_PER_PHONEME / options.speed)
        style = self._style(options.blend, len(phonemes))
        tokens = np.array([self._ids[phoneme] for phoneme in phonemes], np.uint16)
        payload = ModelInput(options.speed, options.seed & SEED_MASK, style, tokens).packed()
        return Segment(payload, frames * FRAME_S, len(tokens))

    def start(self, threads: int) -> None:
        """See `Synthesizer`."""
        self.set_threads(threads)
        token = self._ids.get(WARM_UP_PHONEME, 1)
        warm_up = ModelInput(1.0, 0, np.zeros(STYLE_SIZE, np.float32), np.array([token], np.uint16))
        self._loaded.render(self._loaded.plan([warm_up]))

    def set_threads(self, threads: int) -> None:
        """See `SupportsThreads`."""
        torch.set_num_threads(threads)

    def plan(self, segments: Sequence[Segment]) -> list[Any]:
        """The prosody of each segment. Any exception concerns all of them."""
        return self._loaded.plan([ModelInput.unpacked(segment.payload) for segment in segments])

    def render(self, prosodies: Sequence[Any]) -> list[Audio]:
        """The audio of each. Any exception concerns all of them."""
        return [_audio(rendered) for rendered in self._loaded.render(prosodies)]

    def synthesize(self, segments: Sequence[Segment]) -> list[Audio | Exception]:
        """See `Synthesizer`. Raises what the model raises."""
        return [*self.render(self.plan(segments))]

    @property
    def _loaded(self) -> Model[Any]:
        assert self._model is not None, "load() first"
        return self._model

    def _style(self, blend: Blend, phonemes: int) -> npt.NDArray[np.float32]:
        """The row of the voices for this number of phonemes, as the kokoro package chooses it; their weighted sum."""
        rows = [pack[phonemes - 1] * np.float64(weight) for weight, pack in self._packs(blend)]
        style: npt.NDArray[np.float32] = np.sum(rows, axis=0).astype(np.float32)
        return style

    def _packs(self, blend: Blend) -> list[tuple[float, Pack]]:
        """The weight and the pack of each voice. Raises `InvalidRequest` for one that is not there."""
        for voice, _ in blend.parts:
            if not self._checkpoint.has_pack(voice.id):
                raise InvalidRequest(
                    f"This server lacks the pack of the voice '{voice.id}'; 'speechd download' adds it.",
                    param="voice",
                    code="voice_not_found",
                )
        return [(weight, self._pack(voice.id)) for voice, weight in blend.parts]

    def _lacks(self, voice: Voice) -> bool:
        """Whether something is not here that speaking this voice takes."""
        return not (self._checkpoint.has_pack(voice.id) and voices.is_readable(voice.language))


class WindowedKokoroEngine(KokoroEngine):
    """Kokoro on the CPU, which renders passages in windows as well; see `SupportsWindows`."""

    def load(self) -> None:
        """See `SupportsUnload`."""
        super().load()
        self.window_state_limit = self._cpu.window_state_limit

    def render_window(self, segment: Segment, state: bytes, wanted_s: float) -> Window:
        """See `SupportsWindows`. Raises ValueError where `wanted_s` is not above 0, or `state` is none."""
        if not wanted_s > 0:
            raise ValueError(f"a window of {wanted_s} seconds")
        made = self._cpu.render_window(ModelInput.unpacked(segment.payload), state, wanted_s / FRAME_S)
        audio = Audio(made.samples.numpy(), SAMPLE_RATE, _alignment(made.durations, made.first, made.end))
        return Window(audio, made.state, (made.frames - made.end) * FRAME_S)

    @property
    def _cpu(self) -> CpuModel:
        assert isinstance(self._loaded, CpuModel), "the device is the CPU"
        return self._loaded


@dataclass(frozen=True, slots=True)
class PendingAudio:
    """Segments that the model speaks. See `pipelining.PendingBatch`."""

    batch: PendingRendering

    def wait(self) -> list[Audio | Exception]:
        """See `pipelining.PendingBatch`."""
        return [_audio(rendered) for rendered in self.batch.wait()]


class PipelinedKokoroEngine(KokoroEngine):
    """Kokoro on a GPU, which reads a batch while it speaks another; see `SupportsPipelining`."""

    def submit(self, segments: Sequence[Segment]) -> PendingAudio:
        """See `SupportsPipelining`."""
        model = self._loaded
        assert isinstance(model, GpuModel), "the device is CUDA"
        return PendingAudio(model.submit([ModelInput.unpacked(segment.payload) for segment in segments]))


def engine_of(checkpoint: Checkpoint, options: EngineOptions) -> KokoroEngine:
    """The engine for the device that is meant: with windows on the CPU, with a pipeline on CUDA.

    Raises `EngineUnavailable`.
    """
    device = resolve(options.device)
    if device == "cpu":
        return WindowedKokoroEngine(checkpoint, replace(options, device=device))
    return (PipelinedKokoroEngine if device == "cuda" else KokoroEngine)(checkpoint, options)


def _audio(rendered: Rendered) -> Audio:
    durations = rendered.durations
    return Audio(rendered.samples.numpy(), SAMPLE_RATE, _alignment(durations, 0, int(durations.sum())))


def _alignment(durations: torch.Tensor, first: int, end: int) -> tuple[TokenTime, ...]:
    """When each phoneme that begins in the frames `first` ... `end` - 1 sounds, in seconds from the first of them."""
    ends = durations.cumsum(0).tolist()
    # The first and the last duration are the pads'.
    return tuple(
        TokenTime(token, (begin - first) * FRAME_S, (ends[token + 1] - first) * FRAME_S)
        for token, begin in enumerate(ends[:-2])
        if first <= begin < end
    )
