"""The model: token ids and a voice's row → samples. What it must do, which one does it, and where."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final, Protocol

import torch
from torch import Tensor

from speechd.engines.kokoro import cpu as fast
from speechd.engines.kokoro.checkpoint import State
from speechd.errors import EngineUnavailable

GPU_NODES: Final = ("/dev/nvidiactl", "/dev/dxg", "/dev/kfd")
"""What the drivers of NVIDIA, WSL and AMD make: the one way to see a GPU that leaves the process fit to fork."""


class Model(Protocol):
    """Speaks tokens. Built before the fork; called after it, by one thread at a time."""

    def __call__(self, input_ids: Tensor, style: Tensor, speed: float, seed: int) -> Tensor:
        """Samples at 24 kHz: float32, shape (n,), on the CPU.

        input_ids: int64, shape (tokens,), with a pad (0) at both ends; style: float32, shape (1, 256), a voice's row;
        speed: > 0; seed: of the noise.
        """
        ...


def load(config: dict[str, Any], state: State, device: str, dtype: str) -> Model:
    """The fastest model for a device: "auto", "cpu", "cuda" or "mps".

    It is built on the CPU and goes to its device at the first call, which is after the fork. Raises
    `EngineUnavailable` where `config` and `state` do not belong together.
    """
    chosen = resolve(device)
    try:
        if chosen == "cpu":
            return fast.load(config, state, dtype)
        # Imported here: it brings transformers, whose import takes seconds that the CPU need not wait.
        from speechd.engines.kokoro.gpu.stock import StockModel

        return StockModel(config, state, chosen, required=device != "auto")
    except (KeyError, RuntimeError, TypeError, ValueError) as error:
        raise EngineUnavailable(f"The model's weights do not fit its config.json: {error!r}.") from error


def resolve(device: str) -> str:
    """ "cpu", "cuda" or "mps": "auto" is CUDA where this torch and this machine have it, else the CPU.

    CUDA itself is not asked: a process that has touched it cannot fork. MPS is used where it is named.
    """
    if device != "auto":
        return device
    built = torch.version.cuda is not None or torch.version.hip is not None
    return "cuda" if built and any(map(Path.exists, map(Path, GPU_NODES))) else "cpu"
