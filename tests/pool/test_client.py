from __future__ import annotations

import asyncio
import math
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import numpy as np
import pytest

from speechd.audio.samples import Audio
from speechd.errors import SynthesisFailed
from speechd.pool.client import BLOCKING_S, PoolClient, SegmentJob, StreamBudget
from speechd.pool.ipc import SegmentResult, SegmentStatus, failed_result
from speechd.pool.scoreboard import Scoreboard
from speechd.pool.slot import Slot
from tests.harness.forks import COUNT, LIMITS, PATIENCE_S, House, in_fresh_process, segment, until


def run(house: House, scene: Callable[[PoolClient], Awaitable[None]]) -> None:
    """Play a scene with the pool of the house's home worker; nothing may be left of it."""

    async def play() -> None:
        pool = PoolClient(house.board, house.home)
        pool.open()
        async with asyncio.timeout(PATIENCE_S):
            await scene(pool)
        pool.close()

    asyncio.run(play())
    until(lambda: house.board.queue.waiting + house.board.queue.running == 0)
    house.end()


def name_in(audio: Audio) -> int:
    """The segment's name, of which all its samples are made."""
    assert len(audio.samples) == COUNT
    assert (audio.samples == audio.samples[0]).all()
    return int(audio.samples[0])


async def name_of(job: SegmentJob) -> int:
    return name_in(await job.result())


@in_fresh_process
def test_two_segments_at_once_go_to_different_slots() -> None:
    house = House(slots=2)
    stage = house.stage

    async def scene(pool: PoolClient) -> None:
        for trial in range(200):
            stage.starts[:], stage.opened[:] = 0, False
            jobs = [pool.submit(segment(name, "wait"), 0.0) for name in (1, 2)]
            until(lambda: stage.starts[1] and stage.starts[2])
            assert stage.slot[1] != stage.slot[2], trial
            stage.opened[:] = True
            assert [await name_of(job) for job in jobs] == [1, 2]

    run(house, scene)


@in_fresh_process
def test_every_segment_comes_back_as_itself_from_many_slots() -> None:
    house = House(slots=4)

    async def scene(pool: PoolClient) -> None:
        for _ in range(10):
            jobs = [pool.submit(segment(name), 0.0) for name in range(32)]
            assert [await name_of(job) for job in jobs] == list(range(32))

    run(house, scene)


@in_fresh_process
def test_earliest_deadline_goes_first_over_all_home_workers() -> None:
    house = House(slots=1, rows=3)
    other = 2
    house.board.claim(other)

    async def scene(pool: PoolClient) -> None:
        peer = PoolClient(house.board, other)
        peer.open()
        jobs = [pool.submit(segment(0, "wait"), 0.0)]
        until(lambda: house.stage.starts[0])
        for name, (home, deadline) in enumerate([(pool, 9.0), (peer, 3.0), (pool, 5.0), (peer, 7.0), (pool, 1.0)], 1):
            jobs.append(home.submit(segment(name), deadline))
        house.stage.opened[0] = True
        assert [await name_of(job) for job in jobs] == [0, 1, 2, 3, 4, 5]
        assert list(np.argsort(house.stage.at[1:6]) + 1) == [5, 2, 3, 4, 1]
        peer.close()
        house.board.clear(other)

    run(house, scene)


@in_fresh_process
def test_segment_of_a_killed_slot_is_spoken_by_another() -> None:
    house = House(slots=2)

    async def scene(pool: PoolClient) -> None:
        for name in range(1, 11):
            job = pool.submit(segment(name, "wait"), 0.0)
            until(lambda name=name: house.stage.starts[name] == 1)
            victim = int(house.stage.slot[name])
            house.signal(victim)
            assert house.bury() == (victim, -signal.SIGKILL)
            until(lambda name=name: house.stage.starts[name] == 2)
            assert house.stage.slot[name] != victim
            house.stage.opened[name] = True
            assert await name_of(job) == name
            house.fork(house.serve)
            until(lambda: house.board.ready == 2)

    run(house, scene)


