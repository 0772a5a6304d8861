import pytest

from speechd.errors import InvalidRequest
from speechd.voices import KOKORO_IDS, OPENAI_NAMES, Catalogue, Voice

CATALOGUE = Catalogue()


def test_catalogue_has_every_voice_of_kokoro_once():
    assert len(list(CATALOGUE)) == len(set(KOKORO_IDS)) == 54
    assert [voice.id for voice in CATALOGUE] == sorted(KOKORO_IDS)


@pytest.mark.parametrize(
    ("id", "name", "language", "gender"),
    [
        ("af_heart", "Heart", "en-us", "female"),
        ("bm_fable", "Fable", "en-gb", "male"),
        ("em_santa", "Santa", "es", "male"),
        ("ff_siwis", "Siwis", "fr-fr", "female"),
        ("hm_psi", "Psi", "hi", "male"),
        ("im_nicola", "Nicola", "it", "male"),
        ("jf_alpha", "Alpha", "ja", "female"),
        ("pf_dora", "Dora", "pt-br", "female"),
        ("zm_yunxi", "Yunxi", "zh", "male"),
    ],
)
def test_voice_of_each_language(id, name, language, gender):
    assert CATALOGUE.parse(id).parts == ((Voice(id, name, language, gender), 1.0),)


def test_openai_names_are_thirteen_distinct_voices():
    voices = [CATALOGUE.parse(name).heaviest for name in OPENAI_NAMES]
    assert len(set(voices)) == len(voices) == 13
    assert {voice.language for voice in voices} == {"en-us", "en-gb"}


@pytest.mark.parametrize("name", ["alloy", "echo", "fable", "onyx", "nova"])
def test_openai_name_that_kokoro_has_too_is_that_voice(name):
    assert CATALOGUE.parse(name).heaviest.name == name.title()


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
def test_blend_is_canonical(text, canonical):
    blend = CATALOGUE.parse(text)
    assert str(blend) == canonical
    assert sum(weight for _, weight in blend.parts) == pytest.approx(1)


def test_blend_speaks_the_language_of_its_heaviest_voice():
    assert CATALOGUE.parse("af_heart(1)+ff_siwis(2)").language == "fr-fr"
    assert CATALOGUE.parse("ff_siwis+bm_fable").language == "en-gb"  # equal weights: the first in canonical order


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "+", "af_heart+", "af heart", "(2)", "af_heart()", "af_heart(1)(2)", "+".join(["af_heart"] * 9)),
        *("af_heart(0)", "af_heart(-1)", "af_heart(nan)", "af_heart(inf)", "af_heart(1e9)", "af_heart(x)"),
    ],
)
def test_malformed_voice_is_refused(text):
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
def test_unknown_voice_is_refused_with_the_nearest(text, near):
    with pytest.raises(InvalidRequest, match=f"'{near}'.*GET /v1/audio/voices") as caught:
        CATALOGUE.parse(text)
    assert (caught.value.param, caught.value.code) == ("voice", "voice_not_found")


def test_unknown_voice_that_is_near_to_none_still_says_where_to_look():
    with pytest.raises(InvalidRequest, match=r"GET /v1/audio/voices"):
        CATALOGUE.parse("☃")


def test_packs_of_a_folder_are_voices_too(tmp_path):
    (tmp_path / "voices").mkdir()
    for name in ("bm_own.pt", "mine.pt", "a+b.pt", "notes.txt"):
        (tmp_path / "voices" / name).touch()
    catalogue = Catalogue(tmp_path)
    assert len(list(catalogue)) == 56
    assert catalogue.parse("bm_own").heaviest == Voice("bm_own", "Own", "en-gb", "male")
    assert catalogue.parse("mine").heaviest == Voice("mine", "Mine", "en-us", "female")
