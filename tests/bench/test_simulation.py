from __future__ import annotations

import numpy as np
import pytest

from bench.simulate import measure
from bench.slot_model import OVERHEAD_S, SlotModel

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
    one, eight = (measure(1, 4.0, "segments", 0.8, 300, SlotModel(10.0, batch, 0.1)) for batch in (1, 8))
    assert (one.batch, eight.batch) == (1, 8)
    assert eight.audio_s_per_s > 2 * one.audio_s_per_s


def test_earliest_deadline_keeps_listeners_fed_where_first_come_does_not() -> None:
    deadline, arrival = (measure(4, 0.9, policy, 0.8, 500) for policy in ("windows", "arrival"))
    assert deadline.c100 >= 99.0
    assert deadline.c100 >= arrival.c100


def test_windows_of_a_passage_cost_its_whole_time_and_their_margins() -> None:
    model = SlotModel(4.0, prosody_s=0.02, window_cost=1.2)
    whole_s = model.rendering_s(10.0, 0.0, 10.0)
    assert whole_s == pytest.approx(OVERHEAD_S + 10.0 / 4.0)
    windows_s = sum(model.rendering_s(2.0, made_s, 10.0) for made_s in (0.0, 2.0, 4.0, 6.0, 8.0))
    assert windows_s == pytest.approx(whole_s + 4 * OVERHEAD_S + 4 * 0.2 * (1 / 4.0 - 0.02))
    assert model.rendering_s(1.0, 4.0, 10.0) == pytest.approx(OVERHEAD_S + 1.2 * (1 / 4.0 - 0.02))


def test_windows_are_heard_sooner_than_segments_and_as_surely() -> None:
    windows, segments = (measure(2, 0.7, policy, 0.8, 500) for policy in ("windows", "segments"))
    assert windows.ttfa_p50_s < segments.ttfa_p50_s
    assert windows.ttfa_p99_s < segments.ttfa_p99_s
    assert windows.c100 >= segments.c100
