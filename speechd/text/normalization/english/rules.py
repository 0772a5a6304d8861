"""English, American and British: written → spoken. The order of the groups is the order of precedence."""

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
    places,
    plurals,
    roman,
    symbols,
)
from speechd.text.normalization.rules import Group, apply, apply_groups
from speechd.text.normalization.verbalizer import Verbalizer

_ANY = re.compile("")
_BEFORE_NUMBERS: Final = (
    Group(re.compile(r"[$\\]"), math.RULES),
    Group(re.compile(r"[@#:/.]"), electronic.RULES),
    Group(_ANY, (*symbols.RULES, *abbreviations.BEFORE_PLACES)),
    Group(places.NEEDED, places.RULES),
    Group(_ANY, abbreviations.TITLES),
    Group(roman.NEEDED, roman.RULES),
    Group(_ANY, abbreviations.RULES),
    Group(calendar.NEEDED, calendar.DAYS),
    Group(math.NEEDED, (math.ALGEBRA,)),
)
_WITH_DIGITS: Final = (
    Group(_ANY, (*dates.RULES, *money.RULES, *codes.RULES)),
    Group(plurals.NEEDED, plurals.RULES),
    Group(_ANY, measures.RULES),
    Group(re.compile("/"), per.RULES),
)
_HAS_NUMBER = re.compile(r"[\d½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅐⅛⅜⅝⅞⅑⅒⁰¹²³⁴⁵⁶⁷⁸⁹ⁿ^⁺⁻]")


def verbalize(text: str, verbalizer: Verbalizer) -> str:
    """`text`, in the form of `typography.unify`, in words."""
    text = apply_groups(_BEFORE_NUMBERS, text, verbalizer)
    numeric = _HAS_NUMBER.search(text)
    if numeric:
        text = apply_groups(_WITH_DIGITS, text, verbalizer)
    text = apply(symbols.SIGNS, text, verbalizer)
    if numeric:
        text = apply(numbers.RULES, text, verbalizer)
    return apply((*per.RULES, *symbols.SLASH), text, verbalizer) if "/" in text else text