@in_fresh_process
def test_segment_that_kills_two_workers_fails_and_is_not_tried_again() -> None:
    house = House(slots=3)

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(segment(1, "die"), 0.0)
        for _ in range(2):
            assert house.bury()[1] == -signal.SIGKILL
        with pytest.raises(SynthesisFailed):
            await job.result()
        assert await name_of(pool.submit(segment(2), 0.0)) == 2
        assert house.stage.starts[1] == 2

    run(house, scene)


@in_fresh_process
def test_segment_that_kills_one_worker_is_spoken_by_the_next() -> None:
    house = House(slots=2)

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(segment(1, "die once"), 0.0)
        house.bury()
        assert await name_of(job) == 1

    run(house, scene)


@in_fresh_process
def test_engine_that_raises_fails_its_segment_once_and_its_slot_goes_on() -> None:
    house = House(slots=1)

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(segment(1, "raise"), 0.0)
        with pytest.raises(SynthesisFailed):
            await job.result()
        assert await name_of(pool.submit(segment(2), 0.0)) == 2
        assert house.stage.starts[1] == 1
        assert len(house.pids) == 1

    run(house, scene)


@in_fresh_process
def test_engine_that_hangs_ends_its_worker_and_another_speaks() -> None:
    house = House(slots=2, limits=replace(LIMITS, synthesis_timeout_s=0.3))

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(segment(1, "hang once"), 0.0)
        until(lambda: house.stage.starts[1] == 1)
        hung = int(house.stage.slot[1])
        assert house.bury() == (hung, 1)
        assert await name_of(job) == 1

    run(house, scene)


@in_fresh_process
def test_segment_of_a_stopped_slot_is_spoken_once_that_is_killed() -> None:
    house = House(slots=2)

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(segment(1, "wait"), 0.0)
        until(lambda: house.stage.starts[1])
        house.stage.opened[1] = True
        stopped = int(house.stage.slot[1])
        house.signal(stopped, signal.SIGSTOP)
        house.signal(stopped, signal.SIGKILL)
        house.bury()
        assert await name_of(job) == 1

    run(house, scene)


@in_fresh_process
def test_listener_who_would_run_dry_goes_before_newcomers_and_another_behind_them() -> None:
    house = House(slots=1)

    async def scene(pool: PoolClient) -> None:
        jobs = [pool.submit(segment(0, "wait"), 0.0)]
        until(lambda: house.stage.starts[0])
        now = time.monotonic()
        jobs += [pool.submit(segment(name), now) for name in (1, 2)]
        jobs.append(pool.submit(segment(3), now + 1e6, playing=True))
        jobs.append(pool.submit(segment(4), now + BLOCKING_S, playing=True))
        house.stage.opened[0] = True
        assert [await name_of(job) for job in jobs] == [0, 1, 2, 3, 4]
        assert list(np.argsort(house.stage.at[1:5]) + 1) == [4, 1, 2, 3]

    run(house, scene)


@in_fresh_process
def test_segment_is_spoken_though_all_before_it_were_without_audio() -> None:
    house = House(slots=1)
    house.board.record(0, 0.0, 1.0)

    async def scene(pool: PoolClient) -> None:
        assert await name_of(pool.submit(segment(1), 0.0, playing=True)) == 1

    run(house, scene)


@in_fresh_process
def test_cancelled_segment_that_waits_is_never_spoken() -> None:
    house = House(slots=1)

    async def scene(pool: PoolClient) -> None:
        first = pool.submit(segment(1, "wait"), 0.0)
        until(lambda: house.stage.starts[1])
        second, third = pool.submit(segment(2), 1.0), pool.submit(segment(3), 2.0)
        second.cancel()
        second.cancel()
        assert house.board.queue.waiting == 1
        house.stage.opened[1] = True
        assert [await name_of(first), await name_of(third)] == [1, 3]
        assert house.stage.starts[2] == 0
        with pytest.raises(SynthesisFailed):
            await second.result()

    run(house, scene)


