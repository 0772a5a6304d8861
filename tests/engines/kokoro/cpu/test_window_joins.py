"""Where windows end."""

from __future__ import annotations

import math

import torch
from hypothesis import given
from hypothesis import strategies as st

from speechd.engines.kokoro.cpu.passage import Passage
from speechd.engines.kokoro.cpu.window_joins import NEAR, end_of_window


def passage(tokens: int, seed: int = 0, frames: int = 5) -> Passage:
    """Voiced, of uneven energy."""
    durations, count = torch.full((tokens,), frames), tokens * frames
    energy = torch.rand(2 * count, generator=torch.Generator().manual_seed(seed))
    return Passage(durations, torch.full((2 * count,), 200.0), energy, torch.empty(tokens, 0))


@given(tokens=st.integers(1, 60), seed=st.integers(0, 50), wanted=st.floats(0.01, 400), place=st.floats(0, 0.999))
def test_windows_end_near_their_wanted_length_or_with_the_passage(
    tokens: int, seed: int, wanted: float, place: float
) -> None:
    whole = passage(tokens, seed)
    first = int(place * whole.frames)
    end = end_of_window(whole, first, wanted)
    assert first < end <= whole.frames
    if end < whole.frames:
        assert abs(end - first - wanted) <= wanted * NEAR + 1
    else:
        assert whole.frames - first <= max(wanted, 1) * (1 + NEAR) + 1


def test_all_that_is_left_is_taken_where_that_is_little_more() -> None:
    whole = passage(10)
    assert end_of_window(whole, 0, math.inf) == 50
    assert end_of_window(whole, 0, 41) == 50
    assert end_of_window(whole, 49, 1) == 50
    assert end_of_window(whole, 0, 30) < 40


def test_joins_lie_where_there_is_least_energy() -> None:
    whole = passage(40)
    whole.energy[2 * 107 - 1 : 2 * 107 + 1] = -3.0
    assert end_of_window(whole, 0, 100) == 107


def test_joins_lie_where_there_is_no_voice() -> None:
    whole = passage(40)
    whole.energy[:] = 1.0
    whole.pitch[2 * 93 - 1 : 2 * 93 + 1] = 0.0
    assert end_of_window(whole, 0, 100) == 93


def test_joins_lie_between_tokens_where_all_else_is_equal() -> None:
    whole = passage(40, frames=7)
    whole.energy[:] = 1.0
    assert end_of_window(whole, 0, 100) == 98
