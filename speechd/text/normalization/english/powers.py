"""Powers of ten before units, and solutions: "5×10^3 kg", "10⁶ cells/mL", "2 M"."""

from __future__ import annotations

import re
from typing import Final

from speechd.text.normalization.english import reading
from speechd.text.normalization.rules import NUMBER, Rule, rule
from speechd.text.normalization.units import SYMBOL, unit_of
from speechd.text.normalization.verbalizer import Verbalizer

_RAISED: Final = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺−–", "0123456789-+--")
_CHARGES: Final = {"⁺": "plus", "⁻": "minus"}
_EXPONENT: Final = r"(?:\^\{?(?P<plain>[-−–+]?\d{1,4})\}?|(?P<raised>[⁻⁺]?[⁰¹²³⁴-⁹]{1,4}))"


def _power(match: re.Match[str], verbalizer: Verbalizer) -> str:
    groups = match.groupdict()
    exponent = (groups.get("plain") or groups.get("raised") or groups["minus"]).translate(_RAISED).lstrip("+")
    number = f"{reading.number(match['number'], verbalizer)} times " if groups.get("number") else ""
    spoken = reading.number(exponent, verbalizer)
    power = f"{number}{reading.number(match['base'], verbalizer)} to the power of {spoken}"
    if groups.get("molar"):
        return f"{power} molar"
    unit = unit_of(match) if groups.get("symbol") or groups.get("power") else None
    return f"{power} {verbalizer.unit('2', unit)}" if unit else power


_UNIT: Final = rf"(?:[ ](?:(?P<molar>M)(?!\w)|{SYMBOL}(?![\w²³^/])))?"
RULES: Final[tuple[Rule, ...]] = (
    *(
        rule(
            rf"(?<=[A-Za-z\d)])([²³⁴]?)({sign})(?![⁰¹²³⁴-⁹])",
            lambda m, v: f" {v.cardinal(m[1].translate(_RAISED))} {_CHARGES[m[2]]}" if m[1] else f" {_CHARGES[m[2]]}",
            hint=sign,
        )
        for sign in _CHARGES
    ),
    rule(
        rf"(?<![\w.,])(?P<number>{NUMBER})[ ]?[x×·*][ ]?(?P<base>10)(?:{_EXPONENT}|(?P<minus>[-−–]\d{{1,2}}))"
        rf"(?![\d⁰-⁹]){_UNIT}",
        _power,
    ),
    rule(rf"(?<![\w.,×^])(?P<base>10){_EXPONENT}(?!\d){_UNIT}", _power),
    rule(
        rf"(?<![\w.,])({NUMBER})[ ]M(?=[ ](?:solutions?|[A-Z]\.[A-Z]|HCl|NaOH|NaCl|KCl|H2SO4|acid|base|buffer|Tris"
        rf"|urea|sucrose"
        rf"|glucose|ammonia)(?!\w))",
        lambda m, v: f"{reading.number(m[1], v)} molar",
        hint="M",
    ),
)
