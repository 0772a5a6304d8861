from __future__ import annotations

import pytest

from speechd.engines.espeak.text import WORD_LIMIT, for_espeak


@pytest.mark.parametrize(
    "text",
    [
        "well-known",
        "naïve-é",
        "e\u0301-e",
        "B-52",
        "20-30",
        "-5",
        "it is -5",
        "(-5)",
        "a - b",
        "— Oui, dit-il. — Non — si.",
        "धीरे-धीरे",
        "don't 'quote' “this” l'homme",
        "x² 1ª 5µm 😀",
        "I said «да» to привет",
        "漢字とかな"[:2],
        "क्षि",
    ],
)
def test_ordinary_text_stays(text: str) -> None:
    assert for_espeak(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("'-नमस्ते", "' नमस्ते"),
        ("---नमस्ते", " नमस्ते"),
        ("“'-हह”", "“' हह”"),
        ("• -हह", "•  हह"),
        ("\U000bc412-一", "\U000bc412 一"),
        ("'-a", "' a"),
        ("a-", "a "),
        ("a-ह", "a ह"),
        ("ह-ह-a", "ह-ह a"),
        ("一-一", "一 一"),
        ("a_-b", "a_ b"),
        ("one--two", "one — two"),
        ("नमस्ते---दुनिया", "नमस्ते — दुनिया"),
        ("--5", " 5"),
        ("ꩉñ𭒻", "ꩉ ñ 𭒻"),
        ("a1ह", "a1 ह"),
        ("привет'world", "привет' world"),
        ("a\0b\x01", "a b "),
        ("[[h@l'oU]]", "[ [h@l'oU]]"),
    ],
)
def test_what_ends_espeak_or_commands_it_is_taken_apart(text: str, expected: str) -> None:
    assert for_espeak(text) == expected


@pytest.mark.parametrize("word", ["'s" * 200, "U.S." * 100, "a" * 400, "ह" * 300, "1" * 200])
def test_long_words_are_cut_and_lose_nothing(word: str) -> None:
    cut = for_espeak(word)
    assert max(map(len, cut.split())) <= WORD_LIMIT
    assert cut.replace(" ", "") == word


@pytest.mark.parametrize("text", ["", "'-नमस्ते", "---नमस्ते --", "a--b", "x" * 200, "ꩉñ𭒻-", "-5 - 5-5"])
def test_a_second_time_changes_nothing(text: str) -> None:
    assert for_espeak(for_espeak(text)) == for_espeak(text)
