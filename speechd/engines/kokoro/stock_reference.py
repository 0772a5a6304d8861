"""The stock package's model as a reference: what it makes of an input, with its intermediate values."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from unittest import mock

import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.prosody import Prosody

ROUNDING: Final = 1e-6
"""A relative change of the pitch as small as another thread count makes."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """The output of the stock model for one input, with what a comparison shares.

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