@in_fresh_process
def test_cancelled_segment_that_runs_ends_for_nobody() -> None:
    house = House(slots=1)

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(segment(1, "wait"), 0.0)
        until(lambda: house.stage.starts[1])
        job.cancel()
        house.stage.opened[1] = True
        until(lambda: house.board.queue.running == 0)
        assert house.board.replies[house.home].receive() is None
        assert await name_of(pool.submit(segment(2), 0.0)) == 2

    run(house, scene)


@in_fresh_process
def test_close_cancels_what_is_left_and_ends_those_who_wait_for_it() -> None:
    house = House(slots=0, rows=1)

    async def scene(pool: PoolClient) -> None:
        result = asyncio.create_task(pool.submit(segment(1), 0.0).result())
        await asyncio.sleep(0)
        pool.close()
        with pytest.raises(SynthesisFailed):
            await result

    run(house, scene)


@in_fresh_process
def test_segments_of_a_killed_home_are_dropped() -> None:
    house = House(slots=1, rows=3)

    def home(index: int) -> None:
        async def wait() -> None:
            pool = PoolClient(house.board, index)
            pool.open()
            jobs = [pool.submit(segment(name, "wait"), 0.0) for name in (1, 2, 3)]
            await jobs[0].result()

        asyncio.run(wait())

    async def scene(pool: PoolClient) -> None:
        index = house.fork(home)
        until(lambda: house.board.queue.waiting == 2 and house.stage.starts[1])
        house.signal(index)
        house.bury()
        assert (house.board.queue.waiting, house.board.queue.running) == (0, 1)
        house.stage.opened[1] = True
        assert await name_of(pool.submit(segment(4), 0.0)) == 4
        assert list(house.stage.starts[1:4]) == [1, 0, 0]

    run(house, scene)


@in_fresh_process
def test_reply_to_the_worker_before_is_dropped() -> None:
    house = House(slots=1)
    stale = house.board.queue.put(segment(9, "wait"), house.home, 0.0)
    until(lambda: house.stage.starts[9])
    house.board.replies[house.home].send(
        SegmentResult(stale.serial, SegmentStatus.SPOKEN, Audio(np.ones(5, np.float32)), 0.0)
    )
    house.board.replies[house.home].send(failed_result(stale.serial, SegmentStatus.KILLED))
    house.board.clear(house.home)
    house.board.claim(house.home)
    house.stage.opened[9] = True

    async def scene(pool: PoolClient) -> None:
        assert await name_of(pool.submit(segment(1), 0.0)) == 1

    run(house, scene)


@in_fresh_process
def test_job_whose_segment_is_nowhere_fails() -> None:
    house = House(slots=0, rows=1)

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(segment(1), 0.0)
        house.board.queue.give_back(*house.board.queue.take(house.home))
        with pytest.raises(SynthesisFailed):
            await job.result()

    run(house, scene)


@in_fresh_process
def test_job_whose_reply_is_not_read_yet_is_not_taken_for_lost() -> None:
    house = House(slots=0, rows=1)

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(segment(1), 0.0)
        (lease,) = house.board.queue.take(house.home)
        samples = np.ones(COUNT, np.float32)
        house.board.replies[house.home].send(
            SegmentResult(lease.place.serial, SegmentStatus.SPOKEN, Audio(samples), 0.5)
        )
        house.board.queue.give_back(lease)
        pool._sweep()
        assert await name_of(job) == 1
        assert job.synthesis_s == 0.5

    run(house, scene)


@in_fresh_process
def test_lost_ring_delays_a_segment_and_no_more() -> None:
    house = House(slots=2)
    house.board.bell.ring = lambda times=1: None

    async def scene(pool: PoolClient) -> None:
        assert await name_of(pool.submit(segment(1), 0.0)) == 1

    run(house, scene)


