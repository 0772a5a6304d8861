from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial

import numpy as np
import pytest

from speechd.audio.samples import Audio
from speechd.errors import SynthesisFailed
from speechd.pool.capacity import BLOCKING_S, OVERLONG, StreamBudget
from speechd.pool.client import PoolClient, SegmentJob
from speechd.pool.ipc import SegmentResult, SegmentStatus, failed_result
from speechd.pool.scoreboard import Scoreboard
from speechd.pool.slot import Slot
from tests.harness.forks import (
    COUNT,
    LIMITS,
    TIMEOUT_S,
    PoolHarness,
    audio_of,
    end_worker,
    fork_worker,
    in_fresh_process,
    segment,
    until,
)


def run(harness: PoolHarness, scene: Callable[[PoolClient], Awaitable[None]]) -> None:
    """Play a scene with the pool of the harness's home worker; nothing may be left of it."""

    async def play() -> None:
        pool = PoolClient(harness.board, harness.home)
        pool.open()
        async with asyncio.timeout(TIMEOUT_S):
            await scene(pool)
        pool.close()

    asyncio.run(play())
    until(lambda: harness.board.queue.waiting + harness.board.queue.running == 0)
    harness.end()


def has_begun(harness: PoolHarness, name: int, times: int) -> bool:
    """Whether slots have begun the segment of this name so many times, or more."""
    return bool(harness.journal.starts[name] >= times)


def name_in(audio: Audio) -> int:
    """The segment's name, of which all its samples are made."""
    assert len(audio.samples) == COUNT
    assert (audio.samples == audio.samples[0]).all()
    return int(audio.samples[0])


async def name_of(job: SegmentJob) -> int:
    return name_in(await audio_of(job))


@in_fresh_process
def test_two_segments_at_once_go_to_different_slots() -> None:
    harness = PoolHarness(slots=2)
    stage = harness.journal

    async def scene(pool: PoolClient) -> None:
        for trial in range(200):
            stage.starts[:], stage.opened[:] = 0, False
            jobs = [pool.submit(segment(name, "wait"), 0.0) for name in (1, 2)]
            until(lambda: stage.starts[1] and stage.starts[2])
            assert stage.slot[1] != stage.slot[2], trial
            stage.opened[:] = True
            assert [await name_of(job) for job in jobs] == [1, 2]

    run(harness, scene)


@in_fresh_process
def test_every_segment_comes_back_as_itself_from_many_slots() -> None:
    harness = PoolHarness(slots=4)

    async def scene(pool: PoolClient) -> None:
        for _ in range(10):
            jobs = [pool.submit(segment(name), 0.0) for name in range(32)]
            assert [await name_of(job) for job in jobs] == list(range(32))

    run(harness, scene)


@in_fresh_process
def test_earliest_deadline_goes_first_over_all_home_workers() -> None:
    harness = PoolHarness(slots=1, rows=3)
    other = 2
    harness.board.table.fork(other)

    async def scene(pool: PoolClient) -> None:
        peer = PoolClient(harness.board, other)
        peer.open()
        jobs = [pool.submit(segment(0, "wait"), 0.0)]
        until(lambda: harness.journal.starts[0])
        for name, (home, deadline) in enumerate([(pool, 9.0), (peer, 3.0), (pool, 5.0), (peer, 7.0), (pool, 1.0)], 1):
            jobs.append(home.submit(segment(name), deadline))
        harness.journal.opened[0] = True
        assert [await name_of(job) for job in jobs] == [0, 1, 2, 3, 4, 5]
        assert list(np.argsort(harness.journal.at[1:6]) + 1) == [5, 2, 3, 4, 1]
        peer.close()
        end_worker(harness.board, other)

    run(harness, scene)


