"""When words sound: exactly where the tone engine's bursts are, whatever was joined, trimmed and put between."""

from __future__ import annotations

import math

import numpy as np
import pytest

from speechd.audio.joiner import SegmentJoiner
from speechd.audio.samples import SAMPLE_RATE, Audio, Samples, TokenTime
from speechd.engines.base import Segment, SynthesisOptions, WordTokens, synthesize_one
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.tone import ToneEngine, decode
from speechd.speech.captions import Script, ScriptWord, Timeline, WordTime, script_of
from speechd.speech.encoding import shifted
from speechd.speech.planner import Planned, Planner
from speechd.speech.reading import AS_TEXT, Form, Reading
from speechd.text.markup import Pause
from speechd.text.spans import Span

VOICE = catalogue().parse("af_heart")
TEXT = "One two, three. Pay $5 now [pause:0.7s] or later!\n\nThe end of it comes here, as it must."


def spoken(text: str, speed: float = 1.0, reading: Reading = AS_TEXT) -> tuple[Samples, list[WordTime]]:
    """All of the audio of a text, and its words."""
    engine = ToneEngine()
    planner = Planner(text, SynthesisOptions(VOICE, "en-us", speed, words=True), engine, reading=reading)
    joiner, timeline = SegmentJoiner(), Timeline()
    samples: list[Samples] = []
    words: list[WordTime] = []
    while (planned := planner.next()) is not None:
        if isinstance(planned, Pause):
            samples.append(joiner.pause(planned.duration_s))
        elif isinstance(planned, Planned):
            audio = synthesize_one(engine, planned.segment)
            joined = joiner.add(audio, planned.gap_s, planned.volume)
            samples.append(joined.samples)
            assert joined.offset is not None
            tokens = shifted(audio.alignment, joined.offset / SAMPLE_RATE)
            assert planned.script is not None
            words += timeline.add(planned.script, tokens, joiner.length_s)[0]
    return np.concatenate([*samples, joiner.finish()]), words


def heard(samples: Samples, word: WordTime) -> str:
    """What sounds from the beginning to the end of a word, to the sample."""
    return decode(samples[round(word.start_s * SAMPLE_RATE) : round(word.end_s * SAMPLE_RATE)])


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.5])
def test_words_sound_when_they_are_said_to(speed: float) -> None:
    samples, words = spoken(TEXT, speed)
    assert " ".join(word.text for word in words) == (
        "One two three Pay five dollars now or later The end of it comes here as it must"
    )
    assert [heard(samples, word) for word in words] == [word.text for word in words]


def test_nothing_sounds_before_a_word_and_behind_it_but_other_words_and_punctuation() -> None:
    samples, words = spoken(TEXT)
    silence = samples.copy()
    for word in words:
        silence[round(word.start_s * SAMPLE_RATE) : round(word.end_s * SAMPLE_RATE)] = 0
    assert not any(map(str.isalnum, decode(silence)))


def test_words_come_from_their_places_in_the_input_across_segments() -> None:
    _, words = spoken(TEXT)
    assert {TEXT[word.source_start : word.source_stop] for word in words if word.text in ("five", "dollars")} == {"$5"}
    others = [word for word in words if word.text not in ("five", "dollars")]
    assert all(TEXT[word.source_start : word.source_stop] == word.text for word in others)


def test_words_say_whose_they_are() -> None:
    _, words = spoken("a [voice:am_adam] b [rate:0.5] c", reading=Reading(Form.TAGS))
    assert [(word.text, word.voice) for word in words] == [("a", "af_heart"), ("b", "am_adam"), ("c", "am_adam")]


def test_nothing_is_timed_that_nobody_asked_for() -> None:
    engine = ToneEngine()
    planner = Planner(TEXT, SynthesisOptions(VOICE, "en-us"), engine)
    planned = planner.next()
    assert isinstance(planned, Planned)
    assert planned.script is None
    assert planned.segment.words == ()
    assert synthesize_one(engine, planned.segment).alignment == ()


