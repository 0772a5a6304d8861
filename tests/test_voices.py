from __future__ import annotations

import pytest

from speechd.engines.kokoro.voices import catalogue
from speechd.errors import InvalidRequest
from speechd.voices import Catalogue, Voice

CATALOGUE = catalogue()


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("af_heart", "af_heart"),
        ("  af_heart ", "af_heart"),
        ("af_heart(3)", "af_heart"),
        ("af_heart+af_heart(2)", "af_heart"),
        ("af_bella+af_sky", "af_bella(0.5000)+af_sky(0.5000)"),
        ("af_bella(2)+af_sky(1)", "af_bella(0.6667)+af_sky(0.3333)"),
        (" af_sky ( 1 ) + af_bella (2.0)", "af_bella(0.6667)+af_sky(0.3333)"),
        ("af_sky+af_bella+af_bella", "af_bella(0.6667)+af_sky(0.3333)"),
        ("alloy+af_alloy", "af_alloy"),
        ("af_sky(1e-3)+af_bella(999)", "af_bella(1.0000)+af_sky(0.0000)"),
    ],
)
def test_blend_is_canonical(text: str, canonical: str) -> None:
    blend = CATALOGUE.parse(text)
    assert str(blend) == canonical
    assert sum(weight for _, weight in blend.parts) == pytest.approx(1)


def test_blend_speaks_the_language_of_its_heaviest_voice() -> None:
    assert CATALOGUE.parse("af_heart(1)+ff_siwis(2)").language == "fr-fr"
    assert CATALOGUE.parse("ff_siwis+bm_fable").language == "en-gb"  # equal weights: the first in canonical order


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "+", "af_heart+", "af heart", "(2)", "af_heart()", "af_heart(1)(2)", "+".join(["af_heart"] * 9)),
        *("af_heart(0)", "af_heart(-1)", "af_heart(nan)", "af_heart(inf)", "af_heart(1e9)", "af_heart(x)"),
    ],
)
def test_malformed_voice_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        CATALOGUE.parse(text)
    assert (caught.value.param, caught.value.code) == ("voice", "invalid_value")


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("af_hart", "af_heart"),
        ("aloy", "alloy"),
        ("bella", "af_bella"),
        ("AF_SKY", "af_sky"),
        ("af_sky+xiaoxia", "zf_xiaoxiao"),
    ],
)
def test_unknown_voice_is_refused_with_the_nearest(text: str, near: str) -> None:
    with pytest.raises(InvalidRequest, match=f"'{near}'.*GET /v1/audio/voices") as caught:
        CATALOGUE.parse(text)
    assert (caught.value.param, caught.value.code) == ("voice", "voice_not_found")


def test_unknown_voice_that_is_near_to_none_still_says_where_to_look() -> None:
    with pytest.raises(InvalidRequest, match=r"GET /v1/audio/voices"):
        CATALOGUE.parse("☃")


def test_catalogue_has_the_voices_of_any_engine_in_their_order() -> None:
    voices = [Voice("lea", "Léa", "fr", "female"), Voice("anna", "Anna", "sv", "female")]
    swedish = Catalogue(voices, {"alloy": "anna"})
    assert [*swedish] == voices
    assert swedish.aliases == ("alloy",)
    assert str(swedish.parse("alloy+lea(3)")) == "anna(0.2500)+lea(0.7500)"


@pytest.mark.parametrize(
    ("text", "said"),
    [("☃", "'lea' or 'alloy'"), ("ana", "'anna'"), ("a b", r"'lea', a blend 'lea\(2\)\+anna\(1\)'")],
)
def test_messages_name_the_voices_of_the_catalogue(text: str, said: str) -> None:
    voices = [Voice("lea", "Léa", "fr", "female"), Voice("anna", "Anna", "sv", "female")]
    with pytest.raises(InvalidRequest, match=said):
        Catalogue(voices, {"alloy": "anna"}).parse(text)
