"""Dates and times of day."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from speechd.text.normalization.romance.verbalizer import RomanceVerbalizer
from speechd.text.normalization.rules import Rule, either, rule

_PIVOT: Final = 50
"""Years of two digits below it are of this century."""


_DAY_CUES: Final = "[Ee]l|[Dd]el|[Aa]l|[Ll]e|[Dd]u|[Aa]u|[Ii]l|[Dd]al|[Dd]ía|[Dd]ia|[Ee]m"
"""Words behind which "3/5" is a day of a month."""


def rules(words: RomanceVerbalizer) -> Iterator[Rule]:
    """The rules of one language."""
    yield from _dates(words)
    yield from _times(words)


def _dates(words: RomanceVerbalizer) -> Iterator[Rule]:
    day_month = r"(?<![\w/.-])(?P<day>\d{1,2})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)"
    yield rule(day_month + r"(?P<year>\d{4})(?![\w/-]|\.\d)", lambda m, _: _date(m, words))
    short = r"(?<![\w/.-])(?P<day>\d{1,2})(?P<mark>[/-])(?P<month>\d{1,2})(?P=mark)(?P<year>\d\d)(?![\w/-]|[.,]\d)"
    yield rule(short, lambda m, _: _date(m, words))
    year_first = r"(?<![\w/.-])(?P<year>\d{4})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?![\w/-]|\.\d)"
    yield rule(year_first, lambda m, _: _date(m, words))
    day_of_month = (
        rf"(?<!\w)(?P<cue>(?:{_DAY_CUES})[ ])(?P<day>\d{{1,2}})/(?P<month>\d{{1,2}})(?![\w/]|[.,]\d|[ ]d[eiu])"
    )
    yield rule(day_of_month, lambda m, _: _day_and_month(m, words), hint="/")
    months = _month_pattern(words.locale)
    days = r"\d{1,2}(?:(?:[ ]?[-/–][ ]?|[ ](?:y|e|et|a|al|à|au|ao)[ ])\d{1,2}){0,3}"
    weekday = rf"(?i:(?<!\w)(?P<cue>(?:{either(_WEEKDAYS[words.locale].split())}),?[ ]))"
    yield rule(
        rf"{weekday}(?P<day>\d{{1,2}})/(?P<month>\d{{1,2}})(?![\w/]|[.,]\d)",
        lambda m, _: _day_and_month(m, words),
        hint="/",
    )
    year = r"(?:(?P<of_year>[ ](?:de[ ]|del[ ])?)(?P<year>\d{4})(?![\w.,]*\d))?"
    month = rf"(?P<of>[ ](?:de[ ]|d')?)(?P<month>{months})(?!\w){year}"
    yield rule(rf"(?<![\w/.,-])(?P<days>{days}){month}", lambda m, _: _days_of_month(m, words), flags=re.IGNORECASE)
    short_month = rf"(?P<of>[ ](?:de[ ])?)(?P<short>{either(_SHORT_MONTHS[words.locale])})(?:\.(?!\w)|(?=[ ]\d{{4}}))"
    short_date = rf"(?<![\w/.,-])(?P<days>\d{{1,2}}){short_month}{year}"
    yield rule(short_date, lambda m, _: _days_of_month(m, words), flags=re.IGNORECASE)


@lru_cache(16)
def _month_names(locale: str) -> tuple[str, ...]:
    from babel.dates import get_month_names  # its tables take time to load, and most texts have no such date

    names = get_month_names("wide", locale=locale)
    return tuple(names[number] for number in range(1, 13))


_WEEKDAYS: Final = {
    "es": "lunes martes miércoles jueves viernes sábado domingo",
    "fr": "lundi mardi mercredi jeudi vendredi samedi dimanche",
    "it": "lunedì martedì mercoledì giovedì venerdì sabato domenica",
    "pt": "segunda terça quarta quinta sexta segunda-feira terça-feira quarta-feira quinta-feira sexta-feira sábado "
    "domingo",
}
MONTHS: Final = {
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre",
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "it": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
}
"""The names of months, by locale: known without babel, whose tables take time to load."""


_SHORT_MONTHS: Final = {
    "es": dict(
        zip("ene feb mar abr may jun jul ago sep sept oct nov dic".split(), (*range(1, 10), *range(9, 13)), strict=True)
    ),
    "fr": dict(zip("janv févr avr juil sept oct nov déc".split(), (1, 2, 4, 7, 9, 10, 11, 12), strict=True)),
    "it": dict(
        zip("gen feb mar apr mag giu lug ago set sett ott nov dic".split(), (*range(1, 10), *range(9, 13)), strict=True)
    ),
    "pt": dict(zip("jan fev mar abr mai jun jul ago set out nov dez".split(), range(1, 13), strict=True)),
}
"""Abbreviations of months → their numbers."""


def _month_pattern(locale: str) -> str:
    return either(MONTHS[locale].split())


def _date(match: re.Match[str], words: RomanceVerbalizer) -> str:
    day, month = int(match["day"]), int(match["month"])
    if month > 12 >= day:
        day, month = month, day  # as Americans write it
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    year = match["year"]
    if len(year) == 2:
        year = f"20{year}" if int(year) < _PIVOT else f"19{year}"
    parts = (_day(day, words), _month_names(words.locale)[month - 1], words.cardinal(year))
    return words.forms.of.join(parts)


def _month(match: re.Match[str], words: RomanceVerbalizer) -> str:
    """The name of the month that was written, perhaps in short."""
    short = match.groupdict().get("short")
    return _month_names(words.locale)[_SHORT_MONTHS[words.locale][short.lower()] - 1] if short else match["month"]


def _day_and_month(match: re.Match[str], words: RomanceVerbalizer) -> str:
    day, month = int(match["day"]), int(match["month"])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    of = words.forms.of
    return f"{match['cue']}{_day(day, words)}{of}{_month_names(words.locale)[month - 1]}"


def _day(day: int, words: RomanceVerbalizer) -> str:
    return words.forms.first if day == 1 else words.cardinal(str(day))


def _days_of_month(match: re.Match[str], words: RomanceVerbalizer) -> str:
    """Days of a month, of which there may be several: "17-18 juin"."""
    days = [int(day) for day in re.findall(r"\d+", match["days"])]
    if not all(1 <= day <= 31 for day in days):
        return match[0]
    of = words.forms.of if words.forms.of.strip() and not match["of"].strip() else match["of"]
    joint = f" {words.forms.range} " if len(days) == 2 else " "
    spoken = re.sub(r"\d+", lambda day: _day(int(day[0]), words), re.sub(r"[ ]?[-/–][ ]?", joint, match["days"]))
    spoken += of + _month(match, words)
    if match["year"]:
        of_year = match["of_year"] if match["of_year"].strip() else words.forms.of
        spoken += of_year + words.cardinal(match["year"])
    return spoken


def _times(words: RomanceVerbalizer) -> Iterator[Rule]:
    clock = words.forms.clock
    hour, minute = r"(?P<hour>[01]?\d|2[0-4])", r"(?P<minute>[0-5]\d)"
    second = r"(?P<second>)"
    half = r"(?P<half>)"
    if clock.halves:
        half = r"(?:[ ]?(?P<half>[ap])(?:\.[ ]?m\b\.?|m\b))?"
    between = r"(?<=\dh)[ ]?[-–][ ]?(?=\d{1,2}[ ]?h)|(?<=:\d\d)[ ]?[-–][ ]?(?=\d{1,2}:\d\d)"
    yield rule(between, f" {words.forms.range} ")
    say = lambda m, _: _time(m, words)  # noqa: E731
    start, stop = r"(?<![\w.,:/-])", r"(?![\w:]|[.,]\d)"
    yield rule(rf"{start}{hour}:{minute}:(?P<second>[0-5]\d)(?:[ ]?h(?:oras)?\b)?{half}{stop}", say, hint=":")
    no_verses = r"(?![-–]\d{1,3}(?![\d:h]))"
    yield rule(rf"{start}{hour}:{minute}{no_verses}(?:[ ]?h\b)?{second}{half}{stop}", say, hint=":")
    if clock.letters:
        yield rule(rf"{start}{hour}[ ]?h[ ]?{minute}(?:[ ]?min\b|m\b)?{second}{half}{stop}(?!/)", say, hint="h")
    yield rule(rf"{start}{hour}[.]{minute}[ ]?h\b{second}{half}{stop}(?!/)", say, hint="h")
    yield rule(r"(?i:(?<!\w)(gmt|utc)[ ]?([+−-])[ ]?(\d{1,2})(?::(\d\d))?)(?!\w)", lambda m, _: _zone(m, words))
    cue = rf"(?i:(?<!\w)(?P<cue>(?:{clock.cues})[ ]?))"
    yield rule(rf"{cue}{hour}[.]{minute}(?:[ ]?h\b)?{second}{half}{stop}(?![ ]?[%€$])", say, hint=".")
    if clock.halves:
        yield rule(rf"{start}{hour}(?:\.{minute})?{second}{half.removesuffix('?')}{stop}", say, hint="m")


def _time(match: re.Match[str], words: RomanceVerbalizer) -> str:
    clock, groups = words.forms.clock, match.groupdict()
    hour = _hour(match["hour"], words)
    minute, second = groups["minute"] or "00", groups["second"]
    spoken = hour
    if second == "00" == minute:
        second = ""
    if minute != "00" or second:
        spoken = clock.template.format(hour=hour, minute=words.cardinal(minute))
    if second:
        spoken += clock.seconds.format(second=words.cardinal(second))
    if half := groups["half"]:
        spoken += f" {_half(half, int(match['hour']), words)}" + ("." if _ends(match) else "")
    return (groups.get("cue") or "") + spoken


def _zone(match: re.Match[str], words: RomanceVerbalizer) -> str:
    """ "UTC+1" as "UTC más uno"."""
    sign = words.forms.signs["+"] if match[2] == "+" else words.forms.minus_sign
    minutes = f" {words.cardinal(match[4])}" if match[4] else ""
    return f"{match[1].upper()} {sign} {words.cardinal(match[3])}{minutes}"


def _ends(match: re.Match[str]) -> bool:
    """Whether the stop of "p.m." is that of the sentence, too."""
    return match[0].endswith(".") and not match.string[match.end() :].strip("\"') ")


def _half(half: str, hour: int, words: RomanceVerbalizer) -> str:
    morning, afternoon, evening = words.forms.clock.halves or ("", "", "")
    if half == "a":
        return evening if hour == 12 else morning
    return afternoon if hour == 12 or hour < 8 else evening


def _hour(hour: str, words: RomanceVerbalizer) -> str:
    clock = words.forms.clock
    spoken = words.in_gender(words.cardinal(hour), feminine=clock.feminine)
    return f"{spoken} {clock.hour[int(hour) > 1]}" if clock.hour else spoken
