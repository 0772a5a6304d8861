"""All rules of Japanese, in order of precedence. Full-width forms come as ASCII: `typography.unify` sees to it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final

from speechd.languages.japanese import CURRENCIES, SIGNS, UNITS
from speechd.text.normalization.japanese import numerals
from speechd.text.normalization.rules import either

_NUMBER: Final = r"(?:\d{1,3}(?>(?:,\d{3})+)(?!\d)|\d++)(?>(?:\.\d++)?)"
_SIGN: Final = r"(?:(?<![A-Za-z0-9)\]%°.,-])[-−](?=\d))?"
_WEEKDAYS: Final = "月火水木金土日"
_START: Final = r"(?<![\d.,])"
_LARGE: Final = "(?:兆|億|万|千|百)"
_TO: Final = r"[ ]?[〜~～\u2013][ ]?"
_COUNTER: Final = (
    r"(?=[年月日時分秒人個本枚匹歳才回台杯冊階度円週%キメセリグパドユ件点頁名番位話章巻条]|km|cm|kg|m|g|°|ヶ|か|ヵ)"
)

Spoken = Callable[[re.Match[str]], str]


def verbalize(text: str) -> str:
    """`text`, in the form of `typography.unify`, in words."""
    for pattern, spoken, hint in _RULES:
        if hint in text:
            text = pattern.sub(spoken, text)
    return text


def _value(written: str) -> str:
    return written.replace(",", "")


def _number(match: re.Match[str]) -> str:
    return numerals.decimal(_value(match[0]))


def _address(match: re.Match[str]) -> str:
    marks = {
        ".": "ドット",
        "/": "スラッシュ",
        "@": "アットマーク",
        "-": "ハイフン",
        "_": "アンダースコア",
        ":": "コロン",
    }
    pieces = re.findall(r"[A-Za-z]+|\d+|.", match[1])
    return "".join(numerals.by_digits(piece) if piece.isdecimal() else marks.get(piece, piece) for piece in pieces)


def _date(match: re.Match[str]) -> str:
    month, day = int(match["month"]), int(match["day"])
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return match[0]
    return f"{numerals.cardinal(match['year'])}年{numerals.cardinal(str(month))}月{numerals.cardinal(str(day))}日"


def _time(match: re.Match[str]) -> str:
    groups = match.groupdict()
    hour, minute, second = int(groups["hour"]), int(groups["minute"]), int(groups.get("second") or 0)
    spoken = f"{numerals.cardinal(str(hour))}時"
    if minute or second:
        spoken += f"{numerals.cardinal(str(minute))}分"
    return spoken + (f"{numerals.cardinal(str(second))}秒" if second else "")


def _half_day(match: re.Match[str]) -> str:
    """ "3:40 a.m." as "午前三時四十分"."""
    half = "午前" if match["half"] in "aA" else "午後"
    minute = f"{numerals.cardinal(str(int(match['minute'])))}分" if match["minute"] and int(match["minute"]) else ""
    return f"{half}{numerals.cardinal(str(int(match['hour'])))}時{minute}"


def _weekday(match: re.Match[str]) -> str:
    """ "(水)" behind a date as "水曜日"."""
    return f"、{match['day']}曜日" + ("、祝日" if match["holiday"] else "")


def _version(match: re.Match[str]) -> str:
    return "点".join(numerals.cardinal(part) for part in match[0].split("."))


def _telephone(match: re.Match[str]) -> str:
    plus = "プラス" if match[0][0] == "+" else ""
    groups = re.findall(r"\d+", match[0])
    if plus:
        return plus + numerals.by_digits(groups[0]) + "の".join(map(numerals.by_digits, groups[1:]))
    return "の".join(map(numerals.by_digits, groups))


def _money(match: re.Match[str]) -> str:
    low = f"{numerals.decimal(_value(match['low']))}から" if match["low"] else ""
    amount = numerals.decimal(_value(match["sign"] + match["number"]))
    return f"{low}{amount}{match['large'] or ''}{CURRENCIES[match['currency']]}"


def _measure(match: re.Match[str]) -> str:
    low = f"{numerals.decimal(_value(match['low']))}から" if match["low"] else ""
    return f"{low}{numerals.decimal(_value(match['sign'] + match['number']))}{UNITS[match['unit']]}"


def _fraction(match: re.Match[str]) -> str:
    numerator, denominator = (numerals.cardinal(match[name]) for name in ("numerator", "denominator"))
    return f"{'マイナス' if match['sign'] else ''}{denominator}分の{numerator}"


def _range(match: re.Match[str]) -> str:
    return f"{numerals.decimal(_value(match[1]))}{match[2] or ''}から"


def _score(match: re.Match[str]) -> str:
    return f"{numerals.cardinal(match[1])}対{numerals.cardinal(match[2])}"


def _rules() -> Iterator[tuple[re.Pattern[str], Spoken, str]]:
    for pattern, spoken, hint in (*_codes(), *_calendar(), *_amounts(), *_relations()):
        yield re.compile(pattern), spoken, hint


def _codes() -> Iterator[tuple[str, Spoken, str]]:
    """Addresses and telephone numbers."""
    yield r"(?<![\w.+-])([A-Za-z0-9.+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5})", _address, "@"
    yield r"https?://(?:www\.)?([A-Za-z0-9/._~:?&=%#-]{1,2000})(?<![.,:?])", _address, "://"
    yield (
        r"(?<![A-Za-z0-9.@-])((?:[A-Za-z0-9-]{1,63}\.){1,4}(?:com|org|net|jp|io|dev|info|edu|gov|tv|me)(?:/[A-Za-z0-9/._~-]{0,200})?)(?![A-Za-z0-9])",
        _address,
        ".",
    )
    yield r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.])", _address, "."
    yield r"(?<![A-Za-z\d.])\d{1,3}(?:\.\d{1,4}){2}(?![A-Za-z\d.])", _version, "."
    yield r"\+(?=(?:\D?\d){9})\d{1,3}(?>(?:[ -]?\(?\d{1,11}\)?){1,5})", _telephone, "+"
    yield (
        r"(?<![\d.,-])0\d{1,4}-\d{1,4}-\d{3,4}(?![\d-])|(?<![\d.,-])0\d{9,10}(?![\d-])|(?<=〒)\d{3}-\d{4}",
        _telephone,
        "",
    )
    yield r"(?:(?<=番号)|(?<=番号は)|(?<=No\.))\d{2,12}(?![\d,.])", lambda match: numerals.by_digits(match[0]), ""
    yield "〒", lambda _: "郵便番号", "〒"


def _calendar() -> Iterator[tuple[str, Spoken, str]]:
    """Dates and times of day."""
    yield r"(?<![\d./-])(?P<year>\d{4})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?![\d/-])", _date, ""
    yield rf"(?<=日)[ ]?\((?P<day>[{_WEEKDAYS}])(?P<holiday>・?祝)?\)", _weekday, "("
    clock = r"(?<![\d:.])(?P<hour>[01]?\d|2\d)(?::(?P<minute>[0-5]\d))?[ ]?(?P<half>[apAP])\.?[ ]?[mM](?![A-Za-z])\.?"
    yield clock, _half_day, ""
    yield r"(?<![\d:.])(?P<hour>[01]?\d|2\d):(?P<minute>[0-5]\d):(?P<second>[0-5]\d)(?![\d:])", _time, ":"
    yield r"(?<![\d:.])(?P<hour>[01]?\d|2\d):(?P<minute>[0-5]\d)(?![\d:])", _time, ":"


def _amounts() -> Iterator[tuple[str, Spoken, str]]:
    """Amounts of money and of units."""
    low = rf"(?:(?P<low>{_NUMBER})[%°]?(?:{_TO}|[ ]?-[ ]?)(?=\d))?"
    amount = rf"(?P<sign>{_SIGN}){low}(?P<number>{_NUMBER})"
    yield rf"(?<![A-Za-z])(?P<currency>{either(CURRENCIES)})[ ]?{amount}(?P<large>{_LARGE}{{1,3}})?", _money, ""
    yield rf"{_START}{amount}(?P<large>{_LARGE}{{1,3}})?[ ]?(?P<currency>{either(CURRENCIES)})(?![A-Za-z])", _money, ""
    yield rf"{_START}{amount}[ ]?(?P<unit>{either(UNITS)})(?![A-Za-z²³/])", _measure, ""


def _relations() -> Iterator[tuple[str, Spoken, str]]:
    """Fractions, ranges, scores, sums and the numbers that are left."""
    fraction = (
        r"(?<![\d/.,])(?P<sign>(?:(?<![\w)])-)?)(?P<numerator>\d{1,15})/(?P<denominator>\d{1,15})(?![\d/]|[.,]\d)"
    )
    yield fraction, _fraction, "/"
    yield rf"{_START}({_NUMBER})({_LARGE}?[年月日時分秒人個本枚回円%]?[代]?)?{_TO}(?=[\d第])", _range, ""
    yield rf"{_START}(?<!-)({_NUMBER})()[ ]?-[ ]?(?=\d{{1,9}}{_COUNTER})(?!\d++-)", _range, "-"
    yield r"(?<=[+×÷√]\d)[ ]?[-−][ ]?(?=\d)", lambda _: "マイナス", ""
    yield r"^(\d{1,2})[ ]?-[ ]?(\d{1,2})(?=[ぁ-んァ-ヶ一-龠])", _score, "-"
    yield r"(?<=[^\d\s+×÷=-])(\d{1,2})[ ]?-[ ]?(\d{1,2})(?![\d-]|[.,]\d)", _score, "-"
    yield r"(?<![\d:])(\d{1,3}):(\d{1,3})(?![\d:])", _score, ":"
    yield r"(?<=\d)[ ]?[-−][ ]?(?=\d)", lambda _: "マイナス", ""
    yield r"(?<=[A-Za-z])-(?=\d)", lambda _: " ", "-"
    yield rf"{_START}{_SIGN}{_NUMBER}", _number, ""
    yield r"(?:(?<=^)|(?<=[=(]))[-−](?=[\d一-九千百十√])", lambda _: "マイナス", ""
    yield (
        r"\d{1,4000}",
        lambda match: numerals.by_digits(match[0]) if len(match[0]) > numerals.LONGEST else numerals.cardinal(match[0]),
        "",
    )
    yield rf"[ ]?{either(SIGNS)}[ ]?", lambda match: SIGNS[match[0].strip()], ""
    yield either({sign for sign in CURRENCIES if not sign.isalpha()}), lambda match: CURRENCIES[match[0]], ""
    yield "%", lambda _: "パーセント", "%"
    yield _TO, lambda _: "から", ""


_RULES: Final = tuple(_rules())
