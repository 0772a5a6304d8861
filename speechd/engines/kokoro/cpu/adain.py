"""Adaptive instance normalisation (AdaIN; Huang and Belongie 2017, arXiv:1703.06868).

x → (1 + γ(style)) · norm(x) + β(style), as one gain and one offset per channel.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu.tensors import Weights

EPSILON: Final = 1e-5
"""Added to every variance: the default of `torch.nn.InstanceNorm1d`, which the model was trained with."""


Values = npt.NDArray[np.floating]
"""Numbers of all channels. Dozens of norms in a window make few operations on them: NumPy's cost least to start."""


class StyleMapBuilder:
    """Gains and offsets of many adaptive norms, each linear in the style, as one product.

    The norm's own weight and bias are folded in, and so is `scale`, a factor per channel on the result.
    """

    def __init__(self) -> None:
        self._weights: list[Tensor] = []
        self._biases: list[Tensor] = []
        self._sizes: list[int] = []

    def add(self, norm: Weights, scale: Tensor | None = None) -> int:
        """Add the adaptive norm `norm`; its index in what a call returns."""
        weight, bias = (tensor.double() for tensor in norm.linear("fc"))
        channels = weight.shape[0] // 2
        norm_weight = norm.tensor_or("norm.weight", 1.0, channels).double()
        norm_bias = norm.tensor_or("norm.bias", 0.0, channels).double()
        factor = torch.ones(channels, dtype=torch.float64) if scale is None else scale.double()
        gain, offset = torch.split(weight, channels)
        gain_bias, offset_bias = torch.split(bias, channels)
        self._weights += [
            gain * (norm_weight * factor)[:, None],
            (gain * norm_bias[:, None] + offset) * factor[:, None],
        ]
        self._biases += [
            (1 + gain_bias) * norm_weight * factor,
            ((1 + gain_bias) * norm_bias + offset_bias) * factor,
        ]
        self._sizes += [channels, channels]
        return len(self._sizes) // 2 - 1

    def freeze(self) -> StyleMap:
        """The map from a style to all gains and offsets."""
        return StyleMap(torch.cat(self._weights).float(), torch.cat(self._biases).float(), tuple(self._sizes))


@dataclass(frozen=True, slots=True)
class StyleMap:
    """weight (sum of sizes, style size), bias (sum of sizes,), sizes: gain and offset of each norm in turn."""

    weight: Tensor
    bias: Tensor
    sizes: tuple[int, ...]

    def __call__(self, style: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Gain and offset, each (channels,), of every norm for `style` (1, style size)."""
        parts = torch.split(functional.linear(style, self.weight, self.bias)[0], list(self.sizes))
        return list(zip(parts[::2], parts[1::2], strict=True))


def mean_and_variance(moments: Values, count: int) -> tuple[Values, Values]:
    """Mean and variance (channels,) float64 of `count` rows whose sum and sum of squares are `moments`.

    moments: (2, channels) float64.
    """
    mean, square = moments / count
    return mean, np.maximum(square - mean * mean, 0.0)


def affine(mean: Values, variance: Values, gain: Tensor, offset: Tensor) -> tuple[Tensor, Tensor]:
    """Scale and shift (channels,) float32 that normalise rows of this mean and variance (channels,) float64."""
    scale = gain.numpy() * (1 / np.sqrt(variance + EPSILON))
    shift = offset.numpy() - mean * scale
    return torch.from_numpy(scale.astype(np.float32)), torch.from_numpy(shift.astype(np.float32))


def normalize(rows: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    """The adaptive norm of `rows` (time, channels)."""
    variance, mean = torch.var_mean(rows, dim=0, correction=0)
    return normalize_with(rows, mean, variance, gain, offset)


def normalize_with(rows: Tensor, mean: Tensor, variance: Tensor, gain: Tensor, offset: Tensor) -> Tensor:
    """The adaptive norm of `rows` (time, channels) by this mean and variance (channels,)."""
    return torch.addcmul(offset, rows - mean, (variance + EPSILON).rsqrt_() * gain)
