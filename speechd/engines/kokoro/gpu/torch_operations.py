"""The operations in plain PyTorch, on any device: the reference for kernels, and what runs where there are none.

How PyTorch orders the sums of a product depends on its shape, so the last bits of a segment depend on the batch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.gpu import torch_spectrum
from speechd.engines.kokoro.gpu.operations import (
    Activation,
    Convolution,
    Lstm,
    NoiseConvolution,
    Source,
    Spectrum,
    Statistics,
    Upsampling,
)
from speechd.engines.kokoro.gpu.packing import Layout
from speechd.engines.kokoro.gpu.source import TorchSource
from speechd.engines.kokoro.gpu.torch_lstm import TorchLstm

EPSILON: Final = 1e-5
"""Added to every variance: the default of `torch.nn.InstanceNorm1d`, which the model was trained with."""


class TorchOperations:
    """See `operations.Operations`."""

    def __init__(self, device: torch.device | str, *, fft_size: int = 20, hop: int = 5) -> None:
        self.device = torch.device(device)
        self._fft_size = fft_size
        self._hop = hop

    def convolution(
        self,
        weights: Sequence[Tensor],
        biases: Sequence[Tensor],
        *,
        dilation: int = 1,
        activation: Activation = Activation.NONE,
        slope: float = 0.0,
        norms: Sequence[int] | None = None,
        sum_branches: bool = False,
        pool: tuple[Tensor, Tensor] | None = None,
    ) -> Convolution:
        branches = [
            _Branch(weight.to(self.device), bias.to(self.device), dilation)
            for weight, bias in zip(weights, biases, strict=True)
        ]
        on_device = None if pool is None else (pool[0].to(self.device), pool[1].to(self.device))
        return TorchConvolution(branches, activation, slope, norms, sum_branches, on_device)

    def statistics(self, rows: Tensor, layout: Layout) -> Statistics:
        return statistics(rows, layout)

    def upsampling(
        self, weight: Tensor, bias: Tensor, *, stride: int, slope: float, mirrored: bool = False
    ) -> Upsampling:
        return TorchUpsampling(weight.to(self.device), bias.to(self.device), stride, slope, mirrored)

    def noise_convolution(self, weight: Tensor, bias: Tensor, *, stride: int) -> NoiseConvolution:
        return TorchNoiseConvolution(weight.to(self.device), bias.to(self.device), stride)

    def lstm(self, state: Mapping[str, Tensor]) -> Lstm:
        return TorchLstm(state, self.device)

    def attention(self, rows: Tensor, layout: Layout, heads: int) -> Tensor:
        padded = layout.padded(rows[0])
        segments, longest, width = padded.shape
        queries, keys, values = padded.view(segments, longest, 3, heads, width // 3 // heads).permute(2, 0, 3, 1, 4)
        inside = torch.arange(longest, device=rows.device) < layout.lengths[:, None].clamp(min=1)
        mixed = functional.scaled_dot_product_attention(queries, keys, values, attn_mask=inside[:, None, None])
        return layout.packed(mixed.transpose(1, 2).flatten(2))[None]

    def source(self, weight: Tensor, bias: Tensor, *, hop: int) -> Source:
        return TorchSource(weight, bias, hop, self.device)

    def spectrum(self, excitation: Tensor, samples: Layout, layout: Layout) -> Spectrum:
        return torch_spectrum.polar(excitation, samples, layout, self._fft_size, self._hop)

    def samples(self, polar: Tensor, layout: Layout, samples: Layout) -> Tensor:
        return torch_spectrum.samples(polar[0], layout, samples, self._fft_size, self._hop)


def statistics(rows: Tensor, layout: Layout) -> Statistics:
    """Of every block around its own mean in float32, then of all blocks of a segment in float64 (Chan et al., 1979)."""
    blocks = layout.by_block(layout.masked(rows))
    valid = layout.by_block(layout.valid)
    count = valid.sum(dim=1).double()
    mean = (blocks.sum(dim=-2) / count.clamp(min=1)).float()
    apart = torch.where(valid, blocks - mean[..., None, :], 0.0)
    square = (apart * apart).sum(dim=-2).double()
    # A product with a matrix of zeros and ones: unlike a scatter, its order of sums is fixed.
    owner = torch.arange(layout.segments, device=rows.device)[:, None] == layout.block_segment
    owner = owner.double()
    total = (owner @ count).clamp(min=1)
    middle = owner @ (count * mean.double()) / total
    apart_of_blocks = mean - middle[..., layout.nearest_segment, :]
    variance = owner @ (square + count * apart_of_blocks.square()) / total
    return torch.stack([middle, (variance + EPSILON).rsqrt()], dim=-2).float()


def normalized(rows: Tensor, layout: Layout, of: Statistics, styles: Tensor, norm: int) -> Tensor:
    """gain · (rows - mean) / deviation + offset, for one branch (rows, channels)."""
    channels = rows.shape[1]
    gain, offset = (styles[:, start : start + channels] for start in (norm, norm + channels))
    scale = of[:, 1].double() * gain
    shift = offset - of[:, 0] * scale
    each = layout.nearest_segment
    blocks = torch.addcmul(shift.float()[each, None], layout.by_block(rows), scale.float()[each, None])
    return blocks.flatten(0, 1)


def activated(rows: Tensor, activation: Activation, slope: float) -> Tensor:
    """The activation of every element."""
    if activation is Activation.SNAKE:
        sine = rows.sin()
        return torch.addcmul(rows, sine, sine)
    if activation is Activation.LEAKY:
        return functional.leaky_relu(rows, slope)
    if activation is Activation.GELU:
        return functional.gelu(rows, approximate="tanh")
    return rows


def doubled(rows: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The depthwise transposed convolution (stride 2, 3 taps) of rows (rows, channels), zero in the gaps."""
    before, here, after = weight[:, 0].T
    wide = torch.stack([torch.addcmul(bias, rows, here), torch.addcmul(bias, rows, after)], dim=1)
    wide[:-1, 1] += rows[1:] * before
    return wide.flatten(0, 1)


