"""The pool as a home worker sees it: segments go in, audio comes back, whichever worker's slot synthesised it."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import suppress
from typing import Final, NamedTuple

from speechd.audio.samples import Audio
from speechd.engines.base import Segment
from speechd.errors import NotReady, Overloaded, SynthesisFailed, with_jitter
from speechd.pool.capacity import StreamBudget, stream_budget
from speechd.pool.dispatch import latest_start, least_window_s
from speechd.pool.ipc import SegmentResult, SegmentStatus, failed_result
from speechd.pool.lease import Place
from speechd.pool.scoreboard import Scoreboard

SWEEP_S: Final = 1.0
"""Seconds between two looks of a home worker whether its segments still exist: how long a lost one is waited for."""

FAILURES: Final = {
    SegmentStatus.RAISED: "The engine failed to synthesise a part of the input.",
    SegmentStatus.KILLED: "A part of the input ended two workers; it is not tried again.",
    SegmentStatus.LOST: "Audio of a part of the input was lost.",
}


ALLOWANCE_S: Final = 0.5
"""Seconds of audio by which it is worth telling the slots that more may be made of a segment that they still make."""


class SpokenWindow(NamedTuple):
    """A window as it came. left_s: seconds of audio that are left of its segment, 0 behind the last one. synthesis_s:
    seconds that the engine took."""

    audio: Audio
    left_s: float
    synthesis_s: float


class SegmentJob:
    """A segment in the pool, whose audio comes in windows, in order and each once; in one where there are no windows.

    wait_s: seconds until a slot took the segment, and for the first result to come back. left_s: audio seconds that are
    not here yet.
    """

    def __init__(self, pool: PoolClient, place: Place, duration_s: float, held_back_s: float) -> None:
        self.place = place
        self.wait_s = 0.0
        self.left_s = duration_s
        self._held_back_s = held_back_s
        self._is_told = True
        self._pool = pool
        self._submitted = time.monotonic()
        self._windows = 0  # that are here, or were taken
        self._results: asyncio.Queue[SegmentResult] = asyncio.Queue()
        self._is_over = self._is_lost = False

    async def next_window(self) -> SpokenWindow:
        """The next window; none may be asked for after the last one.

        Comes, or raises, in bounded time, whatever dies. Raises `SynthesisFailed`, or `NotReady` where the model could
        not be loaded.
        """
        result = await self._results.get()
        if result.status is SegmentStatus.OK:
            return SpokenWindow(result.audio, result.left_s, result.synthesis_s)
        self._results.put_nowait(result)  # for whoever asks again
        if result.status is SegmentStatus.UNLOADED:
            raise self._pool.unavailable()
        raise SynthesisFailed(FAILURES[result.status])

    def cancel(self) -> None:
        """Drop it: nobody waits for it any more. May be called at any time."""
        self._pool.forget(self)

    def allow(self, ahead_s: float) -> None:
        """Have so many more seconds of it made for now, beyond what is here; the rest waits for another call."""
        held_back_s = max(0.0, self.left_s - max(0.0, ahead_s))
        is_at_rest = self.left_s <= self._held_back_s  # then any more of it is worth telling
        least_s = 0.0 if is_at_rest or not held_back_s else ALLOWANCE_S
        if held_back_s < self._held_back_s and held_back_s <= self._held_back_s - least_s:
            self._held_back_s, self._is_told = held_back_s, False
            self.tell()

    def tell(self) -> None:
        """Tell the slots what is allowed, if they could not be told yet."""
        if not self._is_told:
            self._is_told = self._pool.hold_back(self.place, self._held_back_s)

    @property
    def is_held_back(self) -> bool:
        """Whether not all of it is to be made for now."""
        return self._held_back_s > 0.0

    @property
    def is_over(self) -> bool:
        """Whether its last window is here, or it has failed."""
        return self._is_over

    @property
    def is_lost(self) -> bool:
        """Whether it has failed though a slot may go on with it."""
        return self._is_lost

    def deliver(self, result: SegmentResult) -> None:
        """Called by the pool with each result.

        A slot that died behind its reply has its window rendered again, by another: that is here already. One that is
        not the next was behind one that was lost.
        """
        if self._is_over or (result.status is SegmentStatus.OK and result.window < self._windows):
            return
        if result.status is SegmentStatus.OK and result.window > self._windows:
            result = failed_result(result.serial, SegmentStatus.LOST)
        if not self._windows:
            self.wait_s = time.monotonic() - self._submitted - result.synthesis_s
        self._windows += 1
        self.left_s = result.left_s
        self._is_over, self._is_lost = result.is_last, result.status is SegmentStatus.LOST
        self._results.put_nowait(result)


class PoolClient:
    """The slots of all workers, for the requests of worker `index`. Used from the event loop of `open`."""

    def __init__(self, board: Scoreboard, index: int) -> None:
        self._board, self._index = board, index
        self._results = board.results[index]
        self._has_windows = board.queue.window_state_limit > 0
        self._jobs: dict[int, SegmentJob] = {}
        self._sweeping: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Listen for results."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._results.fileno(), self._receive)
        self._sweeping = loop.call_later(SWEEP_S, self._sweep)

    def close(self) -> None:
        """Cancel all jobs and listen no more."""
        for job in list(self._jobs.values()):
            self.forget(job)
        if self._sweeping is not None:
            asyncio.get_running_loop().remove_reader(self._results.fileno())
            self._sweeping.cancel()

    def submit(
        self, segment: Segment, deadline: float, *, playing: bool = False, ahead_s: float = math.inf
    ) -> SegmentJob:
        """Queue a segment. deadline: when its listener runs dry, in seconds of `time.monotonic()`. playing: somebody
        listens already, so that it is to be started in time for that, whoever else comes. ahead_s: how many seconds of
        it are to be made for now, where it is rendered in windows (see `SegmentJob.allow`).

        Raises `Unavailable`.
        """
        if not self._board.slots:
            self._board.model.check()
        speed = self._board.load().slot_throughput
        at_once_s = min(segment.duration_s, least_window_s(speed)) if self._has_windows else segment.duration_s
        start_by = latest_start(deadline, at_once_s, speed) if playing else math.inf
        held_back_s = max(0.0, segment.duration_s - max(0.0, ahead_s)) if self._has_windows else 0.0
        place = self._board.queue.put(segment, self._index, deadline, start_by, held_back_s)
        if place is None:
            raise Overloaded("The queue is full.", reason="queue", retry_after_s=with_jitter(self._board.backlog_s()))
        job = self._jobs[place.serial] = SegmentJob(self, place, segment.duration_s, held_back_s)
        self._board.bell.ring()
        return job

    def latest_start(self, deadline: float) -> float:
        """When a segment must be submitted, of which the beginning is to be there by its deadline."""
        speed = self._board.load().slot_throughput
        return latest_start(deadline, least_window_s(speed), speed)

    def hold_back(self, place: Place, held_back_s: float) -> bool:
        """Have so many seconds at the end of a segment wait, and no more than that. Returns whether the queue could be
        told."""
        try:
            self._board.queue.hold_back(place, held_back_s)
        except TimeoutError:
            return False
        self._board.bell.ring()
        return True

    def forget(self, job: SegmentJob) -> None:
        """Cancel the job: what is not here yet will not come."""
        if self._jobs.pop(job.place.serial, None):
            job.deliver(failed_result(job.place.serial, SegmentStatus.LOST))
            self._cancel(job.place)

    def unavailable(self) -> NotReady:
        """The error of those who waited for the model in vain."""
        return self._board.model.unavailable()

    def budget(self) -> StreamBudget:
        """The budget of one stream, as things stand."""
        load, limits = self._board.load(), self._board.limits
        return stream_budget(load, limits.synthesis_timeout_s, has_windows=self._has_windows)

    def _cancel(self, place: Place) -> None:
        with suppress(TimeoutError):  # then a slot speaks it for nobody
            self._board.queue.cancel(place)

    def _receive(self) -> None:
        while result := self._results.receive():
            # Serial numbers never repeat: an unknown one is of a cancelled job, or of the worker before this one.
            job = self._jobs.get(result.serial)
            if job is None:
                continue
            job.deliver(result)
            if job.is_over:
                del self._jobs[result.serial]
                if job.is_lost:  # what is left of it is for nobody
                    self._cancel(job.place)

    def _sweep(self) -> None:
        gone = [job for job in self._jobs.values() if not self._board.queue.has(job.place)]
        # A slot sends the result before it gives the row back: of rows that are gone it is in the socket by now.
        self._receive()
        for job in gone:
            self.forget(job)
        for job in self._jobs.values():
            job.tell()
        self._sweeping = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)
