"""Kokoro on the CPU, several times as fast as the stock package and the same function."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor

from .kernels import TorchConvolution
from .model import FastModel

__all__ = ["FastModel", "load"]


def load(config: dict[str, Any], state: Mapping[str, Mapping[str, Tensor]], dtype: str = "float32") -> FastModel:
    """The model of a checkpoint: `config` as in its config.json, `state` its five state dicts by name.

    dtype "bfloat16" computes the generator's convolutions in it, where "float32" (exact) is not fast enough.
    Call it before the fork with torch on one thread; it starts no thread. `state` may be dropped afterwards.
    """
    products = {"float32": torch.float32, "bfloat16": torch.bfloat16}[dtype]
    return FastModel(config, state, partial(TorchConvolution, dtype=products))
