"""The pool as a home worker sees it: segments go in, audio comes back, whichever worker's slot synthesised it."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import suppress
from typing import Final

from speechd.audio.samples import Audio
from speechd.engines.base import Segment
from speechd.errors import NotReady, Overloaded, SynthesisFailed, with_jitter
from speechd.pool.capacity import BLOCKING_S, StreamBudget, stream_budget
from speechd.pool.ipc import SegmentResult, SegmentStatus, failed_result
from speechd.pool.queue import Place
from speechd.pool.scoreboard import Scoreboard

SWEEP_S: Final = 1.0
"""Seconds between two looks of a home worker whether its segments still exist: how long a lost one is waited for."""

FAILURES: Final = {
    SegmentStatus.RAISED: "The engine failed to synthesise a part of the input.",
    SegmentStatus.KILLED: "A part of the input ended two workers; it is not tried again.",
    SegmentStatus.LOST: "The audio of a part of the input was lost.",
}


class SegmentJob:
    """A segment in the pool. Once there is a result, in seconds: wait_s, until a slot took the segment, and for the
    result to come back; synthesis_s, that the engine took."""

    def __init__(self, pool: PoolClient, place: Place) -> None:
        self.place = place
        self.wait_s = 0.0
        self.synthesis_s = 0.0
        self._pool = pool
        self._submitted = time.monotonic()
        self._result: asyncio.Future[SegmentResult] = asyncio.get_running_loop().create_future()

    async def result(self) -> Audio:
        """The audio. Comes, or raises, in bounded time, whatever dies.

        Raises `SynthesisFailed`, or `NotReady` where the model could not be loaded.
        """
        result = await self._result
        if result.status is SegmentStatus.UNLOADED:
            raise self._pool.unavailable()
        if result.status is not SegmentStatus.OK:
            raise SynthesisFailed(FAILURES[result.status])
        return result.audio

    def cancel(self) -> None:
        """Drop it: nobody waits for it any more. May be called at any time."""
        self._pool.forget(self)

    def resolve(self, result: SegmentResult) -> None:
        """Called by the pool with the result."""
        if not self._result.done():
            self.synthesis_s = result.synthesis_s
            self.wait_s = time.monotonic() - self._submitted - result.synthesis_s
            self._result.set_result(result)


class PoolClient:
    """The slots of all workers, for the requests of worker `index`. Used from the event loop of `open`."""

    def __init__(self, board: Scoreboard, index: int) -> None:
        self._board, self._index = board, index
        self._results = board.results[index]
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

    def submit(self, segment: Segment, deadline: float, *, playing: bool = False) -> SegmentJob:
        """Queue a segment. deadline: when its listener runs dry, in seconds of `time.monotonic()`. playing: somebody
        listens already, so that it is to be started in time for that, whoever else comes.

        Raises `Unavailable`.
        """
        if not self._board.slots:
            self._board.model.check()
        synthesis_s = segment.duration_s / self._board.load().slot_throughput
        # The slots may all be taken for as long as a segment blocks one.
        start_by = deadline - synthesis_s - BLOCKING_S if playing else math.inf
        place = self._board.queue.put(segment, self._index, deadline, start_by)
        if place is None:
            raise Overloaded("The queue is full.", reason="queue", retry_after_s=with_jitter(self._board.backlog_s()))
        job = self._jobs[place.serial] = SegmentJob(self, place)
        self._board.bell.ring()
        return job

    def forget(self, job: SegmentJob) -> None:
        """Cancel the job, if it is not over."""
        if self._jobs.pop(job.place.serial, None):
            job.resolve(failed_result(job.place.serial, SegmentStatus.LOST))
            with suppress(TimeoutError):  # then a slot speaks it for nobody
                self._board.queue.cancel(job.place)

    def unavailable(self) -> NotReady:
        """The error of those who waited for the model in vain."""
        return self._board.model.unavailable()

    def budget(self) -> StreamBudget:
        """The budget of one stream, as things stand."""
        return stream_budget(self._board.load(), self._board.limits.synthesis_timeout_s)

    def _receive(self) -> None:
        while result := self._results.receive():
            # Serial numbers never repeat: an unknown one is of a cancelled job, or of the worker before this one.
            if job := self._jobs.pop(result.serial, None):
                job.resolve(result)

    def _sweep(self) -> None:
        gone = [job for job in self._jobs.values() if not self._board.queue.has(job.place)]
        # A slot sends the result before it gives the row back: of rows that are gone it is in the socket by now.
        self._receive()
        for job in gone:
            self.forget(job)
        self._sweeping = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)
