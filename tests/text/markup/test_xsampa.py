from __future__ import annotations

import pytest

from speechd.text.markup.xsampa import ipa_of


@pytest.mark.parametrize(
    ("xsampa", "ipa"),
    [
        ('h@"l@U', "həˈləʊ"),
        ("dZVdZ", "dʒʌdʒ"),
        ("O~", "ɔ̃"),
        ("b_<", "ɓ"),
        ("r\\{t", "ɹæt"),
        ("bi:t", "biːt"),
        ("bVt=l=", "bʌt̩l̩"),
        ("!\\", "ǃ"),
    ],
)
def test_xsampa_is_ipa_in_ascii(xsampa: str, ipa: str) -> None:
    assert ipa_of(xsampa) == ipa


@pytest.mark.parametrize("other", ["ə", "a^", "(a)"])
def test_signs_that_are_not_of_it_are_told(other: str) -> None:
    assert ipa_of(other) is None
