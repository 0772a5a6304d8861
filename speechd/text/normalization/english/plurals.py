"""Plurals of numbers: decades, ages, aircraft, and counts by hundreds."""

from __future__ import annotations

import re
from typing import Final

from speechd.text.normalization.english import reading
from speechd.text.normalization.rules import Rule, rule
from speechd.text.normalization.verbalizer import Verbalizer

_DECADE_WORDS: Final = "the roaring mid early late his her their my our your into".split()
_COUNTING: Final = (
    "by two three four five six seven eight nine ten several many few both all these those some any more".split()
)
_BEFORE: Final = "(?:" + "|".join(rf"(?<=\b{word}[ -])" for word in _DECADE_WORDS) + ")"
_COUNTED: Final = "(?:" + "|".join(rf"(?<=\b{word} )" for word in _COUNTING) + ")"
_TENS: Final = {
    "10": "tens",
    "100": "hundreds",
    "1000": "thousands",
    "10000": "tens of thousands",
    "100000": "hundreds of thousands",
    "1000000": "millions",
}


def plural(spoken: str) -> str:
    """The plural of a number in words: "twenties", "sixes"."""
    if spoken.endswith("y"):
        return f"{spoken[:-1]}ies"
    return spoken + ("es" if spoken.endswith("x") else "s")


def _decade(match: re.Match[str], verbalizer: Verbalizer) -> str:
    digits = next(filter(None, match.groups()))
    return plural(reading.year(digits, verbalizer) if len(digits) == 4 else verbalizer.cardinal(digits))


def _number(match: re.Match[str], verbalizer: Verbalizer) -> str:
    digits = match[1]
    return plural(reading.pairs(digits, verbalizer) if len(digits) > 2 else verbalizer.cardinal(digits))


def _second_decade(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return f"{match[1]}{match[2]}{plural(verbalizer.cardinal(match[3]))}"


_DECADE: Final = r"[1-9]0['’]?s(?!\w)"
_SPOKEN: Final = "ones|twos|threes|fours|fives|sixes|sevens|eights|nines|tens|teens|hundreds|thousands|ties"
NEEDED: Final = re.compile(r"\d['’]?[ ]?s(?!\w)")
RULES: Final[tuple[Rule, ...]] = (
    rule(
        r"(?<![\w.,])['’]?(1\d{3}|20\d{2})['’]?s(?!\w)"
        rf"|(?=['’\d])(?:(?<![\w])['’](?=\d)|{_BEFORE})([1-9]0)['’]?s(?!\w)"
        rf"|(?<![\w.,$£€-])([1-9]0)['’]?s(?=[ ](?:and|or|to)[ ](?:early[ ]|late[ ])?{_DECADE})",
        _decade,
        hint="s",
    ),
    rule(
        r"((?:[^\W\d_]ies|\d{4}s))([ ](?:and|or|to|through|into)[ ](?:the[ ])?(?:early[ ]|late[ ]|mid-)?"
        r"|-)['’]?([1-9]0)['’]?s(?!\w)",
        _second_decade,
        hint="s",
    ),
    rule(
        r"(?<![\w.,$£€-])(10{1,6}|10{0,2},0{3}(?:,0{3})?)s(?=[ ]of[ ])",
        lambda m, _: _TENS.get(m[1].replace(",", ""), m[0]),
        hint="s of",
    ),
    rule(r"(?<=[A-Z]-)[ ]?(\d{1,3})s(?!\w)", _number, hint="s"),
    rule(r"(?<![\w.,])(1[89]\d0|20\d0)[ ]s(?!\w)", _decade, hint=" s"),
    rule(rf"(?=\d){_COUNTED}(\d{{1,4}})['’]?s(?![\w'])", _number, hint="s"),
    rule(r"(?<![\w.,$£€-])(7[0-8]7|3[0-9]0)s(?!\w)", _number, hint="s"),
    rule(r"(?:(?<=[Tt]he )|(?<=[Bb]oeing )|(?<=Airbus )|(?<=Peugeot ))([1-9]\d{2})s(?!\w)", _number, hint="s"),
    rule(
        rf"((?:{_SPOKEN})[ ](?:and|or|then|to)[ ](?:then[ ])?(?:by[ ]|in[ ])?)(\d{{1,4}})s(?!\w)",
        lambda m, v: m[1] + plural(v.cardinal(m[2])),
        hint="s",
    ),
)
