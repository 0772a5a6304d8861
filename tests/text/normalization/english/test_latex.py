from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("$\\alpha + \\beta$", "alpha plus beta"),
        ("\\(y \\geq 2k\\)", "y greater than or equal to two k"),
        ("$\\sqrt[4]{z}$", "fourth root of z"),
        ("\\[ \\frac{p}{q} \\]", "p over q"),
        ("$P(A|B) > |x|$", "P of A given B greater than absolute value of x"),
        ("$g(t)$ and $3m$", "g of t and three m"),
        ("$x_{k+1}$", "x sub k plus one"),
        ("\\frac{2}{9}", "two over nine"),
        ("$\\sum_{j=1}^{m} j$", "sum from j equals one to m of j"),
        ("$\\text{speed} = \\frac{d}{t}$", "speed equals d over t"),
        ("$90^\\circ$", "ninety degrees"),
        ("$n!$", "n factorial"),
        ("$\\vec{v} \\cdot \\hat{n}$", "vector v times n hat"),
        ("$5 and $6", "five dollars and six dollars"),
        ("$\\lim_{h \\to 0} h$", "limit as h to zero of h"),
    ],
)
def test_formula_in_tex_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
