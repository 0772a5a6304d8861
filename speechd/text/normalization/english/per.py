"""Rates: what stands behind the slash of "$15/hr", "100 words/min" and "579.2/km²"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from speechd.text.normalization.rules import Rule, either, rule
from speechd.text.normalization.verbalizer import Verbalizer

PER: Final[Mapping[str, str]] = {
    "mo": "month", "mth": "month", "month": "month", "yr": "year", "year": "year", "hr": "hour", "hour": "hour",
    "wk": "week", "week": "week", "day": "day", "night": "night", "min": "minute", "minute": "minute", "sec": "second",
    "second": "second", "lb": "pound", "oz": "ounce", "kg": "kilogram", "gal": "gallon", "gallon": "gallon",
    "mile": "mile", "mi": "mile", "km": "kilometer", "km²": "square kilometer", "km2": "square kilometer",
    "mi²": "square mile", "sq mi": "square mile", "m²": "square meter", "m2": "square meter", "m³": "cubic meter",
    "m3": "cubic meter", "sq ft": "square foot", "sqft": "square foot", "ft²": "square foot", "acre": "acre",
    "person": "person", "head": "head", "piece": "piece", "unit": "unit", "seat": "seat", "user": "user",
    "share": "share", "ton": "ton", "tonne": "tonne", "bbl": "barrel", "barrel": "barrel", "kWh": "kilowatt hour",
    "MWh": "megawatt hour", "GB": "gigabyte", "TB": "terabyte", "mL": "milliliter", "ml": "milliliter",
    "dL": "deciliter", "liter": "liter", "litre": "litre", "L": "liter", "µL": "microliter", "dozen": "dozen",
    "cm²": "square centimeter", "cm³": "cubic centimeter", "ha": "hectare", "page": "page", "game": "game",
    "capita": "capita", "serving": "serving", "pound": "pound", "ounce": "ounce", "session": "session", "h": "hour",
    "s": "second",
}  # fmt: skip
PER_PATTERN: Final = rf"(?:{either(PER)})(?![\w²³])"


def british(word: str, verbalizer: Verbalizer) -> str:
    """The word as the language spells it."""
    return word.replace("meter", "metre").replace("liter", "litre") if verbalizer.locale == "en_GB" else word


def _per(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return f" per {british(PER[match[1]], verbalizer)}"


_SHORT: Final = frozenset(
    (
        "h",
        "s",
        "L",
        "head",
        "page",
        "unit",
        "piece",
        "night",
        "day",
        "second",
        "user",
        "seat",
        "game",
        "person",
        "session",
        "share",
    )
)
_RATES: Final = either([word for word in PER if word not in _SHORT])
RULES: Final[tuple[Rule, ...]] = (
    rule(rf"(?<=[a-z]{{2}}s)/({either(PER)})\.?(?![\w²³/-])", _per, hint="/"),
    rule(rf"(?<=[a-z]{{2}})/({_RATES})(?:\.(?=[ ][a-z]|[,;)]))?(?![\w²³/-])", _per, hint="/"),
    rule(
        rf"([ ]per[ ][a-z]{{3,9}})/({either(PER)})(?![\w²³/-])",
        lambda m, v: f"{m[1]} per {british(PER[m[2]], v)}",
        hint="/",
    ),
    rule(r"(?<=[a-z]{2})/s(?![\w/-])", " per second", hint="/s"),
    rule(rf"(?<=\d)/({_RATES})(?![\w²³/-])", lambda m, v: " per " + british(PER[m[1]], v), hint="/"),
)
