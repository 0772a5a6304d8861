"""Measures: numbers with units, sizes and factors."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from speechd.languages.english import US
from speechd.text.normalization.english import fractions, powers, ratings, reading, sizes
from speechd.text.normalization.english.per import PER, PER_PATTERN, british
from speechd.text.normalization.english.sizes import is_attributive
from speechd.text.normalization.rules import DASH, NUMBER, SIGN, START, Rule, either, rule
from speechd.text.normalization.units import SYMBOL, unit_of
from speechd.text.normalization.verbalizer import Verbalizer

_SCALE: Final = {"k": "thousand", "K": "thousand", "M": "million", "mn": "million", "bn": "billion", "tn": "trillion"}
_OTHER_UNITS: Final[Mapping[str, str]] = {
    "fps": "frames per second", "rpm": "revolutions per minute", "bpm": "beats per minute", "ppm": "parts per million",
    "ppb": "parts per billion", "dB": "decibels", "mAh": "milliamp hours", "Ah": "amp hours", "sqft": "square feet",
    "sq. ft.": "square feet", "sq.ft.": "square feet", "sq. mi.": "square miles", "sq. m": "square meters",
    "yrs": "years", "yr": "years", "mo": "months", "pts": "points", "wk": "weeks", "wks": "weeks", "mos": "months",
    "ºK": "kelvin",
    "pp": "percentage points", "pct": "percent", "pc": "percent", "µL": "microliters", "µl": "microliters",
    "uL": "microliters", "mmol": "millimoles", "µmol": "micromoles", "nmol": "nanomoles", "mol": "moles",
    "mM": "millimolar", "µM": "micromolar", "nM": "nanomolar", "kDa": "kilodaltons", "IU": "international units",
    "BTU": "B.T.U", "kV": "kilovolts", "mV": "millivolts", "kΩ": "kilohms", "MΩ": "megohms", "µF": "microfarads",
    "nF": "nanofarads", "pF": "picofarads", "kN": "kilonewtons", "eV": "electronvolts", "keV": "kilo-electronvolts",
    "MeV": "mega-electronvolts", "GeV": "giga-electronvolts", "TeV": "tera-electronvolts", "mSv": "millisieverts",
    "µSv": "microsieverts", "Tbsp": "tablespoons", "Tbs": "tablespoons", "tbs": "tablespoons", "Tsp": "teaspoons",
    "pt": "pints", "qt": "quarts", "qts": "quarts", "pts.": "pints", "gals": "gallons", "doz": "dozen",
    "KG": "kilograms",
    "kgs": "kilograms", "KM": "kilometers", "kms": "kilometers", "CM": "centimeters", "MM": "millimeters",
    "LBS": "pounds", "LB": "pounds", "mbps": "megabits per second", "gbps": "gigabits per second", "kt": "knots",
    "kts": "knots", "nmi": "nautical miles", "ly": "light years", "cc": "cubic centimeters", "mcg": "micrograms",
    "mEq": "milliequivalents",
    "Gy": "grays", "MHZ": "megahertz", "Mhz": "megahertz", "GHZ": "gigahertz", "Ghz": "gigahertz", "KHz": "kilohertz",
    "km/hr": "kilometers per hour", "km/sec": "kilometers per second", "ft/s": "feet per second",
    "m/s²": "meters per second squared", "m/s^2": "meters per second squared", "m/s2": "meters per second squared",
    "lb/ft": "pounds per foot", "N·m": "newton meters", "Nm": "newton meters", "µg/m³": "micrograms per cubic meter",
    "mi/h": "miles per hour", "mi/hr": "miles per hour", "kb/s": "kilobits per second", "Mb/s": "megabits per second",
    "Gb/s": "gigabits per second", "°K": "kelvin", "oC": "degrees Celsius",
}  # fmt: skip
_SINGULARS: Final[Mapping[str, str]] = {"feet": "foot", "inches": "inch"}
_UNCHANGED: Final = frozenset(
    "percent dozen kelvin B.T.U millimolar micromolar nanomolar megahertz gigahertz kilohertz".split()
)
_STARTERS: Final = "|".join(sorted(word.capitalize() for word in US.segmentation.starters))
_STOP: Final = rf"(?:(?<=[A-Za-z])\.(?=[,;:)]|[ ][a-z\d(]|[ ](?!(?:{_STARTERS})(?!\w)|[A-Z][a-z]{{1,20}}:)[A-Z][a-z]))?"
"""The stop of an abbreviation that ends no sentence."""


def _measure(match: re.Match[str], verbalizer: Verbalizer) -> str:
    unit = unit_of(match)
    if unit is None:
        return match[0]
    last = reading.ungrouped(match["sign"] + match["number"])
    if match["joint"] == "-" or (unit not in ("concentr-percent", "angle-degree") and is_attributive(match)):
        spoken = f"{verbalizer.number(last)} {verbalizer.unit('1', unit)}"
    else:
        spoken = verbalizer.measure(last, unit)
    if low := match["low"]:
        spoken = f"{reading.number(low, verbalizer)} {'by' if match['dash'].strip() in 'x×' else 'to'} {spoken}"
    return spoken


def _other_measure(match: re.Match[str], verbalizer: Verbalizer) -> str:
    name = _OTHER_UNITS[match["unit"]]
    if match["number"] == "1" or match["joint"] == "-" or is_attributive(match):
        name = singular(name)
    per = f" per {PER[match['per']]}" if match["per"] else ""
    low = f"{reading.number(match['low'], verbalizer)} to " if match["low"] else ""
    return low + f"{reading.number(match['number'], verbalizer)} {british(name + per, verbalizer)}"


def singular(name: str) -> str:
    """The singular of a unit's name: "foot", "frame per second"."""
    first, per, rest = name.partition(" per ")
    head, _, last = first.rpartition(" ")
    last = _SINGULARS.get(last) or (last if last in _UNCHANGED else last.removesuffix("s"))
    return f"{head} {last}".strip() + per + rest


