from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest

from speechd.pool.lease import Place
from speechd.pool.lock import Lock
from speechd.pool.queue import MAX_DEATHS, SegmentQueue
from tests.harness.forks import segment

HOME, SLOT = 0, 1


@pytest.fixture
def queue() -> Iterator[SegmentQueue]:
    lock = Lock()
    yield SegmentQueue(16, lock)
    lock.close()


def put(queue: SegmentQueue, name: int, deadline: float = 0.0, duration_s: float = 1.0) -> Place:
    """The place of a segment of `HOME`."""
    place = queue.put(segment(name, duration_s=duration_s), HOME, deadline)
    assert place is not None
    return place


def taken(queue: SegmentQueue, limit: int = 1, limit_s: float = 1000.0) -> list[Place]:
    """The places of what `SLOT` takes."""
    return [lease.place for lease in queue.take(SLOT, limit, limit_s)]


def spoken(queue: SegmentQueue, limit: int) -> list[Place]:
    """The places of what `SLOT` takes, speaks and gives back."""
    leases = queue.take(SLOT, limit)
    for lease in leases:
        queue.give_back(lease)
    return [lease.place for lease in leases]


def test_take_of_an_empty_queue_is_nothing(queue: SegmentQueue) -> None:
    assert taken(queue, 8) == []


def test_take_gives_each_segment_as_it_was_put(queue: SegmentQueue) -> None:
    wanted = [segment(name, "wait", 2.5 + name) for name in range(3)]
    places = [queue.put(each, home, float(home)) for home, each in enumerate(wanted)]
    leases = queue.take(SLOT, 3)
    assert [lease.segment for lease in leases] == wanted
    assert [lease.place for lease in leases] == places
    assert [(lease.home, lease.deadline) for lease in leases] == [(0, 0.0), (1, 1.0), (2, 2.0)]


def test_take_of_several_is_by_deadline_and_leaves_the_rest(queue: SegmentQueue) -> None:
    places = {deadline: put(queue, 1, deadline) for deadline in (5.0, 1.0, 3.0, 2.0, 4.0)}
    assert taken(queue, 3) == [places[1.0], places[2.0], places[3.0]]
    assert (queue.waiting, queue.running, queue.busy_slots) == (2, 3, 1)
    assert taken(queue, 3) == [places[4.0], places[5.0]]


def test_take_keeps_to_the_seconds_of_a_batch(queue: SegmentQueue) -> None:
    places = [put(queue, 1, float(index), duration_s=4.0) for index in range(3)]
    assert taken(queue, 8, limit_s=10.0) == places[:2]


def test_all_of_a_dead_slot_wait_again_and_each_is_then_taken_alone(queue: SegmentQueue) -> None:
    places = [put(queue, 1, float(index)) for index in range(3)]
    assert taken(queue, 8) == places
    assert queue.clear(SLOT) == []
    assert (queue.waiting, queue.retries) == (3, 3)
    assert [spoken(queue, 8) for _ in range(3)] == [[place] for place in places]


def test_nothing_is_taken_beside_one_that_a_slot_died_of(queue: SegmentQueue) -> None:
    suspect = put(queue, 1, 1.0)
    taken(queue, 8)
    queue.clear(SLOT)
    [lease] = queue.take(SLOT, 8)
    assert lease.place == suspect
    newcomer = put(queue, 2, 0.0)
    assert taken(queue, 8) == []
    queue.give_back(lease)
    assert taken(queue, 8) == [newcomer]


def test_one_that_a_slot_died_of_is_not_taken_beside_what_the_slot_has_in_hand(queue: SegmentQueue) -> None:
    suspect = put(queue, 1, 1.0)
    taken(queue, 8)
    queue.clear(SLOT)
    put(queue, 2, 0.0)
    [lease] = queue.take(SLOT, 8)
    assert taken(queue, 8) == []
    queue.give_back(lease)
    assert taken(queue, 8) == [suspect]


def test_one_that_slots_died_of_fails_and_those_beside_it_do_not(queue: SegmentQueue) -> None:
    poison, *others = (put(queue, 1, float(index)) for index in range(3))
    taken(queue, 8)
    queue.clear(SLOT)
    for _ in range(MAX_DEATHS - 1):
        assert taken(queue, 8) == [poison]
        assert queue.clear(SLOT) == [(HOME, poison.serial)]
    assert not queue.has(poison)
    assert [spoken(queue, 8) for _ in others] == [[place] for place in others]


def test_newcomers_do_not_share_with_one_that_a_slot_died_of(queue: SegmentQueue) -> None:
    old = put(queue, 1, 5.0)
    taken(queue)
    queue.clear(SLOT)
    new = [put(queue, 2, float(index)) for index in range(2)]
    assert spoken(queue, 8) == new
    assert spoken(queue, 8) == [old]


def test_segments_that_were_done_before_their_slot_died_do_not_wait_again(queue: SegmentQueue) -> None:
    done, running = (put(queue, 1, float(index)) for index in range(2))
    leases = queue.take(SLOT, 2)
    queue.give_back(leases[0])
    queue.clear(SLOT)
    assert not queue.has(done)
    assert queue.has(running)
    assert taken(queue, 8) == [running]


def test_backlog_of_a_batch_shrinks_as_fast_as_its_slot_works(
    queue: SegmentQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(4):
        put(queue, 1, duration_s=10.0)
    queue.take(SLOT, 4)
    speeds = np.array([1.0, 8.0])
    assert queue.backlog_s(speeds, 0.0) == pytest.approx(40.0, abs=1.0)
    later = time.monotonic() + 2.0
    monkeypatch.setattr(time, "monotonic", lambda: later)
    assert queue.backlog_s(speeds, 0.0) == pytest.approx(24.0, abs=1.0)


def test_queue_takes_no_more_than_it_has_rows(queue: SegmentQueue) -> None:
    for name in range(16):
        put(queue, name)
    assert queue.put(segment(16), HOME, 0.0) is None


def test_cancel_of_an_earlier_segment_leaves_its_successor_in_the_row(queue: SegmentQueue) -> None:
    first = put(queue, 1)
    queue.cancel(first)
    second = put(queue, 2)
    assert first.row == second.row
    queue.cancel(first)
    assert not queue.has(first)
    assert queue.has(second)
