"""Speech that is kept as it is read, to be downloaded again."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from speechd.api.downloads import Download
from speechd.context import Timings
from speechd.speech.sentence_times import SentenceTimes
from speechd.speech.source import Chunk, SpeechSource
from speechd.speech.spool import Spool

PATH_HEADER: Final = "x-download-path"
"""Header of speech that is kept: its path below `/v1`, under which it is found once the reply is complete."""

STATUS_HEADER: Final = "x-download-status"
"""Header of speech that was to be kept and is not: `unavailable`."""

TIMING_HEADER: Final = "x-timing-path"
"""Header of speech of which is kept as well when its sentences sound: the path of that below `/v1`."""

PIECE_BYTES: Final = 1 << 16
"""Bytes of a whole reply that are copied at a time."""


@dataclass(frozen=True, slots=True)
class SavedTimes:
    """When the sentences of a reply sound, and the file for that beside it."""

    times: SentenceTimes
    download: Download

    def complete(self) -> None:
        """Write them, and have them found from now on."""
        self.download.write(self.times.written())
        self.download.complete()


@dataclass(frozen=True, slots=True)
class SavedFiles:
    """The files of one reply: its audio, and when its sentences sound if that is kept, too."""

    audio: Download
    times: SavedTimes | None = None

    def headers(self) -> dict[str, str]:
        """The headers that say where they will be found."""
        beside = {TIMING_HEADER: self.times.download.link} if self.times is not None else {}
        return {PATH_HEADER: self.audio.link} | beside

    def complete(self, spool: Spool | None) -> None:
        """Have them found from now on. spool: where the audio of a whole reply is, of which nothing is written yet."""
        for piece in spool.pieces(PIECE_BYTES) if spool is not None else ():
            self.audio.write(piece)
        if self.times is not None:
            self.times.complete()
        self.audio.complete()

    def discard(self) -> None:
        """Delete them, unless they are complete."""
        self.audio.discard()
        if self.times is not None:
            self.times.download.discard()


class SavedSpeech:
    """A `SpeechSource`: another one's speech, which is kept as it is read.

    All that touches a file is done in other threads, one call after the other: a slow disk holds up this reply alone,
    and no more than one chunk waits for it.
    """

    def __init__(self, source: SpeechSource, keep: Callable[[], SavedFiles | None], spool: Spool | None) -> None:
        """keep: begins the files; None if there can be none. spool: where the audio of a whole reply is."""
        self.timings: Timings = source.timings
        self._source, self._keep, self._spool = source, keep, spool
        self._files: SavedFiles | None = None
        self._call: asyncio.Future[None] | None = None  # the last one in another thread

    def headers(self) -> dict[str, str]:
        """The headers that say where it is kept, once it is open."""
        return self._files.headers() if self._files is not None else {STATUS_HEADER: "unavailable"}

    async def open(self) -> None:
        if self._call is None:
            await self._do(self._begin)  # while the first audio is made
        await self._source.open()
        await self._done()

    async def read(self) -> Chunk | None:
        chunk = await self._source.read()
        if self._files is None:
            return chunk
        if chunk is None:
            await self._do(self._files.complete, self._spool)
            await self._done()
        else:
            if self._files.times is not None:
                self._files.times.times.take(chunk)
            if self._spool is None:
                await self._do(self._files.audio.write, chunk.data)
        return chunk

    async def close(self) -> None:
        try:
            await self._source.close()
        finally:
            if self._call is not None:
                await asyncio.wait((self._call,))
            if self._files is not None:
                await asyncio.to_thread(self._files.discard)

    def _begin(self) -> None:
        self._files = self._keep()

    async def _do(self, function: Callable[..., None], *arguments: object) -> None:
        """Begin a call in another thread, when the one before it has ended."""
        await self._done()
        self._call = asyncio.ensure_future(asyncio.to_thread(function, *arguments))

    async def _done(self) -> None:
        if self._call is not None:
            await asyncio.shield(self._call)  # else whoever stops to wait would stop the call
