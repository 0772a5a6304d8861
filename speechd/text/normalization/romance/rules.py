"""All rules of a Romance language, in order of precedence."""

from __future__ import annotations

from typing import Final

from speechd.languages.base import Language
from speechd.text.normalization.romance import (
    abbreviations,
    addresses,
    amounts,
    calendar,
    codes,
    formulas,
    numbers,
    romans,
)
from speechd.text.normalization.romance.verbalizer import RomanceVerbalizer
from speechd.text.normalization.rules import Rule, apply

_RAISED: Final = str.maketrans("ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", "abcdefghijklmnoprstuvwxyz")
"""Raised letters, with which abbreviations and ordinal numbers are written: "Mᵐᵉ", "XIXᵉ"."""


class RomanceRules:
    """The rules of one language, which must have `written` forms."""

    def __init__(self, language: Language) -> None:
        self._verbalizer: Final = RomanceVerbalizer(language)
        self.rules: Final[tuple[Rule, ...]] = (
            *formulas.rules(self._verbalizer),
            *addresses.rules(self._verbalizer),
            *abbreviations.rules(self._verbalizer),
            *romans.rules(self._verbalizer),
            *calendar.rules(self._verbalizer),
            *codes.rules(self._verbalizer),
            *numbers.ordinals(self._verbalizer),
            *amounts.rules(self._verbalizer),
            *numbers.rules(self._verbalizer),
        )

    def verbalize(self, text: str) -> str:
        """`text`, in the form of `typography.unify`, in words."""
        return apply(self.rules, text.translate(_RAISED), self._verbalizer)
