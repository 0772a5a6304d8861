from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import numpy as np
import pytest

from speechd import watchdog
from speechd.audio.samples import SAMPLE_RATE, Audio, TokenTime
from speechd.engines.base import Segment, SequentialEngine, SupportsThreads
from speechd.pool import slot as slots
from speechd.pool.ipc import SegmentResult, SegmentStatus
from speechd.pool.scoreboard import Scoreboard
from speechd.pool.slot import Slot
from speechd.pool.throughput import ASSUMED_THROUGHPUT
from speechd.server.worker_table import Event
from tests.harness.forks import COUNT, LIMITS, end_worker, fork_worker, segment, until

WORKERS = 4


class ThreadedEngine(SequentialEngine):
    """Makes a second at a time; `used`: the threads of each."""

    name = "threaded"

    def __init__(self) -> None:
        self.threads = 0
        self.used: list[int] = []

    def start(self, threads: int) -> None:
        self.threads = threads

    def set_threads(self, threads: int) -> None:
        self.threads = threads

    def speak(self, segment: Segment) -> Audio:
        self.used.append(self.threads)
        return Audio(np.zeros(SAMPLE_RATE, np.float32))


@pytest.fixture
def board() -> Iterator[Scoreboard]:
    """Of a server whose `WORKERS` slots are ready; that of worker 0 is ours."""
    board = Scoreboard(WORKERS, replace(LIMITS, synthesis_timeout_s=60.0))
    for index in range(WORKERS):
        fork_worker(board, index)
    board.results[0].send = lambda result, *, wait=True: None  # type: ignore[method-assign]  # nobody reads them here
    yield board
    board.close()


@contextmanager
def at_work(slot: Slot, board: Scoreboard) -> Iterator[None]:
    """A slot that works until the end of the block, and ends what it has begun."""
    slot.start()
    yield
    board.table.advance(0, Event.RETIRE)
    board.bell.ring()
    slot.stop()


def spoken(board: Scoreboard, threads: int, *due_in_s: float) -> list[int]:
    """The threads on which a slot speaks segments of a second, with these deadlines, that wait for it."""
    engine = ThreadedEngine()
    now = time.monotonic()
    for name, due_s in enumerate(due_in_s):
        board.queue.put(segment(name), 0, now + due_s)
    with at_work(Slot(engine, board, 0, threads), board):
        until(lambda: len(engine.used) == len(due_in_s))
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
        ([0.5, 0.5], SegmentStatus.OK),
        ([0.0, 0.0], SegmentStatus.OK),
        ([], SegmentStatus.RAISED),
        ([0.5, np.nan], SegmentStatus.RAISED),
        ([np.inf, 0.5], SegmentStatus.RAISED),
        ([-np.inf], SegmentStatus.RAISED),
    ],
)
def test_what_is_no_audio_is_a_failure(board: Scoreboard, samples: list[float], outcome: SegmentStatus) -> None:
    engine = BatchEngine(lambda segments: [Audio(np.array(samples, np.float32))])
    assert [result.status for result in results(board, engine, 1)] == [outcome]