def script(*words: tuple[int, int], phonemes: str = "") -> Script:
    return Script(
        "", tuple(ScriptWord(str(at), at, at + 1, *word) for at, word in enumerate(words)), phonemes, "v", "l"
    )


def test_word_is_complete_with_its_last_token() -> None:
    """As windows bring them: the last token of one may end beyond it."""
    timeline, said = Timeline(), script((0, 2), (2, 4), (5, 6))
    tokens = [TokenTime(0, 0.0, 0.1), TokenTime(1, 0.1, 0.2), TokenTime(2, 0.2, 0.3)]
    first, _ = timeline.add(said, tokens, math.inf, is_last=False)
    second, _ = timeline.add(said, [TokenTime(3, 0.3, 0.45)], math.inf, is_last=False)
    third, _ = timeline.add(said, [TokenTime(5, 0.5, 0.7)], 0.6)
    assert [[(word.start_s, word.end_s) for word in words] for words in (first, second, third)] == [
        *([(0.0, 0.2)], [(0.2, 0.45)], [(0.5, 0.6)])
    ]


def test_equal_segments_have_words_of_their_own() -> None:
    timeline, said = Timeline(), script((0, 1))
    words = [timeline.add(said, [TokenTime(0, at, at + 0.1)], math.inf)[0] for at in (0.0, 1.0)]
    assert [word.start_s for (word,) in words] == [0.0, 1.0]


def test_word_without_tokens_is_where_the_one_before_ends() -> None:
    words, _ = Timeline().add(
        script((0, 1), (1, 1), (1, 2)), [TokenTime(0, 0.0, 0.2), TokenTime(1, 0.3, 0.4)], math.inf
    )
    assert [(word.start_s, word.end_s) for word in words] == [(0.0, 0.2), (0.2, 0.2), (0.3, 0.4)]


def test_times_never_fall_and_end_with_the_sound() -> None:
    timeline = Timeline()
    (one,), _ = timeline.add(script((0, 1)), [TokenTime(0, -0.1, 0.5)], 0.4)
    (other,), _ = timeline.add(script((0, 1)), [TokenTime(0, 0.3, 0.6)], math.inf)
    (silent,), _ = timeline.add(script((0, 1)), [TokenTime(0, 0.9, 1.2)], 0.6)
    assert (one.start_s, one.end_s, other.start_s, other.end_s) == (0.0, 0.4, 0.4, 0.6)
    assert (silent.start_s, silent.end_s) == (0.6, 0.6)


def test_phonemes_are_timed_without_blanks_and_punctuation() -> None:
    said = script((0, 1), (2, 3), phonemes="a b.")
    _, phonemes = Timeline().add(said, [TokenTime(at, at / 10, at / 10 + 0.1) for at in range(4)], math.inf)
    assert [(phoneme.phoneme, phoneme.start_s) for phoneme in phonemes] == [("a", 0.0), ("b", 0.2)]


def test_script_joins_the_words_of_engine_and_text_by_their_characters() -> None:
    segment = Segment(b"", 1.0, words=(WordTokens(0, 3, 0, 3), WordTokens(4, 9, 4, 9), WordTokens(10, 12, 9, 9)))
    made = script_of("one other x!", (Span(0, 3, 5, 8), Span(4, 9, 8, 8)), segment, "v", "en-us")
    assert [word[:3] for word in made.words] == [("one", 5, 8), ("other", 8, 8), ("x!", 8, 8)]


def test_audio_is_the_same_with_and_without_words() -> None:
    def sound(*, words: bool) -> Audio:
        segment = ToneEngine().prepare("Hello", SynthesisOptions(VOICE, "en-us", words=words))
        assert segment is not None
        return synthesize_one(ToneEngine(), segment)

    assert np.array_equal(sound(words=True).samples, sound(words=False).samples)
