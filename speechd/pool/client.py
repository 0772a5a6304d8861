"""The pool as a home worker sees it: segments go in, audio comes back, whichever worker's slot spoke it."""

from __future__ import annotations

import asyncio
import math
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from speechd.audio.samples import Audio
from speechd.engines.base import Segment
from speechd.errors import NotReady, Overloaded, SynthesisFailed, with_jitter
from speechd.pool.ipc import SegmentResult, SegmentStatus, failed_result
from speechd.pool.queue import Place
from speechd.pool.scoreboard import ASSUMED_SPEED, Scoreboard

BLOCKING_S: Final = 0.6
"""Seconds that a segment may keep a slot while no slot is to spare, for nothing more urgent can start meanwhile. What
it costs in efficiency, a fifth at most, is less than the listeners' patience is worth."""

OVERLONG: Final = 1.8
"""Of the seconds that a segment should have at most, how many it may have: texts are cut where they can be, and a
segment's time is known only when it has been made."""

ORDINARY_S: Final = 10.0
"""Audio seconds of a segment that may always be: at a quarter of the voice's speed a clause takes up to nine."""

TIMEOUT_SHARE: Final = 1 / 8
"""Of `synthesis_timeout_s`, what a segment may take at the speed that is known. The watchdog ends the worker of one
that takes all of it; other loads make a slot several times slower, and some texts are a third longer than predicted."""

LEAST_LIMIT_S: Final = 2.0
"""Audio seconds that a segment may have however slow the slots are."""

LOOK_AHEAD_S: Final = 1000.0
"""Audio seconds (48 MB as PCM, 16 as MP3) that all streams together hold ahead of their clients, before each has but
its least."""

LEAST_LOOK_AHEAD_S: Final = 5.0
"""Audio seconds that a stream may hold however many there are."""

SWEEP_S: Final = 1.0
"""How often a home worker looks whether its segments still exist: how long one that was lost is waited for."""

REASON: Final = {
    SegmentStatus.RAISED: "The engine failed to synthesise a part of the input.",
    SegmentStatus.KILLED: "A part of the input ended two workers; it is not tried again.",
    SegmentStatus.LOST: "The audio of a part of the input was lost.",
}


@dataclass(frozen=True, slots=True)
class StreamBudget:
    """What one stream may count on. pace: audio seconds synthesised for it in a second; longest_s: audio seconds of a
    segment beyond which it would stand in the way of others; look_ahead_s: audio seconds it may hold, so that all
    streams together hold a bounded amount of memory; limit_s: audio seconds that no segment exceeds."""

    pace: float
    longest_s: float = math.inf
    look_ahead_s: float = math.inf
    limit_s: float = math.inf


class SegmentJob:
    """A segment in the pool. Of a result, in seconds: wait_s until a slot took the segment (and for the result to come
    back), synthesis_s of the engine."""

    def __init__(self, pool: PoolClient, place: Place) -> None:
        self.place = place
        self.wait_s = 0.0
        self.synthesis_s = 0.0
        self._pool = pool
        self._submitted = time.monotonic()
        self._reply: asyncio.Future[SegmentResult] = asyncio.get_running_loop().create_future()

    async def result(self) -> Audio:
        """The audio; raises `SynthesisFailed`, or `NotReady` where the model is lacking. Ends in bounded
        time, whatever dies."""
        reply = await self._reply
        if reply.outcome is SegmentStatus.UNLOADED:
            raise self._pool.lacking()
        if reply.outcome is not SegmentStatus.SPOKEN:
            raise SynthesisFailed(REASON[reply.outcome])
        return reply.audio

    def cancel(self) -> None:
        """Nobody waits for it any more; may be called at any time."""
        self._pool.forget(self)

    def resolve(self, reply: SegmentResult) -> None:
        """Called by the pool, which knows what became of the segment."""
        if not self._reply.done():
            self.synthesis_s = reply.synthesis_s
            self.wait_s = time.monotonic() - self._submitted - reply.synthesis_s
            self._reply.set_result(reply)


class PoolClient:
    """The slots of all workers, for the requests of worker `index`. Used from the event loop of `open`."""

    def __init__(self, board: Scoreboard, index: int) -> None:
        self._board, self._index = board, index
        self._replies = board.replies[index]
        self._jobs: dict[int, SegmentJob] = {}
        self._sweeping: asyncio.TimerHandle | None = None

    def open(self) -> None:
        """Listen for replies."""
        loop = asyncio.get_running_loop()
        loop.add_reader(self._replies.fileno(), self._receive)
        self._sweeping = loop.call_later(SWEEP_S, self._sweep)

    def close(self) -> None:
        """Cancel all jobs and listen no more."""
        for job in list(self._jobs.values()):
            self.forget(job)
        if self._sweeping is not None:
            asyncio.get_running_loop().remove_reader(self._replies.fileno())
            self._sweeping.cancel()

    def submit(self, segment: Segment, deadline: float, *, playing: bool = False) -> SegmentJob:
        """Queue a segment. deadline: seconds of `time.monotonic()`, when its listener runs dry; playing: somebody
        listens already, so that it is to be started in time for that, whoever else comes.

        Raises `Unavailable`.
        """
        if not self._board.slots:
            self._board.model.check()
        synthesis_s = segment.duration_s / self._speed()
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

    def lacking(self) -> NotReady:
        """What those are told who waited for the model in vain."""
        return self._board.model.lacking()

    def budget(self) -> StreamBudget:
        """What one stream may count on, as things stand."""
        board = self._board
        slots, in_flight = max(board.slots, 1), int(board.in_flight.sum())
        # A request in flight counts though nothing of it waits: it is listened to, and will come back for more.
        demand = max(slots, in_flight, board.queue.waiting + board.queue.running + 1)
        speed = self._speed()
        longest_s = BLOCKING_S * speed if in_flight >= slots else math.inf
        look_ahead_s = max(LEAST_LOOK_AHEAD_S, LOOK_AHEAD_S / max(in_flight, 1))
        timely_s = max(LEAST_LIMIT_S, TIMEOUT_SHARE * board.limits.synthesis_timeout_s * speed)
        limit_s = min(timely_s, max(ORDINARY_S, OVERLONG * longest_s))
        return StreamBudget(slots * speed / demand, longest_s, look_ahead_s, limit_s)

    def _speed(self) -> float:
        """Audio seconds that a slot synthesises in a second, on average."""
        board = self._board
        speed = board.speed() / max(board.slots, 1)
        return speed or float(board.speeds().mean()) or ASSUMED_SPEED  # where no slot works now, one will

    def _receive(self) -> None:
        while reply := self._replies.receive():
            # Serial numbers never repeat: an unknown one is of a cancelled job, or of the worker before this one.
            if job := self._jobs.pop(reply.serial, None):
                job.resolve(reply)

    def _sweep(self) -> None:
        gone = [job for job in self._jobs.values() if not self._board.queue.has(job.place)]
        # A slot replies before it gives the row back: what was replied to is in the socket by now.
        self._receive()
        for job in gone:
            self.forget(job)
        self._sweeping = asyncio.get_running_loop().call_later(SWEEP_S, self._sweep)
