"""Framings that say when a text sounds in the text's own words and characters: ElevenLabs' and Cartesia's.

`speechd.speech.caption_framing` has those that give words as they are spoken.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence

import numpy as np
import orjson

from speechd.errors import SpeechdError
from speechd.speech.captions import WordTime, rounded
from speechd.speech.character_times import CharacterTime, CharacterTimes
from speechd.speech.framing import RawFraming
from speechd.speech.sent_text import SentText, SentWord
from speechd.speech.source import Chunk


class AlignedLines:
    """ElevenLabs' stream with timestamps: a JSON object a line, with a piece of the audio in base64, and when the
    characters sound that begin in it."""

    media_type = "application/json"

    def __init__(self, input: str, language: str) -> None:
        """language: BCP 47, of the input."""
        self._text = SentText(language)
        self._text.feed(input)
        self._times = CharacterTimes(self._text)
        self._end_s = 0.0

    def take(self, chunk: Chunk) -> None:
        self._times.add(self._text.take(chunk.words))
        self._end_s += chunk.audio_s

    def begin(self) -> bytes:
        return b""

    def data(self, data: bytes) -> bytes:
        return _aligned(data, self._times.release(self._end_s)) + b"\n"

    def end(self, audio_s: float) -> bytes:
        rest = self._rest()
        return _aligned(b"", rest) + b"\n" if rest else b""

    def error(self, error: SpeechdError) -> bytes:
        return orjson.dumps({"detail": {"status": error.code or error.type, "message": error.message}}) + b"\n"

    def _rest(self) -> list[CharacterTime]:
        self._times.add(self._text.settle())
        self._times.rest()
        return self._times.release(self._end_s, final=True)


class AlignedObject(AlignedLines):
    """The same as one object, sent whole."""

    def begin(self) -> bytes:
        alignment = _alignment(self._rest())
        return orjson.dumps({"alignment": alignment, "normalized_alignment": alignment})[:-1] + b',"audio_base64":"'

    def data(self, data: bytes) -> bytes:
        return base64.b64encode(data)

    def end(self, audio_s: float) -> bytes:
        return b'"}'


class SentWordEvents:
    """Cartesia's server-sent events: chunks of audio, words as they were sent with their times, and the end."""

    media_type = "text/event-stream; charset=utf-8"

    def __init__(self, input: str, language: str, *, is_timed: bool, floats: bool) -> None:
        """language: BCP 47, of the input. is_timed: words are wanted. floats: the audio is to be 32-bit floats."""
        self._text = SentText(language)
        self._text.feed(input)
        self._is_timed, self._floats = is_timed, floats
        self._words: list[SentWord] = []

    def take(self, chunk: Chunk) -> None:
        self._words += self._text.take(chunk.words)

    def begin(self) -> bytes:
        return self._timestamps()

    def data(self, data: bytes) -> bytes:
        audio = base64.b64encode(as_floats(data) if self._floats else data).decode()
        chunk = _event("chunk", {"data": audio, "step_time": 0}) if data else b""
        return chunk + self._timestamps()

    def end(self, audio_s: float) -> bytes:
        self._words += self._text.settle()
        return self._timestamps() + _event("done", {"done": True, "status_code": 200})

    def error(self, error: SpeechdError) -> bytes:
        told = {"title": error.code or error.type, "message": error.message, "error": error.message, "request_id": ""}
        return _event("error", told | {"done": True, "status_code": error.status})

    def _timestamps(self) -> bytes:
        words, self._words = self._words, []
        if not words or not self._is_timed:
            return b""
        return _event("timestamps", {"word_timestamps": word_times(words)})


class FloatFraming(RawFraming):
    """The samples as 32-bit floats, for responses that are streamed."""

    def data(self, data: bytes) -> bytes:
        return as_floats(data)


def as_floats(pcm: bytes) -> bytes:
    """16-bit little-endian samples as 32-bit little-endian floats from -1 to 1."""
    return (np.frombuffer(pcm, "<i2").astype("<f4") / np.float32(32768)).tobytes()


def word_times(words: Sequence[SentWord | WordTime]) -> dict[str, list[object]]:
    """Cartesia's lists of words and their times, in seconds."""
    return {
        "words": [word.text for word in words],
        "start": [rounded(word.start_s) for word in words],
        "end": [rounded(word.end_s) for word in words],
    }


def _event(type: str, fields: Mapping[str, object]) -> bytes:
    event = {"type": type, "done": False, "status_code": 206} | dict(fields)
    return f"event: {type}\n".encode() + b"data: " + orjson.dumps(event) + b"\n\n"


def _aligned(data: bytes, times: Sequence[CharacterTime]) -> bytes:
    alignment = _alignment(times) if times else None
    audio = base64.b64encode(data).decode()
    return orjson.dumps({"audio_base64": audio, "alignment": alignment, "normalized_alignment": alignment})


def _alignment(times: Sequence[CharacterTime]) -> dict[str, list[object]]:
    return {
        "characters": [time.character for time in times],
        "character_start_times_seconds": [rounded(time.start_s) for time in times],
        "character_end_times_seconds": [rounded(time.end_s) for time in times],
    }
