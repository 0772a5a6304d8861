"""Words that misaki does not know. What is expected is what misaki's own fallback made of them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from speechd.engines.espeak.phonemizer import Phonemizer
from speechd.engines.kokoro.g2p.fallback import RATING, EspeakFallback


@pytest.fixture(scope="module")
def phonemizer() -> Phonemizer:
    return Phonemizer()


@pytest.mark.parametrize(
    ("text", "american", "british"),
    [
        ("adducts", "ədˈʌkts", "ədˈʌkts"),
        ("zerwust", "zˈɜɹwʌst", "zˈɜːwʌst"),
        ("betide", "bᵻtˈId", "bɪtˈId"),
        ("Türkei", "tˈuəkˌA", "tˈuːəkˌA"),
        ("KTEl4∞", "kˈAtˈɛl fˈɔɹ ɪnfˈɪnᵻTi", "kˈAtˈɛl fˈɔːɹ ɪnfˈɪnɪti"),
        ("AéPO){iuZ{+U[β\r", "æˈA pˈO){ˈɪu zˈi{plˈʌs jˈu[ bˈATə", "aˈA pˈQ){ˈɪuː zˈɛd{plˈʌs jˈuː[ bˈiːtə"),
        ("ルクセンブルク", "ɽˌɯᵝkɯᵝsˌA̞ũbɯᵝɽˈɯᵝkɯᵝ", "ɽˌɯᵝkɯᵝsˌA̞ũbɯᵝɽˈɯᵝkɯᵝ"),
        ("Μαγιέν", "majˈAn", "majˈAn"),
        ("Киргизия", "kiɹɡˈiʑija", "kiɹɡˈiʑija"),
    ],
)
def test_word(phonemizer: Phonemizer, text: str, american: str, british: str) -> None:
    assert EspeakFallback(False, phonemizer).spell(text) == american
    assert EspeakFallback(True, phonemizer).spell(text) == british


def test_token_has_a_rating_and_an_empty_one_no_phonemes(phonemizer: Phonemizer) -> None:
    fallback = EspeakFallback(False, phonemizer)
    assert fallback(SimpleNamespace(text="adducts")) == ("ədˈʌkts", RATING)
    assert fallback(SimpleNamespace(text="")) == (None, None)