@in_fresh_process
def test_segment_of_a_killed_slot_is_spoken_by_another() -> None:
    harness = PoolHarness(slots=2)

    async def scene(pool: PoolClient) -> None:
        for name in range(1, 11):
            job = pool.submit(segment(name, "wait"), 0.0)
            until(partial(has_begun, harness, name, 1))
            victim = int(harness.journal.slot[name])
            harness.signal(victim)
            assert harness.reap() == (victim, -signal.SIGKILL)
            until(partial(has_begun, harness, name, 2))
            assert harness.journal.slot[name] != victim
            harness.journal.opened[name] = True
            assert await name_of(job) == name
            harness.fork(harness.serve)
            until(lambda: harness.board.ready == 2)

    run(harness, scene)


@in_fresh_process
def test_segment_that_kills_two_workers_fails_and_is_not_tried_again() -> None:
    harness = PoolHarness(slots=3)

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(segment(1, "die"), 0.0)
        for _ in range(2):
            assert harness.reap()[1] == -signal.SIGKILL
        with pytest.raises(SynthesisFailed):
            await audio_of(job)
        assert await name_of(pool.submit(segment(2), 0.0)) == 2
        assert harness.journal.starts[1] == 2

    run(harness, scene)


@in_fresh_process
def test_segment_that_kills_one_worker_is_spoken_by_the_next() -> None:
    harness = PoolHarness(slots=2)

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(segment(1, "die once"), 0.0)
        harness.reap()
        assert await name_of(job) == 1

    run(harness, scene)


@in_fresh_process
def test_engine_that_raises_fails_its_segment_once_and_its_slot_goes_on() -> None:
    harness = PoolHarness(slots=1)

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(segment(1, "raise"), 0.0)
        with pytest.raises(SynthesisFailed):
            await audio_of(job)
        assert await name_of(pool.submit(segment(2), 0.0)) == 2
        assert harness.journal.starts[1] == 1
        assert len(harness.pids) == 1

    run(harness, scene)


@in_fresh_process
def test_engine_that_hangs_ends_its_worker_and_another_speaks() -> None:
    harness = PoolHarness(slots=2, limits=replace(LIMITS, synthesis_timeout_s=0.3))

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(segment(1, "hang once"), 0.0)
        until(lambda: harness.journal.starts[1] == 1)
        hung = int(harness.journal.slot[1])
        assert harness.reap() == (hung, 1)
        assert await name_of(job) == 1

    run(harness, scene)


@in_fresh_process
def test_segment_of_a_stopped_slot_is_spoken_once_that_is_killed() -> None:
    harness = PoolHarness(slots=2)

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(segment(1, "wait"), 0.0)
        until(lambda: harness.journal.starts[1])
        harness.journal.opened[1] = True
        stopped = int(harness.journal.slot[1])
        harness.signal(stopped, signal.SIGSTOP)
        harness.signal(stopped, signal.SIGKILL)
        harness.reap()
        assert await name_of(job) == 1

    run(harness, scene)


@in_fresh_process
def test_listener_who_would_run_dry_goes_before_newcomers_and_another_behind_them() -> None:
    harness = PoolHarness(slots=1)

    async def scene(pool: PoolClient) -> None:
        jobs = [pool.submit(segment(0, "wait"), 0.0)]
        until(lambda: harness.journal.starts[0])
        now = time.monotonic()
        jobs += [pool.submit(segment(name), now) for name in (1, 2)]
        jobs.append(pool.submit(segment(3), now + 1e6, playing=True))
        jobs.append(pool.submit(segment(4), now + BLOCKING_S, playing=True))
        harness.journal.opened[0] = True
        assert [await name_of(job) for job in jobs] == [0, 1, 2, 3, 4]
        assert list(np.argsort(harness.journal.at[1:5]) + 1) == [4, 1, 2, 3]

    run(harness, scene)


@in_fresh_process
def test_segment_is_spoken_though_all_before_it_were_without_audio() -> None:
    harness = PoolHarness(slots=1)
    harness.board.throughput.add_measurement(0, 0.0, 1.0)

    async def scene(pool: PoolClient) -> None:
        assert await name_of(pool.submit(segment(1), 0.0, playing=True)) == 1

    run(harness, scene)


