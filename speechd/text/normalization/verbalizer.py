"""Numbers and units in words, through num2words and CLDR (babel)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from num2words import num2words

LONGEST_NUMBER: Final = 15
"""Digits. Longer ones are nobody's quantity and are read digit by digit."""

_LOCALES: Final = {"en-us": "en_US", "en-gb": "en_GB", "es": "es", "fr-fr": "fr", "it": "it", "pt-br": "pt"}
_POINT: Final = {"en": "point", "es": "coma", "fr": "virgule", "it": "virgola", "pt": "vírgula"}
_MINUS: Final = {"en": "minus", "es": "menos", "fr": "moins", "it": "meno", "pt": "menos"}
# The last word of a number that ends with 1, and its forms before a masculine and a feminine noun.
_ONE: Final = {
    "es": (("veintiuno", "veintiún", "veintiuna"), ("uno", "un", "una")),
    "fr": (("un", "un", "une"),),
    "it": (("ventuno", "ventuno", "ventuno"), ("uno", "un", "una")),
    "pt": (("um", "um", "uma"),),
}
_FEMININE: Final = frozenset("heure livre tonne once minute seconde milliseconde calorie kilocalorie roupie".split())


class Verbalizer:
    """The words of one language: "en-us", "en-gb", "es", "fr-fr", "it" or "pt-br"."""

    def __init__(self, language: str) -> None:
        self.locale: Final = _LOCALES[language]
        self.family: Final = self.locale[:2]
        self.day_first: Final = language != "en-us"
        self.british: Final = language == "en-gb"

    def cardinal(self, digits: str) -> str:
        """A whole number of ASCII digits, which may begin with zeros (they are dropped)."""
        if len(digits.lstrip("0")) > LONGEST_NUMBER:
            return self.digits(digits)
        return self._cleaned(_words(int(digits), self.family, "cardinal"))

    def ordinal(self, number: int) -> str:
        """ "twenty-first"."""
        return self._cleaned(_words(number, self.family, "ordinal"))

    def number(self, text: str) -> str:
        """A decimal "-1234.50" without separators of thousands; its fraction is read digit by digit."""
        sign = f"{_MINUS[self.family]} " if text[0] in "-−" else ""
        whole, _, fraction = text.lstrip("-−").partition(".")
        spoken = self.digits(whole) if len(whole) > 1 and whole[0] == "0" else self.cardinal(whole or "0")
        if not fraction:
            return sign + spoken
        if self.family == "en" or fraction[0] == "0" or len(fraction) > 2:
            return f"{sign}{spoken} {_POINT[self.family]} {self.digits(fraction)}"
        return f"{sign}{spoken} {_POINT[self.family]} {self.cardinal(fraction)}"

    def digits(self, text: str, zero: str | None = None) -> str:
        """Each digit by itself; anything else is skipped. zero: another word for 0 ("oh")."""
        return " ".join(
            zero if zero and digit == "0" else _words(int(digit), self.family, "cardinal")
            for digit in text
            if digit.isdecimal()
        )

    def pairs(self, digits: str) -> str:
        """Three or four digits as in room or flight numbers: "one oh one", "seven forty-seven", "twelve oh five"."""
        head, tail = digits[:-2], digits[-2:]
        if digits[0] == "0" or digits.endswith("000"):
            return self.digits(digits, zero="oh") if digits[0] == "0" else self.cardinal(digits)
        if tail == "00":
            return f"{self.cardinal(head)} hundred"
        return f"{self.cardinal(head)} {self.two_digits(tail)}"

    def two_digits(self, digits: str) -> str:
        """ "05" as "oh five", "12" as "twelve"."""
        return f"oh {self.cardinal(digits)}" if digits[0] == "0" else self.cardinal(digits)

    def year(self, digits: str) -> str:
        """ "1905" as "nineteen oh five", "2007" as "two thousand seven", "1900" as "nineteen hundred"."""
        if self.family != "en" or len(digits) != 4 or digits[1:3] == "00" or digits[0] == "0":
            return self.cardinal(digits)
        return self.pairs(digits)

    def unit(self, amount: str, unit: str) -> str:
        """The name of a CLDR unit ("length-kilometer", "megabit/second") in the number that fits `amount`."""
        return _unit(unit, _sample(amount), self.locale)

    def measure(self, amount: str, unit: str) -> str:
        """ "1.5" and "length-kilometer" as "one point five kilometers"."""
        name = self.unit(amount, unit)
        return f"{self.counting(amount, name)} {name}"

    def counting(self, amount: str, noun: str) -> str:
        """`number` as it stands before the noun it counts: "un kilómetro", "una hora", "veintiún euros"."""
        number = self.number(amount)
        if self.family == "en" or not amount.endswith("1") or "." in amount:
            return number
        first = noun.split()[0].rstrip("s")
        feminine = (
            first in _FEMININE if self.family == "fr" else first[-1] in "ah" and not first.endswith(("gramma", "grama"))
        )
        for plain, masculine, female in _ONE[self.family]:
            if number.endswith(plain):
                return number[: len(number) - len(plain)] + (female if feminine else masculine)
        return number

    def _cleaned(self, words: str) -> str:
        words = words.replace(",", "")
        return words if self.british or self.family != "en" else words.replace(" and ", " ")


def _sample(amount: str) -> float:
    """A number of the same grammatical number as `amount`: few of them, so that names can be cached."""
    amount = amount.lstrip("-−")
    if amount in ("1", "0"):
        return int(amount)
    return 1.5 if "." in amount and amount[0] in "01." and len(amount.partition(".")[0]) <= 1 else 2


@lru_cache(maxsize=8192)
def _words(number: int, family: str, form: str) -> str:
    return str(num2words(number, lang=family, to=form))


@lru_cache(maxsize=1024)
def _unit(unit: str, amount: float, locale: str) -> str:
    from babel.units import format_compound_unit, format_unit  # 10 ms that most texts never need

    numerator, _, denominator = unit.partition("/")
    if denominator:
        spoken = format_compound_unit(amount, numerator, denominator_unit=denominator, locale=locale) or ""
    else:
        spoken = format_unit(amount, unit, locale=locale)
    return spoken.lstrip("0123456789.,").strip().replace("\u00a0", " ")
