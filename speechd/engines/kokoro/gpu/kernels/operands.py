"""Weights and rows as the tensor cores take them: float16, or the sum of two."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

LOW_SCALE: Final = 2048.0
"""As `jit.elementwise.LOW_SCALE`."""

BLOCK: Final = 128
"""As `jit.operand.OPERAND_BLOCK`."""

LARGEST: Final = 16.0
"""Weights are multiplied by a power of two that brings the largest of them to between half of this and this."""


@dataclass(frozen=True, slots=True)
class Parts:
    """numbers ≈ (high + low / low_scale) · scale; low is not used in one pass."""

    high: Tensor
    low: Tensor
    scale: float

    @classmethod
    def of(cls, numbers: Tensor, low_scale: float = 1.0) -> Parts:
        """The parts of float32 `numbers` of any size."""
        largest = float(numbers.abs().max())
        scale = 2.0 ** (math.ceil(math.log2(largest)) - math.log2(LARGEST)) if largest > 0 else 1.0
        scaled = numbers / scale
        high = scaled.half()
        return cls(high, ((scaled - high.float()) * low_scale).half(), scale)


def empty_operand(branches: int, rows: int, channels: int, spare: int, device: torch.device) -> tuple[Tensor, int]:
    """Memory for rows of `branches`, `spare` numbers behind them, and blocks from one branch to the next."""
    blocks = -(-(rows * channels + spare) // BLOCK)
    return torch.empty(branches * blocks * BLOCK, dtype=torch.float16, device=device), blocks
