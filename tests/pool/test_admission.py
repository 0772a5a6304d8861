from __future__ import annotations

import math
import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from speechd.errors import NotReady, Overloaded
from speechd.pool.admission import Admission
from speechd.pool.scoreboard import Scoreboard
from speechd.server.worker_table import Event
from tests.harness.forks import LIMITS, PoolHarness, end_worker, fork_worker, in_fresh_process, segment

KEYS = 3


@pytest.fixture
def board() -> Iterator[Scoreboard]:
    """Two ready workers; five requests at most, two with one key, and three that overflow; 100 bytes of replies."""
    limits = replace(LIMITS, max_in_flight=5, max_in_flight_per_key=2, max_overflow_in_flight=3, max_held_bytes=100)
    board = Scoreboard(2, limits, keys=KEYS)
    for index in (0, 1):
        fork_worker(board, index)
    yield board
    board.close()


def test_admit_counts_over_all_workers(board: Scoreboard) -> None:
    tickets = [Admission(board, index % 2).admit() for index in range(5)]
    for index in (0, 1):
        with pytest.raises(Overloaded):
            Admission(board, index).admit()
    tickets[0].release()
    Admission(board, 1).admit()
    with pytest.raises(Overloaded):
        Admission(board, 0).admit()


def test_admit_counts_each_key_over_all_workers(board: Scoreboard) -> None:
    ticket = Admission(board, 0).admit(1)
    Admission(board, 1).admit(1)
    with pytest.raises(Overloaded):
        Admission(board, 0).admit(1)
    Admission(board, 0).admit(2)
    Admission(board, 0).admit(None)
    ticket.release()
    Admission(board, 1).admit(1)


def test_refusal_for_its_key_leaves_the_count_as_it_was(board: Scoreboard) -> None:
    for _ in range(2):
        Admission(board, 0).admit(0)
    before = repr(board)
    with pytest.raises(Overloaded):
        Admission(board, 0).admit(0)
    assert repr(board) == before


def test_overflow_is_counted_apart_and_over_all_workers(board: Scoreboard) -> None:
    tickets = [Admission(board, index % 2).admit_overflow() for index in range(3)]
    assert Admission(board, 0).admit_overflow() is None
    assert Admission(board, 1).admit_overflow() is None
    assert board.in_flight.sum() == 0
    assert tickets[0] is not None
    tickets[0].release()
    assert Admission(board, 1).admit_overflow() is not None


def test_key_has_one_limit_here_and_in_the_overflow(board: Scoreboard) -> None:
    Admission(board, 0).admit(1)
    ticket = Admission(board, 1).admit_overflow(1)
    assert ticket is not None
    for admit in (Admission(board, 0).admit, Admission(board, 0).admit_overflow):
        with pytest.raises(Overloaded, match="this API key"):
            admit(1)
    ticket.release()
    Admission(board, 0).admit(1)


def test_release_twice_gives_one_place_back(board: Scoreboard) -> None:
    kept, ticket = Admission(board, 0).admit(0), Admission(board, 0).admit(0)
    ticket.release()
    ticket.release()
    assert board.in_flight.sum() == board.in_flight_by_key[:, 0].sum() == 1
    kept.release()


def test_expected_wait_beyond_the_longest_is_refused_with_the_backlog(board: Scoreboard) -> None:
    board.throughput.add_measurement(0, audio_s=4.0, busy_s=1.0)
    admission = Admission(board, 0)
    for deadline in (0.0, 0.0, math.inf):
        board.queue.put(segment(1, duration_s=40.0), 0, deadline)
    admission.admit()
    place = board.queue.put(segment(1, duration_s=8.0), 0, 0.0)
    assert place is not None
    with pytest.raises(Overloaded) as refused:
        admission.admit()
    assert 16.0 <= refused.value.retry_after_s <= 24.0
    board.queue.cancel(place)
    admission.admit()


def test_listener_that_is_one_too_many_for_the_slots_is_refused(board: Scoreboard) -> None:
    board.throughput.add_measurement(0, audio_s=2.0, busy_s=1.0)
    tickets = [Admission(board, index).admit() for index in (0, 1, 0)]
    with pytest.raises(Overloaded):
        Admission(board, 1).admit()
    tickets[1].release()
    Admission(board, 1).admit()


