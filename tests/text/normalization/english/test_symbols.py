from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("C#, C++, .NET, F#", "C sharp, C plus plus, dot net, F sharp"),
        ("a & b + c = d", "a and b plus c equals d"),
        ("(c) 2024", "copyright twenty twenty-four"),
        ("α ≤ β ≈ π → done", "alpha less than or equal to beta approximately pi to done"),
        ("and/or w/o it", "and or without it"),
        ("~5, >5, <5", "about five, greater than five, less than five"),
    ],
)
def test_sign_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
