"""Speech as the response takes it, whoever speaks: this server's slots, or an upstream server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from speechd.audio.samples import TokenTime
from speechd.context import Timings
from speechd.speech.captions import PhonemeTime, WordTime


@dataclass(frozen=True, slots=True)
class Chunk:
    """The next bytes of a response's audio.

    data: bytes of its format, at least one unless words come without any. audio_s: seconds of audio that were encoded
    for them, 0 where that is not known. tokens: when the tokens of the windows that begin in it sound, in seconds from
    the start of the response's audio; none where the engine does not know. words, phonemes: those that are complete
    with it, where they were asked for. is_whole: it is all that there is, in a file that states its own length.
    flushed: the number of the flush that is complete with it, None without one.
    """

    data: bytes
    audio_s: float = 0.0
    tokens: tuple[TokenTime, ...] = ()
    words: tuple[WordTime, ...] = ()
    phonemes: tuple[PhonemeTime, ...] = ()
    is_whole: bool = False
    flushed: int | None = None


class SpeechSource(Protocol):
    """The speech of one response: `open`, then `read` until it returns None, and `close` in any case."""

    timings: Timings

    async def open(self) -> None:
        """Return once there is audio. Called again, it returns at once.

        Raises `SpeechdError`: what was asked for cannot be spoken, or its synthesis failed.
        """
        ...

    async def read(self) -> Chunk | None:
        """The next chunk, None at the end. A further call says that the client has taken the chunk before.

        None at once where all of it is written to the response's spool. Raises `SpeechdError`: it cannot go on.
        """
        ...

    async def close(self) -> None:
        """Give everything back. Called when `read` has ended or was cancelled; safe to call twice."""
        ...
