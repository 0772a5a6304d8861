"""What the host's sides of all kernels share."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from speechd.engines.kokoro.gpu.kernels.configuration import Choose
from speechd.engines.kokoro.gpu.kernels.launch import Launch


@dataclass(frozen=True, slots=True)
class Context:
    """What all operations share. exact: whether factors have two parts."""

    device: torch.device
    exact: bool
    launch: Launch
    choose: Choose


def largest_divisor(number: int, limit: int) -> int:
    """The largest power of two that divides `number`, at most `limit`."""
    divisor = 1
    while divisor * 2 <= limit and number % (divisor * 2) == 0:
        divisor *= 2
    return divisor
