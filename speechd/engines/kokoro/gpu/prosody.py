"""Pitch and energy at two values a frame, from what the durations stretch; for all segments at once."""

from __future__ import annotations

import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.tensors import Weights
from speechd.engines.kokoro.gpu.layers import AdaptiveBlock, Styles, lstm
from speechd.engines.kokoro.gpu.operations import Operations, Statistics
from speechd.engines.kokoro.gpu.packing import Layout, Layouts


class Curve:
    """One value for every half frame: pitch or energy."""

    def __init__(self, weights: Weights, name: str, styles: Styles, operations: Operations) -> None:
        self._blocks = [AdaptiveBlock(block, styles, operations) for block in weights.parts(name)]
        weight, bias = weights.convolution(f"{name}_proj")
        self._project = operations.convolution([weight], [bias])

    def __call__(self, rows: Tensor, statistics: Statistics, frames: Layout, halves: Layout, styles: Tensor) -> Tensor:
        layout = frames
        measured: Statistics | None = statistics
        for block in self._blocks:
            to = halves if block.doubles else layout
            assert measured is not None
            rows, measured = block(rows, measured, layout, to, styles)
            layout = to
        return self._project(rows, layout)[0][0, :, 0]


class Prosody:
    """Pitch in Hz and energy."""

    def __init__(self, predictor: Weights, operations: Operations) -> None:
        self._operations = operations
        self._shared = lstm(predictor.part("shared"), operations)
        styles = Styles(operations)
        self._pitch = Curve(predictor, "F0", styles, operations)
        self._energy = Curve(predictor, "N", styles, operations)
        self._styles = styles.freeze()

    def __call__(self, rows: Tensor, style: Tensor, layouts: Layouts) -> tuple[Tensor, Tensor]:
        """rows (frames, channels), style (segments, style size), the prosody's half → two of (half frames,)."""
        shared = self._shared(rows[None], layouts.frames)
        statistics = self._operations.statistics(shared, layouts.frames)
        styles = self._styles(style, layouts.places)
        arguments = (shared, statistics, layouts.frames, layouts.halves, styles)
        return self._pitch(*arguments), self._energy(*arguments)


def stretched(durations: Tensor, tokens: Layout, frames: Layout) -> Tensor:
    """The token of each frame, rows of `tokens`; (frames.rows,) int64. durations (tokens.rows,), 0 in the gaps."""
    ends = durations.cumsum(0)
    first = (ends - durations)[tokens.starts]
    frame = first[frames.row_segment] + frames.offset
    return torch.searchsorted(ends, frame, right=True).clamp(max=tokens.rows - 1)
