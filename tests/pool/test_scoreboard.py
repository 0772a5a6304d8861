from __future__ import annotations

import math
import os
import select
import signal
import time
from collections.abc import Iterator

import pytest

from speechd.errors import NotReady
from speechd.pool.admission import Admission
from speechd.pool.ipc import SegmentStatus, failed_result
from speechd.pool.model_status import ModelState
from speechd.pool.queue import MAX_DEATHS
from speechd.pool.scoreboard import ASSUMED_SPEED, Scoreboard, State
from tests.harness.forks import LIMITS, segment


@pytest.fixture
def board() -> Iterator[Scoreboard]:
    """Two ready workers."""
    board = Scoreboard(2, LIMITS, keys=1)
    for index in (0, 1):
        board.claim(index)
        board.adopt(index)
        board.set_ready(index)
    yield board
    board.close()


def test_repr_shows_the_live_counts(board: Scoreboard) -> None:
    board.in_flight[1] = 2
    for _ in range(3):
        board.queue.put(segment(1), 0, 0.0)
    board.queue.take(1)
    board.drain(0)
    assert repr(board) == "<Scoreboard in flight 2/8, waiting 2, running 1, ready 1/2>"


def test_row_of_a_dead_worker_is_claimed_again(board: Scoreboard) -> None:
    board.clear(1)
    board.claim(1)
    assert board.state(1) is State.BOOTING
    assert board.states()[1]["boots"] == 2


def test_failed_boots_are_counted_in_succession_until_one_is_ready(board: Scoreboard) -> None:
    counts = []
    board.clear(0)
    counts.append(board.states()[0]["failed_boots"])
    for failures in (1, 2, 3):
        board.claim(0)
        board.clear(0, failures)
        counts.append(board.states()[0]["failed_boots"])
    board.claim(0)
    board.set_ready(0)
    counts.append(board.states()[0]["failed_boots"])
    assert counts == [0, 1, 2, 3, 0]


def test_worker_told_to_drain_while_it_boots_never_is_ready(board: Scoreboard) -> None:
    board.clear(0)
    board.claim(0)
    board.drain(0)
    board.set_ready(0)
    assert board.state(0) is State.RETIRING
    assert board.slots == 1


def test_board_is_ready_while_any_worker_is(board: Scoreboard) -> None:
    seen = [board.is_ready()]
    board.drain(0)
    seen.append(board.is_ready())
    board.clear(1)
    seen.append(board.is_ready())
    assert seen == [True, True, False]


def test_speed_is_assumed_until_a_slot_is_measured(board: Scoreboard) -> None:
    assert board.speed() == 2 * ASSUMED_SPEED


def test_speed_of_a_slot_that_is_not_measured_is_that_of_the_others(board: Scoreboard) -> None:
    board.record(0, audio_s=10.0, busy_s=2.0)
    assert board.speed() == 10.0


def test_speed_follows_the_latest_segments(board: Scoreboard) -> None:
    board.clear(1)
    for _ in range(50):
        board.record(0, audio_s=10.0, busy_s=1.0)
    for _ in range(10):
        board.record(0, audio_s=2.0, busy_s=1.0)
    assert 2.0 < board.speed() < 3.0


def test_speed_outlives_its_worker(board: Scoreboard) -> None:
    board.record(0, audio_s=10.0, busy_s=1.0)
    board.clear(0)
    board.claim(0)
    board.set_ready(0)
    assert board.speed() == 20.0


def test_speed_of_a_slot_that_was_tried_holds_until_it_is_at_work(board: Scoreboard) -> None:
    board.expect(0, audio_s=10.0, busy_s=2.0)
    assert board.speed() == 10.0
    for _ in range(50):
        board.record(0, audio_s=20.0, busy_s=2.0)
    assert board.speed() == pytest.approx(20.0, rel=1e-3)


def test_what_a_slot_is_known_to_do_is_better_than_a_trial(board: Scoreboard) -> None:
    board.record(0, audio_s=10.0, busy_s=1.0)
    board.clear(0)
    board.claim(0)
    board.expect(0, audio_s=10.0, busy_s=2.0)
    board.set_ready(0)
    assert board.speed() == 20.0


