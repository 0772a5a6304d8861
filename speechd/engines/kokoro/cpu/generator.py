"""The vocoder: ISTFTNet (Kaneko et al. 2022, arXiv:2203.02395).

Upsampling and residual blocks as HiFi-GAN's (Kong et al. 2020, arXiv:2010.05646), with AdaIN and Snake in them, lead to
a magnitude and a phase, whose inverse short-time Fourier transform is the sound. All rows are time x channels.
"""

from __future__ import annotations

import math
import mmap
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu import ops
from speechd.engines.kokoro.cpu.adain import StyleMap, StyleMapBuilder, affine
from speechd.engines.kokoro.cpu.harmonic_source import HarmonicSource, Spectrum
from speechd.engines.kokoro.cpu.ops import Activation, Arithmetic, MakeConvolution, MakeProduct, windows
from speechd.engines.kokoro.cpu.tensors import Weights

LEAK: Final = 0.1
"""Slope of the leaky ReLU below zero, before each upsampling."""

UPSAMPLED_ROWS: Final = 256
"""Input rows of one product of an upsampling: the result, up to ten times as many rows, stays in the cache."""

SPECTRUM_ROWS: Final = 1024
"""Output rows of one product of a noise branch."""

Styles = list[tuple[Tensor, Tensor]]


class Buffers:
    """Rows that live from one synthesis to the next, because fresh pages cost as much as the work on them.

    They grow to the longest synthesis, which the model's limit of tokens bounds.
    """

    def __init__(self) -> None:
        self._memory: dict[str, Tensor] = {}

    def rows(self, name: str, count: int, channels: int) -> Tensor:
        """Rows (count, channels) with any content; the same memory for the same name."""
        size = count * channels
        if name not in self._memory or len(self._memory[name]) < size:
            self._memory.pop(name, None)
            self._memory[name] = _pages(size)
        return self._memory[name][:size].view(count, channels)


