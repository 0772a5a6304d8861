"""What is given back, and who is told, when a worker has ended or the model does not come."""

from __future__ import annotations

import select

import pytest

from speechd.pool.ipc import SegmentResult, SegmentStatus
from speechd.pool.queue import MAX_DEATHS
from speechd.pool.recovery import recover, refuse_waiting
from speechd.pool.scoreboard import Scoreboard
from tests.harness.forks import end_worker, fork_worker, segment


def test_home_that_died_waits_for_nothing_and_what_runs_for_it_runs_for_nobody(board: Scoreboard) -> None:
    for _ in range(3):
        board.queue.put(segment(1), 0, 0.0)
    (lease,) = board.queue.take(1)
    recover(board, 0)
    assert (board.queue.waiting, board.queue.running) == (0, 1)
    assert not board.queue.is_wanted(lease)
    board.queue.give_back(lease)
    assert board.queue.running == 0


def test_segment_of_a_dead_slot_waits_again_once_and_then_its_home_is_told(board: Scoreboard) -> None:
    place = board.queue.put(segment(1), 1, 0.0)
    assert place is not None
    for death in range(1, MAX_DEATHS + 1):
        board.queue.take(0)
        recover(board, 0)
        assert board.queue.has(place) is (death < MAX_DEATHS)
    result = board.results[1].receive()
    assert result is not None
    assert (result.serial, result.status) == (place.serial, SegmentStatus.KILLED)


def test_bell_rings_for_every_segment_that_waits(board: Scoreboard) -> None:
    for _ in range(3):
        board.queue.put(segment(1), 1, 0.0)
    board.queue.take(0)
    recover(board, 0)
    rings = 0
    while select.select([board.bell._inside], [], [], 0)[0]:
        board.bell.wait()
        rings += 1
    assert rings == 3


def test_segment_whose_home_and_slot_died_is_dropped(board: Scoreboard) -> None:
    board.queue.put(segment(1), 0, 0.0)
    board.queue.take(0)
    recover(board, 0)
    assert (board.queue.waiting, board.queue.running) == (0, 0)


def test_requests_that_ended_with_their_worker_are_reported(board: Scoreboard) -> None:
    assert not recover(board, 0)
    board.in_flight[0] = 1
    assert recover(board, 0)
    assert not recover(board, 0)
    board.overflow_in_flight[0] = 1
    assert recover(board, 0)


def test_throughput_outlives_its_worker(board: Scoreboard) -> None:
    board.throughput.add_measurement(0, audio_s=10.0, busy_s=1.0)
    end_worker(board, 0)
    fork_worker(board, 0)
    assert board.total_throughput() == 20.0


def test_those_who_wait_for_a_model_that_does_not_come_are_told(board: Scoreboard) -> None:
    running, waiting = board.queue.put(segment(1), 0, 0.0), board.queue.put(segment(2), 1, 0.0)
    board.queue.take(0)
    refuse_waiting(board)
    assert running is not None
    assert waiting is not None
    assert board.queue.has(running)
    assert not board.queue.has(waiting)
    assert board.results[0].receive() is None
    result = board.results[1].receive()
    assert result is not None
    assert (result.serial, result.status) == (waiting.serial, SegmentStatus.UNLOADED)


def test_those_who_wait_for_the_model_are_told_before_their_segments_are_gone(
    board: Scoreboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = board.queue.put(segment(1), 0, 0.0)
    assert place is not None
    seen: list[bool] = []
    send = board.results[0].send

    def watched(result: SegmentResult, *, wait: bool = True) -> None:
        seen.append(board.queue.has(place))
        send(result, wait=wait)

    monkeypatch.setattr(board.results[0], "send", watched)
    refuse_waiting(board)
    assert seen == [True]
    assert not board.queue.has(place)
