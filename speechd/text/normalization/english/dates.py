"""Dates and times of day."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from speechd.text.normalization.english import calendar, reading
from speechd.text.normalization.english.calendar import MONTHS
from speechd.text.normalization.rules import Rule, rule
from speechd.text.normalization.verbalizer import Verbalizer

_BY_NAME: Final[Mapping[str, str]] = {
    **{month: month for month in MONTHS},
    **{month[:3]: month for month in MONTHS},
    "Sept": "September",
}
_MONTH: Final = (
    rf"(?P<month>{'|'.join(MONTHS)}|(?:{'|'.join(month[:3] for month in MONTHS if month != 'May')}|Sept)\b\.?"
    rf"|(?:{'|'.join(month[:3].upper() for month in MONTHS)}|SEPT|{'|'.join(month.upper() for month in MONTHS)})\b\.?"
    rf"|(?:{'|'.join(month[:3].lower() for month in MONTHS if month not in ('May', 'March', 'June'))}|sept"
    rf"|{'|'.join(month.lower() for month in MONTHS if month not in ('May', 'March'))})\b\.?)"
)
_DAY: Final = r"(?P<day>0?[1-9]|[12]\d|3[01])(?:st|nd|rd|th)?(?:[ ]?[-–][ ]?(?P<last>[12]?\d|3[01])(?:st|nd|rd|th)?)?"
_YEAR: Final = r"(?P<year>[12]\d{3})(?![\w]|[.,]\d)"


def _day(match: re.Match[str], verbalizer: Verbalizer) -> str:
    spoken = verbalizer.ordinal(int(match["day"]))
    return f"{spoken} to {verbalizer.ordinal(int(match['last']))}" if match["last"] else spoken


def _month(match: re.Match[str]) -> str:
    return _BY_NAME[match["month"].rstrip(".").title()]


def _year(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return f", {reading.year(match['year'], verbalizer)}" if match["year"] else ""


def _month_day(match: re.Match[str], verbalizer: Verbalizer) -> str:
    the = "the " if verbalizer.language.day_first else ""
    return f"{_month(match)} {the}{_day(match, verbalizer)}{_year(match, verbalizer)}"


def _day_month(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return f"{match['the'] or 'the '}{_day(match, verbalizer)} of {_month(match)}{_year(match, verbalizer)}"


def _date(year: str, month: int, day: int, verbalizer: Verbalizer) -> str:
    """A date given in numbers, or "" where there is no such day."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return ""
    name, ordinal = MONTHS[month - 1], verbalizer.ordinal(day)
    spoken = f"the {ordinal} of {name}" if verbalizer.language.day_first else f"{name} {ordinal}"
    return f"{spoken}, {reading.year(year, verbalizer)}"


def _iso(match: re.Match[str], verbalizer: Verbalizer) -> str:
    date = _date(match[1], int(match[2]), int(match[3]), verbalizer)
    if not date:
        return match[0]
    return f"{date}, {_clock(match[4], match[5], match[6], verbalizer)}" if match[4] else date


