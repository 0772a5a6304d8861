"""Words that misaki's English lexicon does not have: espeak-ng's phonemes, in the alphabet of Kokoro's English."""

from __future__ import annotations

import re
from typing import Any, Final

from speechd.engines.espeak.library import TIE
from speechd.engines.espeak.phonemizer import Phonemizer
from speechd.engines.espeak.text import for_espeak
from speechd.engines.kokoro.g2p import foreign
from speechd.languages.table import find_language

RATING: Final = 2
"""How far misaki is to trust these phonemes: less than those of its lexicons, which it rates 3 and 4."""


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    """`old=new`, with "^" for a tie."""
    return tuple((old, new) for old, _, new in (pair.partition("=") for pair in text.replace("^", TIE).split()))


_SYLLABIC: Final = "\u0329"
_NASAL: Final = "\u0303"

_ENGLISH: Final = (
    (f"ʔˌn{_SYLLABIC}", "ʔn"),
    (f"ʔn{_SYLLABIC}", "ʔn"),
    *_pairs("a^ɪ=I a^ʊ=W d^ʒ=ʤ e^ɪ=A t^ʃ=ʧ ɔ^ɪ=Y ə^l=ᵊl ʲo=jo ʲə=jə e=A ʲ= ɚ=əɹ r=ɹ x=k ç=k ɐ=ə ɬ=l"),
    (_NASAL, ""),
)
"""espeak-ng's sounds → those that misaki writes for them, one after the other."""

_AMERICAN: Final = _pairs("o^ʊ=O ɜːɹ=ɜɹ ɜː=ɜɹ ɪə=iə ː= o=ɔ ɾ=T ʔ=t ^=")
_BRITISH: Final = _pairs("iə=ɪə ə^ʊ=Q o=ɔ ɾ=T ʔ=t ^=")
_SYLLABIC_CONSONANT: Final = re.compile(rf"(\S){_SYLLABIC}")


class EspeakFallback:
    """Misaki's fallback, as its G2P calls it, and a reader of words."""

    def __init__(self, british: bool, phonemizer: Phonemizer) -> None:
        self._british = british
        self._voice = find_language("en-gb" if british else "en-us").espeak_voice or ""
        self._phonemizer = phonemizer

    def __call__(self, token: Any) -> tuple[str | None, int | None]:
        """The phonemes of a token of misaki's, and their rating; None for nothing."""
        return (self.spell(token.text), RATING) if token.text else (None, None)

    def spell(self, text: str) -> str:
        """The phonemes of `text`: of a word in another script by the rules of its language."""
        if voice := foreign.voice_for(text):
            return self._with_english_sounds(foreign.read(for_espeak(text), voice, self._phonemizer))
        phonemes = _replaced(self._phonemizer(for_espeak(text), self._voice), _ENGLISH)
        phonemes = _SYLLABIC_CONSONANT.sub(r"ᵊ\1", phonemes).replace(_SYLLABIC, "")
        return _replaced(phonemes, _BRITISH if self._british else _AMERICAN)

    def _with_english_sounds(self, phonemes: str) -> str:
        """Phonemes of another language in misaki's letters for English; others are as they are."""
        phonemes = _replaced(phonemes, _ENGLISH).replace(TIE, "")
        return phonemes if self._british else phonemes.replace("ː", "")


def _replaced(phonemes: str, pairs: tuple[tuple[str, str], ...]) -> str:
    for old, new in pairs:
        phonemes = phonemes.replace(old, new)
    return phonemes
