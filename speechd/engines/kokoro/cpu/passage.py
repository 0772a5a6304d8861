"""A passage as its windows need it: everything before the frames, each token's encoding once."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.prosody import Prosody
from speechd.engines.kokoro.cpu.stretch import Stretch


@dataclass(frozen=True, slots=True, eq=False)
class Passage:
    """What is spoken, and how; see `Prosody`.

    durations (tokens,) int64 frames; pitch, energy (half frames,); text (tokens, channels).
    """

    durations: Tensor
    pitch: Tensor
    energy: Tensor
    text: Tensor

    @classmethod
    def of(cls, prosody: Prosody) -> Passage:
        """The passage of this prosody."""
        firsts = prosody.durations.cumsum(0) - prosody.durations
        return cls(prosody.durations, prosody.pitch, prosody.energy, prosody.text[firsts])

    @property
    def frames(self) -> int:
        """Of the whole passage."""
        return len(self.pitch) // 2

    def text_of(self, frames: Stretch) -> Tensor:
        """The encoded text (frames, channels) of some frames."""
        return self.text[torch.repeat_interleave(self.durations)[frames.first : frames.end]]
