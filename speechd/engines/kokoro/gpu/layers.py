"""What the parts of the model are made of."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu.adain import StyleMapBuilder
from speechd.engines.kokoro.cpu.prosody import LEAK
from speechd.engines.kokoro.cpu.tensors import Weights
from speechd.engines.kokoro.gpu.operations import Activation, Convolution, Lstm, Operations, Statistics
from speechd.engines.kokoro.gpu.packing import Layout

CHANNEL_MULTIPLE: Final = 64
"""Channels are filled up with zeros to a multiple of this, so that kernels need not mask them."""


def linear(
    operations: Operations, weight: Tensor, bias: Tensor, activation: Activation = Activation.NONE
) -> Convolution:
    """A product with weight (out, in), after the activation."""
    return operations.convolution([weight[:, :, None]], [bias], activation=activation)


def joined(layers: Iterable[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Weight and bias of linear layers that read the same rows, as one."""
    weights, biases = zip(*layers, strict=True)
    return torch.cat(weights), torch.cat(biases)


class LayerNorm:
    """Norm of every row."""

    def __init__(self, weight: Tensor, bias: Tensor, epsilon: float, device: torch.device) -> None:
        self._weight, self._bias = weight.to(device), bias.to(device)
        self._epsilon = epsilon

    def __call__(self, rows: Tensor) -> Tensor:
        return functional.layer_norm(rows, self._weight.shape, self._weight, self._bias, self._epsilon)


def lstm(weights: Weights, operations: Operations) -> Lstm:
    """The bidirectional LSTM of these weights."""
    names = [f"{kind}_{of}_l0" for kind in ("weight", "bias") for of in ("ih", "hh")]
    return operations.lstm({name: weights.tensor(name) for base in names for name in (base, f"{base}_reverse")})


class Styles:
    """The gains and offsets of many adaptive norms, (segments, style size) → (segments, width), as one product."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations
        self._style = StyleMapBuilder()
        self._width = 0
        self._map: Convolution | None = None

    def add(self, norm: Weights, scale: Tensor | None = None) -> int:
        """Add an adaptive norm, with a factor per channel on its result; the column of its gains."""
        column = self._width
        self._style.add(norm, scale)
        self._width += norm.tensor("fc.weight").shape[0]
        return column

    def freeze(self) -> Styles:
        """Itself, with all norms added."""
        frozen = self._style.freeze()
        self._map = linear(self._operations, frozen.weight, frozen.bias)
        return self

    def __call__(self, style: Tensor, places: Layout) -> Tensor:
        assert self._map is not None
        return self._map(style[None], places)[0][0]


def padding(channels: int) -> int:
    """Channels that are missing to a multiple of `CHANNEL_MULTIPLE`."""
    return -channels % CHANNEL_MULTIPLE


def padded_norm(norm: Weights) -> Weights:
    """The adaptive norm of channels filled up with zeros, which it leaves zero."""
    weight, bias = norm.linear("fc")
    missing = padding(len(weight) // 2)
    wide = torch.cat([functional.pad(half, (0, 0, 0, missing)) for half in weight.chunk(2)])
    gain, offset = bias.chunk(2)
    ends = functional.pad(gain, (0, missing), value=-1.0), functional.pad(offset, (0, missing))
    names = {"norm.weight": 1.0, "norm.bias": 0.0}
    kept = {name: functional.pad(norm.tensor_or(name, value, len(gain)), (0, missing)) for name, value in names.items()}
    return Weights({"fc.weight": wide, "fc.bias": torch.cat(ends), **kept})


def padded_inputs(weight: Tensor) -> Tensor:
    """weight (out, in, taps) for inputs filled up with zeros."""
    return functional.pad(weight, (0, 0, 0, padding(weight.shape[1])))


def padded_channels(weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    """A depthwise convolution, weight (channels, 1, taps), of channels filled up with zeros."""
    missing = padding(len(bias))
    return functional.pad(weight, (0, 0, 0, 0, 0, missing)), functional.pad(bias, (0, missing))


class AdaptiveBlock:
    """Two adaptive norms, leaky ReLUs and convolutions beside a shortcut, all ÷ √2; may double the rate."""

    def __init__(self, weights: Weights, styles: Styles, operations: Operations) -> None:
        half = math.sqrt(0.5)
        self._operations = operations
        self.doubles = "pool.weight_v" in weights
        first, second = (weights.convolution(name) for name in ("conv1", "conv2"))
        self._first = operations.convolution(
            [padded_inputs(first[0])],
            [first[1]],
            activation=Activation.LEAKY,
            slope=LEAK,
            norms=[styles.add(padded_norm(weights.part("norm1")))],
            pool=padded_channels(*weights.convolution("pool")) if self.doubles else None,
        )
        self._second = operations.convolution(
            [second[0] * half],
            [second[1] * half],
            activation=Activation.LEAKY,
            slope=LEAK,
            norms=[styles.add(padded_norm(weights.part("norm2")))],
        )
        self._shortcut: Convolution | None = None
        if "conv1x1.weight_v" in weights:
            weight, bias = weights.convolution("conv1x1")
            self._shortcut = operations.convolution([padded_inputs(weight) * half], [bias * half])

    def __call__(
        self, rows: Tensor, statistics: Statistics, layout: Layout, to: Layout, styles: Tensor, measure: bool = True
    ) -> tuple[Tensor, Statistics | None]:
        """rows (1, layout.rows, in) → (1, to.rows, out), and its statistics where `measure`."""
        mixed, of = self._first(rows, to, styles=styles, statistics=statistics, measure=True)
        if self._shortcut is None:
            beside, scale = rows, math.sqrt(0.5)
        else:
            (beside, _), scale = self._shortcut(rows, layout), 1.0
        return self._second(
            mixed, to, styles=styles, statistics=of, residual=beside, residual_scale=scale, measure=measure
        )
