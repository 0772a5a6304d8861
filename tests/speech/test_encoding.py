from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import pytest

from speechd.audio.joiner import END_S, SegmentJoiner
from speechd.audio.samples import SAMPLE_RATE, Audio, TokenTime, pcm16
from speechd.encoders import open_encoder
from speechd.encoders.base import Encoder
from speechd.errors import ReplyTooLong
from speechd.speech.encoding import PIECE, EncodingStage, shifted
from speechd.speech.source import Chunk

TONE = Audio((0.5 * np.sin(np.arange(2 * SAMPLE_RATE) * 0.1)).astype(np.float32))
"""Two seconds of sound."""


class CountedExecutor(ThreadPoolExecutor):
    """A single thread. hops: the calls to it."""

    def __init__(self) -> None:
        super().__init__(1)
        self.hops = 0

    def submit(self, *arguments, **named):  # type: ignore[no-untyped-def]
        self.hops += 1
        return super().submit(*arguments, **named)


@pytest.fixture
def executor() -> Iterator[CountedExecutor]:
    with CountedExecutor() as executor:
        yield executor


def stage(
    executor: CountedExecutor,
    format: str = "pcm",
    *,
    whole: bool = False,
    grown: Callable[[], None] | None = None,
    at_once_s: float = 0.0,
) -> EncodingStage:
    def encoder(whole: bool = whole) -> Encoder:
        return open_encoder(format, whole=whole)

    return EncodingStage(
        encoder, SegmentJoiner(), executor, grown=grown, open_whole=lambda: encoder(whole=True), at_once_s=at_once_s
    )


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(60):
            await scenario()

    asyncio.run(bounded())


def chunks(encoding: EncodingStage) -> list[Chunk]:
    """All chunks of a stage that has ended."""
    queued = [encoding.chunks.get_nowait() for _ in range(encoding.chunks.qsize())]
    assert queued.pop() is None
    return [chunk for chunk in queued if chunk is not None]


def test_segment_is_joined_in_the_hop_that_encodes_its_first_piece(executor: CountedExecutor) -> None:
    async def scenario() -> None:
        encoding = stage(executor)
        joined_s, rest = await encoding.join(TONE, 0.0)
        assert (joined_s, len(rest), executor.hops) == (2.0, 2 * SAMPLE_RATE - PIECE, 1)
        await encoding.encode(rest)
        assert executor.hops == 2 * SAMPLE_RATE / PIECE

    run(scenario)


@pytest.mark.parametrize("format", ["wav", "flac", "mp3", "opus", "aac", "pcm"])
def test_audio_of_which_all_is_there_is_a_whole_file_in_one_chunk_and_one_hop(
    executor: CountedExecutor, format: str
) -> None:
    async def scenario() -> None:
        encoding = stage(executor, format, at_once_s=2.5)
        joined_s, rest = await encoding.join(TONE, 0.3, is_all=True)
        assert (joined_s, len(rest), executor.hops) == (2.0 + END_S, 0, 1)
        await encoding.finish()
        encoding.end()
        (chunk,) = chunks(encoding)
        assert chunk.is_whole
        assert chunk.audio_s == pytest.approx(2.0 + END_S)
        encoder = open_encoder(format, whole=True)
        joiner = SegmentJoiner()
        samples = np.concatenate((joiner.add(TONE, 0.3).samples, joiner.finish()))
        assert chunk.data == encoder.encode(samples) + encoder.finish()
        encoder.close()

    run(scenario)


@pytest.mark.parametrize(("at_once_s", "is_all"), [(1.9, True), (2.5, False)])
def test_audio_that_is_long_or_not_all_is_streamed(executor: CountedExecutor, at_once_s: float, is_all: bool) -> None:
    async def scenario() -> None:
        encoding = stage(executor, "wav", at_once_s=at_once_s)
        _, rest = await encoding.join(TONE, 0.3, is_all=is_all)
        await encoding.encode(rest)
        await encoding.finish()
        encoding.end()
        made = chunks(encoding)
        assert len(made) > 1
        assert not any(chunk.is_whole for chunk in made)
        assert made[0].data[4:8] == b"\xff" * 4

    run(scenario)


def test_chunks_are_all_of_the_audio_and_say_how_much_they_hold(executor: CountedExecutor) -> None:
    async def scenario() -> None:
        encoding = stage(executor)
        _, rest = await encoding.join(TONE, 0.3)
        await encoding.encode(rest)
        await encoding.finish()
        encoding.end()
        made = chunks(encoding)
        assert b"".join(chunk.data for chunk in made)[10_000:90_000] == pcm16(TONE.samples)[10_000:90_000]
        assert sum(chunk.audio_s for chunk in made) == pytest.approx(2.0 + END_S)
        assert encoding.encoded_s == pytest.approx(2.0 + END_S)

    run(scenario)


@pytest.mark.parametrize("format", ["mp3", "flac", "wav"])
def test_what_an_encoder_holds_back_comes_with_the_next_chunk(executor: CountedExecutor, format: str) -> None:
    async def scenario() -> None:
        encoding = stage(executor, format, whole=True)
        _, rest = await encoding.join(TONE, 0.0)
        await encoding.encode(rest)
        assert (encoding.begun.is_set(), encoding.chunks.qsize()) == (True, 0)
        await encoding.finish()
        encoding.end()
        (chunk,) = chunks(encoding)
        assert chunk.audio_s == encoding.encoded_s > 2.0
        assert chunk.data

    run(scenario)


