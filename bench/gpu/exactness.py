"""Whether the batch is the function of the CPU's model, and whether a segment's bits depend on its company."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from bench.gpu.checkpoint import TOKENS, voice_row
from bench.gpu.section import Context
from speechd.engines.kokoro import cpu
from speechd.engines.kokoro.cpu import prosody as cpu_prosody
from speechd.engines.kokoro.distance import relative_error, snr_db
from speechd.engines.kokoro.gpu import noise
from speechd.engines.kokoro.gpu.model import BatchModel
from speechd.engines.kokoro.gpu.packing import Packing
from speechd.engines.kokoro.gpu.verify import reference_waveform
from speechd.engines.kokoro.model import ModelInput

SPEEDS = (1.0, 0.7, 1.6)


def segment(tokens: int, seed: int, speed: float = 1.0) -> ModelInput:
    """Random tokens in a made voice."""
    inner = torch.randint(1, TOKENS, (tokens,), generator=torch.Generator().manual_seed(seed))
    return ModelInput(speed, seed, voice_row(seed)[0].numpy(), inner.numpy().astype(np.uint16))


def batch_of(sizes: Sequence[int]) -> list[ModelInput]:
    """Segments of so many tokens, in several voices and speeds."""
    return [segment(tokens, index, SPEEDS[index % len(SPEEDS)]) for index, tokens in enumerate(sizes)]


@dataclass(frozen=True, slots=True)
class Traced:
    """What a batch was on its way, each packed and on the CPU."""

    tokens: Packing
    frames: Packing
    by_token: dict[str, Tensor]
    by_half: dict[str, Tensor]
    by_sample: dict[str, Tensor]
    text: Tensor

    def of(self, index: int) -> dict[str, Tensor]:
        """Those of one segment."""
        token = _place(self.tokens, index, 1)
        half, sample = _place(self.frames, index, 2), _place(self.frames, index, self._samples)
        return (
            {name: values[token] for name, values in self.by_token.items()}
            | {name: values[half] for name, values in self.by_half.items()}
            | {name: values[sample] for name, values in self.by_sample.items()}
            | {"text": self.text[_place(self.frames, index, 1)]}
        )

    @property
    def _samples(self) -> int:
        return len(self.by_sample["samples"]) // self.frames.size


def _place(packing: Packing, index: int, rate: int) -> slice:
    return slice(packing.starts[index] * rate, (packing.starts[index] + packing.lengths[index]) * rate)


def trace(model: BatchModel, batch: Sequence[ModelInput]) -> Traced:
    """Speak a batch part by part."""
    inputs, tokens = model.text_inputs(batch)
    encoded = model.encode(inputs)
    frames = model.pack(encoded.frames[: len(batch)].tolist())
    speech = model.speech_inputs(batch, encoded, tokens, frames)
    layouts = speech.layouts()
    pitch, energy, text = model.prosody(speech, layouts)
    excitation = model.excitation(pitch, speech.seeds, layouts)
    samples = model.waveform(text, pitch, energy, speech.style, excitation, layouts)
    return Traced(
        tokens,
        frames,
        {
            "durations": encoded.durations.cpu(),
            "encoded prosody": encoded.prosody.cpu(),
            "encoded text": encoded.text.cpu(),
        },
        {"pitch": pitch.cpu(), "energy": energy.cpu()},
        {"excitation": excitation.cpu(), "samples": samples.cpu()},
        text.cpu(),
    )


def run(context: Context) -> None:
    """Against the CPU's model, then alone against in company."""
    sizes = (3, 9, 5) if context.tiny else (12, 25, 1, 40, 8)
    batch = batch_of(sizes)
    model = context.model()
    traced = trace(model, batch)
    company(context, model, batch, traced)
    reference = cpu.load(context.config, context.state, compiled=False)
    for index, each in enumerate(batch):
        against_cpu(context, reference, each, traced, index)


def company(context: Context, model: BatchModel, batch: Sequence[ModelInput], traced: Traced) -> None:
    """Each segment alone and in company: which values have equal bits, and how far apart the others are."""
    for index, each in enumerate(batch):
        alone, beside = trace(model, [each]).of(0), traced.of(index)
        differ = {
            name: float(f"{_snr(alone[name], beside[name]):.4g}")
            for name in alone
            if alone[name].shape != beside[name].shape or not torch.equal(alone[name], beside[name])
        }
        context.row(company=len(batch), tokens=len(each.input_ids), equal_bits=not differ, differ_db=differ)


def _snr(one: Tensor, other: Tensor) -> float:
    return snr_db(one, other) if one.shape == other.shape else -math.inf


def drawn(seed: int, count: int) -> Tensor:
    """The noise (count,) of a seed."""
    counters = torch.arange(-(-count // noise.SAMPLES_PER_COUNTER))
    return noise.normal(torch.tensor(seed), counters).flatten()[:count]


def against_cpu(context: Context, reference: cpu.CpuModel, each: ModelInput, traced: Traced, index: int) -> None:
    """Durations, pitch, energy, and the waveform from equal pitch and noise."""
    mine = traced.of(index)
    prosody = reference.prosody(each.input_ids, each.ref_s, each.speed)
    same = torch.equal(mine["durations"], prosody.durations)
    given = cpu_prosody.Prosody(prosody.durations, mine["pitch"], mine["energy"], mine["text"])
    excitation = reference.excitation(given, drawn(each.seed, len(mine["samples"])))
    forced = reference_waveform(reference, given, each.ref_s, mine["excitation"])
    context.row(
        tokens=len(each.input_ids),
        frames=traced.frames.lengths[index],
        durations="same" if same else "DIFFERENT",
        pitch_error=relative_error(prosody.pitch, mine["pitch"]) if same else math.inf,
        energy_error=relative_error(prosody.energy, mine["energy"]) if same else math.inf,
        excitation_db=snr_db(excitation, mine["excitation"]),
        waveform_db=snr_db(forced, mine["samples"]),
    )
