"""Kokoro on the CPU, several times as fast as the stock package and the same function."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from .generator import MakeConvolution
from .kernels import Activation, Convolution, TorchConvolution
from .model import FastModel
from .native import Kernels, NativeConvolution, NotBuilt, suits

__all__ = ["FastModel", "load"]

log = logging.getLogger(__name__)


def load(
    config: dict[str, Any], state: Mapping[str, Mapping[str, Tensor]], dtype: str = "float32", native: bool = True
) -> FastModel:
    """The model of a checkpoint: `config` as in its config.json, `state` its five state dicts by name.

    dtype "bfloat16" computes the generator's convolutions in it, where "float32" (exact) is not fast enough.
    native: whether to use the compiled kernels; without them PyTorch computes the same, slower.
    Call it before the fork with torch on one thread; it starts no thread. `state` may be dropped afterwards.
    """
    products = {"float32": torch.float32, "bfloat16": torch.bfloat16}[dtype]
    make: MakeConvolution = partial(TorchConvolution, dtype=products)
    if native and products is torch.float32:
        try:
            make = partial(_best, Kernels())
        except NotBuilt as error:
            log.warning("Kokoro's compiled kernels are not there, and it is about half as fast without: %s", error)
    return FastModel(config, state, make)


def _best(kernels: Kernels, weight: Tensor, bias: Tensor, dilation: int, activation: Activation) -> Convolution:
    if suits(weight):
        return NativeConvolution(weight, bias, dilation, activation, kernels)
    return TorchConvolution(weight, bias, dilation, activation)
