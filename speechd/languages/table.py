"""All languages, by tag and by the other codes that name them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from speechd.languages import english
from speechd.languages.base import Language
from speechd.languages.french import FRENCH
from speechd.languages.hindi import HINDI
from speechd.languages.italian import ITALIAN
from speechd.languages.japanese import JAPANESE
from speechd.languages.mandarin import MANDARIN
from speechd.languages.portuguese import PORTUGUESE
from speechd.languages.spanish import SPANISH

_ALL: Final = (english.US, english.GB, SPANISH, FRENCH, HINDI, ITALIAN, JAPANESE, PORTUGUESE, MANDARIN)

LANGUAGES: Final[Mapping[str, Language]] = {language.tag: language for language in _ALL}
"""By tag."""

KOKORO_CODES: Final[Mapping[str, str]] = {
    language.kokoro_code: tag for tag, language in LANGUAGES.items() if language.kokoro_code
}
"""Kokoro's letter → tag, of the languages that it speaks."""

CODES: Final[Mapping[str, str]] = {
    **KOKORO_CODES,
    **{code: tag for tag, language in LANGUAGES.items() for code in language.codes},
}
"""Each code that stands for a tag, Kokoro's letters included → the tag."""


def find_language(tag: str) -> Language:
    """The language of a tag; one about which nothing is known where the table lacks it, as an engine may bring more."""
    return LANGUAGES.get(tag) or Language(tag=tag, name=tag)
