"""Weights in three signed bytes each, as the kernels multiply them on a matrix unit (csrc/amx_product.inl).

They are digits of base 256, from -128 to 127, of whole numbers.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.three_bytes import SMALLEST, TILE

PLACE: Final = 64
"""Inputs that lie together; `kPlace` of the kernels."""
DIGITS: Final = 3
"""Digits of a number."""
LARGEST: Final = 127 * 0x010101 - 1
"""The largest of the numbers, but for the rounding of factors, which may make it greater by one."""
HIGHEST: Final = 1 << 16
"""What the highest digit counts."""
HALVES: Final = 0x808080
"""Half a base added to each digit makes one of a number without signs."""


def factors(largest: Tensor) -> Tensor:
    """The factors of weights whose magnitudes are at most these, float32. A weight is a number times its factor."""
    return largest.float().clamp(min=SMALLEST) / LARGEST


def packed(weights: Tensor, factor: Tensor) -> Tensor:
    """The digits of weights (..., in, out), the lowest first, int8 (..., in / 64, 3, out / 16, 16, 16, 4).

    Of 64 inputs and of 16 outputs at a time, inputs in fours. factor: that of each weight, of a shape that expands to
    theirs.
    """
    numbers = (weights.double() / factor.double()).round_().int().contiguous()
    *outer, inputs, outputs = numbers.shape
    unsigned = numbers.add_(HALVES).bitwise_xor_(HALVES)
    places = unsigned.view(torch.int8).view(*outer, inputs // PLACE, PLACE // 4, 4, outputs // TILE, TILE, 4)
    before = len(outer)
    order = *range(before), *(before + axis for axis in (0, 5, 3, 1, 4, 2))
    return places[..., :DIGITS].permute(order).contiguous()  # the lowest bytes come first on x86
