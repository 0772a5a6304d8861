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
        ("a P/E of 5, N/A", "a P.E of five, N.A"),
        ("§§ 4–6", "sections four to six"),
        ("∠ABC, a ∝ b", "angle ABC, a is proportional to b"),
        ("2.7% y/y, a B+ and an A-", "two point seven percent year over year, a B plus and an A minus"),
        ("w/c 5 May, +/-5%, c/o.", "week commencing the fifth of May, plus or minus five percent, care of."),
        ("16-18 yr olds, a 25y.o. man", "sixteen to eighteen-year-olds, a twenty-five year-old man"),
        ("5x-10x", "five to ten times"),
        ("0.1% (w/v), x = (5 ± 1)/4", "zero point one percent (W.V), x equals ( five plus or minus one) over four"),
        (
            "πr² = |-3|, 5! = 120",
            "pi r squared equals absolute value of minus three, five factorial equals one hundred twenty",
        ),
    ],
)
def test_sign_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("q<0.01, while i>9, if a<b", "q less than zero point zero one, while i greater than nine, if a less than b"),
        ("Copyright (c) 2020", "Copyright twenty twenty"),
        ("the .bashrc file", "the dot bashrc file"),
        ("yes and / or no", "yes and or no"),
        ("6 * 7", "six times seven"),
        ("so w/o.", "so without."),
    ],
)
def test_sign_without_spaces_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