def test_times_of_tokens_are_the_same_in_windows(executor: CountedExecutor) -> None:
    rate, silence = SAMPLE_RATE, np.zeros(SAMPLE_RATE, np.float32)
    # The first token is in the silence that is trimmed, and the second one goes on in the next window.
    alignment = (TokenTime(0, 0.25, 0.5), TokenTime(1, 1.0, 1.75), TokenTime(2, 1.75, 3.0), TokenTime(3, 3.0, 3.5))
    samples = np.concatenate((silence, TONE.samples, silence))

    async def tokens(cuts_s: list[float]) -> list[TokenTime]:
        encoding = stage(executor)
        for gap_s in (0.3, 0.0):
            for start_s, stop_s in pairwise([0.0, *cuts_s, 4.0]):
                begun = [token for token in alignment if start_s <= token.start_s < stop_s]
                part = samples[round(start_s * rate) : round(stop_s * rate)]
                _, rest = await encoding.join(
                    Audio(part, rate, shifted(tuple(begun), -start_s)), gap_s, is_last=stop_s == 4.0
                )
                await encoding.encode(rest)
        await encoding.finish()
        encoding.end()
        return [token for chunk in chunks(encoding) for token in chunk.tokens]

    async def scenario() -> None:
        whole = await tokens([])
        assert [token.token for token in whole] == [0, 1, 2, 3] * 2
        for cuts_s in ([0.5], [1.25], [0.75, 1.5, 3.25], [0.1, 3.9]):
            assert await tokens(cuts_s) == [pytest.approx(token) for token in whole]

    run(scenario)


def test_windows_are_encoded_as_they_come(executor: CountedExecutor) -> None:
    async def scenario() -> None:
        encoding = stage(executor)
        first_s, _ = await encoding.join(Audio(TONE.samples[:24_000]), 0.0, is_last=False)
        assert first_s == pytest.approx(1.0, abs=0.02)
        assert (encoding.begun.is_set(), encoding.has_sound) == (True, True)
        rest_s, _ = await encoding.join(Audio(TONE.samples[24_000:]), 0.0)
        assert first_s + rest_s == 2.0

    run(scenario)


def test_segment_without_a_sound_is_no_beginning(executor: CountedExecutor) -> None:
    async def scenario() -> None:
        encoding = stage(executor)
        joined_s, rest = await encoding.join(Audio(np.zeros(5000, np.float32)), 0.0)
        assert (joined_s, len(rest), encoding.begun.is_set()) == (0.0, 0, False)
        encoding.end()
        assert encoding.begun.is_set()

    run(scenario)


def test_times_of_tokens_are_those_of_what_is_heard(executor: CountedExecutor) -> None:
    silence = np.zeros(SAMPLE_RATE, np.float32)
    # The tone is between two seconds of silence, of which the joiner leaves little.
    audio = Audio(np.concatenate((silence, TONE.samples, silence)), SAMPLE_RATE, (TokenTime(7, 1.0, 3.0),))

    async def scenario() -> None:
        encoding = stage(executor)
        for gap_s in (0.3, 0.0):
            _, rest = await encoding.join(audio, gap_s)
            await encoding.encode(rest)
        await encoding.finish()
        encoding.end()
        made = chunks(encoding)
        heard = np.frombuffer(b"".join(chunk.data for chunk in made), "<i2")
        tokens = [token for chunk in made for token in chunk.tokens]
        assert [token.token for token in tokens] == [7, 7]
        for token in tokens:
            start, stop = round(token.start_s * SAMPLE_RATE), round(token.end_s * SAMPLE_RATE)
            assert (heard[start + 1000 : start + 1100] == np.frombuffer(pcm16(TONE.samples), "<i2")[1000:1100]).all()
            assert np.abs(heard[start : start + 100]).any()
            assert not np.abs(heard[stop : stop + 300]).any()

    run(scenario)


def test_growth_that_is_not_allowed_ends_the_stream(executor: CountedExecutor) -> None:
    async def scenario() -> None:
        grown: list[None] = []

        def limit() -> None:
            grown.append(None)
            if len(grown) == 3:
                raise ReplyTooLong("as asked")

        encoding = stage(executor, "mp3", whole=True, grown=limit)
        _, rest = await encoding.join(TONE, 0.0)
        with pytest.raises(ReplyTooLong):
            await encoding.encode(rest)
        assert encoding.encoded_s == 3 * PIECE / SAMPLE_RATE

    run(scenario)


def test_close_comes_after_an_encode_that_was_left_running_and_may_come_twice(executor: CountedExecutor) -> None:
    class Logging:
        def __init__(self) -> None:
            self.calls: list[str] = []

        def encode(self, samples: object) -> bytes:
            self.calls.append("encode")
            return b"x"

        def finish(self) -> bytes:
            return b""

        def close(self) -> None:
            self.calls.append("close")

    encoder = Logging()

    async def scenario() -> None:
        encoding = EncodingStage(lambda: encoder, SegmentJoiner(), executor)
        left = asyncio.create_task(encoding.join(TONE, 0.0))
        await asyncio.sleep(0)
        left.cancel()
        encoding.close()
        encoding.close()

    run(scenario)
    executor.shutdown()
    assert encoder.calls == ["encode", "close", "close"]
