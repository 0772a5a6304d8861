"""Written → spoken form: "12 km" → "twelve kilometers"."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from speechd.text.markup import PRONUNCIATION
from speechd.text.normalization import english, romance
from speechd.text.normalization.typography import sweep, tidy
from speechd.text.normalization.verbalizer import Verbalizer

_ENGLISH: Final = frozenset({"en-us", "en-gb"})
_ROMANCE: Final = frozenset({"es", "fr-fr", "it", "pt-br"})

_PASSES: Final = 4
"""One makes almost any text spoken and a second finds nothing to do; signs that hid each other may need another."""


def normalize(text: str, language: str) -> str:
    """The spoken form of a sentence or passage.

    language: "en-us", "en-gb", "es", "fr-fr", "it", "pt-br"; any other text is only tidied, because its engine's own
    G2P reads numbers ("hi", "ja", "zh"). `[word](/ipa/)` stays as it is, no word is lost, spoken text does not change.
    Spaces around it go.
    """
    pieces = []
    position = 0
    for kept in PRONUNCIATION.finditer(text):
        pieces += [_spoken(text[position : kept.start()], language), kept[0]]
        position = kept.end()
    return "".join([*pieces, _spoken(text[position:], language)]).strip(" ")


def _spoken(text: str, language: str) -> str:
    rules = english.spoken if language in _ENGLISH else romance.spoken if language in _ROMANCE else None
    if rules is None:
        return tidy(text)
    for _ in range(_PASSES):
        before = text
        text = sweep(rules(tidy(text), _words(language)))
        if text == before:
            break
    return text


@lru_cache(maxsize=8)
def _words(language: str) -> Verbalizer:
    return Verbalizer(language)
