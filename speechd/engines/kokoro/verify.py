"""Compares the CPU's model with the stock `kokoro` package on a user's own weights: `speechd verify`."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.model import CpuModel
from speechd.engines.kokoro.distance import relative_error, snr_db, spectral_distance_db
from speechd.engines.kokoro.model import SAMPLE_RATE
from speechd.engines.kokoro.stock_package import stock_model_class
from speechd.engines.kokoro.stock_reference import Stock

EXACT_SNR_DB: Final = 90.0
"""The waveform must be this close to the stock model's from the same pitch and excitation, in float32."""
CLOSE_SNR_DB: Final = 40.0
"""The same for bfloat16."""
PROSODY_ERROR: Final = 1e-4
"""Largest difference of pitch and energy from the stock model's, relative to the largest value."""
SPECTRUM_ROOM: Final = 1.5
"""How much further the spectra of a free run may be from the stock model's than its own, with its pitch rounded
otherwise, are."""
EDGES_DB: Final = 2.0
"""Distance of spectra that is always let pass, for the shortest inputs: the source's first and last frame are mirrored,
so their phase is 0 or ±π, and which of the two πs is a matter of rounding alone."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """One input, spoken by both."""

    tokens: int
    audio_s: float
    same_durations: bool
    prosody_error: float
    snr_db: float
    spectra_db: float
    stock_spectra_db: float
    stock_s: float
    model_s: float

    def exact(self, snr_db: float) -> bool:
        """Whether it is the same function, as far as rounding lets one see; snr_db: what to ask of the waveform."""
        return (
            self.same_durations
            and self.prosody_error <= PROSODY_ERROR
            and self.snr_db >= snr_db
            and self.spectra_db <= max(EDGES_DB, self.stock_spectra_db * SPECTRUM_ROOM)
        )

    def __str__(self) -> str:
        durations = "same" if self.same_durations else "DIFFERENT"
        return (
            f"{self.tokens:3} tokens, {self.audio_s:5.2f} s: durations {durations}, prosody {self.prosody_error:.0e}, "
            f"waveform {self.snr_db:.1f} dB, spectra {self.spectra_db:.2f} dB apart (stock's own rounding: "
            f"{self.stock_spectra_db:.2f} dB), {self.audio_s / self.model_s:.1f} x real time "
            f"(stock {self.audio_s / self.stock_s:.1f} x)"
        )


def compare(stock: Stock, model: CpuModel, input_ids: Tensor, style: Tensor, speed: float) -> Comparison:
    """Speak one input with both: free-running, and from the same prosody and excitation."""
    start = time.perf_counter()
    spoken = stock.speak(input_ids, style, speed)
    between = time.perf_counter()
    prosody = model.prosody(input_ids, style, speed)
    free = model.waveform(prosody, style, model.excitation(prosody, spoken.noise))
    end = time.perf_counter()
    same = torch.equal(prosody.durations, spoken.prosody.durations)
    forced = model.waveform(spoken.prosody, style, spoken.excitation)
    return Comparison(
        tokens=len(input_ids) - 2,
        audio_s=len(spoken.samples) / SAMPLE_RATE,
        same_durations=same,
        prosody_error=max(
            relative_error(spoken.prosody.pitch, prosody.pitch), relative_error(spoken.prosody.energy, prosody.energy)
        )
        if same
        else math.inf,
        snr_db=snr_db(spoken.samples, forced),
        spectra_db=spectral_distance_db(spoken.samples, free) if same else math.inf,
        stock_spectra_db=spectral_distance_db(spoken.samples, stock.respeak(spoken, style)),
        stock_s=between - start,
        model_s=end - between,
    )


LENGTHS: Final = (1, 20, 120, 400)
"""Tokens of the inputs that are compared, the pads not counted."""
SPEEDS: Final = (1.0, 0.7, 2.0)


def verify(
    config: dict[str, Any], checkpoint: Path, packs: Mapping[str, Tensor], dtype: str = "float32"
) -> Iterator[Comparison]:
    """Compare both models of `checkpoint` (a .pth of five state dicts) on inputs of several lengths, speeds and voices.

    packs: voice packs (rows, 1, 2 x style size) by name, at least one.
    """
    from speechd.engines.kokoro.cpu import load

    stock = Stock(stock_model_class()(repo_id="", config=config, model=str(checkpoint)))
    model = load(config, torch.load(checkpoint, map_location="cpu", weights_only=True), dtype)
    generator = torch.Generator().manual_seed(0)
    phonemes = torch.tensor(sorted(set(config["vocab"].values())))
    for index, length in enumerate(LENGTHS):
        pack = list(packs.values())[index % len(packs)]
        inner = phonemes[torch.randint(len(phonemes), (length,), generator=generator)]
        input_ids = torch.nn.functional.pad(inner, (1, 1))
        yield compare(stock, model, input_ids, pack[length - 1], SPEEDS[index % len(SPEEDS)])


def exactness_db(dtype: str) -> float:
    """The least signal-to-noise ratio of the waveforms of a model of this dtype, in decibels."""
    return {"float32": EXACT_SNR_DB, "bfloat16": CLOSE_SNR_DB}[dtype]
