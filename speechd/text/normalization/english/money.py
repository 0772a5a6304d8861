"""Amounts of money."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from speechd.text.normalization.english.per import PER, PER_PATTERN, british
from speechd.text.normalization.english.sizes import is_attributive
from speechd.text.normalization.rules import DASH, NUMBER, SIGN, Rule, either, rule
from speechd.text.normalization.verbalizer import Verbalizer


class _Currency(NamedTuple):
    """One, several; one hundredth, several (or none)."""

    one: str
    many: str
    cent: str = ""
    cents: str = ""


_DOLLAR: Final = _Currency("dollar", "dollars", "cent", "cents")
_POUND: Final = _Currency("pound", "pounds", "penny", "pence")
_EURO: Final = _Currency("euro", "euros", "cent", "cents")
_YEN: Final = _Currency("yen", "yen")
_RUPEE: Final = _Currency("rupee", "rupees", "paisa", "paise")
_SYMBOLS: Final[Mapping[str, _Currency]] = {
    "$": _DOLLAR, "£": _POUND, "€": _EURO, "¥": _YEN, "₹": _RUPEE, "₩": _Currency("won", "won"),
    "₽": _Currency("ruble", "rubles", "kopeck", "kopecks"), "₺": _Currency("lira", "lira"),
    "₫": _Currency("dong", "dong"), "₪": _Currency("shekel", "shekels"), "฿": _Currency("baht", "baht"),
    "₿": _Currency("bitcoin", "bitcoins"), "₦": _Currency("naira", "naira"), "₱": _Currency("peso", "pesos"),
    "₴": _Currency("hryvnia", "hryvnias"), "US$": _Currency("U.S. dollar", "U.S. dollars", "cent", "cents"),
    "A$": _Currency("Australian dollar", "Australian dollars", "cent", "cents"),
    "C$": _Currency("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "NZ$": _Currency("New Zealand dollar", "New Zealand dollars", "cent", "cents"),
    "HK$": _Currency("Hong Kong dollar", "Hong Kong dollars", "cent", "cents"),
    "R$": _Currency("real", "reais", "centavo", "centavos"),
    "CA$": _Currency("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "AU$": _Currency("Australian dollar", "Australian dollars", "cent", "cents"),
    "S$": _Currency("Singapore dollar", "Singapore dollars", "cent", "cents"),
    "NT$": _Currency("new Taiwan dollar", "new Taiwan dollars", "cent", "cents"),
    "MX$": _Currency("Mexican peso", "Mexican pesos", "centavo", "centavos"), "Rs.": _RUPEE, "Rs": _RUPEE,
    "Fr.": _Currency("franc", "francs"),
}  # fmt: skip
_CODES: Final[Mapping[str, _Currency]] = {
    "USD": _SYMBOLS["US$"], "EUR": _EURO, "GBP": _POUND, "JPY": _YEN, "INR": _RUPEE, "AUD": _SYMBOLS["A$"],
    "CAD": _SYMBOLS["C$"], "CHF": _Currency("Swiss franc", "Swiss francs", "centime", "centimes"),
    "CNY": _Currency("yuan", "yuan"), "RMB": _Currency("yuan", "yuan"), "KRW": _SYMBOLS["₩"], "RUB": _SYMBOLS["₽"],
    "BRL": _SYMBOLS["R$"], "BTC": _SYMBOLS["₿"],
    "MXN": _Currency("Mexican peso", "Mexican pesos", "centavo", "centavos"),
    "SEK": _Currency("Swedish krona", "Swedish kronor"), "NOK": _Currency("Norwegian krone", "Norwegian kroner"),
    "DKK": _Currency("Danish krone", "Danish kroner"), "PLN": _Currency("zloty", "zlotys"),
    "ZAR": _Currency("rand", "rand"), "NZD": _SYMBOLS["NZ$"], "HKD": _SYMBOLS["HK$"],
    "SGD": _Currency("Singapore dollar", "Singapore dollars", "cent", "cents"),
}  # fmt: skip
_CURRENCIES: Final = {**_SYMBOLS, **_CODES}

SCALES: Final[Mapping[str, str]] = {
    "k": "thousand", "K": "thousand", "m": "million", "M": "million", "mn": "million", "b": "billion", "B": "billion",
    "bn": "billion", "T": "trillion", "tn": "trillion", "thousand": "thousand", "million": "million",
    "billion": "billion", "trillion": "trillion", "lakh": "lakh", "lakhs": "lakh", "crore": "crore", "crores": "crore",
    "mm": "million", "MM": "million",
}  # fmt: skip
_SCALE: Final = r"(?:[ -]?(?P<scale>thousand|million|billion|trillion|lakhs?|crores?|mm|MM|[kKmMbBT]|mn|bn|tn)(?!\w))?"


def _amount(number: str, scale: str | None, currency: _Currency, verbalizer: Verbalizer) -> str:
    number = number.replace(",", "")
    if scale:
        return f"{verbalizer.number(number)} {SCALES[scale]} {currency.many}"
    whole, _, cents = number.partition(".")
    if not currency.cents or len(cents) != 2:
        return f"{verbalizer.number(number)} {currency.one if number == '1' else currency.many}"
    spoken = []
    if int(whole or 0) or not int(cents):
        spoken.append(f"{verbalizer.cardinal(whole)} {currency.one if int(whole) == 1 else currency.many}")
    if int(cents):
        spoken.append(f"{verbalizer.cardinal(cents)} {currency.cent if int(cents) == 1 else currency.cents}")
    return " and ".join(spoken)


def _currency(match: re.Match[str]) -> _Currency:
    """The currency of the sign, or of the code that makes the sign clear ("$5 CAD")."""
    code = match.groupdict().get("code")
    return _CURRENCIES[code or match["currency"].strip()]


def _shillings(shillings: str, pence: str, verbalizer: Verbalizer) -> str:
    """Sums of old British money."""
    first = f"{verbalizer.cardinal(shillings)} {'shilling' if shillings == '1' else 'shillings'}"
    return f"{first} and {verbalizer.cardinal(pence)}pence" if pence.isdecimal() else f"{first} {pence} pence"


def _money(match: re.Match[str], verbalizer: Verbalizer) -> str:
    currency = _currency(match)
    spoken = _amount(match["number"], match["scale"], currency, verbalizer)
    if low := match["low"]:
        # "$5-10 million": the scale and the name are said once.
        cents = "." in low and not match["scale"] and not match["lowscale"] and currency.cents
        first = _amount(low, None, currency, verbalizer) if cents else verbalizer.number(low.replace(",", ""))
        scale = f" {SCALES[match['lowscale']]}" if match["lowscale"] else ""
        spoken = f"{first}{scale} to {spoken}"
    if match["noun"] or (match[0][-1].isalnum() and is_attributive(match, only_articles=True)):
        spoken = spoken.replace(currency.many, currency.one)  # "a twenty dollar bill"
    if match["per"]:
        per = f" per {british(PER[match['per']], verbalizer)}"
    else:
        per = f" {match['each']} " if match["each"] else " per " if match[0][-1] == "/" else ""
    if match["rent"]:
        per = f" per {_RENTS[match['rent']]}"
    return ("minus " if match["sign"] else "") + spoken + per


_NUMBER: Final = rf"(?:\d{{1,2}}(?:,\d\d(?=,)){{1,5}},\d{{3}}(?!\d)|{NUMBER})"
"""Also grouped as in India: 1,00,000."""

_RANGE: Final = (
    rf"(?:(?P<low>{NUMBER})(?P<lowscale>[kKMBT]|bn)?(?:[ ]?[€£¥])?{DASH}[$£€¥₹]?(?=\d))?(?P<number>{_NUMBER}|\.\d++)"
)
_MINUS: Final = r"(?:(?<![\w)\]%°.,-])[-−](?=[A-Z]{0,3}[$£€¥₹]))?"
_PRICED: Final = (
    "bill note coin gift fee fine price prize tax increase discount voucher budget deal ticket investment donation "
    "loan grant contract reward bonus check cheque bet salary project valuation market industry fund package lawsuit "
    "settlement scheme plan bailout cut hike rise boost surcharge penalty stake takeover merger home house mansion "
    "item programme program acquisition upgrade rescue injection bond offer bid debt deficit pledge"
).split()
_RENTS: Final = {"pcm": "calendar month", "pw": "week", "pppn": "person per night", "ppn": "night", "p.a.": "annum"}
_PER: Final = (
    rf"(?:[ ]?/[ ]?(?P<per>{PER_PATTERN})|/(?=[^\W\d_])|-(?P<each>an?)-(?=[a-z])"
    rf"|[ ]?(?P<rent>{either(_RENTS)})(?!\w))?(?=[ -](?:[a-z]{{1,12}}[ ])?"
    rf"(?P<noun>{either(_PRICED)})(?!\w))?"
)
RULES: Final[tuple[Rule, ...]] = (
    rule(r"(?<!\w)\$\((\d[\d,]{0,12}(?:\.\d{1,4})?)\)", r"-$\1", hint="$("),
    rule(
        rf"(?P<sign>{_MINUS})(?<![\w/])(?P<currency>{either(_SYMBOLS)}|{either(_CODES)}[ ]?)[ ]?{_RANGE}{_SCALE}"
        rf"(?:(?<![a-zA-Z])[ ]?(?P<code>USD|CAD|AUD|NZD|HKD|SGD|MXN|GBP|EUR|JPY|INR)(?!\w))?{_PER}",
        _money,
    ),
    rule(
        rf"(?<![\w.,$£€])(?P<sign>{SIGN}){_RANGE}{_SCALE}[ ]?(?P<currency>[€£¥₹₩₽₺₪]|{either(_CODES)}(?!\w)){_PER}",
        _money,
    ),
    rule(
        r"(?<![\w.,])(\d{1,3})s\.[ ]?(\d{1,2}(?:[ ]?[½¼¾])?)d(?:\.(?=[ ][a-z]|,)|(?!\w))|(?<![\w.,])(\d{1,3})s\."
        r"[ ]?(\d{1,2})d(?=\.)",
        lambda m, v: _shillings(m[1] or m[3], m[2] or m[4], v),
        hint="s.",
    ),
    rule(
        r"(?<![\w.,])(\d{1,3}(?:,\d{3}){0,3}|\d{1,6})[Ll]\.(?=[ ]|,|$)(?![ ][A-Z])",
        lambda m, v: f"{v.number(m[1].replace(',', ''))} pounds",
        hint=".",
    ),
    rule(
        rf"(?<![\w.,])({NUMBER})[ ]?¢",
        lambda m, v: f"{v.number(m[1].replace(',', ''))} {'cent' if m[1] == '1' else 'cents'}",
        hint="¢",
    ),
)
