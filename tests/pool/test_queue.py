from __future__ import annotations

from speechd.pool.scoreboard import Scoreboard
from tests.harness.forks import LIMITS, segment


def test_queue_holds_all_segments_that_limits_allow_and_no_more(board: Scoreboard) -> None:
    rows = LIMITS.max_in_flight * LIMITS.segments_per_request + 2
    places = [board.queue.put(segment(1), 0, 0.0) for _ in range(rows)]
    assert None not in places
    assert board.queue.put(segment(1), 0, 0.0) is None


def test_cancel_of_an_earlier_segment_leaves_its_successor_in_the_row(board: Scoreboard) -> None:
    first = board.queue.put(segment(1), 0, 0.0)
    assert first is not None
    board.queue.cancel(first)
    second = board.queue.put(segment(2), 0, 0.0)
    assert second is not None
    assert first.row == second.row
    board.queue.cancel(first)
    assert not board.queue.has(first)
    assert board.queue.has(second)


def test_take_gives_back_what_was_put(board: Scoreboard) -> None:
    wanted = segment(3, "wait", 2.5)
    place = board.queue.put(wanted, 1, 0.0)
    lease = board.queue.take(0)
    assert lease is not None
    assert (lease.place, lease.home, lease.segment) == (place, 1, wanted)
