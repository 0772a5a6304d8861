"""Batches of segments in forked slots that are killed, hang and raise."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable
from dataclasses import replace

import numpy as np
import pytest

from speechd.errors import SynthesisFailed
from speechd.pool.client import PoolClient, SegmentJob
from speechd.pool.slot import Slot
from tests.harness.forks import LIMITS, PATIENCE_S, House, StageEngine, in_fresh_process, segment, until

BATCH = 4
BLOCKER = 100


class BatchStageEngine(StageEngine):
    """Synthesises up to `BATCH` segments in one call, and so does what any of them says in mid-batch."""

    batch_limit = BATCH


class BatchHouse(House):
    """A pool whose slots work on batches."""

    def serve(self, index: int) -> None:
        Slot(BatchStageEngine(self.stage, index), self.board, index).start()
        while True:
            signal.pause()


def run(house: BatchHouse, scene: Callable[[PoolClient], Awaitable[None]]) -> None:
    """Play a scene with the pool's home worker; nothing may be left of it."""

    async def play() -> None:
        pool = PoolClient(house.board, house.home)
        pool.open()
        async with asyncio.timeout(PATIENCE_S):
            await scene(pool)
        pool.close()

    asyncio.run(play())
    until(lambda: house.board.queue.waiting + house.board.queue.running == 0)
    house.end()


async def batch(house: BatchHouse, pool: PoolClient, *todo: str) -> list[SegmentJob]:
    """Jobs that do this, named 1, 2, ... by deadline, which the one slot takes together."""
    blocker = pool.submit(segment(BLOCKER, "wait"), 0.0)
    until(lambda: house.stage.starts[BLOCKER])
    # The last to come has the earliest deadline: only that decides who shares a batch, and in which order.
    jobs = [pool.submit(segment(name, do), float(name)) for name, do in reversed([*enumerate(todo, 1)])]
    house.stage.opened[BLOCKER] = True
    await blocker.result()
    return jobs[::-1]


async def names(jobs: list[SegmentJob]) -> list[int | None]:
    """The name that each job's audio is made of, None for a failure."""
    outcomes = await asyncio.gather(*(job.result() for job in jobs), return_exceptions=True)
    return [None if isinstance(outcome, BaseException) else int(outcome.samples[0]) for outcome in outcomes]


@in_fresh_process
def test_batch_is_taken_by_one_slot_in_the_order_of_deadlines() -> None:
    house = BatchHouse(slots=1)

    async def scene(pool: PoolClient) -> None:
        jobs = await batch(house, pool, *["speak"] * 6)
        assert await names(jobs) == [1, 2, 3, 4, 5, 6]
        assert list(np.argsort(house.stage.at[1:7])) == list(range(6))
        assert house.stage.starts[1:7].tolist() == [1] * 6

    run(house, scene)


@in_fresh_process
def test_kill_in_mid_batch_loses_nothing() -> None:
    house = BatchHouse(slots=1)

    async def scene(pool: PoolClient) -> None:
        jobs = await batch(house, pool, "speak", "wait", "speak", "speak")
        until(lambda: house.stage.starts[2])
        victim = int(house.stage.slot[2])
        house.signal(victim)
        assert house.bury() == (victim, -signal.SIGKILL)
        house.stage.opened[2] = True
        house.fork(house.serve)
        assert await names(jobs) == [1, 2, 3, 4]
        assert house.board.queue.retries == 4

    run(house, scene)


@in_fresh_process
def test_segment_that_kills_its_worker_ends_no_other_of_its_batch() -> None:
    house = BatchHouse(slots=1)

    async def scene(pool: PoolClient) -> None:
        jobs = await batch(house, pool, "speak", "die", "speak", "speak")
        for _ in range(2):
            assert house.bury()[1] == -signal.SIGKILL
            house.fork(house.serve)
        assert await names(jobs) == [1, None, 3, 4]
        with pytest.raises(SynthesisFailed, match="ended two workers"):
            await jobs[1].result()
        assert house.stage.starts[2] == 2

    run(house, scene)


@in_fresh_process
def test_two_segments_that_kill_their_worker_end_no_other_of_their_batch() -> None:
    house = BatchHouse(slots=1)

    async def scene(pool: PoolClient) -> None:
        jobs = await batch(house, pool, "die", "speak", "die", "speak")
        for _ in range(3):  # of the batch, and of each of them alone
            assert house.bury()[1] == -signal.SIGKILL
            house.fork(house.serve)
        assert await names(jobs) == [None, 2, None, 4]

    run(house, scene)


@in_fresh_process
def test_hang_in_mid_batch_is_ended_by_the_watchdog_and_others_are_spoken() -> None:
    house = BatchHouse(slots=1, limits=replace(LIMITS, synthesis_timeout_s=0.5))

    async def scene(pool: PoolClient) -> None:
        jobs = await batch(house, pool, "speak", "hang once", "speak", "speak")
        assert house.bury()[1] != 0
        house.fork(house.serve)
        assert await names(jobs) == [1, 2, 3, 4]

    run(house, scene)


@in_fresh_process
def test_segment_that_raises_in_a_batch_fails_alone() -> None:
    house = BatchHouse(slots=1)

    async def scene(pool: PoolClient) -> None:
        jobs = await batch(house, pool, "speak", "raise", "speak", "speak")
        assert await names(jobs) == [1, None, 3, 4]
        assert house.stage.starts[1:5].tolist() == [1] * 4

    run(house, scene)


@in_fresh_process
def test_segments_of_a_killed_home_in_a_batch_are_for_nobody_and_others_are_spoken() -> None:
    house = BatchHouse(slots=1, rows=3)
    other = 2
    house.board.claim(other)

    async def scene(pool: PoolClient) -> None:
        peer = PoolClient(house.board, other)
        peer.open()
        blocker = pool.submit(segment(BLOCKER, "wait"), 0.0)
        until(lambda: house.stage.starts[BLOCKER])
        peer.submit(segment(1), 1.0)
        jobs = [pool.submit(segment(2, "wait"), 2.0), pool.submit(segment(3), 3.0)]
        house.stage.opened[BLOCKER] = True
        await blocker.result()
        until(lambda: house.stage.starts[2])
        peer.close()
        house.board.clear(other)
        house.stage.opened[2] = True
        assert await names(jobs) == [2, 3]

    run(house, scene)
