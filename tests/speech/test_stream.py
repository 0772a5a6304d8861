from __future__ import annotations

import asyncio
import gc
import math
import sys
import time
import weakref
from collections.abc import AsyncIterator, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from starlette.types import Message

from speechd.audio.joiner import SegmentJoiner
from speechd.audio.samples import SAMPLE_RATE, Audio, Samples, pcm16
from speechd.context import Outcome
from speechd.encoders import FORMATS, open_encoder
from speechd.encoders.base import Encoder
from speechd.engines.base import Segment
from speechd.errors import SynthesisFailed, TransferAborted
from speechd.pool.admission import Ticket
from speechd.pool.capacity import StreamBudget
from speechd.pool.client import PoolClient, SegmentJob, SpokenWindow
from speechd.pool.ipc import ResultChannel, SegmentResult, SegmentStatus
from speechd.speech import synthesis
from speechd.speech.encoding import EncodingStage
from speechd.speech.framing import RawFraming
from speechd.speech.look_ahead import SEGMENTS_AHEAD
from speechd.speech.planner import Planned
from speechd.speech.reader.plan import RemotePlan
from speechd.speech.response import ClientTimeouts, SpeechResponse
from speechd.speech.source import Chunk
from speechd.speech.stream import SpeechStream
from speechd.speech.synthesis import SILENCE_S
from speechd.text.markup import Pause

TONE = 0.5 * np.sin(np.arange(SAMPLE_RATE) * 0.1).astype(np.float32)
"""A second of sound."""

LIMIT_S = 18.0
"""Seconds that no segment exceeds."""


class FakePlan(RemotePlan):
    """Hands out the items that it was made of, and raises those that are exceptions. asked: `longest_s` of each
    call of `next`."""

    def __init__(self, items: Sequence[Planned | Pause | Exception]) -> None:
        self._items = iter(items)
        self.asked: list[float] = []
        self.closed = False

    async def next(self, longest_s: float = math.inf) -> Planned | Pause | None:
        self.asked.append(longest_s)
        item = next(self._items, None)
        if isinstance(item, Exception):
            raise item
        return item

    def close(self) -> None:
        self.closed = True


class FakeJob(SegmentJob):
    """A segment that is spoken when the test says so, all of it by its outcome, or in windows."""

    def __init__(self, segment: Segment, deadline: float, *, playing: bool, ahead_s: float) -> None:
        self.segment, self.deadline, self.playing = segment, deadline, playing
        self.allowed = [ahead_s]
        self.left_s = segment.duration_s
        self.wait_s = 0.125
        self.cancelled = False
        self.outcome: asyncio.Future[Audio] = asyncio.get_running_loop().create_future()
        self.windows: asyncio.Queue[tuple[Audio, float]] = asyncio.Queue()

    async def next_window(self) -> SpokenWindow:
        getting = asyncio.ensure_future(self.windows.get())
        try:
            either: set[asyncio.Future[Any]] = {getting, self.outcome}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            audio, left_s = getting.result() if getting.done() else (self.outcome.result(), 0.0)
            return SpokenWindow(audio, left_s, 0.25)
        finally:
            getting.cancel()

    def allow(self, ahead_s: float) -> None:
        self.allowed.append(ahead_s)

    @property
    def is_held_back(self) -> bool:
        return self.allowed[-1] < self.left_s

    def cancel(self) -> None:
        self.cancelled = True


class FakePool(PoolClient):
    """Answers segments at once, or when the test says so."""

    def __init__(self, *, at_once: bool = True) -> None:
        self.jobs: list[FakeJob] = []
        self._at_once = at_once

    def submit(self, segment: Segment, deadline: float, *, playing: bool = False, ahead_s: float = math.inf) -> FakeJob:
        job = FakeJob(segment, deadline, playing=playing, ahead_s=ahead_s)
        self.jobs.append(job)
        if self._at_once:
            speak(job)
        return job

    def budget(self) -> StreamBudget:
        return StreamBudget(limit_s=LIMIT_S)


