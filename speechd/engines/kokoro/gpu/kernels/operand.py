"""Rows as a product reads them: the host's side of `jit.operand`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from speechd.engines.kokoro.gpu.kernels.context import Context, largest_divisor
from speechd.engines.kokoro.gpu.kernels.jit import operand as jit
from speechd.engines.kokoro.gpu.kernels.launch import Resources
from speechd.engines.kokoro.gpu.kernels.operands import empty_operand
from speechd.engines.kokoro.gpu.operations import Activation
from speechd.engines.kokoro.gpu.packing import Layout

SPLIT_ROWS: Final = 16
"""At most, of one program of `split`: many small programs hide each other's waits for memory."""
SPLIT_NUMBERS: Final = 2048


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
