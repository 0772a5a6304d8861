"""The middle of a stream: what is planned goes to the slots, and what they make of it comes back in order.

    submit ──▶ PoolClient ──▶ EncodingStage ──▶ chunks
       └──── LookAhead: a stream runs ahead of its client by its credit, and no further

What comes from the pool is encoded at once, so that what waits for the client is bytes of its format.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from speechd.audio.samples import SAMPLE_RATE
from speechd.audio.silence import may_sound
from speechd.context import Timings
from speechd.engines.base import Segment
from speechd.pool.capacity import StreamBudget
from speechd.pool.client import PoolClient, SegmentJob
from speechd.speech.encoding import PIECE, EncodingStage
from speechd.speech.look_ahead import LookAhead
from speechd.speech.planner import Planned
from speechd.speech.source import Chunk
from speechd.text.markup import Pause

SILENCE_S: Final = 0.2
"""Seconds of silence for a text in which nothing can be spoken: long enough for any decoder to find audio in it."""


@dataclass(frozen=True, slots=True)
class Flush:
    """All that was submitted before is to be on its way before anything else is. number: of the chunk that says so."""

    number: int


@dataclass(slots=True)
class Guesses:
    """How many guesses were right, and how many were dropped."""

    right: int = 0
    dropped: int = 0


class SynthesisStage:
    """One stream's segments in the pool, and the audio of them. `run` is a task of its own; the rest is called by
    whoever plans, and by whoever reads.

    changed: set whenever there may be credit, or less to do. is_silence: nothing could be spoken, and silence is what
    there is. timings: of its speech. guesses: what became of them.
    """

    def __init__(self, pool: PoolClient, encoding: EncodingStage, look_ahead: LookAhead) -> None:
        self.timings, self.guesses = Timings(), Guesses()
        self.changed = asyncio.Event()
        self.is_silence, self.needs_audio = False, True
        self.look_ahead = look_ahead
        self._pool, self._encoding = pool, encoding
        self._made = time.monotonic()
        self._jobs: dict[SegmentJob, None] = {}  # in their order
        self._guess: tuple[Segment, SegmentJob] | None = None
        self._submitted: asyncio.Queue[tuple[SegmentJob, Planned] | Pause | Flush | None] = asyncio.Queue()
        self._unencoded = 0  # submitted, and not encoded
        self._leading_s: float | None = 0.0  # of pauses before any sound, which are no audio yet; None after it

    @property
    def is_at_rest(self) -> bool:
        """Whether all that was submitted is encoded, and the client has taken it."""
        return not self._unencoded and self._encoding.chunks.empty() and self.look_ahead.playback.is_received

    async def room(self) -> StreamBudget:
        """Wait until the next segment may be planned. Returns what the stream may count on then."""
        return await self._until(lambda budget: self.look_ahead.may_plan(budget, len(self._jobs)))

    def submit(self, planned: Planned | Pause | Flush) -> None:
        """Have it spoken, behind all that was submitted before. Raises `Unavailable`."""
        self._submitted.put_nowait((self._job(planned), planned) if isinstance(planned, Planned) else planned)
        self._unencoded += 1
        if isinstance(planned, Pause):
            self.look_ahead.paused(planned.duration_s)

    def guess(self, segment: Segment, arrival: float) -> None:
        """Have a slot begin with what is probably the next segment, which is then submitted as if it were new. Raises
        `Unavailable`."""
        self.drop_guess()
        self._guess = segment, self._pool.submit(segment, arrival, ahead_s=self._room_s())

    @property
    def has_guess(self) -> bool:
        """Whether there is a guess of which it is not known whether it was right."""
        return self._guess is not None

    def drop_guess(self) -> None:
        """Have nothing more made of a guess."""
        if self._guess is not None:
            self._guess[1].cancel()
            self._guess = None
            self.guesses.dropped += 1

    def end(self) -> None:
        """Say that nothing more will be submitted."""
        self._submitted.put_nowait(None)

    def resume(self, arrival: float, waited_s: float) -> None:
        """Begin anew: the client has heard all, then silence for `waited_s` seconds, and needs the next segment since
        `arrival`. Only while the stage is at rest."""
        self._encoding.rest(waited_s)
        self.look_ahead.resume(arrival)

    async def run(self, planning: asyncio.Future[None]) -> None:
        """Encode all that is submitted, up to the end. Raises `SpeechdError`: a segment failed.

        planning: whoever submits; what it raised is raised behind the audio of what it had submitted.
        """
        try:
            while await self._encode_next():
                pass
            await planning
            if self._leading_s is not None and self.needs_audio:
                await self._encode_silence(self._leading_s)
            if self.needs_audio or self._encoding.encoded_s:
                await self._encoding.finish()
        finally:
            self._encoding.end()

    def received(self) -> None:
        """Note that the client has taken all that it was sent."""
        self.look_ahead.received(time.monotonic())
        self.timings.standstill_s = self.look_ahead.playback.standstill_s
        self.note_progress()

    def sent(self, chunk: Chunk) -> None:
        """Note that the client is sent this chunk now."""
        now = time.monotonic()
        self.look_ahead.sent(now, chunk.audio_s)
        self.timings.underrun_s = self.look_ahead.playback.underrun_s
        if self.timings.first_audio_s is None:
            self.timings.first_audio_s = now - self.look_ahead.arrival

    def note_progress(self) -> None:
        """Account for what was encoded or taken, which may give credit."""
        self.timings.audio_s = self._encoding.encoded_s
        if self._encoding.chunks.empty():
            self.look_ahead.withheld(self._encoding.encoded_s)
        self.changed.set()
        self._allow()

    def drop(self) -> None:
        """Have nothing more made of what is in the pool."""
        self.drop_guess()
        for job in self._jobs:
            job.cancel()
        self._jobs.clear()

    def close(self) -> None:
        """Give the encoder back, and what nobody read. Called when `run` has ended."""
        self.timings.audio_s = self._encoding.encoded_s
        self._encoding.close()
        # The traceback of a broken response may keep this object, and with it all that the queue holds.
        self._submitted = asyncio.Queue()

    def _job(self, planned: Planned) -> SegmentJob:
        now, playing = time.monotonic(), self.look_ahead.has_segments
        job = self._guessed(planned.segment)
        if job is None:
            ahead_s = self._room_s() - sum(job.left_s for job in self._jobs)
            job = self._pool.submit(planned.segment, self.look_ahead.deadline(now), playing=playing, ahead_s=ahead_s)
        if self.timings.text_s is None:
            self.timings.text_s = now - self._made
        self.look_ahead.submitted(planned.segment.duration_s)
        self._jobs[job] = None
        return job

    def _guessed(self, segment: Segment) -> SegmentJob | None:
        """The job of this segment, if that was guessed; what was guessed instead of it is dropped."""
        if self._guess is None:
            return None
        guessed, job = self._guess
        if guessed.payload != segment.payload:
            self.drop_guess()
            return None
        self._guess = None
        self.guesses.right += 1
        return job

    async def _encode_next(self) -> bool:
        # A call for each, so that no variable keeps the samples of one while the next is awaited.
        item = await self._submitted.get()
        if item is None:
            return False
        if isinstance(item, Pause):
            await self._encode_pause(item.duration_s)
        elif isinstance(item, Flush):
            await self._encoding.flush(item.number)
        else:
            await self._encode_speech(*item)
        self._unencoded -= 1
        self.note_progress()
        return True

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
        self.look_ahead.joined(joined_s, expected_s - left_s)
        self.note_progress()
        await self._encoding.encode(rest)
        self.note_progress()
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
        self.look_ahead.joined(len(silence) / SAMPLE_RATE, duration_s)
        for start in range(0, len(silence), PIECE):
            await self._until(lambda budget: self.look_ahead.may_encode(budget, self._encoding.encoded_s))
            await self._encoding.encode(silence[start : start + PIECE])
            self.note_progress()

    async def _until(self, condition: Callable[[StreamBudget], bool]) -> StreamBudget:
        """Wait for the condition to hold for what the stream may count on, and return that."""
        while not condition(budget := self._pool.budget()):
            self.changed.clear()
            await self.changed.wait()
        return budget

    def _allow(self) -> None:
        """Have as much made of what is in the pool as the client has credit for."""
        if not any(job.is_held_back for job in self._jobs):
            return
        room_s = self._room_s()
        for job in self._jobs:
            job.allow(room_s)
            room_s -= job.left_s

    def _room_s(self) -> float:
        return self.look_ahead.room_s(self._pool.budget(), self._encoding.encoded_s)
