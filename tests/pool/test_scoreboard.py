from __future__ import annotations

import math
import time

import pytest

from speechd.pool.admission import Admission
from speechd.pool.capacity import timely_s
from speechd.pool.ipc import SegmentStatus, failed_result
from speechd.pool.model_status import ModelState
from speechd.pool.scoreboard import Cleared, Scoreboard
from speechd.pool.throughput import ASSUMED_THROUGHPUT
from speechd.server.worker_table import Event
from tests.harness.forks import LIMITS, end_worker, fork_worker, segment


def test_repr_shows_the_live_counts(board: Scoreboard) -> None:
    board.in_flight[1] = 2
    for _ in range(3):
        board.queue.put(segment(1), 0, 0.0)
    board.queue.take(1)
    board.table.advance(0, Event.DRAIN)
    assert repr(board) == "<Scoreboard in flight 2/8, waiting 2, running 1, ready 1/2>"


def test_board_is_ready_while_any_worker_is(board: Scoreboard) -> None:
    seen = [board.is_ready()]
    board.table.advance(0, Event.DRAIN)
    seen.append(board.is_ready())
    end_worker(board, 1)
    seen.append(board.is_ready())
    assert seen == [True, True, False]


def test_all_that_a_dead_worker_held_is_given_back(board: Scoreboard) -> None:
    board.in_flight[0], board.overflow_in_flight[0], board.held_bytes[0] = 2, 1, 100
    board.in_flight_by_key[0, 0] = 2
    board.in_flight[1] = 1
    board.set_threads(0, 4)
    assert board.clear(0) == Cleared(3, [])
    counts = [board.in_flight, board.overflow_in_flight, board.held_bytes, board.in_flight_by_key]
    assert [int(count.sum()) for count in counts] == [1, 0, 0, 0]
    assert board.threads_for(1, 4, 4) == 4


@pytest.mark.parametrize(
    ("in_flight", "waiting", "can_be_spared"),
    [(0, 0, True), (1, 0, True), (2, 0, False), (1, 1, True), (1, 2, False)],
)
def test_slot_can_be_spared_while_another_is_idle_whoever_comes_back(
    board: Scoreboard, in_flight: int, waiting: int, can_be_spared: bool
) -> None:
    board.in_flight[0] = in_flight
    for _ in range(waiting):
        board.queue.put(segment(1), 0, 0.0)
    assert board.slot_view(0).can_be_spared is can_be_spared


def test_slot_goes_by_its_own_speed_and_by_what_the_watchdog_leaves(board: Scoreboard) -> None:
    board.throughput.add_measurement(0, audio_s=12.0, busy_s=2.0)
    board.throughput.add_measurement(1, audio_s=0.0, busy_s=2.0)
    views = [board.slot_view(index) for index in range(2)]
    assert [view.speed for view in views] == [6.0, ASSUMED_THROUGHPUT]
    assert views[0].longest_s == timely_s(6.0, LIMITS.synthesis_timeout_s)


def test_throughput_is_that_of_the_slots_that_work(board: Scoreboard) -> None:
    assert board.total_throughput() == 2 * ASSUMED_THROUGHPUT
    board.throughput.add_measurement(0, audio_s=10.0, busy_s=2.0)
    assert board.total_throughput() == 10.0
    board.table.advance(0, Event.DRAIN)
    assert board.total_throughput() == 10.0
    end_worker(board, 1)
    assert board.total_throughput() == 5.0


def test_all_requests_that_may_be_are_taken_until_the_throughput_is_known(board: Scoreboard) -> None:
    assert board.max_in_flight_now() == LIMITS.max_in_flight
    board.throughput.add_measurement(0, audio_s=1.3, busy_s=1.0)
    assert board.max_in_flight_now() == 2


def test_load_without_a_slot_reckons_with_the_one_that_will_come(board: Scoreboard) -> None:
    board.throughput.add_measurement(0, audio_s=3.0, busy_s=1.0)
    before = board.load()
    for index in (0, 1):
        end_worker(board, index)
    assert (before.slots, before.slot_throughput) == (2, 3.0)
    assert (board.load().slots, board.load().slot_throughput) == (0, 3.0)


def test_expected_wait_is_zero_while_a_slot_is_idle(board: Scoreboard) -> None:
    board.queue.put(segment(1, duration_s=100.0), 0, 0.0)
    board.queue.take(0)
    assert board.expected_wait_s() == 0.0


def test_expected_wait_leaves_out_what_is_due_later(board: Scoreboard) -> None:
    now = time.monotonic()
    for due in (now - 1.0, now, now + 1000.0, math.inf):
        board.queue.put(segment(1, duration_s=10.0), 0, due)
    assert board.expected_wait_s() == 20.0 / (2 * ASSUMED_THROUGHPUT)


def test_backlog_is_all_that_waits_over_the_throughput_of_the_slots(board: Scoreboard) -> None:
    for due in (0.0, 1e9, math.inf):
        board.queue.put(segment(1, duration_s=40.0), 0, due)
    assert board.backlog_s() == 120.0 / (2 * ASSUMED_THROUGHPUT)
    board.table.advance(0, Event.DRAIN)
    end_worker(board, 1)
    assert board.backlog_s() == 120.0 / ASSUMED_THROUGHPUT
    end_worker(board, 0)
    assert board.backlog_s() == 0.0


