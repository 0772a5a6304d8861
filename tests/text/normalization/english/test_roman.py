from __future__ import annotations

import pytest

from speechd.text.normalization.english.roman import roman
from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Henry VIII's court", "Henry the Eighth's court"),
        ("King George I. slept", "King George the First slept"),
        ("Hello Henry I am here", "Hello Henry I am here"),
        ("George I. Brown, Paul V. Smith", "George I. Brown, Paul V. Smith"),
        ("It was Charles V. who won", "It was Charles the Fifth who won"),
        ("PART IV: The Sea", "PART four: The Sea"),
        ("on page iv", "on page four"),
        ("scene ii, act i.", "scene two, act one."),
        ("the XIXth century", "the nineteenth century"),
        ("the IV pole, an IV now", "the I.V pole, an I.V now"),
        ("Malcolm X and Vitamin C", "Malcolm X and Vitamin C"),
        ("John Quinn III, heir", "John Quinn the Third, heir"),
        ("III. Results", "three. Results"),
        ("Appendix C", "Appendix C"),
    ],
)
def test_numeral_is_read_as_its_place_asks(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


@pytest.mark.parametrize(
    ("numeral", "value"), [("I", 1), ("IV", 4), ("XIX", 19), ("XLII", 42), ("XC", 90), ("CCC", 300)]
)
def test_roman_numeral_has_its_value(numeral: str, value: int) -> None:
    assert roman(numeral) == value