def test_speed_on_more_threads_tells_only_that_it_was_underrated(board: Scoreboard) -> None:
    board.record(0, audio_s=12.0, busy_s=1.0, spread=2.0)  # where nothing is known, nothing is learnt
    assert board.speeds()[0] == ASSUMED_SPEED
    board.expect(0, audio_s=4.0, busy_s=1.0)
    for _ in range(50):
        board.record(0, audio_s=12.0, busy_s=1.0, spread=2.0)
    assert board.speeds()[0] == pytest.approx(6.0, rel=1e-3)
    for _ in range(50):
        board.record(0, audio_s=8.0, busy_s=1.0, spread=2.0)
    assert board.speeds()[0] == pytest.approx(6.0, rel=1e-3)
    assert board.states()[0]["audio_s"] == 51 * 12.0 + 50 * 8.0


def test_slot_that_was_not_tried_is_not_measured(board: Scoreboard) -> None:
    board.expect(0, audio_s=0.0, busy_s=0.0)
    assert board.speed() == 2 * ASSUMED_SPEED
    assert board.places() == LIMITS.max_in_flight


def test_places_are_all_that_are_allowed_until_the_speed_is_known(board: Scoreboard) -> None:
    assert board.places() == LIMITS.max_in_flight


@pytest.mark.parametrize(
    ("speed", "places"),
    [
        pytest.param(0.1, 1, id="0.2 listeners"),
        pytest.param(1.2, 1, id="1.9 listeners"),
        pytest.param(1.3, 2, id="2.1 listeners"),
        pytest.param(1.8, 2, id="2.9 listeners"),
        pytest.param(4.0, 6, id="6.4 listeners"),
        pytest.param(100.0, LIMITS.max_in_flight, id="160 listeners"),
    ],
)
def test_places_are_listeners_that_the_slots_can_speak_to(board: Scoreboard, speed: float, places: int) -> None:
    board.record(0, audio_s=speed, busy_s=1.0)
    assert board.places() == places


def test_expected_wait_is_zero_while_a_slot_is_idle(board: Scoreboard) -> None:
    board.queue.put(segment(1, duration_s=100.0), 0, 0.0)
    board.queue.take(0)
    assert board.expected_wait_s() == 0.0


def test_expected_wait_leaves_out_what_is_due_later(board: Scoreboard) -> None:
    now = time.monotonic()
    for due in (now - 1.0, now, now + 1000.0, math.inf):
        board.queue.put(segment(1, duration_s=10.0), 0, due)
    assert board.expected_wait_s() == 20.0 / (2 * ASSUMED_SPEED)


def test_backlog_is_all_that_waits_over_the_speed_of_the_slots(board: Scoreboard) -> None:
    for due in (0.0, 1e9, math.inf):
        board.queue.put(segment(1, duration_s=40.0), 0, due)
    assert board.backlog_s() == 120.0 / (2 * ASSUMED_SPEED)
    board.drain(0)
    board.clear(1)
    assert board.backlog_s() == 120.0 / ASSUMED_SPEED
    board.clear(0)
    assert board.backlog_s() == 0.0


def test_backlog_without_a_slot_is_reckoned_as_with_one(board: Scoreboard) -> None:
    board.clear(0)
    board.clear(1)
    board.queue.put(segment(1, duration_s=40.0), 0, 0.0)
    assert board.backlog_s() == 40.0 / ASSUMED_SPEED


def test_backlog_counts_what_a_running_segment_still_lacks(board: Scoreboard) -> None:
    board.queue.put(segment(1, duration_s=1000.0), 0, 0.0)
    board.queue.take(0)
    first = board.backlog_s()
    began = time.monotonic()
    while time.monotonic() < began + 0.01:
        pass
    later = board.backlog_s()
    assert later <= first - 0.01 * ASSUMED_SPEED / (2 * ASSUMED_SPEED)
    assert 240.0 < later < first <= 250.0


def test_queue_holds_all_segments_that_limits_allow_and_no_more(board: Scoreboard) -> None:
    rows = LIMITS.max_in_flight * LIMITS.segments_per_request + 2
    places = [board.queue.put(segment(1), 0, 0.0) for _ in range(rows)]
    assert None not in places
    assert board.queue.put(segment(1), 0, 0.0) is None


