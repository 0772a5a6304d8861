"""The fastest model for a device."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any, Final

import torch

from speechd.engines.kokoro import cpu
from speechd.engines.kokoro.checkpoint import State
from speechd.engines.kokoro.gpu import driver
from speechd.engines.kokoro.gpu.gpu_model import GpuModel
from speechd.engines.kokoro.gpu.stock import StockModel
from speechd.engines.kokoro.model import Model
from speechd.errors import EngineUnavailable

GPU_NODES: Final = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
"""Device files of the drivers of NVIDIA, WSL and AMD: the one way to see a GPU that leaves the process fit to fork."""

DTYPES: Final = {"cpu": ("float32", "bfloat16"), "cuda": ("float32", "float16"), "mps": ("float32",)}
"""By device."""

log = logging.getLogger(__name__)


def load(config: dict[str, Any], state: State, device: str, dtype: str) -> Model[Any]:
    """The fastest model for a device: "auto", "cpu", "cuda" or "mps".

    It is built on the CPU and goes to its device at the first call, which is after the fork. Raises
    `EngineUnavailable` where `config` and `state` do not belong together, or the device does not have the dtype.
    """
    chosen = resolve(device)
    if dtype not in DTYPES[chosen]:
        raise EngineUnavailable(f"dtype {dtype} is not for {chosen}: use {' or '.join(DTYPES[chosen])}.")
    try:
        return _load(config, state, chosen, dtype, required=device != "auto")
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise EngineUnavailable(f"The model's weights do not fit its config.json: {error!r}.") from error


def _load(config: dict[str, Any], state: State, device: str, dtype: str, *, required: bool) -> Model[Any]:
    if device == "cpu":
        return cpu.load(config, state, dtype)
    if device == "cuda":
        return GpuModel(config, state, dtype, required=required)
    return StockModel(config, state, device, required=required)


def resolve(device: str) -> str:
    """The device that is meant, "cpu", "cuda" or "mps": "auto" is CUDA where torch and the machine have it, or the CPU.

    CUDA itself is not asked: a process that has touched it cannot fork. MPS is used where it is named. Raises
    `EngineUnavailable` where CUDA is named and its driver is too old.
    """
    if device not in ("auto", "cuda"):
        return device
    fault = driver.fault()
    if fault is not None and device == "cuda":
        raise EngineUnavailable(fault)
    built = torch.version.cuda is not None or torch.version.hip is not None
    if device == "auto" and not (built and any(map(Path.exists, map(Path, GPU_NODES)))):
        return "cpu"
    if fault is None:
        return "cuda"
    log.warning("%s Until then Kokoro speaks on the CPU.", fault)
    return "cpu"