def _pages(size: int) -> Tensor:
    """Memory for `size` float32, on huge pages where the system has them: every row is another page otherwise."""
    pages = mmap.mmap(-1, size * 4, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    if hasattr(mmap, "MADV_HUGEPAGE"):
        pages.madvise(mmap.MADV_HUGEPAGE)
    return torch.frombuffer(pages, dtype=torch.float32)


class ResidualBlock:
    """Three rounds of (norm, Snake, dilated convolution, norm, Snake, convolution) beside an identity.

    Snake is x + sin²(αx)/α, with a learned α per channel (Ziyin et al. 2020, "Neural networks fail to learn periodic
    functions and how to fix it", arXiv:2006.08195); vocoders have it since BigVGAN (Lee et al. 2023, arXiv:2206.04658).
    """

    def __init__(self, weights: Weights, dilations: list[int], style: StyleMapBuilder, make: MakeConvolution) -> None:
        self._rounds = []
        for index, dilation in enumerate(dilations):
            pair = []
            for half, step in (1, dilation), (2, 1):
                # With v = αx, x + sin²(αx)/α is (v + sin²(v))/α: α goes into the norm, 1/α into the convolution.
                alpha = weights.tensor(f"alpha{half}.{index}").flatten()
                weight, bias = weights.convolution(f"convs{half}.{index}")
                norm = style.add(weights.part(f"adain{half}.{index}"), alpha)
                pair.append((norm, make(weight / alpha[:, None], bias, step, Activation.SNAKE)))
            self._rounds.append(pair)

    def __call__(self, rows: Tensor, of: Tensor, styles: Styles, buffers: Buffers, out: Tensor, add: bool) -> Tensor:
        """out ← block(rows) (+ out where `add`), and out's moments. `of`: the moments of rows; `out` may be rows."""
        count, channels = rows.shape
        inner = buffers.rows("inner", count, channels)
        stay = rows
        for index, ((first, widen), (second, close)) in enumerate(self._rounds):
            of = widen(stay, affine(of, count, *styles[first]), inner)
            last = index == len(self._rounds) - 1
            to = out if last else (rows if out is rows else buffers.rows("stay", count, channels))
            of = close(inner, affine(of, count, *styles[second]), to, stay, last and add)
            stay = to
        return of


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

    def add(self, rows: Tensor, out: Tensor) -> None:
        """rows (time, in), the leaky ReLU before it not yet applied; out (time x stride, out) is added to."""
        cut = self.stride // 2
        for first in range(0, len(rows) + 1, UPSAMPLED_ROWS):
            count = min(UPSAMPLED_ROWS, len(rows) + 1 - first)
            near = functional.leaky_relu(rows_around(rows, first - 1, first + count), LEAK)
            steps = self._product(windows(near, 2))
            start = first * self.stride - cut
            end = min(start + count * self.stride, len(out))
            begin = max(start, 0)
            out[begin:end] += steps.view(-1, self.outputs)[begin - start : end - start]


class NoiseBranch:
    """The source's spectrum at one stage's rate: a strided convolution."""

    def __init__(self, weights: Weights, index: int, stride: int) -> None:
        weight, self._bias = weights.convolution(f"noise_convs.{index}")
        self._taps = weight.shape[2]
        self._weight = weight.permute(2, 1, 0).flatten(0, 1)
        self._stride = stride
        self._pad = (stride + 1) // 2 if self._taps > 1 else 0

    def __call__(self, spectrum: Tensor, out: Tensor) -> None:
        """spectrum (frames, 2 x bins) → out (time, channels)."""
        for first in range(0, len(out), SPECTRUM_ROWS):
            part = out[first : first + SPECTRUM_ROWS]
            start = first * self._stride - self._pad
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
        self._last = index == len(rates) - 1
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

    def __call__(self, rows: Tensor, spectrum: Tensor, styles: Styles, buffers: Buffers) -> Tensor:
        """(time, in) → (time x stride, out), one more at the last stage; the sum, not the mean, of the blocks."""
        extra = 1 if self._last else 0
        count, channels = len(rows) * self._upsample.stride + extra, self._upsample.outputs
        mixed = buffers.rows("mixed", count, channels)
        self._noise(spectrum, mixed)
        self._noise_block(mixed, ops.moments(mixed), styles, buffers, mixed, False)
        before = mixed[2 * extra].clone()
        self._upsample.add(rows, mixed[extra:])
        if self._last:
            mixed[0] += mixed[2] - before  # the step before the first mirrors the one after it
        of = ops.moments(mixed)
        total = buffers.rows(f"total{channels}", count, channels)
        for index, block in enumerate(self._blocks):
            block(mixed, of, styles, buffers, total, index > 0)
        return total


class Generator:
    """Half frames, style and the source's excitation → samples."""

    def __init__(self, weights: Weights, config: dict[str, Any], make: Arithmetic) -> None:
        hop = config["gen_istft_hop_size"]
        self.source = HarmonicSource(weights.part("m_source"), math.prod(config["upsample_rates"]) * hop)
        self._spectrum = Spectrum(config["gen_istft_n_fft"], hop)
        style = StyleMapBuilder()
        self._stages = [Stage(weights, config, index, style, make) for index in range(len(config["upsample_rates"]))]
        self._style: StyleMap = style.freeze()
        weight, bias = weights.convolution("conv_post")
        self._post = make.convolution(weight / len(config["resblock_kernel_sizes"]), bias, 1, Activation.LEAKY)
        self._identity = torch.ones(weight.shape[1]), torch.zeros(weight.shape[1])
        self._buffers = Buffers()

    def __call__(self, rows: Tensor, style: Tensor, excitation: Tensor) -> Tensor:
        """rows (half frames, channels), style (1, style size), excitation (samples,) → (samples,)."""
        spectrum = self._spectrum.polar(excitation)
        styles = self._style(style)
        for stage in self._stages:
            rows = stage(rows, spectrum, styles, self._buffers)
        polar = self._buffers.rows("polar", len(rows), 2 * self._spectrum.bins)
        self._post(rows, self._identity, polar)
        magnitude, phase = torch.split(polar, self._spectrum.bins, dim=1)
        return self._spectrum.samples(magnitude.exp(), phase.sin())
