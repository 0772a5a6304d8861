"""Numbers after codes and measures: years and eras, powers, ordinals, ranges, and all others."""

from __future__ import annotations

import re
from typing import Final

from speechd.text.normalization.english import reading
from speechd.text.normalization.english.codes import LETTERS_WITH_DIGITS
from speechd.text.normalization.rules import DASH, NUMBER, SIGN, START, Rule, rule
from speechd.text.normalization.verbalizer import Verbalizer

_BEFORE_YEAR: Final = (
    "in since by from until till of during circa around about year before after between and to late early mid spring "
    "summer autumn fall winter copyright © flourished born died reigned est established"
).split()
_DETERMINERS: Final = "the this that last next fiscal our his her their its every each these those".split()
_SINGULAR: Final = frozenset("hours was is has does this its as his us thus always perhaps across towards less".split())
"""Words in -s that are no things one counts."""

_COUNTED: Final = frozenset(
    "people men women children sheep fish soldiers troops miles feet meters metres yards acres pounds tons tonnes "
    "dollars euros hours minutes seconds days weeks months years times words pages copies members students employees "
    "workers jobs votes seats points units items calories books cars houses homes ships souls inhabitants residents "
    "visitors deaths customers users others shares bottles volumes species horses cattle birds trees steps characters "
    "rupees francs marks prisoners slaves persons families guns kilometers kilometres kilograms grams degrees".split()
)
"""Things that are counted by the thousand, also behind "the"."""

_RAISED: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿⁱ", "0123456789-+ni")


def _year_range(match: re.Match[str], verbalizer: Verbalizer) -> str:
    last = reading.year(match[2], verbalizer) if len(match[2]) > 2 else reading.two_digits(match[2], verbalizer)
    return f"{reading.year(match[1], verbalizer)} to {last}"


