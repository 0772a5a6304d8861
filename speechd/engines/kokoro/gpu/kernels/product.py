"""Products of rows and weights on tensor cores: the host's side of `jit.convolution`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.gpu.kernels.configuration import Configuration, Shape, width
from speechd.engines.kokoro.gpu.kernels.context import Context, largest_divisor
from speechd.engines.kokoro.gpu.kernels.jit import convolution as jit
from speechd.engines.kokoro.gpu.kernels.operands import Parts
from speechd.engines.kokoro.gpu.operations import Statistics
from speechd.engines.kokoro.gpu.packing import Layout


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
