"""Batches of segments in forked slots that are killed, hang and raise; with an engine that speaks one batch at a time,
and with one that reads the next one meanwhile."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pytest

from speechd.audio.samples import Audio
from speechd.engines.base import Segment
from speechd.engines.pipelining import EngineLost
from speechd.errors import SynthesisFailed
from speechd.pool.batch_times import BatchTimes
from speechd.pool.capacity import Limits
from speechd.pool.client import PoolClient, SegmentJob
from speechd.pool.scoreboard import Scoreboard
from tests.harness.forks import (
    LIMITS,
    TIMEOUT_S,
    PoolHarness,
    ScriptedEngine,
    audio_of,
    end_worker,
    fork_worker,
    in_fresh_process,
    segment,
    until,
)

BATCH = 4
BLOCKER = 100

either_engine = pytest.mark.parametrize("pipelined", [False, True], ids=["one at a time", "pipelined"])


class BatchEngine(ScriptedEngine):
    """Synthesises up to `BATCH` segments in one call, and so does what any of them says in mid-batch."""

    batch_limit = BATCH

    def speak(self, segment: Segment) -> Audio:
        audio = super().speak(segment)
        if json.loads(segment.payload)[1] == "lose once" and self._journal.starts[int(audio.samples[0])] == 1:
            raise EngineLost("as told")
        return audio

    def _outcome(self, segment: Segment) -> Audio | Exception:
        outcome = super()._outcome(segment)
        if isinstance(outcome, EngineLost):
            raise outcome
        return outcome


@dataclass(frozen=True)
class LaunchedBatch:
    """Is spoken when it is waited for."""

    engine: PipelinedEngine
    segments: Sequence[Segment]

    def wait(self) -> list[Audio | Exception]:
        return self.engine.synthesize(self.segments)


class PipelinedEngine(BatchEngine):
    """Has the next batch taken as soon as one is submitted: it says that it speaks in no time."""

    def submit(self, segments: Sequence[Segment]) -> LaunchedBatch:
        return LaunchedBatch(self, segments)


class BatchHarness(PoolHarness):
    """A pool whose slots work on batches."""

    def __init__(self, *, pipelined: bool, slots: int = 1, rows: int | None = None, limits: Limits = LIMITS) -> None:
        self._pipelined = pipelined
        super().__init__(slots, limits, rows=rows)

    def engine(self, index: int) -> ScriptedEngine:
        return PipelinedEngine(self.journal, index) if self._pipelined else BatchEngine(self.journal, index)

    def serve(self, index: int) -> None:
        BatchTimes.speech_s = lambda self, audio_s: 0.0  # type: ignore[method-assign]
        super().serve(index)


def run(harness: BatchHarness, scene: Callable[[PoolClient], Awaitable[None]]) -> None:
    """Play a scene with the pool's home worker; nothing may be left of it."""

    async def play() -> None:
        pool = PoolClient(harness.board, harness.home)
        pool.open()
        async with asyncio.timeout(TIMEOUT_S):
            await scene(pool)
        pool.close()

    asyncio.run(play())
    until(lambda: harness.board.queue.waiting + harness.board.queue.running == 0)
    harness.end()


async def batch(harness: BatchHarness, pool: PoolClient, *todo: str) -> list[SegmentJob]:
    """Jobs that do this, named 1, 2, ... by deadline, which the one slot takes together."""
    blocker = pool.submit(segment(BLOCKER, "wait"), 0.0)
    until(lambda: harness.journal.starts[BLOCKER])
    # The last to come has the earliest deadline: only that decides who shares a batch, and in which order.
    jobs = [pool.submit(segment(name, do), float(name)) for name, do in reversed([*enumerate(todo, 1)])]
    harness.journal.opened[BLOCKER] = True
    await audio_of(blocker)
    return jobs[::-1]


async def names(jobs: list[SegmentJob]) -> list[int | None]:
    """The name that each job's audio is made of, None for a failure."""
    outcomes = await asyncio.gather(*(audio_of(job) for job in jobs), return_exceptions=True)
    return [None if isinstance(outcome, BaseException) else int(outcome.samples[0]) for outcome in outcomes]


@either_engine
@in_fresh_process
def test_batch_is_taken_by_one_slot_in_the_order_of_deadlines(pipelined: bool) -> None:
    harness = BatchHarness(pipelined=pipelined)

    async def scene(pool: PoolClient) -> None:
        jobs = await batch(harness, pool, *["speak"] * 6)
        assert await names(jobs) == [1, 2, 3, 4, 5, 6]
        assert list(np.argsort(harness.journal.at[1:7])) == list(range(6))
        assert harness.journal.starts[1:7].tolist() == [1] * 6

    run(harness, scene)


@either_engine
@in_fresh_process
def test_kill_in_mid_batch_loses_nothing(pipelined: bool) -> None:
    harness = BatchHarness(pipelined=pipelined)

    async def scene(pool: PoolClient) -> None:
        jobs = await batch(harness, pool, "speak", "wait", "speak", "speak")
        until(lambda: harness.journal.starts[2])
        victim = int(harness.journal.slot[2])
        harness.signal(victim)
        assert harness.reap() == (victim, -signal.SIGKILL)
        harness.journal.opened[2] = True
        harness.fork(harness.serve)
        assert await names(jobs) == [1, 2, 3, 4]
        assert harness.board.queue.retries == 4

    run(harness, scene)


