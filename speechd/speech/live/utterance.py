"""One utterance whose text is still being written: fed in pieces, spoken as soon as it can be.

    feed, flush, finish ──▶ LiveTextPlan ──▶ SynthesisStage ──▶ read
                                └── with how much urgency, and since when: by what the listener has left to hear

It holds a place among the requests in flight only while there is something to speak, and costs next to nothing while it
waits for text.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Protocol

from speechd.context import Outcome, Timings
from speechd.errors import InvalidRequest, Overloaded, SpeechdError, TransferAborted, Unavailable
from speechd.pool.client import PoolClient
from speechd.speech.encoding import EncodingStage
from speechd.speech.live.events import Flushed, Heard, LiveChunk
from speechd.speech.live.plan import LiveTextPlan, Urgency
from speechd.speech.look_ahead import LookAhead
from speechd.speech.planner import Planned
from speechd.speech.source import Chunk
from speechd.speech.stalls import StreamStall
from speechd.speech.synthesis import Flush, SynthesisStage
from speechd.text.markup import Pause
from speechd.text.passages import NotYet

PLACE_RETRY_S: Final = 0.05
"""Seconds before an utterance that has begun asks again for a place."""

PLANNING_S: Final = 0.1
"""Seconds that planning a passage and handing it to a slot may take, before its synthesis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveLimits:
    """max_chars: characters of one utterance, in all. look_ahead_s: see `SpeechStream`. max_wait_s: how long an
    utterance that has begun waits for a place when it has something to speak again; others do not wait.
    buffer_delay_s, has_words: see `LiveOptions`."""

    max_chars: int
    look_ahead_s: float
    max_wait_s: float = 0.0
    buffer_delay_s: float | None = None
    has_words: bool = False


class Place(Protocol):
    """A place among the requests in flight, held until it is released."""

    def release(self) -> None:
        """Give the place back. Safe to call twice."""
        ...


