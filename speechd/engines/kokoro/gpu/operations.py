"""What the model computes with: the protocol of its operations, on packed rows in float32.

Rows are (branches, rows, channels). There is one branch nearly everywhere; the generator's parallel residual blocks are
the branches of one operation. Rows outside of segments are undefined: every operation takes them for zeros and may
leave anything in them. No operation waits for the device, and shapes do not depend on the batch, so that all of them
can be captured. Weights are given on the CPU, and an operation keeps them on its own device.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import IntEnum
from typing import Protocol

import torch
from torch import Tensor

from speechd.engines.kokoro.gpu.packing import Layout


class Activation(IntEnum):
    """SNAKE: u + sin²(u). LEAKY: u where positive, else slope · u. GELU: by its tanh approximation."""

    NONE = 0
    SNAKE = 1
    LEAKY = 2
    GELU = 3


Statistics = Tensor
"""Mean and 1 / √(variance + 10⁻⁵) over the time of each segment: (branches, segments, 2, channels) float32."""

Spectrum = Tensor
"""Magnitudes and phases of the source, in a form that is the operations' own."""


class Convolution(Protocol):
    """A convolution over time that keeps the length, with what comes before and after it."""

    def __call__(
        self,
        rows: Tensor,
        layout: Layout,
        *,
        styles: Tensor | None = None,
        statistics: Statistics | None = None,
        residual: Tensor | None = None,
        residual_scale: float = 1.0,
        measure: bool = False,
    ) -> tuple[Tensor, Statistics | None]:
        """convolution(activation(norm(rows))) + bias (+ residual · residual_scale); its statistics where `measure`.

        rows (branches or 1, rows, in), at the layout's rate, or with a pool at half of it. styles (segments, any), and
        statistics of `rows`: where the convolution has norms. residual (branches or 1, rows, out), or half as many
        rows, each for two.
        """
        ...


class Upsampling(Protocol):
    """Leaky ReLU and a transposed convolution."""

    def __call__(self, rows: Tensor, layout: Layout, add: Tensor, into: Layout) -> tuple[Tensor, Statistics]:
        """rows (branches, layout.rows, in), summed over the branches → (1, into.rows, out) + add; its statistics."""
        ...


class NoiseConvolution(Protocol):
    """The source's spectrum at the rate of one stage."""

    def __call__(self, spectrum: Spectrum, layout: Layout) -> tuple[Tensor, Statistics]:
        """(1, layout.rows, out) and its statistics."""
        ...


class Lstm(Protocol):
    """A bidirectional LSTM, which starts anew with each segment."""

    def __call__(self, rows: Tensor, layout: Layout) -> Tensor:
        """rows (1, rows, in) → (1, rows, 2 x hidden), forward before backward."""
        ...


class Source(Protocol):
    """The harmonic source: sines that follow the pitch, and noise that each segment's seed alone decides."""

    def __call__(self, pitch: Tensor, seeds: Tensor, halves: Layout, samples: Layout) -> Tensor:
        """pitch (halves.rows,) in Hz, seeds (segments,) int64, 0 ... 2⁶³ - 1 → (samples.rows,)."""
        ...


class Operations(Protocol):
    """All operations of the model, on one device."""

    @property
    def device(self) -> torch.device: ...

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
        """One branch for each weight (out, in, taps), whose taps may differ; a linear layer has one tap. bias (out,).

        norms: of each branch, the column of its gains in the styles; its offsets are `in` columns further right.
        sum_branches: the branches of the input are summed first, in order, and there is one branch of output.
        pool: weight (in, 1, 3) and bias (in,) of a depthwise transposed convolution of stride 2, which comes after the
        activation and before the convolution.
        """
        ...

    def statistics(self, rows: Tensor, layout: Layout) -> Statistics:
        """Those of rows that no convolution measured. Of the speech half alone, beside which a text half may run."""
        ...

    def upsampling(
        self, weight: Tensor, bias: Tensor, *, stride: int, slope: float, mirrored: bool = False
    ) -> Upsampling:
        """weight (in, out, 2 x stride), bias (out,); stride ÷ 2 rows are cut off at either end.

        mirrored: the result has one more row, the first, which mirrors the third.
        """
        ...

    def noise_convolution(self, weight: Tensor, bias: Tensor, *, stride: int) -> NoiseConvolution:
        """weight (out, 2 x bins, taps), bias (out,); (stride + 1) ÷ 2 zeros before the first row if there are taps."""
        ...

    def lstm(self, state: Mapping[str, Tensor]) -> Lstm:
        """state: by the names of a bidirectional `torch.nn.LSTM` of one layer."""
        ...

    def attention(self, rows: Tensor, layout: Layout, heads: int) -> Tensor:
        """Softmax attention within each segment: queries, keys, values (1, rows, 3 x hidden) → (1, rows, hidden)."""
        ...

    def source(self, weight: Tensor, bias: Tensor, *, hop: int) -> Source:
        """weight (1, harmonics), bias (1,) of their mixture; hop: samples of a half frame."""
        ...

    def spectrum(self, excitation: Tensor, samples: Layout, layout: Layout) -> Spectrum:
        """The short-time Fourier transform of excitation (samples.rows,), a frame at each row of `layout`.

        Each segment's ends are mirrored, and the window is a periodic Hann window.
        """
        ...

    def samples(self, polar: Tensor, layout: Layout, samples: Layout) -> Tensor:
        """The inverse: polar (1, layout.rows, 2 x bins) → (samples.rows,).

        polar: logarithms of the magnitudes, and values whose sines are the phases.
        """
        ...
