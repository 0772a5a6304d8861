"""Formulas of TeX, written with the signs that the rules of numbers read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from speechd.text.markup.formulas import FORMULA
from speechd.text.normalization.romance.verbalizer import RomanceVerbalizer
from speechd.text.normalization.rules import Rule

_SIGNS: Final[Mapping[str, str]] = {
    "times": "×", "cdot": "×", "pm": "±", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "ne": "≠",
    "approx": "≈", "to": "→", "div": "÷", "left": "", "right": "", "quad": " ", "text": "", "mathrm": "", "mathbf": "",
}  # fmt: skip
_ROOTS: Final[Mapping[str, str]] = {
    "es": "raíz cuadrada de", "fr": "racine carrée de", "it": "radice quadrata di", "pt": "raiz quadrada de",
}  # fmt: skip
_POWERS: Final[Mapping[str, str]] = {"es": "elevado a", "fr": "puissance", "it": "elevato a", "pt": "elevado a"}

_GROUP: Final = r"\{([^{}]{0,80})\}"
_FRACTION = re.compile(rf"\\[dt]?frac{_GROUP}{_GROUP}")
_ROOT = re.compile(rf"\\sqrt{_GROUP}")
_POWER = re.compile(rf"\^(?:{_GROUP}|(\w))")
_COMMAND = re.compile(r"\\([A-Za-z]{1,20})")
_MINUS = re.compile(r"(?<=[\w)}])[ ]{0,3}-[ ]{0,3}(?=[\w(\\])")
_VARIABLES = re.compile(r"(?<![A-Za-z\\])[a-z]{2,3}(?![A-Za-z(])")
_NAMES: Final = frozenset("sin cos tan log max min mod exp lim sen pi de du di al à y e o".split())
_DEEPEST: Final = 4
"""Groups within groups that are read as such."""


def rules(words: RomanceVerbalizer) -> Iterator[Rule]:
    """The rule of one language."""
    yield Rule(FORMULA, lambda match, _: f" {_plain(match[0], words)} ", "")


def _plain(formula: str, words: RomanceVerbalizer) -> str:
    """A formula without TeX's commands and its delimiters."""
    text = formula.strip("$")
    text = text[2:-2] if text.startswith(("\\(", "\\[")) else text
    text = _VARIABLES.sub(lambda match: match[0] if match[0] in _NAMES else " ".join(match[0]), text)
    for _ in range(_DEEPEST):
        text = _POWER.sub(lambda match: _power(match[1] or match[2], words), text)
        text = _ROOT.sub(rf" {_ROOTS[words.locale]} \1 ", text)
        text = _FRACTION.sub(rf" \1 {words.forms.over} \2 ", text)
    text = _MINUS.sub(f" {words.forms.minus_sign} ", text)
    text = _COMMAND.sub(lambda match: _SIGNS.get(match[1], f" {match[1]} "), text)
    text = re.sub(r"[\\{}_&]", " ", text)
    return " ".join(re.sub(r"(?<=\d)(?=[a-z](?![a-z]))", " ", text).split())


def _power(exponent: str, words: RomanceVerbalizer) -> str:
    return {"2": "²", "3": "³"}.get(exponent, f" {_POWERS[words.locale]} {exponent} ")