def test_cancel_of_an_earlier_segment_leaves_its_successor_in_the_row(board: Scoreboard) -> None:
    first = board.queue.put(segment(1), 0, 0.0)
    board.queue.cancel(first)
    second = board.queue.put(segment(2), 0, 0.0)
    assert first.row == second.row
    board.queue.cancel(first)
    assert not board.queue.has(first)
    assert board.queue.has(second)


def test_take_gives_back_what_was_put(board: Scoreboard) -> None:
    wanted = segment(3, "wait", 2.5)
    place = board.queue.put(wanted, 1, 0.0)
    (lease,) = board.queue.take(0)
    assert (lease.place, lease.home, lease.segment) == (place, 1, wanted)


def test_clear_of_a_home_drops_what_waits_and_lets_the_rest_run_for_nobody(board: Scoreboard) -> None:
    for _ in range(3):
        board.queue.put(segment(1), 0, 0.0)
    (lease,) = board.queue.take(1)
    board.clear(0)
    assert (board.queue.waiting, board.queue.running) == (0, 1)
    assert not board.queue.is_wanted(lease)
    board.queue.give_back(lease)
    assert board.queue.running == 0


def test_clear_of_a_slot_lets_its_segment_wait_again_once(board: Scoreboard) -> None:
    place = board.queue.put(segment(1), 1, 0.0)
    for death in range(1, MAX_DEATHS + 1):
        board.queue.take(0)
        board.clear(0)
        assert board.queue.has(place) is (death < MAX_DEATHS)
    reply = board.replies[1].receive()
    assert (reply.serial, reply.outcome) == (place.serial, SegmentStatus.KILLED)


def test_clear_rings_for_every_segment_that_waits(board: Scoreboard) -> None:
    for _ in range(3):
        board.queue.put(segment(1), 1, 0.0)
    board.queue.take(0)
    board.clear(0)
    rings = 0
    while select.select([board.bell._inside], [], [], 0)[0]:
        board.bell.wait()
        rings += 1
    assert rings == 3


def test_clear_of_a_worker_that_was_home_and_slot_of_a_segment_drops_it(board: Scoreboard) -> None:
    board.queue.put(segment(1), 0, 0.0)
    board.queue.take(0)
    board.clear(0)
    assert (board.queue.waiting, board.queue.running) == (0, 0)


def test_worker_that_retires_has_no_slot_any_more_even_once_it_drains(board: Scoreboard) -> None:
    board.retire(0)
    assert (board.ready, board.slots) == (1, 1)
    board.drain(0)
    board.set_ready(0)
    assert board.state(0) is State.RETIRING
    assert board.slots == 1


def test_draining_slot_is_relied_on_by_workers_without_one(board: Scoreboard) -> None:
    board.drain(1)
    assert not board.relied_on
    board.retire(0)
    assert not board.relied_on
    board.in_flight[0] = 1
    assert board.relied_on
    board.in_flight[0], board.overflow_in_flight[0] = 0, 1  # which may come back
    assert board.relied_on


def test_draining_slot_is_relied_on_while_all_drain(board: Scoreboard) -> None:
    board.in_flight[0] = 1
    board.drain(1)
    assert not board.relied_on  # worker 0 serves on
    board.drain(0)
    assert board.relied_on
    board.in_flight[0], board.overflow_in_flight[0] = 0, 1
    assert board.relied_on
    board.overflow_in_flight[0] = 0
    assert not board.relied_on


@pytest.mark.parametrize(
    ("state", "in_flight", "failures", "recycled", "deaths"),
    [("retire", 0, 0, 1, 0), ("retire", 1, 0, 0, 1), ("retire", 0, 1, 0, 1), ("drain", 0, 0, 0, 1), ("", 0, 0, 0, 1)],
)
def test_worker_that_ends_was_recycled_or_died(
    board: Scoreboard, state: str, in_flight: int, failures: int, recycled: int, deaths: int
) -> None:
    if state:
        getattr(board, state)(0)
    board.in_flight[0] = in_flight
    board.clear(0, failures)
    row = board.states()[0]
    assert (row["recycled"], row["deaths"]) == (recycled, deaths)


