"""One utterance as it is spoken: planned segments → audio in order → joined → encoded bytes.

    RemotePlan ──▶ submit ──▶ PoolClient ──▶ EncodingStage ──▶ read
                      └──── LookAhead: a stream runs ahead of its client by its credit, and no further

What comes from the pool is encoded at once, so that what waits for the client is bytes of its format.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from speechd.audio.samples import SAMPLE_RATE
from speechd.audio.silence import may_sound
from speechd.context import Timings
from speechd.pool.capacity import StreamBudget
from speechd.pool.client import PoolClient, SegmentJob
from speechd.speech.encoding import PIECE, EncodingStage
from speechd.speech.look_ahead import LookAhead
from speechd.speech.planner import Planned
from speechd.speech.reader.plan import RemotePlan
from speechd.speech.source import Chunk
from speechd.text.markup import Pause

SILENCE_S: Final = 0.2
"""Seconds of silence for a text in which nothing can be spoken: long enough for any decoder to find audio in it."""


class SpeechStream:
    """A `SpeechSource`: the speech of this server's slots. All that it holds is given back in `close`.

    is_silence: nothing in the text can be spoken, and silence is what there is. Clients send texts part by part, some
    of them a line of dots, and take an error for the end of all.
    """

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
        self.timings = Timings()
        self.is_silence = False
        self._plan, self._pool, self._encoding = plan, pool, encoding
        self._made = time.monotonic()
        self._arrival = self._made if arrival is None else arrival
        self._look_ahead = LookAhead(look_ahead_s, self._arrival)
        self._changed = asyncio.Event()  # there may be credit
        self._jobs: dict[SegmentJob, None] = {}  # in their order
        self._submitted: asyncio.Queue[tuple[SegmentJob, Planned] | Pause | None] = asyncio.Queue()
        self._tasks: tuple[asyncio.Task[None], ...] = ()
        self._leading_s: float | None = 0.0  # of pauses before any sound, which are no audio yet; None after it

    async def open(self) -> None:
        """Return once there is audio. Raises `SpeechdError` if the text cannot be read, or synthesis failed."""
        if not self._tasks:
            submitting = asyncio.create_task(self._submit_all())
            self._tasks = (submitting, asyncio.create_task(self._encode_all(submitting)))
        await self._encoding.begun.wait()
        if not self._encoding.encoded_s:
            await self._tasks[-1]

    async def read(self) -> Chunk | None:
        """The next chunk, None at the end. A further call says that the client has taken the chunk before.

        Raises `SpeechdError`: synthesis failed.
        """
        self._look_ahead.received(time.monotonic())
        self.timings.standstill_s = self._look_ahead.playback.standstill_s
        self._note_progress()
        chunk = await self._encoding.chunks.get()
        if chunk is None:
            self._note_progress()
            await self._tasks[-1]
            return None
        now = time.monotonic()
        self._look_ahead.sent(now, chunk.audio_s)
        self.timings.underrun_s = self._look_ahead.playback.underrun_s
        if self.timings.first_audio_s is None:
            self.timings.first_audio_s = now - self._arrival
        return chunk

    async def close(self) -> None:
        """Give everything back: waiting segments, audio that nobody read, the encoder. Safe to call twice."""
        for task in self._tasks:
            task.cancel()
        for job in self._jobs:
            job.cancel()
        self._jobs.clear()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.timings.audio_s = self._encoding.encoded_s
        self._plan.close()
        self._encoding.close()
        # A task keeps what ended it, hence the samples that it had in hand, and this object: all of that would wait for
        # a garbage collection. So would the queue, where the traceback of a broken response keeps this object.
        self._tasks = ()
        self._submitted = asyncio.Queue()

    async def _submit_all(self) -> None:
        try:
            while (planned := await self._next_planned()) is not None:
                self._submitted.put_nowait(self._submit(planned))
        finally:
            self._submitted.put_nowait(None)

    async def _next_planned(self) -> Planned | Pause | None:
        if self._plan.is_at_end:
            return await self._plan.next()
        budget = await self._until(lambda budget: self._look_ahead.may_plan(budget, len(self._jobs)))
        return await self._plan.next(budget.limit_s)

    def _submit(self, planned: Planned | Pause) -> tuple[SegmentJob, Planned] | Pause:
        if isinstance(planned, Pause):
            self._look_ahead.paused(planned.duration_s)
            return planned
        now, playing = time.monotonic(), self._look_ahead.has_segments
        ahead_s = self._room_s() - sum(job.left_s for job in self._jobs)
        job = self._pool.submit(planned.segment, self._look_ahead.deadline(now), playing=playing, ahead_s=ahead_s)
        if not playing:
            self.timings.text_s = now - self._made
        self._look_ahead.submitted(planned.segment.duration_s)
        self._jobs[job] = None
        return job, planned

    async def _encode_all(self, submitting: asyncio.Task[None]) -> None:
        try:
            while await self._encode_next():
                pass
            await submitting  # raises what ended it before the end of the text
            if self._leading_s is not None:
                await self._encode_silence(self._leading_s)
            await self._encoding.finish()
        finally:
            self._encoding.end()

    async def _encode_next(self) -> bool:
        # A call for each, so that no variable keeps the samples of one while the next is awaited.
        item = await self._submitted.get()
        if isinstance(item, Pause):
            await self._encode_pause(item.duration_s)
        elif item is not None:
            await self._encode_speech(*item)
        return item is not None

    async def _encode_speech(self, job: SegmentJob, planned: Planned) -> None:
        left_s = await self._encode_window(job, planned, planned.segment.duration_s)
        while left_s:
            left_s = await self._encode_window(job, planned, left_s)

    async def _encode_window(self, job: SegmentJob, planned: Planned, expected_s: float) -> float:
        """Encode the job's next window, before which `expected_s` seconds were expected of it. Returns how many
        still are."""
        audio, left_s, synthesis_s = await job.next_window()
        self.timings.synthesis_s += synthesis_s
        if not left_s:
            self._jobs.pop(job, None)
        if self.timings.queue_s is None:
            self.timings.queue_s = job.wait_s
        if self._leading_s is not None and may_sound(audio.samples):
            leading_s, self._leading_s = self._leading_s, None
            await self._encode_pause(leading_s)
        is_all = planned.is_last and not left_s and self._leading_s is None and not self._encoding.encoded_s
        joined_s, rest = await self._encoding.join(
            audio, planned.gap_s, planned.volume, planned.script, is_last=not left_s, is_all=is_all
        )
        self._look_ahead.joined(joined_s, expected_s - left_s)
        self._note_progress()
        await self._encoding.encode(rest)
        self._note_progress()
        return left_s

    async def _encode_silence(self, pauses_s: float) -> None:
        self.is_silence, self._leading_s = True, None
        if pauses_s > SILENCE_S:
            await self._encode_pause(pauses_s)
        else:
            await self._encoding.silence(SILENCE_S)

    async def _encode_pause(self, duration_s: float) -> None:
        if self._leading_s is not None:
            self._leading_s += duration_s
            return
        silence = self._encoding.pause(duration_s)
        self._look_ahead.joined(len(silence) / SAMPLE_RATE, duration_s)
        for start in range(0, len(silence), PIECE):
            await self._until(lambda budget: self._look_ahead.may_encode(budget, self._encoding.encoded_s))
            await self._encoding.encode(silence[start : start + PIECE])
            self._note_progress()

    async def _until(self, condition: Callable[[StreamBudget], bool]) -> StreamBudget:
        """Wait for the condition to hold for what the stream may count on, and return that."""
        while not condition(budget := self._pool.budget()):
            self._changed.clear()
            await self._changed.wait()
        return budget

    def _note_progress(self) -> None:
        """Account for what was encoded or taken, which may give credit."""
        self.timings.audio_s = self._encoding.encoded_s
        if self._encoding.chunks.empty():
            self._look_ahead.withheld(self._encoding.encoded_s)
        self._changed.set()
        self._allow()

    def _allow(self) -> None:
        """Have as much made of what is in the pool as the client has credit for."""
        if not any(job.is_held_back for job in self._jobs):
            return
        room_s = self._room_s()
        for job in self._jobs:
            job.allow(room_s)
            room_s -= job.left_s

    def _room_s(self) -> float:
        return self._look_ahead.room_s(self._pool.budget(), self._encoding.encoded_s)
