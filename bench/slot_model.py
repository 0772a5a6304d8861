"""How long a slot takes, for `bench.simulation`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

SPEED: Final = 4.0
"""Audio seconds per second of a slot, of whole passages, where nothing else is asked for."""
OVERHEAD_S: Final = 0.03
"""Seconds that each engine call costs besides."""
SPREAD: Final = 0.1
"""Relative standard deviation of an engine call's time."""

PROSODY_S: Final = 0.012
"""Seconds for each audio second of a passage, before its first window; a part of the time of the whole."""
WINDOW_COST: Final = 1.15
"""What a window of a second costs, of its share of the whole. Longer ones have the same margins."""

BATCH_COST: Final = 0.1
"""The cost of each further segment of a batch, as a part of what it costs alone."""


@dataclass(frozen=True, slots=True)
class SlotModel:
    """How fast a slot is. speed: audio seconds in a second, of one segment at a time; batch: segments at once, at most;
    batch_cost: what each further one costs, of what it costs alone. prosody_s, window_cost: as `PROSODY_S` and
    `WINDOW_COST`."""

    speed: float = SPEED
    batch: int = 1
    batch_cost: float = BATCH_COST
    prosody_s: float = PROSODY_S
    window_cost: float = WINDOW_COST

    @property
    def throughput(self) -> float:
        """Audio seconds in a second, of full batches of equal segments."""
        return self.speed * self.batch / (1 + self.batch_cost * (self.batch - 1))

    def synthesis_s(self, durations_s: npt.NDArray[np.float64]) -> float:
        """Seconds that a batch of whole segments takes."""
        longest_s = float(durations_s.max())
        audio_s = longest_s + self.batch_cost * (float(durations_s.sum()) - longest_s)
        return OVERHEAD_S + audio_s / self.speed

    def rendering_s(self, window_s: float, made_s: float, passage_s: float) -> float:
        """Seconds that a window takes of a passage of which `made_s` seconds are there."""
        sides = (made_s > 0) + (made_s + window_s < passage_s)
        margins_s = (self.window_cost - 1.0) * sides / 2
        sound_s = (window_s + margins_s) * (1 / self.speed - self.prosody_s)
        return OVERHEAD_S + sound_s + (0.0 if made_s else self.prosody_s * passage_s)
