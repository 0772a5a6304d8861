"""How far two waveforms or curves are apart."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

FLOOR_DB: Final = -60.0
"""Parts of a spectrum this far below its peak are not compared."""


def snr_db(reference: Tensor, other: Tensor) -> float:
    """Signal-to-noise ratio of `other` in decibels, the difference from `reference` being the noise."""
    error = (reference.double() - other.double()).square().sum()
    return float(10 * torch.log10(reference.double().square().sum() / error))


def spectral_distance_db(reference: Tensor, other: Tensor) -> float:
    """Mean difference of the magnitude spectra in decibels, where the reference is above `FLOOR_DB`."""
    size = min(1024, len(reference))
    window = torch.hann_window(size)
    spectra = [
        torch.stft(samples, size, size // 4, window=window, return_complex=True).abs() for samples in (reference, other)
    ]
    floor = spectra[0].max() * 10 ** (FLOOR_DB / 20)
    first, second = (20 * torch.log10(spectrum.clamp_min(floor)) for spectrum in spectra)
    loud = spectra[0] > floor
    return float((first - second)[loud].abs().mean())


def relative_error(reference: Tensor, other: Tensor) -> float:
    """Largest difference, relative to the largest magnitude of `reference`."""
    return float((reference - other).abs().max() / reference.abs().max())
