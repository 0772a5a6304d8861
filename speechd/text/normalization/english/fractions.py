"""Fractions: "3/4 cup", "1½", "1/4th"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from speechd.text.normalization.rules import Rule, either, rule
from speechd.text.normalization.verbalizer import Verbalizer

_FRACTIONS: Final[Mapping[str, str]] = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5",
    "⅙": "1/6", "⅚": "5/6", "⅐": "1/7", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8", "⅑": "1/9", "⅒": "1/10",
}  # fmt: skip
_PARTED: Final = (
    "cup teaspoon tablespoon tsp tbsp Tbsp pint quart gallon ounce pound inch foot mile yard acre hour minute "
    "second day "
    "week month year century meter metre kilometer kilometre liter litre gram kilogram bottle can dozen stick page "
    "point percent slice package lb lbs oz mi hr hrs yr yrs min mins"
).split()
_WHOLE: Final = {
    "tsp": "teaspoon",
    "tbsp": "tablespoon",
    "Tbsp": "tablespoon",
    "lb": "pound",
    "oz": "ounce",
    "mi": "mile",
    "lbs": "pound",
    "hr": "hour",
    "hrs": "hour",
    "yr": "year",
    "yrs": "year",
    "min": "minute",
    "mins": "minute",
}


def _fraction(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """Read "3/4" as "three quarters", "1 1/2" as "one and a half", "3/4 cup" as "three quarters of a cup"."""
    whole, top, bottom = match["whole"], int(match["top"]), int(match["bottom"])
    noun = _WHOLE.get(match["noun"] or "", match["noun"])
    if (bottom > 16 and bottom not in (20, 32, 64, 100)) or (not whole and (top == 0 or bottom < 2)) or bottom == 0:
        return f"{verbalizer.cardinal(match['top'])} over {verbalizer.cardinal(match['bottom'])}" + (
            f" {noun}" if noun else ""
        )
    name = {2: "half", 4: "quarter"}.get(bottom) or verbalizer.ordinal(bottom)
    if top != 1:
        name = "halves" if bottom == 2 else name + "s"
    article = "an" if bottom in (8, 11, 80) else "a"
    if whole:
        part = f"{article} {name}" if top == 1 else f"{verbalizer.cardinal(str(top))} {name}"
        return f"{verbalizer.cardinal(whole)} and {part}" + (f" {noun}s" if noun else "")
    if not noun:
        return f"{verbalizer.cardinal(str(top))} {name}"
    of = "an" if noun[0] in "aeiou" or noun == "hour" else "a"
    if top == 1:
        return f"half {of} {noun}" if bottom == 2 else f"{article} {name} of {of} {noun}"
    return f"{verbalizer.cardinal(str(top))} {name} of {of} {noun}"


def _vulgar(match: re.Match[str], _: Verbalizer) -> str:
    """Write "½" and "1½" as fractions in digits."""
    return f"{match[1]} {_FRACTIONS[match[2]]}" if match[1] else f" {_FRACTIONS[match[2]]}"


_NOUNS: Final = rf"(?:[ ](?:of an? )?(?P<noun>{either(_PARTED)})(?!\w)(?:(?<=tsp|bsp)\.|(?<=lb|oz)\.)?)?"
VULGAR: Final[tuple[Rule, ...]] = (rule(f"([\\d]{{0,9}})[ ]?([{''.join(_FRACTIONS)}])", _vulgar),)
RULES: Final[tuple[Rule, ...]] = (
    rule(
        rf"(?<![\w.,/])(?:(?P<whole>\d{{1,6}})(?:[ ]|[ ]?-))?"
        rf"(?P<top>\d{{1,3}})/(?P<bottom>\d{{1,3}})(?:(?:th|rd|nd)s?)?(?![\w/]|[.,]\d){_NOUNS}",
        _fraction,
        hint="/",
    ),
)
