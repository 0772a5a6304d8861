from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("$8/hr", "eight dollars per hour"),
        ("$3/lb or €2/kg", "three dollars per pound or two euros per kilogram"),
        ("60 pages/hour", "sixty pages per hour"),
        ("12 GB/mo", "twelve gigabytes per month"),
        ("40/km²", "forty per square kilometer"),
        ("cats/dogs", "cats slash dogs"),
        ("5 requests/s", "five requests per second"),
    ],
)
def test_rate_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
