from __future__ import annotations

import math

import pytest

from speechd.pool.batch_times import LEAD_MARGIN, LONGEST_LEAD_S, BatchTimes


def test_nothing_is_expected_before_a_batch_was_measured() -> None:
    times = BatchTimes()
    assert times.speech_s(1.0) == math.inf
    assert times.lead_s == 0.0


def test_speech_half_is_expected_to_take_as_long_as_others_for_its_audio() -> None:
    times = BatchTimes()
    times.add(10.0, 0.001, 0.005)
    times.add(30.0, 0.001, 0.015)
    assert times.speech_s(64.0) == pytest.approx(0.032)


def test_last_batches_count_most() -> None:
    times = BatchTimes()
    for _ in range(10):
        times.add(10.0, 0.002, 0.01)
    for _ in range(20):
        times.add(10.0, 0.004, 0.02)
    assert times.speech_s(10.0) == pytest.approx(0.02, rel=0.02)
    assert times.lead_s == pytest.approx(LEAD_MARGIN * 0.004, rel=0.02)


def test_batch_is_never_taken_much_too_early() -> None:
    times = BatchTimes()
    times.add(10.0, 5.0, 0.0)
    assert times.lead_s == LONGEST_LEAD_S
