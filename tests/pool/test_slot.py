from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from speechd.audio.samples import SAMPLE_RATE, Audio
from speechd.engines.base import Segment, SupportsThreads
from speechd.pool import slot as slots
from speechd.pool.ipc import SegmentResult, SegmentStatus
from speechd.pool.scoreboard import Scoreboard
from speechd.pool.slot import Slot
from speechd.pool.throughput import ASSUMED_THROUGHPUT
from speechd.server.worker_table import Event
from tests.harness.forks import LIMITS, end_worker, fork_worker, segment, until

WORKERS = 4


class ScalableEngine:
    """Speaks a second at a time; `used`: the threads of each."""

    name = "scalable"
    passage_limit = efficient_length = 100

    def __init__(self) -> None:
        self.threads = 0
        self.used: list[int] = []

    def use(self, threads: int) -> None:
        self.threads = threads

    def synthesize(self, segment: Segment) -> Audio:
        self.used.append(self.threads)
        return Audio(np.zeros(SAMPLE_RATE, np.float32))


@pytest.fixture
def board() -> Iterator[Scoreboard]:
    """Of a server whose `WORKERS` slots are ready; that of worker 0 is ours."""
    board = Scoreboard(WORKERS, replace(LIMITS, synthesis_timeout_s=60.0))
    for index in range(WORKERS):
        fork_worker(board, index)
    board.results[0].send = lambda reply, *, wait=True: None  # type: ignore[method-assign]  # nobody reads them here
    yield board
    board.close()


def spoken(board: Scoreboard, threads: int, *due_in_s: float) -> list[int]:
    """The threads on which a slot speaks segments of a second, with these deadlines, that wait for it."""
    engine = ScalableEngine()
    now = time.monotonic()
    for name, due_s in enumerate(due_in_s):
        board.queue.put(segment(name), 0, now + due_s)
    slot = Slot(engine, board, 0, threads)  # type: ignore[arg-type]
    slot.start()
    until(lambda: len(engine.used) == len(due_in_s))
    board.table.advance(0, Event.RETIRE)
    board.bell.ring()
    slot.stop()
    return engine.used


def spoken_after(board: Scoreboard, *, dead: int) -> list[int]:
    """As `spoken`, of one segment, once that worker has ended and another has come."""
    for index in (0, dead):
        end_worker(board, index)
        fork_worker(board, index)
    return spoken(board, 1, 0.0)


@pytest.mark.parametrize(
    ("cores", "threads", "due_in_s", "used"),
    [
        pytest.param(4, 1, [0.0], [4], id="alone"),
        pytest.param(4, 1, [0.0, 0.0], [2, 4], id="two, and then one"),
        pytest.param(4, 1, [0.0] * 5, [1, 1, 1, 2, 4], id="more than slots"),
        pytest.param(4, 1, [5.0], [1], id="there is time"),
        pytest.param(4, 1, [0.4], [4], id="too little time"),
        pytest.param(2, 1, [0.0], [2], id="fewer cores than slots have threads"),
        pytest.param(1, 2, [0.0], [2], id="its own, whatever the machine has"),
        pytest.param(64, 3, [0.0], [slots.MOST_THREADS], id="many cores"),
        pytest.param(64, 16, [0.0], [16], id="its own are more than the most"),
    ],
)
def test_cores_of_slots_with_nothing_to_do_serve_who_waits(
    board: Scoreboard,
    cores: int,
    threads: int,
    due_in_s: list[float],
    used: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(slots, "available_cores", lambda: cores)
    assert spoken(board, threads, *due_in_s) == used


@pytest.mark.parametrize(("others", "used"), [(1, 3), (3, 1), (4, 1)])
def test_cores_that_another_slot_uses_are_not_given_twice(
    board: Scoreboard, others: int, used: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "available_cores", lambda: WORKERS)
    board.set_threads(1, others)
    assert spoken(board, 1, 0.0) == [used]
    assert spoken_after(board, dead=1) == [4]


def test_speed_is_measured_by_what_holds_when_all_slots_are_at_work(
    board: Scoreboard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slots, "available_cores", lambda: WORKERS)
    spoken(board, 1, 0.0)
    assert board.throughput.per_slot()[0] == ASSUMED_THROUGHPUT
    assert board.states()[0]["audio_s"] == 1.0
    end_worker(board, 0)
    fork_worker(board, 0)
    assert spoken(board, 1, 60.0) == [1]
    assert board.throughput.per_slot()[0] != ASSUMED_THROUGHPUT


@pytest.mark.parametrize(
    ("samples", "outcome"),
    [
        ([0.5, 0.5], SegmentStatus.SPOKEN),
        ([0.0, 0.0], SegmentStatus.SPOKEN),
        ([], SegmentStatus.RAISED),
        ([0.5, np.nan], SegmentStatus.RAISED),
        ([np.inf, 0.5], SegmentStatus.RAISED),
        ([-np.inf], SegmentStatus.RAISED),
    ],
)
def test_what_is_no_audio_is_a_failure(board: Scoreboard, samples: list[float], outcome: SegmentStatus) -> None:
    class Broken:
        def synthesize(self, segment: Segment) -> Audio:
            return Audio(np.array(samples, np.float32))

    replies: list[SegmentResult] = []
    board.results[0].send = replies.append  # type: ignore[method-assign, assignment]
    board.queue.put(segment(1), 0, 0.0)
    slot = Slot(Broken(), board, 0)  # type: ignore[arg-type]
    slot.start()
    until(lambda: replies)
    board.table.advance(0, Event.RETIRE)
    board.bell.ring()
    slot.stop()
    assert [reply.outcome for reply in replies] == [outcome]


def test_engines_of_one_thread_are_not_asked() -> None:
    from speechd.engines.tone import ToneEngine

    assert not isinstance(ToneEngine(), SupportsThreads)
    assert isinstance(ScalableEngine(), SupportsThreads)
