"""Compares the batched model with the CPU's model on the same segments."""

from __future__ import annotations

import math
from typing import Final
from unittest import mock

import torch
from torch import Tensor

from speechd.engines.kokoro.cpu import CpuModel
from speechd.engines.kokoro.cpu.harmonic_source import Spectrum
from speechd.engines.kokoro.cpu.prosody import Prosody

EXACT_DB: Final = 100.0
"""Signal-to-noise ratio of a waveform to the CPU model's from the same pitch, energy, text and excitation, in float32
and with PyTorch's arithmetic there; its compiled kernels are 98 to 104 dB from that themselves."""


def reference_waveform(model: CpuModel, prosody: Prosody, style: Tensor, excitation: Tensor) -> Tensor:
    """The CPU model's samples, with the excitation's spectrum in float64, as the batched model has it.

    A phase near ±π has the sign that rounding gives it, and each sign is another waveform, 40 to 60 dB apart: in
    float32 the Fourier transform in use would decide. In the first frame, which mirrors itself, it would decide of all
    phases (36 dB over 1.65 seconds); there they are 0 or π.
    """
    with mock.patch.object(Spectrum, "polar", _polar):
        return model.waveform(prosody, style, excitation)


def _polar(spectrum: Spectrum, samples: Tensor) -> Tensor:
    """As `Spectrum.polar`, in float64."""
    window = torch.hann_window(spectrum._size, periodic=True).double()
    found = torch.stft(samples.double(), spectrum._size, spectrum._hop, window=window, return_complex=True).T
    phases = found.angle()
    phases[0] = torch.where(found[0].real < 0, math.pi, 0.0)
    return torch.cat([found.abs(), phases], dim=1).float()
