"""The harmonic source: a sum of sines that follows the pitch, and noise; then its short-time spectrum.

It is the excitation of a neural source-filter model (hn-NSF; Wang et al. 2019, arXiv:1904.12088).
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu.stretch import Stretch
from speechd.engines.kokoro.cpu.tensors import Weights
from speechd.engines.kokoro.model import SAMPLE_RATE

SINE_AMPLITUDE: Final = 0.1
VOICED_NOISE: Final = 0.003
"""Standard deviation of the noise beside the sines of a voiced half frame."""
UNVOICED_NOISE: Final = SINE_AMPLITUDE / 3
"""Standard deviation of the noise that stands alone in an unvoiced one."""
VOICED_ABOVE: Final = 10.0
"""Hz. A pitch up to this means unvoiced. This and the amplitudes are constants of the stock model's code."""


NOISE_GROUP: Final = 16
"""Numbers that `torch.randn` makes at once on the CPU, of as many uniform ones; of the last that are no whole group it
makes the group that ends with them anew."""

SKIPPED: Final = 1 << 16
"""Numbers of the noise that are drawn at once to be left out."""


TOGETHER: Final = 16
"""Frames that a Fourier transform may compute at once, whose last ones it would round otherwise if they were fewer: a
stretch begins with a multiple of them, so that it has the bits that it has in the whole."""

FRAMES_AT_ONCE: Final = 64 * TOGETHER
"""Frames of one call of the Fourier transform: few enough that nothing shares them out between threads."""


