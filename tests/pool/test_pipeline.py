"""A slot whose engine reads a batch while it speaks another; in one process, the engine's halves opened by the test."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

import numpy as np
import pytest

from speechd import watchdog
from speechd.audio.samples import Audio
from speechd.engines.base import Segment
from speechd.pool.batch_times import BatchTimes
from speechd.pool.ipc import SegmentResult, SegmentStatus
from speechd.pool.scoreboard import Scoreboard
from speechd.pool.slot import Slot
from speechd.server.worker_table import Event
from tests.harness.forks import COUNT, LIMITS, TIMEOUT_S, fork_worker, segment, until

BATCH = 2


@dataclass(frozen=True)
class HalfSpoken:
    """Its speech half ends when the test opens it."""

    engine: HalvesEngine
    names: list[int]

    def wait(self) -> list[Audio | Exception]:
        assert self.engine.opened[self.names[0]].wait(TIMEOUT_S)
        self.engine.note("speech", self.names)
        return [Audio(np.full(COUNT, name, np.float32)) for name in self.names]


class HalvesEngine:
    """Notes its halves; fails in those that the test names."""

    name = "halves"
    batch_limit = BATCH
    batch_limit_s = math.inf

    def __init__(self) -> None:
        self.opened = [threading.Event() for _ in range(100)]
        self.noted: list[str] = []
        self.failing: dict[str, Exception] = {}

    def start(self, threads: int) -> None:
        pass

    def submit(self, segments: Sequence[Segment]) -> HalfSpoken:
        names = [json.loads(segment.payload)[0] for segment in segments]
        self.note("text", names)
        return HalfSpoken(self, names)

    def synthesize(self, segments: Sequence[Segment]) -> list[Audio | Exception]:
        raise AssertionError("a batch is to be submitted")

    def note(self, half: str, names: Sequence[int]) -> None:
        self.noted.append(" ".join((half, *map(str, names))))
        if (error := self.failing.get(self.noted[-1])) is not None:
            raise error

    def open(self, *names: int) -> None:
        for name in names:
            self.opened[name].set()


@dataclass(frozen=True)
class Scene:
    """A slot at work for the home worker 0, and the results that it sent."""

    board: Scoreboard
    engine: HalvesEngine
    results: list[SegmentResult]

    def put(self, *names: int) -> None:
        for name in names:
            self.board.queue.put(segment(name), 0, float(name))
        self.board.bell.ring(len(names))

    def begun(self, *names: int) -> None:
        """Wait until the text half of this batch is done."""
        until(lambda: " ".join(("text", *map(str, names))) in self.engine.noted)

    def spoken(self, count: int) -> list[int | None]:
        """The names of the results, None for a failure, once there are so many."""
        until(lambda: len(self.results) == count and not self.board.queue.running)
        return [int(each.audio.samples[0]) if each.status is SegmentStatus.OK else None for each in self.results]


@contextmanager
def at_work(send: Callable[[list[SegmentResult], SegmentResult], None] = list.append) -> Iterator[Scene]:
    """A scene that ends when all that was put is spoken."""
    board = Scoreboard(1, replace(LIMITS, synthesis_timeout_s=60.0))
    fork_worker(board, 0)
    scene = Scene(board, HalvesEngine(), [])
    board.results[0].send = lambda result, *, wait=True: send(scene.results, result)  # type: ignore[method-assign]
    slot = Slot(scene.engine, board, 0)
    slot.start()
    yield scene
    board.table.advance(0, Event.RETIRE)
    board.bell.ring()
    slot.stop()
    assert not board.queue.running
    board.close()


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch that is spoken is always about to end."""
    monkeypatch.setattr(BatchTimes, "speech_s", lambda self, audio_s: 0.0)


def test_text_half_of_the_next_batch_is_beside_the_speech_half_of_this_one(eager: None) -> None:
    with at_work() as scene:
        scene.put(1, 2, 3)
        scene.begun(1, 2)
        scene.begun(3)
        assert scene.engine.noted == ["text 1 2", "text 3"]
        scene.engine.open(3, 1)
        assert scene.spoken(3) == [1, 2, 3]


