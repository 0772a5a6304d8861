from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

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
        ("AF_Heart", "af_heart"),
        ("Heart", "af_heart"),
        ("ALLOY", "af_alloy"),
        ("Bella(2) + SKY", "af_bella(0.6667)+af_sky(0.3333)"),
        ("af_sky(1e-3)+af_bella(999)", "af_bella(1.0000)+af_sky(0.0000)"),
    ],
)
def test_blend_is_canonical(text: str, canonical: str) -> None:
    blend = CATALOGUE.parse(text)
    assert str(blend) == canonical
    assert sum(weight for _, weight in blend.parts) == pytest.approx(1)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("af_bella-af_sky", "af_bella(0.5000)-af_sky(0.5000)"),
        ("af_sky(2) - af_bella(1)", "af_sky(0.6667)-af_bella(0.3333)"),
        ("af_sky-af_bella(2)+af_heart", "af_heart(0.2500)+af_sky(0.2500)-af_bella(0.5000)"),
        ("af_sky+af_bella-af_sky", "af_bella(0.3333)"),
        ("af_sky(3)-af_sky", "af_sky"),
    ],
)
def test_voices_are_subtracted_by_their_share_of_all_weights(text: str, canonical: str) -> None:
    assert str(CATALOGUE.parse(text)) == canonical


@pytest.mark.parametrize("text", ["-af_sky", "af_sky-", "af_sky--af_bella", "af_sky-af_sky", "af_sky-af_sky(2)"])
def test_blend_of_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest) as caught:
        CATALOGUE.parse(text)
    assert (caught.value.param, caught.value.code) == ("voice", "invalid_value")


@given(
    st.lists(
        st.tuples(st.sampled_from("+-"), st.sampled_from([voice.id for voice in CATALOGUE]), st.integers(1, 9)),
        min_size=1,
        max_size=8,
    )
)
@settings(max_examples=100, deadline=None, derandomize=True)
def test_blend_is_the_weighted_sum_that_is_written(terms: list[tuple[str, str, int]]) -> None:
    (_, *first), *rest = terms
    terms = [("+", *first), *rest]  # type: ignore[list-item]
    sums: dict[str, int] = defaultdict(int)
    for sign, id, weight in terms:
        sums[id] += weight if sign == "+" else -weight
    text = "".join(f"{sign}{id}({weight})" for sign, id, weight in terms).removeprefix("+")
    if all(weight <= 0 for weight in sums.values()):
        with pytest.raises(InvalidRequest):
            CATALOGUE.parse(text)
        return
    total = 1 if len(sums) == 1 else sum(weight for _, _, weight in terms)
    expected = {id: weight / total for id, weight in sums.items() if weight}
    if len(sums) == 1:
        expected = dict.fromkeys(sums, 1.0)
    blend = CATALOGUE.parse(text)
    assert {voice.id: share for voice, share in blend.parts} == pytest.approx(expected)
    assert blend.heaviest.id in [id for id, weight in sums.items() if weight == max(sums.values())]


def test_hyphen_of_a_voice_s_own_name_subtracts_nothing() -> None:
    own = Catalogue([Voice(id, id, "sv", "female") for id in ("my-own-voice", "my", "b")])
    for text, canonical in (
        ("my-own-voice", "my-own-voice"),
        ("MY-own-voice(2)+b", "b(0.3333)+my-own-voice(0.6667)"),
        ("my-b", "my(0.5000)-b(0.5000)"),
    ):
        assert str(own.parse(text)) == canonical


def test_name_of_several_voices_is_refused_with_their_ids() -> None:
    with pytest.raises(InvalidRequest, match="am_santa, em_santa, pm_santa") as caught:
        CATALOGUE.parse("santa")
    assert caught.value.code == "voice_not_found"


def test_id_in_its_very_letters_comes_before_one_in_others() -> None:
    own = Catalogue([Voice(id, "Same", "sv", "female") for id in ("anna", "Anna")], {"ANNA": "Anna"})
    assert [own.parse(name).heaviest.id for name in ("anna", "Anna", "ANNA")] == ["anna", "Anna", "Anna"]
    with pytest.raises(InvalidRequest):
        own.parse("aNNa")


def test_unlisted_voice_is_found_by_its_id_and_named_nowhere() -> None:
    voices = [Voice("hf_alpha", "Alpha", "hi", "female"), Voice("jf_alpha", "Alpha", "ja", "female")]
    catalogue = Catalogue(voices, examples=("jf_alpha", "hf_alpha"), unlisted=["jf_alpha"])
    assert [voice.id for voice in catalogue] == ["hf_alpha"]
    assert catalogue.default == catalogue.parse("Alpha").heaviest.id == "hf_alpha"
    assert catalogue.parse("JF_alpha").heaviest.id == "jf_alpha"
    with pytest.raises(InvalidRequest, match=r"^(?!.*jf_alpha)"):
        catalogue.parse("jf_alpho")


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
        ("bela", "af_bella"),
        ("AF_SKI", "af_sky"),
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
