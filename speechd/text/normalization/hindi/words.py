"""Hindi's words for numbers."""

from __future__ import annotations

from typing import Final

from speechd.languages.hindi import ENGLISH_ORDINALS, GROUPS, NUMBERS, ORDINALS

LONGEST: Final = 19
"""Digits. Longer numbers are nobody's quantity and are read digit by digit."""


def cardinal(digits: str) -> str:
    """A whole number of ASCII digits, which may begin with zeros: these are spoken."""
    if len(digits) > LONGEST or (len(digits) > 1 and digits[0] == "0"):
        return by_digits(digits)
    return _cardinal(int(digits))


def _cardinal(number: int) -> str:
    if number < 100:
        return NUMBERS[number]
    size, name = next(group for group in GROUPS if group[0] <= number)
    rest = number % size
    return f"{_cardinal(number // size)} {name}" + (f" {_cardinal(rest)}" if rest else "")


def year(number: int) -> str:
    """A year, which is read in hundreds, "उन्नीस सौ साठ", unless they are whole thousands."""
    hundreds, rest = divmod(number, 100)
    if not 10 < hundreds < 100 or hundreds % 10 == 0:
        return _cardinal(number)
    return f"{NUMBERS[hundreds]} सौ" + (f" {NUMBERS[rest]}" if rest else "")


def decimal(text: str) -> str:
    """A number "-1234.50" without separators."""
    sign = "माइनस " if text[0] in "-−" else ""
    whole, _, fraction = text.lstrip("-−").partition(".")
    spoken = sign + cardinal(whole or "0")
    return f"{spoken} दशमलव {by_digits(fraction)}" if fraction else spoken


def by_digits(text: str) -> str:
    """Each digit by itself; anything else is skipped."""
    return " ".join(NUMBERS[int(digit)] for digit in text if digit.isdecimal())


def ordinal(digits: str, ending: str) -> str:
    """ "5वें" as "पाँचवें", "2री" as "दूसरी". ending: what is written behind the digits."""
    if digits in ORDINALS:
        vowel = "ी" if "ी" in ending else "े" if "े" in ending else "ा"
        return ORDINALS[digits] + vowel
    return (year(int(digits)) if len(digits) == 4 else cardinal(digits)) + ending


def english_ordinal(digits: str) -> str:
    """ "5th" as it is said in Hindi."""
    number = int(digits)
    return ENGLISH_ORDINALS[number] if number < len(ENGLISH_ORDINALS) else f"{cardinal(digits)}वां"
