from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("$x^2$ is $5", "x squared is five dollars"),
        (r"$\frac{a}{b}$", "a over b"),
        (r"\(x \leq 3n\)", "x less than or equal to three n"),
        (r"$\sqrt{x}$", "square root of x"),
        (r"$x_{ij} \in ab$", "x sub i j in a b"),
        ("$a_{12}$ and $5", "a sub twelve and five dollars"),
        ("It costs $5 or $10.", "It costs five dollars or ten dollars."),
    ],
)
def test_formula_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
