"""Days and months that stand by themselves: "Mon-Fri", "Wed.", "Jan-Mar", and "due 3/7"."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from speechd.text.normalization.rules import Rule, either, rule
from speechd.text.normalization.verbalizer import Verbalizer

MONTHS: Final = "January February March April May June July August September October November December".split()
WEEKDAYS: Final[Mapping[str, str]] = {
    "Mon": "Monday", "Tue": "Tuesday", "Tues": "Tuesday", "Wed": "Wednesday", "Weds": "Wednesday", "Thu": "Thursday",
    "Thur": "Thursday", "Thurs": "Thursday", "Fri": "Friday", "Sat": "Saturday", "Sun": "Sunday",
}  # fmt: skip
_SHORT_MONTHS: Final[Mapping[str, str]] = {
    **{month[:3]: month for month in MONTHS if month != "May"}, "Sept": "September",
}  # fmt: skip
_DAY: Final = either(WEEKDAYS)
_FULL_DAY: Final = "(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day"
_SURE: Final = either(set(WEEKDAYS) - {"Sat", "Sun"})
_SHORT: Final = either(_SHORT_MONTHS)
_CUES: Final = (
    "on by due since through thru until till from before after between deadline dated expires starting "
    "starts ends".split()
)
_CUED: Final = "(?:" + "|".join(rf"(?<=\b{word} )" for word in (*_CUES, *(cue.title() for cue in _CUES))) + ")"
_LABELS: Final = "|".join(
    f"(?<={label})"
    for label in (
        r"eadline:[ ]", r"[Dd]ue:[ ]", r"[Dd]ate:[ ]", r"[Ww]eek[ ]of[ ]", r"ETA[ ]", r"ETA:[ ]", r"day[ ]is[ ]",
        r"born[ ]", r"[CE]O[BD][ ]", r"opens[ ]", r"closes[ ]", r"day[ ]", r"day,[ ]", r"day[ ]\(",
    )
)  # fmt: skip
_MONTH_DAY: Final = r"(?!9/11(?!\d))(0?[1-9]|1[0-2])/(0?[1-9]|[12]\d|3[01])(?![\w/%]|[.,]\d)"
_AFTER_A_DAY: Final = (
    "(?:"
    + "|".join(rf"(?<={end} {word} )" for end in "st nd rd th".split() for word in "to through until and".split())
    + ")"
)
_EVENTS: Final = (
    "launch meeting deadline game call appointment release event update episode show party concert session exam test "
    "election vote hearing trial attack attacks deadline class lecture webinar demo"
).split()


def _weekday(match: re.Match[str], _: Verbalizer) -> str:
    """The day's name; a stop that also ends the sentence stays."""
    after = match.string[match.end() :]
    ends = match[0].endswith(".") and not after.startswith(")") and not after.strip("\"') \n")
    return WEEKDAYS[match[1]] + ("." if ends else "")


def _weekdays(match: re.Match[str], _: Verbalizer) -> str:
    return f"{WEEKDAYS[match[1]]} to {WEEKDAYS.get(match[2], match[2])}"


def _days(match: re.Match[str], _: Verbalizer) -> str:
    return ", ".join(WEEKDAYS[day.rstrip(".")] for day in match[0].split("/"))


def _month(match: re.Match[str], _: Verbalizer) -> str:
    ends = match[0].endswith(".") and not match.string[match.end() :].strip("\"') \n")
    return _SHORT_MONTHS[match[1]] + ("." if ends else "")


def _months(match: re.Match[str], _: Verbalizer) -> str:
    return f"{_SHORT_MONTHS.get(match[1], match[1])} to {_SHORT_MONTHS.get(match[2], match[2])}"