class _Branch:
    """One convolution of rows (rows, in) that are zero in the gaps."""

    def __init__(self, weight: Tensor, bias: Tensor, dilation: int) -> None:
        # The CPU convolves channels-last images several times as fast as rows of channels.
        self._weight = weight[:, :, None].contiguous(memory_format=torch.channels_last)
        self._linear = weight[:, :, 0] if weight.shape[2] == 1 else None
        self._bias = bias
        self._dilation = dilation

    def __call__(self, rows: Tensor) -> Tensor:
        if self._linear is not None:
            return functional.linear(rows, self._linear, self._bias)
        reach = self._dilation * (self._weight.shape[3] // 2)
        image = rows.T[None, :, None]
        return functional.conv2d(image, self._weight, self._bias, padding=(0, reach), dilation=(1, self._dilation))[
            0, :, 0
        ].T


class TorchConvolution:
    """See `operations.Convolution`."""

    def __init__(
        self,
        branches: Sequence[_Branch],
        activation: Activation,
        slope: float,
        norms: Sequence[int] | None,
        sum_branches: bool,
        pool: tuple[Tensor, Tensor] | None,
    ) -> None:
        self._branches = branches
        self._activation = activation
        self._slope = slope
        self._norms = norms
        self._sum_branches = sum_branches
        self._pool = pool

    def __call__(
        self,
        rows: Tensor,
        layout: Layout,
        *,
        styles: Tensor | None = None,
        statistics: Statistics | None = None,
        residual: Tensor | None = None,
        residual_scale: float = 1.0,
        measure: bool = False,
    ) -> tuple[Tensor, Statistics | None]:
        if self._sum_branches:
            rows = summed(rows)[None]
        at = layout if self._pool is None else _halved(layout)
        parts = [
            branch(self._prepared(index, rows, at, layout, styles, statistics))
            for index, branch in enumerate(self._branches)
        ]
        out = torch.stack(parts)
        if residual is not None:
            each = layout.rows // residual.shape[1]
            wide = residual[:, :, None].expand(-1, -1, each, -1).flatten(1, 2)
            out = torch.add(out, wide, alpha=residual_scale)
        return out, _statistics(out, layout) if measure else None

    def _prepared(
        self, index: int, rows: Tensor, at: Layout, to: Layout, styles: Tensor | None, statistics: Statistics | None
    ) -> Tensor:
        """What the convolution of one branch reads, with zeros in the gaps."""
        near = rows[min(index, len(rows) - 1)]
        if self._norms is not None:
            assert styles is not None
            assert statistics is not None
            of = statistics[min(index, len(statistics) - 1)]
            near = normalized(near, at, of, styles, self._norms[index])
        near = at.masked(activated(near, self._activation, self._slope))
        return near if self._pool is None else to.masked(doubled(near, *self._pool))


_statistics = statistics


def _halved(layout: Layout) -> Layout:
    """The layout of half the rate, as far as PyTorch's operations need it."""
    return Layout(
        rate=layout.rate // 2,
        extra=0,
        rows=layout.rows // 2,
        longest=layout.longest // 2,
        starts=layout.starts // 2,
        lengths=layout.lengths // 2,
        block_segment=layout.block_segment,
        tile_rows=layout.tile_rows,
        tile_segment=layout.tile_segment,
        segment_tile=layout.segment_tile,
    )


def summed(rows: Tensor) -> Tensor:
    """(branches, rows, channels) → (rows, channels), in order."""
    total = rows[0]
    for branch in rows[1:]:
        total = total + branch
    return total


class TorchUpsampling:
    """See `operations.Upsampling`."""

    def __init__(self, weight: Tensor, bias: Tensor, stride: int, slope: float, mirrored: bool) -> None:
        # What two neighbouring rows give to the `stride` rows of output from the later one's place on.
        before, here = weight[:, :, stride:], weight[:, :, :stride]
        self._weight = torch.cat([before, here]).permute(2, 1, 0).flatten(0, 1).contiguous()
        self._bias = bias.repeat(stride)
        self._stride = stride
        self._slope = slope
        self._mirrored = mirrored

    def __call__(self, rows: Tensor, layout: Layout, add: Tensor, into: Layout) -> tuple[Tensor, Statistics]:
        near = functional.leaky_relu(layout.masked(summed(rows)), self._slope)
        pairs = torch.cat([functional.pad(near, (0, 0, 1, 0))[:-1], near], dim=1)
        steps = functional.linear(pairs, self._weight, self._bias).view(into.rows, -1)
        # Row q of the pairs begins half a stride before its own place.
        row = torch.arange(into.rows, device=rows.device) - (into.offset - self._source(into.offset))
        out = add + steps[(row + self._stride // 2).clamp(0, into.rows - 1)]
        return out, statistics(out, into)

    def _source(self, offset: Tensor) -> Tensor:
        return (offset - 1).abs() if self._mirrored else offset


class TorchNoiseConvolution:
    """See `operations.NoiseConvolution`."""

    def __init__(self, weight: Tensor, bias: Tensor, stride: int) -> None:
        self._taps = weight.shape[2]
        self._weight = weight.permute(0, 2, 1).flatten(1).contiguous()
        self._bias = bias
        self._stride = stride
        self._pad = (stride + 1) // 2 if self._taps > 1 else 0

    def __call__(self, spectrum: Spectrum, layout: Layout) -> tuple[Tensor, Statistics]:
        count = layout.rows
        near = functional.pad(spectrum, (0, 0, self._pad, self._taps)).unfold(0, self._taps, self._stride)[:count]
        out = functional.linear(near.transpose(1, 2).flatten(1), self._weight, self._bias)[None]
        return out, statistics(out, layout)
