"""Convolutions over time on tensor cores: the host's side of `jit.convolution`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.gpu.kernels.configuration import Choose, Configuration, Shape, width
from speechd.engines.kokoro.gpu.kernels.jit import convolution as jit
from speechd.engines.kokoro.gpu.kernels.jit import statistics as jit_statistics
from speechd.engines.kokoro.gpu.kernels.launch import Launch, Resources
from speechd.engines.kokoro.gpu.kernels.operands import Parts, empty_operand
from speechd.engines.kokoro.gpu.operations import Activation, Statistics
from speechd.engines.kokoro.gpu.packing import Layout

SPLIT_ROWS: Final = 16
"""At most, of one program of `split`: many small programs hide each other's waits for memory."""
SPLIT_NUMBERS: Final = 2048

SPECTRUM_CHANNELS: Final = 32
"""Of a row of the source's spectrum: magnitudes, phases, and zeros."""


@dataclass(frozen=True, slots=True)
class Context:
    """What all operations share. exact: whether factors have two parts."""

    device: torch.device
    exact: bool
    launch: Launch
    choose: Choose


class Operand:
    """norm, activation → rows in float16 parts, as `Product` reads them."""

    def __init__(
        self,
        context: Context,
        channels: int,
        activation: Activation = Activation.NONE,
        slope: float = 0.0,
        norms: Sequence[int] | None = None,
        pool: tuple[Tensor, Tensor] | None = None,
        summed: bool = False,
    ) -> None:
        """As `Operations.convolution`."""
        self._context = context
        self._channels = channels
        self._activation, self._slope = activation, slope
        self._summed = summed
        self._norms = None if norms is None else torch.tensor(norms, dtype=torch.int32, device=context.device)
        self._pool = None if pool is None else tuple(each.contiguous().to(context.device) for each in pool)

    def __call__(
        self, rows: Tensor, layout: Layout, branches: int, spare: int, styles: Tensor | None, statistics: Tensor | None
    ) -> tuple[Tensor, Tensor, int]:
        """High and low part of the operand, and the blocks of numbers from one branch to the next."""
        rows = rows.contiguous()
        context, channels = self._context, self._channels
        high, blocks = empty_operand(branches, layout.rows, channels, spare, context.device)
        low = torch.empty_like(high) if context.exact else high
        count = largest_divisor(layout.block_rows, SPLIT_ROWS)
        columns = largest_divisor(channels, max(32, SPLIT_NUMBERS // count))
        grid = (layout.rows // count, channels // columns, branches)
        arguments = self._arguments(rows, layout, styles, statistics)
        arguments |= {"high": high, "low": low, "operand_blocks": blocks}
        constants = self._constants(len(rows), layout) | {"ROWS": count, "COLUMNS": columns}
        context.launch(jit.split, grid, arguments, constants, Resources(warps=4))
        return high, low, blocks

    def _arguments(
        self, rows: Tensor, layout: Layout, styles: Tensor | None, statistics: Tensor | None
    ) -> dict[str, Tensor | int | float]:
        """Those that tell what is read. What a kernel does not read is some other tensor."""
        pool = self._pool or (rows, rows)
        return {
            "source": rows,
            "statistics": rows if statistics is None else statistics,
            "styles": rows if styles is None else styles,
            "norm_columns": layout.starts if self._norms is None else self._norms,
            "pool_weight": pool[0],
            "pool_bias": pool[1],
            "starts": layout.starts,
            "lengths": layout.lengths,
            "block_segment": layout.block_segment,
            "source_rows": rows.shape[1] if len(rows) > 1 else 0,
            "statistics_segments": 0 if statistics is None or len(statistics) == 1 else statistics.shape[1],
            "styles_stride": 0 if styles is None else styles.stride(0),
        }

    def _constants(self, branches: int, layout: Layout) -> dict[str, int | float | bool]:
        return {
            "CHANNELS": self._channels,
            "BLOCK": layout.block_rows,
            "SUMMED": branches if self._summed else 1,
            "NORM": self._norms is not None,
            "ACTIVATION": int(self._activation),
            "SLOPE": self._slope,
            "POOL": self._pool is not None,
            "EXACT": self._context.exact,
        }


def largest_divisor(number: int, limit: int) -> int:
    """The largest power of two that divides `number`, at most `limit`."""
    divisor = 1
    while divisor * 2 <= limit and number % (divisor * 2) == 0:
        divisor *= 2
    return divisor


@dataclass(frozen=True, slots=True)
class Window:
    """Which numbers of the operand a row of the result is made of, per tap.

    channels: of one tap, one after the other in memory; row_stride: numbers from one row to the next; first: numbers by
    which a single tap starts before the row's own; phase: as in `jit.convolution.convolve`.
    """

    channels: int
    row_stride: int
    dilation: int = 1
    first: int = 0
    phase: int = 0
    mirrored: bool = False


class Product:
    """Operand x weights + bias (+ residual), and its statistics."""

    def __init__(self, context: Context, weights: Sequence[Tensor], biases: Sequence[Tensor], window: Window) -> None:
        """weights: of each branch, (taps x channels, out); biases (out,)."""
        self._context = context
        self._window = window
        self.branches = len(weights)
        self.outputs = weights[0].shape[1]
        taps = [len(weight) // window.channels for weight in weights]
        self._taps = taps[0] if self.branches == 1 else 0
        self._most_taps = max(taps)
        self._width = width(self.outputs)
        parts = [Parts.of(self._wide(weight)) for weight in weights]
        device = context.device
        self._high = torch.cat([each.high for each in parts]).to(device)
        self._low = torch.cat([each.low for each in parts]).to(device) if context.exact else self._high
        self._scale = torch.tensor([each.scale for each in parts], device=device)
        self._bias = torch.stack([self._wide(bias) for bias in biases]).to(device)
        starts = torch.tensor([0, *taps]).cumsum(0)[:-1] * window.channels
        self._branch_taps = torch.tensor(taps, dtype=torch.int32, device=device)
        self._branch_start = starts.to(torch.int32).to(device)
        self._counters: Tensor | None = None

    def _wide(self, numbers: Tensor) -> Tensor:
        return functional.pad(numbers.float(), (0, self._width - self.outputs))

    def spare(self, tile: int) -> int:
        """Numbers that are read, and have no effect, beyond the last row of an operand."""
        reach = self._most_taps * self._window.dilation * self._window.channels
        return tile * self._window.row_stride + reach

    def __call__(
        self,
        operand: tuple[Tensor, Tensor, int],
        layout: Layout,
        out: Tensor,
        residual: Tensor | None = None,
        residual_scale: float = 1.0,
        measure: bool = False,
    ) -> Statistics | None:
        """Fill out (branches, rows, out); layout: of the tiles. The statistics where `measure`."""
        configuration = self._configuration(layout)
        blocks = self._width // configuration.columns
        tiles = len(layout.tile_segment) * (layout.tile_rows // configuration.rows)
        statistics, partial, counters = self._measures(layout, tiles, blocks) if measure else (out, out, out)
        arguments = self._arguments(layout, out if residual is None else residual.contiguous())
        arguments |= dict(zip(("high", "low", "operand_blocks"), operand, strict=True))
        arguments |= {"out": out, "out_rows": out.shape[1], "residual_scale": residual_scale}
        arguments |= {"statistics": statistics, "partial": partial, "counters": counters, "tiles": tiles}
        constants = self._constants(layout, configuration)
        constants |= {"RESIDUAL": _residual_kind(residual, out, self._window), "MEASURE": measure}
        grid = (tiles * blocks, self.branches)
        self._context.launch(jit.convolve, grid, arguments, constants, configuration.resources)
        return statistics if measure else None

    def _arguments(self, layout: Layout, residual: Tensor) -> dict[str, Tensor | int | float]:
        """Weights, tables and the residual."""
        return {
            "weight_high": self._high,
            "weight_low": self._low,
            "weight_scale": self._scale,
            "bias": self._bias,
            "residual": residual,
            "starts": layout.starts,
            "lengths": layout.lengths,
            "tile_segment": layout.tile_segment,
            "segment_tile": layout.segment_tile,
            "branch_taps": self._branch_taps,
            "branch_start": self._branch_start,
            "residual_rows": residual.shape[1] if len(residual) > 1 else 0,
            "segments": len(layout.starts),
            "dilation": self._window.dilation,
        }

    def _constants(self, layout: Layout, configuration: Configuration) -> dict[str, int | float | bool]:
        window = self._window
        return {
            "TAPS": self._taps,
            "CHANNELS": window.channels,
            "ROW_STRIDE": window.row_stride,
            "FIRST": window.first,
            "OUTPUTS": self.outputs,
            "WIDTH": self._width,
            "PHASE": window.phase,
            "TILE": layout.tile_rows,
            "ROWS": configuration.rows,
            "COLUMNS": configuration.columns,
            "DEPTH": configuration.depth,
            "EXACT": self._context.exact,
            "MIRRORED": window.mirrored,
        }

    def _configuration(self, layout: Layout) -> Configuration:
        shape = Shape(self._window.channels, self.outputs, self._most_taps, layout.tile_rows)
        configuration = self._context.choose(shape)
        if self._window.phase == 0:
            return configuration
        # All columns of a program read the same two rows.
        columns = largest_divisor(self.outputs // 2, configuration.columns)
        return replace(configuration, columns=columns)

    def _measures(self, layout: Layout, tiles: int, blocks: int) -> tuple[Tensor, Tensor, Tensor]:
        segments, device = len(layout.starts), self._context.device
        statistics = torch.empty(self.branches, segments, 2, self.outputs, device=device)
        partial = torch.empty(self.branches, tiles, 2, self._width, device=device)
        if self._counters is None:
            # Zero after every use: the last program of a segment sets its counter back.
            self._counters = torch.zeros(self.branches * segments * blocks, dtype=torch.int32, device=device)
        return statistics, partial, self._counters


def _residual_kind(residual: Tensor | None, out: Tensor, window: Window) -> int:
    if residual is None:
        return 0
    return 1 if residual.shape[1] == out.shape[1] or window.phase > 0 else 2


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


class Measurement:
    """Statistics of rows that no convolution measured."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._counters: dict[tuple[int, int], Tensor] = {}

    def __call__(self, rows: Tensor, layout: Layout) -> Statistics:
        """rows (branches, rows, channels)."""
        rows = rows.contiguous()
        branches, _, channels = rows.shape
        segments, tiles = len(layout.starts), len(layout.tile_segment)
        columns = largest_divisor(channels, 64)
        device = self._context.device
        statistics = torch.empty(branches, segments, 2, channels, device=device)
        self._context.launch(
            jit_statistics.measure,
            (tiles, channels // columns, branches),
            {
                "source": rows,
                "partial": torch.empty(branches, tiles, 2, channels, device=device),
                "counters": self._counter(branches, segments * (channels // columns)),
                "statistics": statistics,
                "lengths": layout.lengths,
                "starts": layout.starts,
                "tile_segment": layout.tile_segment,
                "segment_tile": layout.segment_tile,
                "source_rows": rows.shape[1],
                "segments": segments,
            },
            {"CHANNELS": channels, "TILE": layout.tile_rows, "COLUMNS": columns},
            Resources(warps=4),
        )
        return statistics

    def _counter(self, branches: int, size: int) -> Tensor:
        if (branches, size) not in self._counters:
            self._counters[branches, size] = torch.zeros(
                branches * size, dtype=torch.int32, device=self._context.device
            )
        return self._counters[branches, size]
