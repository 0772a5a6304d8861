"""Noise by counter: a segment's samples are a function of its seed and their index alone.

Philox 4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011) in integer operations, so its
bits are the same on every device; normal numbers from it by Box and Muller, equal up to rounding.
"""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor

ROUNDS: Final = 10
MULTIPLIERS: Final = (0xD2511F53, 0xCD9E8D57)
WEYL: Final = (0x9E3779B9, 0xBB67AE85)
"""Constants of Philox 4x32: what two of its words are multiplied by, and what each round adds to the key."""

MASK: Final = 0xFFFFFFFF
SAMPLES_PER_COUNTER: Final = 4


def philox(counter: tuple[Tensor, Tensor, Tensor, Tensor], key: tuple[Tensor, Tensor]) -> tuple[Tensor, ...]:
    """Four words of 32 bits; all words int64 in 0 ... 2³² - 1, shapes that broadcast."""
    first, second, third, fourth = counter
    low, high = key
    for _ in range(ROUNDS):
        upper_first, lower_first = _product(first, MULTIPLIERS[0])
        upper_third, lower_third = _product(third, MULTIPLIERS[1])
        first, second, third, fourth = (
            upper_third ^ second ^ low,
            lower_third,
            upper_first ^ fourth ^ high,
            lower_first,
        )
        low, high = (low + WEYL[0]) & MASK, (high + WEYL[1]) & MASK
    return first, second, third, fourth


def _product(word: Tensor, multiplier: int) -> tuple[Tensor, Tensor]:
    """Upper and lower 32 bits of the product; int64 holds no more than 63 of its 64 bits, so 16 at a time."""
    upper, lower = word >> 16, word & 0xFFFF
    low = lower * multiplier
    middle = upper * multiplier + (low >> 16)
    return middle >> 16, ((middle & 0xFFFF) << 16) | (low & 0xFFFF)


def uniform(words: Tensor) -> Tensor:
    """Numbers in (0, 1) float32: the upper 23 bits of each word, and half a step."""
    return ((words >> 9).float() + 0.5) * 2.0**-23


def normal(seed: Tensor, index: Tensor) -> Tensor:
    """Four standard normal numbers, (..., 4) float32, for each counter.

    seed: int64, 0 ... 2⁶³ - 1; index: int64, the counter, of samples 4 · index to 4 · index + 3.
    """
    zero = torch.zeros_like(index)
    words = philox((index & MASK, index >> 32, zero, zero), (seed & MASK, seed >> 32))
    one, two, three, four = (uniform(word) for word in words)
    return torch.stack([*_box_muller(one, two), *_box_muller(three, four)], dim=-1)


def _box_muller(radius: Tensor, angle: Tensor) -> tuple[Tensor, Tensor]:
    length = (-2.0 * radius.log()).sqrt()
    turned = angle * (2 * math.pi)
    return length * turned.cos(), length * turned.sin()
