"""Measures: numbers with units, fractions, sizes and factors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from speechd.text.normalization.english import reading
from speechd.text.normalization.rules import DASH, NUMBER, SIGN, START, Rule, either, rule
from speechd.text.normalization.units import SYMBOL, unit_of
from speechd.text.normalization.verbalizer import Verbalizer

_FRACTIONS: Final[Mapping[str, str]] = {
    "½": "1/2", "⅓": "1/3", "⅔": "2/3", "¼": "1/4", "¾": "3/4", "⅕": "1/5", "⅖": "2/5", "⅗": "3/5", "⅘": "4/5",
    "⅙": "1/6", "⅚": "5/6", "⅐": "1/7", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8", "⅑": "1/9", "⅒": "1/10",
}  # fmt: skip
_PARTED: Final = (
    "cup teaspoon tablespoon tsp tbsp pint quart gallon ounce pound inch foot mile yard acre hour minute second day "
    "week month year century meter metre kilometer kilometre liter litre gram kilogram bottle can dozen stick page "
    "point percent slice package lb oz mi"
).split()
_WHOLE: Final = {"tsp": "teaspoon", "tbsp": "tablespoon", "lb": "pound", "oz": "ounce", "mi": "mile"}
_SCALE: Final = {"k": "thousand", "K": "thousand", "M": "million", "mn": "million", "bn": "billion", "tn": "trillion"}
_OTHER_UNITS: Final[Mapping[str, str]] = {
    "fps": "frames per second", "rpm": "revolutions per minute", "bpm": "beats per minute", "ppm": "parts per million",
    "dB": "decibels", "mAh": "milliamp hours", "Ah": "amp hours", "sqft": "square feet", "sq. ft.": "square feet",
    "yrs": "years", "pts": "points", "wk": "weeks", "wks": "weeks", "ºK": "kelvin", "pp": "percentage points",
    "pct": "percent",
}  # fmt: skip


def _measure(match: re.Match[str], verbalizer: Verbalizer) -> str:
    unit = unit_of(match)
    if unit is None:
        return match[0]
    last = reading.ungrouped(match["sign"] + match["number"])
    spoken = (
        f"{verbalizer.number(last)} {verbalizer.unit('1', unit)}"
        if match["joint"] == "-"
        else verbalizer.measure(last, unit)
    )
    if low := match["low"]:
        spoken = f"{reading.number(low, verbalizer)} {'by' if match['dash'].strip() in 'x×' else 'to'} {spoken}"
    return spoken


def _feet(match: re.Match[str], verbalizer: Verbalizer) -> str:
    inches = f" {verbalizer.measure(match[2], 'length-inch')}" if match[2] else ""
    return verbalizer.measure(match[1], "length-foot") + inches


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
    if whole:
        part = f"a {name}" if top == 1 else f"{verbalizer.cardinal(str(top))} {name}"
        return f"{verbalizer.cardinal(whole)} and {part}" + (f" {noun}s" if noun else "")
    if not noun:
        return f"{verbalizer.cardinal(str(top))} {name}"
    article = "an" if noun[0] in "aeiou" or noun == "hour" else "a"
    if top == 1:
        return f"half {article} {noun}" if bottom == 2 else f"a {name} of {article} {noun}"
    return f"{verbalizer.cardinal(str(top))} {name} of {article} {noun}"


def _vulgar(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """Write "½" and "1½" as fractions in digits."""
    return f"{match[1]} {_FRACTIONS[match[2]]}".strip()


def _decade(match: re.Match[str], verbalizer: Verbalizer) -> str:
    digits = match[1] or match[2]
    spoken = reading.year(digits, verbalizer) if len(digits) == 4 else verbalizer.cardinal(digits)
    return f"{spoken[:-1]}ies" if spoken.endswith("y") else f"{spoken}s"


_TO_RANGE: Final = rf"(?:(?P<low>{NUMBER}|\.\d++)(?P<dash>{DASH}|[ ]?[x×][ ]?)(?=[-−]?[\d.]))?"
_NOUNS: Final = rf"(?:[ ](?:of an? )?(?P<noun>{either(_PARTED)})(?!\w)(?:(?<=tsp|bsp)\.|(?<=lb|oz)\.)?)?"

RULES: Final[tuple[Rule, ...]] = (
    rule(
        r"(?<![\w.,])['’]?(1\d{3}|20\d{2})['’]?s(?!\w)"
        r"|(?:(?<![\w])['’](?=\d)|(?<=the )|(?<=mid-)|(?<=early )|(?<=late )|(?<=his )|(?<=her ))([1-9]0)['’]?s(?!\w)",
        _decade,
        hint="s",
    ),
    rule(
        f"([\\d]{{0,9}})[ ]?([{''.join(_FRACTIONS)}])", lambda m, v: f" {_vulgar(m, v)}" if not m[1] else _vulgar(m, v)
    ),
    rule(rf"{START}(\d{{1,2}})['’][ ]?(\d{{1,2}})(?:\"|'')", _feet),
    rule(rf"{START}(\d{{1,2}})[ ]?(?:ft|feet)\.?[ ](\d{{1,2}})[ ]?in(?:\.(?=[ ]?[,;a-z]))?(?!\w)", _feet, hint="in"),
    rule(
        rf"(?<![\w.,/\"])({NUMBER})\"(?=[ ](?P<noun>screen|display|pipe|monitor|TV)?"
        r"(?:(?<=[a-z])|x|by|of|wide|tall|long|deep|thick)(?!\w))",
        lambda m, v: (
            f"{reading.number(m[1], v)} {v.unit('1' if m['noun'] else reading.ungrouped(m[1]), 'length-inch')}"
        ),
    ),
    rule(
        rf"{START}(?P<sign>{SIGN})({NUMBER})[ -]?in\.?(?=[ ](?:wide|tall|long|deep|thick|high|x)(?!\w))",
        lambda m, v: v.measure(m["sign"] + reading.ungrouped(m[2]), "length-inch"),
        hint="in",
    ),
    rule(
        rf"(?<![\w.,/])(?:(?P<whole>\d{{1,6}})(?:[ ]|[ ]?-))?"
        rf"(?P<top>\d{{1,3}})/(?P<bottom>\d{{1,3}})(?![\w/]|[.,]\d){_NOUNS}",
        _fraction,
        hint="/",
    ),
    rule(
        rf"{START}({NUMBER})[ ]?({either(_OTHER_UNITS)})(?!\w)",
        lambda m, v: f"{reading.number(m[1], v)} {_OTHER_UNITS[m[2]]}",
    ),
    rule(
        rf"(?<![\w.,/])(?P<sign>{SIGN}){_TO_RANGE}(?P<number>{NUMBER}|\.\d++)"
        rf"(?P<joint>[ -]?)(?:{SYMBOL})(?![\w°²³^]|/\d)(?:(?<=[a-z])\.(?=[,;]|[ ][a-z]))?",
        _measure,
    ),
    rule(
        rf"{START}(\d{{1,9}}(?:\.\d{{1,3}})?){DASH}(?=\d{{1,9}}(?:\.\d{{1,3}})?[x×kKM](?!\w))",
        lambda m, v: f"{reading.number(m[1], v)} to ",
    ),
    rule(
        rf"{START}(?!4K|8K|2K)({NUMBER})[ ]?({either(_SCALE)})(?!\w)",
        lambda m, v: f"{reading.number(m[1], v)} {_SCALE[m[2]]}",
    ),
    rule(
        r"(?<![\w.,])(\d{3,4})[ ]?[x×][ ]?(\d{3,4})(?!\w|[.,]\d)",
        lambda m, v: f"{reading.pairs(m[1], v)} by {reading.pairs(m[2], v)}",
    ),
    rule(
        rf"(?<![\w.,])({NUMBER})(?:[ ]?x[ ]?|×)(?=\d{{1,4}}(?!\d|[.,]\d|[\^⁰¹²³⁴-⁹]))",
        lambda m, v: f"{reading.number(m[1], v)} by ",
    ),
)
