"""One utterance as it is spoken, whose text is all there: planned segments → audio in order → joined → encoded bytes.

RemotePlan ──▶ SynthesisStage ──▶ read
"""

from __future__ import annotations

import asyncio
import time

from speechd.pool.client import PoolClient
from speechd.speech.encoding import EncodingStage
from speechd.speech.look_ahead import LookAhead
from speechd.speech.planner import Planned
from speechd.speech.reader.plan import RemotePlan
from speechd.speech.source import Chunk
from speechd.speech.synthesis import SynthesisStage
from speechd.text.markup import Pause


class SpeechStream:
    """A `SpeechSource`: the speech of this server's slots. All that it holds is given back in `close`."""

    def __init__(
        self,
        plan: RemotePlan,
        pool: PoolClient,
        encoding: EncodingStage,
        *,
        look_ahead_s: float,
        arrival: float | None = None,
    ) -> None:
        """look_ahead_s: seconds of audio that may be made beyond what the client took. arrival: of the request, in
        seconds of `time.monotonic()` (None: now); it is the deadline of the first segment."""
        self._plan, self._encoding = plan, encoding
        look_ahead = LookAhead(look_ahead_s, time.monotonic() if arrival is None else arrival)
        self._stage = SynthesisStage(pool, encoding, look_ahead)
        self.timings = self._stage.timings
        self._tasks: tuple[asyncio.Task[None], ...] = ()

    @property
    def is_silence(self) -> bool:
        """Whether nothing in the text can be spoken, and silence is what there is. Clients send texts part by part,
        some of them a line of dots, and take an error for the end of all."""
        return self._stage.is_silence

    async def open(self) -> None:
        """Return once there is audio. Raises `SpeechdError` if the text cannot be read, or synthesis failed."""
        if not self._tasks:
            submitting = asyncio.create_task(self._submit_all())
            self._tasks = (submitting, asyncio.create_task(self._stage.run(submitting)))
        await self._encoding.begun.wait()
        if not self._encoding.encoded_s:
            await self._tasks[-1]

    async def read(self) -> Chunk | None:
        """The next chunk, None at the end. A further call says that the client has taken the chunk before.

        Raises `SpeechdError`: synthesis failed.
        """
        self._stage.received()
        chunk = await self._encoding.chunks.get()
        if chunk is None:
            self._stage.note_progress()
            await self._tasks[-1]
            return None
        self._stage.sent(chunk)
        return chunk

    async def close(self) -> None:
        """Give everything back: waiting segments, audio that nobody read, the encoder. Safe to call twice."""
        for task in self._tasks:
            task.cancel()
        self._stage.drop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._plan.close()
        self._stage.close()
        # A task keeps what ended it, hence the samples that it had in hand, and this object: all of that would wait for
        # a garbage collection.
        self._tasks = ()

    async def _submit_all(self) -> None:
        try:
            while True:
                planned = await self._next_planned()
                if planned is None:
                    return
                self._stage.submit(planned)
        finally:
            self._stage.end()

    async def _next_planned(self) -> Planned | Pause | None:
        if self._plan.is_at_end:
            return await self._plan.next()
        budget = await self._stage.room()
        return await self._plan.next(budget.limit_s)