@either_engine
@in_fresh_process
def test_segment_that_kills_its_worker_ends_no_other_of_its_batch(pipelined: bool) -> None:
    harness = BatchHarness(pipelined=pipelined)

    async def scene(pool: PoolClient) -> None:
        jobs = await batch(harness, pool, "speak", "die", "speak", "speak")
        for _ in range(2):
            assert harness.reap()[1] == -signal.SIGKILL
            harness.fork(harness.serve)
        assert await names(jobs) == [1, None, 3, 4]
        with pytest.raises(SynthesisFailed, match="ended two workers"):
            await audio_of(jobs[1])
        assert harness.journal.starts[2] == 2

    run(harness, scene)


@either_engine
@in_fresh_process
def test_two_segments_that_kill_their_worker_end_no_other_of_their_batch(pipelined: bool) -> None:
    harness = BatchHarness(pipelined=pipelined)

    async def scene(pool: PoolClient) -> None:
        jobs = await batch(harness, pool, "die", "speak", "die", "speak")
        for _ in range(3):  # of the batch, and of each of them alone
            assert harness.reap()[1] == -signal.SIGKILL
            harness.fork(harness.serve)
        assert await names(jobs) == [None, 2, None, 4]

    run(harness, scene)


@either_engine
@in_fresh_process
def test_hang_in_mid_batch_is_ended_by_the_watchdog_and_others_are_spoken(pipelined: bool) -> None:
    harness = BatchHarness(pipelined=pipelined, limits=replace(LIMITS, synthesis_timeout_s=0.5))

    async def scene(pool: PoolClient) -> None:
        jobs = await batch(harness, pool, "speak", "hang once", "speak", "speak")
        assert harness.reap()[1] != 0
        harness.fork(harness.serve)
        assert await names(jobs) == [1, 2, 3, 4]

    run(harness, scene)


@either_engine
@in_fresh_process
def test_segment_that_raises_in_a_batch_fails_alone(pipelined: bool) -> None:
    harness = BatchHarness(pipelined=pipelined)

    async def scene(pool: PoolClient) -> None:
        jobs = await batch(harness, pool, "speak", "raise", "speak", "speak")
        assert await names(jobs) == [1, None, 3, 4]
        assert harness.journal.starts[1:5].tolist() == [1] * 4

    run(harness, scene)


@either_engine
@in_fresh_process
def test_segments_of_a_killed_home_in_a_batch_are_for_nobody_and_others_are_spoken(pipelined: bool) -> None:
    harness = BatchHarness(pipelined=pipelined, rows=3)
    other = 2
    harness.board.table.fork(other)

    async def scene(pool: PoolClient) -> None:
        peer = PoolClient(harness.board, other)
        peer.open()
        blocker = pool.submit(segment(BLOCKER, "wait"), 0.0)
        until(lambda: harness.journal.starts[BLOCKER])
        peer.submit(segment(1), 1.0)
        jobs = [pool.submit(segment(2, "wait"), 2.0), pool.submit(segment(3), 3.0)]
        harness.journal.opened[BLOCKER] = True
        await audio_of(blocker)
        until(lambda: harness.journal.starts[2])
        peer.close()
        end_worker(harness.board, other)
        harness.journal.opened[2] = True
        assert await names(jobs) == [2, 3]

    run(harness, scene)


@in_fresh_process
def test_kill_with_two_batches_in_hand_loses_nothing() -> None:
    harness = BatchHarness(pipelined=True)

    async def scene(pool: PoolClient) -> None:
        jobs = await batch(harness, pool, "wait", *["speak"] * 9)
        until(lambda: harness.board.queue.running == 2 * BATCH and harness.journal.starts[1])
        harness.signal(int(harness.journal.slot[1]))
        harness.reap()
        harness.journal.opened[1] = True
        harness.fork(harness.serve)
        assert await names(jobs) == list(range(1, 11))
        assert harness.board.queue.retries == 2 * BATCH

    run(harness, scene)


@in_fresh_process
def test_segment_that_kills_its_worker_ends_none_of_the_batch_before_or_behind_it() -> None:
    harness = BatchHarness(pipelined=True)

    async def scene(pool: PoolClient) -> None:
        jobs = await batch(harness, pool, "wait", *["speak"] * 4, "die", *["speak"] * 4)
        until(lambda: harness.board.queue.running == 2 * BATCH)
        harness.journal.opened[1] = True
        for _ in range(2):
            assert harness.reap()[1] == -signal.SIGKILL
            harness.fork(harness.serve)
        assert await names(jobs) == [*range(1, 6), None, *range(7, 11)]

    run(harness, scene)


@either_engine
@in_fresh_process
def test_engine_that_is_lost_ends_its_process_and_another_goes_on(pipelined: bool) -> None:
    harness = BatchHarness(pipelined=pipelined)

    async def scene(pool: PoolClient) -> None:
        jobs = await batch(harness, pool, "speak", "lose once", "speak", "speak", "speak")
        assert harness.reap()[1] == 1
        harness.fork(harness.serve)
        assert await names(jobs) == [1, 2, 3, 4, 5]

    run(harness, scene)


def test_slot_with_a_batch_is_one_slot_and_another_is_idle() -> None:
    board = Scoreboard(2, LIMITS)
    for index in range(2):
        fork_worker(board, index)
    for name in range(3):
        board.queue.put(segment(name), 0, 0.0)
    board.queue.take(0, BATCH)
    assert (board.queue.running, board.queue.busy_slots) == (3, 1)
    assert board.expected_wait_s() == 0.0
    board.queue.put(segment(3), 0, 0.0)
    board.queue.take(1)
    assert board.expected_wait_s() > 0.0
    board.close()
