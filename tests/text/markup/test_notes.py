from __future__ import annotations

import pytest

from speechd.text.markup.notes import without_cues, without_notes


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("The city fell.[4][17] It was rebuilt.", "The city fell. It was rebuilt."),
        ("Bees dance [8, 11–13], as do ants [2].", "Bees dance, as do ants."),
        ("It opened in 1911.⁴ It closed.", "It opened in 1911. It closed."),
        ("The claim stands.[citation needed] Or not.[who?]", "The claim stands. Or not."),
        ("Rain helps.【3†weather】 Snow too.", "Rain helps. Snow too."),
        ("Ants farm.[a] Bees too.[5]:77", "Ants farm. Bees too."),
        ("Ada (/ˈeɪdə/) wrote it.", "Ada wrote it."),
    ],
)
def test_mark_of_a_note_is_silent(written: str, text: str) -> None:
    assert without_notes(written) == text


@pytest.mark.parametrize(
    "text",
    [
        "see [3] and press [4]",
        "[1] Smith, 2004",
        "row[0] and x[1]",
        "the boy[s] and [a] man",
        "x² m² cm³ sin² (a+b)² 10⁶",
        "[1](https://a.org)",
        "the ratio (/x) of it",
        "[sic]",
    ],
)
def test_what_says_something_stays(text: str) -> None:
    assert without_notes(text) == text


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("7\n00:00:05,000 --> 00:00:09,500\nGood day.", "\nGood day."),
        ("WEBVTT\n\n00:05.000 --> 00:09.500 align:start\nGood day.", "\n\n\nGood day."),
        ("[01:15] Hi.\n[1:01:15.5] Ho.", "Hi.\nHo."),
        ("at [01:15] a --> b", "at [01:15] a --> b"),
    ],
)
def test_times_of_subtitles_are_silent(written: str, text: str) -> None:
    assert without_cues(written) == text