@in_fresh_process
def test_cancelled_segment_that_waits_is_never_spoken() -> None:
    harness = PoolHarness(slots=1)

    async def scene(pool: PoolClient) -> None:
        first = pool.submit(segment(1, "wait"), 0.0)
        until(lambda: harness.journal.starts[1])
        second, third = pool.submit(segment(2), 1.0), pool.submit(segment(3), 2.0)
        second.cancel()
        second.cancel()
        assert harness.board.queue.waiting == 1
        harness.journal.opened[1] = True
        assert [await name_of(first), await name_of(third)] == [1, 3]
        assert harness.journal.starts[2] == 0
        with pytest.raises(SynthesisFailed):
            await audio_of(second)

    run(harness, scene)


@in_fresh_process
def test_cancelled_segment_that_runs_ends_for_nobody() -> None:
    harness = PoolHarness(slots=1)

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(segment(1, "wait"), 0.0)
        until(lambda: harness.journal.starts[1])
        job.cancel()
        harness.journal.opened[1] = True
        until(lambda: harness.board.queue.running == 0)
        assert harness.board.results[harness.home].receive() is None
        assert await name_of(pool.submit(segment(2), 0.0)) == 2

    run(harness, scene)


@in_fresh_process
def test_close_cancels_what_is_left_and_ends_those_who_wait_for_it() -> None:
    harness = PoolHarness(slots=0, rows=1)

    async def scene(pool: PoolClient) -> None:
        result = asyncio.create_task(audio_of(pool.submit(segment(1), 0.0)))
        await asyncio.sleep(0)
        pool.close()
        with pytest.raises(SynthesisFailed):
            await result

    run(harness, scene)


@in_fresh_process
def test_segments_of_a_killed_home_are_dropped() -> None:
    harness = PoolHarness(slots=1, rows=3)

    def home(index: int) -> None:
        async def wait() -> None:
            pool = PoolClient(harness.board, index)
            pool.open()
            jobs = [pool.submit(segment(name, "wait"), 0.0) for name in (1, 2, 3)]
            await audio_of(jobs[0])

        asyncio.run(wait())

    async def scene(pool: PoolClient) -> None:
        index = harness.fork(home)
        until(lambda: harness.board.queue.waiting == 2 and harness.journal.starts[1])
        harness.signal(index)
        harness.reap()
        assert (harness.board.queue.waiting, harness.board.queue.running) == (0, 1)
        harness.journal.opened[1] = True
        assert await name_of(pool.submit(segment(4), 0.0)) == 4
        assert list(harness.journal.starts[1:4]) == [1, 0, 0]

    run(harness, scene)


@in_fresh_process
def test_reply_to_the_worker_before_is_dropped() -> None:
    harness = PoolHarness(slots=1)
    stale = harness.board.queue.put(segment(9, "wait"), harness.home, 0.0)
    assert stale is not None
    until(lambda: harness.journal.starts[9])
    harness.board.results[harness.home].send(
        SegmentResult(stale.serial, SegmentStatus.OK, Audio(np.ones(5, np.float32)), 0.0)
    )
    harness.board.results[harness.home].send(failed_result(stale.serial, SegmentStatus.KILLED))
    end_worker(harness.board, harness.home)
    harness.board.table.fork(harness.home)
    harness.journal.opened[9] = True

    async def scene(pool: PoolClient) -> None:
        assert await name_of(pool.submit(segment(1), 0.0)) == 1

    run(harness, scene)


@in_fresh_process
def test_job_whose_segment_is_nowhere_fails() -> None:
    harness = PoolHarness(slots=0, rows=1)

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(segment(1), 0.0)
        harness.board.queue.give_back(*harness.board.queue.take(harness.home))
        with pytest.raises(SynthesisFailed):
            await audio_of(job)

    run(harness, scene)


