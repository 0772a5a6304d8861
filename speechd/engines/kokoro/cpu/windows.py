"""Windows: stretches of a passage's frames, each rendered in one go, one after the other.

Whatever ties them together is the passage's: prosody, the phase and the noise of the source. A window is rendered with
as much before and behind it as its samples depend on, trimmed at every stage. With the whole passage's statistics in
its norms it has the whole passage's samples; carried ones grow towards them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.decoder import Decoder
from speechd.engines.kokoro.cpu.generator import Generator
from speechd.engines.kokoro.cpu.norm_statistics import Carried, Statistics
from speechd.engines.kokoro.cpu.ops import steady
from speechd.engines.kokoro.cpu.passage import Passage
from speechd.engines.kokoro.cpu.stretch import Stretch
from speechd.engines.kokoro.cpu.window_joins import end_of_window
from speechd.engines.kokoro.cpu.window_state import WindowState, state_limit

FADE: Final = 120
"""Samples (5 ms) over which one window is faded into the next; at most a frame."""


class Voice(NamedTuple):
    """Whose sound a passage gets. style (1, style size): the decoder's half of the voice row; seed: of the noise."""

    style: Tensor
    seed: int


class RenderedWindow(NamedTuple):
    """Frames of a passage, as sound. samples (n,) float32; state: of the next window, None after the last."""

    samples: Tensor
    frames: Stretch
    state: WindowState | None


class Renderer:
    """Decoder and generator, for stretches of a passage."""

    def __init__(self, decoder: Decoder, generator: Generator) -> None:
        self._decoder = decoder
        self._generator = generator
        self._frame = 2 * generator.hop

    @property
    def fade(self) -> int:
        """Samples that a window has beyond its end, but for the last."""
        return min(FADE, self._frame)

    def state_limit(self, tokens: int, channels: int) -> int:
        """Bytes of a packed state at most, of passages of so many tokens; channels: of the encoded text."""
        size = self._decoder.statistics_size + self._generator.statistics_size
        return state_limit(size, self.fade, tokens, channels)

    def samples_of(self, core: Stretch) -> Stretch:
        """The samples of these frames, and those that are faded into the next window."""
        samples = core.scaled(self._frame)
        return Stretch(samples.first, min(samples.end + self.fade, samples.total), samples.total)

    @steady()
    def render(self, passage: Passage, voice: Voice, core: Stretch, statistics: Statistics) -> Tensor:
        """The samples `samples_of(core)`. core: frames."""
        source, generator = self._generator.source, self._generator
        route = generator.route(self.samples_of(core))
        sound, hop = route.excitation, generator.hop
        halves = Stretch(sound.first // hop, -(-sound.end // hop), len(passage.pitch))
        excitation = source(passage.pitch, source.noise(halves, voice.seed), halves)
        excitation = excitation[sound.within(halves.scaled(hop))]
        text = passage.text_of(self._decoder.source(route.source))
        rows = self._decoder(text, passage.pitch, passage.energy, voice.style, route.source, core, statistics)
        return generator(rows, voice.style, excitation, route, core.scaled(2), statistics)

    def next(self, passage: Passage, voice: Voice, state: WindowState | None, wanted: float) -> RenderedWindow:
        """The next window of about `wanted` frames, with statistics carried. state: None for the first."""
        first = 0 if state is None else state.position
        core = Stretch(first, end_of_window(passage, first, wanted), passage.frames)
        statistics = Carried(np.empty(0, np.float32) if state is None else state.statistics)
        rendered = self.render(passage, voice, core, statistics)
        samples, tail = self._parted(rendered, core, None if state is None else state.tail)
        last = core.end == core.total
        after = None if last else WindowState(core.end, statistics.after, tail, passage)
        return RenderedWindow(samples, core, after)

    def joined(
        self, passage: Passage, voice: Voice, ends: Sequence[int], statistics: Callable[[], Statistics]
    ) -> Tensor:
        """All samples, in windows that end before the frames `ends`, the last of which is the passage's end."""
        parts, first = list[Tensor](), 0
        tail: Tensor | None = None
        for end in ends:
            core = Stretch(first, end, passage.frames)
            samples, tail = self._parted(self.render(passage, voice, core, statistics()), core, tail)
            parts.append(samples)
            first = end
        return torch.cat(parts)

    def _parted(self, rendered: Tensor, core: Stretch, tail: Tensor | None) -> tuple[Tensor, Tensor]:
        """The samples of the frames `core`, the tail of the window before faded out in them, and their own tail."""
        samples, after = rendered[: len(core) * self._frame], rendered[len(core) * self._frame :]
        if tail is not None:
            # Both are the same sound, so the sum of the two shares is 1 and not that of their squares.
            share = torch.linspace(0, 1, len(tail) + 2)[1:-1]
            samples[: len(tail)] = torch.lerp(tail, samples[: len(tail)], share)
        return samples, after
