from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from speechd.server.hooks import DesiredWorkers
from speechd.server.recycling import CHECK_S, PAUSE_S, Recycler, is_settled, missing, replaced
from speechd.server.worker_table import Order, Role, Row, State

TWO = DesiredWorkers(2)
MIB = 1 << 20
FREE = State.FREE


def light(pid: int) -> int:
    return 0


def heavy(pid: int) -> int:
    return (100 + pid) * MIB


def row(index: int, *, order: Order = Order.STAY, served: bool = True, recycle_at: float = 100.0) -> Row:
    """A living worker, whose pid is its index."""
    state = State.READY if served else State.BOOTING
    return Row(index, state, order, served, pid=index, recycle_at=recycle_at)


def of_generation(generation: int, indexes: Iterable[int]) -> list[Row]:
    return [replace(row(index), generation=generation) for index in indexes]


def test_workers_live_for_ever_where_there_is_no_limit() -> None:
    recycler = Recycler(after_s=0.0, over_bytes=0)
    rows = [row(index, recycle_at=recycler.recycle_at(0.0, 0.5)) for index in (0, 1)]
    assert recycler.choose(rows, TWO, 1e12, heavy) is None
    assert len(missing(rows, TWO)) == 0
    assert replaced(rows, TWO) == []


@pytest.mark.parametrize(
    ("now", "ready", "expected"),
    [
        (99.9, [0, 1], None),
        (100.0, [0, 1], 0),
        (100.0, [0], None),  # the other is not ready: it may be that there is reason not to touch the one that is
        (100.0, [], None),
    ],
)
def test_oldest_worker_is_replaced_from_its_age_on_once_all_are_ready(
    now: float, ready: list[int], expected: int | None
) -> None:
    rows = [row(0, served=0 in ready), row(1, served=1 in ready, recycle_at=150.0)]
    chosen = Recycler(after_s=100.0, over_bytes=0).choose(rows, TWO, now, light)
    assert (chosen[0] if chosen else None) == expected


@pytest.mark.parametrize(("chance", "recycle_at"), [(0.0, 110.0), (0.5, 105.0), (1.0, 100.0)])
def test_life_is_cut_short_by_chance(chance: float, recycle_at: float) -> None:
    assert Recycler(after_s=100.0, over_bytes=0).recycle_at(10.0, chance) == recycle_at


def test_heaviest_worker_is_replaced_from_its_limit_on() -> None:
    rows = [row(0), row(1)]
    chosen = Recycler(after_s=0.0, over_bytes=100 * MIB).choose(rows, TWO, 0.0, heavy)
    assert chosen == (1, "it holds 101 MiB of its own")


def test_memory_at_the_limit_is_within_it() -> None:
    assert Recycler(after_s=0.0, over_bytes=101 * MIB).choose([row(0), row(1)], TWO, 0.0, heavy) is None


def test_memory_is_looked_at_now_and_then() -> None:
    recycler, rows = Recycler(after_s=0.0, over_bytes=100 * MIB), [row(0), row(1)]
    assert recycler.choose(rows, TWO, 0.0, light) is None
    assert recycler.choose(rows, TWO, CHECK_S - 0.1, heavy) is None
    assert recycler.choose(rows, TWO, CHECK_S, heavy) is not None


def test_limit_that_all_exceed_replaces_one_in_each_pause() -> None:
    recycler, rows, chosen, now = Recycler(after_s=0.0, over_bytes=1), [row(0), row(1)], [], 0.0
    while now < 3 * PAUSE_S:
        if recycler.choose(rows, DesiredWorkers(2), now, heavy):  # as if all that follows took no time
            chosen.append(now)
        now += 1.0
    assert chosen == [0.0, PAUSE_S, 2 * PAUSE_S]


