"""English, American and British: written → spoken. The order of the tables is the order of precedence."""

from __future__ import annotations

import re
from typing import Final

from speechd.text.normalization.english import (
    abbreviations,
    calendar,
    codes,
    dates,
    electronic,
    math,
    measures,
    money,
    numbers,
    per,
    symbols,
)
from speechd.text.normalization.rules import apply
from speechd.text.normalization.verbalizer import Verbalizer

_WORDS_AND_SIGNS: Final = (*math.RULES, *electronic.RULES, *symbols.RULES, *abbreviations.RULES, *calendar.DAYS)
_ALGEBRA: Final = (math.ALGEBRA,)
_HAS_ALGEBRA = re.compile(r"[=^]|[A-Za-z)][²³⁴-⁹]|\d[abnxyz][ ]?[+*−-]")
_WITH_DIGITS: Final = (*dates.RULES, *money.RULES, *codes.RULES, *measures.RULES)
_HAS_NUMBER = re.compile(r"[\d½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ^]")


def verbalize(text: str, verbalizer: Verbalizer) -> str:
    """`text`, in the form of `typography.unify`, in words."""
    text = apply(_WORDS_AND_SIGNS, text, verbalizer)
    if _HAS_ALGEBRA.search(text):
        text = apply(_ALGEBRA, text, verbalizer)
    numeric = _HAS_NUMBER.search(text)
    if numeric:
        text = apply(_WITH_DIGITS, text, verbalizer)
    text = apply(symbols.SIGNS, text, verbalizer)
    if numeric:
        text = apply(numbers.RULES, text, verbalizer)
    text = apply(per.RULES, text, verbalizer)
    return apply(symbols.SLASH, text, verbalizer)
