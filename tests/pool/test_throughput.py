from __future__ import annotations

import pytest

from speechd.pool.throughput import ASSUMED_THROUGHPUT, Throughput


@pytest.fixture
def throughput() -> Throughput:
    return Throughput(2)


def of(throughput: Throughput) -> list[float]:
    per_slot: list[float] = throughput.per_slot().tolist()
    return per_slot


def test_throughput_is_assumed_until_a_slot_is_measured(throughput: Throughput) -> None:
    assert not throughput.is_known
    assert of(throughput) == [ASSUMED_THROUGHPUT, ASSUMED_THROUGHPUT]


def test_slot_that_is_not_measured_is_taken_for_the_mean_of_the_others(throughput: Throughput) -> None:
    throughput.add_measurement(0, audio_s=10.0, busy_s=2.0)
    assert throughput.is_known
    assert of(throughput) == [5.0, 5.0]


def test_throughput_follows_the_latest_segments(throughput: Throughput) -> None:
    for _ in range(50):
        throughput.add_measurement(0, audio_s=10.0, busy_s=1.0)
    for _ in range(10):
        throughput.add_measurement(0, audio_s=2.0, busy_s=1.0)
    assert 2.0 < of(throughput)[0] < 3.0


def test_trial_holds_until_the_slot_is_at_work(throughput: Throughput) -> None:
    throughput.seed_estimate(0, audio_s=10.0, busy_s=2.0)
    assert of(throughput)[0] == 5.0
    for _ in range(50):
        throughput.add_measurement(0, audio_s=20.0, busy_s=2.0)
    assert of(throughput)[0] == pytest.approx(10.0, rel=1e-3)


def test_what_a_slot_is_known_to_do_is_better_than_a_trial(throughput: Throughput) -> None:
    throughput.add_measurement(0, audio_s=10.0, busy_s=1.0)
    throughput.seed_estimate(0, audio_s=10.0, busy_s=2.0)
    assert of(throughput)[0] == 10.0


def test_slot_that_was_not_tried_is_not_measured(throughput: Throughput) -> None:
    throughput.seed_estimate(0, audio_s=0.0, busy_s=0.0)
    assert not throughput.is_known
    assert of(throughput)[0] == ASSUMED_THROUGHPUT


def test_throughput_on_more_threads_tells_only_that_it_was_underrated(throughput: Throughput) -> None:
    throughput.add_measurement(
        0, audio_s=12.0, busy_s=1.0, thread_ratio=2.0
    )  # where nothing is known, nothing is learnt
    assert of(throughput)[0] == ASSUMED_THROUGHPUT
    throughput.seed_estimate(0, audio_s=4.0, busy_s=1.0)
    for _ in range(50):
        throughput.add_measurement(0, audio_s=12.0, busy_s=1.0, thread_ratio=2.0)
    assert of(throughput)[0] == pytest.approx(6.0, rel=1e-3)
    for _ in range(50):
        throughput.add_measurement(0, audio_s=8.0, busy_s=1.0, thread_ratio=2.0)
    assert of(throughput)[0] == pytest.approx(6.0, rel=1e-3)


def test_work_is_counted_in_windows_and_in_segments_that_ended(throughput: Throughput) -> None:
    throughput.add_work(0, 1.0, 0.5, segments=0)
    throughput.add_work(0, 8.0, 2.0)
    assert throughput.totals(0) == (1, 9.0, 2.5)
    assert not throughput.is_known


def test_slot_that_had_room_for_more_is_not_slower_for_it() -> None:
    throughput = Throughput(1)
    throughput.seed_estimate(0, audio_s=100.0, busy_s=1.0)
    throughput.add_measurement(0, audio_s=5.0, busy_s=1.0, had_room=True)
    assert throughput.per_slot()[0] == 100.0
    throughput.add_measurement(0, audio_s=200.0, busy_s=1.0, had_room=True)
    assert throughput.per_slot()[0] > 100.0