def _month_and_day(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """Read "on 12/25" and "on 4/12" with the month first, or in the language's order."""
    month, day = int(match[1]), int(match[2])
    if verbalizer.language.day_first and day <= 12:
        month, day = day, month
    return f"{MONTHS[month - 1]} {verbalizer.ordinal(day)}"


def _days_of_month(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return f"{verbalizer.cardinal(match[1])} to {verbalizer.cardinal(match[2])} {match[3]}"


NEEDED: Final = re.compile(rf"(?:{_DAY}|{_SHORT})(?![a-z])")
"""A short name of a day or a month."""

DAYS: Final[tuple[Rule, ...]] = (
    rule(rf"(?<!\w){_DAY}\.?(?:/{_DAY}\.?){{1,6}}(?!\w)", _days),
    rule(rf"(?<!\w)({_DAY})[ ]to[ ]({_DAY}|{_FULL_DAY})(?!\w)", _weekdays),
    rule(rf"(?<![\w'])({_SURE})(?=[ ](?:morning|afternoon|evening|night)(?!\w))", _weekday),
    rule(rf"(?<=[a-z] )({_SHORT})\.(?=[ ][a-z]|[,;])", _month, hint="."),
    rule(rf"(?<!\w)({_DAY})\.?[ ]?[-–][ ]?({_DAY}|{_FULL_DAY})\.?(?!\w)", _weekdays),
    rule(rf"(?<!\w)({_DAY})\.?(?=,[ ](?:{'|'.join(MONTHS)}|{_SHORT}\.?[ ]\d|the[ ]|at[ ]|\d))", _weekday),
    rule(
        rf"(?<!\w)({_DAY})\.?(?=[ ](?:\d{{1,2}}(?::\d\d|[-–]\d|[/:]\d{{1,2}}|[ ]?[aApP]\.?[mM]|st|nd|rd|th)|"
        rf"(?:{'|'.join(MONTHS)}|{_SHORT})\.?[ ]\d))",
        _weekday,
    ),
    rule(rf"(?<!\w)({_DAY})\.(?=,|[ ](?:[a-z(]|and[ ])|\))", _weekday, hint="."),
    rule(
        rf"(?:(?<=[a-z] )|(?<=[a-z], )|(?<=EOD )|(?<=COB ))({_SURE})"
        rf"(?:\.(?=[ ]?[,;:)]|[\"')\s]*$|[ ])"
        rf"|(?=[ ](?:morning|afternoon|evening|night|and[ ]{_DAY}|or[ ]{_DAY})(?!\w)))",
        _weekday,
    ),
    rule(rf"(?<=day and )({_DAY})\.?(?!\w)", _weekday, hint="day"),
    rule(rf"(?<=\bon )({_DAY})\.(?!\w)", _weekday, hint="on "),
    rule(
        rf"(?=[A-Z])(?:(?<=[Ii]n )|(?<=since )|(?<=until )|(?<=last )|(?<=next ))({_SHORT})\.(?=[\"')\s]*$)",
        _month,
        hint=".",
    ),
    rule(rf"(?<!\w)({_SHORT})\.?[ ]?[-–/][ ]?({_SHORT}|May)\.?(?!\w)(?=[ ,;:.)]|$)", _months),
)
DATES: Final[tuple[Rule, ...]] = (
    rule(
        rf"(?<![\w./,-]){_MONTH_DAY}[ ]?[-–][ ]?(?=(?:{_FULL_DAY},?[ ])?{_MONTH_DAY})",
        lambda m, v: f"{_month_and_day(m, v)} to ",
        hint="/",
    ),
    rule(
        rf"(?<![\w./,-]){_MONTH_DAY}(?=[ ](?:through|thru|until|to)[ ](?:{_FULL_DAY},?[ ])?{_MONTH_DAY})",
        _month_and_day,
        hint="/",
    ),
    rule(
        rf"(?<![\w/.,-])([1-9]|[12]\d|3[01])/([1-9]|[12]\d|3[01])[ ]({'|'.join(MONTHS)})(?!\w)",
        _days_of_month,
        hint="/",
    ),
    rule(
        rf"(?=\d)(?:{_CUED}|{_LABELS})"
        rf"{_MONTH_DAY}(?![ ]"
        rf"(?:cup|teaspoon|tablespoon|inch|mile|of[ ]))",
        _month_and_day,
        hint="/",
    ),
    rule(
        rf"(?=\d){_AFTER_A_DAY}{_MONTH_DAY}",
        _month_and_day,
        hint="/",
    ),
    rule(rf"(?:(?<=[Tt]he )|(?<=[Oo]ur )){_MONTH_DAY}(?=[ ](?:{'|'.join(_EVENTS)})(?!\w))", _month_and_day, hint="/"),
)