@in_fresh_process
def test_job_whose_reply_is_not_read_yet_is_not_taken_for_lost() -> None:
    harness = PoolHarness(slots=0, rows=1)

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(segment(1), 0.0)
        (lease,) = harness.board.queue.take(harness.home)
        samples = np.ones(COUNT, np.float32)
        harness.board.results[harness.home].send(
            SegmentResult(lease.place.serial, SegmentStatus.OK, Audio(samples), 0.5)
        )
        harness.board.queue.give_back(lease)
        pool._sweep()
        window = await job.next_window()
        assert (name_in(window.audio), window.left_s, window.synthesis_s) == (1, 0.0, 0.5)

    run(harness, scene)


@in_fresh_process
def test_lost_ring_delays_a_segment_and_no_more() -> None:
    harness = PoolHarness(slots=2)
    harness.board.bell.ring = lambda times=1: None  # type: ignore[method-assign]

    async def scene(pool: PoolClient) -> None:
        assert await name_of(pool.submit(segment(1), 0.0)) == 1

    run(harness, scene)


@in_fresh_process
def test_slot_that_stops_finishes_its_segment_and_takes_no_other() -> None:
    harness = PoolHarness(slots=0, rows=2)

    def serve_one(index: int) -> None:
        from tests.harness.forks import ScriptedEngine

        slot = Slot(ScriptedEngine(harness.journal, index), harness.board, index)
        slot.start()
        until(lambda: harness.journal.starts[1])
        harness.journal.opened[1] = True
        slot.stop()
        os._exit(0)

    async def scene(pool: PoolClient) -> None:
        harness.fork(serve_one)
        job = pool.submit(segment(1, "wait"), 0.0)
        other = pool.submit(segment(2), 1.0)
        assert await name_of(job) == 1
        assert harness.reap()[1] == 0
        assert harness.board.queue.waiting == 1
        other.cancel()

    run(harness, scene)


@in_fresh_process
def test_requests_in_flight_share_the_audio_that_all_may_hold() -> None:
    harness = PoolHarness(slots=2)

    async def scene(pool: PoolClient) -> None:
        for slot in (harness.home, *harness.pids):
            harness.board.throughput.add_measurement(slot, 3.0, 1.0)
        harness.board.in_flight[0] = 1
        assert pool.budget() == StreamBudget(1000.0, 3.75)
        harness.board.in_flight[0] = 4
        assert pool.budget() == StreamBudget(250.0, 3.75)
        harness.board.in_flight[0] = 400
        assert pool.budget().look_ahead_s == 5.0

    run(harness, scene)


def limits_s(slots: int, speed: float, in_flight: int, synthesis_timeout_s: float) -> float:
    """What no segment may exceed, with so many slots of this speed and requests."""
    board = Scoreboard(slots, replace(LIMITS, synthesis_timeout_s=synthesis_timeout_s))
    for index in range(slots):
        fork_worker(board, index)
        board.throughput.add_measurement(index, speed, 1.0)
    board.in_flight[0] = in_flight
    limit_s = PoolClient(board, 0).budget().limit_s
    board.close()
    return limit_s


@pytest.mark.parametrize(("speed", "in_flight", "limit_s"), [(8.0, 1, 60.0), (16.0, 2, OVERLONG * BLOCKING_S * 16.0)])
def test_budget_follows_from_what_the_scoreboard_knows(speed: float, in_flight: int, limit_s: float) -> None:
    """All cases are in `test_capacity`."""
    assert limits_s(2, speed, in_flight, 60.0) == pytest.approx(limit_s)


@in_fresh_process
def test_random_kills_under_load_lose_no_segment() -> None:
    harness = PoolHarness(slots=3)
    random = np.random.default_rng(3)

    async def scene(pool: PoolClient) -> None:
        for _ in range(30):
            jobs = [pool.submit(segment(name, "wait"), 0.0) for name in range(12)]
            harness.journal.opened[:] = True
            until(partial(has_begun, harness, int(random.integers(0, 12)), 1))
            harness.signal(int(random.choice(list(harness.pids))))
            harness.reap()
            harness.fork(harness.serve)
            assert [await name_of(job) for job in jobs] == list(range(12))
            harness.journal.opened[:], harness.journal.starts[:] = False, 0

    run(harness, scene)
