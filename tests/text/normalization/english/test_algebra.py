from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("7y - 2 = 12", "seven y minus two equals twelve"),
        ("g(t) = 4t + 1", "g of t equals four t plus one"),
        ("F = ma", "F equals m a"),
        ("v^2 = u^2 + 2as", "v squared equals u squared plus two a s"),
        ("bx + c = 0", "b x plus c equals zero"),
        ("6z = 18", "six z equals eighteen"),
        ("x - y = 1", "x minus y equals one"),
        ("n^4 - 1", "n to the power of four minus one"),
        ("9 - 4 = 5", "nine minus four equals five"),
        ("What is 8 - 6?", "What is eight minus six?"),
        ("width * height", "width times height"),
        ("5 km - 3 km", "five to three kilometers"),
        ("the price = 5", "the price equals five"),
        ("2008-2010", "two thousand eight to twenty ten"),
        ("1950s-60s", "nineteen fifties-sixties"),
    ],
)
def test_algebra_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
