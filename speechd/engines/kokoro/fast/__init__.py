"""Kokoro on the CPU, several times as fast as the stock package and the same function."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from torch import Tensor

from .kernels import Activation, Arithmetic, Convolution, TorchConvolution, torch_product
from .model import FastModel
from .native import CLOSE_PARTS, EXACT_PARTS, Kernels, NativeConvolution, NativeProduct, NotBuilt, suits

__all__ = ["FastModel", "load"]

log = logging.getLogger(__name__)


def load(
    config: dict[str, Any], state: Mapping[str, Mapping[str, Tensor]], dtype: str = "float32", native: bool = True
) -> FastModel:
    """The model of a checkpoint: `config` as in its config.json, `state` its five state dicts by name.

    dtype "float32" is exact. "bfloat16" makes the numbers that the generator's convolutions multiply of two bfloat16
    instead of three, on CPUs with a matrix unit (AMX), which halves the products; on others it changes nothing, because
    float32 by Winograd's convolutions is faster there than bfloat16 could be.
    native: whether to use the compiled kernels; without them PyTorch computes the same, slower.
    Call it before the fork with torch on one thread; it starts no thread. `state` may be dropped afterwards.
    """
    parts = {"float32": EXACT_PARTS, "bfloat16": CLOSE_PARTS}[dtype]
    make = Arithmetic(TorchConvolution, torch_product)
    if native:
        try:
            kernels = Kernels(parts=parts)
            make = Arithmetic(partial(_best, kernels), partial(NativeProduct, kernels))
        except NotBuilt as error:
            log.warning("Kokoro's compiled kernels are not there, and without them it is half as fast: %s", error)
    return FastModel(config, state, make)


def _best(kernels: Kernels, weight: Tensor, bias: Tensor, dilation: int, activation: Activation) -> Convolution:
    if suits(weight):
        return NativeConvolution(weight, bias, dilation, activation, kernels)
    return TorchConvolution(weight, bias, dilation, activation)
