"""How far two waveforms or curves are apart."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

FLOOR_DB: Final = -60.0
"""Parts of a spectrum this far below its peak are not compared."""

STEP: Final = 600
"""Samples (25 ms) on either side of a join that are compared: about as long as the ear adds sound up."""


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


def loudness_step_db(samples: Tensor, place: int) -> float:
    """How much the loudness changes at sample `place`: of the `STEP` samples before and after it, in decibels."""
    before, after = (part.double().square().mean().clamp_min(1e-12) for part in _sides(samples, place))
    return float(10 * (torch.log10(after) - torch.log10(before)).abs())


def spectral_step_db(samples: Tensor, place: int) -> float:
    """How much the spectrum changes at sample `place`: mean difference of the magnitude spectra of the `STEP` samples
    before and after it, in decibels, where either is above `FLOOR_DB`."""
    window = torch.hann_window(STEP)
    spectra = [torch.fft.rfft(part * window).abs() for part in _sides(samples, place)]
    floor = max(float(spectrum.max()) for spectrum in spectra) * 10 ** (FLOOR_DB / 20)
    loud = (spectra[0] > floor) | (spectra[1] > floor)
    before, after = (20 * torch.log10(spectrum.clamp_min(max(floor, 1e-9))) for spectrum in spectra)
    return float((before - after)[loud].abs().mean()) if loud.any() else 0.0


def _sides(samples: Tensor, place: int) -> tuple[Tensor, Tensor]:
    if not STEP <= place <= len(samples) - STEP:
        raise ValueError(f"there are no {STEP} samples on both sides of sample {place} of {len(samples)}")
    return samples[place - STEP : place], samples[place : place + STEP]


def relative_error(reference: Tensor, other: Tensor) -> float:
    """Largest difference, relative to the largest magnitude of `reference`."""
    return float((reference - other).abs().max() / reference.abs().max())
