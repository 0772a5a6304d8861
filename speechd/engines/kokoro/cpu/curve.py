"""Pitch and energy: residual blocks of StyleTTS 2 (arXiv:2306.07691) that draw one value per half frame."""

from __future__ import annotations

import math
from typing import Final

from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu.adain import StyleMapBuilder
from speechd.engines.kokoro.cpu.ops import windows
from speechd.engines.kokoro.cpu.tensors import Weights
from speechd.engines.kokoro.cpu.text_ops import TextOperations

LEAK: Final = 0.2
"""Slope of the leaky ReLU below zero, outside the generator."""

HALF: Final = math.sqrt(0.5)
"""The sum of a block and its shortcut is divided by √2."""


class Convolution:
    """A convolution over time of rows (time + 2 x reach, in), padded already → (time, out), as one product."""

    def __init__(self, weights: Weights, name: str, operations: TextOperations, scale: float = 1.0) -> None:
        weight, bias = weights.convolution(name)
        self._taps = weight.shape[2]
        self._product = operations.product(weight.transpose(1, 2).flatten(1) * scale, bias * scale)

    def __call__(self, rows: Tensor) -> Tensor:
        return self._product(windows(rows, self._taps))


class CurveBlock:
    """Two adaptive norms, leaky ReLUs and convolutions of 3 taps beside a shortcut; may double the time steps."""

    def __init__(self, weights: Weights, style: StyleMapBuilder, operations: TextOperations) -> None:
        self._operations = operations
        self._norms = style.add(weights.part("norm1")), style.add(weights.part("norm2"))
        self._first = Convolution(weights, "conv1", operations)
        self._second = Convolution(weights, "conv2", operations, HALF)
        shortcut = "conv1x1.weight_v" in weights
        self._shortcut = Convolution(weights, "conv1x1", operations, HALF) if shortcut else None
        self._upsampling = upsampling(*weights.convolution("pool")) if "pool.weight_v" in weights else None

    def __call__(self, rows: Tensor, styles: list[tuple[Tensor, Tensor]]) -> Tensor:
        """rows (time, in) → (time or 2 x time, out); styles: gain and offset of every norm."""
        norm = self._operations.adaptive_norm
        mixed = self._first(norm(rows, *styles[self._norms[0]], LEAK, self._upsampling))
        mixed = self._second(norm(mixed, *styles[self._norms[1]], LEAK))
        if self._shortcut is None:
            shortcut, share = rows, HALF
        else:
            shortcut, share = self._shortcut(rows), 1.0
        # Where the time steps are doubled, both of a pair take their row's.
        mixed.view(len(rows), -1, mixed.shape[1]).add_(shortcut[:, None], alpha=share)
        return mixed


def upsampling(weight: Tensor, bias: Tensor) -> Tensor:
    """The depthwise transposed convolution (stride 2, 3 taps) as `TextOperations.adaptive_norm` takes it."""
    padded = functional.pad(weight[:, 0].T, (0, 0, 0, 1))
    padded[3] = bias
    return padded.contiguous()


class Curve:
    """Rows (frames, channels) → one value per half frame: pitch in Hz, or energy."""

    def __init__(self, weights: Weights, name: str, style: StyleMapBuilder, operations: TextOperations) -> None:
        self._blocks = [CurveBlock(block, style, operations) for block in weights.parts(name)]
        weight, bias = weights.convolution(f"{name}_proj")
        self._values = operations.product(weight[:, :, 0], bias)

    def __call__(self, rows: Tensor, styles: list[tuple[Tensor, Tensor]]) -> Tensor:
        for block in self._blocks:
            rows = block(rows, styles)
        return self._values(rows)[:, 0].contiguous()