def test_spare_row_is_as_any_other_but_is_not_missed() -> None:
    board = Scoreboard(1, LIMITS, keys=1, spare=1)
    board.claim(1)
    board.adopt(1)
    board.set_ready(1)
    board.in_flight[1] = 1
    board.replies[1].send(failed_result(7, SegmentStatus.KILLED))
    assert board.replies[1].receive() is not None
    assert repr(board) == "<Scoreboard in flight 1/8, waiting 0, running 0, ready 1/1>"
    assert [row["state"] for row in board.states()] == ["free", "ready"]
    board.close()


def asleep(board: Scoreboard, rests_s: float = 0.0) -> None:
    """The model is unloaded, and worker 1 has none; there is no other."""
    board.model.set(ModelState.UNLOADED, time.monotonic() + rests_s)
    for index in (0, 1):
        board.clear(index)
    board.claim(1)
    board.set_asleep(1)


def test_worker_without_the_model_is_ready_and_has_no_slot(board: Scoreboard) -> None:
    asleep(board)
    assert board.state(1) is State.ASLEEP
    assert (board.is_ready(), board.ready, board.slots) == (True, 1, 0)
    assert board.places() == LIMITS.max_in_flight
    board.record(0, audio_s=1.0, busy_s=10.0)  # even where little is known to have been spoken in much time
    assert board.places() == LIMITS.max_in_flight


def test_worker_without_the_model_has_no_slot_while_it_drains_either(board: Scoreboard) -> None:
    asleep(board)
    board.drain(1)
    assert (board.is_ready(), board.slots) == (False, 0)
    board.set_asleep(1)  # told to drain while it booted
    assert not board.is_ready()


def test_those_who_wait_for_a_model_that_does_not_come_are_told(board: Scoreboard) -> None:
    running, waiting = board.queue.put(segment(1), 0, 0.0), board.queue.put(segment(2), 1, 0.0)
    board.queue.take(0)
    board.refuse_waiting()
    assert running is not None
    assert waiting is not None
    assert board.queue.has(running)
    assert not board.queue.has(waiting)
    assert board.replies[0].receive() is None
    reply = board.replies[1].receive()
    assert reply is not None
    assert (reply.serial, reply.outcome) == (waiting.serial, SegmentStatus.UNLOADED)


def test_server_is_idle_from_the_end_of_its_last_request_on(board: Scoreboard) -> None:
    ticket = Admission(board, 0).admit()
    board._touched[:] -= 100.0
    assert board.idle_s == 0.0
    board.queue.put(segment(1), 0, 0.0)
    ticket.release()
    assert 0.0 <= board.idle_s < 50.0
    board._touched[:] -= 100.0
    assert board.idle_s >= 100.0
    board.queue.take(0)  # though it is for nobody any more
    assert board.idle_s == 0.0


@pytest.mark.parametrize(
    ("presence", "rests_s", "refused"),
    [
        (ModelState.LOADED, 0.0, True),  # and yet no slot works
        (ModelState.UNLOADED, 0.0, False),
        (ModelState.LOADING, 0.0, False),
        (ModelState.UNLOADED, 9.0, True),
        (ModelState.UNLOADED, math.inf, True),
    ],
)
def test_requests_are_taken_without_a_slot_if_the_model_will_come(
    board: Scoreboard, monkeypatch: pytest.MonkeyPatch, presence: ModelState, rests_s: float, refused: bool
) -> None:
    rung: list[int] = []
    monkeypatch.setattr(os, "kill", lambda pid, number: rung.append(number))
    asleep(board)
    board.model.set(presence, time.monotonic() + rests_s)
    if refused:
        with pytest.raises(NotReady) as raised:
            Admission(board, 1).admit()
        assert raised.value.retry_after_s <= 1.5 * max(1.0, rests_s if rests_s < math.inf else 0.0)
    else:
        Admission(board, 1).admit().release()
    assert rung == ([signal.SIGCHLD] if presence is ModelState.UNLOADED and not refused else [])
    assert repr(board) == "<Scoreboard in flight 0/8, waiting 0, running 0, ready 1/2>"
