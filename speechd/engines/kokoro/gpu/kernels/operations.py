"""All operations of the model by kernels of its own, on one GPU."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final

import torch
from torch import Tensor

from speechd.engines.kokoro.gpu.kernels.configuration import LEAST_SHARED, SHARED, Choose, choose
from speechd.engines.kokoro.gpu.kernels.context import Context
from speechd.engines.kokoro.gpu.kernels.convolution import Convolution, NoiseConvolution, Upsampling
from speechd.engines.kokoro.gpu.kernels.cubins import architecture, best_launch
from speechd.engines.kokoro.gpu.kernels.fourier import Fourier
from speechd.engines.kokoro.gpu.kernels.jit import attention as jit_attention
from speechd.engines.kokoro.gpu.kernels.launch import Launch, Resources
from speechd.engines.kokoro.gpu.kernels.lstm import Lstm, LstmConfiguration
from speechd.engines.kokoro.gpu.kernels.measurement import Measurement
from speechd.engines.kokoro.gpu.kernels.source import Source
from speechd.engines.kokoro.gpu.operations import Activation, Statistics
from speechd.engines.kokoro.gpu.packing import Layout

KEYS: Final = 64
"""Of attention, that are multiplied at once."""


class KernelOperations:
    """`operations.Operations` with every sum in an order that the segment alone decides.

    exact: factors of products are the sum of two float16 numbers, which is as exact as float32 adds; otherwise each is
    one float16 number. A number beyond float16's 65,504 in either makes samples that are not finite. launch: kernels
    compiled ahead where there are some, else Triton's compiler. choose, lstm: how the work is cut up, `choose` for what
    fits in `shared` bytes of shared memory, by default the device's.
    """

    def __init__(
        self,
        device: torch.device | str,
        *,
        fft_size: int = 20,
        hop: int = 5,
        exact: bool = True,
        launch: Launch | None = None,
        choose: Choose | None = None,
        shared: int | None = None,
        lstm: LstmConfiguration | None = None,
    ) -> None:
        device = torch.device(device)
        self._context = Context(device, exact, launch or best_launch(device), choose or _choose(device, shared, exact))
        self._lstm = lstm or LstmConfiguration()
        self._measure = Measurement(self._context)
        self._fourier = Fourier(self._context, fft_size, hop)

    @property
    def device(self) -> torch.device:
        return self._context.device

    def convolution(
        self,
        weights: Sequence[Tensor],
        biases: Sequence[Tensor],
        *,
        dilation: int = 1,
        activation: Activation = Activation.NONE,
        slope: float = 0.0,
        norms: Sequence[int] | None = None,
        sum_branches: bool = False,
        pool: tuple[Tensor, Tensor] | None = None,
    ) -> Convolution:
        return Convolution(self._context, weights, biases, dilation, activation, slope, norms, sum_branches, pool)

    def statistics(self, rows: Tensor, layout: Layout) -> Statistics:
        return self._measure(rows, layout)

    def upsampling(
        self, weight: Tensor, bias: Tensor, *, stride: int, slope: float, mirrored: bool = False
    ) -> Upsampling:
        return Upsampling(self._context, weight, bias, stride, slope, mirrored)

    def noise_convolution(self, weight: Tensor, bias: Tensor, *, stride: int) -> NoiseConvolution:
        return NoiseConvolution(self._context, weight, bias, stride)

    def lstm(self, state: Mapping[str, Tensor]) -> Lstm:
        return Lstm(self._context, state, self._lstm)

    def attention(self, rows: Tensor, layout: Layout, heads: int) -> Tensor:
        hidden = rows.shape[2] // 3
        out = torch.empty(1, layout.rows, hidden, device=self.device)
        self._context.launch(
            jit_attention.attend,
            (layout.tiles, heads),
            {
                "projected": rows.contiguous(),
                "out": out,
                "starts": layout.starts,
                "lengths": layout.lengths,
                "tile_segment": layout.tile_segment,
                "segment_tile": layout.segment_tile,
                "scale": 1 / math.sqrt(hidden // heads),
            },
            {
                "HIDDEN": hidden,
                "HEAD": hidden // heads,
                "TILE": layout.tile_rows,
                "KEYS": KEYS,
                "EXACT": self._context.exact,
            },
            Resources(warps=4),
        )
        return out

    def source(self, weight: Tensor, bias: Tensor, *, hop: int) -> Source:
        return Source(self._context, weight, bias, hop)

    def spectrum(self, excitation: Tensor, samples: Layout, layout: Layout) -> Tensor:
        return self._fourier.spectrum(excitation, samples, layout)

    def samples(self, polar: Tensor, layout: Layout, samples: Layout) -> Tensor:
        return self._fourier.samples(polar, layout, samples)


def _choose(device: torch.device, shared: int | None, exact: bool) -> Choose:
    if shared is None:
        shared = SHARED.get(architecture(device), LEAST_SHARED) if device.type == "cuda" else SHARED[90]
    return partial(choose, shared=shared, parts=2 if exact else 1)
