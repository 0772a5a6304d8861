from __future__ import annotations

import re

import pytest

from speechd.languages.table import LANGUAGES
from speechd.text.normalization.units import CUBES, SQUARES, SYMBOL, UNITS, unit_of
from speechd.text.normalization.verbalizer import Verbalizer


@pytest.mark.parametrize(
    ("written", "unit"),
    [
        ("km", "length-kilometer"),
        ("m²", "area-square-meter"),
        ("cm^3", "volume-cubic-centimeter"),
        ("mg/l", "milligram/liter"),
        ("km/h", "speed-kilometer-per-hour"),
        ("mi³", None),
    ],
)
def test_symbol_has_its_unit(written: str, unit: str | None) -> None:
    match = re.fullmatch(SYMBOL, written)
    assert match is not None
    assert unit_of(match) == unit


@pytest.mark.parametrize("language", [tag for tag, language in LANGUAGES.items() if language.numbers is not None])
def test_unit_has_a_name_in_every_language_with_numbers(language: str) -> None:
    verbalizer = Verbalizer(LANGUAGES[language])
    for unit in {*UNITS.values(), *SQUARES.values(), *CUBES.values()}:
        assert verbalizer.unit("2", unit), unit
