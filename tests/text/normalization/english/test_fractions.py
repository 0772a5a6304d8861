from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("1/8 cup", "an eighth of a cup"),
        ("1/4th", "one quarter"),
        ("2 3/4 cups", "two and three quarters cups"),
        ("7/0", "seven over zero"),
        ("¾ mile", "three quarters of a mile"),
        ("9/16", "nine sixteenths"),
    ],
)
def test_fraction_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
