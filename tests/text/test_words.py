from __future__ import annotations

import pytest

from speechd.text.words import longest_word


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("", 0),
        ("  ", 0),
        ("a bcd ef", 3),
        ("a\tb\n", 1),
        ("state-of-the-art.", 17),
        ("A" * 2000, 2000),
        ("Ж" * 90 + " и", 90),
        ("한국어는 띄어쓰기를 한다", 5),
        ("नमस्ते दुनिया", 6),
        ("漢" * 200, 0),
        ("これはペンです。", 0),
        ("ภาษาไทย" * 20, 0),
        ("私はPythonが好き", 6),
    ],
)
def test_longest_word_is_that_of_scripts_that_part_words_by_spaces(text: str, length: int) -> None:
    assert longest_word(text) == length
