"""Codes, read piece by piece: letters with digits, chemical formulas, phone numbers, rooms, and fixed expressions."""

from __future__ import annotations

import re
from typing import Final

from speechd.text.normalization.english import reading
from speechd.text.normalization.rules import Rule, either, rule
from speechd.text.normalization.verbalizer import Verbalizer

_PLACES: Final = (
    "Room Rm Suite Apartment Apt Flight Boeing Airbus Route Highway Hwy Interstate Bus Unit Area Studio Building Gate "
    "Psalm Peugeot Levi's BMW room suite apartment flight route highway interstate bus unit area code"
).split()
_ELEMENTS: Final = (
    "Al|Ag|Ar|Au|Ba|Be|Bi|Br|Ca|Cd|Ce|Cl|Co|Cr|Cs|Cu|Fe|Ga|Ge|He|Hg|Kr|La|Li|Mg|Mn|Mo|"
    "Na|Nd|Ne|Ni|Pb|Pd|Pt|Ra|Rb|Rn|Se|Si|Sn|Sr|Th|Ti|Xe|Zn|Zr"
)
_FORMULA = re.compile(rf"(?=.{{0,3}}[a-z])(?:{_ELEMENTS}|[BCFHIKNOPSUVWY]){{1,4}}")


def _phone(match: re.Match[str], verbalizer: Verbalizer) -> str:
    groups = re.findall(r"\d+", match[0])
    spoken = ", ".join(verbalizer.digits(group, zero="oh") for group in groups)
    return f"plus {spoken}" if match[0].lstrip()[0] == "+" else spoken


def _code(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """Letters and digits in one: "A4", "F-16", "B2B", "H264", "CO2", "MP3s"."""
    code = match[0].removesuffix("s")
    plural = match[0][len(code) :]
    formula = "-" not in code
    pieces = (
        _code_number(piece, verbalizer) if piece.isdecimal() else _spelled(piece, formula=formula)
        for piece in re.findall(r"\d+|[^\W\d_]+", code)
    )
    return "-".join(pieces) + plural


def _spelled(letters: str, *, formula: bool) -> str:
    """Letters of a code: two capitals and, in a formula, chemical symbols one by one; words as they are."""
    if (len(letters) == 2 and letters.isupper()) or (formula and _FORMULA.fullmatch(letters)):
        return "-".join(letters.upper())
    return letters


def _code_number(digits: str, verbalizer: Verbalizer) -> str:
    if digits[0] == "0" or len(digits) > 4:
        return verbalizer.digits(digits, zero="oh")
    return reading.pairs(digits, verbalizer) if len(digits) > 2 else verbalizer.cardinal(digits)


RULES: Final[tuple[Rule, ...]] = (
    rule(r"(?<![\w&])#[ ]?(?=\d|[A-Z]{1,3}-?\d)", "number ", hint="#"),
    rule(r"(?<!\S)~(?=[\d$£€¥])", "about ", hint="~"),
    rule(r"(?<!\S)>[ ]?(?=[\d$£€¥])|(?<=\s)>(?=\s)", " greater than ", hint=">"),
    rule(r"(?<!\S)<[ ]?(?=[\d$£€¥])|(?<=\s)<(?=\s)", " less than ", hint="<"),
    rule(r"(?<=ending in )\d{4}(?!\w)|(?<=ending )\d{4}(?!\w)|(?<=PIN )\d{4}(?!\w)", lambda m, v: v.digits(m[0])),
    rule(r"(?<![\w./-])24/7(?![\w/]|[.,]\d)", "twenty-four seven", hint="24/7"),
    rule(r"(?<![\w./-])9/11(?![\w/]|[.,]\d)", "nine eleven", hint="9/11"),
    rule(r"(?<![\w./-])50/50(?![\w/]|[.,]\d)", "fifty-fifty", hint="50/50"),
    rule(r"(?<![\w./-])20/20(?![\w/]|[.,]\d)", "twenty twenty", hint="20/20"),
    rule(r"(?<![\w.,+-])\+\d{1,3}(?:[ .-]?\(?\d{1,5}\)?){2,6}(?![\w-])", _phone, hint="+"),
    rule(r"(?<![\w.,-])(?:1[ .-])?(?:\(\d{3}\)[ ]?|\d{3}[ .-])\d{3}[ .-]\d{4}(?![\w-])", _phone),
    rule(r"(?<![\w.,-])\d{3}-\d{2}-\d{4}(?![\w-])|(?<![\w.,-])\d{3}-\d{4}(?![\w-])", _phone, hint="-"),
    rule(r"(?<![\w.,-])0\d{2,4}[ -]\d{3,4}(?:[ -]\d{3,4})?(?![\w-]|,\d)", _phone),
    rule(r"(?<=[Dd]ial )\d{3}(?!\w|[.,-]\d)|(?<=[Cc]all )[1-9]11(?!\w|[.,-]\d)", lambda m, v: v.digits(m[0])),
    rule(
        rf"(?<=\b)({either(_PLACES)}[ ]#?)(\d{{3}})(?!\w|[.,]\d)",
        lambda m, v: m[1].replace("#", "") + _code_number(m[2], v),
    ),
)

LETTERS_WITH_DIGITS: Final = rule(
    r"(?<!\w)(?=[A-Za-z]{0,9}-?\d)(?=\d{0,9}-?[A-Za-z]|[A-Za-z])[A-Za-z]{0,9}(?:(?:-(?=\d))?\d{1,9}[A-Za-z]{0,9}){1,9}(?![\w]|-\d)",
    _code,
)
"""After dates, measures and powers, which also have letters next to digits."""
