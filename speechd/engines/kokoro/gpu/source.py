"""The harmonic source: a sum of sines that follows the pitch, and noise; for all segments at once."""

from __future__ import annotations

from typing import Final

import numpy as np
import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.harmonic_source import SINE_AMPLITUDE, UNVOICED_NOISE, VOICED_ABOVE, VOICED_NOISE
from speechd.engines.kokoro.gpu import noise
from speechd.engines.kokoro.gpu.packing import Layout
from speechd.engines.kokoro.model import SAMPLE_RATE


class Phases:
    """Phases in radians of all harmonics at each half frame, by the stock model's operations, each rounded as on a CPU.

    After some seconds a phase has 10⁵ radians, and rounding it otherwise would be another waveform.
    """

    def __init__(self, harmonics: int, hop: int, device: torch.device) -> None:
        """hop: samples of a half frame."""
        self._harmonics = torch.arange(1, harmonics + 1, device=device, dtype=torch.float32)[:, None]
        self._hop = hop
        # As a tensor: PyTorch multiplies by the reciprocal of a number on CUDA, which rounds otherwise.
        self._rate = torch.tensor(float(SAMPLE_RATE), device=device)

    def __call__(self, pitch: Tensor, halves: Layout) -> Tensor:
        """pitch (half frames,) in Hz → (harmonics, half frames)."""
        frequency = torch.where(halves.valid[:, 0], pitch, 0.0) * self._harmonics
        turns = ((frequency / self._rate) % 1).double()
        # In float64 sums of so many float32 are exact, so it does not matter what came before the segment.
        total = turns.cumsum(1)
        before = (total - turns)[:, halves.starts]
        return (total - before[:, halves.row_segment]).float() * 2 * torch.pi * self._hop


def levels(weight: Tensor) -> tuple[float, float]:
    """Standard deviation of the noise where there is a voice, and where there is none.

    The stock model draws noise for every harmonic and mixes it with the harmonics' weights; a weighted sum of
    independent Gaussians is one Gaussian with the norm of the weights.
    """
    norm = weight.float().norm()
    return float(VOICED_NOISE * norm), float(UNVOICED_NOISE * norm)


def amplitudes(weight: Tensor) -> list[float]:
    """Of each harmonic."""
    return [each * SINE_AMPLITUDE for each in weight.flatten().tolist()]


class TorchSource:
    """See `operations.Source`."""

    def __init__(self, weight: Tensor, bias: Tensor, hop: int, device: torch.device) -> None:
        self._amplitudes: Final = amplitudes(weight)
        self._phases = Phases(len(self._amplitudes), hop, device)
        self._bias = bias.to(device)
        self._hop = hop
        self._voiced, self._unvoiced = (torch.tensor(level, device=device) for level in levels(weight))

    def __call__(self, pitch: Tensor, seeds: Tensor, halves: Layout, samples: Layout) -> Tensor:
        return self.mixed(pitch, normal(seeds, samples), halves)

    def mixed(self, pitch: Tensor, noise: Tensor, halves: Layout) -> Tensor:
        """The excitation (samples,) with noise (samples,) that is standard normal."""
        interpolation = PhaseInterpolation(halves, self._hop)
        tone = torch.zeros(halves.rows, 2, self._hop // 2, device=pitch.device)
        for phase, amplitude in zip(self._phases(pitch, halves), self._amplitudes, strict=True):
            tone += interpolation(phase).sin() * amplitude
        voiced = pitch[:, None] > VOICED_ABOVE
        level = torch.where(voiced, self._voiced, self._unvoiced)
        mixed = torch.where(voiced, tone.flatten(1), 0.0) + noise.view(-1, self._hop) * level
        return (mixed + self._bias).tanh().flatten()


def normal(seeds: Tensor, samples: Layout) -> Tensor:
    """Standard normal noise (samples.rows,), a function of each segment's seed (segments,) int64 alone."""
    group = noise.SAMPLES_PER_COUNTER
    index = samples.offset[::group].clamp(min=0) // group
    return noise.normal(seeds[samples.row_segment[::group]], index).flatten()


class PhaseInterpolation:
    """Linear interpolation of values at half frames to samples, bit for bit as `functional.interpolate` on a CPU.

    That computes the place in float32, and both that and the mixture with fused multiply-adds: here in float64.
    """

    def __init__(self, halves: Layout, hop: int) -> None:
        offset = halves.offset[:, None]
        sample = torch.arange(hop, device=offset.device)
        place = ((offset * hop + sample + 0.5).double() * scale(hop) - 0.5).float().clamp(min=0.0)
        # The first half of the samples lies between the half frame before and this one.
        left = (offset - (sample < hop // 2).long()).clamp(min=0)
        self._share = (place - left).view(len(offset), 2, hop // 2)
        row = torch.arange(halves.rows, device=offset.device)
        inside = halves.valid[:, 0]
        self._before = (row - (inside & (halves.offset > 0)).long()).clamp(min=0)
        last = halves.offset >= halves.lengths[halves.row_segment] - 1
        self._after = (row + (inside & ~last).long()).clamp(max=halves.rows - 1)

    def __call__(self, values: Tensor) -> Tensor:
        """values (half frames,) → (half frames, 2, samples of half a half frame)."""
        left = torch.stack([values[self._before], values], dim=1)[:, :, None]
        right = torch.stack([values, values[self._after]], dim=1)[:, :, None]
        share = self._share
        return ((1 - share).double() * left.double() + (share * right).double()).float()


def scale(hop: int) -> float:
    """Half frames a sample, as float32 has it."""
    return float(np.float32(1 / hop))
