from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("4×10^5 km", "four times ten to the power of five kilometers"),
        ("2.5 x 10⁻³ g", "two point five times ten to the power of minus three grams"),
        ("10^9 cells", "ten to the power of nine cells"),
        ("10⁷ M", "ten to the power of seven molar"),
        ("a 3 M HCl bath", "a three molar H.C.L bath"),
        ("Na⁺ and Mg²⁺", "Na plus and Mg two plus"),
        ("6 m² and 7 cm³", "six square meters and seven cubic centimeters"),
    ],
)
def test_power_keeps_its_unit(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
