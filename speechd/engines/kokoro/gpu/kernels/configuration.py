"""How the work of a convolution is cut up for the device."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from speechd.engines.kokoro.gpu.kernels.launch import Resources


@dataclass(frozen=True, slots=True)
class Configuration:
    """rows x columns of the result are one program's, and it multiplies `depth` channels at a time.

    Of the result's sums only the statistics depend on it, by `rows`.
    """

    rows: int
    columns: int
    depth: int
    resources: Resources

    def shared(self, parts: int) -> int:
        """Bytes of shared memory, where each factor has so many parts in float16."""
        return self.resources.stages * (self.rows + self.columns) * self.depth * parts * 2


@dataclass(frozen=True, slots=True)
class Shape:
    """Of a convolution: channels in and out, the most taps, rows of the layout's tiles."""

    inputs: int
    outputs: int
    taps: int
    tile: int


MANY_ROWS: Final = 128
"""Of a tile: at the generator's rates. There 128 x 128 was the fastest on an H100 by 15 to 25 % for 32 s of audio; for
a single second 128 x 64 would be, by 3 to 30 %."""

DEPTHS_AND_STAGES: Final = ((64, 3), (32, 4), (32, 3), (32, 2))
"""The fastest first."""

SHARED: Final = {80: 163 << 10, 86: 99 << 10, 89: 99 << 10, 90: 227 << 10, 100: 179 << 10, 120: 99 << 10}
"""Bytes of shared memory that one program may have, by compute capability x 10 (CUDA C++ Programming Guide).

Of the 227 KiB of 100, Triton 3.6 takes 48 for what goes to tensor memory.
"""

LEAST_SHARED: Final = min(SHARED.values())

Choose = Callable[[Shape], Configuration]


def choose(shape: Shape, shared: int, parts: int) -> Configuration:
    """The fastest configuration that fits in `shared` bytes of shared memory; `parts` of each factor, 1 or 2.

    It is the same for every batch, so that results are.
    """
    columns = 128 if shape.tile >= MANY_ROWS and shape.outputs % 128 == 0 else min(64, width(shape.outputs))
    warps = 8 if shape.tile >= MANY_ROWS else 4
    for depth, stages in DEPTHS_AND_STAGES:
        configuration = Configuration(shape.tile, columns, depth, Resources(warps, stages))
        if shape.inputs % depth == 0 and configuration.shared(parts) <= shared:
            return configuration
    raise ValueError(f"no configuration for {shape} fits in {shared} bytes of shared memory")


def width(outputs: int) -> int:
    """Columns of the weights in memory: a power of two from 16 to 64, or a multiple of 64."""
    if outputs > 64:
        return -(-outputs // 64) * 64
    return max(16, 1 << (outputs - 1).bit_length())