class LiveUtterance:
    """An utterance. Used from the event loop; `read` by one task at a time, the rest by any.

    timings: of its speech. outcome: how it ended, as far as it is known. characters: that were fed. is_finished: no
    more text comes.
    """

    def __init__(
        self,
        plan: LiveTextPlan,
        pool: PoolClient,
        encoding: EncodingStage,
        admit: Callable[[], Place],
        limits: LiveLimits,
    ) -> None:
        """plan: of its text, which has the words traced. admit: takes a place, or raises `Unavailable`."""
        self._plan, self._pool, self._encoding = plan, pool, encoding
        self._admit, self._limits = admit, limits
        self._stage = SynthesisStage(pool, encoding, LookAhead(limits.look_ahead_s, time.monotonic()))
        self._stage.needs_audio = False
        self.timings: Timings = self._stage.timings
        self.outcome = Outcome.CLIENT_LEFT
        self.characters = 0
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._place: Place | None = None
        self._feeds = 0
        self._fed_at = self._waiting_since = time.monotonic()
        self._is_fresh = True  # nothing was fed since the last passage was planned
        self.is_finished = self._is_over = False
        self._flushed: Flushed | None = None  # to be returned by the next `read`
        self._spoken: deque[tuple[float, int]] = deque()  # where words end: in the audio, and in the text
        self._heard_stop = 0
        self._stall = StreamStall()

    def feed(self, text: str) -> None:
        """Add text, in pieces of any kind. Raises `InvalidRequest` if that is more than one utterance may have."""
        if self.characters + len(text) > self._limits.max_chars:
            raise InvalidRequest(
                f"The text is longer than {self._limits.max_chars} characters: begin another utterance.", param="input"
            )
        if not text or self.is_finished or self._is_over:
            return
        self.characters += len(text)
        self._stage.needs_audio = self._stage.needs_audio or not text.isspace()
        self._plan.feed(text)
        self._has_come()

    def flush(self) -> int:
        """Have all that was fed spoken now, though more may follow. Returns the number of the `Flushed` that will say
        so."""
        number = self._plan.flush()
        self._has_come()
        return number

    def finish(self) -> None:
        """Say that no more text comes."""
        if not self.is_finished:
            self.is_finished = True
            self._plan.finish()
            self._has_come()

    async def read(self) -> LiveChunk | Flushed | None:
        """What comes next, however long text is waited for; None at the end of all. A further call says that the client
        has taken what came before.

        Raises `SpeechdError`: it cannot go on. `Overloaded`: there is no place for it. `TransferAborted`: its client
        takes it too slowly to be listening.
        """
        self._stage.received()
        if self._stall.is_stalled(time.monotonic(), self.timings.standstill_s):
            self.outcome = Outcome.CLIENT_STALLED
            raise TransferAborted(self.outcome)
        if self._flushed is not None:
            flushed, self._flushed = self._flushed, None
            return flushed
        while not self._is_over:
            chunk = await self._encoding.chunks.get()
            if chunk is None:
                await self._end()
            elif not self._is_over and (event := self._event(chunk)) is not None:
                return event
        return None

    async def cancel(self) -> Heard:
        """Drop all that is not sent yet; what a slot is rendering of it is the last that is made. `read` then returns
        None. Returns how far the listener was taken."""
        heard = self.heard()
        if not self._is_over:
            self.outcome = Outcome.CANCELLED
        await self._stop()
        return heard

    def heard(self) -> Heard:
        """How far the listener was taken by now."""
        playback = self._stage.look_ahead.playback
        played_s = playback.played_s(time.monotonic())
        while self._spoken and self._spoken[0][0] <= played_s:
            self._heard_stop = max(self._heard_stop, self._spoken.popleft()[1])
        return Heard(playback.sent_s, played_s, self._heard_stop)

    async def close(self) -> None:
        """Give everything back. Safe to call twice."""
        await self._stop()

    def _has_come(self) -> None:
        """Note that there is more to plan, or nothing more to wait for."""
        now = time.monotonic()
        self._feeds += 1
        self._fed_at = now
        if self._is_fresh:
            self._waiting_since, self._is_fresh = now, False
        if not self._tasks and not self._is_over:
            planning = asyncio.create_task(self._submit_all())
            self._tasks = (planning, asyncio.create_task(self._stage.run(planning)))
        self._stage.changed.set()

    async def _end(self) -> None:
        """End at what ends the chunks. Raises what that is."""
        if self._is_over:
            return
        self._is_over = True
        self._release()
        try:
            for task in self._tasks:
                await task
            self.outcome = Outcome.COMPLETE
        except Unavailable:
            self.outcome = Outcome.REFUSED
            raise
        except SpeechdError as error:
            self.outcome = Outcome.INVALID if error.status < 500 else Outcome.FAILED
            raise
        except Exception:
            self.outcome = Outcome.FAILED
            raise

    async def _stop(self) -> None:
        self._is_over = True
        self._flushed = None
        for task in self._tasks:
            task.cancel()
        self._stage.drop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._encoding.end()  # for whoever reads
        self._plan.close()
        self._stage.close()
        self._tasks = ()
        self._spoken.clear()
        self._release()

    def _event(self, chunk: Chunk) -> LiveChunk | Flushed | None:
        """What the client is told of a chunk, which it is sent now."""
        start_s = self._stage.look_ahead.playback.sent_s
        self._stage.sent(chunk)
        self.heard()  # so that no more is kept than is unheard
        self._spoken.extend((word.end_s, word.source_stop) for word in chunk.words)
        words = chunk.words if self._limits.has_words else ()
        flushed = Flushed(chunk.flushed) if chunk.flushed is not None else None
        if not chunk.data and not words:
            return flushed
        self._flushed = flushed
        return LiveChunk(chunk.data, chunk.audio_s, start_s, words)

    async def _submit_all(self) -> None:
        try:
            while (item := await self._next()) is not None:
                self._stage.submit(item)
        finally:
            self._stage.end()

    async def _next(self) -> Planned | Pause | Flush | None:
        """The next thing to speak, when its time has come, with a place to speak it."""
        while True:
            budget = await self._stage.room()
            seen, arrival = self._feeds, self._fed_at
            urgency, _ = self._urgency(time.monotonic())
            item = await self._plan.next(budget.limit_s, urgency)
            if isinstance(item, NotYet):
                if item.needs_text:
                    await self._wait(seen, urgency)
                continue
            if isinstance(item, Flushed):
                return Flush(item.number)
            if item is not None:
                self._waiting_since, self._is_fresh = time.monotonic(), self._feeds == seen
                await self._begin(arrival)
            return item

    def _urgency(self, now: float) -> tuple[Urgency, float]:
        """How urgent the next passage is, and from when on it will be more so; infinite if that depends on progress."""
        playback = self._stage.look_ahead.playback
        is_at_rest = self._stage.is_at_rest
        if is_at_rest and playback.is_dry(now):
            delay_s = self._limits.buffer_delay_s
            due = self._waiting_since + delay_s if delay_s is not None else math.inf
            return (Urgency.CLAUSE, math.inf) if now >= due else (Urgency.SENTENCE, due)
        due = self._pool.latest_start(self._stage.look_ahead.deadline(now)) - PLANNING_S
        if now < due:
            return Urgency.GATHER, due
        ends_at = playback.ends_at if is_at_rest else None
        return Urgency.SENTENCE, math.inf if ends_at is None else ends_at

    async def _wait(self, seen: int, urgency: Urgency) -> None:
        """Wait for more text than those `seen` feeds, or for a moment of more urgency."""
        while self._feeds == seen:
            now = time.monotonic()
            current, until = self._urgency(now)
            if current > urgency:
                return
            # While text is only being gathered, some of it is to be spoken yet.
            if self._stage.is_at_rest and (urgency > Urgency.GATHER or self._is_fresh):
                self._release()
            self._stage.changed.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(until - now if until < math.inf else None):
                    await self._stage.changed.wait()

    async def _begin(self, arrival: float) -> None:
        """Take a place. Where the listener waits for text, it has waited since `arrival`."""
        is_first = self._heard_nothing
        give_up = time.monotonic() + (0.0 if is_first else self._limits.max_wait_s)
        while self._place is None:
            try:
                self._place = self._admit()
            except Overloaded:
                if time.monotonic() >= give_up:
                    raise
                await asyncio.sleep(PLACE_RETRY_S)
        now, playback = time.monotonic(), self._stage.look_ahead.playback
        if self._stage.is_at_rest and playback.is_dry(now):
            self._stage.resume(arrival, now - (now if playback.ends_at is None else playback.ends_at))

    @property
    def _heard_nothing(self) -> bool:
        return not self._stage.look_ahead.playback.sent_s

    def _release(self) -> None:
        if self._place is not None:
            self._place.release()
            self._place = None
