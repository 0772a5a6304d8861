"""Framings that say when words sound: events, a JSON object, lines of JSON, subtitles, a header."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from typing import Final

import orjson

from speechd.errors import SpeechdError
from speechd.speech.captions import PhonemeTime, WordTime, rounded
from speechd.speech.cues import HEADERS, MEDIA_TYPES, CueBuilder, SubtitleFormat, written
from speechd.speech.framing import RawFraming, ServerSentEvents
from speechd.speech.source import Chunk
from speechd.text.markup.ssml import Bookmark

JSON: Final = "application/json"
JSON_LINES: Final = "application/x-ndjson"

WORD_HEADER: Final = "x-word-timestamps"
"""Header with the words of a response that is sent whole, as vllm-omni has it."""

HEADER_BYTES: Final = 4096
"""What `WORD_HEADER` may take. Clients and proxies refuse more."""

TOO_LONG_HEADER: Final = "x-speechd-word-timestamps"
"""Header instead of `WORD_HEADER`, which says where to have the words where they are too many."""

Times = dict[str, object]


class Captions:
    """What was taken of the words, the phonemes and the marks of a response, and not given out yet."""

    def __init__(
        self, granularities: frozenset[str], bookmarks: Sequence[Bookmark] = (), *, voices: bool = False
    ) -> None:
        """granularities: "word" and "phoneme", what is given out. bookmarks: by their place in the input. voices: words
        say whose they are."""
        self._granularities, self._voices = granularities, voices
        self._bookmarks = list(bookmarks)
        self._words: list[WordTime] = []
        self._phonemes: list[PhonemeTime] = []
        self._marks: list[Times] = []

    def take(self, chunk: Chunk) -> None:
        """Take the words and the phonemes of a chunk. A mark is where the word after it begins."""
        for word in chunk.words:
            while self._bookmarks and self._bookmarks[0].offset <= word.source_start:
                self._marks.append({"name": self._bookmarks.pop(0).name, "time": rounded(word.start_s)})
        self._words += chunk.words
        self._phonemes += chunk.phonemes

    def drain(self, end_s: float | None = None) -> dict[str, list[Times]]:
        """What there is, by kind; empty kinds are left out. end_s: of the audio, at its end: marks that no word follows
        are there."""
        if end_s is not None:
            self._marks += [{"name": mark.name, "time": rounded(end_s)} for mark in self._bookmarks]
            self._bookmarks = []
        words = [self._word(word) for word in self._words] if "word" in self._granularities else []
        phonemes = [_phoneme(phoneme) for phoneme in self._phonemes] if "phoneme" in self._granularities else []
        kinds = {"words": words, "phonemes": phonemes, "marks": self._marks}
        self._words, self._phonemes, self._marks = [], [], []
        return {kind: times for kind, times in kinds.items() if times}

    def _word(self, word: WordTime) -> Times:
        times = _timed("word", word.text, word.start_s, word.end_s)
        times |= {"input_start": word.source_start, "input_end": word.source_stop}
        return times | {"voice": word.voice} if self._voices else times


class CaptionedEvents(ServerSentEvents):
    """Server-sent events with one more kind, speech.audio.timestamps, after the audio in which the words begin."""

    def __init__(self, characters: int, captions: Captions) -> None:
        super().__init__(characters)
        self._captions = captions

    def take(self, chunk: Chunk) -> None:
        self._captions.take(chunk)

    def begin(self) -> bytes:
        return self._timestamps(self._captions.drain())

    def data(self, data: bytes) -> bytes:
        return (super().data(data) if data else b"") + self._timestamps(self._captions.drain())

    def end(self, audio_s: float) -> bytes:
        return self._timestamps(self._captions.drain(audio_s)) + super().end(audio_s)

    def _timestamps(self, times: Mapping[str, list[Times]]) -> bytes:
        return self.event({"type": "speech.audio.timestamps", **times}) if times else b""


class CaptionedJson:
    """One JSON object, sent whole: `format`, `words`, `phonemes`, `marks`, `audio` in base64, `duration`."""

    media_type = JSON

    def __init__(self, format: str, captions: Captions, granularities: frozenset[str]) -> None:
        """format: of the audio."""
        self._format, self._captions = format, captions
        self._kinds = [f"{kind}s" for kind in ("word", "phoneme") if kind in granularities]
        self._marks: list[Times] = []

    def take(self, chunk: Chunk) -> None:
        self._captions.take(chunk)

    def begin(self) -> bytes:
        times = self._captions.drain()
        self._marks = times.pop("marks", [])
        return _opened({"format": self._format, **{kind: times.get(kind, []) for kind in self._kinds}})

    def data(self, data: bytes) -> bytes:
        return base64.b64encode(data)

    def end(self, audio_s: float) -> bytes:
        marks = self._marks + self._captions.drain(audio_s).get("marks", [])
        return b'",' + orjson.dumps({"marks": marks, "duration": rounded(audio_s)})[1:]

    def error(self, error: SpeechdError) -> bytes:
        return b""


class KokoroFastApiLines:
    """Kokoro-FastAPI's stream: a JSON object a line, with a piece of the audio in base64 and the words of it.

    Kokoro-FastAPI itself calls it `application/json`, which no parser takes several objects for.
    """

    media_type = JSON_LINES

    def __init__(self, audio_type: str, *, is_timed: bool, voices: bool) -> None:
        """audio_type: media type of the audio. is_timed: timestamps are wanted. voices: words say whose they are."""
        self._audio_type, self._is_timed, self._voices = audio_type, is_timed, voices
        self._words: list[WordTime] = []

    def take(self, chunk: Chunk) -> None:
        self._words += chunk.words

    def begin(self) -> bytes:
        return _opened({"audio_format": self._audio_type, "timestamps": self._timestamps()})

    def data(self, data: bytes) -> bytes:
        audio = base64.b64encode(data).decode()
        line = {"audio": audio, "audio_format": self._audio_type, "timestamps": self._timestamps()}
        return orjson.dumps(line) + b"\n"

    def end(self, audio_s: float) -> bytes:
        return b""

    def error(self, error: SpeechdError) -> bytes:
        return orjson.dumps(error.envelope()) + b"\n"

    def _timestamps(self) -> list[Times] | None:
        words, self._words = self._words, []
        return [self._word(word) for word in words] if self._is_timed else None

    def _word(self, word: WordTime) -> Times:
        times: Times = {"word": word.text, "start_time": rounded(word.start_s), "end_time": rounded(word.end_s)}
        return times | {"voice": word.voice} if self._voices else times


class KokoroFastApiObject(KokoroFastApiLines):
    """The same as one object, sent whole."""

    media_type = JSON

    def data(self, data: bytes) -> bytes:
        return base64.b64encode(data)

    def end(self, audio_s: float) -> bytes:
        return b'"}'


class Subtitles:
    """The words alone, as WebVTT or SRT. The audio is made, and not sent."""

    def __init__(self, input: str, language: str, format: SubtitleFormat) -> None:
        self.media_type = MEDIA_TYPES[format]
        self._format = format
        self._cues = CueBuilder(input, language)
        self._ready = HEADERS[format]
        self._number = 0

    def take(self, chunk: Chunk) -> None:
        for word in chunk.words:
            for cue in self._cues.add(word):
                self._number += 1
                self._ready += written(cue, self._number, self._format)

    def begin(self) -> bytes:
        return self._drained()

    def data(self, data: bytes) -> bytes:
        return self._drained()

    def end(self, audio_s: float) -> bytes:
        for cue in self._cues.flush():
            self._number += 1
            self._ready += written(cue, self._number, self._format)
        return self._drained()

    def error(self, error: SpeechdError) -> bytes:
        return b""

    def _drained(self) -> bytes:
        ready, self._ready = self._ready, ""
        return ready.encode()


class WordHeader(RawFraming):
    """The audio, sent whole, and its words in a header (vllm-omni's `word_timestamps`)."""

    def __init__(self, media_type: str) -> None:
        super().__init__(media_type)
        self._words: list[WordTime] = []

    def take(self, chunk: Chunk) -> None:
        self._words += chunk.words

    def headers(self) -> dict[str, str]:
        """The header, once all chunks were taken."""
        words = [
            {"word": word.text, "start_ms": round(word.start_s * 1000), "end_ms": round(word.end_s * 1000)}
            for word in self._words
        ]
        value = json.dumps(words, separators=(",", ":"))  # in ASCII, for that is what a header may have
        if len(value) <= HEADER_BYTES:
            return {WORD_HEADER: value}
        return {TOO_LONG_HEADER: f"{len(words)} words are too many for a header; ask for stream_format json"}


def _opened(members: Mapping[str, object]) -> bytes:
    """An object with these members, and the beginning of one more, `audio`."""
    return orjson.dumps(members)[:-1] + b',"audio":"'


def _timed(kind: str, text: str, start_s: float, end_s: float) -> Times:
    return {kind: text, "start": rounded(start_s), "end": rounded(end_s)}


def _phoneme(phoneme: PhonemeTime) -> Times:
    return _timed("phoneme", phoneme.phoneme, phoneme.start_s, phoneme.end_s)
