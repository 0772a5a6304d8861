from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("rated 3/5", "rated three out of five"),
        ("7.5/10", "seven point five out of ten"),
        ("4/5 stars", "four out of five stars"),
        ("10/10", "ten out of ten"),
        ("2/5 of them", "two fifths of them"),
        ("6/10 on Steam", "six out of ten on Steam"),
        ("I gave it 3/10 overall", "I gave it three out of ten overall"),
        ("9/10 dentists, 85/100", "nine out of ten dentists, eighty-five out of one hundred"),
        ("India 287/6 after 50 overs", "India two hundred eighty-seven for six after fifty overs"),
    ],
)
def test_rating_is_out_of_its_best(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
