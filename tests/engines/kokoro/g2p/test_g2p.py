import sys

import pytest
import spacy
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from misaki import en

from bench.checkpoint import REAL
from speechd.engines.espeak.phonemizer import Phonemizer
from speechd.engines.kokoro.g2p import english
from speechd.engines.kokoro.g2p.english import English, kokoro_ipa
from speechd.engines.kokoro.g2p.g2p import EXTRA_PACKAGES, G2P, Reader, _in_pieces, _with_english
from speechd.engines.kokoro.g2p.pos_tags import tagger
from speechd.errors import InvalidRequest
from tests.harness.extras import require_reader

VOCABULARY = REAL["vocab"]


@pytest.fixture(scope="module")
def g2p() -> G2P:
    """As on a machine that has no trained tagger."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(english, "TAGGERS", ("no_such_pipeline",))
        return G2P(VOCABULARY)


def test_missing_tagger_is_told_loudly_and_nothing_is_downloaded(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(english, "TAGGERS", ("no_such_pipeline",))
    monkeypatch.setattr(spacy.cli, "download", lambda name: pytest.fail("download"))
    G2P(VOCABULARY)
    assert "pip install no-such-pipeline" in caplog.text


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("Hello, world!", "həlˈO, wˈɜɹld!"),
        ("A book; a pen: “yes” (no)…", "ɐ bˈʊk; ɐ pˈɛn: “jˈɛs” (nˈO)…"),
        ("I have to record the record.", "ˌI hæv tə ɹəkˈɔɹd ðə ɹˈɛkəɹd."),
        ("We used to live here.", "wˌi jˈust tə lˈɪv hˈɪɹ."),
        ("He has read it.", "hˌi hæz ɹˈɛd ɪt."),
        ("We use the use.", "wˌi jˈuz ðə jˈus."),
        ('"Stop", he said.', "“stˈɑp”, hi sˈɛd."),
    ],
)
def test_american_english(g2p: G2P, text: str, phonemes: str) -> None:
    assert g2p.phonemes(text, "en-us") == phonemes


def test_british_english(g2p: G2P) -> None:
    assert g2p.phonemes("The world is my own.", "en-gb") == "ðə wˈɜːld ɪz mI ˈQn."


@pytest.mark.parametrize(
    ("language", "text", "phonemes"),
    [
        ("es", "¿Qué tal, mundo?", "kˈe tˈal, mˈundo?"),
        ("fr-fr", "Un bon vin.", "œ̃ bˈɔ̃ vˈɛ̃."),
        ("hi", "नमस्ते दुनिया", "nəmˈʌsteː dˈʊnɪjˌaː"),
        ("it", "Ciao, mondo!", "ʧˈao, mˈondo!"),
        ("pt-br", "Olá, mundo!", "olˈa, mˈu\u0303ŋdʊ!"),
    ],
)
def test_other_language(g2p: G2P, language: str, text: str, phonemes: str) -> None:
    assert g2p.phonemes(text, language) == phonemes


def test_unknown_language_is_refused(g2p: G2P) -> None:
    with pytest.raises(InvalidRequest, match="'xx'"):
        g2p.check("xx")


@pytest.mark.parametrize("language", ["en-us", "en-gb", "es", "fr-fr"])
def test_inline_ipa_is_spoken(g2p: G2P, language: str) -> None:
    phonemes = g2p.phonemes("o [New York](/nu jˈɔɹk/), o", language)
    assert f" {kokoro_ipa('nu jˈɔɹk')}, " in phonemes


@pytest.mark.parametrize("language", ["en-us", "es"])
def test_word_whose_ipa_has_no_known_sound_is_spoken_as_written(g2p: G2P, language: str) -> None:
    assert g2p.phonemes("[banana](/ʘǃ/) o", language) == g2p.phonemes("banana o", language)


@pytest.mark.parametrize(
    ("ipa", "expected"),
    [
        ("həˈloʊ", "həˈlO"),
        ("t͡ʃeɪn", "ʧAn"),
        ("dʒɔɪ", "ʤY"),
        ("grin", "ɡɹin"),
        ("'faɪnd", "ˈfInd"),
        ("kˈOkəɹO", "kˈOkəɹO"),
    ],
)
def test_ipa_in_kokoros_alphabet(ipa: str, expected: str) -> None:
    assert kokoro_ipa(ipa) == expected


@pytest.mark.parametrize(
    "text", ["zxqv", "привет", "日本語", "שלום", "→", "𒀀", "x²", "naïve", "don't", "l'amour", "9", "½"]
)
def test_word_that_the_lexicon_lacks_is_spoken(g2p: G2P, text: str) -> None:
    alone = g2p.phonemes(text, "en-us")
    assert alone
    assert len(g2p.phonemes(f"one {text} two", "en-us")) >= len("wˈʌn tˈu") + len(alone) // 2


def test_no_name_of_a_language_is_spoken(g2p: G2P) -> None:
    # espeak-ng marks what it takes for foreign: "(fr)...(en)".
    for language in ("en-us", "fr-fr", "hi"):
        assert "(" not in g2p.phonemes("hello привет bonjour jalapeño", language)


def test_mark_for_stress_is_text_here(g2p: G2P) -> None:
    assert "tˈu" in g2p.phonemes("[see](2) it", "en-us")


def test_failure_in_misaki_loses_no_text(
    g2p: G2P, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reader = English(False, tagger(), Phonemizer())
    monkeypatch.setattr(reader._g2p.lexicon, "get_word", lambda *_: 1 / 0)
    assert reader("hello world") == "həlˈO wˈɜɹld"
    assert "espeak-ng reads instead" in caplog.text


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40), st.sampled_from(["en-us", "en-gb", "es", "hi"]))
def test_any_text_has_phonemes_of_the_vocabulary(g2p: G2P, text: str, language: str) -> None:
    assert set(g2p.phonemes(text, language)) <= set(VOCABULARY)
    if any(character.isascii() and character.isalnum() for character in text):
        assert g2p.phonemes(text, language)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from("a an $5.50 1,000 -3 '90s U.S. \"hi\" (so) [x] used to 3rd 10s e-mail @you #1 50% '".split()),
        max_size=8,
    )
)
def test_odd_tokens_of_english_are_read_by_misaki(g2p: G2P, words: list[str]) -> None:
    reader = g2p._reader("en-us")
    assert isinstance(reader, English)
    assert reader._g2p(" ".join(words), reader._g2p.prepared) is not None


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [("你好 hello world, 世界", "<你好> HELLO WORLD<, 世界>"), ("ok", "OK"), ("世界x", "<世界>X"), ("a 世", "A <世>")],
)
def test_latin_letters_among_others_are_read_as_english(text: str, phonemes: str) -> None:
    assert _with_english("<{}>".format, str.upper)(text) == phonemes


@pytest.mark.parametrize("seed", ["a-", "-a", "'s", "aB", "a_", "a'", "’s"])
def test_word_of_many_parts_is_read_whole(g2p: G2P, seed: str) -> None:
    parts = english._cut([en.MToken(text=seed * 100, tag="NN", whitespace=" ")])
    assert "".join(part.text for part in parts) == seed * 100
    assert all(len(en.subtokenize(part.text)) <= english.SUBTOKEN_LIMIT for part in parts)
    assert [part.whitespace for part in parts][-1] == " "
    assert g2p.phonemes(seed * 100, "en-us")


def test_cut_of_a_word_is_not_heard(g2p: G2P) -> None:
    words = ["red", "blue", "green", "old", "new", "fast"] * 3
    read = g2p.phonemes("-".join(words), "en-us")
    assert " " not in read
    assert _unstressed(read) == _unstressed("".join(g2p.phonemes(word, "en-us") for word in words))


@pytest.mark.parametrize(
    ("text", "phonemes"),
    [
        ("mother-in-law's", "mˈʌðəɹənlˌɔz"),
        ("state-of-the-art", "stˈAtʌvðiˈɑɹt"),
        ("U.S.A.", "jˌuˌɛsˈA."),
        ("never-to-be-forgotten", "nˈɛvəɹtəbifəɹɡˈɑtn"),
    ],
)
def test_word_of_few_parts_is_read_together(g2p: G2P, text: str, phonemes: str) -> None:
    assert g2p.phonemes(text, "en-us") == phonemes


def _unstressed(phonemes: str) -> str:
    return phonemes.replace("ˈ", "").replace("ˌ", "")


@pytest.mark.parametrize("language", ["en-us", "en-gb", "es", "fr-fr", "hi", "it", "pt-br"])
@pytest.mark.parametrize("text", ["'-नमस्ते", "---नमस्ते", "“'-हह”", "\U000bc412-一", "ꩉñ𭒻", "'s" * 200])
def test_text_that_ends_espeak_is_read(g2p: G2P, language: str, text: str) -> None:
    assert g2p.phonemes(f"a {text} a", language)


def _reader_failing_on(*bad: str) -> Reader:
    def read(text: str) -> str:
        if any(part in text for part in bad):
            raise AssertionError(len(text))
        return f"<{text}>"

    return read


@pytest.mark.parametrize(
    ("bad", "text", "phonemes"),
    [
        ("12", "一二。三12四", "<一二。> <三> <1> <2> <四>"),
        ("x", "good bad x, good", "<good> <bad> <,> <good>"),
        ("ab", "cab, d", "<c> <a> <b> <,> <d>"),
        ("\u0301", "xe\u0301", "<x>"),
    ],
)
def test_text_on_which_a_reader_fails_is_read_in_pieces(
    caplog: pytest.LogCaptureFixture, bad: str, text: str, phonemes: str
) -> None:
    read = _in_pieces(_reader_failing_on(bad), "ja")
    assert read("fine") == "<fine>"
    assert not caplog.text
    assert read(text) == phonemes
    assert "read in pieces" in caplog.text


def test_what_no_reader_can_read_is_left_out_and_logged(
    g2p: G2P, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setitem(g2p._readers, "es", _in_pieces(_reader_failing_on(""), "es"))
    assert g2p.phonemes("uno 2", "es") == ""
    assert caplog.text.count("is left out") == len("uno2")


@pytest.mark.parametrize("error", [ImportError("no pyopenjtalk"), RuntimeError("Failed initializing MeCab"), OSError()])
@pytest.mark.parametrize("language", EXTRA_PACKAGES)
def test_reader_that_cannot_be_made_is_refused_with_what_to_install(
    g2p: G2P, monkeypatch: pytest.MonkeyPatch, language: str, error: Exception
) -> None:
    class Broken:
        def __getattr__(self, name: str) -> None:
            raise error

    monkeypatch.setitem(sys.modules, f"misaki.{language}", Broken())
    monkeypatch.delitem(g2p._readers, language, raising=False)
    with pytest.raises(InvalidRequest, match=f"pip install {EXTRA_PACKAGES[language]}") as caught:
        g2p.check(language)
    assert caught.value.code == "unsupported_language"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ja", "電話番号は1234567890です。"),
        ("ja", "12345678901"),
        ("zh", "电话12345678901234567890。"),
        ("zh", "1e400"),
    ],
)
def test_number_that_is_too_long_for_a_reader_is_read(g2p: G2P, language: str, text: str) -> None:
    require_reader(language)
    assert len(g2p.phonemes(text, language)) > 5
