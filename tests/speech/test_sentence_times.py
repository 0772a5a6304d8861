"""When the sentences of a response sound."""

import json

import pytest

from speechd.speech.captions import WordTime
from speechd.speech.cues import CueBuilder
from speechd.speech.sentence_times import SentenceTimes
from speechd.speech.source import Chunk

INPUT = "Hello there. Well [voice:b] no"


def words() -> list[WordTime]:
    spoken = [("Hello", "a"), ("there", "a"), ("Well", "a"), ("no", "b")]
    return [
        WordTime(text, float(at), at + 0.5, INPUT.index(text), INPUT.index(text) + len(text), voice)
        for at, (text, voice) in enumerate(spoken)
    ]


@pytest.mark.parametrize("voices", [False, True])
def test_sentences_end_where_the_voice_changes_too(voices: bool) -> None:
    times = SentenceTimes(CueBuilder(INPUT, "en-us"), voices=voices)
    for word in words():
        times.take(Chunk(b"x", words=(word,)))
    chunks = json.loads(times.written())["chunks"]
    assert [(chunk["start"], chunk["end"]) for chunk in chunks] == [(0.0, 1.5), (2.0, 2.5), (3.0, 3.5)]
    assert [chunk.get("voice") for chunk in chunks] == (["a", "a", "b"] if voices else [None] * 3)


def test_words_without_a_pause_are_one_sentence() -> None:
    times = SentenceTimes(CueBuilder("One two three.", "en-us"), voices=False)
    spoken = [WordTime("One", 0.0, 0.3, 0, 3, "a"), WordTime("two", 0.3, 0.6, 4, 7, "a")]
    times.take(Chunk(b"", words=(*spoken, WordTime("three", 0.6, 1.0000001, 8, 13, "a"))))
    assert json.loads(times.written()) == {"chunks": [{"text": "One two three.", "start": 0.0, "end": 1.0}]}


def test_without_words_there_are_no_sentences() -> None:
    assert json.loads(SentenceTimes(CueBuilder("...", "en-us"), voices=False).written()) == {"chunks": []}
