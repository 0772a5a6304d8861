"""The decoder's residual blocks, on stretches of a passage. All rows are time x channels."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu.adain import StyleMapBuilder, normalize_with
from speechd.engines.kokoro.cpu.norm_statistics import Statistics
from speechd.engines.kokoro.cpu.ops import MakeProduct, windows
from speechd.engines.kokoro.cpu.stretch import Stretch
from speechd.engines.kokoro.cpu.tensors import Weights

LEAK: Final = 0.2
"""Slope of the leaky ReLU below zero."""


class Convolution:
    """A convolution over time that keeps the length, rows (time, in) → (time, out), as one product."""

    def __init__(self, weights: Weights, name: str, make: MakeProduct, scale: float = 1.0) -> None:
        weight, bias = weights.convolution(name)
        self._taps = weight.shape[2]
        self._product = make(weight.transpose(1, 2).flatten(1) * scale, bias * scale)

    def source(self, out: Stretch) -> Stretch:
        """The rows that the rows `out` of the result are made of."""
        return out.widened(self._taps // 2)

    def __call__(self, rows: Tensor, out: Stretch) -> Tensor:
        """The rows `out`; rows: those of `source(out)`."""
        reach, source = self._taps // 2, self.source(out)
        missing = source.first - out.first + reach, out.end + reach - source.end
        return self._product(windows(functional.pad(rows, (0, 0, *missing)), self._taps))


class ResidualBlock:
    """Two adaptive norms, leaky ReLUs and convolutions beside a shortcut, all ÷ √2; may double the time steps."""

    def __init__(self, weights: Weights, style: StyleMapBuilder, make: MakeProduct) -> None:
        half = math.sqrt(0.5)
        self._norms = style.add(weights.part("norm1")), style.add(weights.part("norm2"))
        self._first = Convolution(weights, "conv1", make)
        self._second = Convolution(weights, "conv2", make, half)
        self._shortcut = Convolution(weights, "conv1x1", make, half) if "conv1x1.weight_v" in weights else None
        self._pool = weights.convolution("pool") if "pool.weight_v" in weights else None
        self._rate = 1 if self._pool is None else 2

    def source(self, out: Stretch) -> Stretch:
        """The rows that the rows `out` of the result are made of."""
        near = self._first.source(self._second.source(out))
        if self._rate == 1:
            return near
        total = out.total // self._rate
        # An odd row of the doubled ones is made of two.
        return Stretch(near.first // self._rate, min((near.end - 1) // self._rate + 2, total), total)

    def __call__(
        self,
        rows: Tensor,
        at: Stretch,
        out: Stretch,
        core: Stretch,
        styles: list[tuple[Tensor, Tensor]],
        statistics: Statistics,
    ) -> Tensor:
        """The rows `out` of the result; rows: those of the stretch `at`; core: of them, what the norms count."""
        mixed = functional.leaky_relu_(_norm(rows, at, core, styles[self._norms[0]], statistics), LEAK)
        wide, core, near = at.scaled(self._rate), core.scaled(self._rate), self._second.source(out)
        mixed = mixed if self._pool is None else upsample(mixed, *self._pool)
        mixed = self._first(mixed[self._first.source(near).within(wide)], near)
        mixed = functional.leaky_relu_(_norm(mixed, near, core, styles[self._norms[1]], statistics), LEAK)
        return self._second(mixed, out) + self._beside(rows, at, out)

    def _beside(self, rows: Tensor, at: Stretch, out: Stretch) -> Tensor:
        here = Stretch(out.first // self._rate, -(-out.end // self._rate), at.total)
        near = rows[here.within(at)]
        shortcut = near * math.sqrt(0.5) if self._shortcut is None else self._shortcut(near, here)
        if self._pool is not None:
            shortcut = shortcut.repeat_interleave(2, dim=0)
        return shortcut[out.within(here.scaled(self._rate))]


def _norm(rows: Tensor, at: Stretch, core: Stretch, style: tuple[Tensor, Tensor], statistics: Statistics) -> Tensor:
    variance, mean = torch.var_mean(rows[core.within(at)], dim=0, correction=0)
    mean, variance = map(torch.from_numpy, statistics(core, (mean.numpy(), variance.numpy())))
    return normalize_with(rows, mean, variance, *style)


def upsample(rows: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """The depthwise transposed convolution (stride 2, 3 taps) that doubles the time steps."""
    before, here, after = weight[:, 0].T
    wide = torch.stack([torch.addcmul(bias, rows, here), torch.addcmul(bias, rows, after)], dim=1)
    wide[:-1, 1] += rows[1:] * before
    return wide.flatten(0, 1)