def _numeric(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """Read "3/4/2024" in the language's order, or in the other if only that is a date; with points, day first."""
    first, second, year = int(match[1]), int(match[3]), match[4]
    if len(year) == 2:
        year = ("19" if year > "50" else "20") + year
    day_first = verbalizer.language.day_first or match[2] == "."
    orders = [(second, first), (first, second)] if day_first else [(first, second), (second, first)]
    for month, day in orders:
        if date := _date(year, month, day, verbalizer):
            return date
    return match[0]


def _clock(hour: str, minute: str, second: str | None, verbalizer: Verbalizer, half: str | None = None) -> str:
    """A time of day. half: "a" or "p" of a.m. and p.m."""
    if minute == "00":
        spoken = verbalizer.cardinal(hour) + ("" if half else " hundred" if int(hour) > 12 else " o'clock")
    else:
        spoken = f"{verbalizer.cardinal(hour)} {reading.two_digits(minute, verbalizer)}"
    if second:
        unit = "second" if second == "01" else "seconds"
        spoken += f" and {verbalizer.cardinal(second)} {unit}"
    return f"{spoken} {half.upper()}.M." if half else spoken


def _time(match: re.Match[str], verbalizer: Verbalizer) -> str:
    if int(match[1]) > 24 or int(match[2]) > 59 or int(match[3] or 0) > 59:
        return match[0]
    return _clock(match[1], match[2], match[3], verbalizer, match[4] and match[4].lower())


def _hour(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return f"{verbalizer.cardinal(match[1])} {match[2].upper()}.M."


def _from_time(match: re.Match[str], verbalizer: Verbalizer) -> str:
    half = match[3] and match[3].lower()
    spoken = (
        _clock(match[1], match[2] or "00", None, verbalizer, half)
        if match[2] or half
        else verbalizer.cardinal(match[1])
    )
    return f"{spoken} to "


def _season(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """Two years, of which the second follows the first: "the 2019/20 season"; or a number of a year: "2016/679"."""
    year, number = match[1], match[2]
    if len(number) > 2:
        return f"{reading.year(year, verbalizer)} slash {number}"
    follows = int(number) == (int(year) + 1) % 100
    return f"{reading.year(year, verbalizer)} {reading.two_digits(number, verbalizer)}" if follows else match[0]


_DAY_OF_MONTH: Final = (
    rf"(?:{'|'.join(MONTHS)}|{'|'.join(month[:3] for month in MONTHS)}|Sept)\.?[ ]\d{{1,2}}(?:st|nd|rd|th)?(?!\w)"
)
_WEEKDAY: Final = "(?:(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\\.?,?[ ])?"
_TIME_END: Final = r"(?!\w|:\d)"
_HALF: Final = r"([aApP])\.?[ ]?[mM](?:\.|(?!\w))"
RULES: Final[tuple[Rule, ...]] = (
    rule(
        r"(?<![\w-])(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?"
        r"(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?)?(?![\w-])",
        _iso,
        hint="-",
    ),
    rule(r"(?<![\w.-])((?:19|20)\d{2})[/.](0?[1-9]|1[0-2])[/.](0?[1-9]|[12]\d|3[01])()()()(?![\w/]|\.\d)", _iso),
    rule(r"(?<![\w/.-])(\d{1,2})([/.-])(\d{1,2})\2(\d{4}|\d{2})(?!\w|[/.-]\d)", _numeric),
    rule(r"(?<![\w.,/-])((?:19|20)\d{2})/(\d{2,4})(?![\w/-]|[.,]\d)", _season, hint="/"),
    rule(rf"(?<!\w)({_DAY_OF_MONTH})[ ]?[-–][ ]?(?={_WEEKDAY}{_DAY_OF_MONTH})", r"\1 to ", hint=" "),
    rule(
        rf"(?<![\w/.-])(\d{{1,2}})-({'|'.join(MONTHS)}|{'|'.join(month[:3] for month in MONTHS)})-(\d{{4}})(?![\w-])",
        r"\1 \2 \3",
        hint="-",
    ),
    rule(
        r"(?<![\w.,:/-])(0[1-9])([0-5]\d)(?=[ ](?:GMT|UTC|BST|CET|EST|EDT|PST|PDT|hours|hrs|Zulu)(?!\w))",
        lambda m, v: f"oh {v.cardinal(m[1])} {'hundred' if m[2] == '00' else reading.two_digits(m[2], v)}",
    ),
    *calendar.DATES,
    rule(rf"(?<!\w){_MONTH}[ ]{_DAY}(?:,?[ ]{_YEAR})?(?![\w%]|[.,:/]\d|[ ]?[-–]\d)", _month_day),
    rule(rf"(?<![\w.,/-])(?P<the>[Tt]he[ ])?{_DAY}(?:[ ]of)?[ ]{_MONTH}(?!\w)(?:(?:,?[ ]|,){_YEAR})?", _day_month),
    rule(
        rf"(?<!\w){_MONTH},?[ ](?P<of>of[ ])?{_YEAR}",
        lambda m, v: f"{_month(m)} {m['of'] or ''}{reading.year(m['year'], v)}",
    ),
    rule(
        rf"(?<![\w.:/-])(\d{{1,2}})(?::(\d{{2}}))?(?:[ ]?{_HALF})?"
        rf"[ ]?[-–][ ]?(?=\d{{1,2}}(?::\d{{2}}(?!\d)|[ ]?{_HALF}))",
        _from_time,
    ),
    rule(rf"(?<![\w.:/$£€-])(\d{{1,2}})[:.](\d{{2}})()[ ]?{_HALF}", _time),
    rule(
        rf"(?<![\w.,:/-])(\d{{1,2}}):(\d{{2}})(?::(\d{{2}}))?"
        rf"(?:[ ]?{_HALF})?{_TIME_END}(?![ ](?:ratio|aspect|odds|scale))",
        _time,
        hint=":",
    ),
    rule(rf"(?<![\w.:/$£€-])(\d{{1,2}})[ ]?{_HALF}", _hour),
)
