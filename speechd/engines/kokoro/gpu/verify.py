"""Compares the batched model with the CPU's model on a user's own weights: `speechd verify --device cuda`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from unittest import mock

import numpy as np
import torch
from torch import Tensor

from speechd.engines.kokoro import cpu
from speechd.engines.kokoro.cpu.harmonic_source import Spectrum
from speechd.engines.kokoro.cpu.model import CpuModel
from speechd.engines.kokoro.cpu.prosody import Prosody
from speechd.engines.kokoro.distance import relative_error, snr_db
from speechd.engines.kokoro.gpu import noise
from speechd.engines.kokoro.gpu.model import BatchModel
from speechd.engines.kokoro.gpu.packing import Packing
from speechd.engines.kokoro.model import SAMPLE_RATE, ModelInput
from speechd.engines.kokoro.verify import LENGTHS, PROSODY_ERROR, SPEEDS

EXACT_DB: Final = 100.0
"""Signal-to-noise ratio of a waveform to the CPU model's from the same pitch, energy, text and excitation, in float32
and with PyTorch's arithmetic there; its compiled kernels are 98 to 104 dB from that themselves."""

ONE_PART_DB: Final = 50.0
"""The same for float16, where factors have one part."""


@dataclass(frozen=True, slots=True)
class Traced:
    """One segment of a batch, part by part, on the CPU.

    durations (tokens,) int64; encoded (tokens, channels), what pitch and energy are made of; pitch, energy (half
    frames,); text (frames, channels); excitation, samples (n,).
    """

    durations: Tensor
    encoded: Tensor
    pitch: Tensor
    energy: Tensor
    text: Tensor
    excitation: Tensor
    samples: Tensor

    @property
    def prosody(self) -> Prosody:
        """As the CPU's model has it."""
        return Prosody(self.durations, self.pitch, self.energy, self.text)

    def differences_db(self, other: Traced) -> dict[str, float]:
        """How far each part is from the same part of `other`, if it has not equal bits."""
        pairs = {name: (getattr(self, name), getattr(other, name)) for name in self.__slots__}
        return {
            name: snr_db(one, two) if one.shape == two.shape else -math.inf
            for name, (one, two) in pairs.items()
            if not torch.equal(one, two)
        }


@torch.inference_mode()
def trace(model: BatchModel, batch: Sequence[ModelInput], given: Sequence[Traced] = ()) -> list[Traced]:
    """Speak a batch part by part; from the pitch, energy, text and excitation that are given, if any are."""
    inputs, tokens = model.text_inputs(batch)
    encoded = model.encode(inputs)
    durations = tokens.unpack(encoded.durations.cpu())
    frames = model.pack([int(each.sum()) for each in durations])
    speech = model.speech_inputs(batch, encoded, tokens, frames)
    layouts = speech.layouts()
    pitch, energy, text = model.prosody(speech, layouts)
    excitation = model.excitation(pitch, speech.seeds, layouts)
    for name, packed, rate in (
        ("pitch", pitch, 2),
        ("energy", energy, 2),
        ("text", text, 1),
        ("excitation", excitation, model.frame_samples),
    ):
        for traced, place in zip(given, frames.unpack(packed, rate), strict=False):
            place.copy_(getattr(traced, name))
    samples = model.waveform(text, pitch, energy, speech.style, excitation, layouts)
    return _segments(model, tokens, frames, durations, encoded.prosody, (pitch, energy), text, (excitation, samples))


def _segments(
    model: BatchModel,
    tokens: Packing,
    frames: Packing,
    durations: Sequence[Tensor],
    encoded: Tensor,
    curves: tuple[Tensor, Tensor],
    text: Tensor,
    sound: tuple[Tensor, Tensor],
) -> list[Traced]:
    parts = (
        durations,
        tokens.unpack(encoded.cpu()),
        *(frames.unpack(curve.cpu(), 2) for curve in curves),
        frames.unpack(text.cpu()),
        *(frames.unpack(samples.cpu(), model.frame_samples) for samples in sound),
    )
    return [Traced(*each) for each in zip(*parts, strict=True)]


def reference_waveform(model: CpuModel, prosody: Prosody, style: Tensor, excitation: Tensor) -> Tensor:
    """The CPU model's samples, with the excitation's spectrum in float64, as the batched model has it.

    A phase near ±π has the sign that rounding gives it, and each sign is another waveform, 40 to 60 dB apart: in
    float32 the Fourier transform in use would decide. In the first frame, which mirrors itself, it would decide of all
    phases (36 dB over 1.65 seconds); there they are 0 or π.
    """
    with mock.patch.object(Spectrum, "polar", _polar):
        return model.waveform(prosody, style, excitation)


