"""Adaptive instance normalisation (AdaIN; Huang and Belongie 2017, arXiv:1703.06868).

x → (1 + γ(style)) · norm(x) + β(style), as one gain and one offset per channel.
"""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.cpu.tensors import Weights


class StyleMapBuilder:
    """Gains and offsets of many adaptive norms, each linear in the style, as one product.

    The norm's own weight and bias are folded in, and so is `scale`, a factor per channel on the result.
    """

    def __init__(self) -> None:
        self._weights: list[Tensor] = []
        self._biases: list[Tensor] = []
        self._sizes: list[int] = []

    def add(self, norm: Weights, scale: Tensor | None = None, beside: int = 0) -> int:
        """Add the adaptive norm `norm`; its index in what a call returns.

        beside: channels behind its own, whose gains and offsets are zero.
        """
        weight, bias = (tensor.double() for tensor in norm.linear("fc"))
        channels = weight.shape[0] // 2
        norm_weight = norm.tensor_or("norm.weight", 1.0, channels).double()
        norm_bias = norm.tensor_or("norm.bias", 0.0, channels).double()
        factor = torch.ones(channels, dtype=torch.float64) if scale is None else scale.double()
        gain, offset = torch.split(weight, channels)
        gain_bias, offset_bias = torch.split(bias, channels)
        maps = gain * (norm_weight * factor)[:, None], (gain * norm_bias[:, None] + offset) * factor[:, None]
        biases = (1 + gain_bias) * norm_weight * factor, ((1 + gain_bias) * norm_bias + offset_bias) * factor
        self._weights += [functional.pad(each, (0, 0, 0, beside)) for each in maps]
        self._biases += [functional.pad(each, (0, beside)) for each in biases]
        self._sizes += [channels + beside] * 2
        return len(self._sizes) // 2 - 1

    def freeze(self) -> StyleMap:
        """The map from a style to all gains and offsets."""
        return StyleMap(torch.cat(self._weights).float(), torch.cat(self._biases).float(), tuple(self._sizes))


class StyleMap:
    """From a style to gains and offsets.

    It keeps those of the last style: all windows of a passage have the same, and the map takes more memory than their
    rows.
    """

    def __init__(self, weight: Tensor, bias: Tensor, sizes: tuple[int, ...]) -> None:
        """weight (sum of sizes, style size), bias (sum of sizes,), sizes: gain and offset of each norm in turn."""
        self.sizes: Final = sizes
        self.weight: Final = weight
        self.bias: Final = bias
        self._style = torch.empty(0)
        self._styles: list[tuple[Tensor, Tensor]] = []

    def __call__(self, style: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Gain and offset, each (channels,), of every norm for `style` (1, style size)."""
        if not torch.equal(style, self._style):
            parts = torch.split(functional.linear(style, self.weight, self.bias)[0], list(self.sizes))
            self._styles = list(zip(parts[::2], parts[1::2], strict=True))
            self._style = style.clone()
        return self._styles
