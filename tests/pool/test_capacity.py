from __future__ import annotations

import math

import pytest

from speechd.pool.capacity import (
    BLOCKING_S,
    OVERLONG,
    Load,
    StreamBudget,
    listeners,
    max_in_flight_now,
    stream_budget,
    threads_for,
)
from tests.harness.forks import LIMITS


@pytest.mark.parametrize(
    ("throughput", "expected"),
    [
        pytest.param(0.2, 1, id="0.2 listeners"),
        pytest.param(2.4, 1, id="1.9 listeners"),
        pytest.param(2.6, 2, id="2.1 listeners"),
        pytest.param(3.6, 2, id="2.9 listeners"),
        pytest.param(8.0, 6, id="6.4 listeners"),
        pytest.param(200.0, LIMITS.max_in_flight, id="160 listeners"),
        pytest.param(None, LIMITS.max_in_flight, id="nothing is known"),
    ],
)
def test_requests_in_flight_are_listeners_that_the_slots_can_feed(throughput: float | None, expected: int) -> None:
    assert max_in_flight_now(LIMITS, throughput) == expected


def test_there_is_always_room_for_one_listener() -> None:
    assert [listeners(throughput, 0.5) for throughput in (0.0, 1.9, 2.0, 4.0)] == [1, 1, 1, 2]


@pytest.mark.parametrize(
    ("own", "most", "free", "takers", "expected"),
    [(1, 4, 4, 1, 4), (1, 4, 4, 2, 2), (1, 4, 0, 1, 1), (2, 4, 1, 1, 2), (1, 4, 64, 1, 4), (1, 4, -3, 1, 1)],
)
def test_free_cores_are_shared_among_those_who_take_them(
    own: int, most: int, free: int, takers: int, expected: int
) -> None:
    assert threads_for(own, most, free, takers) == expected


@pytest.mark.parametrize(
    ("requests", "expected"),
    [
        (1, StreamBudget(1000.0, 3.75)),
        (4, StreamBudget(250.0, 3.75)),
        (400, StreamBudget(5.0, 3.75)),
    ],
)
def test_requests_in_flight_share_the_audio_that_all_may_hold(requests: int, expected: StreamBudget) -> None:
    assert stream_budget(Load(2, 3.0, requests), 10.0) == expected


def test_segments_that_are_rendered_in_windows_may_be_of_any_length() -> None:
    assert stream_budget(Load(2, 0.5, 4), 10.0, has_windows=True).limit_s == math.inf


def test_budget_without_a_slot_is_that_of_one() -> None:
    assert stream_budget(Load(0, 3.0), 10.0) == stream_budget(Load(1, 3.0), 10.0)


@pytest.mark.parametrize(
    ("slot_throughput", "requests", "synthesis_timeout_s", "limit_s"),
    [
        pytest.param(8.0, 1, 60.0, 60.0, id="a slot to spare"),
        pytest.param(16.0, 2, 60.0, OVERLONG * BLOCKING_S * 16.0, id="none"),
        pytest.param(4.0, 2, 60.0, 10.0, id="none, and slots that are not fast"),
        pytest.param(0.5, 1, 60.0, 3.75, id="a slow machine"),
        pytest.param(0.5, 2, 60.0, 3.75, id="a slow machine without a slot to spare"),
        pytest.param(0.5, 1, 0.5, 2.0, id="hardly any time"),
    ],
)
def test_no_segment_holds_a_slot_for_long_or_meets_the_watchdog(
    slot_throughput: float, requests: int, synthesis_timeout_s: float, limit_s: float
) -> None:
    budget = stream_budget(Load(2, slot_throughput, requests), synthesis_timeout_s)
    assert budget.limit_s == pytest.approx(limit_s)
