"""Convolutions over time: a launch that makes the operand, and one for the product."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.gpu.kernels.context import Context
from speechd.engines.kokoro.gpu.kernels.measurement import Measurement
from speechd.engines.kokoro.gpu.kernels.operand import Operand
from speechd.engines.kokoro.gpu.kernels.product import Product, Window
from speechd.engines.kokoro.gpu.operations import Activation, Statistics
from speechd.engines.kokoro.gpu.packing import Layout

SPECTRUM_CHANNELS: Final = 32
"""Of a row of the source's spectrum: magnitudes, phases, and zeros."""


class Convolution:
    """As `operations.Convolution`."""

    def __init__(
        self,
        context: Context,
        weights: Sequence[Tensor],
        biases: Sequence[Tensor],
        dilation: int,
        activation: Activation,
        slope: float,
        norms: Sequence[int] | None,
        sum_branches: bool,
        pool: tuple[Tensor, Tensor] | None,
    ) -> None:
        channels = weights[0].shape[1]
        flat = [weight.permute(2, 1, 0).flatten(0, 1) for weight in weights]
        self._context = context
        self._operand = Operand(context, channels, activation, slope, norms, pool, sum_branches)
        self._product = Product(context, flat, biases, Window(channels, channels, dilation))

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
        product = self._product
        out = torch.empty(product.branches, layout.rows, product.outputs, device=self._context.device)
        operand = self.operand(rows, layout, styles, statistics)
        return out, product(operand, layout, out, residual, residual_scale, measure)

    def operand(
        self, rows: Tensor, layout: Layout, styles: Tensor | None, statistics: Statistics | None
    ) -> tuple[Tensor, Tensor, int]:
        """The first of the two launches: what the product reads."""
        product = self._product
        return self._operand(rows, layout, product.branches, product.spare(layout.tile_rows), styles, statistics)


class Upsampling:
    """As `operations.Upsampling`."""

    def __init__(
        self, context: Context, weight: Tensor, bias: Tensor, stride: int, slope: float, mirrored: bool
    ) -> None:
        channels, outputs, _ = weight.shape
        self._context = context
        self._outputs = outputs
        self._operand = Operand(context, channels, Activation.LEAKY, slope, summed=True)
        window = Window(channels, channels, phase=outputs, mirrored=mirrored)
        self._product = Product(context, [phases(weight, stride)], [bias.repeat(stride)], window)
        self._measure = Measurement(context)

    def __call__(self, rows: Tensor, layout: Layout, add: Tensor, into: Layout) -> tuple[Tensor, Statistics]:
        product = self._product
        operand = self._operand(rows, layout, 1, product.spare(layout.tile_rows), None, None)
        out = torch.empty(1, into.rows, self._outputs, device=self._context.device)
        product(operand, layout, out, add)
        return out, self._measure(out, into)


def phases(weight: Tensor, stride: int) -> Tensor:
    """A transposed convolution (in, out, 2 x stride) as a product of two neighbouring rows, (2 x in, stride x out).

    Each row becomes `stride` rows. The first half of them are made of the row before and of the row itself, the others
    of the row itself and of the row after it. Raises ValueError for other taps, and for an odd stride.
    """
    if weight.shape[2] != 2 * stride or stride % 2 == 1:
        raise ValueError(f"{weight.shape[2]} taps at stride {stride}; only twice an even stride is known here")
    half = stride // 2
    left = torch.cat([weight[:, :, stride + half :], weight[:, :, stride : stride + half]], dim=2)
    right = torch.cat([weight[:, :, half:stride], weight[:, :, :half]], dim=2)
    return torch.cat([left, right]).transpose(1, 2).flatten(1)


class NoiseConvolution:
    """As `operations.NoiseConvolution`; reads what `fourier.Analysis` makes."""

    def __init__(self, context: Context, weight: Tensor, bias: Tensor, stride: int) -> None:
        _outputs, inputs, taps = weight.shape
        self._context = context
        flat = functional.pad(weight.permute(2, 1, 0), (0, 0, 0, SPECTRUM_CHANNELS - inputs)).flatten(0, 1)
        padding = (stride + 1) // 2 if taps > 1 else 0
        window = Window(len(flat), stride * SPECTRUM_CHANNELS, first=padding * SPECTRUM_CHANNELS)
        self._product = Product(context, [flat], [bias], window)

    def __call__(self, spectrum: Tensor, layout: Layout) -> tuple[Tensor, Statistics]:
        out = torch.empty(1, layout.rows, self._product.outputs, device=self._context.device)
        statistics = self._product((spectrum[0], spectrum[1], 0), layout, out, measure=True)
        assert statistics is not None
        return out, statistics
