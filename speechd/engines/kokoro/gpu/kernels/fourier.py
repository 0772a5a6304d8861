"""The short-time Fourier transform and its inverse: the host's side of `jit.fourier`."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.gpu.kernels.context import Context, largest_divisor
from speechd.engines.kokoro.gpu.kernels.convolution import SPECTRUM_CHANNELS
from speechd.engines.kokoro.gpu.kernels.jit import fourier as jit
from speechd.engines.kokoro.gpu.kernels.launch import Resources
from speechd.engines.kokoro.gpu.packing import Layout

BINS: Final = 16
"""As `jit.fourier.BINS`."""

ROWS: Final = 32
"""Frames of one program."""

SPARE_ROWS: Final = 1024
"""Rows behind a spectrum, which convolutions read without effect."""


class Fourier:
    """Frames of `size` samples, one every `hop`, with a periodic Hann window."""

    def __init__(self, context: Context, size: int, hop: int) -> None:
        if size // 2 + 1 > BINS or size % hop != 0:
            raise ValueError(f"frames of {size} samples every {hop}; at most {2 * BINS - 2}, a multiple of the hop")
        self._context = context
        self._size, self._hop, self._bins = size, hop, size // 2 + 1
        self._steps = 1 << (hop - 1).bit_length()
        window = torch.hann_window(size, periodic=True).double()
        angles = torch.outer(torch.arange(size).double(), torch.arange(self._bins).double()) * (2 * math.pi / size)
        real, imaginary = angles.cos(), -angles.sin()
        # Of a real signal, the first and the last bin have none; and their phase is 0 or π, never -π.
        imaginary[:, 0] = imaginary[:, -1] = 0.0
        fill = (0, BINS - self._bins)
        self._cosines = functional.pad(real * window[:, None], fill).to(context.device)
        self._sines = functional.pad(imaginary * window[:, None], fill).to(context.device)
        self._inverse = self._inverse_table(real, imaginary, window).to(context.device)
        self._squares = self._by_hop((window * window)[:, None])[:, :, 0].float().contiguous().to(context.device)

    def _inverse_table(self, real: Tensor, imaginary: Tensor, window: Tensor) -> Tensor:
        # Every bin but the first and the last of a real signal stands for two.
        twice = torch.full((self._bins,), 2.0 / self._size, dtype=torch.float64)
        twice[0] = twice[-1] = 1.0 / self._size
        fill = (0, BINS - self._bins)
        parts = [functional.pad(each * twice * window[:, None], fill) for each in (real, imaginary)]
        return torch.stack([self._by_hop(each) for each in parts], dim=1).float().contiguous()

    def _by_hop(self, of_samples: Tensor) -> Tensor:
        """(size, any) → (size ÷ hop, hop filled up to a power of two, any)."""
        return functional.pad(of_samples.view(-1, self._hop, of_samples.shape[1]), (0, 0, 0, self._steps - self._hop))

    def spectrum(self, excitation: Tensor, samples: Layout, layout: Layout) -> Tensor:
        """High and low parts of magnitudes and phases: (2, rows and some more, `SPECTRUM_CHANNELS`) float16."""
        rows = layout.rows + SPARE_ROWS
        out = torch.empty(2, rows, SPECTRUM_CHANNELS, dtype=torch.float16, device=self._context.device)
        count = largest_divisor(layout.block_rows, ROWS)
        self._context.launch(
            jit.analyse,
            (layout.rows // count,),
            {
                "samples": excitation.contiguous(),
                "cosines": self._cosines,
                "sines": self._sines,
                "high": out[0],
                "low": out[1],
                "sample_starts": samples.starts,
                "sample_lengths": samples.lengths,
                "starts": layout.starts,
                "lengths": layout.lengths,
                "block_segment": layout.block_segment,
            },
            {
                "SIZE": self._size,
                "HOP": self._hop,
                "COUNT": self._bins,
                "CHANNELS": SPECTRUM_CHANNELS,
                "BLOCK": layout.block_rows,
                "ROWS": count,
                "EXACT": self._context.exact,
            },
            Resources(warps=4),
        )
        return out

    def samples(self, polar: Tensor, layout: Layout, samples: Layout) -> Tensor:
        """As `Operations.samples`."""
        out = torch.empty(samples.rows, device=self._context.device)
        count = largest_divisor(layout.block_rows, ROWS)
        self._context.launch(
            jit.synthesise,
            (layout.rows // count,),
            {
                "polar": polar.contiguous(),
                "inverse": self._inverse,
                "squares": self._squares,
                "out": out,
                "sample_starts": samples.starts,
                "starts": layout.starts,
                "lengths": layout.lengths,
                "block_segment": layout.block_segment,
            },
            {
                "SIZE": self._size,
                "HOP": self._hop,
                "COUNT": self._bins,
                "BLOCK": layout.block_rows,
                "ROWS": count,
                "STEPS": self._steps,
            },
            Resources(warps=4),
        )
        return out