def test_replacement_comes_before_one_leaves_and_another_leaves_after_it() -> None:
    recycler = Recycler(after_s=100.0, over_bytes=0)
    rows = [row(0), row(1, recycle_at=101.0), Row(2)]
    assert recycler.choose(rows, TWO, 100.0, light) == (0, "it has lived for 100 s, or nearly")
    rows[0] = row(0, order=Order.LEAVE)
    assert len(missing(rows, TWO)) == 1
    rows[2] = row(2, served=False, recycle_at=200.0)
    assert len(missing(rows, TWO)) == 0
    assert replaced(rows, TWO) == []  # the other is not ready yet
    rows[2] = row(2, recycle_at=200.0)
    assert replaced(rows, TWO) == [0]
    rows[0] = row(0, order=Order.RETIRE)
    assert replaced(rows, TWO) == []  # it has its order
    assert recycler.choose(rows, TWO, 102.0, light) is None  # one at a time
    rows[0] = Row(0)
    chosen = recycler.choose(rows, TWO, 102.0, light)
    assert chosen is not None
    assert chosen[0] == 1


def test_replacement_that_fails_leaves_the_one_before_it_in_service() -> None:
    one, leaving = DesiredWorkers(1), row(0, order=Order.LEAVE)
    for _ in range(3):
        assert len(missing([leaving, Row(1)], one)) == 1
        assert len(missing([leaving, row(1, served=False)], one)) == 0
        assert replaced([leaving, row(1, served=False)], one) == []
        assert replaced([leaving, Row(1)], one) == []


def test_worker_that_dies_before_it_retires_has_its_replacement_already() -> None:
    rows = [Row(0), row(1), row(2)]
    assert len(missing(rows, TWO)) == 0
    assert replaced(rows, TWO) == []


def test_worker_that_retires_is_not_missed() -> None:
    assert len(missing([row(0, order=Order.RETIRE), row(1), row(2)], TWO)) == 0
    assert len(missing([Row(0), row(1), row(2)], TWO)) == 0


def test_other_worker_that_dies_during_a_replacement_keeps_the_one_that_leaves() -> None:
    leaving = row(0, order=Order.LEAVE)
    assert len(missing([leaving, Row(1), row(2)], TWO)) == 1
    assert replaced([leaving, Row(1), row(2)], TWO) == []
    assert replaced([leaving, row(1), row(2)], TWO) == [0]


@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2), (2, 2)])
def test_whole_generation_leaves_when_the_next_is_ready(before: int, after: int) -> None:
    desired = DesiredWorkers(after, generation=1)
    old, new = of_generation(0, range(before)), of_generation(1, range(before, before + after))
    assert len(missing(old, desired)) == after
    assert len(missing([*old, *new], desired)) == 0
    assert replaced([*old, *new], desired) == [*range(before)]
    assert not is_settled([*old, *new], desired)
    assert is_settled(new, desired)


APART = DesiredWorkers(2, back_ends=1)
"""Two front ends and a back end."""


def front(index: int) -> Row:
    return replace(row(index), role=Role.FRONT_END)


def back(index: int, order: Order = Order.STAY, *, served: bool = True) -> Row:
    return replace(row(index, order=order, served=served), role=Role.BACK_END)


def test_back_ends_are_forked_first_and_each_role_is_replaced_by_its_own() -> None:
    assert missing([Row(0), Row(1), Row(2)], APART) == [Role.BACK_END, Role.FRONT_END, Role.FRONT_END]
    assert missing([back(0), front(1)], APART) == [Role.FRONT_END]
    assert missing([front(0), front(1)], APART) == [Role.BACK_END]
    assert is_settled([back(0), front(1), front(2)], APART)
    assert not is_settled([front(0), front(1), front(2)], APART)


def test_back_end_leaves_only_when_another_is_ready() -> None:
    leaving = back(0, Order.LEAVE)
    assert missing([leaving, front(1), front(2)], APART) == [Role.BACK_END]
    assert replaced([leaving, front(1), front(2), back(3, served=False)], APART) == []
    assert replaced([leaving, front(1), front(2), back(3)], APART) == [0]


def test_front_ends_leave_for_the_one_worker_that_is_to_be() -> None:
    """As when the model is unloaded: one goes on until the one that is to be is ready."""
    alone = DesiredWorkers(1, generation=-1)
    rows, idle = [back(0), front(1), front(2)], replace(row(3, served=False), generation=-1)
    assert replaced([*rows, idle], alone) == [1, 0]
    assert replaced([*rows, replace(idle, served=True)], alone) == [1, 2, 0]
