from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("A4, M4A, 3D, 4K", "A-four, M-four-A, three-D, four-K"),
        ("B2B, F-16, COVID-19", "B-two-B, F-sixteen, COVID-nineteen"),
        ("CO2, H2O, H2SO4, CO₂", "C-O-two, H-two-O, H-two-S-O-four, C-O-two"),
        ("Fe2O3, NaCl", "F-E-two-O-three, N.A.C.L"),
        ("Boeing 747, Room 101", "Boeing seven forty-seven, Room one oh one"),
        ("(555) 123-4567", "five five five, one two three, four five six seven"),
        ("+1 555 123 4567", "plus one, five five five, one two three, four five six seven"),
        ("555-0123", "five five five, oh one two three"),
        ("MP3s", "M-P-threes"),
    ],
)
def test_code_or_phone_number_is_spelled(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
