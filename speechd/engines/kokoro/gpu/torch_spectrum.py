"""The short-time Fourier transform of packed samples and its inverse, in plain PyTorch."""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.nn import functional

from speechd.engines.kokoro.gpu.packing import Layout


def polar(excitation: Tensor, samples: Layout, layout: Layout, size: int, hop: int) -> Tensor:
    """Magnitudes and phases (layout.rows, 2 x bins) of excitation (samples.rows,), zeros in the gaps.

    Frames are centred on their rows, and each segment's ends are mirrored into the gaps beside it.
    """
    edge = size // 2
    # In float64: a phase near ±π has the sign that rounding gives it, which should not be that of an FFT in float32.
    line = functional.pad(_mirrored(excitation, samples, edge), (edge, size)).double()
    window = torch.hann_window(size, periodic=True, device=excitation.device).double()
    spectrum = torch.stft(line, size, hop, window=window, center=False, return_complex=True)[:, : layout.rows]
    # A segment's first frame mirrors itself, so that only rounding would decide between the phases π and -π.
    first = (layout.offset == 0) & layout.valid[:, 0]
    phases = torch.where(first, torch.where(spectrum.real < 0, math.pi, 0.0), spectrum.angle())
    return layout.masked(torch.cat([spectrum.abs(), phases]).T.float().contiguous())


def _mirrored(excitation: Tensor, samples: Layout, edge: int) -> Tensor:
    """excitation with `edge` samples before and after each segment that mirror those within."""
    # Beyond the last place for the sake of places without a segment.
    line = functional.pad(excitation, (0, 1))
    step = torch.arange(1, edge + 1, device=excitation.device)
    there = samples.lengths[:, None] > 0
    first, last = samples.starts[:, None], (samples.starts + samples.lengths)[:, None] - 1
    for outside, inside in ((first - step, first + step), (last + step, last - step)):
        at = torch.where(there, outside, samples.rows).flatten()
        line.index_copy_(0, at.long(), line[inside.clamp(0, samples.rows).flatten()])
    return line[:-1]


def samples(polar: Tensor, layout: Layout, samples: Layout, size: int, hop: int) -> Tensor:
    """The inverse, (samples.rows,): each sample is the sum of the frames over it, ÷ that of their squared windows."""
    bins = size // 2 + 1
    logarithm, sine = torch.split(polar, bins, dim=1)
    magnitude, phase = logarithm.exp(), sine.sin()
    window = torch.hann_window(size, periodic=True, device=polar.device)
    parts = torch.cat([magnitude * phase.cos(), magnitude * phase.sin()], dim=1)
    frames = layout.masked(parts @ inverse(size, polar.device))
    squares = (window * window) * layout.valid
    added, overlap = (_overlapped(each, hop)[size // 2 :][: samples.rows] for each in (frames, squares))
    return functional.pad(added / torch.where(overlap > 0, overlap, 1.0), (0, samples.rows - len(added)))


def _overlapped(frames: Tensor, hop: int) -> Tensor:
    """frames (frames, size), one every `hop` samples, added up."""
    count, size = frames.shape
    return functional.fold(frames.T[None], (1, (count - 1) * hop + size), (1, size), stride=(1, hop)).flatten()


def inverse(size: int, device: torch.device | str) -> Tensor:
    """The inverse real Fourier transform, windowed: (2 x bins, size) from real and imaginary parts."""
    bins = torch.arange(size // 2 + 1, dtype=torch.float64, device=device)
    angle = torch.outer(bins, torch.arange(size, dtype=torch.float64, device=device)) * (2 * math.pi / size)
    # Every bin but the first and the last of a real signal stands for two.
    single = (bins == 0) | (bins == size // 2)
    share = torch.where(single, 1.0 / size, 2.0 / size)[:, None]
    window = torch.hann_window(size, periodic=True, device=device).double()
    return (torch.cat([angle.cos() * share, -angle.sin() * share]) * window).float()
