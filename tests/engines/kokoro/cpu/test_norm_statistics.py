"""Statistics of windows, put together."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from speechd.engines.kokoro.cpu.norm_statistics import Carried, Given, Own
from speechd.engines.kokoro.cpu.stretch import Stretch
from speechd.engines.kokoro.cpu.text_ops import Spread


def of(rows: torch.Tensor) -> Spread:
    variance, mean = torch.var_mean(rows.double(), dim=0, correction=0)
    return torch.stack([mean, variance]).numpy()


@given(ends=st.lists(st.integers(1, 59), max_size=5), mean=st.floats(-100, 100))
def test_carried_ones_are_those_of_all_rows_so_far(ends: list[int], mean: float) -> None:
    rows = [
        torch.randn(60, size, dtype=torch.float64, generator=torch.Generator().manual_seed(2)) + mean for size in (3, 5)
    ]
    first, after = 0, np.empty(0, np.float32)
    for end in sorted({*ends, 60}):
        carried, core = Carried(after), Stretch(first, end, 60)
        for norm in rows:
            known = carried(core, of(norm[first:end]))
            assert known == pytest.approx(of(norm[:end]), rel=1e-4, abs=1e-3)
        first, after = end, carried.after


def test_those_of_the_whole_are_given_in_turn() -> None:
    own, core = Own(), Stretch.whole(4)
    pairs = [of(torch.arange(4.0)[:, None] * step) for step in (1, 2)]
    assert all(own(core, pair) is pair for pair in pairs)
    known = Given(own.seen)
    assert known(core, pairs[1]) is pairs[0]
    assert known(core, pairs[0]) is pairs[1]
