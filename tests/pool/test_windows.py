"""Windows of segments: their order, the death of slots between and within them, and whom they keep waiting."""

from __future__ import annotations

import asyncio
import itertools
import math
import os
import random
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import numpy as np
import pytest

from speechd.audio.samples import Samples
from speechd.engines.base import Segment, SynthesisOptions, Window
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.tone import SAMPLE_RATE, ToneEngine
from speechd.errors import SynthesisFailed
from speechd.pool.client import PoolClient, SegmentJob
from speechd.pool.dispatch import FIRST_WINDOW_S, SlotView, least_window_s
from speechd.pool.ipc import SegmentResult, SegmentStatus, failed_result
from speechd.pool.lease import Place
from speechd.pool.recovery import recover
from speechd.pool.scoreboard import Scoreboard
from speechd.pool.slot import Slot
from speechd.pool.throughput import ASSUMED_THROUGHPUT
from speechd.shared_memory import shared_array
from tests.harness.forks import (
    LIMITS,
    TIMEOUT_S,
    PoolHarness,
    audio_of,
    fork_worker,
    in_fresh_process,
    until,
)

OPTIONS = SynthesisOptions(catalogue().parse("af_heart"), "en-us")
LIMIT = ToneEngine.window_state_limit
SLOT = 1
FAST = SlotView(4.0)


def tone(text: str) -> Segment:
    """A segment of the tone engine, of 15 characters a second."""
    segment = ToneEngine().prepare(text, OPTIONS)
    assert segment is not None
    return segment


def text(name: int, duration_s: float) -> str:
    return f"{name} " + "x" * round(15 * duration_s - 2)


def samples_of(segment: Segment) -> Samples:
    return ToneEngine().speak(segment).samples


class Journal:
    """What each slot has rendered: names of segments and numbers of the first samples. held: while it is set, a second
    window waits. deadly: segments that kill at their second window, and how often."""

    def __init__(self) -> None:
        self.count = shared_array(np.int64, 8)
        self.log = shared_array(np.int64, 8, 4096, 2)
        self.held = shared_array(np.bool_, 1)
        self.deadly = shared_array(np.int64, 100)
        self.dies_everywhere = shared_array(np.int64, 100)

    def of(self, slot: int) -> list[tuple[int, int]]:
        return [(int(name), int(start)) for name, start in self.log[slot, : self.count[slot]]]


class JournaledEngine(ToneEngine):
    """The tone engine; its segments begin with their name, which is under 100."""

    def __init__(self, journal: Journal, index: int, rtf: float) -> None:
        super().__init__(rtf)
        self._journal, self._index = journal, index

    def render_window(self, segment: Segment, state: bytes, wanted_s: float) -> Window:
        journal, index = self._journal, self._index
        name = int(segment.payload[8:].split()[0])
        start = int.from_bytes(state[:8], "little")
        journal.log[index, journal.count[index]] = name, start
        journal.count[index] += 1
        if start and journal.deadly[name]:
            journal.deadly[name] -= 1
            os.kill(os.getpid(), signal.SIGKILL)
        if journal.dies_everywhere[name] and journal.dies_everywhere[name] != start + 1:
            journal.dies_everywhere[name] = start + 1
            os.kill(os.getpid(), signal.SIGKILL)
        until(lambda: not (start and journal.held[0]))
        return super().render_window(segment, state, wanted_s)


class WindowHarness(PoolHarness):
    """A pool whose slots render windows."""

    def __init__(self, slots: int, rtf: float = 0.0, rows: int | None = None) -> None:
        self.windows = Journal()
        self._rtf = rtf
        super().__init__(slots, rows=rows, window_state_limit=LIMIT)

    def engine(self, index: int) -> ToneEngine:
        return JournaledEngine(self.windows, index, self._rtf)


def run(harness: WindowHarness, scene: Callable[[PoolClient], Awaitable[None]]) -> None:
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


async def soon(condition: Callable[[], object]) -> None:
    """As `until`, while results come in."""
    while not condition():
        await asyncio.sleep(0.001)


def in_mourning(harness: WindowHarness) -> bool:
    """Whether there is a window of which a slot has died, and which is not over."""
    queue = harness.board.queue
    return bool((queue._rows().alone & (queue._state > 0)).any())


