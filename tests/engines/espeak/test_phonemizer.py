"""Phonemes of texts by espeak-ng. What is expected is what the phonemizer package made of them, with the same options:
Kokoro was trained on that."""

from __future__ import annotations

import pytest

from speechd.engines.espeak.library import Library
from speechd.engines.espeak.phonemizer import Phonemizer


@pytest.fixture(scope="module")
def phonemizer() -> Phonemizer:
    return Phonemizer()


@pytest.mark.parametrize(
    ("voice", "text", "ipa"),
    [
        ("gmw/en-US", "hello", "həlˈo͡ʊ"),
        ("gmw/en", "hello", "həlˈə͡ʊ"),
        ("roa/es", "kölsch", "kˈolst͡ʃ"),
        ("roa/fr", "quarante-huit", "kaʁˈɑ̃tyˈit"),
        ("roa/it", "marocchino", "marokːˈino"),
        ("roa/pt-BR", "novecentos", "nˌovesˈe͡ɪŋtʊs"),
        ("inc/hi", "जॉर्जिया", "ɟˈɔɾɟɪjˌaː"),
        ("zle/ru", "Киргизия", "kʲirɡʲˈiʑij͡a"),
        ("ko", "한", "hˈɐn"),
    ],
)
def test_word(phonemizer: Phonemizer, voice: str, text: str, ipa: str) -> None:
    assert phonemizer(text, voice) == ipa


@pytest.mark.parametrize(
    ("text", "ipa"),
    [
        ("franc ¡parts? lechea… ", "fʁˈɑ̃ ¡pˈaʁ? lˈɛt͡ʃi͡ə…"),
        ("...France lunda. vingt-cinq ¡", "...fʁˈɑ̃s lœ̃dˈa. vˈɛ̃tsˈɛ̃k ¡"),
        ("neuf  ", "nˈœf"),
        ("¿(neuf)?", "¿(nˈœf)?"),
        (" . ", "."),
        ("", ""),
        ("neuf, ', neuf", "nˈœf,, nˈœf"),
    ],
)
def test_punctuation_stays_where_it_is(phonemizer: Phonemizer, text: str, ipa: str) -> None:
    assert phonemizer(text, "roa/fr") == ipa


def test_name_of_a_language_is_no_sound(phonemizer: Phonemizer) -> None:
    assert "(" in Library().phonemes("roa/fr", "le weekend")
    assert phonemizer("le weekend", "roa/fr").startswith("lə")
    assert "(" not in phonemizer("le weekend", "roa/fr")


def test_voices_taken_in_turns_read_as_they_do_alone(phonemizer: Phonemizer) -> None:
    voices = ("gmw/en-US", "roa/fr", "zle/ru", "inc/hi", "gmw/en")
    text = "Paris, Москва, नमस्ते, the end"
    alone = {voice: Phonemizer()(text, voice) for voice in voices}
    assert len(set(alone.values())) == len(voices)
    for _ in range(3):
        assert {voice: phonemizer(text, voice) for voice in voices} == alone


def test_voice_that_espeak_does_not_have_is_an_error(phonemizer: Phonemizer) -> None:
    with pytest.raises(RuntimeError, match="status"):
        phonemizer("hello", "no/such")
