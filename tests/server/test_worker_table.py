"""One worker's life, state by state."""

from __future__ import annotations

import os
import signal

import pytest

from speechd.server.worker_table import TRANSITIONS, Event, Order, Row, State, WorkerTable
from tests.harness.forks import in_fresh_process

WORKERS_OWN = (Event.READY, Event.IDLE, Event.DRAIN, Event.RETIRE)


def table_in(*events: Event) -> WorkerTable:
    """A table whose only worker was forked, and to which this then happened."""
    table = WorkerTable(1)
    table.fork(0)
    for event in events:
        table.advance(0, event)
    return table


@pytest.mark.parametrize(
    ("events", "state"),
    [
        ((), State.BOOTING),
        ((Event.READY,), State.READY),
        ((Event.IDLE,), State.IDLE),
        ((Event.READY, Event.DRAIN), State.DRAINING),
        ((Event.READY, Event.DRAIN, Event.DRAIN), State.DRAINING),
        ((Event.READY, Event.RETIRE), State.RETIRING),
        ((Event.READY, Event.DRAIN, Event.RETIRE), State.RETIRING),
        ((Event.READY, Event.RETIRE, Event.DRAIN), State.RETIRING),
        ((Event.IDLE, Event.DRAIN), State.RETIRING),
        ((Event.DRAIN,), State.RETIRING),
        ((Event.DRAIN, Event.READY), State.RETIRING),  # told to drain while it booted
        ((Event.DRAIN, Event.IDLE), State.RETIRING),
    ],
)
def test_worker_is_in_the_state_that_follows_from_what_happened(events: tuple[Event, ...], state: State) -> None:
    table = table_in(*events)
    assert table.state(0) is state
    table.end(0)
    assert table.state(0) is State.FREE


def test_every_living_state_takes_every_end_and_order_to_leave() -> None:
    living = [state for state in State if state is not State.FREE]
    for event in (Event.END, Event.DRAIN, Event.RETIRE):
        assert {state for state, known in TRANSITIONS if known is event} == set(living)


@pytest.mark.parametrize("event", WORKERS_OWN)
def test_nothing_but_a_fork_happens_to_a_free_row(event: Event) -> None:
    table = WorkerTable(1)
    with pytest.raises(ValueError, match=f"worker 0 is FREE, which {event.name} must not happen to"):
        table.advance(0, event)
    assert table.row(0) == Row(0)


def test_row_that_has_a_worker_is_not_forked_again() -> None:
    table = table_in()
    with pytest.raises(ValueError, match="BOOTING, which FORK"):
        table.fork(0)
    assert table.row(0).boots == 1


def test_row_tells_all_that_is_known_of_its_worker() -> None:
    table = WorkerTable(2)
    table.fork(1, generation=3, recycle_at=7.5)
    assert table.row(1) == Row(1, State.BOOTING, generation=3, recycle_at=7.5, boots=1)
    table.adopt(1)
    table.advance(1, Event.READY)
    table.order(1, Order.LEAVE)
    life = Row(1, State.READY, Order.LEAVE, True, os.getpid(), generation=3, recycle_at=7.5, boots=1)
    assert table.rows() == [Row(0), life]
    table.end(1, recycled=True)
    ended = table.row(1)
    assert (ended.order, ended.served, ended.pid) == (Order.STAY, False, 0)
    assert (ended.boots, ended.recycled, ended.deaths) == (1, 1, 0)
    table.fork(1)
    table.end(1)
    assert (table.row(1).boots, table.row(1).recycled, table.row(1).deaths) == (2, 1, 1)


@pytest.mark.parametrize("event", [Event.READY, Event.IDLE])
def test_failures_are_forgotten_by_a_worker_that_is_ready(event: Event) -> None:
    table = table_in()
    table.end(0, failures=3, restart_at=9.0)
    table.fork(0)
    assert (table.row(0).failures, table.has_served) == (3, False)
    table.advance(0, event)
    assert (table.row(0).failures, table.has_served) == (0, True)


def test_failures_of_all_are_forgotten_where_others_are_to_be_forked() -> None:
    table = table_in()
    table.end(0, failures=3, restart_at=9.0)
    table.forgive()
    assert (table.row(0).failures, table.row(0).restart_at) == (0, 0.0)


def test_repr_shows_the_states() -> None:
    table = WorkerTable(3)
    for index in (0, 1):
        table.fork(index)
    table.advance(1, Event.READY)
    assert repr(table) == "<WorkerTable booting, ready, free>"


@in_fresh_process
def test_row_written_by_a_worker_is_read_by_all_and_outlives_it() -> None:
    table = WorkerTable(1)
    table.fork(0)
    pid = os.fork()
    if not pid:
        table.adopt(0)
        table.advance(0, Event.READY)
        os.kill(os.getpid(), signal.SIGKILL)
    os.waitpid(pid, 0)
    assert table.row(0) == Row(0, State.READY, served=True, pid=pid, boots=1)
