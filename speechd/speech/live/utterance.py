"""One utterance whose text is still being written: fed in pieces, spoken as soon as it can be.

    feed, flush, finish ──▶ LivePlanning ──▶ SynthesisStage ──▶ read

It holds a place among the requests in flight only while there is something to speak, and costs next to nothing while it
waits for text.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from speechd.context import Outcome, Timings
from speechd.errors import InvalidRequest, SpeechdError, TransferAborted, Unavailable
from speechd.pool.client import PoolClient
from speechd.speech.encoding import EncodingStage
from speechd.speech.live.events import Flushed, Heard, LiveChunk
from speechd.speech.live.guess import FirstSentence
from speechd.speech.live.plan import LiveTextPlan
from speechd.speech.live.planning import LiveLimits, LivePlanning, Places
from speechd.speech.look_ahead import LookAhead
from speechd.speech.source import Chunk
from speechd.speech.stalls import StreamStall
from speechd.speech.synthesis import Guesses, SynthesisStage

FLUSH_CHARS: Final = 8
"""As how many characters a flush counts: each is kept to the end, as text is."""


class LiveUtterance:
    """An utterance. Used from the event loop; `read` by one task at a time, the rest by any.

    timings: of its speech. outcome: how it ended, as far as it is known. characters: that were fed. size: the same,
    with what flushes count. is_finished: no more text comes. guesses: at what it begins with.
    """

    def __init__(
        self,
        plan: LiveTextPlan,
        first: FirstSentence | None,
        pool: PoolClient,
        encoding: EncodingStage,
        places: Places,
        limits: LiveLimits,
        room: Callable[[], int],
    ) -> None:
        """plan: of its text, which has the words traced. first: for a guess at its first passage, None for none.
        places: of its connection. room: characters that its connection may still feed."""
        self._plan, self._encoding, self._limits, self._room = plan, encoding, limits, room
        self._stage = SynthesisStage(pool, encoding, LookAhead(limits.look_ahead_s, time.monotonic()))
        self._stage.needs_audio = False
        self._planning = LivePlanning(plan, first, pool, self._stage, places, limits)
        self.timings: Timings = self._stage.timings
        self.guesses: Guesses = self._stage.guesses
        self.outcome = Outcome.CLIENT_LEFT
        self.characters = self.size = 0
        self.is_finished = self._is_over = False
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._flushed: Flushed | None = None  # to be returned by the next `read`
        self._spoken: deque[tuple[float, int]] = deque()  # where words end: in the audio, and in the text
        self._heard_stop = 0
        self._stall = StreamStall()

    def feed(self, text: str) -> None:
        """Add text, in pieces of any kind. Raises `InvalidRequest` if that is more than one utterance may have, or all
        of a connection."""
        self._check(len(text))
        if not text or self.is_finished or self._is_over:
            return
        self.characters += len(text)
        self.size += len(text)
        self._stage.needs_audio = self._stage.needs_audio or not text.isspace()
        self._plan.feed(text)
        self._planning.feed(text)
        self._start()

    def flush(self) -> int:
        """Have all that was fed spoken now, though more may follow. Returns the number of the `Flushed` that will say
        so. Raises as `feed`; a flush counts as some characters."""
        self._check(FLUSH_CHARS)
        self.size += FLUSH_CHARS
        number = self._plan.flush()
        self._planning.press()
        self._start()
        return number

    def finish(self) -> None:
        """Say that no more text comes."""
        if not self.is_finished:
            self.is_finished = True
            self._plan.finish()
            self._planning.press()
            self._start()

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
        await self.close()
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
        self._is_over = True
        self._flushed = None
        for task in self._tasks:
            task.cancel()
        self._stage.drop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._encoding.end()  # for whoever reads
        self._plan.close()
        self._stage.close()
        self._planning.release()
        self._tasks = ()

    def _check(self, size: int) -> None:
        """Raise `InvalidRequest` if there is no room for so much more."""
        if self.size + size > self._limits.max_chars:
            raise InvalidRequest(
                f"The text is longer than {self._limits.max_chars} characters, of which a flush counts as "
                f"{FLUSH_CHARS}: begin another context.",
                param="input",
            )
        if size > self._room():
            raise InvalidRequest("The contexts of this connection have too much text: end some first.", param="input")

    def _start(self) -> None:
        """Begin to plan, if that has not begun: an utterance without text costs next to nothing."""
        if not self._tasks and not self._is_over:
            planning = asyncio.create_task(self._planning.run())
            self._tasks = (planning, asyncio.create_task(self._stage.run(planning)))

    async def _end(self) -> None:
        """End at what ends the chunks. Raises what that is."""
        if self._is_over:
            return
        self._is_over = True
        self._planning.release()
        try:
            if self._tasks:
                await self._tasks[-1]  # no variable may keep the task, which keeps what it raises, and that this frame
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
