"""Numbers as Romance languages write them: "1.234,5", "1 234,5", and the "1,234.5" of Mexico and of English."""

from __future__ import annotations

import re
from typing import Final

NUMBER: Final = (
    r"(?:\d{1,3},\d{3}(?>(?: \d{3})+)(?!\d)|\d{1,3}(?>(?:,\d{3})+)\.\d++(?![.,]?\d)"
    r"|\d{1,3},\d{3}(?>(?:,\d{3})+)(?![.,]?\d)"
    r"|\d{1,3}(?>(?:\.\d{3})+|(?: \d{3})+)(?!\d)(?>(?:,\d++)?)|\d++(?>(?:[,.]\d++)?))"
)
"""Atomic groups, because Python before 3.11.5 gets possessive repeats of groups wrong."""

SIGN: Final = r"(?:(?<![\w)\]%°.,-])[-−](?=\d))?"
"""A minus, where it is no hyphen."""

START: Final = r"(?<![\w.,])"
"""Before a number: no letter, digit, or number going on."""

END: Final = r"(?![\w]|[.,]\d)"
"""After a number."""

_COMMAS = re.compile(r"\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:,\d{3}){2,}")
_ROUND_THOUSANDS = re.compile(r"[1-9]\d{0,2},\d00")
_GROUPS = re.compile(r"(?<=\d)[. ](?=\d{3}(?!\d))")


def value(written: str, *, thousands_comma: bool = False) -> str:
    """The decimal "-1234.5" that was `written`.

    A point that groups no thousands is a decimal one. thousands_comma: whether "100,000" are a hundred thousand, which
    elsewhere has three decimals.
    """
    sign = "-" if written[0] in "-−" else ""
    digits = written.lstrip("-−")
    if _COMMAS.fullmatch(digits) or (thousands_comma and _ROUND_THOUSANDS.fullmatch(digits)):
        return sign + digits.replace(",", "")
    if not digits.startswith("0."):
        digits = _GROUPS.sub("", digits)
    return sign + digits.replace(",", ".")
