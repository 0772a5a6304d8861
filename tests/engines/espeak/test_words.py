"""When espeak-ng's words sound, by its own events, held against its own audio."""

from __future__ import annotations

import numpy as np
import pytest

from speechd.audio.samples import Audio
from speechd.engines.base import Segment, SynthesisOptions, synthesize_one
from speechd.engines.espeak.engine import EspeakEngine
from speechd.engines.kokoro.voices import MODEL_IDS, catalogue

CATALOGUE = catalogue()
QUIET = 0.02


@pytest.fixture(scope="module")
def engine() -> EspeakEngine:
    engine = EspeakEngine(CATALOGUE, MODEL_IDS)
    engine.start(1)
    # The first speech after phonemes may lack its first event: no process of the server has both, but this one may.
    timed(engine, "Ready.")
    return engine


def timed(engine: EspeakEngine, text: str, voice: str = "af_heart", speed: float = 1.0) -> tuple[Segment, Audio]:
    blend = CATALOGUE.parse(voice)
    segment = engine.prepare(text, SynthesisOptions(blend, blend.language, speed, words=True))
    assert segment is not None
    return segment, synthesize_one(engine, segment)


def times(text: str, segment: Segment, audio: Audio) -> dict[str, tuple[float, float]]:
    """Each word with its times."""
    found = {}
    for start, stop, first, last in segment.words:
        spans = [(begin, end) for token, begin, end in audio.alignment if first <= token < last]
        if spans:
            found[text[start:stop]] = spans[0][0], spans[-1][1]
    return found


def loudness(audio: Audio, start_s: float, end_s: float) -> float:
    return float(np.abs(audio.samples[round(start_s * audio.sample_rate) : round(end_s * audio.sample_rate)]).max())


@pytest.mark.parametrize("speed", [0.3, 1.0, 2.0])
def test_words_sound_between_their_times_and_nothing_does_between_them(engine: EspeakEngine, speed: float) -> None:
    text = "Stop. Wait, please; and then: go!"
    segment, audio = timed(engine, text, speed=speed)
    found = times(text, segment, audio)
    assert list(found) == ["Stop", "Wait", "please", "and", "then", "go"]
    assert all(loudness(audio, *span) > QUIET for span in found.values())
    silence = audio.samples.copy()
    for start_s, end_s in found.values():
        silence[round(start_s * audio.sample_rate) : round(end_s * audio.sample_rate)] = 0
    assert np.abs(silence).max() < QUIET


@pytest.mark.parametrize(
    ("voice", "text", "words"),
    [
        ("af_heart", "He said (well) [Kokoro](/kˈOkəɹO/) is mother-in-law!", "He said well Kokoro is mother-in-law"),
        ("ff_siwis", "L'été, vingt ans après.", "L'été vingt ans après"),
        ("ef_dora", "¿Qué hora es? Señor, adiós.", "Qué hora es Señor adiós"),
        ("hf_alpha", "नमस्ते दुनिया", "नमस्ते दुनिया"),
        ("af_heart", "naïve 😀 café — Straße", "naïve 😀 café Straße"),
    ],
)
def test_words_are_found_by_their_characters_in_any_script(
    engine: EspeakEngine, voice: str, text: str, words: str
) -> None:
    found = times(text, *timed(engine, text, voice))
    assert [word for word in words.split() if word != "😀"] == [word for word in found if word != "😀"]
    starts = [start for start, _ in found.values()]
    assert starts == sorted(starts)


def test_words_that_are_spoken_as_one_share_its_time(engine: EspeakEngine) -> None:
    text = "The end of the story."
    found = times(text, *timed(engine, text))
    assert list(found) == ["The", "end", "of", "the", "story"]
    assert all(start < end for start, end in found.values())
    assert found["of"][1] == found["the"][0]


def test_nothing_is_timed_that_nobody_asked_for(engine: EspeakEngine) -> None:
    segment = engine.prepare("Hello there.", SynthesisOptions(CATALOGUE.parse("af_heart"), "en-us"))
    assert segment is not None
    assert segment.words == ()
    assert synthesize_one(engine, segment).alignment == ()
