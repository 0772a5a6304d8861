"""All rules of Hindi, in order of precedence. Digits of both scripts come as ASCII: `typography.unify` sees to it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final

from speechd.languages.hindi import ABBREVIATIONS, CURRENCIES, MONTHS, SIGNS, UNITS
from speechd.text.normalization.hindi import words
from speechd.text.normalization.rules import either

_NUMBER: Final = r"(?:\d{1,3}(?>(?:,\d{2,3})+)(?!\d)|\d++)(?>(?:\.\d++)?)"
"""Grouped as in India, "12,34,567", or as elsewhere."""
_SIGN: Final = r"(?:(?<![\w)\]%°.,-])[-−](?=\d))?"
_START: Final = r"(?<![\w.,])"
_LETTER: Final = r"\u0900-\u0963A-Za-z"
_END: Final = rf"(?![{_LETTER}\d])"
_LARGE: Final = "लाख|करोड़|अरब|खरब|हज़ार|हजार|मिलियन|बिलियन|सौ"
_ADDRESS: Final = re.compile(
    r"(?<![\u0900-\u0963])(?:रोड|स्ट्रीट|एवेन्यू|सेक्टर|फ्लोर|मार्ग|प्लाज़ा"
    r"|टाउन|पिन ?कोड|पिनकोड|लेन|बूथ|शॉप नंबर|मकान नंबर|फ्लैट|Street|Road|Avenue)(?![\u0900-\u0963])"
)
"""Words of addresses, whose numbers are read digit by digit."""

Spoken = Callable[[re.Match[str]], str]


def verbalize(text: str) -> str:
    """`text`, in the form of `typography.unify`, in words."""
    text = unicodedata.normalize("NFC", text)  # letters with a dot below are written in two ways
    address = _ADDRESS.search(text) is not None
    for pattern, spoken, hint, only_address in _RULES:
        if hint in text and (address or not only_address):
            text = pattern.sub(spoken, text)
    return text


def _value(written: str) -> str:
    return written.replace(",", "")


def _number(match: re.Match[str]) -> str:
    return words.decimal(_value(match[0]))


def _url(match: re.Match[str]) -> str:
    marks = {".": "डॉट", "/": "स्लैश", "@": "एट", "-": "हाइफ़न", "_": "अंडरस्कोर", ":": "कोलन"}
    endings = {
        "com": "कॉम",
        "org": "ऑर्ग",
        "net": "नेट",
        "in": "इन",
        "info": "इन्फो",
        "gmail": "जीमेल",
        "google": "गूगल",
        "yahoo": "याहू",
    }
    pieces = re.findall(r"[^\W\d_]+|\d+|.", match[1])
    spoken = (
        words.by_digits(piece)
        if piece.isdecimal()
        else endings.get(piece, piece)
        if piece.isalpha()
        else marks.get(piece, "")
        for piece in pieces
    )
    return f" {' '.join(filter(None, spoken))} "


def _time(match: re.Match[str]) -> str:
    groups = match.groupdict()
    hour, minute, second = int(groups["hour"]), int(groups["minute"]), int(groups.get("second") or 0)
    if hour > 24 or minute > 59 or second > 59:
        return match[0]
    if not minute and not second:
        return f"{words.cardinal(str(hour))} बजे"
    spoken = f"{words.cardinal(str(hour))} बजकर {words.cardinal(str(minute))} मिनट"
    return f"{spoken} {words.cardinal(str(second))} सेकंड" if groups.get("second") else spoken


def _date(match: re.Match[str]) -> str:
    groups = match.groupdict()
    first, second, year = int(groups["day"]), int(groups["month"]), groups.get("year")
    spoken_year = f" {words.year(int(year))}" if year else ""
    if 1 <= first <= 31 and 1 <= second <= 12:
        return f"{words.cardinal(str(first))} {MONTHS[second - 1]}{spoken_year}"
    if 1 <= first <= 12 and 1 <= second <= 31:
        return f"{MONTHS[first - 1]} {words.cardinal(str(second))}{spoken_year}"
    return match[0]


def _month_year(match: re.Match[str]) -> str:
    month = int(match[1])
    return f"{MONTHS[month - 1]} {words.year(int(match[2]))}" if 1 <= month <= 12 else match[0]


def _money(match: re.Match[str]) -> str:
    name, hundredths = CURRENCIES[match["currency"]]
    amount = _value(match["sign"] + match["number"])
    if match["large"]:
        return f"{words.decimal(amount)} {match['large']} {name}"
    whole, _, cents = amount.partition(".")
    if not hundredths or len(cents) != 2:
        return f"{words.decimal(amount)} {name}"
    spoken = f"{words.decimal(whole)} {name}"
    if not int(cents):
        return spoken
    small = f"{words.cardinal(str(int(cents)))} {hundredths}"
    return small if whole == "0" else f"{spoken} {small}"


def _measure(match: re.Match[str]) -> str:
    low = f"{words.decimal(_value(match['low']))} से " if match["low"] else ""
    return f"{low}{words.decimal(_value(match['sign'] + match['number']))} {UNITS[match['unit']]}"


def _fraction(match: re.Match[str]) -> str:
    whole = f"{words.cardinal(match['whole'])} और " if match["whole"] else ""
    numerator, denominator = match["numerator"], match["denominator"]
    if not whole and (numerator, denominator) == ("1", "2"):
        return "आधा"
    if not whole and (numerator, denominator) == ("3", "4"):
        return "तीन चौथाई"
    return f"{whole}{words.cardinal(numerator)} बटा {words.cardinal(denominator)}"


def _range(match: re.Match[str]) -> str:
    low, high = match[1], match[2]
    if re.fullmatch(r"1[1-9]\d\d", low) and len(high) in (2, 4):
        return f"{words.year(int(low))} से {words.year(int(high))}"
    return f"{words.decimal(_value(low))} से {words.decimal(_value(high))}"


def _phone(match: re.Match[str]) -> str:
    plus = "प्लस " if match[0].startswith("+") else ""
    return plus + ", ".join(words.by_digits(group) for group in re.findall(r"\d+", match[0]))


def _in_address(match: re.Match[str]) -> str:
    spoken = match[0].replace("-", " हाइफ़न ").replace("/", " बटा ")
    return f" {re.sub(r'[0-9]+', lambda digits: words.by_digits(digits[0]), spoken)} "


def _rules() -> Iterator[tuple[re.Pattern[str], Spoken, str, bool]]:
    """Pattern, spoken form, what every match contains, and whether it is for addresses only."""
    for pattern, spoken, hint in _everywhere():
        yield re.compile(pattern), spoken, hint, False
        if spoken is _month_year:
            yield re.compile(r"(?<![\w.,])\d{1,8}(?:[-/]\d{1,6})?(?!\d|[.,]\d)"), _in_address, "", True


def _everywhere() -> Iterator[tuple[str, Spoken, str]]:
    yield r"(?<![\w.+-])([\w.+-]{1,64}+@[\w-]{1,63}+(?:\.[\w-]{1,63}+){1,5})", _url, "@"
    yield r"https?://(?:www\.)?([^\s<>\"]{0,2000}[^\s<>\"'.,;:!?)\]…—/।])/?", _url, "://"
    domain = (
        r"(?<![\w.@-])((?:[A-Za-z0-9-]{1,63}+\.){1,4}(?:com|org|net|in|gov|edu|info|co|io|uk)(?:/[\w./-]{0,200}\w)?)"
    )
    yield domain + r"/?(?!\w)", _url, "."
    yield r"(?<![\w.])(\d{1,3}(?:\.\d{1,3}){3})(?!\w|\.\d)", _url, "."
    yield rf"(?<![\w.\u0900-\u0963]){either(ABBREVIATIONS)}(?=[ ,;:)]|$|\d)", lambda m: ABBREVIATIONS[m[0]], ""
    yield rf"{_START}(\d{{1,4}})(?:st|nd|rd|th)(?!\w)", lambda m: words.english_ordinal(m[1]), ""
    yield r"(?<![\w:.,])(?P<hour>\d{1,2}):(?P<minute>\d{2}):(?P<second>\d{2})(?![\d:])(?:[ ]बजे)?", _time, ":"
    yield r"(?<![\w:.,])(?P<hour>\d{1,2}):(?P<minute>\d{2})(?![\d:])(?:[ ]बजे)?", _time, ":"
    yield r"(?<![\w/.,-])(?P<day>\d{1,2})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4})(?![\w/-])", _date, ""
    yield r"(?<![\w/.,-])(?P<year>\d{4})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<day>\d{1,2})(?![\w/-])", _date, ""
    yield r"(?<![\w/.,+-])(?P<day>0\d|[123]\d)-(?P<month>0[1-9]|(?<=0\d-)\d\d)(?![\w/.,-])", _date, "-"
    yield r"(?<![\w/.,-])(0?[1-9]|1[0-2])-(20\d\d|19\d\d)(?![\w/-])", _month_year, "-"
    yield r"(?<![\w.,])\+(?=(?:\D{0,3}\d){8})\d{1,3}(?>(?:[ -]?\(?\d{1,12}\)?){1,6})", _phone, "+"
    landline = r"0?[ ]?\(\d{2,5}\)[ ]?\d{5,8}|0\d{2,7}[-.]\d{4,8}|1800[ -]\d{3}[ -]\d{3,4}|\d{4}[ ]\d{6}(?=$|[ ।])"
    yield rf"(?<![\w.,+/-])(?:[6-9]\d{{9}}|[6-9]\d{{4}}[ -]\d{{5}}|{landline})(?![\w]|[.,]\d)", _phone, ""
    yield rf"(?<=[\u0900-\u097f] )[1-9]\d{5}$", lambda m: words.by_digits(m[0]), ""
    yield r"(?:(?<=पिन कोड )|(?<=पिनकोड ))\d{6}(?!\d)", lambda m: words.by_digits(m[0]), ""
    amount = rf"(?P<sign>{_SIGN})(?P<number>{_NUMBER})"
    large = rf"(?:[ ](?P<large>{_LARGE}){_END})?"
    currency = f"(?P<currency>{either(CURRENCIES)})"
    yield rf"{_START}(?<!\w){currency}[ ]?{amount}{large}", _money, ""
    yield rf"{_START}{amount}{large}[ ]?{currency}(?!\w)", _money, ""
    low = rf"(?:(?P<low>{_NUMBER})[%]?[ ]?[-–][ ]?(?=\d))?"
    yield (
        rf"(?<![\w.,/])(?P<sign>{_SIGN}){low}(?P<number>{_NUMBER})[ ]?(?P<unit>{either(UNITS)})(?![{_LETTER}\d²³/])",
        _measure,
        "",
    )
    yield rf"{_START}(\d{{1,15}})((?:व|र|थ|ल|ठ)(?:ां|ाँ|ें|ीं|ा|े|ी))(?![{_LETTER}])", lambda m: words.ordinal(m[1], m[2]), ""
    yield r"(?<![\w.,])24/7(?!\w)", lambda m: "चौबीस सात", "/"
    yield (
        r"(?<![\w.,/-])(?:(?P<whole>\d{1,6})[ ])?(?P<numerator>\d{1,18})/(?P<denominator>\d{1,12})(?![\w/]|[.,]\d)",
        _fraction,
        "/",
    )
    yield r"(?<![\w.,])1[ ]?½", lambda m: "डेढ़", "½"
    yield r"(?<![\w.,])2[ ]?½", lambda m: "ढाई", "½"
    yield r"(?<![\w.,])([3-9]|\d\d)[ ]?½", lambda m: f"साढ़े {words.cardinal(m[1])}", "½"
    yield r"½", lambda m: " आधा ", "½"
    yield r"¼", lambda m: " एक चौथाई ", "¼"
    yield r"¾", lambda m: " तीन चौथाई ", "¾"
    yield r"(?<=\d)[ ]?[-−–][ ]?(?=\d[\d .,+*×-]{0,40}=)", lambda m: " माइनस ", "="
    yield rf"(?<![\w.,-])({_NUMBER})[ ]?[-–][ ]?({_NUMBER})(?![\w-]|[.,]\d)", _range, ""
    yield r"(?:(?<=सन )|(?<=सन् )|(?<=साल )|(?<=वर्ष ))1[1-9]\d\d(?![\d.,])", lambda m: words.year(int(m[0])), ""
    yield (
        r"(?<![\w.,₹$])1[1-9]\d\d(?=[ ](?:में|तक|की|के|का|को|ईसवी|ईसा)(?![\u0900-\u0963]))",
        lambda m: words.year(int(m[0])),
        "",
    )
    yield r"(?<=\d)[ ]?x[ ]?(?=\d)", lambda m: " बाई ", "x"
    yield rf"{_START}{_SIGN}{_NUMBER}(?![\dA-Za-z])", _number, ""
    yield (
        r"\d{1,4000}",
        lambda m: f" {words.by_digits(m[0]) if len(m[0]) > words.LONGEST else words.cardinal(m[0])} ",
        "",
    )
    yield either(SIGNS), lambda m: f" {SIGNS[m[0]]} ", ""
    yield r"(?<=\w)/(?=\w)", lambda m: " ", "/"
    yield either({symbol for symbol in CURRENCIES if not symbol.isalpha()}), lambda m: f" {CURRENCIES[m[0]][0]} ", ""
    yield r"[।॥]+", lambda m: ".", ""


_RULES: Final = tuple(_rules())
