"""The vocoder: ISTFTNet (Kaneko et al. 2022, arXiv:2203.02395).

Upsampling and residual blocks as HiFi-GAN's (Kong et al. 2020, arXiv:2010.05646), with AdaIN and Snake in them, lead to
a magnitude and a phase, whose inverse short-time Fourier transform is the sound. All rows are time x channels.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu.adain import StyleMap, StyleMapBuilder
from speechd.engines.kokoro.cpu.buffers import Buffers
from speechd.engines.kokoro.cpu.generator_block import Norms, ResidualBlock
from speechd.engines.kokoro.cpu.harmonic_source import HarmonicSource, Spectrum
from speechd.engines.kokoro.cpu.norm_statistics import Statistics
from speechd.engines.kokoro.cpu.ops import Activation, Arithmetic, MakeProduct, windows
from speechd.engines.kokoro.cpu.stretch import Stretch
from speechd.engines.kokoro.cpu.tensors import Weights

LEAK: Final = 0.1
"""Slope of the leaky ReLU below zero, before each upsampling."""

UPSAMPLED_ROWS: Final = 256
"""Input rows of one product of an upsampling: the result, up to ten times as many rows, stays in the cache."""

SPECTRUM_ROWS: Final = 1024
"""Output rows of one product of a noise branch."""


@dataclass(frozen=True, slots=True)
class StageRoute:
    """The rows that one stage computes for a window: of its source, of its noise branch, of both mixed, and its own."""

    source: Stretch
    noise: Stretch
    mixed: Stretch
    out: Stretch


@dataclass(frozen=True, slots=True)
class Route:
    """The rows that the generator computes for a window.

    source: half frames; excitation, samples: samples; spectrum, frames: of the excitation's and the result's Fourier
    transform; known: frames of the spectrum, with those at the ends that saw mirrored samples where there are others.
    """

    excitation: Stretch
    known: Stretch
    spectrum: Stretch
    stages: tuple[StageRoute, ...]
    frames: Stretch
    samples: Stretch

    @property
    def source(self) -> Stretch:
        """Half frames of the decoder."""
        return self.stages[0].source


class Upsample:
    """A transposed convolution whose taps are twice its stride, as one product of neighbouring rows."""

    def __init__(self, weights: Weights, name: str, stride: int, scale: float, make: MakeProduct) -> None:
        weight, bias = weights.convolution(name)
        inputs, outputs, taps = weight.shape
        if taps != 2 * stride:
            raise ValueError(f"{name}: {taps} taps at stride {stride}; only twice the stride is known here")
        # Row q of the product: what input rows q - 1 and q give to the time steps from q · stride on.
        before, here = weight[:, :, stride:], weight[:, :, :stride]
        matrix = torch.cat([before, here]).permute(2, 1, 0).reshape(stride * outputs, 2 * inputs) * scale
        self._product = make(matrix, bias.repeat(stride) if len(bias) == outputs else bias.new_zeros(len(matrix)))
        self.stride = stride
        self.outputs = outputs

    def source(self, steps: Stretch) -> Stretch:
        """The rows that the time steps `steps` are made of."""
        cut, total = self.stride // 2, steps.total // self.stride
        first, end = (steps.first + cut) // self.stride - 1, (steps.end - 1 + cut) // self.stride + 1
        return Stretch(max(first, 0), min(end, total), total)

    def add(self, rows: Tensor, at: Stretch, out: Tensor, steps: Stretch) -> None:
        """Add the time steps `steps` to out (time, out).

        rows (time, in): those of the stretch `at`, the leaky ReLU before it not yet applied.
        """
        cut = self.stride // 2
        past = (steps.end - 1 + cut) // self.stride + 1
        for first in range((steps.first + cut) // self.stride, past, UPSAMPLED_ROWS):
            count = min(UPSAMPLED_ROWS, past - first)
            start = first - 1 - at.first
            near = functional.leaky_relu(rows_around(rows, start, start + count + 1), LEAK)
            made = self._product(windows(near, 2)).view(-1, self.outputs)
            begin = first * self.stride - cut
            here = Stretch(max(begin, steps.first), min(begin + count * self.stride, steps.end), steps.total)
            out[here.within(steps)] += made[here.first - begin : here.end - begin]


class NoiseBranch:
    """The source's spectrum at one stage's rate: a strided convolution."""

    def __init__(self, weights: Weights, index: int, stride: int) -> None:
        weight, self._bias = weights.convolution(f"noise_convs.{index}")
        self._taps = weight.shape[2]
        self._weight = weight.permute(2, 1, 0).flatten(0, 1)
        self._stride = stride
        self._pad = (stride + 1) // 2 if self._taps > 1 else 0

    def source(self, out: Stretch, total: int) -> Stretch:
        """The frames, of `total`, that the rows `out` are made of."""
        first, end = out.first * self._stride - self._pad, (out.end - 1) * self._stride - self._pad + self._taps
        return Stretch(max(first, 0), min(end, total), total)

    def __call__(self, spectrum: Tensor, at: Stretch, out: Tensor, to: Stretch) -> None:
        """Frames (frames, 2 x bins) of the stretch `at` → out (time, channels), the rows `to`."""
        for first in range(0, len(out), SPECTRUM_ROWS):
            part = out[first : first + SPECTRUM_ROWS]
            start = (to.first + first) * self._stride - self._pad - at.first
            near = rows_around(spectrum, start, start + (len(part) - 1) * self._stride + self._taps)
            windows = near.unfold(0, self._taps, self._stride).transpose(1, 2).flatten(1)
            torch.addmm(self._bias, windows, self._weight, out=part)


def rows_around(rows: Tensor, first: int, end: int) -> Tensor:
    """rows[first:end], with zeros before the first and after the last."""
    inside = rows[max(first, 0) : end]
    return functional.pad(inside, (0, 0, max(-first, 0), max(end - len(rows), 0)))


class Stage:
    """One upsampling: leaky ReLU, transposed convolution, plus the noise branch, then the mean of residual blocks."""

    def __init__(
        self, weights: Weights, config: dict[str, Any], index: int, style: StyleMapBuilder, make: Arithmetic
    ) -> None:
        rates, kernels_per_stage = config["upsample_rates"], len(config["resblock_kernel_sizes"])
        dilations = config["resblock_dilation_sizes"]
        self._extra = 1 if index == len(rates) - 1 else 0
        # The mean of the previous stage's blocks: leaky ReLU lets the division pass, so the weights take it.
        self._upsample = Upsample(
            weights, f"ups.{index}", rates[index], 1.0 if index == 0 else 1 / kernels_per_stage, make.product
        )
        self._noise = NoiseBranch(weights, index, math.prod(rates[index + 1 :]))
        self._noise_block = ResidualBlock(weights.part(f"noise_res.{index}"), [1, 3, 5], style, make.convolution)
        self._blocks = [
            ResidualBlock(
                weights.part(f"resblocks.{index * kernels_per_stage + block}"),
                dilations[block],
                style,
                make.convolution,
            )
            for block in range(kernels_per_stage)
        ]

    @property
    def rate(self) -> tuple[int, int]:
        """Rows for each of its source's, and how many more at the end of a passage."""
        return self._upsample.stride, self._extra

    def route(self, out: Stretch) -> StageRoute:
        """The rows that it computes for the rows `out` of its result."""
        mixed = out.widened(max(block.reach for block in self._blocks))
        return StageRoute(self._upsample.source(self._steps(mixed)), mixed.widened(self._noise_block.reach), mixed, out)

    def spectrum(self, noise: Stretch, total: int) -> Stretch:
        """The frames, of `total`, that the rows `noise` of its noise branch are made of."""
        return self._noise.source(noise, total)

    def __call__(
        self, rows: Tensor, spectrum: Tensor, known: Stretch, route: StageRoute, norms: Norms, buffers: Buffers
    ) -> Tensor:
        """Rows `route.source` (time, in) → rows `route.out` (time x stride, out); the sum, not the mean, of the blocks.

        spectrum: of the frames `known`.
        """
        channels, at = self._upsample.outputs, route.mixed
        wide = buffers.rows("mixed", len(route.noise), channels)
        self._noise(spectrum, known, wide, route.noise)
        self._noise_block(wide, route.noise, norms(wide, route.noise), at, norms, buffers, wide, False)
        mixed = wide[at.within(route.noise)]
        self._add_upsampled(rows, route, mixed)
        of = norms(mixed, at)
        total = buffers.rows(f"total{channels}", len(at), channels)
        for index, block in enumerate(self._blocks):
            block(mixed, at, of, route.out, norms, buffers, total, index > 0)
        return total[route.out.within(at)]

    def _add_upsampled(self, rows: Tensor, route: StageRoute, mixed: Tensor) -> None:
        steps = self._steps(route.mixed)
        late = len(mixed) - len(steps)  # 1 where there is a step before the first
        before = mixed[2 * late].clone()
        self._upsample.add(rows, route.source, mixed[late:], steps)
        if late:
            mixed[0] += mixed[2] - before  # the step before the first mirrors the one after it

    def _steps(self, rows: Stretch) -> Stretch:
        """The time steps of the upsampling that are in `rows`, of which there may be one more, before the first."""
        first, end = rows.first - self._extra, rows.end - self._extra
        return Stretch(max(first, 0), end, rows.total - self._extra)


