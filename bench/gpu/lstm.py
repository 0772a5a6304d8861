"""The LSTM's kernel by itself: its exactness, and the time of a step."""

from __future__ import annotations

from functools import partial
from typing import Final

import torch
from torch import Tensor

from bench.gpu.device import SEGMENTS, decibels, layouts_of, milliseconds
from bench.gpu.section import Context
from speechd.engines.kokoro.gpu.kernels.lstm import LstmConfiguration
from speechd.engines.kokoro.gpu.kernels.operations import KernelOperations
from speechd.engines.kokoro.gpu.precision import without_tf32
from speechd.engines.kokoro.gpu.torch_operations import TorchOperations

LSTMS: Final = (LstmConfiguration(8, 8), LstmConfiguration(16, 4), LstmConfiguration(32, 4))


def run(context: Context) -> None:
    """Each configuration for one and for many segments; µs of a step, and of the launch as a whole."""
    weights = state(512)
    for segments, steps in ((1, 366), (16, 122), (64, 122)) if not context.tiny else ((2, 5),):
        layout = layouts_of([steps] * segments, context.device, segments=SEGMENTS)[1]
        rows = torch.randn(1, layout.rows, 512, device=context.device)
        reference = TorchOperations(context.device).lstm(weights)(rows, layout)
        for configuration in LSTMS if not context.tiny else (LstmConfiguration(1, 4),):
            lstm = KernelOperations(context.device, lstm=configuration).lstm(weights)
            error = float((lstm(rows, layout) - reference)[:, layout.valid[:, 0]].abs().max())
            ms = milliseconds(partial(lstm, rows, layout), context.device)
            context.row(
                lstm=f"{configuration.programs} programs of {configuration.warps} warps",
                segments=segments,
                steps=steps,
                ms=round(ms, 3),
                us_per_step=round(ms * 1e3 / steps, 2),
                error=error,
            )


def state(inputs: int) -> dict[str, Tensor]:
    """Weights for so many inputs."""
    generator = torch.Generator().manual_seed(2)
    with torch.device("meta"):
        shapes = {name: each.shape for name, each in torch.nn.LSTM(inputs, 256, bidirectional=True).named_parameters()}
    return {name: torch.rand(shape, generator=generator) * 0.125 - 0.0625 for name, shape in shapes.items()}


def works(device: torch.device) -> bool:
    """Whether the kernel ends, and with the right numbers."""
    without_tf32()
    layout, weights = layouts_of([40, 25, 3], device, segments=SEGMENTS)[1], state(512)
    rows = torch.randn(1, layout.rows, 512, device=device)
    with torch.inference_mode():
        kernels, reference = (
            each.lstm(weights)(rows, layout) for each in (KernelOperations(device), TorchOperations(device))
        )
    return decibels(kernels, reference, layout) > 80