def _temperatures(match: re.Match[str], verbalizer: Verbalizer) -> str:
    low = f"{reading.number(match['low'], verbalizer)} to " if match["low"] else ""
    scale = _SCALES[match["scale"]]
    return f"{match['cue']}{low}{reading.number(match['high'], verbalizer)} degrees {scale}"


def _coordinate(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """Degrees, minutes and seconds of an arc, with the direction."""
    parts = [(match[1], "degree"), (match[2], "minute"), (match[3], "second")]
    spoken = [f"{reading.number(n, verbalizer)} {name}{'' if n == '1' else 's'}" for n, name in parts if n]
    points = {"N": "north", "S": "south", "E": "east", "W": "west"}
    return " ".join([*spoken, points[match[4]]] if match[4] else spoken)


def _cups(match: re.Match[str], _: Verbalizer) -> str:
    one = re.search(r"(?<!\d)(?:1|\d/\d{1,2})[ ]$", match.string[max(0, match.start() - 6) : match.start()])
    name = {"T": "tablespoon", "t": "teaspoon"}.get(match[0][0], "cup")
    return name if one else f"{name}s"


_TO_RANGE: Final = (
    rf"(?:(?P<low>{NUMBER}|\.\d++)(?:[ ]?(?P<lowunit>%|°[CF]?|[A-Za-zµ]{{1,4}})(?={DASH}[\d.]{{1,12}}[ ]?"
    rf"(?P=lowunit)(?!\w)))?"
    rf"(?P<dash>{DASH}|[ ]?[x×][ ]?)(?=[-−]?[\d.]))?"
)
_SCALED: Final[Mapping[str, str]] = {
    "kg": "kilograms", "km": "kilometers", "lb": "pounds", "lbs": "pounds", "kWh": "kilowatt hours", "MW": "megawatts",
    "GW": "gigawatts", "ft": "feet", "mi": "miles", "ha": "hectares", "km²": "square kilometers",
}  # fmt: skip
_SCALES: Final = {"F": "Fahrenheit", "C": "Celsius"}
_INGREDIENTS: Final = (
    "lemon lime orange butter sugar oil olive flour soy vinegar water milk honey salt baking "
    "rice yeast cheese broth stock beans oats nuts corn pepper sifted packed cold warm hot boiling "
    "fresh chopped cornstarch "
    "vanilla mayonnaise mustard cream grated minced brown maple cocoa tomato ketchup sesame worcestershire of"
).split()

_WEATHER: Final = (
    r"(?P<cue>(?<!\w)(?:[Hh]ighs?|[Ll]ows?|[Aa]round|[Nn]ear|[Aa]bout|[Aa]t|to|of|[Bb]etween|[Ff]rom|[Bb]elow|[Aa]bove|over|"
    r"under|[Tt]emperatures?|hits?|reach|reached)[ ])"
)
_DOSES: Final = "[ ]?(?:mg|mcg|µg|g|IU|units|mEq|mmol)"
_VEHICLES: Final = "(?:mL|ml|L|l|kg|g|h|hr|hrs|hours|min|days|tsp|tablets?)"
_BOTH: Final = "[ ]?(?:V|kV|W|kW|hp|Hz|kHz|MHz|GHz|m|ft|km|mi|miles|kg|lb|lbs|g|oz|cm|in|mm|mph|kPa|psi|ml|mL|GB|TB)"

RULES: Final[tuple[Rule, ...]] = (
    rule(
        r"(?<![\w.])\.(\d{2})(?=[ -](?:caliber|calibre|cal|rifle|pistol|revolver|Special|Magnum|handgun|gun|ACP"
        r"|Long|ammunition|bullet)(?![a-z]))",
        lambda m, v: v.cardinal(m[1]),
        hint=".",
    ),
    rule(r"(?<![\w.,])(\d{1,4})d[ ]?(?=\d{1,2}h(?:[ ]|\d|(?!\w)))", r"\1 days ", hint="d"),
    rule(r"(?<![\w.,])(\d{1,3})h[ ]?(\d{1,2})m(?=[ ]?\d{1,2}s(?!\w)|(?!\w))", r"\1 h \2 min ", hint="h"),
    rule(r"(?<![\w.,])(\d{1,3})m[ ]?(?=\d{1,2}s(?!\w))", r"\1 min ", hint="m"),
    *powers.RULES,
    *fractions.VULGAR,
    rule(r"(?<=\d )c\.(?=[ ][a-z+&(]|[,;)])", _cups, hint="c."),
    rule(rf"(?<=\d )[TtcC]\.?(?=[ ](?:{'|'.join(_INGREDIENTS)})(?!\w))", _cups, hint=" "),
    rule(r"(?<=°[CF])[ ]?/[ ]?(?=[-−]?\d)", " or ", hint="°"),
    *sizes.SIDES,
    rule(r"(?<![\w.,/])(\d{2,3})/(\d{2,3})(?=[ ]?mm[ ]?Hg(?!\w))", r"\1 over \2", hint="Hg"),
    rule(rf"(?<=\d)({_DOSES})[ ]?/[ ]?(?=\d{{1,4}}(?:\.\d{{1,2}})?[ ]?{_VEHICLES}(?!\w))", r"\1 per ", hint="/"),
    rule(rf"(?<=\d)({_BOTH})[ ]?/[ ]?(?={NUMBER}{_BOTH}(?!\w))", r"\1, ", hint="/"),
    rule(
        rf"{_WEATHER}(?:(?P<low>[-−]?\d{{1,3}})[CF]?[ ]?(?:to|[-–])[ ]?(?=[-−]?\d)|(?=[-−]|\d\d)|(?<!to )(?<!at ))"
        r"(?P<high>[-−]?\d{1,3})[ ]?(?P<scale>[CF])(?![\w'’-])",
        _temperatures,
    ),
    rule(
        r"(?<![^\s(])(?<!\d[ ])[-−](\d{1,2})(C|F)(?![\w'’-])",
        lambda m, v: f"minus {v.cardinal(m[1])} degrees {_SCALES[m[2]]}",
    ),
    rule(
        rf"{START}({SIGN}\d{{1,3}}(?:\.\d{{1,2}})?)[ -]?bps(?!\w)",
        lambda m, v: f"{reading.number(m[1], v)} basis {'point' if m[1] == '1' or is_attributive(m) else 'points'}",
        hint="bps",
    ),
    rule(
        r"(?<![\w.,])(\d{1,3})°[ ]?(?:(\d{1,2})(?:'|’)[ ]?(?:(\d{1,2}(?:\.\d{1,4})?)(?:\"|''))?)?[ ]?([NSEW])(?!\w)",
        _coordinate,
        hint="°",
    ),
    rule(r"(?<![\w.,])(\d{1,3})°[ ]?(\d{1,2})'[ ]?(?:(\d{1,2}(?:\.\d{1,4})?)(?:\"|''))?()", _coordinate, hint="°"),
    rule(r"(?<![\w.,])(\d{1,3})°[-–](?=\d{1,3}[ ]?°)", lambda m, v: f"{v.cardinal(m[1])} to ", hint="°"),
    rule(r"(?<![\w.,/-])(\d{1,3})[ ]?[-–][ ]?(?=\d{1,3}[ -]\d/\d)", r"\1 to ", hint="/"),
    rule(
        r"(?<=\d)-in\.?(?=[ ][a-z]|\))",
        lambda m, _: "-inch",
        hint="-in",
    ),
    *sizes.INCHES,
    rule(
        rf"{START}(?P<sign>{SIGN})({NUMBER})[ -]?in\.?(?=[ ](?:wide|tall|long|deep|thick|high|x)(?!\w))",
        lambda m, v: v.measure(m["sign"] + reading.ungrouped(m[2]), "length-inch"),
        hint="in",
    ),
    rule(
        rf"{START}({NUMBER})[ ]in\.(?=[ ][a-z])(?![ ](?:the|a|an|my|his|her|their|all|which|this|that)(?!\w))",
        lambda m, v: (
            f"{reading.number(m[1], v)} {v.unit('1' if is_attributive(m) or m[1] == '1' else '2', 'length-inch')}"
        ),
        hint="in.",
    ),
    rule(
        rf"{START}({NUMBER})[ ]in\.(?=[;,)]|[\"')]*$)",
        lambda m, v: (
            v.measure(reading.ungrouped(m[1]), "length-inch") + ("" if m.string[m.end() :].strip("\"') ") else ".")
        ),
        hint="in.",
    ),
    rule(
        rf"{START}({NUMBER})m(?=[ ](?:people|users|customers|jobs|residents|viewers|followers|views|downloads"
        rf"|copies|homes|"
        r"children|men|women|votes|visitors|subscribers|years)(?!\w))",
        lambda m, v: f"{reading.number(m[1], v)} million",
        hint="m ",
    ),
    *ratings.RULES,
    *fractions.RULES,
    rule(
        r"(?<![\w.,])(\d{1,2})[ ]?st[ ](\d{1,2})[ ]?lbs?\.?(?!\w)",
        lambda m, v: f"{v.cardinal(m[1])} stone {v.measure(m[2], 'mass-pound')}",
        hint="st",
    ),
    rule(
        rf"{START}(?:(?P<low>{NUMBER})[-–])?(?P<number>{NUMBER})(?P<joint>[ -]?)(?P<unit>{either(_OTHER_UNITS)})"
        rf"(?:/(?P<per>{PER_PATTERN}))?(?![\w²³^]|/\w){_STOP}",
        _other_measure,
    ),
    rule(
        rf"(?<![\w.,/])(?P<sign>{SIGN}){_TO_RANGE}(?P<number>{NUMBER}|\.\d++)"
        rf"(?P<joint>[ -]?)(?:{SYMBOL})(?![\w°²³^]|/\d){_STOP}",
        _measure,
    ),
    rule(
        rf"{START}(\d{{1,9}}(?:\.\d{{1,3}})?){DASH}(?=\d{{1,9}}(?:\.\d{{1,3}})?[x×kKM](?!\w))",
        lambda m, v: f"{reading.number(m[1], v)} to ",
    ),
    rule(
        rf"{START}(?<!\w-)(?!4K|8K|2K)({NUMBER})[ ]?({either(_SCALE)})(?!\w)",
        lambda m, v: f"{reading.number(m[1], v)} {_SCALE[m[2]]}",
    ),
    rule(
        rf"{START}({NUMBER})[ ](million|billion|trillion|thousand|hundred)[ ]({either(_SCALED)})(?!\w)",
        lambda m, v: f"{reading.number(m[1], v)} {m[2]} {_SCALED[m[3]]}",
    ),
    rule(
        r"(?<![\w.,])802\.11([a-z]{0,2})(?!\w)",
        lambda m, v: f"eight oh two dot eleven {' '.join(m[1].upper())}".strip(),
    ),
    rule(
        r"(?<![\w.,$])(\d{1,4}\.\d{1,3})([A-Z]{1,2})(?!\w|[-+]\d)",
        lambda m, v: f"{v.number(m[1])} {' '.join(m[2])}",
        hint=".",
    ),
    rule(r"(?<![\w.,$-])(\d{1,4}\.\d{1,4})-(?=[A-Za-z]{2})", lambda m, v: f"{v.number(m[1])} ", hint="-"),
    rule(
        r"(?<![\w.,])(\d{3,4})[ ]?[x×][ ]?(\d{3,4})(?!\w|[.,]\d)",
        lambda m, v: f"{reading.pairs(m[1], v)} by {reading.pairs(m[2], v)}",
    ),
    rule(
        rf"(?<![\w.,])({NUMBER})(?:[ ]?x[ ]?|×)(?=\d{{1,4}}(?!\d|[.,]\d|[\^⁰¹²³⁴-⁹]))",
        lambda m, v: f"{reading.number(m[1], v)} by ",
    ),
)
