from __future__ import annotations

import math

import numpy as np
import pytest

from speechd.pool.dispatch import choose

NOW = 10.0


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
    moments = np.array(deadline, float), np.array(start_by, float)
    assert choose(np.array(waiting, bool), *moments, np.array(serial, np.int64), NOW) == row


def test_choose_by_repetition_serves_by_deadline_then_arrival() -> None:
    random = np.random.default_rng(1)
    deadline = random.integers(0, 20, 300).astype(float)
    serial = random.permutation(300).astype(np.int64)
    waiting = np.ones(300, bool)
    served = []
    start_by = np.full(300, math.inf)
    while (row := choose(waiting, deadline, start_by, serial, NOW)) is not None:
        waiting[row] = False
        served.append(row)
    assert served == list(np.lexsort((serial, deadline)))
