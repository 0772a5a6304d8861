"""Whether the batch is the function of the CPU's model, and whether a segment's bits depend on its company."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import torch

from bench.gpu.checkpoint import TOKENS, voice_row
from bench.gpu.section import Context
from speechd.engines.kokoro import cpu
from speechd.engines.kokoro.gpu.verify import EXACT_DB, compare
from speechd.engines.kokoro.model import ModelInput

SPEEDS = (1.0, 0.7, 1.6)


def segment(tokens: int, seed: int, speed: float = 1.0) -> ModelInput:
    """Random tokens in a made voice."""
    inner = torch.randint(1, TOKENS, (tokens,), generator=torch.Generator().manual_seed(seed))
    return ModelInput(speed, seed, voice_row(seed)[0].numpy(), inner.numpy().astype(np.uint16))


def batch_of(sizes: Sequence[int]) -> list[ModelInput]:
    """Segments of so many tokens, in several voices and speeds."""
    return [segment(tokens, index, SPEEDS[index % len(SPEEDS)]) for index, tokens in enumerate(sizes)]


def run(context: Context) -> None:
    """Each segment of a batch against the CPU's model, and against itself alone."""
    batch = batch_of((3, 9, 5) if context.tiny else (12, 25, 60, 1, 40))
    reference = cpu.load(context.config, context.state, compiled=False)
    for comparison in compare(context.model(), reference, batch):
        context.row(**asdict(comparison), exact=comparison.exact(EXACT_DB))
