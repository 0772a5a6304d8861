from __future__ import annotations

import pytest

from speechd.text.markup.wrapping import lines_of


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["We sailed to", "Lisbon at dawn."], "We sailed to Lisbon at dawn."),
        (["They met with Captain", "Reed at the", "harbour."], "They met with Captain Reed at the harbour."),
        (["He was reading", '"Emma" again.'], 'He was reading, "Emma" again.'),
        (["Tea", "Two eggs", "Salt"], "Tea\nTwo eggs\nSalt"),
        (["A title", "a line in small letters"], "A title a line in small letters"),
        (
            [
                "the first line of this column is long",
                "and so is the second, which names",
                "Lisbon and goes on until it ends.",
            ],
            "the first line of this column is long and so is the second, which names Lisbon and goes on until it ends.",
        ),
    ],
)
def test_lines_are_joined_as_they_were_wrapped(lines: list[str], text: str) -> None:
    assert lines_of(lines) == text


@pytest.mark.parametrize(
    ("lines", "text"),
    [
        (["the depart-", "ment closed"], "the department closed"),
        (["a well-", "made chair"], "a well-made chair"),
        (["a self-", "portrait"], "a self-portrait"),
        (["the Anglo-", "Saxon kings"], "the Anglo-Saxon kings"),
        (["pages 4-", "9 are lost"], "pages 4-\n9 are lost"),
    ],
)
def test_word_that_a_line_parts_is_whole_again(lines: list[str], text: str) -> None:
    assert lines_of(lines) == text
