"""Amounts of money and of units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from speechd.languages.base import Currency
from speechd.text.normalization.romance.verbalizer import RomanceVerbalizer
from speechd.text.normalization.romance.written import NUMBER, SIGN, START, value
from speechd.text.normalization.rules import Rule, either, rule
from speechd.text.normalization.units import PER, SYMBOL, unit_of

_CODES: Final = (
    "AED ARS AUD AWG BGN BOB BOP BRL CAD CHF CLP CNY COP CRC CUP CZK DKK DOP EGP EUR GBP GTQ HKD HNL HUF IDR ILS INR "
    "ISK JPY KRW MAD MXN MYR NIO NOK NZD PAB PEN PHP PLN PYG RON RUB SAR SEK SGD THB TND TRY TTD TWD UAH USD UYU VES "
    "VND ZAR"
).split()
"""Of ISO 4217."""


_NO_UNIT: Final = r"(?!mi(?!\w)|ha[ ](?!de |di |en |y |e |et |à |a )[^\W\d_])"
"""Words of these languages that look like units: "nel 2020 mi sono", "en 2020 ha sido"."""


_STOP: Final = r"(?:(?<=[a-z])\.(?=[ ]?[,;)]|[ ][a-zà-ÿ]))?"
"""The stop of an abbreviation that ends no sentence: "5 min. aprox."."""


def rules(words: RomanceVerbalizer) -> Iterator[Rule]:
    """The rules of one language."""
    yield from _money_rules(words)
    yield from _measure_rules(words)


def _money_rules(words: RomanceVerbalizer) -> Iterator[Rule]:
    forms = words.forms
    say = lambda m, _: _money(m, words)  # noqa: E731
    if rates := forms.rates:
        yield rule(
            rf"(?:(?<=[€$£\d])|(?<=euro)|(?<=euros))[ ]?/[ ]?({either(rates)})(?!\w|/)",
            lambda m, _: f" {rates[m[1]]}",
            hint="/",
        )
    symbols = either({*forms.currencies, *_CODES, *(sign.lower() for sign in forms.currencies if "$" in sign)})
    letters = either(forms.large_letters) if forms.large_letters else "(?!)"
    amount = rf"(?P<sign>{SIGN})(?P<number>{NUMBER})"
    low = rf"(?:(?P<low>{NUMBER})(?:[ ]?[€$£¥])?(?:[ ]?[-–][ ]?|[ ]{forms.range}[ ])(?=[\d€$£¥]))?"
    large = rf"(?:[ ](?P<large>{forms.large_numbers})(?!\w)|[ ]?(?P<letter>{letters})(?=[ ]?{symbols}))?"
    behind = rf"(?:[ ]?(?:(?:de|di)[ ]|d')?|[ ])(?P<currency>{symbols})"
    yield rule(rf"{START}{low}{amount}{large}{behind}(?![\w$])", say)
    before = rf"(?<![\w])(?P<currency>{symbols})[ ]?"
    large_letter = rf"(?:[ ](?P<large>{forms.large_numbers})(?!\w)|[ ]?(?P<letter>{letters})(?!\w))?"
    yield rule(rf"{before}{low}(?:(?<=[ -])[€$£¥])?{amount}{large_letter}(?![\d])", say)


def _money(match: re.Match[str], words: RomanceVerbalizer) -> str:
    currency = _currency(match["currency"], words)
    comma = words.forms.thousands_comma or "$" in match["currency"]
    large = match["large"] or words.forms.large_letters.get(match["letter"] or "", "")
    amount = value(match["sign"] + match["number"], thousands_comma=comma)
    low = f"{words.number(value(match['low'], thousands_comma=comma))} {words.forms.range} " if match["low"] else ""
    return low + _amount(amount, currency, large, words)


def _currency(written: str, words: RomanceVerbalizer) -> Currency:
    currencies = words.forms.currencies
    return currencies.get(written) or currencies.get(written.upper()) or _named(written, words.locale)


@lru_cache(256)
def _named(code: str, locale: str) -> Currency:
    from babel.numbers import get_currency_name  # its tables take time to load

    return Currency(get_currency_name(code, 1, locale=locale), get_currency_name(code, 2, locale=locale))


def _amount(amount: str, currency: Currency, large: str, words: RomanceVerbalizer) -> str:
    forms = words.forms
    if large:
        of = "" if large == "mil" else words.of(currency.many)
        return f"{words.counting(amount, large)} {large} {of}{currency.many}"
    whole, _, cents = amount.partition(".")
    if not currency.hundredths or not 0 < len(cents) <= 2:
        return words.counted(amount, currency.one if amount.lstrip("-−") == "1" else currency.many)
    cents = cents.ljust(2, "0")
    hundredths = words.counted(str(int(cents)), currency.hundredth if int(cents) == 1 else currency.hundredths)
    if whole == "0" and int(cents):
        return hundredths
    single = whole.lstrip("-−") == "1" or (whole == "0" and forms.singular_zero)
    spoken = words.counted(whole, currency.one if single else currency.many)
    if not int(cents):
        return spoken
    named = hundredths if forms.names_hundredths else words.cardinal(cents)
    return " ".join(filter(None, (spoken, forms.and_hundredths, named)))


def _measure_rules(words: RomanceVerbalizer) -> Iterator[Rule]:
    low = rf"(?:(?P<low>{NUMBER})[ ]?(?P<low_unit>[%°]C?|[kcm]?[mg])?(?:[ ]?[-–][ ]?|[ ]{words.forms.range}[ ])(?=\d))?"
    amount = rf"(?<![\w.,/])(?P<sign>{SIGN}){low}(?P<number>{NUMBER})"
    if own := {**words.forms.units, "°c": "temperature-celsius", "° c": "temperature-celsius"}:
        pattern = rf"{amount}[ ]?(?P<own>{either(own)})(?!\w)"
        yield rule(pattern, lambda m, _: _low(m, words) + words.measure(_value(m, words), own[m["own"]]))
    yield rule(rf"{amount}[ ]?{_NO_UNIT}(?:{SYMBOL})(?![\w°²³^']|/\w){_STOP}", lambda m, _: _measure(m, words))
    yield rule(rf"{amount}[ ]?/[ ]?(?P<per>{either(PER)}|km²)(?![\w/])", lambda m, _: _per(m, words), hint="/")


def _value(match: re.Match[str], words: RomanceVerbalizer) -> str:
    return value(match["sign"] + match["number"], thousands_comma=words.forms.thousands_comma)


def _low(match: re.Match[str], words: RomanceVerbalizer) -> str:
    """The lower end of a range, if it is one."""
    return f"{words.number(value(match['low']))} {words.forms.range} " if match["low"] else ""


def _measure(match: re.Match[str], words: RomanceVerbalizer) -> str:
    unit = unit_of(match)
    if unit is None:
        return match[0]
    amount = _value(match, words)
    if unit == "duration-hour" and "." not in amount:
        amount = str(int(amount.replace("−", "-")))  # "01 h"
    return _low(match, words) + words.measure(amount, unit)


def _per(match: re.Match[str], words: RomanceVerbalizer) -> str:
    unit = {"km²": "square-kilometer"}.get(match["per"]) or PER[match["per"]]
    name = words.unit("1", unit)
    return f"{_low(match, words)}{words.number(_value(match, words))} {words.forms.per} {name}"