@in_fresh_process
def test_slot_that_stops_finishes_its_segment_and_takes_no_other() -> None:
    house = House(slots=0, rows=2)

    def serve_one(index: int) -> None:
        from tests.harness.forks import StageEngine

        slot = Slot(StageEngine(house.stage, index), house.board, index)
        slot.start()
        until(lambda: house.stage.starts[1])
        house.stage.opened[1] = True
        slot.stop()
        os._exit(0)

    async def scene(pool: PoolClient) -> None:
        house.fork(serve_one)
        job = pool.submit(segment(1, "wait"), 0.0)
        other = pool.submit(segment(2), 1.0)
        assert await name_of(job) == 1
        assert house.bury()[1] == 0
        assert house.board.queue.waiting == 1
        other.cancel()

    run(house, scene)


@in_fresh_process
def test_share_of_the_speed_falls_with_those_who_want_it() -> None:
    house = House(slots=2)

    async def scene(pool: PoolClient) -> None:
        house.board.record(0, 3.0, 1.0)
        for slot in house.pids:
            house.board.record(slot, 3.0, 1.0)
        paces = [pool.budget().pace]
        jobs = []
        for name in range(1, 4):
            jobs.append(pool.submit(segment(name, "wait"), 0.0))
            paces.append(pool.budget().pace)
        assert paces == [3.0, 3.0, 2.0, 1.5]
        house.stage.opened[:] = True
        assert [await name_of(job) for job in jobs] == [1, 2, 3]

    run(house, scene)


@in_fresh_process
def test_requests_in_flight_share_the_speed_though_none_of_theirs_waits() -> None:
    house = House(slots=2)

    async def scene(pool: PoolClient) -> None:
        for slot in (house.home, *house.pids):
            house.board.record(slot, 3.0, 1.0)
        house.board.in_flight[0] = 1
        assert pool.budget() == StreamBudget(3.0, math.inf, 1000.0, 3.75)
        house.board.in_flight[0] = 4
        assert pool.budget() == StreamBudget(1.5, 3.0 * BLOCKING_S, 250.0, 3.75)
        house.board.in_flight[0] = 400
        assert pool.budget().look_ahead_s == 5.0

    run(house, scene)


def limits_s(slots: int, speed: float, in_flight: int, synthesis_timeout_s: float) -> float:
    """What no segment may exceed, with so many slots of this speed and requests."""
    board = Scoreboard(slots, replace(LIMITS, synthesis_timeout_s=synthesis_timeout_s))
    for index in range(slots):
        board.claim(index)
        board.set_ready(index)
        board.record(index, speed, 1.0)
    board.in_flight[0] = in_flight
    limit_s = PoolClient(board, 0).budget().limit_s
    board.close()
    return limit_s


@pytest.mark.parametrize(
    ("speed", "in_flight", "synthesis_timeout_s", "limit_s"),
    [
        pytest.param(8.0, 1, 60.0, 60.0, id="a slot to spare"),
        pytest.param(16.0, 2, 60.0, 1.8 * 0.6 * 16.0, id="none"),
        pytest.param(4.0, 2, 60.0, 10.0, id="none, and slots that are not fast"),
        pytest.param(0.5, 1, 60.0, 3.75, id="a slow machine"),
        pytest.param(0.5, 2, 60.0, 3.75, id="a slow machine without a slot to spare"),
        pytest.param(0.5, 1, 0.5, 2.0, id="hardly any time"),
    ],
)
def test_no_segment_holds_a_slot_for_long_or_meets_the_watchdog(speed, in_flight, synthesis_timeout_s, limit_s):
    assert limits_s(2, speed, in_flight, synthesis_timeout_s) == pytest.approx(limit_s)


@in_fresh_process
def test_random_kills_under_load_lose_no_segment() -> None:
    house = House(slots=3)
    random = np.random.default_rng(3)

    async def scene(pool: PoolClient) -> None:
        for _ in range(30):
            jobs = [pool.submit(segment(name, "wait"), 0.0) for name in range(12)]
            house.stage.opened[:] = True
            until_row = int(random.integers(0, 12))
            until(lambda row=until_row: house.stage.starts[row])
            house.signal(int(random.choice(list(house.pids))))
            house.bury()
            house.fork(house.serve)
            assert [await name_of(job) for job in jobs] == list(range(12))
            house.stage.opened[:], house.stage.starts[:] = False, 0

    run(house, scene)