def test_backlog_without_a_slot_is_reckoned_as_with_one(board: Scoreboard) -> None:
    end_worker(board, 0)
    end_worker(board, 1)
    board.queue.put(segment(1, duration_s=40.0), 0, 0.0)
    assert board.backlog_s() == 40.0 / ASSUMED_THROUGHPUT


def test_backlog_counts_what_a_running_segment_still_lacks(board: Scoreboard) -> None:
    board.queue.put(segment(1, duration_s=1000.0), 0, 0.0)
    board.queue.take(0)
    first = board.backlog_s()
    began = time.monotonic()
    while time.monotonic() < began + 0.01:
        pass
    later = board.backlog_s()
    assert later <= first - 0.01 * ASSUMED_THROUGHPUT / (2 * ASSUMED_THROUGHPUT)
    assert 240.0 < later < first <= 250.0


def test_worker_that_retires_has_no_slot_any_more_even_once_it_drains(board: Scoreboard) -> None:
    board.table.advance(0, Event.RETIRE)
    assert (board.ready, board.slots) == (1, 1)
    board.table.advance(0, Event.DRAIN)
    assert board.slots == 1


def test_draining_slot_is_needed_by_workers_without_one(board: Scoreboard) -> None:
    board.table.advance(1, Event.DRAIN)
    assert not board.needed_by_others
    board.table.advance(0, Event.RETIRE)
    assert not board.needed_by_others
    board.in_flight[0] = 1
    assert board.needed_by_others
    board.in_flight[0], board.overflow_in_flight[0] = 0, 1  # which may come back
    assert board.needed_by_others


def test_draining_slot_is_needed_while_all_drain(board: Scoreboard) -> None:
    board.in_flight[0] = 1
    board.table.advance(1, Event.DRAIN)
    assert not board.needed_by_others  # worker 0 serves on
    board.table.advance(0, Event.DRAIN)
    assert board.needed_by_others
    board.in_flight[0], board.overflow_in_flight[0] = 0, 1
    assert board.needed_by_others
    board.overflow_in_flight[0] = 0
    assert not board.needed_by_others


def test_spare_row_is_as_any_other_but_is_not_missed() -> None:
    board = Scoreboard(1, LIMITS, keys=1, spare=1)
    fork_worker(board, 1)
    board.in_flight[1] = 1
    board.results[1].send(failed_result(7, SegmentStatus.KILLED))
    assert board.results[1].receive() is not None
    assert repr(board) == "<Scoreboard in flight 1/8, waiting 0, running 0, ready 1/1>"
    assert [row["state"] for row in board.states()] == ["free", "ready"]
    board.close()


def test_worker_without_the_model_is_ready_and_has_no_slot(board: Scoreboard) -> None:
    for index in (0, 1):
        end_worker(board, index)
    fork_worker(board, 1, Event.IDLE)
    board.model.set(ModelState.UNLOADED)
    assert [row["state"] for row in board.states()] == ["free", "idle"]
    assert (board.is_ready(), board.ready, board.slots) == (True, 1, 0)
    assert board.max_in_flight_now() == LIMITS.max_in_flight
    # Even where little is known to have been spoken in much time.
    board.throughput.add_measurement(0, audio_s=1.0, busy_s=10.0)
    assert board.max_in_flight_now() == LIMITS.max_in_flight


def test_front_end_is_ready_while_a_back_end_works(board: Scoreboard) -> None:
    for index in (0, 1):
        end_worker(board, index)
    fork_worker(board, 0, Event.IDLE)
    assert (board.ready, board.slots) == (0, 0)
    fork_worker(board, 1, Event.WORK)
    assert (board.ready, board.slots) == (1, 1)
    board.in_flight[0] = 1
    board.table.advance(1, Event.DRAIN)
    assert (board.ready, board.slots) == (1, 1)
    assert board.needed_by_others
    board.in_flight[0] = 0
    assert not board.needed_by_others


def test_server_is_idle_from_the_end_of_its_last_request_on(board: Scoreboard) -> None:
    ticket = Admission(board, 0).admit()
    board._active_at[:] -= 100.0
    assert board.idle_s == 0.0
    board.queue.put(segment(1), 0, 0.0)
    ticket.release()
    assert 0.0 <= board.idle_s < 50.0
    board._active_at[:] -= 100.0
    assert board.idle_s >= 100.0
    board.queue.take(0)  # though it is for nobody any more
    assert board.idle_s == 0.0


@pytest.mark.parametrize("event", [Event.DRAIN, Event.RETIRE])
def test_worker_without_the_model_has_no_slot_while_it_leaves_either(board: Scoreboard, event: Event) -> None:
    for index in (0, 1):
        end_worker(board, index)
    fork_worker(board, 1, Event.IDLE)
    board.table.advance(1, event)
    assert (board.is_ready(), board.slots) == (False, 0)


def test_queue_has_room_for_all_that_limits_allow_and_what_slots_still_finish(board: Scoreboard) -> None:
    rows = LIMITS.max_in_flight * LIMITS.segments_per_request + 2
    assert all(board.queue.put(segment(1), 0, 0.0) for _ in range(rows))
    assert board.queue.put(segment(1), 0, 0.0) is None
