"""ElevenLabs' and Cartesia's bodies: all of the audio, and words and characters as they were sent."""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np
import pytest

from speechd.errors import SynthesisFailed
from speechd.speech.alignment_framing import AlignedLines, AlignedObject, FloatFraming, SentWordEvents, as_floats
from speechd.speech.source import Chunk
from tests.speech.test_captions import spoken

TEXT = "Pay $5 now, please. It was 1999 — yes."
PCM = bytes(range(256)) * 100


def chunks() -> list[Chunk]:
    """The words of the text, a second of audio with each three."""
    _, words = spoken(TEXT)
    parts = [tuple(words[at : at + 3]) for at in range(0, len(words), 3)]
    return [Chunk(PCM, words[-1].end_s / len(parts), words=part) for part in parts]


def streamed(framing: Any) -> bytes:
    body = b""
    for chunk in chunks():
        framing.take(chunk)
        body += framing.data(chunk.data)
    return body + bytes(framing.end(9.0))


def events(body: bytes) -> list[dict[str, Any]]:
    parts = [part for part in body.decode().split("\n\n") if part]
    told = [json.loads(part.partition("\ndata: ")[2]) for part in parts]
    assert [part.partition("\n")[0] for part in parts] == [f"event: {event['type']}" for event in told]
    return told


def test_lines_have_all_audio_and_every_character_once() -> None:
    lines = [json.loads(line) for line in streamed(AlignedLines(TEXT, "en-us")).splitlines()]
    assert b"".join(base64.b64decode(line["audio_base64"]) for line in lines) == PCM * len(chunks())
    alignments = [line["alignment"] for line in lines if line["alignment"] is not None]
    assert "".join(character for each in alignments for character in each["characters"]) == TEXT + " "
    starts = [start for each in alignments for start in each["character_start_times_seconds"]]
    ends = [end for each in alignments for end in each["character_end_times_seconds"]]
    assert starts == sorted(starts)
    assert len(starts) == len(ends) == len(TEXT) + 1
    assert all(line["normalized_alignment"] == line["alignment"] for line in lines)


def test_object_is_the_same_sent_whole() -> None:
    framing = AlignedObject(TEXT, "en-us")
    for chunk in chunks():
        framing.take(chunk)
    told = json.loads(framing.begin() + framing.data(PCM) + framing.end(9.0))
    assert base64.b64decode(told["audio_base64"]) == PCM
    assert "".join(told["alignment"]["characters"]) == TEXT + " "


def test_error_after_the_first_audio_is_a_line_of_its_own() -> None:
    line = json.loads(AlignedLines(TEXT, "en-us").error(SynthesisFailed("It broke.")))
    assert line == {"detail": {"status": "synthesis_failed", "message": "It broke."}}


@pytest.mark.parametrize("timed", [True, False])
def test_events_have_all_audio_and_words_as_they_were_sent(timed: bool) -> None:
    told = events(streamed(SentWordEvents(TEXT, "en-us", is_timed=timed, floats=False)))
    audio = [base64.b64decode(event["data"]) for event in told if event["type"] == "chunk"]
    assert b"".join(audio) == PCM * len(chunks())
    words = [word for event in told if event["type"] == "timestamps" for word in event["word_timestamps"]["words"]]
    assert words == (TEXT.split() if timed else [])
    assert told[-1] == {"type": "done", "done": True, "status_code": 200}


def test_error_after_the_first_audio_is_an_event() -> None:
    (event,) = events(SentWordEvents(TEXT, "en-us", is_timed=True, floats=False).error(SynthesisFailed("It broke.")))
    assert (event["type"], event["done"], event["status_code"], event["message"]) == ("error", True, 500, "It broke.")


def test_floats_are_the_samples_from_minus_one_to_one() -> None:
    pcm = np.array([0, 16384, -32768], "<i2").tobytes()
    assert np.frombuffer(as_floats(pcm), "<f4").tolist() == [0.0, 0.5, -1.0]
    assert FloatFraming("audio/pcm").data(pcm) == as_floats(pcm)
    (event, _) = events(
        SentWordEvents("Hi.", "en-us", is_timed=False, floats=True).data(pcm)
        + SentWordEvents("Hi.", "en-us", is_timed=False, floats=True).end(1.0)
    )
    assert base64.b64decode(event["data"]) == as_floats(pcm)
