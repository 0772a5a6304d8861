"""Kokoro on the CPU: the same function as the stock package, several times as fast."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial
from typing import Any

from torch import Tensor

from speechd.engines.kokoro.cpu.compiled_ops import CompiledConvolution, Kernels, NotBuilt, supports
from speechd.engines.kokoro.cpu.compiled_text_ops import CompiledText
from speechd.engines.kokoro.cpu.model import CpuModel
from speechd.engines.kokoro.cpu.ops import Activation, Arithmetic, Convolution, TorchConvolution, torch_product

__all__ = ["CpuModel", "load"]

log = logging.getLogger(__name__)


def load(
    config: dict[str, Any], state: Mapping[str, Mapping[str, Tensor]], dtype: str = "float32", compiled: bool = True
) -> CpuModel:
    """The model of a checkpoint: `config` as in its config.json, `state` its five state dicts by name.

    dtype "float32" is exact (99 dB; all figures from the same pitch and excitation). "bfloat16" is faster where the CPU
    multiplies it, and otherwise the same, which is logged. It concerns the convolutions of decoder and generator alone.
    With AVX512-BF16 both factors are bfloat16, those of the long convolutions by way of the Fourier transform (44 dB):
    Winograd's transforms, which make float32 fast, enlarge rounding errors too much for it. With a matrix unit (AMX)
    each number is made of two bfloat16 instead of three, by Winograd's transforms still (75 dB).
    compiled: whether to use the compiled kernels; without them PyTorch computes the same, slower.
    Call it before the fork with torch on one thread; it starts no thread. `state` may be dropped afterwards.
    """
    exact = close = Arithmetic(TorchConvolution, torch_product)
    if compiled:
        try:
            exact, close = (_arithmetic(Kernels(close=close)) for close in (False, dtype == "bfloat16"))
        except NotBuilt as error:
            log.warning("Kokoro's compiled kernels are not there, and without them it is half as fast: %s", error)
    if dtype == "bfloat16" and not close.close:
        log.warning("This CPU does not multiply bfloat16 (AVX512-BF16 or AMX), so Kokoro runs in float32.")
    return CpuModel(config, state, exact, close)


def _arithmetic(kernels: Kernels) -> Arithmetic:
    text = CompiledText(kernels)
    return Arithmetic(partial(_convolution, kernels), text.product, kernels.close, text)


def _convolution(kernels: Kernels, weight: Tensor, bias: Tensor, dilation: int, activation: Activation) -> Convolution:
    if supports(weight):
        return CompiledConvolution(weight, bias, dilation, activation, kernels)
    return TorchConvolution(weight, bias, dilation, activation)
