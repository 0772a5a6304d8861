"""English, American and British: written → spoken. The order of the tables is the order of precedence."""

from __future__ import annotations

import re
from typing import Final

from speechd.text.normalization.english import abbreviations, dates, electronic, math, money, numbers, symbols
from speechd.text.normalization.rules import apply
from speechd.text.normalization.verbalizer import Verbalizer

_WORDS_AND_SIGNS: Final = (*math.RULES, *electronic.RULES, *symbols.RULES, *abbreviations.RULES)
_WITH_DIGITS: Final = (*dates.RULES, *money.RULES, *numbers.CODES, *numbers.MEASURES)
_HAS_NUMBER = re.compile(r"[\d½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ^]")


def spoken(text: str, words: Verbalizer) -> str:
    """`text`, tidied, in words."""
    text = apply(_WORDS_AND_SIGNS, text, words)
    numeric = _HAS_NUMBER.search(text)
    if numeric:
        text = apply(_WITH_DIGITS, text, words)
    text = apply(symbols.SIGNS, text, words)
    if numeric:
        text = apply(numbers.NUMBERS, text, words)
    return apply(symbols.SLASH, text, words)
