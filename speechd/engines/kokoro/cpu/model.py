"""The whole model: token ids and a voice row → samples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.decoder import Decoder
from speechd.engines.kokoro.cpu.generator import Generator
from speechd.engines.kokoro.cpu.ops import Arithmetic
from speechd.engines.kokoro.cpu.prosody import Prosody, ProsodyPredictor
from speechd.engines.kokoro.cpu.tensors import Weights
from speechd.engines.kokoro.model import ModelInput, Rendered


class Plan(NamedTuple):
    """An input whose prosody is known. style: (1, 2 x style size), its voice's row; seed: of the noise."""

    prosody: Prosody
    style: Tensor
    seed: int


class CpuModel:
    """Kokoro on the CPU: the function of the stock package's `KModel`, computed in another order.

    Safe to build before a fork: it runs nothing in parallel until it is first called.
    """

    batch_limit: Final = 1
    batch_limit_s: Final = math.inf

    def __init__(
        self,
        config: dict[str, Any],
        state: Mapping[str, Mapping[str, Tensor]],
        exact: Arithmetic,
        close: Arithmetic,
    ) -> None:
        """config, state: as for `load`; close: what the decoder and the generator's convolutions may use."""
        parts = {name: Weights(tensors) for name, tensors in state.items()}
        self._style_size: int = config["style_dim"]
        self._predictor = ProsodyPredictor(config, parts, exact.text)
        self._decoder = Decoder(parts["decoder"], close.product)
        self._generator = Generator(parts["decoder"].part("generator"), config["istftnet"], close)

    def plan(self, inputs: Sequence[ModelInput]) -> list[Plan]:
        """See `Model`."""
        return [
            Plan(self.prosody(input.input_ids, input.ref_s, input.speed), input.ref_s, input.seed) for input in inputs
        ]

    def render(self, prosodies: Sequence[Plan], window: None = None) -> list[Rendered]:
        """See `Model`."""
        return [Rendered(self._render(*plan), plan.prosody.durations) for plan in prosodies]

    def __call__(self, input_ids: Tensor, style: Tensor, speed: float, seed: int) -> Tensor:
        """Samples (n,) float32 at 24 kHz.

        input_ids (tokens,) int64 with a pad (0) at both ends; style (1, 2 x style size), a row of a voice pack;
        speed > 0; seed: of the noise, the same for the same seed whatever the thread count.
        Raises ValueError where there are more tokens than the model reads.
        """
        return self._render(self.prosody(input_ids, style, speed), style, seed)

    def _render(self, prosody: Prosody, style: Tensor, seed: int) -> Tensor:
        noise = self._generator.source.noise(prosody.pitch, seed)
        return self.waveform(prosody, style, self.excitation(prosody, noise))

    @torch.inference_mode()
    def prosody(self, input_ids: Tensor, style: Tensor, speed: float) -> Prosody:
        """Durations, pitch, energy and the encoded text; arguments as for a call."""
        if len(input_ids) > self._predictor.limit:
            raise ValueError(f"{len(input_ids)} tokens; the model reads {self._predictor.limit} with the two pads")
        return self._predictor(input_ids, style[:, self._style_size :], speed)

    @torch.inference_mode()
    def excitation(self, prosody: Prosody, noise: Tensor) -> Tensor:
        """The harmonic source (samples,) for its pitch; noise (samples,) standard normal."""
        return self._generator.source(prosody.pitch, noise)

    @torch.inference_mode()
    def waveform(self, prosody: Prosody, style: Tensor, excitation: Tensor) -> Tensor:
        """The samples that the excitation becomes."""
        voice = style[:, : self._style_size]
        return self._generator(self._decoder(prosody, voice), voice, excitation)
