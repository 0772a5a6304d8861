from __future__ import annotations

import math

import numpy as np
import pytest

from speechd.workers.dispatch import choose


@pytest.mark.parametrize(
    ("waiting", "deadline", "serial", "row"),
    [
        pytest.param([], [], [], None, id="no rows"),
        pytest.param([0, 0], [1.0, 2.0], [1, 2], None, id="none waiting"),
        pytest.param([0, 1], [1.0, 2.0], [1, 2], 1, id="one waiting"),
        pytest.param([1, 1, 1], [3.0, 1.0, 2.0], [1, 2, 3], 1, id="earliest deadline"),
        pytest.param([1, 0, 1], [3.0, 1.0, 2.0], [1, 2, 3], 2, id="earliest deadline of those waiting"),
        pytest.param([1, 1, 1], [5.0, 2.0, 2.0], [1, 9, 4], 2, id="first to arrive of equal deadlines"),
        pytest.param([1, 1], [-1.0, -2.0], [1, 2], 1, id="both deadlines passed"),
        pytest.param([1, 1], [math.inf, 1e9], [1, 2], 1, id="no deadline"),
        pytest.param([1, 1], [math.inf, math.inf], [7, 3], 1, id="no deadlines, first to arrive"),
    ],
)
def test_choose(waiting: list[int], deadline: list[float], serial: list[int], row: int | None) -> None:
    assert choose(np.array(waiting, bool), np.array(deadline, float), np.array(serial, np.int64)) == row


def test_choose_by_repetition_serves_by_deadline_then_arrival() -> None:
    random = np.random.default_rng(1)
    deadline = random.integers(0, 20, 300).astype(float)
    serial = random.permutation(300).astype(np.int64)
    waiting = np.ones(300, bool)
    served = []
    while (row := choose(waiting, deadline, serial)) is not None:
        waiting[row] = False
        served.append(row)
    assert served == list(np.lexsort((serial, deadline)))
