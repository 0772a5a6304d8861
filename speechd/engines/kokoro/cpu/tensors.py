"""The tensors of a checkpoint by name, with weight norm (Salimans and Kingma 2016, arXiv:1602.07868) folded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import torch
from torch import Tensor

DATA_PARALLEL: Final = "module."
"""The published checkpoint was saved from `torch.nn.DataParallel`, which puts this before every name."""


class Weights:
    """A subtree of a state dict: `weights.part("F0.0").convolution("conv1")`."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        self._tensors = {name.removeprefix(DATA_PARALLEL): tensor for name, tensor in tensors.items()}

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def part(self, name: str) -> Weights:
        """The subtree below `name`; empty when there is none."""
        start = name + "."
        return Weights({key[len(start) :]: value for key, value in self._tensors.items() if key.startswith(start)})

    def parts(self, name: str) -> Iterator[Weights]:
        """The numbered subtrees below `name`, in order, until a number is missing."""
        index = 0
        while len((part := self.part(f"{name}.{index}"))._tensors) > 0:
            yield part
            index += 1

    def tensor(self, name: str) -> Tensor:
        """The tensor in float32. Raises KeyError."""
        return self._tensors[name].detach().float()

    def tensor_or(self, name: str, value: float, size: int) -> Tensor:
        """The tensor, or (size,) of `value`: the published checkpoint leaves parameters out that never changed."""
        return self.tensor(name) if name in self else torch.full((size,), value)

    def linear(self, name: str) -> tuple[Tensor, Tensor]:
        """Weight (out, in) and bias (out,) of a linear layer."""
        return self.tensor(f"{name}.weight"), self.tensor(f"{name}.bias")

    def convolution(self, name: str) -> tuple[Tensor, Tensor]:
        """Weight (out, in, taps) - (in, out, taps) where transposed -, weight norm folded, and bias, zeros for none."""
        part = self.part(name)
        if "weight_g" in part:
            weight = torch._weight_norm(part.tensor("weight_v"), part.tensor("weight_g"), 0)
        else:
            weight = part.tensor("weight")
        return weight, part.tensor_or("bias", 0.0, weight.shape[0])
