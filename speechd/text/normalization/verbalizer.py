"""Numbers and units in words, through num2words and Unicode's CLDR (babel)."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from num2words import num2words

from speechd.languages.base import Language

LONGEST_NUMBER: Final = 15
"""Digits. Longer ones are nobody's quantity and are read digit by digit."""


class Verbalizer:
    """Says numbers and units in one language, which must have `numbers`."""

    def __init__(self, language: Language) -> None:
        if language.numbers is None:
            raise ValueError(f"the language {language.tag} has no words for numbers")
        self.language: Final = language
        self.locale: Final = language.numbers.locale
        self._numbers = language.numbers

    def cardinal(self, digits: str) -> str:
        """A whole number of ASCII digits, which may begin with zeros (they are dropped)."""
        if len(digits.lstrip("0")) > LONGEST_NUMBER:
            return self.digits(digits)
        return self._words(int(digits), "cardinal")

    def ordinal(self, number: int) -> str:
        """An ordinal number: "twenty-first"."""
        return self._words(number, "ordinal")

    def number(self, text: str) -> str:
        """A decimal "-1234.50" without separators of thousands."""
        sign = f"{self._numbers.minus} " if text[0] in "-−" else ""
        whole, _, fraction = text.lstrip("-−").partition(".")
        spoken = self.digits(whole) if len(whole) > 1 and whole[0] == "0" else self.cardinal(whole or "0")
        return f"{sign}{spoken} {self._numbers.point} {self._fraction(fraction)}" if fraction else sign + spoken

    def digits(self, text: str, zero: str | None = None) -> str:
        """Each digit by itself; anything else is skipped. zero: another word for 0 ("oh")."""
        return " ".join(
            zero if zero and digit == "0" else self._words(int(digit), "cardinal")
            for digit in text
            if digit.isdecimal()
        )

    def unit(self, amount: str, unit: str) -> str:
        """The name of a CLDR unit ("length-kilometer", "megabit/second") in the grammatical number of `amount`."""
        return _unit(unit, _sample(amount), self.locale)

    def measure(self, amount: str, unit: str) -> str:
        """An amount of a CLDR unit: "1.5" and "length-kilometer" as "one point five kilometers"."""
        name = self.unit(amount, unit)
        return f"{self.counting(amount, name)} {name}"

    def counting(self, amount: str, noun: str) -> str:
        """A number as it stands before `noun`, which it counts; languages in which it agrees with it have their own."""
        return self.number(amount)

    def _fraction(self, digits: str) -> str:
        as_digits = self._numbers.fraction_in_digits or digits[0] == "0" or len(digits) > 2
        return self.digits(digits) if as_digits else self.cardinal(digits)

    def _words(self, number: int, form: str) -> str:
        words = _num2words(number, self._numbers.num2words, form).replace(",", "")
        for omitted in self._numbers.omitted:
            words = words.replace(f" {omitted} ", " ")
        return words


def _sample(amount: str) -> float:
    """A number of the same grammatical number as `amount`: few of them, so that names can be cached."""
    amount = amount.lstrip("-−")
    if amount in ("1", "0"):
        return int(amount)
    return 1.5 if "." in amount and amount[0] in "01." and len(amount.partition(".")[0]) <= 1 else 2


@lru_cache(maxsize=8192)
def _num2words(number: int, language: str, form: str) -> str:
    return str(num2words(number, lang=language, to=form))


@lru_cache(maxsize=1024)
def _unit(unit: str, amount: float, locale: str) -> str:
    from babel.units import format_compound_unit, format_unit  # 10 ms that most texts never need

    numerator, _, denominator = unit.partition("/")
    if denominator:
        spoken = format_compound_unit(amount, numerator, denominator_unit=denominator, locale=locale) or ""
    else:
        spoken = format_unit(amount, unit, locale=locale)
    return spoken.lstrip("0123456789.,").strip().replace("\u00a0", " ")
