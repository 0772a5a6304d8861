"""Formulas in running text: TeX between its delimiters, and plain algebra ("3x - 5 = 10")."""

from __future__ import annotations

import re
from typing import Final

from speechd.text.markup.formulas import FORMULA
from speechd.text.normalization.english import reading
from speechd.text.normalization.english.latex import spoken_formula
from speechd.text.normalization.rules import Rule, rule
from speechd.text.normalization.verbalizer import Verbalizer

_NO_VARIABLES: Final = frozenset("is it in to or of on at by as an if do go no so we he me my us be am pm vs".split())
_NAMED: Final = frozenset("pi ln mod sin cos tan log exp max min".split())
_FUNCTION: Final = r"[A-Za-z]\([A-Za-z0-9, +-]{1,20}\)"
_POWER: Final = r"(?:\^\{?-?[A-Za-z0-9]{1,6}\}?|[⁰¹²³⁴-⁹ⁿ⁻]{1,4})?"
_TERM: Final = (
    rf"[(]?[-−]?(?:{_FUNCTION}|\d{{1,9}}(?:\.\d{{1,9}})?[A-Za-z]{{0,3}}|\.\d{{1,9}}|[A-Za-z]{{1,3}})[)]?{_POWER}"
)
_OPERATOR: Final = r"(?:[ ]?[=+*/<>≤≥×·÷−-][ ]?|[ ]{1,2}—[ ]{1,2})"
_PIECE = re.compile(
    r"(?P<function>(?P<name>[A-Za-z])\((?P<of>[A-Za-z0-9, +-]{1,20})\))|(?P<number>\d{1,9}(?:\.\d{1,9})?|\.\d{1,9})"
    r"|(?P<power>\^\{?(?P<exponent>-?[A-Za-z0-9]{1,6})\}?|(?P<raised>[⁰¹²³⁴-⁹ⁿ⁻]{1,4}))|(?P<letters>[A-Za-z]{1,3})"
    r"|(?P<sign>[=+*/<>≤≥×·÷−—-])|(?P<other>.)"
)
_MEASURED = re.compile(
    r"\d(?:km|kg|cm|mm|ml|mL|mg|lb|ft|oz|in|GB|MB|kB|TB|ms|Hz|kW|W|V|hr|min|mph)(?![A-Za-z])"
    r"|^\d[\d.]{0,9}[mgsLlhtJN][ ]?=|(?<![A-Za-z])(?:km|cm|mm|mi|ft|in|yd)[²³]|(?<=[\d/ ])m[²³]|[x×·*][ ]?10\^|/"
    r"(?:s|m|km|cm|kg)[²³^]"
)
_COUNTED = re.compile(r"\d[ ]$")
_UNIT = re.compile(r"(?:[A-Za-z]{2,3}|[c-mo-wA-Z])(?![A-Za-z(])")
"""Behind a number and a space, letters are no variables but a unit: "1 lb = 454 g"."""
_OPERATED = re.compile(r"[A-Za-z\d)⁰¹²³⁴-⁹][ ]{0,2}[=+*/<>≤≥×·÷−—-]")
_TERM_WITH_POWER = re.compile(r"\d{1,9}(?:\.\d{1,9})?(?!(?:km|cm|mm|m|mi|ft|in)[\^²³])[a-z]{1,2}(?:\^|[²³⁴-⁹ⁿ]).{0,9}")
_ALONE = re.compile(r"(?<![A-Za-z\d])[A-Za-z]{2,3}(?![A-Za-z(])")
_SIGNS: Final = {
    "=": "equals", "+": "plus", "*": "times", "×": "times", "·": "times", "/": "over", "÷": "divided by",
    "-": "minus", "−": "minus", "—": "minus", "<": "less than", ">": "greater than",
    "≤": "less than or equal to", "≥": "greater than or equal to",
}  # fmt: skip
_RAISED: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻ⁿ", "0123456789-n")


def _formula(match: re.Match[str], verbalizer: Verbalizer) -> str:
    text = match[0]
    if text.startswith("\\begin"):
        return f" {spoken_formula(text, verbalizer)} "
    width = 2 if text[:2] in ("$$", "\\[", "\\(") else 1
    return f" {spoken_formula(text[width:-width], verbalizer)} "