class Generator:
    """Half frames, style and the source's excitation → samples, a stretch of them at a time."""

    def __init__(self, weights: Weights, config: dict[str, Any], make: Arithmetic) -> None:
        hop = config["gen_istft_hop_size"]
        self.hop: int = math.prod(config["upsample_rates"]) * hop
        self.source = HarmonicSource(weights.part("m_source"), self.hop)
        self._spectrum = Spectrum(config["gen_istft_n_fft"], hop)
        style = StyleMapBuilder()
        self._stages = [Stage(weights, config, index, style, make) for index in range(len(config["upsample_rates"]))]
        self._style: StyleMap = style.freeze()
        weight, bias = weights.convolution("conv_post")
        self._reach = weight.shape[2] // 2
        self._post = make.convolution(weight / len(config["resblock_kernel_sizes"]), bias, 1, Activation.LEAKY)
        self._identity = torch.ones(weight.shape[1]), torch.zeros(weight.shape[1])
        self._buffers = Buffers()
        self._text = make.text

    @property
    def statistics_size(self) -> int:
        """Numbers that the means and variances of all norms are, at most."""
        return sum(self._style.sizes)

    def route(self, samples: Stretch) -> Route:
        """The rows that it computes for these samples, whose first is that of a half frame."""
        frames = self._spectrum.frames(samples)
        needed, stages = frames.widened(self._reach), list[StageRoute]()
        for stage in reversed(self._stages):
            stages.insert(0, stage.route(needed))
            needed = stages[0].source
        sources = [stage.spectrum(route.noise, frames.total) for stage, route in zip(self._stages, stages, strict=True)]
        first, end = min(source.first for source in sources), max(source.end for source in sources)
        spectrum = Stretch(first, end, frames.total)
        known = self._spectrum.known(spectrum)
        return Route(self._spectrum.samples_of(known), known, spectrum, tuple(stages), frames, samples)

    def __call__(
        self, rows: Tensor, style: Tensor, excitation: Tensor, route: Route, core: Stretch, statistics: Statistics
    ) -> Tensor:
        """The samples `route.samples`.

        rows (half frames, channels), excitation (samples,): those of `route.source` and `route.excitation`; style (1,
        style size); core: the window's half frames.
        """
        spectrum = self._spectrum.polar(excitation)[route.spectrum.within(route.known)]
        styles = self._style(style)
        for stage, steps in zip(self._stages, route.stages, strict=True):
            core = core.scaled(*stage.rate)
            rows = stage(
                rows, spectrum, route.spectrum, steps, Norms(styles, core, statistics, self._text), self._buffers
            )
        polar = self._buffers.rows("polar", len(rows), 2 * self._spectrum.bins)
        self._post(rows, self._identity, polar)
        polar = polar[route.frames.within(route.stages[-1].out)]
        magnitude, phase = torch.split(polar, self._spectrum.bins, dim=1)
        samples = self._spectrum.samples(magnitude.exp(), phase.sin())
        self._buffers.release()
        return samples[route.samples.within(self._spectrum.samples_of(route.frames))]
