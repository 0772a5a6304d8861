"""Weights in three bytes each, as the kernels keep them for a matrix unit (csrc/amx.inl): whole numbers and factors."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

NUMBER_BYTES: Final = 3
"""Bytes of a number."""
LARGEST: Final = 2**23 - 2
"""The largest of the numbers, but for the rounding of factors, which may make it greater by one."""
SMALLEST: Final = 1e-30
"""The least that the largest of some weights is taken to be, so that their factor is no zero."""
BEHIND: Final = 16
"""Bytes that the kernels may read behind the last number."""
TILE: Final = 16
"""Columns of a tile of a matrix unit."""


def factors(largest: Tensor) -> Tensor:
    """The factors of weights whose magnitudes are at most these, float32. A weight is a number times its factor."""
    return largest.float().clamp(min=SMALLEST) / LARGEST


def packed(weights: Tensor, factor: Tensor) -> Tensor:
    """The numbers of weights (..., in, out), uint8 (bytes,): of 16 outputs at a time, all inputs in pairs.

    factor: that of each weight, of a shape that expands to theirs.
    """
    numbers = (weights.double() / factor.double()).round().int()
    inputs, outputs = numbers.shape[-2:]
    tiles = numbers.reshape(-1, inputs // 2, 2, outputs // TILE, TILE).permute(0, 3, 1, 4, 2).contiguous()
    lowest = tiles.view(torch.uint8).view(-1, 4)[:, :NUMBER_BYTES]  # the lowest bytes come first on x86
    return functional.pad(lowest.flatten(), (0, BEHIND))