def test_draining_worker_takes_what_still_comes(board: Scoreboard) -> None:
    board.table.advance(0, Event.DRAIN)
    board.table.advance(1, Event.DRAIN)
    Admission(board, 0).admit()
    assert not board.is_ready()


def test_worker_whose_peers_are_ready_admits_while_it_boots(board: Scoreboard) -> None:
    end_worker(board, 0)
    board.table.fork(0)
    Admission(board, 0).admit()
    end_worker(board, 1)
    with pytest.raises(NotReady):
        Admission(board, 0).admit()


def test_clear_gives_back_the_places_of_the_dead_worker_alone(board: Scoreboard) -> None:
    Admission(board, 0).admit(0)
    Admission(board, 1).admit(0)
    for index in (0, 1):
        Admission(board, index).admit_overflow(1)
    end_worker(board, 0)
    assert board.in_flight.sum() == board.in_flight_by_key[:, 0].sum() == 1
    assert board.overflow_in_flight.sum() == board.in_flight_by_key[:, 1].sum() == 1


def test_bytes_held_are_counted_over_all_workers_and_go_back(board: Scoreboard) -> None:
    Admission(board, 0).hold(60)
    Admission(board, 1).hold(40)
    with pytest.raises(Overloaded) as refused:
        Admission(board, 0).hold(1)
    assert refused.value.reason == "memory"
    assert board.held_bytes.sum() == 100
    Admission(board, 1).let_go(40)
    Admission(board, 0).hold(40)
    end_worker(board, 0)
    assert board.held_bytes.sum() == 0


def test_admit_checks_and_counts_under_one_lock(board: Scoreboard, monkeypatch: pytest.MonkeyPatch) -> None:
    class Watched:
        """A lock just before which a peer took the last place but one."""

        def __enter__(self) -> None:
            board.in_flight[1] += 4

        def __exit__(self, *error: object) -> None:
            seen.append(int(board.in_flight.sum()))

    seen: list[int] = []
    monkeypatch.setattr(board, "lock", Watched())
    Admission(board, 0).admit()
    with pytest.raises(Overloaded):
        Admission(board, 0).admit()
    assert seen == [5, 9]


@in_fresh_process
def test_bound_holds_while_workers_that_hold_places_are_killed() -> None:
    limits = replace(LIMITS, max_in_flight=6, max_in_flight_per_key=3)
    harness = PoolHarness(slots=0, limits=limits, keys=KEYS, rows=5)
    harness.board.table.advance(harness.home, Event.READY)
    choice = random.Random(5)

    def hammer(index: int) -> None:
        admission, own, tickets = Admission(harness.board, index), random.Random(os.getpid()), []
        while True:
            with suppress(Overloaded):
                tickets.append(admission.admit(own.choice([None, 0, 1, 2])))
            if len(tickets) > own.randrange(4):
                tickets.pop(own.randrange(len(tickets))).release()

    for _ in range(4):
        harness.fork(hammer)
    most = most_of_a_key = 0
    for _ in range(150):
        kill_at = time.monotonic() + choice.uniform(0.0, 0.01)
        while time.monotonic() < kill_at:
            with harness.board.lock:  # places only come back meanwhile
                most = max(most, int(harness.board.in_flight.sum()))
                most_of_a_key = max(most_of_a_key, int(harness.board.in_flight_by_key.sum(axis=0).max()))
        victim = choice.choice(list(harness.pids))
        harness.signal(victim)
        assert harness.reap() == (victim, -signal.SIGKILL)
        harness.fork(hammer)
    assert (most, most_of_a_key) == (6, 3)
    harness.end()


def test_sessions_are_counted_over_all_workers_apart_from_requests_and_end_with_their_worker() -> None:
    board = Scoreboard(2, replace(LIMITS, max_in_flight=1, max_sessions=3))
    for index in (0, 1):
        fork_worker(board, index)
    sessions = [Admission(board, index).admit_session() for index in (0, 1, 1)]
    with pytest.raises(Overloaded, match="connections"):
        Admission(board, 0).admit_session()
    Admission(board, 0).admit()
    sessions[0].release()
    Admission(board, 1).admit_session()
    board.clear(1)
    assert board.sessions.sum() == 0
    end_worker(board, 0)
    end_worker(board, 1)
    with pytest.raises(NotReady):
        Admission(board, 0).admit_session()
    board.close()
