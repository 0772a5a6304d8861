from __future__ import annotations

import base64
import json

from speechd.speech.caption_framing import (
    HEADER_BYTES,
    CaptionedEvents,
    CaptionedJson,
    Captions,
    KokoroFastApiLines,
    KokoroFastApiObject,
    Subtitles,
    WordHeader,
)
from speechd.speech.captions import PhonemeTime, WordTime
from speechd.speech.source import Chunk
from speechd.text.markup.ssml import Bookmark

WORD = WordTime("five", 0.1, 0.3000001, 4, 6, "af_heart")
CHUNK = Chunk(b"abc", 1.0, words=(WORD,), phonemes=(PhonemeTime("f", 0.1, 0.2),))
TIMED = {"word": "five", "start": 0.1, "end": 0.3, "input_start": 4, "input_end": 6}
BOTH = frozenset(("word", "phoneme"))


def events(body: bytes) -> list[dict[str, object]]:
    return [json.loads(event.removeprefix(b"data: ")) for event in body.split(b"\n\n") if event]


def test_timestamps_are_an_event_behind_their_audio() -> None:
    framing = CaptionedEvents(8, Captions(BOTH))
    framing.take(CHUNK)
    audio, times = events(framing.data(b"abc"))
    assert audio["type"] == "speech.audio.delta"
    assert times == {
        "type": "speech.audio.timestamps",
        "words": [TIMED],
        "phonemes": [{"phoneme": "f", "start": 0.1, "end": 0.2}],
    }
    framing.take(Chunk(b"d", 1.0))
    assert [event["type"] for event in events(framing.data(b"d"))] == ["speech.audio.delta"]
    assert [event["type"] for event in events(framing.end(1.0))] == ["speech.audio.done"]


def test_marks_are_where_the_word_behind_them_begins() -> None:
    framing = CaptionedEvents(8, Captions(frozenset(), [Bookmark("a", 3), Bookmark("z", 9)]))
    framing.take(CHUNK)
    assert events(framing.data(b"abc"))[1]["marks"] == [{"name": "a", "time": 0.1}]
    assert events(framing.end(2.0))[0]["marks"] == [{"name": "z", "time": 2.0}]


def test_object_has_audio_and_timestamps() -> None:
    framing = CaptionedJson("mp3", Captions(BOTH, [Bookmark("z", 9)], voices=True), BOTH)
    framing.take(CHUNK)
    body = framing.begin() + framing.data(b"abc") + framing.data(b"de") + framing.end(1.5)
    assert json.loads(body) == {
        "format": "mp3",
        "words": [TIMED | {"voice": "af_heart"}],
        "phonemes": [{"phoneme": "f", "start": 0.1, "end": 0.2}],
        "audio": base64.b64encode(b"abcde").decode(),
        "marks": [{"name": "z", "time": 1.5}],
        "duration": 1.5,
    }


def test_kokoro_fastapis_lines_and_object() -> None:
    timed = {"word": "five", "start_time": 0.1, "end_time": 0.3}
    lines = KokoroFastApiLines("audio/mpeg", is_timed=True, voices=False)
    lines.take(CHUNK)
    assert [json.loads(line) for line in (lines.data(b"abc") + lines.data(b"d")).splitlines()] == [
        {"audio": "YWJj", "audio_format": "audio/mpeg", "timestamps": [timed]},
        {"audio": "ZA==", "audio_format": "audio/mpeg", "timestamps": []},
    ]
    whole = KokoroFastApiObject("audio/mpeg", is_timed=True, voices=True)
    whole.take(CHUNK)
    assert json.loads(whole.begin() + whole.data(b"abc") + whole.end(1.0)) == {
        "audio": "YWJj",
        "audio_format": "audio/mpeg",
        "timestamps": [timed | {"voice": "af_heart"}],
    }
    untimed = KokoroFastApiLines("audio/mpeg", is_timed=False, voices=False)
    assert json.loads(untimed.data(b"abc"))["timestamps"] is None


def test_subtitles_come_as_their_cues_are_complete() -> None:
    framing = Subtitles("Pay $5. Now", "en-us", "vtt")
    framing.take(Chunk(b"abc", 1.0, words=(WORD,)))
    first = framing.data(b"abc")
    assert first == b"WEBVTT\n\n00:00:00.100 --> 00:00:00.300\n$5.\n\n"
    framing.take(Chunk(b"d", 1.0, words=(WordTime("Now", 1.0, 1.2, 8, 11, "v"),)))
    assert framing.data(b"d") == b""
    assert framing.end(2.0) == b"00:00:01.000 --> 00:00:01.200\nNow\n\n"


def test_header_is_ascii_and_bounded() -> None:
    framing = WordHeader("audio/mpeg")
    framing.take(Chunk(b"", words=(WORD._replace(text="é😀"),)))
    (value,) = framing.headers().values()
    assert value.isascii()
    assert json.loads(value) == [{"word": "é😀", "start_ms": 100, "end_ms": 300}]
    framing.take(Chunk(b"", words=(WORD,) * HEADER_BYTES))
    assert list(framing.headers()) == ["x-speechd-word-timestamps"]
