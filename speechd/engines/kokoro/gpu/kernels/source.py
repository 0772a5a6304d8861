"""The harmonic source: the host's side of `jit.source`."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.harmonic_source import VOICED_ABOVE
from speechd.engines.kokoro.gpu.kernels.context import Context
from speechd.engines.kokoro.gpu.kernels.jit import source as jit
from speechd.engines.kokoro.gpu.kernels.launch import Resources
from speechd.engines.kokoro.gpu.packing import Layout
from speechd.engines.kokoro.gpu.source import Phases, amplitudes, levels, scale

SAMPLES: Final = 512
"""Of one program."""


class Source:
    """As `operations.Source`, with the noise in the same pass."""

    def __init__(self, context: Context, weight: Tensor, bias: Tensor, hop: int) -> None:
        self._context = context
        self._amplitudes = torch.tensor(amplitudes(weight), device=context.device)
        self._phases = Phases(len(self._amplitudes), hop, context.device)
        self._bias = float(bias)
        self._hop = hop
        self._voiced, self._unvoiced = levels(weight)

    def __call__(self, pitch: Tensor, seeds: Tensor, halves: Layout, samples: Layout) -> Tensor:
        out = torch.empty(samples.rows, device=self._context.device)
        self._context.launch(
            jit.excite,
            (-(-samples.rows // SAMPLES),),
            {
                "phases": self._phases(pitch, halves),
                "amplitudes": self._amplitudes,
                "pitch": pitch,
                "seeds": seeds,
                "out": out,
                "starts": halves.starts,
                "lengths": halves.lengths,
                "block_segment": samples.block_segment,
                "rows": halves.rows,
                "size": samples.rows,
                "scale": scale(self._hop),
                "bias": self._bias,
                "voiced_noise": self._voiced,
                "unvoiced_noise": self._unvoiced,
                "voiced_above": VOICED_ABOVE,
            },
            {
                "HOP": self._hop,
                "HARMONICS": len(self._amplitudes),
                "BLOCK": samples.block_rows,
                "SAMPLES": SAMPLES,
            },
            Resources(warps=4),
        )
        return out
