from __future__ import annotations

import pytest

from speechd.languages.table import LANGUAGES
from speechd.text.normalization.english import reading
from speechd.text.normalization.verbalizer import Verbalizer

AMERICAN = Verbalizer(LANGUAGES["en-us"])


@pytest.mark.parametrize(
    ("digits", "spoken"),
    [
        ("101", "one oh one"),
        ("747", "seven forty-seven"),
        ("1205", "twelve oh five"),
        ("1900", "nineteen hundred"),
        ("2000", "two thousand"),
        ("0123", "oh one two three"),
    ],
)
def test_pairs_of_digits_are_read_together(digits: str, spoken: str) -> None:
    assert reading.pairs(digits, AMERICAN) == spoken


@pytest.mark.parametrize(
    ("digits", "spoken"),
    [
        ("1905", "nineteen oh five"),
        ("2007", "two thousand seven"),
        ("1984", "nineteen eighty-four"),
        ("476", "four hundred seventy-six"),
        ("0070", "seventy"),
    ],
)
def test_year_is_read_in_pairs_where_that_is_the_custom(digits: str, spoken: str) -> None:
    assert reading.year(digits, AMERICAN) == spoken


def test_number_may_be_grouped() -> None:
    assert reading.number("-1,234.5", AMERICAN) == "minus one thousand two hundred thirty-four point five"
