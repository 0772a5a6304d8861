from __future__ import annotations

import pytest

from speechd.text.speakable import speakable


@pytest.mark.parametrize(
    ("text", "expected"), [("a", True), ("7", True), ("€", True), ("世", True), ("", False), ("… —!", False)]
)
def test_speakable_is_what_has_a_letter_a_digit_or_a_symbol(text: str, expected: bool) -> None:
    assert speakable(text) is expected
