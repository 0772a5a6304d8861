from __future__ import annotations

from pathlib import Path

import espeakng_loader
import numpy as np
import pytest

from speechd.audio.resample import resampled
from speechd.audio.samples import Audio
from speechd.audio.silence import sound_bounds
from speechd.engines.base import PAYLOAD_LIMIT, Segment, SegmentTooLong, SynthesisOptions
from speechd.engines.espeak.engine import LANGUAGES, VARIANTS, EspeakEngine
from speechd.engines.espeak.ipa import mnemonics
from speechd.engines.kokoro.voices import MODEL_IDS, catalogue
from speechd.errors import InvalidRequest

CATALOGUE = catalogue()
TEXT = "The quick brown fox jumps over the lazy dog."
SAMPLES = {"hi": "नमस्ते दुनिया", "zh": "你好，世界。"}


@pytest.fixture(scope="module")
def engine() -> EspeakEngine:
    engine = EspeakEngine(CATALOGUE, MODEL_IDS)
    engine.start(1)
    return engine


def delivery(voice: str = "af_heart", language: str | None = None, speed: float = 1.0) -> SynthesisOptions:
    blend = CATALOGUE.parse(voice)
    return SynthesisOptions(blend, language or blend.language, speed)


def prepared(engine: EspeakEngine, text: str, how: SynthesisOptions | None = None) -> Segment:
    segment = engine.prepare(text, how or delivery())
    assert segment is not None
    return segment


def speak(engine: EspeakEngine, text: str, how: SynthesisOptions | None = None) -> Audio:
    return resampled(engine.speak(prepared(engine, text, how)))


def spoken_s(engine: EspeakEngine, text: str, how: SynthesisOptions | None = None) -> float:
    start, stop = sound_bounds(speak(engine, text, how).samples)
    return (stop - start) / 24_000


def test_audio_has_the_rate_that_the_engine_states(engine: EspeakEngine) -> None:
    assert engine.speak(prepared(engine, TEXT)).sample_rate == engine.sample_rate


def test_language_of_every_voice_but_the_japanese_is_spoken(engine: EspeakEngine) -> None:
    assert {*engine.languages(), "ja"} == {voice.language for voice in engine.voices()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_language_is_heard(engine: EspeakEngine, language: str) -> None:
    audio = speak(engine, SAMPLES.get(language, TEXT), delivery(language=language))
    assert audio.samples.dtype == np.float32
    assert 0.1 < np.abs(audio.samples).max() <= 1
    assert spoken_s(engine, SAMPLES.get(language, TEXT), delivery(language=language)) > 0.5


def test_language_that_is_not_there_is_refused(engine: EspeakEngine) -> None:
    with pytest.raises(InvalidRequest, match="does not speak 'ja'") as caught:
        engine.load_voice(delivery("jf_alpha"))
    assert caught.value.code == "unsupported_language"


def test_every_other_voice_is_accepted_and_sounds_its_own(engine: EspeakEngine) -> None:
    payloads = set()
    for voice in CATALOGUE:
        if voice.language != "ja":
            engine.load_voice(delivery(voice.id))
            payloads.add(prepared(engine, TEXT, delivery(voice.id)).payload)
    assert len(payloads) == 49


@pytest.mark.parametrize("variant", [name for names in VARIANTS.values() for name in names])
def test_variant_is_in_the_data(variant: str) -> None:
    # espeak-ng passes over a variant that it does not find, without a word.
    assert (Path(espeakng_loader.get_data_path()) / "voices" / "!v" / variant).is_file()


def test_women_speak_higher_than_men(engine: EspeakEngine) -> None:
    def pitch_hz(voice: str) -> float:
        samples = speak(engine, "aaah", delivery(voice)).samples
        middle = samples[len(samples) // 3 :][:4096]
        correlation = np.correlate(middle, middle, "full")[len(middle) - 1 :]
        return 24_000 / (60 + float(correlation[60:400].argmax()))

    assert pitch_hz("af_nova") > pitch_hz("am_onyx")


def test_longer_text_is_longer_audio(engine: EspeakEngine) -> None:
    assert spoken_s(engine, TEXT + TEXT) > 1.7 * spoken_s(engine, TEXT)


def test_speed_is_kept(engine: EspeakEngine) -> None:
    usual = spoken_s(engine, TEXT)
    speeds = [0.25, 0.35, 0.5, 0.75, 1.5, 2.0, 3.0, 4.0]
    lengths = [spoken_s(engine, TEXT, delivery(speed=speed)) for speed in speeds]
    assert lengths == sorted(lengths, reverse=True)
    for speed, length in zip(speeds, lengths, strict=True):
        assert length * speed / usual == pytest.approx(1, abs=0.2)


@pytest.mark.parametrize("text", [TEXT, "One two three. " * 20])
def test_predicted_duration_is_near(engine: EspeakEngine, text: str) -> None:
    segment = prepared(engine, text)
    assert segment.duration_s == pytest.approx(engine.speak(segment).duration_s, rel=0.3)


@pytest.mark.parametrize("text", ["", " ", "... —!", "«»"])
def test_nothing_speakable_is_no_segment(engine: EspeakEngine, text: str) -> None:
    assert engine.prepare(text, delivery()) is None


def test_text_beyond_the_payload_is_too_long(engine: EspeakEngine) -> None:
    assert len(prepared(engine, "字" * 1000, delivery(language="zh")).payload) <= PAYLOAD_LIMIT
    with pytest.raises(SegmentTooLong):
        engine.prepare("字" * 1400, delivery(language="zh"))


@pytest.mark.parametrize("text", ["a\0b", "\x01400R hello", "[[h@l'oU]] there", "<b>hi</b> & 3 < 5", "\ud800 lone"])
def test_nothing_in_the_text_is_a_command(engine: EspeakEngine, text: str) -> None:
    assert spoken_s(engine, text) > 0.2


def test_text_in_double_brackets_is_no_phonemes(engine: EspeakEngine) -> None:
    assert spoken_s(engine, "say [[h@l'oU]] now") > 1.2 * spoken_s(engine, "say hello now")


def test_inline_ipa_is_spoken_in_place_of_the_word(engine: EspeakEngine) -> None:
    word = spoken_s(engine, "I say incomprehensibilities.")
    assert spoken_s(engine, "I say [incomprehensibilities](/həˈloʊ/).") < 0.7 * word
    assert spoken_s(engine, "I say [incomprehensibilities](/ʘǃǂ/).") == pytest.approx(word, rel=0.02)


@pytest.mark.parametrize(
    ("ipa", "expected"),
    [
        ("həˈloʊ", "h@'loU"),
        ("kˈOkəɹO", "k'oUk3oU"),
        ("ˈtʃɜːtʃ", "'tS3:tS"),
        ("t͡ʃ", "tS"),
        ("ɡəʊ", "goU"),
        ("θɪŋ", "TIN"),
        ("ʁ", None),
    ],
)
def test_ipa_as_mnemonics(ipa: str, expected: str | None) -> None:
    assert mnemonics(ipa) == expected
