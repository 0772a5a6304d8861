"""Where a window of a passage ends: where a join is least heard."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from speechd.engines.kokoro.cpu.harmonic_source import VOICED_ABOVE
from speechd.engines.kokoro.cpu.passage import Passage

NEAR: Final = 0.25
"""How far from its wanted length a window may end, as a share of it."""

VOICED_COST: Final = 1.0
"""What a join in a voiced frame costs, in standard deviations of the energy: a step in a vowel is heard soonest."""

TOKEN_COST: Final = 0.5
"""What a join inside a token costs, in the same measure."""

DISTANCE_COST: Final = 0.5
"""What a join at the end of the reach costs, in the same measure. It grows with the square of the distance."""


def end_of_window(passage: Passage, first: int, wanted: float) -> int:
    """The frame before which the window that begins with frame `first` ends.

    wanted: > 0, frames that it is to have, or infinity. It is the passage's end where that is within reach.
    """
    if passage.frames - first <= wanted * (1 + NEAR):
        return passage.frames
    low, high = (first + max(1, round(wanted * (1 + side * NEAR))) for side in (-1, 1))
    # What is left for the next window is worth its margins.
    high = min(high, passage.frames - max(1, round(wanted * NEAR)))
    ends = torch.arange(low, max(low, high) + 1)
    away = (ends - first - wanted) / max(1.0, wanted * NEAR)
    cost = _loudness(passage)[ends] + away.square() * DISTANCE_COST
    return int(ends[cost.argmin()])


def _loudness(passage: Passage) -> Tensor:
    """What a join before each frame costs, (frames + 1,), in standard deviations of the energy."""
    energy = (passage.energy - passage.energy.mean()) / passage.energy.std().clamp_(min=1e-3)
    voiced = (passage.pitch > VOICED_ABOVE).float() * VOICED_COST
    # The half frames on either side of each join; those beyond the passage are never asked for.
    beside = torch.nn.functional.pad(energy + voiced, (1, 1)).view(-1, 2).mean(dim=1)
    inside = torch.full((passage.frames + 1,), TOKEN_COST)
    inside[passage.durations.cumsum(0)] = 0.0
    return beside + inside
