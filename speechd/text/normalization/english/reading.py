"""How English reads a row of digits: as a number, or in pairs (years, rooms, flights, minutes)."""

from __future__ import annotations

from speechd.text.normalization.verbalizer import Verbalizer


def ungrouped(number: str) -> str:
    """Write "1,234.5" as "1234.5"."""
    return number.replace(",", "")


def number(text: str, verbalizer: Verbalizer) -> str:
    """Read a number as it is written, "-1,234.5" or ".5"."""
    return verbalizer.number(ungrouped(text))


def pairs(digits: str, verbalizer: Verbalizer) -> str:
    """Read three or four digits as in room or flight numbers: "one oh one", "seven forty-seven", "twelve oh five"."""
    head, tail = digits[:-2], digits[-2:]
    if digits[0] == "0":
        return verbalizer.digits(digits, zero="oh")
    if digits.endswith("000"):
        return verbalizer.cardinal(digits)
    if tail == "00":
        return f"{verbalizer.cardinal(head)} hundred"
    return f"{verbalizer.cardinal(head)} {two_digits(tail, verbalizer)}"


def two_digits(digits: str, verbalizer: Verbalizer) -> str:
    """Read "05" as "oh five", "12" as "twelve"."""
    return f"oh {verbalizer.cardinal(digits)}" if digits[0] == "0" else verbalizer.cardinal(digits)


def year(digits: str, verbalizer: Verbalizer) -> str:
    """Read "1905" as "nineteen oh five", "2007" as "two thousand seven", "1900" as "nineteen hundred"."""
    if len(digits) != 4 or digits[1:3] == "00" or digits[0] == "0":
        return verbalizer.cardinal(digits)
    return pairs(digits, verbalizer)