@in_fresh_process
def test_kills_at_any_moment_leave_every_segment_as_it_is_bit_for_bit() -> None:
    harness = WindowHarness(slots=3, rtf=0.02)
    moments = random.Random(5)

    async def scene(pool: PoolClient) -> None:
        segments = [tone(text(name, 4.0 + name)) for name in range(6)]
        jobs = [pool.submit(each, time.monotonic(), playing=name % 2 == 0) for name, each in enumerate(segments)]
        speaking = asyncio.gather(*(audio_of(job) for job in jobs))
        kills = 0
        while not speaking.done():
            await asyncio.sleep(moments.uniform(0.0, 0.03))
            await soon(lambda: not in_mourning(harness))
            harness.signal(moments.choice([*harness.pids]))
            harness.reap()
            harness.fork(harness.serve)
            kills += 1
        for segment, audio in zip(segments, await speaking, strict=True):
            assert np.array_equal(audio.samples, samples_of(segment))
        assert kills > 3

    run(harness, scene)


@in_fresh_process
def test_window_that_kills_two_workers_fails_its_segment_after_what_was_spoken() -> None:
    harness = WindowHarness(slots=3)
    harness.windows.deadly[7] = 9

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(tone(text(7, 6.0)), 0.0)
        audio, left_s, _ = await job.next_window()
        assert np.array_equal(audio.samples, samples_of(tone(text(7, 6.0)))[: len(audio.samples)])
        assert left_s > 0
        for _ in range(2):
            assert harness.reap()[1] == -signal.SIGKILL
        with pytest.raises(SynthesisFailed, match="ended two workers"):
            await job.next_window()
        other = tone(text(8, 6.0))
        assert np.array_equal((await audio_of(pool.submit(other, 0.0))).samples, samples_of(other))
        assert harness.windows.deadly[7] == 7

    run(harness, scene)


@in_fresh_process
def test_segment_of_which_each_window_kills_one_worker_is_spoken() -> None:
    harness = WindowHarness(slots=1)
    harness.windows.dies_everywhere[7] = -1

    async def scene(pool: PoolClient) -> None:
        segment = tone(text(7, 9.0))
        speaking = asyncio.create_task(audio_of(pool.submit(segment, 0.0)))
        deaths = 0
        while not speaking.done():
            await asyncio.sleep(0.001)
            if os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):  # noqa: ASYNC222  # it does not wait
                harness.reap()
                harness.fork(harness.serve)
                deaths += 1
        assert np.array_equal((await speaking).samples, samples_of(segment))
        assert deaths > 2

    run(harness, scene)


@in_fresh_process
def test_cancelled_segment_ends_with_its_window_and_its_row_is_free() -> None:
    harness = WindowHarness(slots=1)
    harness.windows.held[0] = True

    async def scene(pool: PoolClient) -> None:
        job = pool.submit(tone(text(1, 20.0)), 0.0)
        await job.next_window()
        until(lambda: harness.windows.count[SLOT] == 2)
        job.cancel()
        assert harness.board.queue.running == 1
        harness.windows.held[0] = False
        until(lambda: harness.board.queue.running == 0)
        assert harness.board.queue.waiting == 0
        with pytest.raises(SynthesisFailed):
            await audio_of(job)
        other = tone(text(2, 3.0))
        assert np.array_equal((await audio_of(pool.submit(other, 0.0))).samples, samples_of(other))
        assert [name for name, _ in harness.windows.of(SLOT)].count(1) == 2

    run(harness, scene)


@in_fresh_process
def test_newcomer_waits_for_a_window_and_no_longer() -> None:
    harness = WindowHarness(slots=1)
    harness.windows.held[0] = True

    async def scene(pool: PoolClient) -> None:
        long = pool.submit(tone(text(1, 60.0)), 0.0)
        until(lambda: harness.windows.count[SLOT] == 2)
        newcomer = pool.submit(tone(text(2, 10.0)), time.monotonic())
        harness.windows.held[0] = False
        await newcomer.next_window()
        (name, _), (second, start), (third, beginning), *_ = harness.windows.of(SLOT)
        assert (name, second, third) == (1, 1, 2)
        assert start == round(least_window_s(ASSUMED_THROUGHPUT) * SAMPLE_RATE)
        assert beginning == 0
        for job in (long, newcomer):
            await audio_of(job)

    run(harness, scene)


