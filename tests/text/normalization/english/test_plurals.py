from __future__ import annotations

import pytest

from speechd.text.normalization.normalize import normalize


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("in her 40s", "in her forties"),
        ("the 1950s and 60s", "the nineteen fifties and sixties"),
        ("70s and 80s music", "seventies and eighties music"),
        ("a pair of B-1s, F-4s", "a pair of B-ones, F-fours"),
        ("100s of ants, 1,000s of bees", "hundreds of ants, thousands of bees"),
        ("count by 3s and 6s", "count by threes and sixes"),
        ("a dozen 737s", "a dozen seven thirty-sevens"),
        ("wait 20s", "wait twenty seconds"),
        ("the 707s left", "the seven oh sevens left"),
    ],
)
def test_plural_of_a_number_is_spoken(written: str, spoken: str) -> None:
    assert normalize(written, "en-us") == spoken
