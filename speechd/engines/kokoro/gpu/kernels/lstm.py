"""A bidirectional LSTM on tensor cores: the host's side of `jit.lstm`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from speechd.engines.kokoro.gpu.kernels.context import Context
from speechd.engines.kokoro.gpu.kernels.convolution import Convolution
from speechd.engines.kokoro.gpu.kernels.jit import lstm as jit
from speechd.engines.kokoro.gpu.kernels.launch import Resources
from speechd.engines.kokoro.gpu.kernels.operands import LOW_SCALE, Parts
from speechd.engines.kokoro.gpu.operations import Activation
from speechd.engines.kokoro.gpu.packing import Layout

BATCH: Final = 16
"""Segments of a group of programs: the fewest rows that the tensor cores multiply."""

PENDING: Final = 2.0
"""As `jit.lstm.PENDING`."""


@dataclass(frozen=True, slots=True)
class LstmConfiguration:
    """How many programs share the units of one direction, and their warps. They must run at the same time."""

    programs: int = 16
    warps: int = 4


class Lstm:
    """As `operations.Lstm`."""

    def __init__(self, context: Context, state: Mapping[str, Tensor], configuration: LstmConfiguration) -> None:
        def both(name: str) -> list[Tensor]:
            return [state[name + suffix].detach().float() for suffix in ("", "_reverse")]

        self._context = context
        self._configuration = configuration
        self._units = state["weight_hh_l0"].shape[1]
        inputs = torch.cat([_units_first(each) for each in both("weight_ih_l0")])
        biases = zip(both("bias_ih_l0"), both("bias_hh_l0"), strict=True)
        bias = torch.cat([_units_first(one + other) for one, other in biases])
        self._inputs = Convolution(context, [inputs[:, :, None]], [bias], 1, Activation.NONE, 0.0, None, False, None)
        parts = Parts.of(torch.stack([_units_first(each).T for each in both("weight_hh_l0")]), LOW_SCALE)
        self._high = parts.high.to(context.device)
        self._low = parts.low.to(context.device)
        self._scale = parts.scale
        self._groups = max(1, multiprocessors(context.device) // (2 * configuration.programs))

    def __call__(self, rows: Tensor, layout: Layout) -> Tensor:
        gates, _ = self._inputs(rows, layout)
        out = torch.full((1, layout.rows, 2 * self._units), PENDING, device=self._context.device)
        programs, batches = self._configuration.programs, -(-layout.segments // BATCH)
        self._context.launch(
            jit.recur,
            (programs, 2 * min(batches, self._groups)),
            {
                "gates": gates,
                "high": self._high,
                "low": self._low,
                "out": out,
                "starts": layout.starts,
                "lengths": layout.lengths,
                "batches": batches,
                "scale": self._scale,
            },
            {"UNITS": self._units, "BATCH": BATCH, "WIDTH": self._units // programs, "EXACT": self._context.exact},
            Resources(warps=self._configuration.warps),
        )
        return out


def multiprocessors(device: torch.device) -> int:
    """Of the device. As many programs as these run at the same time, beside as many of another stream."""
    return torch.cuda.get_device_properties(device).multi_processor_count if device.type == "cuda" else 1


def _units_first(weights: Tensor) -> Tensor:
    """(4 x units, ...), gate by gate, → (units x 4, ...), unit by unit."""
    gates, *others = weights.shape
    return weights.view(4, gates // 4, *others).transpose(0, 1).flatten(0, 1).contiguous()