@in_fresh_process
def test_slot_that_stops_leaves_the_rest_of_a_segment_to_another() -> None:
    harness = WindowHarness(slots=0, rtf=0.02, rows=3)

    def serve_one_window(index: int) -> None:
        slot = Slot(harness.engine(index), harness.board, index)
        slot.start()
        until(lambda: harness.windows.count[index])
        slot.stop()
        os._exit(0)

    async def scene(pool: PoolClient) -> None:
        first = harness.fork(serve_one_window)
        segment = tone(text(1, 8.0))
        speaking = asyncio.create_task(audio_of(pool.submit(segment, 0.0)))
        await soon(lambda: harness.windows.count[first])
        assert harness.reap() == (first, 0)
        assert harness.board.queue.waiting == 1
        second = harness.fork(harness.serve)
        assert np.array_equal((await speaking).samples, samples_of(segment))
        assert harness.windows.of(second)[-1][1] > 0

    run(harness, scene)


@pytest.fixture
def board() -> Iterator[Scoreboard]:
    """Of two workers: worker 0 is at home, and worker 1 has the slot."""
    board = windowed_board()
    yield board
    board.close()


def windowed_board() -> Scoreboard:
    board = Scoreboard(2, LIMITS, window_state_limit=LIMIT)
    for index in range(2):
        fork_worker(board, index)
    return board


def received(board: Scoreboard, job: SegmentJob) -> list[SegmentResult]:
    """What came for the job, which is told."""
    results = []
    while result := board.results[0].receive():
        results.append(result)
        job.deliver(result)
    return results


def heard(job: SegmentJob) -> Samples:
    """All windows of a job that is over."""
    assert job.is_over
    results = [job._results.get_nowait() for _ in range(job._results.qsize())]
    assert all(result.status is SegmentStatus.OK for result in results)
    return np.concatenate([result.audio.samples for result in results])


def job_of(board: Scoreboard, segment: Segment) -> SegmentJob:
    place = board.queue.put(segment, 0, time.monotonic())
    assert place is not None
    return SegmentJob(None, place, 0.0, 0.0)  # type: ignore[arg-type]  # its pool is the test


class Killed(BaseException):
    """In place of a kill."""


@contextmanager
def killed_after(lines: int) -> Iterator[None]:
    """The block is left, as by a kill, once so many lines of what changes the queue have run."""
    left = itertools.count(lines, -1)

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        if Path(frame.f_code.co_filename).name not in {"slot.py", "queue.py", "window_states.py"}:
            return None
        if event == "line" and not next(left):
            raise Killed
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    except Killed:
        pass
    finally:
        sys.settrace(before)


def spoken_despite(lines: int, segment: Segment) -> tuple[Samples, int]:
    """A segment that was spoken though a slot was killed in each window after so many lines; and how many were."""
    board = windowed_board()
    try:
        job = job_of(board, segment)
        slot, deaths, tried = Slot(ToneEngine(), board, SLOT), 0, set()
        while not job.is_over:
            window = int(board.queue._progress[job.place.row])
            is_first_try = window not in tried
            tried.add(window)
            with killed_after(lines if is_first_try else sys.maxsize):
                slot._work(board.queue.take(SLOT, view=board.slot_view(SLOT)))
            if board.lock._threads.locked():  # the kernel frees the lock of the dead
                board.lock.__exit__(None, None, None)
            if board.queue.running:
                recover(board, SLOT)
                deaths += 1
            received(board, job)
        return heard(job), deaths
    finally:
        board.close()


def test_kill_between_any_two_steps_of_a_slot_changes_nothing() -> None:
    segment = tone(text(1, 3.2))
    whole = samples_of(segment)
    deaths = []
    for lines in itertools.count(1):
        spoken, died = spoken_despite(lines, segment)
        assert np.array_equal(spoken, whole), lines
        deaths.append(died)
        if lines > 50 and not died:
            break
    assert max(deaths) > 1


def test_window_that_is_rendered_again_has_the_same_length_and_state(board: Scoreboard) -> None:
    job = job_of(board, tone(text(1, 20.0)))
    slot = Slot(ToneEngine(), board, SLOT)
    slot._work(board.queue.take(SLOT))
    (first,) = board.queue.take(SLOT)
    board.throughput.add_measurement(SLOT, 100.0, 1.0)  # a slot would take more now
    recover(board, SLOT)
    (again,) = board.queue.take(0, view=board.slot_view(SLOT))
    assert (again.window, again.wanted_s, again.state) == (first.window, first.wanted_s, first.state)
    assert job.place == again.place


