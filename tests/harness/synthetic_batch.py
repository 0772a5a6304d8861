"""A small made model, its batches, and what the CPU's model makes of the same segments."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import torch

from bench.gpu import checkpoint
from speechd.engines.kokoro import cpu
from speechd.engines.kokoro.gpu.model import BatchModel
from speechd.engines.kokoro.gpu.operations import Operations
from speechd.engines.kokoro.gpu.torch_operations import TorchOperations
from speechd.engines.kokoro.model import ModelInput


class SyntheticBatches:
    """config and the five state dicts, no parameter of which is left at the 0 or 1 it was initialised to."""

    def __init__(self, seed: int) -> None:
        self.config = checkpoint.TINY
        self.state = checkpoint.make(self.config, seed)
        generator = torch.Generator().manual_seed(seed)
        for tensors in self.state.values():
            for name, tensor in tensors.items():
                if "alpha" in name or name.endswith(("LayerNorm.weight", "layer_norm.weight", "gamma")):
                    tensor.uniform_(0.5, 2.0, generator=generator)
                elif name.endswith(("LayerNorm.bias", "layer_norm.bias", "beta")):
                    tensor.normal_(0.0, 0.2, generator=generator)

    @cached_property
    def cpu(self) -> cpu.CpuModel:
        """The CPU's model, by PyTorch's arithmetic: its compiled kernels round more."""
        return cpu.load(self.config, self.state, compiled=False)

    @cached_property
    def model(self) -> BatchModel:
        """The batch's, by PyTorch's operations."""
        return self.by(TorchOperations("cpu"))

    def by(self, operations: Operations, segments: int = 8) -> BatchModel:
        return BatchModel(self.config, self.state, operations, segments)


def segment(tokens: int, seed: int, speed: float = 1.0) -> ModelInput:
    """Random tokens in a voice with small values, as those of packs are."""
    generator = torch.Generator().manual_seed(seed)
    inner = torch.randint(1, checkpoint.TOKENS, (tokens,), generator=generator)
    style = torch.randn(1, 2 * checkpoint.STYLE, generator=generator) * 0.3
    return ModelInput(speed, seed, style[0].numpy(), inner.numpy().astype(np.uint16))
