"""Words in other scripts within English: espeak-ng reads them by the rules of a language that is written so."""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import misaki.espeak  # noqa: F401  # tells phonemizer where espeak-ng is
from phonemizer.backend import EspeakBackend

from speechd.engines.kokoro.g2p.espeak_library import without_copies

LANGUAGES: Final[Mapping[str, str]] = {
    "CYRILLIC": "ru", "GREEK": "el", "CJK": "cmn", "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "HEBREW": "he",
    "ARABIC": "ar", "DEVANAGARI": "hi", "BENGALI": "bn", "TAMIL": "ta", "GEORGIAN": "ka", "ARMENIAN": "hy",
}  # fmt: skip
"""Script, as the names of Unicode's characters begin → the language of espeak-ng that words in it are taken for."""

_RETROFLEX: Final[Mapping[str, str]] = {"s.": "ʃ", "z.": "ʒ", ".": ""}
"""espeak-ng's letters for Mandarin's retroflex sounds; a full stop would be heard as one."""

_QUIET: Final = logging.getLogger(f"{__name__}.espeak")
_QUIET.setLevel(logging.ERROR)  # phonemizer warns of each text that espeak-ng cuts into words otherwise than itself

_TONES = re.compile(r"[0-9]+")


def language_of(word: str) -> str | None:
    """espeak-ng's language for a word in another script than Latin, by its first letter; None for any other."""
    if word.isascii():
        return None
    first = next((character for character in word if character.isalpha()), "")
    return LANGUAGES.get(unicodedata.name(first, "").partition(" ")[0]) if first else None


def read(word: str, language: str) -> str:
    """espeak-ng's phonemes, without tones, which Kokoro's English does not have."""
    phonemes: list[str] = _backend(language).phonemize([word])
    spoken = _TONES.sub("", phonemes[0].strip()) if phonemes else ""
    for written, sound in _RETROFLEX.items():
        spoken = spoken.replace(written, sound)
    return spoken


@lru_cache(len(LANGUAGES))
def _backend(language: str) -> EspeakBackend:
    return without_copies(
        lambda: EspeakBackend(
            language,
            preserve_punctuation=True,
            with_stress=True,
            tie="^",
            language_switch="remove-flags",
            logger=_QUIET,
        )
    )
