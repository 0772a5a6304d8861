"""Voices and languages within one input, and inputs that are phonemes."""

from __future__ import annotations

import pickle

import pytest

from speechd.engines.base import Segment, SegmentTooLong, SynthesisOptions
from speechd.engines.kokoro.voices import catalogue
from speechd.engines.tone import ToneEngine
from speechd.errors import InvalidRequest
from speechd.speech.planner import Planned, Planner
from speechd.speech.reading import AS_TEXT, Form, Reading, marks_of
from speechd.text.markup.marks import Mark, Pause, Voice
from speechd.text.markup.tags import Alias

TAGS = Reading(Form.TAGS, {"marie": Alias("ff_siwis", 2.0)})
SSML = Reading(Form.SSML)
LIMIT = 20


class PhonemeEngine(ToneEngine):
    """Takes phonemes, at most `LIMIT` at a time, and speaks them as text."""

    def prepare_phonemes(self, phonemes: str, options: SynthesisOptions) -> Segment | None:
        if len(phonemes) > LIMIT:
            raise SegmentTooLong
        return self.prepare(phonemes, options)


def options(voice: str = "af_heart", language: str | None = None) -> SynthesisOptions:
    blend = catalogue().parse(voice)
    return SynthesisOptions(blend, language or blend.language, words=True)


def planned(
    input: str, reading: Reading, how: SynthesisOptions | None = None, *, passed_on: bool = False
) -> list[Planned]:
    """All segments of an input; passed_on: each of another planner, which goes on with the plan."""
    engine, progress = PhonemeEngine(), None
    found: list[Planned] = []
    planner = Planner(input, how or options(), engine, reading=reading)
    while True:
        if passed_on:
            planner = Planner(input, how or options(), engine, reading=reading, progress=progress)
        item = planner.next()
        progress = pickle.loads(pickle.dumps(planner.progress))
        if item is None:
            return found
        if isinstance(item, Planned):
            found.append(item)


def said(segments: list[Planned]) -> list[tuple[str, str, str]]:
    """The text, the voice and the language of each segment."""
    scripts = [segment.script for segment in segments]
    return [(script.text, script.voice, script.language) for script in scripts if script is not None]


def voices(marks: list[Mark]) -> list[Voice]:
    return [mark for mark in marks if isinstance(mark, Voice)]


@pytest.mark.parametrize(
    ("language", "expected"),
    [(None, Voice("ff_siwis", "fr-fr")), ("es", Voice("ff_siwis", "es"))],
)
def test_voice_speaks_its_language_unless_the_request_names_another(language: str | None, expected: Voice) -> None:
    assert voices(marks_of("[voice:ff_siwis] a", TAGS, options(language=language), ToneEngine())) == [expected]


def test_numbers_are_read_in_the_language_of_their_voice() -> None:
    segments = planned("I have 25 now. [voice:Marie] J'ai 25 ans. [voice:bf_emma] And 25.", TAGS)
    assert said(segments) == [
        ("I have twenty-five now.", "af_heart", "en-us"),
        ("J'ai vingt-cinq ans.", "ff_siwis", "fr-fr"),
        ("And twenty-five.", "bf_emma", "en-gb"),
    ]
    assert segments[1].segment.duration_s < segments[0].segment.duration_s  # twice as fast, as its alias says


def test_language_changes_without_another_voice() -> None:
    document = "<speak>Now 25. <lang xml:lang='fr'>C'est 25.</lang> And 25.</speak>"
    assert said(planned(document, SSML)) == [
        ("Now twenty-five.", "af_heart", "en-us"),
        ("C'est vingt-cinq.", "af_heart", "fr-fr"),
        ("And twenty-five.", "af_heart", "en-us"),
    ]


def test_passages_never_mix_voices() -> None:
    segments = said(planned("a b [voice:am_adam] c d [voice:af_heart] e f", TAGS))
    assert [(text, voice) for text, voice, _ in segments] == [
        ("a b", "af_heart"),
        ("c d", "am_adam"),
        ("e f", "af_heart"),
    ]


@pytest.mark.parametrize(
    ("input", "reading"),
    [
        ("a [voice:nobody] b", TAGS),
        ("a [rate:much] b", TAGS),
        ("<speak>a <voice name='nobody'>b</voice></speak>", SSML),
        ("<speak>a <lang xml:lang='tlh'>b</lang></speak>", SSML),
        ("<speak>a", SSML),
    ],
)
def test_what_cannot_be_spoken_is_refused_before_any_segment(input: str, reading: Reading) -> None:
    with pytest.raises(InvalidRequest):
        planned(input, reading)


@pytest.mark.parametrize(
    ("input", "reading"),
    [
        ("Pay $5 [voice:Marie] 25 [rate:0.5] ans, c'est-à-dire beaucoup. [voice:bf_emma] Good.", TAGS),
        ("<speak>a <break/><voice name='am_adam'>b <prosody rate='slow'>c</prosody></voice> 25 d</speak>", SSML),
        ("It costs **$5.50**, and Dr. Smith paid 12 km at 3:30pm. " * 3, AS_TEXT),
        ("həlˈO wˈɜɹld " * 4, Reading(Form.PHONEMES)),
    ],
)
def test_another_planner_goes_on_with_words_voices_and_places(input: str, reading: Reading) -> None:
    assert planned(input, reading, passed_on=True) == planned(input, reading)


def test_phonemes_are_spoken_as_they_are_in_parts_that_the_engine_takes() -> None:
    input = "1 ˈa b. " * 9
    texts = [text for text, _, _ in said(planned(input, Reading(Form.PHONEMES)))]
    assert all(len(text) <= LIMIT for text in texts)
    assert " ".join(texts) == input.strip()


def test_pauses_stand_between_voices() -> None:
    marks = marks_of("<speak>a<break time='2s'/><voice name='am_adam'>b</voice></speak>", SSML, options(), ToneEngine())
    kinds = [type(mark) for mark in marks]
    assert kinds.index(Pause) < kinds.index(Voice)
