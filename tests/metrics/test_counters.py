"""Counters in shared memory, through forks and kills."""

import os
import signal

import numpy as np
import pytest

from speechd.metrics.counters import Counter, Counts, Histogram
from speechd.shared_memory import shared_array

FRUIT = Counter("fruit", "Fruit.", "kind", ("apple", "pear"))
BASKETS = Counter("baskets", "Baskets.")
WEIGHT = Histogram("weight", "Weight.", (1.0, 2.0, 5.0))


def counts(workers: int = 2) -> Counts:
    return Counts(workers, (FRUIT, BASKETS, WEIGHT))


def test_counters_add_up_over_workers() -> None:
    made = counts()
    made.row(0).count(FRUIT, "pear")
    made.row(1).count(FRUIT, "pear", 2.5)
    made.row(1).count(BASKETS)
    assert made.counter(FRUIT) == {"apple": 0.0, "pear": 3.5}
    assert made.counter(BASKETS) == {"": 1.0}


def test_a_label_has_no_other_values() -> None:
    made = counts()
    with pytest.raises(ValueError, match="not in tuple"):
        made.row(0).count(FRUIT, "plum")
    assert made.row(0).total(FRUIT) == 0.0


@pytest.mark.parametrize(
    ("value", "cumulative"),
    [(0.0, [1, 1, 1, 1]), (1.0, [1, 1, 1, 1]), (1.1, [0, 1, 1, 1]), (5.0, [0, 0, 1, 1]), (99.0, [0, 0, 0, 1])],
)
def test_bucket_holds_its_bound(value: float, cumulative: list[int]) -> None:
    made = counts()
    made.row(1).observe(WEIGHT, value)
    assert made.histogram(WEIGHT) == (cumulative, value)


def test_total_is_of_one_row_and_all_values() -> None:
    made = counts()
    made.row(0).count(FRUIT, "pear")
    made.row(1).count(FRUIT, "pear", 3)
    made.row(1).count(FRUIT, "apple", 4)
    assert made.row(1).total(FRUIT) == 7.0


def test_nothing_is_lost_when_workers_are_killed_and_replaced() -> None:
    made = counts(3)
    done = shared_array(np.int64, 3)

    def work(index: int) -> None:
        row = made.row(index)
        while True:
            row.count(FRUIT, "apple")
            row.observe(WEIGHT, 2.0)
            done[index] += 1

    def fork(index: int) -> int:
        pid = os.fork()
        if not pid:
            try:
                work(index)
            finally:
                os._exit(9)
        return pid

    kills = 0
    for _ in range(8):
        pids = [fork(index) for index in range(3)]
        reached = done + 200
        while (done < reached).any():
            before = made.counter(FRUIT)["apple"]
            assert made.counter(FRUIT)["apple"] >= before
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        kills += 3
    apples, (buckets, total) = made.counter(FRUIT)["apple"], made.histogram(WEIGHT)
    assert 0 <= apples - done.sum() <= kills  # one that was killed had counted, and had not said so yet
    assert 0 <= buckets[-1] - done.sum() <= kills
    assert 0 <= buckets[-1] - total / 2.0 <= kills
    assert buckets[0] == 0
