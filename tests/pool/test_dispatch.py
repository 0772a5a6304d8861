from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speechd.pool.capacity import BLOCKING_S
from speechd.pool.dispatch import (
    FIRST_WINDOW_S,
    HEADROOM,
    IDLE_WINDOW_S,
    LEAST_REST_S,
    LONGEST_WINDOW_S,
    SLOW_WINDOW_S,
    WAIT_S,
    Rows,
    SlotView,
    choose,
    latest_start,
    least_window_s,
    window_s,
)

NOW = 10.0


def rows(
    deadline: list[float],
    *,
    waiting: list[int] | None = None,
    start_by: list[float] | None = None,
    serial: list[int] | None = None,
    duration_s: list[float] | None = None,
) -> Rows:
    """The rows of a queue; by default all wait, nobody listens yet, they came in order and are a second long."""
    count = len(deadline)
    return Rows(
        np.array(waiting if waiting is not None else [True] * count, bool),
        np.array(deadline, float),
        np.array(start_by if start_by is not None else [math.inf] * count, float),
        np.array(serial if serial is not None else range(count), np.int64),
        np.array(duration_s if duration_s is not None else [1.0] * count, float),
        np.zeros(count, bool),
    )


@pytest.mark.parametrize(
    ("waiting", "deadline", "start_by", "serial", "row"),
    [
        pytest.param([], [], [], [], None, id="no rows"),
        pytest.param([0, 0], [1.0, 2.0], [math.inf, math.inf], [1, 2], None, id="none waiting"),
        pytest.param([0, 1], [1.0, 2.0], [math.inf, math.inf], [1, 2], 1, id="one waiting"),
        pytest.param([1, 1, 1], [3.0, 1.0, 2.0], [math.inf, math.inf, math.inf], [1, 2, 3], 1, id="earliest deadline"),
        pytest.param(
            [1, 0, 1],
            [3.0, 1.0, 2.0],
            [math.inf, math.inf, math.inf],
            [1, 2, 3],
            2,
            id="earliest deadline of those waiting",
        ),
        pytest.param(
            [1, 1, 1],
            [5.0, 2.0, 2.0],
            [math.inf, math.inf, math.inf],
            [1, 9, 4],
            2,
            id="first to arrive of equal deadlines",
        ),
        pytest.param([1, 1], [-1.0, -2.0], [math.inf, math.inf], [1, 2], 1, id="both deadlines passed"),
        pytest.param([1, 1], [math.inf, 1e9], [math.inf, math.inf], [1, 2], 1, id="no deadline"),
        pytest.param([1, 1], [math.inf, math.inf], [math.inf, math.inf], [7, 3], 1, id="no deadlines, first to arrive"),
        pytest.param([1, 1], [1.0, 12.0], [math.inf, 9.0], [1, 2], 1, id="listener who would run dry before newcomer"),
        pytest.param([1, 1], [1.0, 12.0], [math.inf, 11.0], [1, 2], 0, id="newcomer before listener with time left"),
        pytest.param([1, 1, 1], [13.0, 1.0, 12.0], [9.0, math.inf, 9.5], [1, 2, 3], 2, id="of listeners, the earliest"),
        pytest.param([1, 0], [1.0, 12.0], [math.inf, 9.0], [1, 2], 0, id="listener whose segment runs already"),
    ],
)
def test_choose(
    waiting: list[int], deadline: list[float], start_by: list[float], serial: list[int], row: int | None
) -> None:
    queue = rows(deadline, waiting=waiting, start_by=start_by, serial=serial)
    assert choose(queue, NOW) == ([] if row is None else [row])


def test_choose_by_repetition_serves_by_deadline_then_arrival() -> None:
    random = np.random.default_rng(1)
    queue = rows(random.integers(0, 20, 300).tolist(), serial=random.permutation(300).tolist())
    assert drained(queue, 1) == list(np.lexsort((queue.serial, queue.deadline)))


@pytest.mark.parametrize(
    ("limit", "limit_s", "chosen"),
    [
        pytest.param(1, math.inf, [3], id="one"),
        pytest.param(3, math.inf, [3, 1, 4], id="three, the earliest deadlines first"),
        pytest.param(9, math.inf, [3, 1, 4, 2, 0], id="all there are"),
        pytest.param(9, 6.0, [3, 1, 4], id="as many as fit"),
        pytest.param(9, 5.9, [3, 1], id="none in the place of one that does not fit"),
        pytest.param(9, 1.0, [3], id="the first, even if it is longer than the limit"),
    ],
)
def test_choose_several(limit: int, limit_s: float, chosen: list[int]) -> None:
    queue = rows([5.0, 2.0, 4.0, 1.0, 3.0], duration_s=[1.0, 2.0, 1.0, 2.0, 2.0])
    assert choose(queue, NOW, limit, limit_s) == chosen


def test_choose_several_puts_those_that_are_to_be_started_by_now_before_newcomers() -> None:
    queue = rows([1.0, 12.0, 2.0, 13.0], start_by=[math.inf, 9.0, math.inf, 11.0])
    assert choose(queue, NOW, 3) == [1, 0, 2]


