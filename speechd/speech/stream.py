"""One reply as it happens: planned segments → audio in order → joined → encoded bytes.

The state is a pair of clocks, both in seconds of audio: how much was submitted to the pool, and how much the client
took. A stream runs ahead of its client by its credit and no further. What comes from the pool is encoded at once, so
that what waits for the client is bytes of its format; all that a stream holds is given back in `close`.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from typing import Final, Protocol, TypeVar

from speechd.audio.joiner import SegmentJoiner, gap_s
from speechd.audio.samples import SAMPLE_RATE, Audio, Samples, has_sound
from speechd.encoders.base import Encoder
from speechd.engines.base import Segment
from speechd.errors import NothingToSpeak
from speechd.pool.capacity import StreamBudget
from speechd.speech.planner import CHARACTERS_PER_S, LEAST_LENGTH, Planned
from speechd.speech.playback import PlaybackClock
from speechd.text.markup import Pause

T = TypeVar("T")

SEGMENTS_AHEAD: Final = 4
"""Segments of one stream that may be in the pool at once: its share of idle slots, and its rows in the queue."""

LEAST_S: Final = LEAST_LENGTH / CHARACTERS_PER_S
"""Audio seconds that planning another segment takes at least: less credit than that does not do."""

ENCODE_SAMPLES: Final = SAMPLE_RATE // 2
"""Samples an encoder gets at a time: half a second costs at most 5 ms, so that streams of one worker take turns, and
little of what a client leaves unread is copied on its way to the socket."""


class Job(Protocol):
    """A segment in the pool."""

    @property
    def wait_s(self) -> float:
        """Seconds until a slot took it, once there is a result."""
        ...

    @property
    def synthesis_s(self) -> float:
        """Seconds that the engine took, once there is a result."""
        ...

    async def result(self) -> Audio:
        """The audio; raises `SynthesisFailed`. Ends in bounded time, whatever dies."""
        ...

    def cancel(self) -> None:
        """Nobody waits for it any more; may be called at any time."""
        ...


class Pool(Protocol):
    """The slots of all workers, as a home worker sees them."""

    def submit(self, segment: Segment, deadline: float, *, playing: bool) -> Job:
        """Queue a segment. deadline: seconds of `time.monotonic()`, when its listener runs dry; playing: there is one
        already, it is not the first."""
        ...

    def share(self) -> StreamBudget:
        """What one stream may count on, as things stand."""
        ...


@dataclass(slots=True)
class Timings:
    """What happened to one stream, in seconds. first_audio_s: from its arrival to its first bytes; text_s: from its
    making to its first segment. queue_s: what that one waited for a slot. audio_s: audio encoded, read or not;
    synthesis_s: what the engine took for all of it. underrun_s and standstill_s: see `PlaybackClock`."""

    text_s: float | None = None
    queue_s: float | None = None
    first_audio_s: float | None = None
    audio_s: float = 0.0
    synthesis_s: float = 0.0
    underrun_s: float | None = None
    standstill_s: float = 0.0


class Reading(Protocol):
    """The plan of one utterance, made elsewhere."""

    async def next(self, ahead_s: float, share: StreamBudget) -> Planned | Pause | None:
        """As `Planner.next`; ends in bounded time."""
        ...

    def close(self) -> None:
        """Nobody needs it any more."""
        ...


class SpeechStream:
    """`read` until it returns None, then (and in any other case, after `read` has ended) `close`.

    encode: a single thread, which orders its calls. arrival: of its request, in seconds of `time.monotonic()` (None:
    now); it is the deadline of the first segment.
    """

    def __init__(
        self,
        reading: Reading,
        pool: Pool,
        open_encoder: Callable[[], Encoder],
        encode: Executor,
        *,
        joiner: SegmentJoiner,
        look_ahead_s: float,
        arrival: float | None = None,
    ) -> None:
        self.timings = Timings()
        self._reading, self._pool, self._executor = reading, pool, encode
        self._open_encoder = open_encoder
        self._encoder: Encoder | None = None
        self._joiner = joiner
        self._look_ahead_s = look_ahead_s
        self._made = time.monotonic()
        self._arrival = self._made if arrival is None else arrival
        self._listener = PlaybackClock()
        self._silent = True  # no segment was submitted: there is nothing to hear yet, even after a pause
        self._spoken = False  # the first segment's audio is here
        self._heard = False  # so is a sound
        self._leading_s = 0.0  # pauses before any sound: they must not be the "first audio" that makes it a success
        self._submitted_s = 0.0
        self._read_s = 0.0
        self._taken_s = 0.0
        self._credit = asyncio.Event()
        self._jobs: set[Job] = set()
        self._planned: asyncio.Queue[tuple[Job, Planned] | Pause | Exception | None] = asyncio.Queue()
        self._encoded: asyncio.Queue[tuple[bytes, float] | Exception | None] = asyncio.Queue()
        self._tasks: list[asyncio.Task[None]] = []

    async def read(self) -> bytes | None:
        """The next bytes of the reply, b"" where the encoder holds the next audio back, None at the end.

        A further call says that the client took the bytes before. The first returns when there is audio. Raises
        `SpeechdError`: what the client asked for cannot be spoken (from the first call), or synthesis failed.
        """
        self._taken_s = self._read_s
        self._listener.take(time.monotonic())
        self.timings.standstill_s = self._listener.standstill_s
        self._credit.set()
        if not self._tasks:
            self._tasks = [asyncio.create_task(self._produce()), asyncio.create_task(self._encode_all())]
        item = await self._encoded.get()
        if item is None:
            return None
        if isinstance(item, Exception):
            raise item
        data, self._read_s = item
        if data:
            now = time.monotonic()
            self._listener.write(now, self._read_s)
            self.timings.underrun_s = self._listener.underrun_s
            if self.timings.first_audio_s is None:
                self.timings.first_audio_s = now - self._arrival
        return data

    async def close(self) -> None:
        """Give everything back: waiting segments, audio that nobody read, the encoder. Safe to call twice."""
        for task in self._tasks:
            task.cancel()
        for job in self._jobs:
            job.cancel()
        self._jobs.clear()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._reading.close()
        # A task keeps what ended it, hence the samples that it had in hand, and this object: all of that would wait for
        # a garbage collection. So would the queues, where the traceback of a broken reply keeps this object.
        self._tasks.clear()
        self._planned, self._encoded = asyncio.Queue(), asyncio.Queue()
        # In its own thread, hence after an encode that a cancelled task left running there.
        self._executor.submit(self._close_encoder)

    async def _produce(self) -> None:
        try:
            while (planned := await self._next_planned()) is not None:
                self._planned.put_nowait(self._submitted(planned))
            self._planned.put_nowait(None)
        except Exception as error:  # whatever it is, it is raised in `read`
            self._planned.put_nowait(error)

    def _submitted(self, planned: Planned | Pause) -> tuple[Job, Planned] | Pause:
        if isinstance(planned, Pause):
            self._submitted_s += planned.duration_s
            return planned
        job = self._pool.submit(planned.segment, self._deadline(), playing=not self._silent)
        if self._silent:
            self._silent = False
            self.timings.text_s = time.monotonic() - self._made
        self._submitted_s += planned.segment.duration_s
        self._jobs.add(job)
        return job, planned

    async def _next_planned(self) -> Planned | Pause | None:
        share = self._pool.share()
        while not self._may_plan(share):
            self._credit.clear()
            await self._credit.wait()
            share = self._pool.share()
        ahead_s = 0.0 if self._silent else self._submitted_s
        if self._listener.began is not None:
            ahead_s = max(0.0, ahead_s - (time.monotonic() - self._listener.began))
        share = replace(share, max_segment_s=min(share.max_segment_s, self._credit_s(share)))
        return await self._reading.next(ahead_s, share)

    def _may_plan(self, share: StreamBudget) -> bool:
        # Pauses before the first segment are not sent before it, so that credit would never come. Behind it nothing
        # is planned until it is spoken: only then is it known when its listener will run dry, and who else listens.
        limit_s = self._limit_s(share)
        needed_s = min(LEAST_S, limit_s / 2)
        return self._silent or (self._spoken and len(self._jobs) < SEGMENTS_AHEAD and self._credit_s(share) > needed_s)

    def _credit_s(self, share: StreamBudget) -> float:
        return self._limit_s(share) - (self._submitted_s - self._taken_s)

    def _limit_s(self, share: StreamBudget) -> float:
        return min(self._look_ahead_s, share.look_ahead_s)

    def _deadline(self) -> float:
        """When the listener, who plays from the first byte on, has heard all that was submitted."""
        if self._silent:
            return self._arrival
        began = self._listener.began
        return (time.monotonic() if began is None else began) + self._submitted_s

    async def _encode_all(self) -> None:
        try:
            while await self._encode_next():
                pass
            if not self._spoken:
                raise NothingToSpeak("'input' holds nothing that can be spoken.", param="input")
            if not self._heard:
                raise NothingToSpeak("'input' holds nothing of which this voice makes a sound.", param="input")
            await self._put(self._joiner.finish())
            self._encoded.put_nowait((await self._run(self._finish), self.timings.audio_s))
            self._encoded.put_nowait(None)
        except Exception as error:  # whatever it is, it is raised in `read`
            self._encoded.put_nowait(error)

    async def _encode_next(self) -> bool:
        # A call for each, so that no variable keeps the samples of one while the next is awaited.
        item = await self._planned.get()
        if isinstance(item, Exception):
            raise item
        if isinstance(item, Pause):
            if self._heard:
                await self._put_pause(item.duration_s)
            else:
                self._leading_s += item.duration_s
        elif item is not None:
            await self._put_speech(*item)
        return item is not None

    async def _put_speech(self, job: Job, planned: Planned) -> None:
        audio = await job.result()
        self._jobs.discard(job)
        if not self._spoken:
            self.timings.queue_s = job.wait_s
            self._spoken = True
        if not self._heard and has_sound(audio.samples):
            self._heard = True
            await self._put_pause(self._leading_s)
        samples = await self._run(self._joiner.push, audio, gap_s(planned.boundary))
        self._submitted_s += len(samples) / SAMPLE_RATE - planned.segment.duration_s
        self._credit.set()  # its place in the pool is free, and if it has no sound, nothing of it will be read
        self.timings.synthesis_s += job.synthesis_s
        await self._put(samples)

    async def _put_pause(self, duration_s: float) -> None:
        silence = self._joiner.pause(duration_s)
        self._submitted_s += len(silence) / SAMPLE_RATE - duration_s
        for start in range(0, len(silence), ENCODE_SAMPLES):
            # Speech had credit when it was submitted; a pause, which may be an hour, needs it now.
            while self.timings.audio_s - self._taken_s >= self._limit_s(self._pool.share()):
                self._credit.clear()
                await self._credit.wait()
            await self._put(silence[start : start + ENCODE_SAMPLES])

    async def _put(self, samples: Samples) -> None:
        for start in range(0, len(samples), ENCODE_SAMPLES):
            piece = samples[start : start + ENCODE_SAMPLES]
            data = await self._run(self._encode, piece)
            self.timings.audio_s += len(piece) / SAMPLE_RATE
            self._encoded.put_nowait((data, self.timings.audio_s))

    def _encode(self, samples: Samples) -> bytes:
        if self._encoder is None:
            self._encoder = self._open_encoder()
        return self._encoder.encode(samples)

    def _finish(self) -> bytes:
        return self._encoder.finish() if self._encoder is not None else b""

    def _close_encoder(self) -> None:
        if self._encoder is not None:
            self._encoder.close()

    async def _run(self, function: Callable[..., T], *arguments: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)
