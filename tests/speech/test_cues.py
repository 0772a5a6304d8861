from __future__ import annotations

import pytest

from speechd.speech.captions import WordTime
from speechd.speech.cues import CUE_CHARACTERS, Cue, CueBuilder, written


def cues(input: str, *words: tuple[str, str, float, float], language: str = "en-us") -> list[Cue]:
    """The cues of words, each with what it comes from in the input, and its times."""
    builder, at = CueBuilder(input, language), 0
    made: list[Cue] = []
    for text, source, start_s, end_s in words:
        found = input.find(source, at)
        made += builder.add(WordTime(text, start_s, end_s, found, found + len(source), "v"))
        at = found
    return [*made, *builder.flush()]


@pytest.mark.parametrize(
    ("input", "shown"),
    [
        ("Hello there, my friend.", "Hello there, my friend."),
        ("Hello **there**,  my\nfriend!", "Hello there, my friend!"),
        ("Hello <b>there</b> my friend", "Hello there my friend"),
        ('"Hello there" — my friend?', 'Hello there" — my friend?'),
    ],
)
def test_cue_shows_the_input_without_its_markup(input: str, shown: str) -> None:
    words = [(word, word, at * 0.3, at * 0.3 + 0.2) for at, word in enumerate(("Hello", "there", "my", "friend"))]
    assert [cue.text for cue in cues(input, *words)] == [shown]


def test_what_is_spoken_as_several_words_is_shown_once() -> None:
    spoken = [("Pay", "Pay", 0.0, 0.2), ("five", "$5", 0.3, 0.5), ("dollars", "$5", 0.5, 0.9), ("now", "now", 1.0, 1.2)]
    assert cues("Pay $5 now.", *spoken) == [Cue("Pay $5 now.", 0.0, 1.2)]


def test_sentence_ends_a_cue_and_an_abbreviation_does_not() -> None:
    spoken = [(word, word, at * 0.3, at * 0.3 + 0.2) for at, word in enumerate(("Dr", "Smith", "left", "We", "stay"))]
    assert [cue.text for cue in cues("Dr. Smith left. We stay.", *spoken)] == ["Dr. Smith left.", "We stay."]


def test_silence_and_length_end_a_cue() -> None:
    apart = [("one", "one", 0.0, 0.2), ("two", "two", 2.0, 2.2)]
    assert [cue.text for cue in cues("one two", *apart)] == ["one", "two"]
    many = "word " * 60
    spoken: list[WordTime] = []
    at = 0.0
    for _ in range(60):
        spoken.append(WordTime("word", at, at + 0.1, len(spoken) * 5, len(spoken) * 5 + 4, "v"))
        at += 0.1
    builder = CueBuilder(many, "en-us")
    made = [cue for word in spoken for cue in builder.add(word)] + list(builder.flush())
    assert all(len(cue.text) <= CUE_CHARACTERS for cue in made)
    assert " ".join(cue.text for cue in made) == many.strip()


def test_formats() -> None:
    cue = Cue("a < b & c", 3661.0405, 3662.9996)
    assert written(cue, 7, "vtt") == "01:01:01.040 --> 01:01:03.000\na &lt; b &amp; c\n\n"
    assert written(cue, 7, "srt") == "7\n01:01:01,040 --> 01:01:03,000\na < b & c\n\n"