def speak(job: FakeJob) -> None:
    samples = np.tile(TONE, round(job.segment.duration_s)) * (0.1 * int(job.segment.payload))
    job.outcome.set_result(Audio(samples.astype(np.float32)))


def planned(level: int, duration_s: int = 1) -> Planned:
    return Planned(Segment(str(level).encode(), float(duration_s)), gap_s=0.0)


class CountingEncoder:
    """An encoder that tells how often it was closed."""

    def __init__(self, encoder: Encoder) -> None:
        self.closed = 0
        self._encoder = encoder
        self.encode, self.finish = encoder.encode, encoder.finish

    def close(self) -> None:
        self.closed += 1
        self._encoder.close()


class Harness:
    def __init__(
        self,
        items: Sequence[Planned | Pause | Exception],
        *,
        at_once: bool = True,
        look_ahead_s: float = 60,
        format: str = "pcm",
        whole: bool = False,
        arrival: float | None = None,
    ) -> None:
        self.plan = FakePlan(items)
        self.pool = FakePool(at_once=at_once)
        self.encoders: list[CountingEncoder] = []
        self._format, self._whole = format, whole
        self._executor = ThreadPoolExecutor(1)
        self.encoding = EncodingStage(
            self._open, SegmentJoiner(), self._executor, open_whole=self._open_whole, at_once_s=2.0
        )
        self.stream = SpeechStream(self.plan, self.pool, self.encoding, look_ahead_s=look_ahead_s, arrival=arrival)

    def _open(self) -> CountingEncoder:
        self.encoders.append(CountingEncoder(open_encoder(self._format, whole=self._whole)))
        return self.encoders[-1]

    def _open_whole(self) -> CountingEncoder:
        self._whole = True
        return self._open()

    async def read(self) -> bytes:
        """The first or next bytes, of which there must be some."""
        await self.stream.open()
        chunk = await self.stream.read()
        assert chunk is not None
        assert chunk.data
        return chunk.data

    async def read_all(self) -> bytes:
        await self.stream.open()
        content = bytearray()
        while (chunk := await self.stream.read()) is not None:
            assert chunk.data
            content += chunk.data
        return bytes(content)

    async def end(self) -> None:
        await self.stream.close()
        assert self.plan.closed
        self._executor.shutdown()
        assert all(encoder.closed for encoder in self.encoders)


async def speak_first(harness: Harness) -> None:
    """Nothing else is planned before the first segment is spoken."""
    await jobs_in_pool(harness, 1)
    speak(harness.pool.jobs[0])


async def jobs_in_pool(harness: Harness, count: int) -> None:
    async with asyncio.timeout(60):
        while len(harness.pool.jobs) < count:
            await asyncio.sleep(0.001)


def run(scenario: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scenario, 60))