def test_no_more_than_two_batches_are_in_hand(eager: None) -> None:
    with at_work() as scene:
        scene.put(1, 2, 3, 4, 5)
        scene.begun(3, 4)
        scene.engine.open(1)
        scene.begun(5)
        assert scene.engine.noted == ["text 1 2", "text 3 4", "speech 1 2", "text 5"]
        scene.engine.open(3, 5)
        assert scene.spoken(5) == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("expected_s", [math.inf, 50.0], ids=["unknown", "long"])
def test_batch_is_taken_so_late_that_it_is_the_most_urgent(expected_s: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BatchTimes, "speech_s", lambda self, audio_s: expected_s)
    with at_work() as scene:
        scene.put(8)
        scene.begun(8)
        scene.put(6, 7)
        scene.put(1, 2)
        scene.engine.open(8, 1, 6)
        assert scene.spoken(5) == [8, 1, 2, 6, 7]
        assert scene.engine.noted == ["text 8", "speech 8", "text 1 2", "speech 1 2", "text 6 7", "speech 6 7"]


def test_results_go_out_while_the_next_batch_is_begun(eager: None) -> None:
    reads = threading.Event()

    def send(results: list[SegmentResult], result: SegmentResult) -> None:
        assert reads.wait(TIMEOUT_S)  # a home worker that does not read
        results.append(result)

    with at_work(send) as scene:
        scene.put(1)
        scene.begun(1)
        scene.engine.open(1)
        until(lambda: "speech 1" in scene.engine.noted)
        scene.put(2)
        scene.begun(2)
        assert scene.results == []
        scene.engine.open(2)
        reads.set()
        assert scene.spoken(2) == [1, 2]


@pytest.mark.parametrize("half", ["text", "speech"])
def test_batch_that_fails_as_a_whole_is_tried_one_by_one(eager: None, half: str) -> None:
    with at_work() as scene:
        engine = scene.engine
        engine.failing = {f"{half} 1 2": MemoryError("as asked"), f"{half} 2": ValueError("as asked")}
        engine.open(*range(6))
        scene.put(1, 2)
        assert scene.spoken(2) == [1, None]
        scene.put(3, 4)
        assert scene.spoken(4) == [1, None, 3, 4]
        assert [noted for noted in engine.noted if noted.startswith("text")] == [
            "text 1 2",
            "text 1",
            "text 2",
            "text 3 4",
        ]


def test_batch_behind_one_that_fails_is_spoken(eager: None) -> None:
    with at_work() as scene:
        scene.engine.failing = {"speech 1 2": MemoryError("as asked")}
        scene.put(1, 2, 3, 4)
        scene.begun(3, 4)
        scene.engine.open(1, 2, 3)
        assert scene.spoken(4) == [3, 4, 1, 2]


def test_watchdog_gives_each_batch_its_time_from_when_it_is_spoken(
    eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    monkeypatch.setattr(watchdog, "start", lambda timeout_s: calls.append(f"start {timeout_s:g}"))
    monkeypatch.setattr(watchdog, "cancel", lambda: calls.append("cancel"))
    with at_work() as scene:
        scene.put(1, 2, 3)
        scene.begun(3)
        assert calls == ["start 60"]
        scene.engine.open(1)
        until(lambda: len(calls) == 2)
        scene.engine.open(3)
        scene.spoken(3)
    assert calls == ["start 60", "start 60", "cancel"]


def test_time_is_not_counted_twice_for_batches_that_overlap(eager: None) -> None:
    with at_work() as scene:
        scene.put(*range(1, 7))
        scene.begun(3, 4)
        scene.engine.open(1, 3, 5)
        scene.spoken(6)
        totals = scene.board.throughput.totals(0)
        assert totals.segments == 6
        first, second, third = (scene.results[index].synthesis_s for index in (0, 2, 4))
        assert totals.busy_s == pytest.approx(first + second + third)
