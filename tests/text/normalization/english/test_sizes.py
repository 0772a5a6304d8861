from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ('a 12" ruler and a 15" laptop', "a twelve-inch ruler and a fifteen-inch laptop"),
        ('He said "I am 12" and left', 'He said "I am twelve" and left'),
        ("2 m × 3 m", "two meters by three meters"),
        ("3' x 5'", "three feet by five feet"),
        ("in 21'30\"", "in twenty-one minutes thirty seconds"),
        ("He is 5'10.", "He is five foot ten."),
        ('48.4" x 27.9" x 2.8"', "forty-eight point four by twenty-seven point nine by two point eight inches"),
        ("5-10 in. of rain, 1 in = 2.5 cm", "five to ten inches of rain, one inch equals two point five centimeters"),
    ],
)
def test_size_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
