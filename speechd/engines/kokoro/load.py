"""The fastest model for a device."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import torch

from speechd.engines.kokoro import cpu
from speechd.engines.kokoro.checkpoint import State
from speechd.engines.kokoro.model import Model
from speechd.errors import EngineUnavailable

GPU_NODES: Final = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
"""Device files of the drivers of NVIDIA, WSL and AMD: the one way to see a GPU that leaves the process fit to fork."""


def load(config: dict[str, Any], state: State, device: str, dtype: str) -> Model[Any]:
    """The fastest model for a device: "auto", "cpu", "cuda" or "mps".

    It is built on the CPU and goes to its device at the first call, which is after the fork. Raises
    `EngineUnavailable` where `config` and `state` do not belong together.
    """
    chosen = resolve(device)
    try:
        if chosen == "cpu":
            return cpu.load(config, state, dtype)
        # Imported here: it brings transformers, whose import takes seconds that the CPU need not wait.
        from speechd.engines.kokoro.gpu.stock import StockModel

        return StockModel(config, state, chosen, required=device != "auto")
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise EngineUnavailable(f"The model's weights do not fit its config.json: {error!r}.") from error


def resolve(device: str) -> str:
    """The device that is meant, "cpu", "cuda" or "mps": "auto" is CUDA where torch and the machine have it, or the CPU.

    CUDA itself is not asked: a process that has touched it cannot fork. MPS is used where it is named.
    """
    if device != "auto":
        return device
    built = torch.version.cuda is not None or torch.version.hip is not None
    return "cuda" if built and any(map(Path.exists, map(Path, GPU_NODES))) else "cpu"