def _bare(match: re.Match[str], verbalizer: Verbalizer) -> str:
    return f" {spoken_formula(match[0], verbalizer)} "


def _algebra(match: re.Match[str], verbalizer: Verbalizer) -> str:
    """An equation or a term with powers; anything else as it is. Plain numbers are left to the rules of numbers."""
    text = match[0]
    counted = _COUNTED.search(match.string, max(0, match.start() - 2), match.start()) and _UNIT.match(text)
    if counted or not _is_algebra(text):
        return text
    pieces = list(_PIECE.finditer(text))
    spoken = []
    for index, piece in enumerate(pieces):
        after = pieces[index + 1] if index + 1 < len(pieces) else None
        spoken.append(_piece(piece, after, verbalizer))
    return " ".join(filter(None, spoken))


def _is_algebra(text: str) -> bool:
    """Whether there is a variable, and a sign that only formulas have; measures and words are no variables."""
    if _MEASURED.search(text) or any(word in _NO_VARIABLES for word in _ALONE.findall(text)):
        return False
    if not _OPERATED.search(text):
        return _TERM_WITH_POWER.fullmatch(text) is not None
    if not re.search(r"[=^]|[A-Za-z)][⁰¹²³⁴-⁹ⁿ⁻]", text):
        return re.search(r"\d[abnxyz](?:[ ][+*-][ ]|[+*])|\d[xyz]-|[+*][ ]?\d{0,3}[xyz](?!\w)", text) is not None
    return re.search(r"[A-Za-z^]", text) is not None or " - " in text or "*" in text or "/" not in text


def _piece(piece: re.Match[str], after: re.Match[str] | None, verbalizer: Verbalizer) -> str:
    match piece.lastgroup:
        case "function":
            return f"{piece['name']} of {_spaced(piece['of'], verbalizer)}"
        case "number":
            joined = after is not None and after.lastgroup in ("letters", "power")
            return reading.number(piece[0], verbalizer) if joined else piece[0]
        case "power":
            return _raised((piece["exponent"] or piece["raised"]).translate(_RAISED), verbalizer)
        case "letters":
            return _letters(piece[0])
        case "sign":
            return _SIGNS[piece[0]]
        case _:
            return piece[0].strip()


def _letters(letters: str) -> str:
    """Variables one by one; what has three small letters is a word."""
    if letters in _NAMED or (len(letters) == 3 and letters.islower() and re.search("[aeiou]", letters)):
        return letters
    return " ".join(letters)


def _spaced(inner: str, verbalizer: Verbalizer) -> str:
    return " ".join(_piece(piece, None, verbalizer) for piece in _PIECE.finditer(inner) if not piece[0].isspace())


def _raised(exponent: str, verbalizer: Verbalizer) -> str:
    if exponent in ("2", "3"):
        return "squared" if exponent == "2" else "cubed"
    if exponent.lstrip("-").isdecimal():
        return f"to the power of {reading.number(exponent, verbalizer)}"
    return (
        f"to the power of {' '.join(exponent.replace('-', ''))}"
        if exponent[0] != "-"
        else (f"to the power of minus {' '.join(exponent[1:])}")
    )


RULES: Final[tuple[Rule, ...]] = (
    Rule(re.compile(FORMULA.pattern), _formula, ""),
    rule(
        r"\\(?:d?frac|sqrt|text|boxed|binom)(?:\[[^\[\]]{0,20}\])?(?:\{(?:[^{}]|\{[^{}]{0,80}\}){0,200}\}){1,2}",
        _bare,
        hint="\\",
    ),
    rule(
        r"(?<=[\w)\s])\\(?:times|cdot|div|pm|leq|geq|neq|approx|infty|pi|alpha|beta|theta|Delta)(?![A-Za-z])",
        _bare,
        hint="\\",
    ),
)

NEEDED: Final = re.compile(r"[=^]|[A-Za-z)][²³⁴-⁹]|\d[abnxyz][ ]?[+*−-]")
ALGEBRA: Final = rule(rf"(?<![\w.,$€£@/#&\\-]){_TERM}(?:{_OPERATOR}{_TERM}){{0,12}}(?![\w%°/]|[.,]\d)", _algebra)
"""In texts with a sign of equality or a power: other texts have dates, ranges and codes that look the same."""
