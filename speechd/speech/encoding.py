"""The encoding of a stream: audio that comes in order is joined, encoded, and becomes chunks.

Both are done in one thread, which all streams of a worker share. A hop to it joins a segment and encodes the first
piece of it; each further piece is a hop of its own, so that the streams take turns.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Final, TypeVar

import numpy as np

from speechd.audio.joiner import END_S, Joined, SegmentJoiner
from speechd.audio.samples import SAMPLE_RATE, Audio, Samples, TokenTime
from speechd.encoders.base import Encoder
from speechd.speech.captions import PhonemeTime, Script, Timeline, WordTime
from speechd.speech.source import Chunk

T = TypeVar("T")

PIECE: Final = SAMPLE_RATE // 2
"""Samples an encoder gets at a time: half a second costs at most 5 ms, so that streams of one worker take turns, and
little of what a client leaves unread is copied on its way to the socket."""


class EncodingStage:
    """One stream's joiner and encoder. Called by one task at a time; `close` may be called at any moment.

    chunks: what was encoded and is not read yet, None at the end. begun: set once there is audio, or an end without it.
    encoded_s: seconds of audio that were encoded.
    """

    def __init__(
        self,
        open_encoder: Callable[[], Encoder],
        joiner: SegmentJoiner,
        executor: Executor,
        *,
        grown: Callable[[], None] | None = None,
        open_whole: Callable[[], Encoder] | None = None,
        at_once_s: float = 0.0,
        flush_s: float = END_S,
    ) -> None:
        """executor: a single thread, which orders its calls. grown: called whenever more audio was encoded, to bound
        what the encoder writes to a sink; what it raises ends the stream. open_whole: opens the encoder of audio of
        which all is there at the beginning, if it has `at_once_s` seconds at most. flush_s: seconds of silence behind
        which the encoder holds back nothing of a sound."""
        self.chunks: asyncio.Queue[Chunk | None] = asyncio.Queue()
        self.begun = asyncio.Event()
        self.encoded_s = 0.0
        self._chunked_s = 0.0
        self._tokens: tuple[TokenTime, ...] = ()  # of what is joined, and in no chunk yet
        self._timeline = Timeline()
        self._words: tuple[WordTime, ...] = ()  # as the tokens
        self._phonemes: tuple[PhonemeTime, ...] = ()
        self._unplaced: tuple[TokenTime, ...] = ()  # of a segment of which nothing was heard yet, in its own time
        self._windows_samples = 0  # of the segment's windows so far
        self._encoder: Encoder | None = None
        self._open_encoder, self._joiner = open_encoder, joiner
        self._executor, self._grown, self._flush_s = executor, grown, flush_s
        self._open_whole, self._at_once = open_whole, at_once_s * SAMPLE_RATE
        self._is_whole = False
        self._heard_s = 0.0  # of what is joined, without the silence at the end

    async def join(
        self,
        audio: Audio,
        gap_s: float,
        volume: float = 1.0,
        script: Script | None = None,
        *,
        is_last: bool = True,
        is_all: bool = False,
    ) -> tuple[float, Samples]:
        """Join a segment, or a window of it, and encode the beginning. Returns the seconds that it adds, with the
        silence before it, and the samples that are to be encoded yet. script: what the segment says, where that was
        asked for. is_all: it is the first, and nothing follows. For the others, see `SegmentJoiner.add`."""
        (samples, offset), data = await self._run(self._join, audio, gap_s, volume, is_last, is_all)
        self._align(audio, offset, script, is_last=is_last)
        encoded = len(samples) if self._is_whole else len(samples[:PIECE])
        self._emit(data, encoded)
        return len(samples) / SAMPLE_RATE, samples[encoded:]

    @property
    def has_sound(self) -> bool:
        """Whether there was any sound in what was joined."""
        return self._joiner.has_sound

    def pause(self, duration_s: float) -> Samples:
        """The silence of an explicit pause, to be encoded."""
        return self._joiner.pause(duration_s)

    async def encode(self, samples: Samples) -> None:
        """Encode samples, in as many hops as they take."""
        for start in range(0, len(samples), PIECE):
            piece = samples[start : start + PIECE]
            self._emit(await self._run(self._encode, piece), len(piece))

    async def silence(self, duration_s: float) -> None:
        """Encode silence before which there was nothing, and which nothing follows."""
        samples = self.pause(duration_s)
        if self._open_whole is None or duration_s * SAMPLE_RATE > self._at_once:
            await self.encode(samples)
            return
        samples = np.concatenate((samples, self._joiner.finish()))
        self._emit(await self._run(self._encode_whole, samples), len(samples))

    def rest(self, duration_s: float) -> None:
        """Count so many seconds in which there was nothing to be heard: the client has had that silence already. Only
        while nothing is being joined or encoded."""
        self._joiner.rest(duration_s)

    async def flush(self, number: int) -> None:
        """Encode enough silence for all sound to be out, and say so in a chunk: this flush is complete."""
        await self.encode(self._joiner.flush(self._flush_s))
        self._put(b"", flushed=number)

    async def finish(self) -> None:
        """Encode the silence at the end, and what the encoder holds back."""
        if self._is_whole:
            return
        await self.encode(self._joiner.finish())
        self._emit(await self._run(self._finish), 0)
        if self._words:  # where the encoder writes to a sink, or holds nothing back
            self._put(b"")

    def end(self) -> None:
        """Mark the end of the chunks, whether all is encoded or nothing more can be."""
        self.chunks.put_nowait(None)
        self.begun.set()

    def close(self) -> None:
        """Let go of what nobody read, and of the encoder."""
        self.chunks = asyncio.Queue()
        # In its own thread, hence after an encode that a cancelled task left running there.
        self._executor.submit(self._close_encoder)

    def _caption(self, script: Script, tokens: tuple[TokenTime, ...], *, is_last: bool) -> None:
        heard_until_s = self._heard_s if is_last else math.inf
        words, phonemes = self._timeline.add(script, tokens, heard_until_s, is_last=is_last)
        self._words += words
        self._phonemes += phonemes

    def _emit(self, data: bytes, samples: int) -> None:
        self.encoded_s += samples / SAMPLE_RATE
        if data:
            self._put(data)
        if samples:
            self.begun.set()
        if self._grown is not None:
            self._grown()

    def _put(self, data: bytes, flushed: int | None = None) -> None:
        audio_s = self.encoded_s - self._chunked_s
        told = self._tokens, self._words, self._phonemes
        self.chunks.put_nowait(Chunk(data, audio_s, *told, is_whole=self._is_whole, flushed=flushed))
        self._chunked_s, self._tokens, self._words, self._phonemes = self.encoded_s, (), (), ()

    def _align(self, audio: Audio, offset: int | None, script: Script | None, *, is_last: bool) -> None:
        """Note when the window's tokens sound, once it is known where in the flow its segment begins."""
        self._unplaced += shifted(audio.alignment, self._windows_samples / SAMPLE_RATE)
        self._windows_samples = 0 if is_last else self._windows_samples + len(audio.samples)
        if offset is not None:
            tokens, self._unplaced = shifted(self._unplaced, offset / SAMPLE_RATE), ()
            self._tokens += tokens
            if script is not None:
                self._caption(script, tokens, is_last=is_last)

    def _join(self, audio: Audio, gap_s: float, volume: float, is_last: bool, is_all: bool) -> tuple[Joined, bytes]:
        joined = self._joiner.add(audio, gap_s, volume, is_last=is_last)
        self._heard_s = self._joiner.length_s
        if not is_all or self._open_whole is None or len(joined.samples) > self._at_once:
            return joined, self._encode(joined.samples[:PIECE])
        samples = np.concatenate((joined.samples, self._joiner.finish()))
        return joined._replace(samples=samples), self._encode_whole(samples)

    def _encode_whole(self, samples: Samples) -> bytes:
        assert self._open_whole is not None
        self._is_whole = True
        self._encoder = self._open_whole()
        return self._encoder.encode(samples) + self._encoder.finish()

    def _encode(self, samples: Samples) -> bytes:
        if not len(samples):
            return b""
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


def shifted(alignment: tuple[TokenTime, ...], by_s: float) -> tuple[TokenTime, ...]:
    """The alignment so many seconds later."""
    return tuple(TokenTime(token, start_s + by_s, end_s + by_s) for token, start_s, end_s in alignment)