def test_two_slots_go_on_with_a_segment_by_turns(board: Scoreboard) -> None:
    segment = tone(text(1, 9.0))
    job = job_of(board, segment)
    slots = [Slot(ToneEngine(), board, index) for index in range(2)]
    for index in itertools.cycle(range(2)):
        if not (leases := board.queue.take(index, view=board.slot_view(index))):
            break
        slots[index]._work(leases)
    results = received(board, job)
    assert [result.window for result in results] == [*range(len(results))]
    assert len(results) > 3
    assert np.array_equal(heard(job), samples_of(segment))


def test_window_that_came_already_is_dropped_and_one_behind_a_lost_one_fails_the_job() -> None:
    job = SegmentJob(None, Place(0, 1), 2.0, 0.0)  # type: ignore[arg-type]
    audio = ToneEngine().speak(tone("a"))

    def window(number: int, left_s: float = 1.0) -> SegmentResult:
        return SegmentResult(1, SegmentStatus.OK, audio, 0.5, number, left_s)

    for number in (0, 0, 1, 0, 1):
        job.deliver(window(number))
    assert (job._results.qsize(), job.is_over) == (2, False)
    job.deliver(window(3))
    assert (job.is_over, job.is_lost) == (True, True)
    job.deliver(window(2, 0.0))
    job.deliver(failed_result(1, SegmentStatus.RAISED))
    assert job._results.qsize() == 3


def test_deadline_moves_with_what_the_listener_gets(board: Scoreboard) -> None:
    job = job_of(board, tone(text(1, 20.0)))
    board.queue._deadline[job.place.row] -= 50.0  # it came long ago
    slot = Slot(ToneEngine(), board, SLOT)
    before = time.monotonic()
    (first,) = board.queue.take(SLOT, view=FAST)
    slot._work([first])
    (second,) = board.queue.take(SLOT, view=FAST)
    # Playing begins with the first window.
    assert before + first.wanted_s - 0.1 <= second.deadline <= time.monotonic() + first.wanted_s + 0.1
    assert (second.window, second.has_listener) == (1, True)
    assert second.left_s == pytest.approx(20.0 - first.wanted_s, abs=0.1)
    slot._work([second])
    (third,) = board.queue.take(SLOT)
    assert third.deadline == pytest.approx(second.deadline + second.left_s - third.left_s)


def test_others_wait_for_windows_and_not_for_segments(board: Scoreboard) -> None:
    speeds = np.full(2, FAST.speed)
    for _ in range(3):
        job_of(board, tone(text(1, 60.0)))
    board.queue.take(SLOT, view=FAST)
    now = time.monotonic()
    assert board.queue.backlog_s(speeds, now) == pytest.approx(3 * FIRST_WINDOW_S, abs=0.5)
    assert board.queue.backlog_s(speeds, math.inf) == pytest.approx(180.0, abs=0.5)


def test_home_that_dies_between_windows_leaves_nothing(board: Scoreboard) -> None:
    job = job_of(board, tone(text(1, 20.0)))
    slot = Slot(ToneEngine(), board, SLOT)
    slot._work(board.queue.take(SLOT))
    assert board.queue.has(job.place)
    recover(board, 0)
    assert (board.queue.waiting, board.queue.running) == (0, 0)
    other = job_of(board, tone(text(2, 20.0)))
    (lease,) = board.queue.take(SLOT)
    recover(board, 0)
    assert not board.queue.is_wanted(lease)
    slot._work([lease])
    assert not board.queue.has(other.place)
    assert board.results[0].receive() is not None  # of the first segment
    assert board.results[0].receive() is None


def test_throughput_is_that_of_whole_segments(board: Scoreboard) -> None:
    """First windows pay for the prosody of all: alone they would tell of a slow slot."""

    class Prosodic(ToneEngine):
        def render_window(self, segment: Segment, state: bytes, wanted_s: float) -> Window:
            if not state:
                time.sleep(0.05)
            return super().render_window(segment, state, wanted_s)

    job_of(board, tone(text(1, 6.0)))
    slot = Slot(Prosodic(), board, SLOT)
    slot._work(board.queue.take(SLOT))
    assert not board.throughput.is_known
    assert board.throughput.totals(SLOT).segments == 0
    while leases := board.queue.take(SLOT):
        slot._work(leases)
    segments, audio_s, busy_s = board.throughput.totals(SLOT)
    assert segments == 1
    assert audio_s == pytest.approx(6.0, abs=0.1)
    assert board.throughput.per_slot()[SLOT] == pytest.approx(audio_s / busy_s)


