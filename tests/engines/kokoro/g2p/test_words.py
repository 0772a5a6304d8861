"""Which phonemes are which word's, with readings that stand in for those of readers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speechd.engines.kokoro.g2p.words import word_tokens

ALONE = {"of": "ʌv", "the": "ði", "il": "il", "y": "i", "a": "a", "25": "vɛ̃t sɛ̃k", "ans": "ɑ̃", "x": "", "end": "ˈɛnd"}


def stretches(text: str, phonemes: str) -> list[tuple[str, str]]:
    return [
        (text[start:stop], phonemes[first:last])
        for start, stop, first, last in word_tokens(text, phonemes, lambda word: ALONE.get(word, word))
    ]


@pytest.mark.parametrize(
    ("text", "phonemes", "expected"),
    [
        ("of the end.", "ʌv ðə ˈɛnd.", [("of", "ʌv"), ("the", "ðə"), ("end", "ˈɛnd")]),
        ("of — the", "ʌv — ði", [("of", "ʌv"), ("the", "ði")]),
        ("of the end", "ʌvðə ˈɛnd", [("of", "ʌv"), ("the", "ðə"), ("end", "ˈɛnd")]),
        ("il y a 25 ans", "il i a vɛ̃t sɛ̃k ɑ̃", [("il", "il"), ("y", "i"), ("a", "a"), ("25", "vɛ̃t sɛ̃k"), ("ans", "ɑ̃")]),
        ("of x end", "ʌv ˈɛnd", [("of", "ʌv"), ("x", ""), ("end", "ˈɛnd")]),
        ("[of](/ʌv/) end", "ʌv ˈɛnd", [("of", "ʌv"), ("end", "ˈɛnd")]),
        ("of", "", [("of", "")]),
        ("你好", "ni xau", [("你", "ni"), ("好", "xau")]),
    ],
)
def test_words_have_their_phonemes(text: str, phonemes: str, expected: list[tuple[str, str]]) -> None:
    assert stretches(text, phonemes) == expected


@settings(deadline=None)
@given(st.lists(st.sampled_from([*ALONE, "—", "you"]), max_size=8).map(" ".join), st.text("ʌvðiɛnd ˈː,.", max_size=30))
def test_words_come_in_order_and_within_the_phonemes(text: str, phonemes: str) -> None:
    tokens = word_tokens(text, phonemes, lambda word: ALONE.get(word, word))
    reached = 0
    for _, _, first, last in tokens:
        assert reached <= first <= last <= len(phonemes)
        reached = last
