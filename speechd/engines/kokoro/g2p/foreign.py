"""Words in other scripts within English: espeak-ng reads them by the rules of a language that is written so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from speechd.engines.espeak.phonemizer import Phonemizer

VOICES: Final[Mapping[str, str]] = {
    "CYRILLIC": "zle/ru", "GREEK": "grk/el", "CJK": "sit/cmn", "HIRAGANA": "jpx/ja", "KATAKANA": "jpx/ja",
    "HANGUL": "ko", "HEBREW": "sem/he", "ARABIC": "sem/ar", "DEVANAGARI": "inc/hi", "BENGALI": "inc/bn",
    "TAMIL": "dra/ta", "GEORGIAN": "ccs/ka", "ARMENIAN": "ine/hy",
}  # fmt: skip
"""Script, as the names of Unicode's characters begin → the voice of espeak-ng that reads words in it."""

_RETROFLEX: Final[Mapping[str, str]] = {"s.": "ʃ", "z.": "ʒ", ".": ""}
"""espeak-ng's letters for Mandarin's retroflex sounds; a full stop would be heard as one."""

_TONES = re.compile(r"[0-9]+")


def voice_for(word: str) -> str | None:
    """espeak-ng's voice for a word in another script than Latin, by its first letter; None for any other."""
    if word.isascii():
        return None
    first = next((character for character in word if character.isalpha()), "")
    return VOICES.get(unicodedata.name(first, "").partition(" ")[0]) if first else None


def read(word: str, voice: str, phonemizer: Phonemizer) -> str:
    """espeak-ng's phonemes, without tones, which Kokoro's English does not have."""
    spoken = _TONES.sub("", phonemizer(word, voice))
    for written, sound in _RETROFLEX.items():
        spoken = spoken.replace(written, sound)
    return spoken
