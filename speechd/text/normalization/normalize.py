"""Written → spoken form: "12 km" → "twelve kilometers"."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from typing import Final

from speechd.languages.table import find_language
from speechd.text.markup.characters import CROSS, TICK
from speechd.text.markup.marks import PRONUNCIATION
from speechd.text.normalization.english import rules as english
from speechd.text.normalization.typography import remove_unspoken, unify
from speechd.text.normalization.verbalizer import Verbalizer

_PASSES: Final = 4
"""One makes almost any text spoken and a second finds nothing to do; signs that hid each other may need another."""

_CACHED: Final = 32
"""Languages whose rules are kept."""

Verbalize = Callable[[str], str]
"""The spoken form of a text in the form of `unify`."""


def normalize(text: str, language: str) -> str:
    """The spoken form of a sentence or passage.

    language: BCP 47, lower case. Without rules for it, the text only gets uniform characters: the engine's G2P reads
    its numbers. `[word](/ipa/)` stays as it is, no word is lost, spoken text does not change. A tick or a
    cross is "yes" or "no". Spaces around it go.
    """
    text = text.strip()
    if TICK in text or CROSS in text:
        yes, no = find_language(language).yes_no
        text = text.replace(TICK, yes).replace(CROSS, no)
    pieces = []
    position = 0
    for kept in PRONUNCIATION.finditer(text):
        pieces += [_spoken(text[position : kept.start()], language), kept[0]]
        position = kept.end()
    return "".join([*pieces, _spoken(text[position:], language)]).strip(" ")


def _spoken(text: str, language: str) -> str:
    verbalize = _rules(language)
    if verbalize is None:
        return unify(text)
    for _ in range(_PASSES):
        before = text
        text = remove_unspoken(verbalize(unify(text)))
        if text == before:
            break
    return text


@lru_cache(_CACHED)
def _rules(tag: str) -> Verbalize | None:
    language = find_language(tag)  # a language's rules are imported, and compiled, when it is first asked for
    match language.normalization:
        case "english":
            return partial(english.verbalize, verbalizer=Verbalizer(language))
        case "romance":
            from speechd.text.normalization.romance import RomanceRules

            return RomanceRules(language).verbalize
        case "hindi":
            from speechd.text.normalization.hindi import rules as hindi

            return hindi.verbalize
        case "japanese":
            from speechd.text.normalization.japanese import rules as japanese

            return japanese.verbalize
        case "mandarin":
            from speechd.text.normalization.mandarin import rules as mandarin

            return mandarin.verbalize
        case _:
            return None
