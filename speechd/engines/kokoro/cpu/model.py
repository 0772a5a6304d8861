"""The whole model: token ids and a voice row → samples."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.decoder import Decoder
from speechd.engines.kokoro.cpu.generator import Generator
from speechd.engines.kokoro.cpu.norm_statistics import Own
from speechd.engines.kokoro.cpu.ops import Arithmetic, steady
from speechd.engines.kokoro.cpu.passage import Passage
from speechd.engines.kokoro.cpu.prosody import Prosody, ProsodyPredictor
from speechd.engines.kokoro.cpu.stretch import Stretch
from speechd.engines.kokoro.cpu.tensors import Weights
from speechd.engines.kokoro.cpu.window_state import WindowState
from speechd.engines.kokoro.cpu.windows import Renderer, Voice
from speechd.engines.kokoro.model import ModelInput, Rendered, RenderedWindow


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
        self._decoder = Decoder(parts["decoder"], close)
        self._generator = Generator(parts["decoder"].part("generator"), config["istftnet"], close)
        self.renderer = Renderer(self._decoder, self._generator)
        self.window_state_limit: Final = self.renderer.state_limit(self._predictor.limit, config["hidden_dim"])
        """Bytes that the state of a window has at most."""

    def plan(self, inputs: Sequence[ModelInput]) -> list[Plan]:
        """See `Model`."""
        return [
            Plan(self.prosody(input.input_ids, input.ref_s, input.speed), input.ref_s, input.seed) for input in inputs
        ]

    def render(self, prosodies: Sequence[Plan]) -> list[Rendered]:
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
        noise = self._generator.source.noise(Stretch.whole(len(prosody.pitch)), seed)
        return self.waveform(prosody, style, self.excitation(prosody, noise))

    @torch.inference_mode()
    def render_window(self, input: ModelInput, state: bytes, wanted: float) -> RenderedWindow:
        """The next window of `input`; see `windows`.

        state: of the window before, empty for the first; wanted: frames, > 0, or infinity.
        """
        before = WindowState.unpacked(state) if state else None
        passage = None if before is None else before.passage
        if passage is None:
            passage = Passage.of(self.prosody(input.input_ids, input.ref_s, input.speed))
        made = self.renderer.next(passage, self.voice(input.ref_s, input.seed), before, wanted)
        frames, after = made.frames, b"" if made.state is None else made.state.packed()
        return RenderedWindow(made.samples, passage.durations, frames.first, frames.end, frames.total, after)

    def voice(self, style: Tensor, seed: int) -> Voice:
        """What `renderer` needs of a row of a voice pack (1, 2 x style size), and the seed of the noise."""
        return Voice(style[:, : self._style_size], seed)

    @torch.inference_mode()
    def prosody(self, input_ids: Tensor, style: Tensor, speed: float) -> Prosody:
        """Durations, pitch, energy and the encoded text; arguments as for a call."""
        if len(input_ids) > self._predictor.limit:
            raise ValueError(f"{len(input_ids)} tokens; the model reads {self._predictor.limit} with the two pads")
        return self._predictor(input_ids, style[:, self._style_size :], speed)

    @steady()
    @torch.inference_mode()
    def excitation(self, prosody: Prosody, noise: Tensor) -> Tensor:
        """The harmonic source (samples,) for its pitch; noise (samples,) standard normal."""
        return self._generator.source(prosody.pitch, noise)

    @steady()
    @torch.inference_mode()
    def waveform(self, prosody: Prosody, style: Tensor, excitation: Tensor) -> Tensor:
        """The samples that the excitation becomes."""
        core, statistics = Stretch.whole(len(prosody.pitch) // 2), Own()
        route = self._generator.route(core.scaled(2 * self._generator.hop))
        voice = style[:, : self._style_size]
        rows = self._decoder(prosody.text, prosody.pitch, prosody.energy, voice, route.source, core, statistics)
        return self._generator(rows, voice, excitation, route, core.scaled(2), statistics)