def _polar(spectrum: Spectrum, samples: Tensor) -> Tensor:
    """As `Spectrum.polar`, in float64."""
    window = torch.hann_window(spectrum.size, periodic=True).double()
    found = torch.stft(samples.double(), spectrum.size, spectrum.hop, window=window, return_complex=True).T
    phases = found.angle()
    phases[0] = torch.where(found[0].real < 0, math.pi, 0.0)
    return torch.cat([found.abs(), phases], dim=1).float()


@dataclass(frozen=True, slots=True)
class Comparison:
    """One segment, spoken in a batch, alone, and by the CPU's model.

    excitation_db and waveform_db: signal-to-noise ratios to the CPU's, each from the same of what comes before it;
    differences_db: of the batch from the segment alone, by part, where bits differ; None: it was not spoken alone.
    """

    tokens: int
    audio_s: float
    same_durations: bool
    prosody_error: float
    excitation_db: float
    waveform_db: float
    differences_db: dict[str, float] | None

    def exact(self, least_db: float) -> bool:
        """Whether it is the same function; least_db: what to ask of waveforms."""
        return (
            self.same_durations
            and self.prosody_error <= PROSODY_ERROR
            and self.excitation_db >= least_db
            and self.waveform_db >= least_db
        )

    def __str__(self) -> str:
        durations = "same" if self.same_durations else "DIFFERENT"
        return (
            f"{self.tokens:3} tokens, {self.audio_s:5.2f} s: durations {durations}, prosody {self.prosody_error:.0e}, "
            f"excitation {self.excitation_db:.1f} dB, waveform {self.waveform_db:.1f} dB; alone: {self._alone}"
        )

    @property
    def _alone(self) -> str:
        if self.differences_db is None:
            return "not compared"
        return ", ".join(f"{name} {db:.1f} dB" for name, db in self.differences_db.items()) or "same bits"


def compare(model: BatchModel, reference: CpuModel, batch: Sequence[ModelInput]) -> Iterator[Comparison]:
    """Compare each segment of a batch with the CPU's model, and with itself alone."""
    for each, traced in zip(batch, trace(model, batch), strict=True):
        yield comparison(reference, each, traced, *trace(model, [each]))


def comparison(reference: CpuModel, each: ModelInput, traced: Traced, alone: Traced | None = None) -> Comparison:
    """Compare one segment of a batch with the CPU's model, and with itself `alone`."""
    prosody = reference.prosody(each.input_ids, each.ref_s, each.speed)
    same = torch.equal(traced.durations, prosody.durations)
    errors = [
        relative_error(own, found) if same else math.inf
        for own, found in ((prosody.pitch, traced.pitch), (prosody.energy, traced.energy))
    ]
    excitation = reference.excitation(traced.prosody, drawn(each.seed, len(traced.samples)))
    waveform = reference_waveform(reference, traced.prosody, each.ref_s, traced.excitation)
    return Comparison(
        tokens=len(each.tokens),
        audio_s=len(traced.samples) / SAMPLE_RATE,
        same_durations=same,
        prosody_error=max(errors),
        excitation_db=snr_db(excitation, traced.excitation),
        waveform_db=snr_db(waveform, traced.samples),
        differences_db=None if alone is None else alone.differences_db(traced),
    )


def drawn(seed: int, count: int) -> Tensor:
    """The noise (count,) of a seed."""
    counters = torch.arange(-(-count // noise.SAMPLES_PER_COUNTER))
    return noise.normal(torch.tensor(seed), counters).flatten()[:count]


def verify(
    config: Mapping[str, Any],
    state: Mapping[str, Mapping[str, Tensor]],
    packs: Mapping[str, Tensor],
    model: BatchModel,
) -> Iterator[Comparison]:
    """Compare `model` with the CPU's on one batch of several lengths, speeds and voices.

    config, state: of the checkpoint; packs: voice packs (rows, 1, 2 x style size) by name, at least one.
    """
    generator = np.random.default_rng(0)
    phonemes = np.array(sorted(set(config["vocab"].values())), np.uint16)
    rows = list(packs.values())
    batch = [
        ModelInput(
            SPEEDS[index % len(SPEEDS)],
            index,
            rows[index % len(rows)][length - 1, 0].numpy(),
            generator.choice(phonemes, length),
        )
        for index, length in enumerate(LENGTHS)
    ]
    yield from compare(model, cpu.load(dict(config), state, compiled=False), batch)


def exactness_db(dtype: str) -> float:
    """The least signal-to-noise ratio of the waveforms of a model of this dtype, in decibels."""
    return {"float32": EXACT_DB, "float16": ONE_PART_DB}[dtype]