def _era(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """Read years with their era: "44 BC", "AD 70", "1200-800 BCE"."""
    spoken = " to ".join(reading.year(year, verbalizer) for year in re.findall(r"\d+", match[0]))
    era = ".".join(re.sub(r"[^A-Z]", "", match[0]))
    return f"{era} {spoken}" if match[0][0].isalpha() else f"{spoken} {era}"


_NUMBER_BEHIND = re.compile(r"[ ]\d")


def _bare_year(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """Four digits between 1100 and 2099 are a year, unless they count what follows: "1500 people"."""
    before, year, noun = match["before"] or match["before2"] or "", match["year"], match["noun"]
    spoken = verbalizer.cardinal(year) if _counts(before, year, noun) else reading.year(year, verbalizer)
    return before + spoken + ("," if _NUMBER_BEHIND.match(match.string, match.end()) else "")


def _counts(before: str, year: str, noun: str | None) -> bool:
    """Whether a number counts the noun behind it. "The 2016 elections" are of a year, and so is an odd number of our
    times; a round one ("1500 soldiers") is a count."""
    if not noun or noun in _SINGULAR:
        return False
    determined = before.strip().lower()
    if determined in _BEFORE_YEAR:
        return False
    if noun in _COUNTED:
        return True
    return not determined and (year[2:] == "00" or not "1900" <= year <= "2035")


def _scientific(match: re.Match[str], verbalizer: Verbalizer) -> str:
    sign = "minus " if match[2] in ("-", "−") else ""
    return f"{reading.number(match[1], verbalizer)} times ten to the {sign}{verbalizer.cardinal(match[3])}"


def _power(match: re.Match[str], verbalizer: Verbalizer) -> str:
    exponent = match[2].translate(_RAISED)
    if exponent in ("2", "3"):
        return f"{match[1]} {'squared' if exponent == '2' else 'cubed'}"
    spoken = reading.number(exponent, verbalizer) if exponent.lstrip("-−").isdecimal() else exponent
    return f"{match[1]} to the power of {spoken}"


RULES: Final[tuple[Rule, ...]] = (
    rule(
        r"(?:(?<=flourished )|(?<=circa )|(?<=reigned )|(?<=lived ))(\d{3,4})[ ]?[-–—][ ]?(\d{2,4})(?!\w)", _year_range
    ),
    rule(r"(?<=[^\W\d_])\.(?=\d)", " point ", hint="."),
    rule(r"(?<![\w.,])(\d{1,4}\.\d{1,3})[ ](?=\d{1,3}(?:\.\d{1,3})?[A-Z]?(?![\w/]))", r"\1, ", hint="."),
    rule(r"(?<![\w.,+*/^=-])([b-xn])-(?=[1-9](?!\w|[.,-]\d))", r"\1 minus ", hint="-"),
    rule(r"(?<!\w)'(?=\d{2}(?![\w']))", "", hint="'"),
    rule(rf"{START}(\d{{1,6}}(?:\.\d{{1,9}})?)[eE]([+−-]?)(\d{{1,4}})(?!\w)", _scientific),
    rule(r"(?<!\w)([A-Za-z]|\d{1,15}(?:\.\d{1,9})?|(?<=\))|\))\^\{?([-−]?\d{1,9}|[a-zA-Z])\}?(?!\w)", _power, hint="^"),
    rule(r"(\w|\))([⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺ⁿⁱ]{1,9})", _power),
    rule(
        r"(?<!\w)(?:AD|A\.D\.)[ ]\d{1,4}(?!\w|[.,]\d)"
        r"|(?<![\w.,-])\d{1,5}(?:[ ]?[-–][ ]?\d{1,5})?[ ]?(?:BCE?|CE|AD|B\.C\.(?:E\.)?|A\.D\.|C\.E\.)(?!\w)",
        _era,
    ),
    rule(rf"(?<![\w.,-])(1[1-9]\d{{2}}|20\d{{2}}){DASH}((?:1[1-9]|20)\d{{2}}|\d{{2}})(?!\w|[.,]\d|-)", _year_range),
    rule(
        rf"(?<![\w.,-])(?:(?P<before>(?<!\w)(?:{'|'.join((*_BEFORE_YEAR, *map(str.title, _BEFORE_YEAR)))})[ ])"
        rf"(?=1\d|2[01])"
        rf"|(?P<before2>(?<!\w)(?:{'|'.join((*_DETERMINERS, *map(str.title, _DETERMINERS)))})[ ])(?=1[1-9]|20)|"
        rf"(?=1[1-9]|20))"
        r"(?P<year>[12]\d{3})(?=[ ](?P<noun>[a-z]+s|people|men|women|children|sheep|fish)(?!\w))?"
        r"(?![\w-]|[.,]\d|[ ]?[×+*/=])",
        _bare_year,
    ),
    rule(r"(?<=\dst|\dnd|\drd|\dth)[-–](?=\d)", " to "),
    rule(rf"(?<![\w.,-])({NUMBER})x{DASH}(?={NUMBER}x(?!\w))", lambda m, v: f"{reading.number(m[1], v)} to ", hint="x"),
    rule(
        r"(?<![\w.,])(\d{1,3}(?:,\d{3}){1,4}|\d{1,15})(?:st|nd|rd|th)(?!\w)",
        lambda m, v: v.ordinal(int(reading.ungrouped(m[1]))),
    ),
    rule(
        rf"{START}({NUMBER})[ ]?[x×]"
        r"(?=[ ](?:faster|slower|more|less|larger|smaller|better|bigger|cheaper|as|the|a|per)\b"
        rf"|[).,;:!?]|$|[ ]?(?![\w(]|[ ]))",
        lambda m, v: f"{reading.number(m[1], v)} times",
    ),
    rule(rf"{START}({NUMBER})x(?!\w)", lambda m, v: f"{reading.number(m[1], v)} times"),
    rule(
        r"(?<![\w.,:])(\d{1,4}):(\d{1,4})(?![\w:]|[.,]\d)",
        lambda m, v: f"{v.cardinal(m[1])} to {v.cardinal(m[2])}",
        hint=":",
    ),
    rule(
        rf"(?<![\w.,-])({SIGN})({NUMBER}|\.\d++){DASH}(?={NUMBER}(?![\w]|-\d))",
        lambda m, v: f"{reading.number(m[1] + m[2], v)} to ",
    ),
    rule(
        r"(?<![\w.,])(\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,9})?|\d{1,9}\.\d{1,9})-?(?=[A-Za-z])",
        lambda m, v: f"{reading.number(m[1], v)} ",
    ),
    LETTERS_WITH_DIGITS,
    rule(rf"(?<![\w.])({SIGN})({NUMBER}|\.\d++)", lambda m, v: reading.number(m[1] + m[2], v)),
    rule(r"\d{1,4000}", lambda m, v: f" {v.number(m[0])} "),
)
