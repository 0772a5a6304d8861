"""Spanish, French, Italian and Portuguese: written → spoken. One set of rules over `tongues`."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from speechd.text.normalization.rules import Rule, apply, either, rule
from speechd.text.normalization.tongues import TONGUES
from speechd.text.normalization.units import SYMBOL, unit_of
from speechd.text.normalization.verbalizer import Verbalizer

_NUMBER: Final = r"(?:\d{1,3}(?>(?:\.\d{3})+|(?: \d{3})+)(?!\d)|\d++)(?>(?:[,.]\d++)?)"
_SIGN: Final = r"(?:(?<![\w)\]%°.,-])[-−](?=\d))?"


def spoken(text: str, words: Verbalizer) -> str:
    """`text`, tidied, in words."""
    return apply(_rules(words.family), text, words)


def _value(written: str) -> str:
    """ "1.234,5" and "1 234,5" as "1234.5"; a point that groups no thousands is a decimal one."""
    whole = re.sub(r"(?<=\d)[. ](?=\d{3}(?!\d))", "", written)
    return whole.replace(",", ".")


def _number(match: re.Match[str], words: Verbalizer) -> str:
    return words.number(_value(match[0]))


def _measure(match: re.Match[str], words: Verbalizer) -> str:
    unit = unit_of(match)
    if unit is None:
        return match[0]
    return _low(match, words) + words.measure(_value(match["sign"] + match["number"]), unit)


def _low(match: re.Match[str], words: Verbalizer) -> str:
    return f"{words.number(_value(match['low']))} {TONGUES[words.family].to} " if match["low"] else ""


def _money(match: re.Match[str], words: Verbalizer) -> str:
    return _low(match, words) + _amount(_value(match["number"]), match["currency"], match["millions"], words)


def _amount(value: str, currency: str, millions: str | None, words: Verbalizer) -> str:
    one, many, hundredths = TONGUES[words.family].currencies[currency]
    if millions:
        of = "d'" if words.family == "fr" and many[0] in "aeiouy" else "di " if words.family == "it" else "de "
        return f"{words.counting(value, many)} {millions} {of}{many}"
    whole, _, cents = value.partition(".")
    if not hundredths or len(cents) != 2:
        return f"{words.counting(value, many)} {one if value == '1' else many}"
    single = whole == "1" or (whole == "0" and words.family in ("fr", "pt"))
    spoken = f"{words.counting(whole, one)} {one if single else many}"
    return f"{spoken} {hundredths.format(words.cardinal(cents))}" if int(cents) else spoken


def _date(match: re.Match[str], words: Verbalizer) -> str:
    from babel.dates import get_month_names  # its tables take time to load, and most texts have no such date

    day, month = int(match["day"]), int(match["month"])
    if not (1 <= day <= 31 and 1 <= month <= 12):
        return match[0]
    tongue = TONGUES[words.family]
    spoken = tongue.first if day == 1 else words.cardinal(str(day))
    return tongue.of.join((spoken, get_month_names("wide", locale=words.locale)[month], words.cardinal(match["year"])))


def _time(match: re.Match[str], words: Verbalizer) -> str:
    if int(match[1]) > 24 or int(match[2]) > 59:
        return match[0]
    hour, minute = words.cardinal(match[1]), "" if match[2] == "00" else words.cardinal(match[2])
    if words.family == "fr":
        hour = "une" if hour == "un" else hour
        return f"{hour} heure{'s' if int(match[1]) > 1 else ''} {minute}".strip()
    return TONGUES[words.family].clock.format(hour=hour, minute=minute) if minute else hour


def _ordinal(match: re.Match[str], words: Verbalizer) -> str:
    ordinal = words.ordinal(int(match[1]))
    suffix = match[0][len(match[1]) :]
    if words.family == "fr":
        return "première" if suffix == "re" else ordinal
    return f"{ordinal[:-1]}a" if suffix.endswith("ª") else ordinal


def _address(match: re.Match[str], words: Verbalizer) -> str:
    tongue = TONGUES[words.family]
    marks = {".": tongue.dot, "/": tongue.signs["/"], "@": tongue.signs["@"], "-": tongue.dash}
    pieces = re.findall(r"[^\W\d_]+|\d+|.", match[1])
    return " ".join(
        words.digits(piece) if piece.isdecimal() else piece if piece.isalpha() else marks.get(piece, "")
        for piece in pieces
    )


@lru_cache(maxsize=4)
def _rules(family: str) -> tuple[Rule, ...]:
    tongue = TONGUES[family]
    currency = f"(?P<currency>{either(tongue.currencies)})"
    amount = rf"(?P<number>{_NUMBER})"
    low = rf"(?:(?P<low>{_NUMBER})(?:[ ]?[€$£¥])?[ ]?[-–][ ]?(?=\d))?"
    millions = rf"(?:[ ](?P<millions>{tongue.millions})(?!\w))?"
    return (
        rule(r"(?:https?://)?(?:www\.)?((?<![\w@.-])[\w-]{1,63}+(?:\.[\w-]{1,63}+){0,4}"
            r"\.(?:com|org|net|es|fr|it|pt|br|eu|io)(?:/[\w./-]{0,200}\w)?)(?![\w@])", _address, hint="."),
        rule(r"(?<![\w.+-])([\w.+-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,5})", _address, hint="@"),
        rule(rf"(?<![\w.]){either(tongue.abbreviations)}(?=[ ][\w])", lambda m, _: tongue.abbreviations[m[0]]),
        rule(r"(?<![\w/.-])(?P<day>\d{1,2})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4})(?![\w/-])", _date),
        rule(r"(?<![\w-])(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})(?![\w-])", _date, hint="-"),
        rule(r"(?<![\w.,:])(\d{1,2})(?::|[ ]?h[ ]?)(\d{2})(?:[ ]?h)?(?![\w:]|[.,]\d)", _time),
        rule(rf"(?<![\w.,]){low}{amount}{millions}[ ]?(?:de |d')?{currency}(?!\d)", _money),
        rule(rf"(?<![\w.,]){currency}[ ]?{low}{amount}{millions}", _money),
        rule(rf"(?<![\w.,/])(?P<sign>{_SIGN}){low}{amount}[ ]?(?:{SYMBOL})(?![\w°²³^]|/\d)", _measure),
        rule(rf"(?<![\w.,])(\d{{1,6}}){tongue.ordinals}(?!\w)", _ordinal),
        rule(rf"[{''.join(tongue.halves)}]", lambda m, _: f" {tongue.halves[m[0]]} "),
        rule(rf"(?<![\w.,-])({_NUMBER})[ ]?[-–][ ]?(?=\d)", lambda m, w: f"{w.number(_value(m[1]))} {tongue.to} "),
        rule(rf"(?<![\w.,]){_SIGN}{_NUMBER}(?!\w)", _number),
        rule(r"\d{1,4000}", lambda m, w: f" {w.number(m[0])} "),
        rule(either(set(tongue.signs) - {"/"}), lambda m, _: f" {tongue.signs[m[0]]} "),
        rule(r"(?<=\w)[ ]?/[ ]?(?=\w)", f" {tongue.signs['/']} ", hint="/"),
        rule(either(tongue.currencies), lambda m, _: f" {tongue.currencies[m[0]][1]} "),
    )  # fmt: skip