class Faulty(ToneEngine):
    """Does with a window what the test says."""

    def __init__(self, spoil: Callable[[Window], Window]) -> None:
        super().__init__()
        self._spoil = spoil

    def render_window(self, segment: Segment, state: bytes, wanted_s: float) -> Window:
        return self._spoil(super().render_window(segment, state, wanted_s))


def silent(window: Window) -> Window:
    return Window(window.audio.__class__(window.audio.samples[:0]), window.state, window.left_s)


def at_another_rate(window: Window) -> Window:
    return Window(window.audio.__class__(window.audio.samples, 22_050), window.state, window.left_s)


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(silent, id="no samples"),
        pytest.param(at_another_rate, id="another sample rate"),
        pytest.param(lambda window: Window(window.audio, bytes(LIMIT + 1), 1.0), id="too large a state"),
        pytest.param(lambda window: Window(window.audio, b"", 1.0), id="no state though something is left"),
        pytest.param(lambda window: Window(window.audio, b"x", 0.0), id="a state though nothing is left"),
    ],
)
def test_window_that_is_none_fails_its_segment(board: Scoreboard, spoil: Callable[[Window], Window]) -> None:
    job = job_of(board, tone(text(1, 6.0)))
    Slot(Faulty(spoil), board, SLOT)._work(board.queue.take(SLOT))
    assert [result.status for result in received(board, job)] == [SegmentStatus.RAISED]
    assert not board.queue.has(job.place)


def test_without_windows_a_segment_is_synthesised_whole() -> None:
    board = Scoreboard(2, LIMITS)
    for index in range(2):
        fork_worker(board, index)
    segment = tone(text(1, 20.0))
    job = job_of(board, segment)
    Slot(ToneEngine(), board, SLOT)._work(board.queue.take(SLOT, view=board.slot_view(SLOT)))
    (result,) = received(board, job)
    assert (result.window, result.left_s) == (0, 0.0)
    assert np.array_equal(heard(job), samples_of(segment))
    board.close()


def test_end_of_a_segment_waits_until_its_listener_has_credit(board: Scoreboard) -> None:
    pool = PoolClient(board, 0)
    segment = tone(text(1, 20.0))

    async def scenario() -> None:
        job = pool.submit(segment, time.monotonic(), playing=True, ahead_s=5.0)
        slot = Slot(ToneEngine(), board, SLOT)

        def made_s() -> float:
            while leases := board.queue.take(SLOT, view=SlotView(50.0)):
                slot._work(leases)
            pool._receive()
            return segment.duration_s - job.left_s

        assert 5.0 <= made_s() <= 5.0 + FIRST_WINDOW_S
        job.allow(0.2)  # too little to be worth a word
        assert made_s() <= 5.0 + FIRST_WINDOW_S
        job.allow(4.0)
        assert 9.0 <= made_s() <= 10.0 + 2 * FIRST_WINDOW_S
        job.allow(math.inf)
        assert made_s() == segment.duration_s
        assert not job.is_held_back

    asyncio.run(scenario())


def test_first_window_of_a_segment_needs_no_credit(board: Scoreboard) -> None:
    board.queue.put(tone(text(1, 20.0)), 0, 0.0, math.inf, held_back_s=20.0)
    (lease,) = board.queue.take(SLOT, view=SlotView(50.0))
    assert lease.wanted_s <= FIRST_WINDOW_S


def test_what_is_held_back_keeps_nobody_else_waiting(board: Scoreboard) -> None:
    place = board.queue.put(tone(text(1, 20.0)), 0, time.monotonic() - 50.0, 0.0, held_back_s=20.0)
    assert place is not None
    (lease,) = board.queue.take(SLOT, view=FAST)
    Slot(ToneEngine(), board, SLOT)._work([lease])
    assert board.queue.has(place)
    assert (board.queue.waiting, board.backlog_s(time.monotonic() + 100.0)) == (0, 0.0)
    board.queue.hold_back(place, 0.0)
    assert board.queue.waiting == 1


def test_segment_at_rest_goes_on_however_little_it_is_allowed(board: Scoreboard) -> None:
    pool = PoolClient(board, 0)

    async def scenario() -> None:
        job = pool.submit(tone(text(1, 20.0)), time.monotonic(), playing=True, ahead_s=0.1)
        slot, calls = Slot(ToneEngine(), board, SLOT), 0
        while job.left_s:
            while leases := board.queue.take(SLOT, view=FAST):
                slot._work(leases)
            pool._receive()
            job.allow(0.1)
            calls += 1
            assert calls < 100

    asyncio.run(scenario())
