"""Compares the fast model with the stock `kokoro` package on a user's own weights: `speechd verify`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from unittest import mock

import torch
from torch import Tensor

from speechd.audio.samples import SAMPLE_RATE
from speechd.engines.kokoro.cpu.model import CpuModel
from speechd.engines.kokoro.cpu.prosody import Prosody

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
ROUNDING: Final = 1e-6
"""A relative change of the pitch as small as another thread count makes."""
FLOOR_DB: Final = -60.0
"""Parts of a spectrum this far below its peak are not compared."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """What the stock model made of one input, with what a comparison shares.

    noise: (samples,) standard normal; excitation: (samples,) the harmonic source's.
    """

    prosody: Prosody
    noise: Tensor
    excitation: Tensor
    samples: Tensor


class Stock:
    """The stock package's model, with its intermediate values kept."""

    def __init__(self, model: Any) -> None:
        """model: a `kokoro.KModel` on the CPU."""
        self._model = model.eval()

    @torch.inference_mode()
    def speak(self, input_ids: Tensor, style: Tensor, speed: float, seed: int = 0) -> Spoken:
        """Arguments as for `CpuModel`."""
        kept: dict[str, Tensor] = {}
        generator = self._model.decoder.generator
        torch.manual_seed(seed)
        with (
            _kept_noise(kept, generator.m_source.l_linear.weight[0]),
            _kept_excitation(kept, generator.stft),
            _seen(
                self._model.decoder, lambda inputs: kept.update(zip(("text", "pitch", "energy"), inputs, strict=False))
            ),
        ):
            samples, durations = self._model.forward_with_tokens(input_ids[None], style, speed)
        prosody = Prosody(durations.view(-1), kept["pitch"][0], kept["energy"][0], kept["text"][0].T.contiguous())
        return Spoken(prosody, kept["noise"], kept["excitation"], samples)

    @torch.inference_mode()
    def respeak(self, spoken: Spoken, style: Tensor, seed: int = 0) -> Tensor:
        """The samples once more, with the pitch changed as little as rounding does."""
        prosody = spoken.prosody
        torch.manual_seed(seed)
        samples: Tensor = self._model.decoder(
            prosody.text.T[None],
            prosody.pitch[None] * (1 + ROUNDING),
            prosody.energy[None],
            style[:, : style.shape[1] // 2],
        )
        return samples.flatten()


@contextmanager
def _seen(module: Any, see: Callable[[tuple[Tensor, ...]], None]) -> Iterator[None]:
    hook = module.register_forward_pre_hook(lambda _, inputs: see(inputs))
    try:
        yield
    finally:
        hook.remove()


@contextmanager
def _kept_noise(kept: dict[str, Tensor], mix: Tensor) -> Iterator[None]:
    """The noise that the source draws for every harmonic, as the standard normal that mixing it makes."""
    draw = torch.randn_like

    def keep(like: Tensor) -> Tensor:
        noise = draw(like)
        if like.shape[-1] == len(mix):
            kept["noise"] = (noise[0] @ mix) / mix.norm()
        return noise

    with mock.patch.object(torch, "randn_like", keep):
        yield


@contextmanager
def _kept_excitation(kept: dict[str, Tensor], stft: Any) -> Iterator[None]:
    forward = stft.transform

    def keep(excitation: Tensor) -> Any:
        kept["excitation"] = excitation[0].clone()
        return forward(excitation)

    with mock.patch.object(stft, "transform", keep):
        yield


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
    fast_s: float

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
            f"{self.stock_spectra_db:.2f} dB), {self.audio_s / self.fast_s:.1f} x real time "
            f"(stock {self.audio_s / self.stock_s:.1f} x)"
        )


def compare(stock: Stock, fast: CpuModel, input_ids: Tensor, style: Tensor, speed: float) -> Comparison:
    """Speak one input with both: free-running, and from the same prosody and excitation."""
    start = time.perf_counter()
    spoken = stock.speak(input_ids, style, speed)
    between = time.perf_counter()
    prosody = fast.prosody(input_ids, style, speed)
    free = fast.waveform(prosody, style, fast.excitation(prosody, spoken.noise))
    end = time.perf_counter()
    same = torch.equal(prosody.durations, spoken.prosody.durations)
    forced = fast.waveform(spoken.prosody, style, spoken.excitation)
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
        fast_s=end - between,
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
    from kokoro.model import KModel  # late: it imports transformers, which takes seconds

    from speechd.engines.kokoro.cpu import load

    fast = load(config, torch.load(checkpoint, map_location="cpu", weights_only=True), dtype)
    stock = Stock(KModel(repo_id="", config=config, model=str(checkpoint)))
    generator = torch.Generator().manual_seed(0)
    phonemes = torch.tensor(sorted(set(config["vocab"].values())))
    for index, length in enumerate(LENGTHS):
        pack = list(packs.values())[index % len(packs)]
        inner = phonemes[torch.randint(len(phonemes), (length,), generator=generator)]
        input_ids = torch.nn.functional.pad(inner, (1, 1))
        yield compare(stock, fast, input_ids, pack[length - 1], SPEEDS[index % len(SPEEDS)])


def exactness_db(dtype: str) -> float:
    """What to ask of the waveforms of a model of this dtype."""
    return {"float32": EXACT_SNR_DB, "bfloat16": CLOSE_SNR_DB}[dtype]
