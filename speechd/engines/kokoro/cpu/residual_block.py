"""The decoder's residual blocks, on stretches of a passage. All rows are time x channels."""

from __future__ import annotations

import math
from typing import Final

from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu.adain import StyleMapBuilder
from speechd.engines.kokoro.cpu.curve import upsampling
from speechd.engines.kokoro.cpu.norm_statistics import Statistics
from speechd.engines.kokoro.cpu.ops import Arithmetic, MakeProduct, windows
from speechd.engines.kokoro.cpu.stretch import Stretch
from speechd.engines.kokoro.cpu.tensors import Weights

LEAK: Final = 0.2
"""Slope of the leaky ReLU below zero."""

MULTIPLE: Final = 64
"""What the input channels of a block are a multiple of, the last ones zero: so a matrix unit can multiply them."""

HALF: Final = math.sqrt(0.5)
"""The sum of a block and its shortcut is divided by √2."""


def whole(channels: int) -> int:
    """`channels`, rounded up to a `MULTIPLE`."""
    return -(-channels // MULTIPLE) * MULTIPLE


class Convolution:
    """A convolution over time that keeps the length, as one product.

    Rows (time, in), `in` made whole, → (time, out).
    """

    def __init__(self, weights: Weights, name: str, make: MakeProduct, scale: float = 1.0) -> None:
        weight, bias = weights.convolution(name)
        inputs, taps = weight.shape[1:]
        padded = functional.pad(weight.transpose(1, 2), (0, whole(inputs) - inputs))
        self._taps = taps
        self._product = make(padded.flatten(1) * scale, bias * scale)

    def source(self, out: Stretch) -> Stretch:
        """The rows that the rows `out` of the result are made of."""
        return out.widened(self._taps // 2)

    def __call__(self, rows: Tensor, at: Stretch, out: Stretch) -> Tensor:
        """The rows `out`; rows: those of the stretch `at`, and one of zeros before and after them."""
        reach = self._taps // 2
        first, end = out.first - reach - at.first + 1, out.end + reach - at.first + 1
        return self._product(windows(rows[first:end], self._taps))

    def of_each(self, rows: Tensor) -> Tensor:
        """Of one tap: its product with each of the rows (time, in)."""
        return self._product(rows)


class ResidualBlock:
    """Two adaptive norms, leaky ReLUs and convolutions beside a shortcut, all ÷ √2; may double the time steps."""

    def __init__(self, weights: Weights, style: StyleMapBuilder, make: Arithmetic) -> None:
        inputs = weights.convolution("conv1")[0].shape[1]
        beside = whole(inputs) - inputs
        self._operations = make.text
        self._norms = style.add(weights.part("norm1"), beside=beside), style.add(weights.part("norm2"))
        self._first = Convolution(weights, "conv1", make.product)
        self._second = Convolution(weights, "conv2", make.product, HALF)
        shortcut = "conv1x1.weight_v" in weights
        self._shortcut = Convolution(weights, "conv1x1", make.product, HALF) if shortcut else None
        doubles = "pool.weight_v" in weights
        self._rate = 2 if doubles else 1
        pool = upsampling(*weights.convolution("pool")) if doubles else None
        self._upsampling = None if pool is None else functional.pad(pool, (0, beside))

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
        """The rows `out` of the result.

        rows (time, channels): those of the stretch `at`, their channels made whole with zeros; core: of them, what the
        norms count.
        """
        wide, wide_core, near = at.scaled(self._rate), core.scaled(self._rate), self._second.source(out)
        first, second = (styles[norm] for norm in self._norms)
        norm, spread = self._operations.adaptive_norm, self._operations.spread
        known = statistics(core, spread(rows, core.within(at)))
        mixed = self._first(norm(rows, *first, LEAK, self._upsampling, known), wide, near)
        known = statistics(wide_core, spread(mixed, wide_core.within(near)))
        mixed = self._second(norm(mixed, *second, LEAK, spread=known), near, out)
        return self._add_beside(mixed, rows, at, out)

    def _add_beside(self, mixed: Tensor, rows: Tensor, at: Stretch, out: Stretch) -> Tensor:
        here = Stretch(out.first // self._rate, -(-out.end // self._rate), at.total)
        near = rows[here.within(at)]
        if self._rate == 1 and self._shortcut is None:
            return mixed.add_(near, alpha=HALF)
        shortcut = near * HALF if self._shortcut is None else self._shortcut.of_each(near)
        if self._rate == 1:
            return mixed.add_(shortcut)
        return mixed.add_(shortcut.repeat_interleave(self._rate, dim=0)[out.within(here.scaled(self._rate))])