def levels(content: bytes) -> list[int]:
    """The order of the levels in which the segments were spoken."""
    windows = np.frombuffer(content, "<i2").astype(np.float32)[: len(content) // 2 // 2400 * 2400].reshape(-1, 2400)
    peaks = [round(peak / 32767 / 0.05) for peak in np.abs(windows).max(axis=1)]
    return [level for level, before in zip(peaks, [0, *peaks], strict=False) if level and level != before]


def test_audio_comes_in_order_even_if_synthesised_out_of_order() -> None:
    async def scenario() -> None:
        harness = Harness([planned(level) for level in (1, 2, 3)], at_once=False)
        reading = asyncio.create_task(harness.read_all())
        await speak_first(harness)
        await jobs_in_pool(harness, 3)
        for job in reversed(harness.pool.jobs[1:]):
            speak(job)
        assert levels(await reading) == [1, 2, 3]
        assert harness.stream.timings.synthesis_s == 0.75
        await harness.end()

    run(scenario())


def test_pauses_have_their_length_wherever_they_stand() -> None:
    async def scenario() -> None:
        plan: list[Planned | Pause] = [Pause(1.0), planned(1), Pause(0.5), planned(2), Pause(0.25)]
        harness = Harness(plan)
        content = await harness.read_all()
        silence_s = (np.frombuffer(content, "<i2") == 0).mean() * len(content) / 2 / SAMPLE_RATE
        assert silence_s == pytest.approx(1.75, abs=0.01)
        await harness.end()

    run(scenario())


def test_pause_before_any_speech_needs_no_credit_and_delays_no_synthesis() -> None:
    async def scenario() -> None:
        harness = Harness([Pause(30.0), Pause(30.0), planned(1)], look_ahead_s=5)
        began = time.monotonic()
        content = await harness.read_all()
        assert len(content) / 2 / SAMPLE_RATE == pytest.approx(61, abs=0.2)
        assert harness.pool.jobs[0].deadline <= began
        await harness.end()

    run(scenario())


def test_whole_reply_is_synthesised_beyond_the_credit() -> None:
    async def scenario() -> None:
        harness = Harness([planned(1, 3) for _ in range(20)], look_ahead_s=5, format="flac", whole=True)
        assert await harness.read_all()
        assert len(harness.pool.jobs) == 20
        await harness.end()

    run(scenario())


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("plan", [[], [Pause(1.0)], [planned(0)]])
def test_nothing_to_speak_is_a_silence_in_any_format(
    plan: list[Planned | Pause | Exception], format: str, whole: bool
) -> None:
    async def scenario() -> None:
        harness = Harness(plan, format=format, whole=whole)
        assert await harness.read_all()
        assert harness.stream.is_silence
        await harness.end()

    run(scenario())


@pytest.mark.parametrize(
    ("plan", "seconds"),
    [
        ([], SILENCE_S),
        ([planned(0), planned(0)], SILENCE_S),
        ([Pause(0.1)], SILENCE_S),
        ([Pause(1.0)], 1.0),
        ([Pause(1.0), planned(0)], 1.0),
        ([planned(0), Pause(1.0), planned(0), Pause(0.5)], 1.5),
    ],
)
def test_silence_is_as_long_as_the_pauses_of_the_text(plan: list[Planned | Pause | Exception], seconds: float) -> None:
    async def scenario() -> None:
        harness = Harness(plan)
        content = await harness.read_all()
        assert len(content) / 2 / SAMPLE_RATE == pytest.approx(seconds)
        assert not any(content)
        await harness.end()
        assert harness.stream.timings.audio_s == pytest.approx(seconds)

    run(scenario())


def test_speech_is_no_silence() -> None:
    async def scenario() -> None:
        harness = Harness([Pause(1.0), planned(1)])
        assert levels(await harness.read_all()) == [1]
        assert not harness.stream.is_silence
        await harness.end()

    run(scenario())


@pytest.mark.parametrize(
    ("plan", "whole"),
    [
        ([replace(planned(1), is_last=True)], True),
        ([], True),  # a silence
        ([planned(1)], False),
        ([planned(1), replace(planned(2), is_last=True)], False),
        ([Pause(1.0), replace(planned(1), is_last=True)], False),
        ([replace(planned(1, 3), is_last=True)], False),
        ([Pause(0.5)], False),
    ],
)
def test_speech_that_is_there_before_its_first_byte_is_a_whole_file(
    plan: list[Planned | Pause | Exception], whole: bool
) -> None:
    async def scenario() -> None:
        harness = Harness(plan, format="wav")
        await harness.stream.open()
        first = await harness.stream.read()
        assert first is not None
        assert first.is_whole == whole
        assert (first.data[4:8] == b"\xff" * 4) != whole
        rest = b"".join([chunk.data async for chunk in chunks_of(harness.stream)])
        assert (rest == b"") == whole
        if whole:
            assert int.from_bytes(first.data[40:44], "little") == len(first.data) - 44
        await harness.end()

    run(scenario())


async def chunks_of(stream: SpeechStream) -> AsyncIterator[Chunk]:
    while (chunk := await stream.read()) is not None:
        yield chunk


def test_failed_segment_is_raised_after_the_audio_before_it() -> None:
    async def scenario() -> None:
        harness = Harness([planned(1), planned(2)], at_once=False)
        reading = asyncio.create_task(harness.read())
        await speak_first(harness)
        assert levels(await reading) == [1]
        await jobs_in_pool(harness, 2)
        harness.pool.jobs[1].outcome.set_exception(SynthesisFailed("no"))
        with pytest.raises(SynthesisFailed):
            await harness.read_all()
        await harness.end()
        assert [encoder.closed for encoder in harness.encoders] == [1]

    run(scenario())


def test_failing_plan_is_raised_in_read() -> None:
    async def scenario() -> None:
        harness = Harness([planned(1), RuntimeError("text")])
        with pytest.raises(RuntimeError, match="text"):
            await harness.read_all()
        await harness.end()

    run(scenario())


def test_client_that_takes_nothing_stops_its_stream_at_the_credit() -> None:
    async def scenario() -> None:
        harness = Harness([planned(1, 3) for _ in range(40)], look_ahead_s=8)
        await harness.read()
        await jobs_in_pool(harness, 2)
        await asyncio.sleep(0.05)  # nothing to wait for: nothing more may happen
        assert len(harness.pool.jobs) == 2, "a third of 3 s is over the credit"
        content = await harness.read_all()
        assert len(harness.pool.jobs) == 40
        assert len(content) / 2 / SAMPLE_RATE > 115
        await harness.end()

    run(scenario())


def test_credit_for_less_than_a_segment_is_enough_when_nothing_is_unread() -> None:
    async def scenario() -> None:
        harness = Harness([planned(1, 3) for _ in range(5)], look_ahead_s=1)
        assert levels(await harness.read_all()) == [1]
        assert len(harness.pool.jobs) == 5
        await harness.end()

    run(scenario())


@pytest.mark.parametrize("format", FORMATS)
def test_samples_that_a_client_leaves_unread_are_let_go(format: str) -> None:
    async def scenario() -> None:
        harness = Harness([planned(1) for _ in range(10)], look_ahead_s=6, format=format)
        await harness.read()
        await jobs_in_pool(harness, 4)
        samples = [weakref.ref((await job.outcome).samples) for job in harness.pool.jobs]
        harness.pool.jobs.clear()
        async with asyncio.timeout(60):
            while any(each() is not None for each in samples):
                await asyncio.sleep(0.001)
        await harness.end()

    run(scenario())


def test_close_lets_go_what_nobody_read() -> None:
    async def scenario() -> None:
        harness = Harness([planned(1, 3) for _ in range(10)], look_ahead_s=10)
        await harness.read()
        await jobs_in_pool(harness, 3)
        await harness.end()
        assert (harness.stream._stage._submitted.qsize(), harness.encoding.chunks.qsize()) == (0, 0)

    run(scenario())


def mapped(samples: Samples) -> Samples:
    """As they come from a slot."""
    replies = ResultChannel()
    replies.send(SegmentResult(1, SegmentStatus.OK, Audio(samples), 0.0))
    reply = replies.receive()
    replies.close()
    assert reply is not None
    return reply.audio.samples


def mappings() -> int:
    """Files without a name that this process maps."""
    return Path("/proc/self/maps").read_text().count("memfd:speechd")


class FakeTicket(Ticket):
    def __init__(self) -> None:
        """Holds no place."""

    def release(self) -> None:
        """Has none to give back."""


async def respond_to(client: str, harness: Harness, chunks: int) -> list[Outcome]:
    """Send a stream until its client leaves or reads no more: what that ended as."""
    outcomes: list[Outcome] = []
    left, sent = asyncio.Event(), 0

    async def receive() -> dict[str, str]:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal sent
        sent += 1
        if sent == chunks:
            if client == "leaves":
                left.set()
            await asyncio.Event().wait()

    timeouts = ClientTimeouts(write_s=0.05 if client == "does not read" else 10.0, first_audio_s=10.0)
    response = SpeechResponse(
        harness.stream,
        FakeTicket(),
        RawFraming("audio/pcm"),
        spool=None,
        headers=dict,
        timeouts=timeouts,
        abort=lambda: None,
        ended=outcomes.append,
    )
    with nullcontext() if client == "leaves" else pytest.raises(TransferAborted):
        await response({}, receive, send)
    return outcomes


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere files have names while they are made")
@pytest.mark.parametrize(
    ("client", "outcome"), [("leaves", Outcome.CLIENT_LEFT), ("does not read", Outcome.CLIENT_TOO_SLOW)]
)
@pytest.mark.parametrize("chunks", [2, 3, 8])
def test_audio_that_nobody_takes_is_given_back_with_its_stream_and_not_later(
    client: str, outcome: Outcome, chunks: int
) -> None:
    async def scenario() -> None:
        harness = Harness([planned(1, 3) for _ in range(40)], look_ahead_s=30)
        submit, most = harness.pool.submit, 0

        def submit_mapped(
            segment: Segment, deadline: float, *, playing: bool = False, ahead_s: float = math.inf
        ) -> FakeJob:
            nonlocal most
            job = submit(segment, deadline, playing=playing)
            job.outcome = asyncio.get_running_loop().create_future()
            job.outcome.set_result(Audio(mapped(np.tile(TONE, 3))))
            harness.pool.jobs.clear()
            most = max(most, mappings())
            return job

        harness.pool.submit = submit_mapped  # type: ignore[method-assign]
        assert await respond_to(client, harness, chunks) == [outcome]
        await harness.end()
        assert most > 0

    gc.collect()
    gc.disable()
    try:
        for _ in range(5):
            run(scenario())
            assert mappings() == 0
    finally:
        gc.enable()


def test_pause_that_a_client_leaves_unread_is_made_within_the_credit() -> None:
    async def scenario() -> None:
        harness = Harness([planned(1), Pause(600.0)], look_ahead_s=5)
        await harness.read()
        async with asyncio.timeout(60):
            while harness.stream.timings.audio_s < 5:
                await asyncio.sleep(0.001)
        await asyncio.sleep(0.05)  # nothing to wait for: nothing more may happen
        assert harness.stream.timings.audio_s < 6
        assert len(await harness.read_all()) / 2 / SAMPLE_RATE > 600
        await harness.end()

    run(scenario())


def test_many_short_pauses_do_not_use_the_credit_up() -> None:
    async def scenario() -> None:
        harness = Harness([planned(1), Pause(0.1)] * 100, look_ahead_s=1.5)
        assert len(await harness.read_all()) / 2 / SAMPLE_RATE > 100
        await harness.end()

    run(scenario())


def test_pause_between_what_has_no_sound_and_what_has_is_kept() -> None:
    async def scenario() -> None:
        harness = Harness([planned(0), Pause(2.0), planned(1)])
        content = await harness.read_all()
        assert len(content) / 2 / SAMPLE_RATE == pytest.approx(3, abs=0.2)
        assert levels(content)[-1:] == [1]
        await harness.end()

    run(scenario())


@pytest.mark.parametrize("look_ahead_s", [60, 5])
def test_segments_without_a_sound_do_not_stop_the_stream(look_ahead_s: int) -> None:
    async def scenario() -> None:
        silent = [planned(0, 2) for _ in range(3 * SEGMENTS_AHEAD)]
        harness = Harness([planned(1), *silent, planned(2)], look_ahead_s=look_ahead_s, at_once=False)
        reading = asyncio.create_task(harness.read_all())
        for number in range(len(silent) + 2):
            await jobs_in_pool(harness, number + 1)
            await asyncio.sleep(0.01)  # by then the stream may wait for more than its next segment
            speak(harness.pool.jobs[number])
        assert levels(await reading) == [1, 2]
        await harness.end()

    run(scenario())


def test_a_stream_has_a_bounded_number_of_segments_in_the_pool() -> None:
    async def scenario() -> None:
        harness = Harness([planned(1) for _ in range(20)], at_once=False)
        reading = asyncio.create_task(harness.read_all())
        await jobs_in_pool(harness, 1)
        await asyncio.sleep(0.05)  # nothing to wait for: nothing more may happen
        assert len(harness.pool.jobs) == 1
        await speak_first(harness)
        await jobs_in_pool(harness, 1 + SEGMENTS_AHEAD)
        await asyncio.sleep(0.05)
        assert len(harness.pool.jobs) == 1 + SEGMENTS_AHEAD
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await harness.end()
        assert all(job.cancelled for job in harness.pool.jobs[1:])

    run(scenario())


def test_request_that_came_earlier_has_its_arrival_as_deadline_and_in_its_first_audio() -> None:
    async def scenario() -> None:
        arrival = time.monotonic() - 30
        harness = Harness([planned(1)], arrival=arrival)
        await harness.read_all()
        assert harness.pool.jobs[0].deadline == arrival
        timings = harness.stream.timings
        assert timings.first_audio_s is not None
        assert timings.text_s is not None
        assert 30 <= timings.first_audio_s < 40
        assert timings.text_s < 10
        await harness.end()

    run(scenario())


def test_deadlines_follow_the_listener() -> None:
    async def scenario() -> None:
        before = time.monotonic()
        harness = Harness([planned(1, 4), planned(2, 2), planned(3, 2)], at_once=False)
        reading = asyncio.create_task(harness.read())
        await jobs_in_pool(harness, 1)
        await asyncio.sleep(0.2)  # what the pool takes for the first segment
        spoken = time.monotonic()
        await speak_first(harness)
        await reading
        await jobs_in_pool(harness, 3)
        first, second, third = (job.deadline for job in harness.pool.jobs)
        assert [job.playing for job in harness.pool.jobs] == [False, True, True]
        assert before <= first < spoken
        # The listener hears the 4 s of the first segment from when it was spoken.
        assert spoken + 4 <= second <= time.monotonic() + 4
        assert third - second == pytest.approx(2, abs=0.5)
        await harness.end()

    run(scenario())


def test_deadlines_follow_a_listener_who_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    async def scenario() -> None:
        harness = Harness([planned(1), *(planned(2, 2) for _ in range(20))], look_ahead_s=5)
        for _ in range(4):
            await harness.read()
        clock, paused_s = time.monotonic, 100.0
        monkeypatch.setattr(synthesis, "time", SimpleNamespace(monotonic=lambda: clock() + paused_s))
        before = len(harness.pool.jobs)
        while len(harness.pool.jobs) == before:
            await harness.read()
        submitted_s = sum(job.segment.duration_s for job in harness.pool.jobs[:before])
        deadline_s = harness.pool.jobs[before].deadline - clock() - paused_s
        # What was read before the pause was played then; all else is in hand.
        assert deadline_s == pytest.approx(submitted_s - 2, abs=0.6)
        await harness.end()

    run(scenario())


def test_planner_is_told_how_long_a_segment_may_be() -> None:
    async def scenario() -> None:
        harness = Harness([planned(1, 4), planned(2, 2)])
        await harness.read_all()
        await harness.end()
        assert harness.plan.asked == [LIMIT_S] * 3

    run(scenario())


def test_bytes_are_those_of_the_samples() -> None:
    async def scenario() -> None:
        harness = Harness([planned(5)])
        content = await harness.read_all()
        assert content[4_000:40_000] == pcm16(TONE * 0.5)[4_000:40_000]
        await harness.end()

    run(scenario())


def test_timings_are_of_the_first_segment_and_of_the_whole() -> None:
    async def scenario() -> None:
        harness = Harness([Pause(0.5), planned(1), planned(2)])
        await harness.read_all()
        timings = harness.stream.timings
        assert timings.text_s is not None
        assert timings.first_audio_s is not None
        assert 0 < timings.text_s <= timings.first_audio_s
        assert (timings.queue_s, timings.synthesis_s) == (0.125, 0.5)
        assert timings.underrun_s == 0.0
        await harness.end()

    run(scenario())


def test_stream_of_a_single_write_has_no_underrun() -> None:
    async def scenario() -> None:
        harness = Harness([planned(1)], format="wav", whole=True)
        await harness.read_all()
        assert harness.stream.timings.underrun_s is None
        await harness.end()

    run(scenario())


def speak_window(job: FakeJob, seconds: int, left_s: float) -> None:
    """The next seconds of a segment of `TONE`s."""
    job.windows.put_nowait((Audio(np.tile(TONE, seconds)), left_s))


def test_first_window_is_sent_before_there_is_another_and_the_next_segment_is_planned_then() -> None:
    async def scenario() -> None:
        harness = Harness([planned(1, 4), planned(2, 2)], at_once=False)
        reading = asyncio.create_task(harness.read())
        await jobs_in_pool(harness, 1)
        speak_window(harness.pool.jobs[0], 1, 3.0)
        assert len(await reading) / 2 / SAMPLE_RATE > 0.4
        await jobs_in_pool(harness, 2)
        assert harness.stream.timings.queue_s == 0.125
        rest = asyncio.create_task(harness.read_all())
        speak(harness.pool.jobs[1])
        speak_window(harness.pool.jobs[0], 2, 1.0)
        await asyncio.sleep(0.02)
        assert not rest.done()
        speak_window(harness.pool.jobs[0], 1, 0.0)
        await rest
        assert harness.stream.timings.audio_s == pytest.approx(6, abs=0.2)
        assert harness.stream.timings.synthesis_s == 1.0
        await harness.end()

    run(scenario())


@pytest.mark.parametrize("windows", [[4], [1, 3], [1, 1, 1, 1], [3, 1]])
def test_bytes_are_the_same_in_windows(windows: list[int]) -> None:
    async def scenario() -> None:
        harness = Harness([planned(1, 4), Pause(0.5), planned(2)], at_once=False)
        reading = asyncio.create_task(harness.read_all())
        await jobs_in_pool(harness, 1)
        left_s = 4
        for seconds in windows:
            left_s -= seconds
            speak_window(harness.pool.jobs[0], seconds, float(left_s))
        await jobs_in_pool(harness, 2)
        speak(harness.pool.jobs[1])
        joiner = SegmentJoiner()
        whole = [joiner.add(Audio(np.tile(TONE, 4)), 0.0).samples, joiner.pause(0.5)]
        whole += [joiner.add(Audio((TONE * (0.1 * 2)).astype(np.float32)), 0.0).samples, joiner.finish()]
        assert await reading == pcm16(np.concatenate(whole))
        await harness.end()

    run(scenario())


@pytest.mark.parametrize(("spoken_s", "left_s"), [(1, 3.0), (1, 7.0), (1, 0.5)])
def test_next_deadline_follows_what_windows_turn_out_to_be(spoken_s: int, left_s: float) -> None:
    async def scenario() -> None:
        harness = Harness([planned(1, 4), planned(2, 2)], at_once=False)
        reading = asyncio.create_task(harness.read())
        await jobs_in_pool(harness, 1)
        speak_window(harness.pool.jobs[0], spoken_s, left_s)
        await reading
        heard_at = time.monotonic()
        await jobs_in_pool(harness, 2)
        assert harness.pool.jobs[1].deadline - heard_at == pytest.approx(spoken_s + left_s, abs=0.1)
        await harness.end()

    run(scenario())


def test_failure_between_windows_is_raised_after_the_audio_before_it() -> None:
    async def scenario() -> None:
        harness = Harness([planned(1, 4)], at_once=False)
        reading = asyncio.create_task(harness.read())
        await jobs_in_pool(harness, 1)
        speak_window(harness.pool.jobs[0], 2, 2.0)
        assert await reading
        harness.pool.jobs[0].outcome.set_exception(SynthesisFailed("no"))
        with pytest.raises(SynthesisFailed):
            await harness.read_all()
        await harness.end()

    run(scenario())


def test_pause_before_a_segment_that_begins_with_a_silent_window_is_kept_and_sent_with_its_sound() -> None:
    async def scenario() -> None:
        harness = Harness([Pause(2.0), planned(1, 3)], at_once=False)
        reading = asyncio.create_task(harness.read_all())
        await jobs_in_pool(harness, 1)
        silence = np.zeros(SAMPLE_RATE, np.float32)
        harness.pool.jobs[0].windows.put_nowait((Audio(silence), 2.0))
        await asyncio.sleep(0.02)
        assert harness.stream.timings.audio_s == 0.0
        speak_window(harness.pool.jobs[0], 2, 0.0)
        assert len(await reading) / 2 / SAMPLE_RATE == pytest.approx(4, abs=0.2)
        await harness.end()

    run(scenario())