class HarmonicSource:
    """Pitch (half frames,) → excitation (half frames x hop,), computed exactly as the stock model does.

    The stock model brings the pitch to the sample rate and back again before it sums the phase, which changes nothing;
    here the phase is summed at the rate of the pitch. Its operations on the phase are kept, in float32 and in their
    order: after some seconds a phase has 10⁵ radians, and rounding it otherwise would be another waveform.
    A stretch of a passage has the samples that it has in the whole, bit for bit.
    """

    def __init__(self, weights: Weights, hop: int) -> None:
        weight, self._bias = weights.linear("l_linear")
        self._weight = weight[0]
        self._hop = hop

    def noise(self, at: Stretch, seed: int) -> Tensor:
        """Noise for the half frames `at` of a passage, the same for the same seed whatever the thread count."""
        samples = at.scaled(self._hop)
        generator = torch.Generator().manual_seed(seed)
        last = max(samples.total - NOISE_GROUP, 0) // NOISE_GROUP * NOISE_GROUP
        begin = min(samples.first // NOISE_GROUP * NOISE_GROUP, last)
        for first in range(0, begin, SKIPPED):
            torch.rand(min(SKIPPED, begin - first), generator=generator)
        end = (
            -(-samples.end // NOISE_GROUP) * NOISE_GROUP
            if samples.end <= samples.total - NOISE_GROUP
            else samples.total
        )
        return torch.randn(end - begin, generator=generator)[samples.first - begin : samples.end - begin]

    def __call__(self, pitch: Tensor, noise: Tensor, at: Stretch | None = None) -> Tensor:
        """The samples of the half frames `at`, None for all.

        pitch: of the whole passage; noise: of these half frames, standard normal.
        The stock model draws noise for every harmonic and mixes it with the harmonics' weights; a weighted sum of
        independent Gaussians is one Gaussian with the norm of the weights.
        """
        at = at or Stretch.whole(len(pitch))
        voiced = (pitch[at.first : at.end] > VOICED_ABOVE).float()
        tone = torch.zeros(len(at), self._hop)
        between = self._between(at)
        for harmonic, weight in enumerate(self._weight.tolist(), start=1):
            tone += self._sine(pitch * harmonic, between).mul_(weight * SINE_AMPLITUDE).view_as(tone)
        tone *= voiced[:, None]
        level = torch.lerp(torch.tensor(UNVOICED_NOISE), torch.tensor(VOICED_NOISE), voiced) * self._weight.norm()
        tone += noise.view_as(tone) * level[:, None]
        return tone.add_(self._bias).tanh_().flatten()

    def _sine(self, frequency: Tensor, between: _Between) -> Tensor:
        turns = torch.cumsum((frequency / SAMPLE_RATE) % 1, dim=0)
        phase = turns * 2 * torch.pi * self._hop
        # In float64, which holds a product of two float32: rounded once, as a fused multiplication and addition is.
        mixed = (phase[between.after] * between.share).double()
        return mixed.addcmul_(phase.double()[between.before], between.rest).float().sin_()

    def _between(self, at: Stretch) -> _Between:
        samples = at.scaled(self._hop)
        step = torch.tensor(1 / self._hop).double()  # as float32 has it
        place = torch.arange(samples.first, samples.end, dtype=torch.float64).add_(0.5).mul_(step).sub_(0.5).float()
        before = place.clamp_(min=0.0).long()
        share = place.sub_(before)
        return _Between(before, (before + 1).clamp_(max=at.total - 1), share, (1 - share).double())


class _Between(NamedTuple):
    """The half frames before and after each sample of a stretch, the share of the latter and the rest.

    They are those of `torch.nn.functional.interpolate` ("linear", edges not aligned), to the bit where it uses fused
    multiplications and additions, as on all recent CPUs. Its float32 counts from the passage's first sample: the
    rounding of the shares is a part of the stock model's phase.
    """

    before: Tensor
    after: Tensor
    share: Tensor
    rest: Tensor


class Spectrum:
    """Short-time Fourier transform with a periodic Hann window, frames x bins."""

    def __init__(self, size: int, hop: int) -> None:
        self.size = size
        self.hop = hop
        self._window = torch.hann_window(size, periodic=True)
        bins = torch.arange(size // 2 + 1, dtype=torch.float64)
        angle = torch.outer(bins, torch.arange(size, dtype=torch.float64)) * (2 * math.pi / size)
        # Every bin but the first and the last of a real signal stands for two.
        twice = torch.full((len(bins), 1), 2.0 / size, dtype=torch.float64)
        twice[0] = twice[-1] = 1.0 / size
        inverse = torch.cat([torch.cos(angle), -torch.sin(angle)]) * torch.cat([twice, twice])
        self._inverse = (inverse * self._window.double()).float()

    @property
    def bins(self) -> int:
        """Frequencies of a frame."""
        return self.size // 2 + 1

    @property
    def reach(self) -> int:
        """Frames on either side of a frame that have samples of it, and half a frame's at the ends of all samples."""
        return -(-self.size // 2 // self.hop)

    def frames(self, samples: Stretch) -> Stretch:
        """The frames that these samples are made of."""
        total = samples.total // self.hop + 1
        first, end = samples.first // self.hop - self.reach + 1, -(-samples.end // self.hop) + self.reach
        return Stretch(max(first, 0), min(end, total), total)

    def known(self, frames: Stretch) -> Stretch:
        """Frames whose `samples_of` are to be transformed for `frames`: those at their ends see mirrored samples."""
        near = frames.widened(self.reach)
        first, end = near.first // TOGETHER * TOGETHER, -(-near.end // TOGETHER) * TOGETHER
        return Stretch(first, min(end, near.total), near.total)

    def samples_of(self, frames: Stretch) -> Stretch:
        """From the middle of the first frame to that of the last."""
        return Stretch(frames.first * self.hop, (frames.end - 1) * self.hop, (frames.total - 1) * self.hop)

    def polar(self, samples: Tensor) -> Tensor:
        """Magnitudes and phases (frames, 2 x bins) of `samples`, one frame every hop, the edges mirrored."""
        # With the FFT of the stock model, not a product: the sign of a zero decides whether a phase is π or -π.
        edge = self.size // 2
        padded = functional.pad(samples[None], (edge, edge), mode="reflect")[0]
        frames, found = len(samples) // self.hop + 1, []
        for first in range(0, frames, FRAMES_AT_ONCE):
            end = min(first + FRAMES_AT_ONCE, frames)
            near = padded[first * self.hop : (end - 1) * self.hop + self.size]
            spectrum = torch.stft(near, self.size, self.hop, window=self._window, center=False, return_complex=True)
            found.append(torch.cat([spectrum.abs(), spectrum.angle()]).T)
        return torch.cat(found)

    def samples(self, magnitude: Tensor, phase: Tensor) -> Tensor:
        """The inverse, (frames - 1) x hop samples, of frames x bins."""
        frames = torch.cat([magnitude * phase.cos(), magnitude * phase.sin()], dim=1) @ self._inverse
        shape = (1, (len(frames) - 1) * self.hop + self.size)
        added = functional.fold(frames.T[None], shape, (1, self.size), stride=(1, self.hop)).flatten()
        square = (self._window * self._window)[:, None].expand(-1, len(frames))
        overlap = functional.fold(square[None], shape, (1, self.size), stride=(1, self.hop)).flatten()
        edge = self.size // 2
        return added[edge:-edge] / overlap[edge:-edge]
