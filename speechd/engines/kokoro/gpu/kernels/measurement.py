"""Mean and deviation of segments: the host's side of `jit.statistics`."""

from __future__ import annotations

import torch
from torch import Tensor

from speechd.engines.kokoro.gpu.kernels.context import Context, largest_divisor
from speechd.engines.kokoro.gpu.kernels.jit import statistics as jit
from speechd.engines.kokoro.gpu.kernels.launch import Resources
from speechd.engines.kokoro.gpu.operations import Statistics
from speechd.engines.kokoro.gpu.packing import Layout


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
            jit.measure,
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
