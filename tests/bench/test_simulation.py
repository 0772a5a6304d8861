from __future__ import annotations

import numpy as np
import pytest

from bench.simulate import measure
from bench.simulation import OVERHEAD_S, SlotModel

DURATIONS_S = np.array([2.0, 8.0, 6.0])


@pytest.mark.parametrize(
    ("cost", "audio_s"),
    [pytest.param(0.0, 8.0, id="the longest"), (0.5, 12.0), pytest.param(1.0, 16.0, id="one after the other")],
)
def test_batch_takes_the_time_of_the_longest_and_a_part_of_the_others(cost: float, audio_s: float) -> None:
    assert SlotModel(4.0, 3, cost).synthesis_s(DURATIONS_S) == pytest.approx(OVERHEAD_S + audio_s / 4.0)


def test_throughput_is_of_full_batches() -> None:
    assert SlotModel(4.0).throughput == 4.0
    assert SlotModel(4.0, 8, 0.0).throughput == 32.0
    assert SlotModel(4.0, 8, 1.0).throughput == 4.0


def test_batches_make_more_audio_of_the_same_slot_under_overload() -> None:
    one, eight = (measure(1, 4.0, "deadline", 0.8, 300, SlotModel(10.0, batch, 0.1)) for batch in (1, 8))
    assert (one.batch, eight.batch) == (1, 8)
    assert eight.audio_s_per_s > 2 * one.audio_s_per_s


def test_earliest_deadline_keeps_listeners_fed_where_first_come_does_not() -> None:
    deadline, arrival = (measure(4, 0.9, policy, 0.8, 500) for policy in ("deadline", "arrival"))
    assert deadline.c100 >= 99.0
    assert deadline.c100 >= arrival.c100