def test_audio_at_another_sample_rate_is_resampled(board: Scoreboard) -> None:
    alignment = (TokenTime(0, 0.0, 1.0),)
    engine = BatchEngine(lambda segments: [Audio(np.full(8_000, 0.5, np.float32), 8_000, alignment)])
    (result,) = results(board, engine, 1)
    assert (result.audio.sample_rate, len(result.audio.samples)) == (SAMPLE_RATE, SAMPLE_RATE)
    assert result.audio.samples[SAMPLE_RATE // 2] == pytest.approx(0.5, abs=0.01)
    assert result.audio.alignment == alignment


class BatchEngine:
    """Does with its segments what the test says; `batches`: the names of those of each call."""

    name = "batch"
    batch_limit_s = math.inf

    def __init__(self, do: Callable[[Sequence[int]], list[Audio | Exception]], batch_limit: int = 4) -> None:
        self._do = do
        self.batch_limit = batch_limit
        self.batches: list[list[int]] = []

    def start(self, threads: int) -> None:
        pass

    def synthesize(self, segments: Sequence[Segment]) -> list[Audio | Exception]:
        names = [json.loads(segment.payload)[0] for segment in segments]
        self.batches.append(names)
        return self._do(names)


def results(board: Scoreboard, engine: BatchEngine, count: int) -> list[SegmentResult]:
    """What the slot replies to `count` segments, whose names are their deadlines."""
    replies: list[SegmentResult] = []
    board.results[0].send = replies.append  # type: ignore[method-assign, assignment]
    for name in range(count):
        board.queue.put(segment(name), 0, float(name))
    with at_work(Slot(engine, board, 0), board):
        until(lambda: len(replies) == count)
    assert board.queue.running == board.queue.waiting == 0
    return replies


def named(names: Sequence[int]) -> list[Audio | Exception]:
    """Audio whose samples are the segment's name."""
    return [Audio(np.full(COUNT, name, np.float32)) for name in names]


def value(result: SegmentResult) -> int | None:
    """The name in the audio, or None for a failure."""
    return int(result.audio.samples[0]) if result.status is SegmentStatus.OK else None


def test_segments_that_wait_are_synthesised_at_once_by_deadline(board: Scoreboard) -> None:
    engine = BatchEngine(named)
    assert [value(result) for result in results(board, engine, 6)] == [0, 1, 2, 3, 4, 5]
    assert engine.batches == [[0, 1, 2, 3], [4, 5]]
    assert board.states()[0]["segments"] == 6


def test_failure_of_one_in_a_batch_is_its_own(board: Scoreboard) -> None:
    def second_fails(names: Sequence[int]) -> list[Audio | Exception]:
        return [ValueError("as asked") if name == 1 else audio for name, audio in zip(names, named(names), strict=True)]

    engine = BatchEngine(second_fails)
    assert [value(result) for result in results(board, engine, 4)] == [0, None, 2, 3]
    assert engine.batches == [[0, 1, 2, 3]]


def fails_as_a_whole(names: Sequence[int]) -> list[Audio | Exception]:
    if 2 in names:
        raise MemoryError("as asked")
    return named(names)


def loses_one(names: Sequence[int]) -> list[Audio | Exception]:
    return named(names)[:3] if 2 in names else named(names)


@pytest.mark.parametrize(("do", "spoken"), [(fails_as_a_whole, [0, 1, None, 3]), (loses_one, [0, 1, 2, 3])])
def test_batch_that_fails_as_a_whole_is_tried_one_by_one(
    board: Scoreboard, do: Callable[[Sequence[int]], list[Audio | Exception]], spoken: list[int | None]
) -> None:
    engine = BatchEngine(do)
    assert [value(result) for result in results(board, engine, 4)] == spoken
    assert engine.batches == [[0, 1, 2, 3], [0], [1], [2], [3]]


def test_speed_of_a_batch_is_that_of_all_of_it(board: Scoreboard) -> None:
    def in_a_fifth_of_a_second(names: Sequence[int]) -> list[Audio | Exception]:
        time.sleep(0.2)
        return [Audio(np.zeros(SAMPLE_RATE * seconds, np.float32)) for seconds in (1, 2, 3, 4)]

    results(board, BatchEngine(in_a_fifth_of_a_second), 4)
    state = board.states()[0]
    assert state["audio_s"] == pytest.approx(10.0)
    assert 0.2 <= state["busy_s"] < 0.8  # what four calls would take
    assert board.throughput.per_slot()[0] == pytest.approx(state["audio_s"] / state["busy_s"])


def test_watchdog_covers_a_batch_once(board: Scoreboard, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(watchdog, "start", lambda timeout_s: calls.append(f"start {timeout_s:g}"))
    monkeypatch.setattr(watchdog, "cancel", lambda: calls.append("cancel"))
    results(board, BatchEngine(named), 4)
    assert calls == ["start 60", "cancel"]


def test_engines_of_one_thread_are_not_asked() -> None:
    from speechd.engines.tone import ToneEngine

    assert not isinstance(ToneEngine(), SupportsThreads)
    assert isinstance(ThreadedEngine(), SupportsThreads)
