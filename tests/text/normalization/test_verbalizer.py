from __future__ import annotations

import pytest

from speechd.languages.table import LANGUAGES
from speechd.text.normalization.verbalizer import LONGEST_NUMBER, Verbalizer


@pytest.mark.parametrize(
    ("language", "number", "spoken"),
    [
        ("en-us", "-1234.50", "minus one thousand two hundred thirty-four point five zero"),
        ("en-gb", "1234", "one thousand two hundred and thirty-four"),
        ("es", "3.14", "tres coma catorce"),
        ("fr-fr", "3.05", "trois virgule zéro cinq"),
        ("it", "007", "zero zero sette"),
        ("pt-br", "-1.5", "menos um vírgula cinco"),
    ],
)
def test_number_is_spoken(language: str, number: str, spoken: str) -> None:
    assert Verbalizer(LANGUAGES[language]).number(number) == spoken


@pytest.mark.parametrize(
    ("language", "amount", "unit", "spoken"),
    [
        ("en-us", "1", "length-kilometer", "one kilometer"),
        ("en-gb", "1.5", "length-kilometer", "one point five kilometres"),
        ("en-us", "100", "megabit/second", "one hundred megabits per second"),
    ],
)
def test_number_agrees_with_its_unit(language: str, amount: str, unit: str, spoken: str) -> None:
    assert Verbalizer(LANGUAGES[language]).measure(amount, unit) == spoken


def test_number_that_is_nobodys_quantity_is_read_digit_by_digit() -> None:
    assert Verbalizer(LANGUAGES["en-us"]).cardinal("1" * (LONGEST_NUMBER + 1)) == " ".join(["one"] * 16)


def test_language_without_words_for_numbers_has_no_verbalizer() -> None:
    with pytest.raises(ValueError, match="ja"):
        Verbalizer(LANGUAGES["ja"])
