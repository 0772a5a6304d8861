"""What the names in a request mean."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from speechd.api.available import OPENAI_MODELS, Available
from speechd.api.schema import parse
from speechd.config.settings import InvalidSetting, Settings
from speechd.engines.tone import ToneEngine
from speechd.errors import InvalidRequest, NotFound
from speechd.text.markup.tags import Alias
from speechd.voices import Catalogue, Voice
from tests.harness.requests import AVAILABLE, body

SWEDISH = Available({"tal": "us"}, Catalogue([Voice("lea", "Léa", "sv", "female")]), 100)


@pytest.mark.parametrize(
    "id",
    [
        *("kokoro", "Kokoro", "kokoro-82m", "hexgrad/Kokoro-82M", "speaches-ai/Kokoro-82M-v1.0-ONNX", "KOKORO_V1"),
        *("TTS-1", "openai/tts-1", "OpenAI/gpt-4o-mini-tts", *OPENAI_MODELS),
    ],
)
def test_model_is_known_in_any_spelling(id: str) -> None:
    assert AVAILABLE.resolve(id, "nova") == (id, AVAILABLE.catalogue.parse("nova"))


@pytest.mark.parametrize("id", ["whisper-1", "openai/", "tts", "af_heart"])
def test_other_models_are_not_here(id: str) -> None:
    with pytest.raises(NotFound):
        AVAILABLE.resolve(id, "nova")


def test_kokoro_is_no_name_of_another_model() -> None:
    with pytest.raises(NotFound):
        SWEDISH.resolve("kokoro-82m", None)


@pytest.mark.parametrize("model", [None, ""])
@pytest.mark.parametrize("voice", [None, "default", "Auto"])
def test_model_and_voice_have_defaults(model: str | None, voice: str | None) -> None:
    assert AVAILABLE.resolve(model, voice) == ("kokoro", AVAILABLE.catalogue.parse("af_heart"))
    named = replace(AVAILABLE, default_voice="af_bella+af_sky")
    assert named.resolve(model, voice) == ("kokoro", AVAILABLE.catalogue.parse("af_bella+af_sky"))
    assert SWEDISH.resolve(model, voice)[1].heaviest.id == "lea"


def test_voice_in_place_of_the_model_speaks() -> None:
    assert AVAILABLE.resolve("bf_emma", None) == ("kokoro", AVAILABLE.catalogue.parse("bf_emma"))


@pytest.mark.parametrize("voice", ["nobody", "", "santa"])
def test_voice_that_is_none_is_refused(voice: str) -> None:
    with pytest.raises(InvalidRequest):
        AVAILABLE.resolve(None, voice)


def of(options: Mapping[str, str]) -> Available:
    engine = ToneEngine()
    return Available.of(engine, engine.voices(), Settings.load(options, {}))


def test_operator_adds_models_and_chooses_the_voice() -> None:
    available = of({"model_aliases": "tts,voice-1", "default_voice": "Nova"})
    assert list(available.models) == ["kokoro", *OPENAI_MODELS, "tts", "voice-1"]
    assert available.resolve("Voice-1", None)[1].heaviest.id == "af_nova"


def test_default_voice_that_does_not_exist_is_the_operators_error() -> None:
    with pytest.raises(InvalidSetting, match=r"--default-voice.*nobody"):
        of({"default_voice": "nobody"})


NAMED = replace(AVAILABLE, named={"alloy": Alias("bf_emma", 0.8), "teller": Alias("af_heart(2)+am_adam")})
"""A server with a names file."""


@pytest.mark.parametrize(
    ("voice", "blend", "speed"),
    [("alloy", "bf_emma", 1.6), ("Teller", "af_heart(2)+am_adam(1)", 2.0), ("nova", "af_nova", 2.0)],
)
def test_voices_of_the_names_file_may_be_asked_for_and_go_before_others(voice: str, blend: str, speed: float) -> None:
    request = parse(body(voice=voice, speed=2), NAMED)
    assert (str(request.blend), request.speed) == (str(NAMED.catalogue.parse(blend)), speed)


def test_voice_of_the_names_file_may_be_the_default() -> None:
    request = parse(body(voice=...), replace(NAMED, default_voice="teller"))
    assert [voice.id for voice, _ in request.blend.parts] == ["af_heart", "am_adam"]


def test_request_has_its_own_names_before_those_of_the_file() -> None:
    request = parse(body(voice="alloy", voice_aliases={"alloy": "am_adam"}), NAMED)
    assert (str(request.blend), request.speed) == ("am_adam", 1.0)


def test_request_may_say_how_words_are_pronounced() -> None:
    request = parse(body(pronunciations={"gif": "jif", "Kokoro": "/kˈoʊkəɹoʊ/"}), AVAILABLE)
    assert request.extension.reading.pronunciations == {"gif": "jif", "Kokoro": "/kˈoʊkəɹoʊ/"}
    assert not request.extension.is_plain


@pytest.mark.parametrize("wrong", ["gif", {"gif": 5}, {"gif": "/d"}, {"": "x"}, {str(n): "x" for n in range(101)}])
def test_pronunciations_that_cannot_be_used_are_refused(wrong: object) -> None:
    with pytest.raises(InvalidRequest, match="pronunciations"):
        parse(body(pronunciations=wrong), AVAILABLE)