@pytest.mark.parametrize(
    ("alone", "chosen"),
    [
        pytest.param([0], [0], id="it is the first"),
        pytest.param([1], [0, 2], id="it comes later"),
        pytest.param([0, 1, 2], [0], id="all are"),
    ],
)
def test_choose_several_lets_no_other_share_with_one_that_must_be_alone(alone: list[int], chosen: list[int]) -> None:
    queue = rows([1.0, 2.0, 3.0])
    queue.alone[alone] = True
    assert choose(queue, NOW, 8) == chosen


@pytest.mark.parametrize("limit", [2, 7, 1000])
def test_batches_are_served_in_the_order_of_one_at_a_time(limit: int) -> None:
    random = np.random.default_rng(2)
    deadline = random.integers(0, 20, 200).tolist()
    start_by = np.where(random.random(200) < 0.3, random.uniform(5, 15, 200), math.inf).tolist()
    queues = [rows(deadline, start_by=start_by) for _ in range(2)]
    assert drained(queues[0], limit) == drained(queues[1], 1)


def drained(queue: Rows, limit: int) -> list[int]:
    """All rows, as they are chosen, until none waits."""
    served: list[int] = []
    while chosen := choose(queue, NOW, limit):
        queue.waiting[chosen] = False
        served += chosen
    return served


@pytest.mark.parametrize(
    ("left_s", "due_in_s", "speed", "can_be_spared", "has_listener", "wanted_s"),
    [
        pytest.param(30.0, -0.2, 4.0, False, False, FIRST_WINDOW_S, id="nothing heard yet"),
        pytest.param(30.0, 5.0, 4.0, False, False, FIRST_WINDOW_S, id="nothing heard yet, whatever the deadline"),
        pytest.param(30.0, -0.2, 8.0, True, False, IDLE_WINDOW_S, id="nothing heard yet, and another slot is idle"),
        pytest.param(30.0, -0.2, 1.0, True, False, SLOW_WINDOW_S, id="nothing heard yet, and slow slots are idle"),
        pytest.param(30.0, 0.0, 4.0, True, True, FIRST_WINDOW_S, id="late"),
        pytest.param(30.0, -9.0, 4.0, False, True, FIRST_WINDOW_S, id="very late"),
        pytest.param(30.0, 1.0, 4.0, True, True, HEADROOM * 4.0, id="as much as is there in time"),
        pytest.param(30.0, 1.0, 0.5, True, True, SLOW_WINDOW_S, id="a slow slot"),
        pytest.param(30.0, 60.0, 4.0, True, True, LONGEST_WINDOW_S, id="no more than a slot may hold"),
        pytest.param(12.0, 60.0, 4.0, True, True, math.inf, id="all of it"),
        pytest.param(12.0, 60.0, 4.0, False, True, BLOCKING_S * 4.0, id="no slot to spare"),
        pytest.param(12.0, 60.0, 0.5, False, True, SLOW_WINDOW_S, id="no slot to spare, and slow ones"),
        pytest.param(FIRST_WINDOW_S + 0.4, 0.0, 4.0, False, False, math.inf, id="little would be left"),
        pytest.param(FIRST_WINDOW_S + 0.6, 0.0, 4.0, False, False, FIRST_WINDOW_S, id="more would be left"),
        pytest.param(0.1, 0.0, 4.0, True, True, math.inf, id="the rest"),
    ],
)
def test_window_is_as_long_as_its_listener_and_others_permit(
    left_s: float, due_in_s: float, speed: float, can_be_spared: bool, has_listener: bool, wanted_s: float
) -> None:
    view = SlotView(speed, can_be_spared)
    assert window_s(left_s, due_in_s, view, has_listener=has_listener) == pytest.approx(wanted_s)


@given(
    st.floats(0.01, 600), st.floats(-100, 1000), st.floats(0.05, 500), st.booleans(), st.booleans(), st.floats(2, 100)
)
def test_every_window_goes_on_and_holds_no_more_than_it_may(
    left_s: float, due_in_s: float, speed: float, can_be_spared: bool, has_listener: bool, longest_s: float
) -> None:
    view = SlotView(speed, can_be_spared, longest_s)
    taken_s = min(left_s, window_s(left_s, due_in_s, view, has_listener=has_listener))
    assert (
        min(left_s, least_window_s(speed, IDLE_WINDOW_S), LONGEST_WINDOW_S, longest_s)
        <= taken_s
        <= min(LONGEST_WINDOW_S, longest_s) + LEAST_REST_S
    )


@pytest.mark.parametrize(("speed", "least_s"), [(0.5, 3.0), (1.5, 2.0), (3.0, 1.0), (100.0, 1.0)])
def test_windows_of_slow_slots_last_through_the_synthesis_of_the_next(speed: float, least_s: float) -> None:
    assert least_window_s(speed) == pytest.approx(least_s)


def test_latest_start_leaves_time_for_the_work_and_for_what_keeps_the_slots() -> None:
    assert latest_start(NOW, 8.0, 4.0) == NOW - 2.0 - WAIT_S
