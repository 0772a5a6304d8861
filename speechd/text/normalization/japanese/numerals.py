"""Japanese numbers in kanji, from which the G2P reads a number together with its counter."""

from __future__ import annotations

from typing import Final

DIGITS: Final = "〇一二三四五六七八九"
_SPOKEN_DIGITS: Final = "ゼロ 一 二 三 四 五 六 七 八 九".split()
_SMALL: Final = ("", "十", "百", "千")
_LARGE: Final = ("", "万", "億", "兆", "京")

LONGEST: Final = 4 * len(_LARGE)
"""Digits. Longer numbers are nobody's quantity and are read digit by digit."""


def cardinal(digits: str) -> str:
    """A whole number of ASCII digits: "1234" as "千二百三十四"; one that begins with zeros, digit by digit."""
    if len(digits) > LONGEST or (len(digits) > 1 and digits[0] == "0"):
        return by_digits(digits)
    if not int(digits):
        return "零"
    padded = digits.zfill(-(-len(digits) // 4) * 4)
    groups = [padded[at : at + 4] for at in range(0, len(padded), 4)]
    return "".join(_group(group, len(groups) - 1 - index) for index, group in enumerate(groups))


def _group(digits: str, power: int) -> str:
    """Four digits and the word for their power of ten thousand."""
    spoken = "".join(_digit(int(digit), 3 - index, power) for index, digit in enumerate(digits))
    return spoken + _LARGE[power] if spoken else ""


def _digit(digit: int, place: int, power: int) -> str:
    """A digit at its place. One ten, hundred or thousand has no "one", but for the thousands of a larger group."""
    if not digit:
        return ""
    silent = digit == 1 and place and not (place == 3 and power)
    return ("" if silent else DIGITS[digit]) + _SMALL[place]


def decimal(text: str) -> str:
    """A number "-1234.5" without separators."""
    sign = "マイナス" if text[0] in "-−" else ""
    whole, _, fraction = text.lstrip("-−").partition(".")
    spoken = sign + cardinal(whole or "0")
    return f"{spoken}点{''.join(DIGITS[int(digit)] for digit in fraction)}" if fraction else spoken


def by_digits(text: str) -> str:
    """Each digit by itself; anything else is skipped."""
    return "".join(_SPOKEN_DIGITS[int(digit)] for digit in text if digit.isdecimal())
